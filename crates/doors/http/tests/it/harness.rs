//! An echo door, and a client that says exactly the bytes it is told to say.

use std::{error::Error, net::SocketAddr, time::Duration};

use bongsu_http::{BodyError, Limits, Listener, Request, Response, collect_body};
use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Body;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::oneshot,
    task::JoinHandle,
};

/// Short enough to wait for in a test, long enough for a busy machine to answer in.
pub(crate) const SHORT: Duration = Duration::from_millis(100);
/// Longer than any test may take.
pub(crate) const LONG: Duration = Duration::from_secs(60);

pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) stop: oneshot::Sender<()>,
    pub(crate) ended: JoinHandle<()>,
}

/// Limits that no test reaches by accident.
pub(crate) fn limits() -> Limits {
    Limits {
        header_timeout: LONG,
        idle_timeout: LONG,
        body_timeout: LONG,
        write_timeout: LONG,
        grace: LONG,
        ..Limits::default()
    }
}

pub(crate) async fn serve<S, F, B>(limits: Limits, service: S) -> Server
where
    S: Fn(Request, SocketAddr) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = hyper::Response<B>> + Send + 'static,
    B: Body<Data = Bytes, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
{
    let listener = Listener::bind(([127, 0, 0, 1], 0).into(), limits).await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let ended = tokio::spawn(listener.serve(service, async move {
        // A dropped sender stops the server too.
        stopped.await.ok();
    }));
    Server { address, stop, ended }
}

/// Answers the path and the body; refuses as a door would.
pub(crate) async fn echo(limits: Limits) -> Server {
    serve(limits.clone(), move |request, _| {
        let limits = limits.clone();
        async move {
            let path = request.uri().path().to_owned();
            match collect_body(request.into_body(), &limits).await {
                Ok(body) => answer(200, format!("{path} {}", String::from_utf8_lossy(&body))),
                Err(BodyError::TooLarge { .. }) => answer(413, "too large"),
                Err(BodyError::TimedOut) => answer(408, "timed out"),
                Err(BodyError::Broken) => answer(400, "broken"),
            }
        }
    })
    .await
}

pub(crate) fn answer(status: u16, body: impl Into<Bytes>) -> Response {
    hyper::Response::builder().status(status).body(Full::new(body.into())).unwrap()
}

pub(crate) struct Client(pub(crate) TcpStream);

impl Client {
    pub(crate) async fn connect(server: &Server) -> Self {
        Self(TcpStream::connect(server.address).await.unwrap())
    }

    /// Sends what the server is willing to take; a server may have hung up already.
    pub(crate) async fn say(&mut self, bytes: impl AsRef<[u8]>) {
        self.0.write_all(bytes.as_ref()).await.ok();
    }

    /// Reads one answer with a Content-Length, and nothing behind it.
    pub(crate) async fn hear(&mut self) -> (u16, String) {
        let mut heard = Vec::new();
        while !heard.ends_with(b"\r\n\r\n") {
            heard.push(self.0.read_u8().await.unwrap());
        }
        let head = String::from_utf8(heard).unwrap();
        let length =
            head.lines().find_map(|line| line.strip_prefix("content-length: ")).map_or(0, |n| n.parse().unwrap());
        let mut body = vec![0; length];
        self.0.read_exact(&mut body).await.unwrap();
        (head[9..12].parse().unwrap(), String::from_utf8(body).unwrap())
    }

    /// Reads until the server hangs up.
    pub(crate) async fn hear_all(&mut self) -> String {
        let mut heard = Vec::new();
        // A reset ends the conversation as well.
        self.0.read_to_end(&mut heard).await.ok();
        String::from_utf8(heard).unwrap()
    }
}

/// Says everything on a connection of its own, then reads the first answer.
pub(crate) async fn ask(server: &Server, bytes: impl AsRef<[u8]>) -> (u16, String) {
    let mut client = Client::connect(server).await;
    client.say(bytes).await;
    client.hear().await
}
