//! Endpoints that follow a script, and couriers that may reach them.

use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bongsu_delivery::http::{
    AddressGuard, Attempt, Endpoint, HttpCourier, HttpSettings, Post, Resolve, Resolving, SystemResolver,
};
use hyper::header::{CONTENT_TYPE, HeaderValue};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

/// What an endpoint does once it has read a request.
#[derive(Clone)]
pub(crate) enum Step {
    /// Writes these bytes; a further step waits for the next request.
    Say(String),
    /// Writes a piece again and again until it has been written so often or the sender is gone.
    Flood { piece: Vec<u8>, times: usize },
    /// Writes one byte of a text at a time, with a pause after each.
    Drip(String, Duration),
    /// Writes nothing until the sender is gone.
    Hang,
}

pub(crate) use Step::{Drip, Flood, Hang, Say};

/// Something that an endpoint saw, in order.
#[derive(Debug)]
pub(crate) enum Seen {
    /// A request came on a connection; these are counted from 0.
    Request { connection: usize, text: String },
    /// A connection has ended, after so many bytes were written.
    Ended { connection: usize, written: usize },
}

/// An endpoint under test.
pub(crate) struct Served {
    pub(crate) port: u16,
    pub(crate) seen: mpsc::UnboundedReceiver<Seen>,
}

impl Served {
    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}/hook", self.port)
    }

    /// The next request: its connection and its text.
    pub(crate) async fn request(&mut self) -> (usize, String) {
        loop {
            if let Seen::Request { connection, text } = self.seen.recv().await.unwrap() {
                return (connection, text);
            }
        }
    }

    /// The end of the next connection that ends, and the bytes that were written to it.
    pub(crate) async fn ended(&mut self) -> (usize, usize) {
        loop {
            if let Seen::Ended { connection, written } = self.seen.recv().await.unwrap() {
                return (connection, written);
            }
        }
    }

    /// How many requests came that nobody has asked for yet.
    pub(crate) fn requests_left(&mut self) -> usize {
        std::iter::from_fn(|| self.seen.try_recv().ok()).filter(|seen| matches!(seen, Seen::Request { .. })).count()
    }
}

/// Serves as many connections as there are scripts, one after the other. A script's end closes its connection.
pub(crate) async fn serve(scripts: Vec<Vec<Step>>) -> Served {
    serve_at([127, 0, 0, 1].into(), scripts).await
}

pub(crate) async fn serve_at(address: IpAddr, scripts: Vec<Vec<Step>>) -> Served {
    let listener = TcpListener::bind((address, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (tell, seen) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        for (connection, script) in scripts.into_iter().enumerate() {
            let (mut stream, _) = listener.accept().await.unwrap();
            let tell = tell.clone();
            tokio::spawn(async move {
                let mut written = 0;
                // A sender that hangs up is what some of the tests are about.
                play(&mut stream, connection, script, &tell, &mut written).await.unwrap_or_default();
                drop(stream);
                tell.send(Seen::Ended { connection, written }).unwrap_or_default();
            });
        }
    });
    Served { port, seen }
}

/// Follows a script on one connection.
pub(crate) async fn play(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    connection: usize,
    script: Vec<Step>,
    tell: &mpsc::UnboundedSender<Seen>,
    written: &mut usize,
) -> io::Result<()> {
    for step in script {
        let text = read_request(stream).await?;
        tell.send(Seen::Request { connection, text }).unwrap_or_default();
        match step {
            Say(text) => {
                stream.write_all(text.as_bytes()).await?;
                *written += text.len();
            }
            Flood { piece, times } => {
                for _ in 0..times {
                    stream.write_all(&piece).await?;
                    *written += piece.len();
                }
            }
            Drip(text, pause) => {
                for byte in text.bytes() {
                    stream.write_all(&[byte]).await?;
                    *written += 1;
                    tokio::time::sleep(pause).await;
                }
            }
            Hang => drop(stream.read(&mut [0]).await?),
        }
    }
    Ok(())
}

async fn read_request(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<String> {
    let mut bytes = Vec::new();
    loop {
        if stream.read_buf(&mut bytes).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let text = String::from_utf8_lossy(&bytes);
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length =
            head.lines().find_map(|line| line.strip_prefix("content-length: ")).map_or(0, |n| n.parse().unwrap());
        if body.len() >= length {
            return Ok(text.into_owned());
        }
    }
}

/// An answer with a body of known length.
pub(crate) fn answer(status: u16, body: &str) -> Step {
    Say(format!("HTTP/1.1 {status} Whatever\r\ncontent-length: {}\r\n\r\n{body}", body.len()))
}

/// What a developer's server allows, in tests that need not wait long.
pub(crate) fn settings() -> HttpSettings {
    let guard = AddressGuard::public_only().allow("loopback".parse().unwrap());
    HttpSettings { timeout: Duration::from_secs(20), ..HttpSettings::new(guard) }
}

/// For endpoints that let their sender wait.
pub(crate) fn impatient() -> HttpSettings {
    HttpSettings { timeout: Duration::from_millis(250), ..settings() }
}

pub(crate) fn courier(settings: HttpSettings) -> HttpCourier {
    HttpCourier::new(settings).unwrap()
}

/// One attempt with a small notification.
pub(crate) async fn post(courier: &HttpCourier, url: &str) -> Attempt {
    courier.post(notification(url)).await
}

pub(crate) fn notification(url: &str) -> Post {
    let content_type = HeaderValue::from_static("text/plain; charset=UTF-8");
    Post {
        endpoint: Endpoint::parse(url).unwrap(),
        headers: vec![(CONTENT_TYPE, content_type)],
        body: "{\"Type\":\"Notification\"}".into(),
    }
}

/// One attempt at an endpoint that says this to everything.
pub(crate) async fn post_to(settings: HttpSettings, step: Step) -> (Attempt, Served) {
    let served = serve(vec![vec![step]]).await;
    (post(&courier(settings), &served.url()).await, served)
}

/// Names whose addresses a test decides: each lookup takes the next row, the last one for ever.
pub(crate) struct Names {
    rows: Vec<Vec<IpAddr>>,
    pub(crate) lookups: AtomicUsize,
}

impl Names {
    pub(crate) fn new(rows: &[&[&str]]) -> Arc<Self> {
        let row = |row: &&[&str]| row.iter().map(|address| address.parse().unwrap()).collect();
        Arc::new(Self { rows: rows.iter().map(row).collect(), lookups: AtomicUsize::new(0) })
    }
}

impl Resolve for Names {
    fn resolve(&self, host: &str) -> Resolving {
        if host == "localhost" {
            return SystemResolver.resolve(host);
        }
        let lookup = self.lookups.fetch_add(1, Ordering::Relaxed);
        let row = self.rows.get(lookup).or(self.rows.last()).cloned();
        Box::pin(async move { row.ok_or_else(|| io::Error::other("no such name")) })
    }
}
