//! One guarded request of any kind, with all of its answer, on a connection of its own.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper::header::{
    CONNECTION, HOST, HeaderName, HeaderValue, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION, TE, TRAILER, TRANSFER_ENCODING,
    UPGRADE,
};
use hyper::{HeaderMap, Method, Request, Response};
use hyper_util::rt::TokioIo;
use tokio::time::timeout;

use super::{ANSWER_HEAD_BYTES_MAX, Endpoint, Fault, HttpCourier};

/// Headers of one connection alone: RFC 9110, section 7.6.1. They are neither sent on nor handed back.
const OF_THE_CONNECTION: [HeaderName; 8] = [
    CONNECTION,
    HeaderName::from_static("keep-alive"),
    PROXY_AUTHENTICATE,
    PROXY_AUTHORIZATION,
    TE,
    TRAILER,
    TRANSFER_ENCODING,
    UPGRADE,
];

/// A request to be sent on.
#[derive(Clone, Debug)]
pub struct Forward {
    /// Its method.
    pub method: Method,
    /// Where it goes. Credentials in the URL are not sent.
    pub endpoint: Endpoint,
    /// Everything but `Host` and what the body and the connection ask for.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Bytes,
    /// How long all of it may take.
    pub timeout: Duration,
    /// Bytes that the answer's body may have.
    pub answer_bytes_max: usize,
}

/// Why there is no whole answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ForwardFault {
    /// None began, or it did not end in time.
    #[error(transparent)]
    Fault(#[from] Fault),
    /// It broke off.
    #[error("the answer broke off")]
    Broken,
    /// It is longer than allowed.
    #[error("the answer is too long")]
    TooLong,
}

impl HttpCourier {
    /// Sends a request on, once, and answers what comes back, whatever its status; redirects are not followed. To be
    /// called in a tokio runtime; the caller bounds how many run at once.
    ///
    /// # Errors
    ///
    /// Whatever keeps the whole answer from being there.
    pub async fn forward(&self, forward: Forward) -> Result<Response<Bytes>, ForwardFault> {
        let patience = forward.timeout;
        timeout(patience, self.send_on(forward)).await.unwrap_or(Err(Fault::TimedOut.into()))
    }

    async fn send_on(&self, forward: Forward) -> Result<Response<Bytes>, ForwardFault> {
        let Forward { method, endpoint, mut headers, body, timeout: _, answer_bytes_max } = forward;
        strip(&mut headers);
        let authority =
            HeaderValue::try_from(endpoint.authority()).map_err(|error| Fault::Unwritten(error.to_string()));
        headers.insert(HOST, authority?);
        headers.insert(CONNECTION, HeaderValue::from_static("close"));
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = method;
        *request.uri_mut() = endpoint
            .target()
            .parse()
            .map_err(|error: hyper::http::uri::InvalidUri| Fault::Unwritten(error.to_string()))?;
        *request.headers_mut() = headers;

        let line = Box::pin(self.inner.connector.open(&endpoint)).await?;
        let no_answer = |error: hyper::Error| Fault::NoAnswer(error.to_string());
        let (mut sender, connection) = http1::Builder::new()
            .max_buf_size(ANSWER_HEAD_BYTES_MAX)
            .handshake(TokioIo::new(line.into_stream()))
            .await
            .map_err(no_answer)?;
        // Both end together: whoever no longer waits closes the connection.
        let exchange = async {
            let (mut head, body) = sender.send_request(request).await.map_err(no_answer)?.into_parts();
            strip(&mut head.headers);
            Ok(Response::from_parts(head, whole(body, answer_bytes_max).await?))
        };
        let mut connection = std::pin::pin!(connection);
        let mut exchange = std::pin::pin!(exchange);
        tokio::select! {
            biased;
            answered = &mut exchange => answered,
            // What has come by then is still to be read.
            _ = &mut connection => exchange.await,
        }
    }
}

async fn whole(mut body: Incoming, bytes_max: usize) -> Result<Bytes, ForwardFault> {
    let mut bytes = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| ForwardFault::Broken)?.into_data() else { continue };
        if bytes.len() + data.len() > bytes_max {
            return Err(ForwardFault::TooLong);
        }
        bytes.extend_from_slice(&data);
    }
    Ok(bytes.freeze())
}

fn strip(headers: &mut HeaderMap) {
    let named = headers.get_all(CONNECTION).iter().filter_map(|value| value.to_str().ok());
    let named: Vec<HeaderName> =
        named.flat_map(|line| line.split(',')).filter_map(|name| name.trim().parse().ok()).collect();
    for name in OF_THE_CONNECTION.iter().chain(&named) {
        headers.remove(name);
    }
    headers.remove(hyper::header::CONTENT_LENGTH);
}
