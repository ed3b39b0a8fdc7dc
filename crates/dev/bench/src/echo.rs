//! The machine's first limit: a bare HTTP server that reads a request and answers something fixed.

use std::{
    convert::Infallible,
    io::{Write, stdout},
};

use anyhow::Result;
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{Request, Response, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpListener, runtime};

/// As long as the answer to a `SendMessage`.
const REPLY: &str = r#"{"MessageId":"00000000-0000-0000-0000-000000000000","MD5OfMessageBody":"00000000000000000000000000000000","MD5OfMessageSystemAttributes":"00000000000000000000000000000000","SequenceNumber":"0"}"#;

/// Announces itself as the real server does, then serves on one thread until it is killed.
pub fn serve() -> Result<()> {
    runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        writeln!(stdout(), "API      http://{}\nReady.", listener.local_addr()?)?;
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            // A connection that breaks concerns only its client.
            tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service_fn(answer)));
        }
    })
}

async fn answer(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let status = if request.into_body().collect().await.is_ok() { 200 } else { 400 };
    let mut response = Response::new(Full::new(Bytes::from_static(REPLY.as_bytes())));
    *response.status_mut() = hyper::StatusCode::from_u16(status).expect("both are valid");
    response
        .headers_mut()
        .insert("content-type", hyper::header::HeaderValue::from_static("application/x-amz-json-1.0"));
    Ok(response)
}
