//! The web server that notifications are delivered to: a process of its own, with endpoints that take their time and one
//! that does not.

use std::convert::Infallible;
use std::io::{Write, stdout};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result};
use bytes::Bytes;
use hdrhistogram::Histogram;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::runtime;
use tokio::time::sleep;

/// Where it listens, all at one port. One address has too few ports for very many connections at once.
pub const ADDRESSES: [Ipv4Addr; 4] = [
    Ipv4Addr::new(127, 0, 0, 1),
    Ipv4Addr::new(127, 0, 0, 2),
    Ipv4Addr::new(127, 0, 0, 3),
    Ipv4Addr::new(127, 0, 0, 4),
];
/// The path of endpoints that take their time.
pub const SLOW: &str = "/slow";
/// The path of the endpoint that answers at once.
pub const QUICK: &str = "/quick";
/// What a slow endpoint takes to answer.
pub const SLOW_FOR: Duration = Duration::from_secs(5);

const COUNTS: &str = "/counts";
/// Has latencies begin anew.
const TAKE: &str = "take";
/// Connections that may wait to be accepted.
const BACKLOG: u32 = 4096;
const LATENCY_NANOS_MAX: u64 = 60_000_000_000;

/// What arrived so far.
#[derive(Debug, Default, Clone, Serialize, Deserialize)]
pub struct Counts {
    /// Deliveries that a slow endpoint works on now.
    pub slow_now: u64,
    /// The most that it was at once.
    pub slow_peak: u64,
    /// Those that it has answered.
    pub slow_done: u64,
    /// Those that the quick endpoint has answered.
    pub quick_done: u64,
    /// From the stamp in a quick message to its arrival, of those since latencies were last taken.
    pub quick_p50_millis: f64,
    /// As above.
    pub quick_p99_millis: f64,
    /// As above.
    pub quick_max_millis: f64,
}

/// What messages to the quick endpoint hold: nanoseconds since 1970.
pub fn stamp() -> u64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("the clock is set");
    u64::try_from(now.as_nanos()).expect("this is not the year 2500")
}

/// Asks a server for its counts.
pub async fn counts(server: SocketAddr) -> Result<Counts> {
    ask(server, COUNTS).await
}

/// Asks a server for its counts; latencies begin anew.
pub async fn take_counts(server: SocketAddr) -> Result<Counts> {
    ask(server, &format!("{COUNTS}?{TAKE}")).await
}

async fn ask(server: SocketAddr, target: &str) -> Result<Counts> {
    let reply = get(&server.to_string(), target).await?;
    let (_, body) = reply.split_once("\r\n\r\n").context("a reply without a body")?;
    Ok(serde_json::from_str(body)?)
}

/// Announces itself as the real server does, then serves on one thread until it is killed.
pub fn serve() -> Result<()> {
    runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
        let first = listen(SocketAddr::from((ADDRESSES[0], 0)))?;
        let address = first.local_addr()?;
        let seen = Arc::new(Mutex::new(Seen::new()));
        for other in &ADDRESSES[1..] {
            let listener = listen(SocketAddr::from((*other, address.port())))?;
            tokio::spawn(accept(listener, seen.clone()));
        }
        writeln!(stdout(), "API      http://{address}\nReady.")?;
        accept(first, seen).await
    })
}

fn listen(address: SocketAddr) -> Result<TcpListener> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    Ok(socket.listen(BACKLOG)?)
}

async fn accept(listener: TcpListener, seen: Arc<Mutex<Seen>>) -> Result<()> {
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let seen = seen.clone();
        let answer = service_fn(move |request| answer(request, seen.clone()));
        // A connection that breaks concerns only its client.
        tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), answer));
    }
}

struct Seen {
    counts: Counts,
    latency: Histogram<u64>,
}

impl Seen {
    fn new() -> Self {
        let latency = Histogram::new_with_bounds(1, LATENCY_NANOS_MAX, 3).expect("the bounds are in order");
        Self { counts: Counts::default(), latency }
    }

    fn slow_begins(&mut self) {
        self.counts.slow_now += 1;
        self.counts.slow_peak = self.counts.slow_peak.max(self.counts.slow_now);
    }

    fn slow_ends(&mut self) {
        self.counts.slow_now -= 1;
        self.counts.slow_done += 1;
    }

    fn quick(&mut self, sent: Option<u64>) {
        self.counts.quick_done += 1;
        if let Some(sent) = sent {
            self.latency.saturating_record(stamp().saturating_sub(sent));
        }
    }

    fn tell(&mut self, take: bool) -> Counts {
        let millis = |quantile| self.latency.value_at_quantile(quantile) as f64 / 1e6;
        let counts = Counts {
            quick_p50_millis: millis(0.5),
            quick_p99_millis: millis(0.99),
            quick_max_millis: millis(1.0),
            ..self.counts.clone()
        };
        if take {
            self.latency.reset();
        }
        counts
    }
}

type Reply = Response<Full<Bytes>>;

async fn answer(request: Request<Incoming>, seen: Arc<Mutex<Seen>>) -> Result<Reply, Infallible> {
    Ok(try_answer(request, &seen).await.unwrap_or_else(|error| {
        let mut reply = Response::new(Full::new(Bytes::from(error.to_string())));
        *reply.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        reply
    }))
}

async fn try_answer(request: Request<Incoming>, seen: &Mutex<Seen>) -> Result<Reply> {
    let (head, body) = request.into_parts();
    let body = body.collect().await?.to_bytes();
    let seen = || seen.lock().unwrap_or_else(PoisonError::into_inner);
    if head.method == Method::GET {
        let counts = serde_json::to_vec(&seen().tell(head.uri.query() == Some(TAKE)))?;
        return Ok(Response::new(Full::new(counts.into())));
    }
    if head.headers.get("x-amz-sns-message-type").is_some_and(|kind| kind == "SubscriptionConfirmation") {
        confirm(&body).await?;
    } else if head.uri.path() == SLOW {
        seen().slow_begins();
        sleep(SLOW_FOR).await;
        seen().slow_ends();
    } else {
        seen().quick(std::str::from_utf8(&body).ok().and_then(|stamp| stamp.parse().ok()));
    }
    Ok(Response::new(Full::default()))
}

/// Says yes to the subscription, as its owner does: by a visit.
async fn confirm(question: &[u8]) -> Result<()> {
    #[derive(Deserialize)]
    struct Question {
        #[serde(rename = "SubscribeURL")]
        subscribe_url: String,
    }
    let Question { subscribe_url } = serde_json::from_slice(question)?;
    let rest = subscribe_url.strip_prefix("http://").context("not a URL to visit")?;
    let (authority, path) = rest.split_once('/').context("a URL without a path")?;
    get(authority, &format!("/{path}")).await.map(drop)
}

async fn get(authority: &str, target: &str) -> Result<String> {
    let mut stream = TcpStream::connect(authority).await?;
    let request = format!("GET {target} HTTP/1.1\r\nhost: {authority}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut reply = String::new();
    stream.read_to_string(&mut reply).await?;
    Ok(reply)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latencies_are_those_since_the_last_look() {
        let mut seen = Seen::new();
        seen.quick(Some(stamp() - 2_000_000_000));
        seen.quick(None);
        let counts = seen.tell(true);
        assert_eq!(counts.quick_done, 2);
        assert!((1999.0..2100.0).contains(&counts.quick_p50_millis), "{counts:?}");
        assert_eq!(seen.tell(false).quick_max_millis, 0.0);
    }

    #[test]
    fn the_most_at_once_is_remembered() {
        let mut seen = Seen::new();
        seen.slow_begins();
        seen.slow_begins();
        seen.slow_ends();
        seen.slow_begins();
        let Counts { slow_now, slow_peak, slow_done, .. } = seen.tell(false);
        assert_eq!((slow_now, slow_peak, slow_done), (2, 2, 1));
    }
}
