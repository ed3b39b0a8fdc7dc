//! The S3 door in this process, and a client that sends what it is told.

use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use bongsu_aws_api::observation::{Observer, RequestMetrics};
use bongsu_aws_api::sigv4::Verifier;
use bongsu_broker::{Account, Seconds, Timestamp};
use bongsu_http::Limits;
use bongsu_journal::MemoryJournal;
use bongsu_runtime::{Clock, ManualClock, Options, Outside};
use bongsu_s3::{Config, S3};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper::body::{Body, Frame, SizeHint};
use hyper::header::HeaderMap;

/// When every test begins, in seconds: 2026-01-02T03:04:05Z.
pub(crate) const NOW: u64 = 1_767_323_045;
const PEER: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

pub(crate) struct Server {
    pub(crate) s3: S3,
    observer: Arc<Observer>,
    clock: ManualClock,
}

/// An answer, read whole.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Server {
    /// A server in development mode, with the bucket `photos`.
    pub(crate) async fn start() -> Server {
        let server = Server::empty("us-east-1").await;
        assert_eq!(server.send("PUT /photos", &[], "").await.status, 200);
        server
    }

    /// A server in development mode without buckets.
    pub(crate) async fn empty(region: &str) -> Server {
        let clock = ManualClock::starting_at(Timestamp(NOW * 1000));
        let options = Options {
            clock: Clock::Manual(clock.clone()),
            seed: [7; 32],
            recent_bytes_max: 1 << 20,
            faults: false,
            outside: Outside::default(),
        };
        let journal = Arc::new(MemoryJournal::new());
        let (broker, shard) = bongsu_runtime::start(journal, options).await.unwrap();
        tokio::spawn(shard.run());
        let observer = Arc::new(Observer::new(Duration::MAX, None));
        let config = Config {
            account: Account(0),
            region: region.to_owned(),
            verifier: Verifier::development("000000000000"),
            clock: Clock::Manual(clock.clone()),
            limits: Limits::default(),
            observer: observer.clone(),
        };
        Server { s3: S3::new(config, broker), observer, clock }
    }

    pub(crate) fn advance(&self, seconds: u32) {
        self.clock.advance(Seconds(seconds));
    }

    /// `PUT /photos/key`, headers, and a body whose length is announced.
    pub(crate) async fn send(&self, line: &str, headers: &[(&str, &str)], body: impl Into<Bytes>) -> Answer {
        self.send_body(line, headers, Full::new(body.into())).await
    }

    pub(crate) async fn send_body<B>(&self, line: &str, headers: &[(&str, &str)], body: B) -> Answer
    where
        B: Body<Data = Bytes, Error = Infallible> + Send + 'static,
    {
        let (method, uri) = line.split_once(' ').unwrap();
        let mut request = Request::builder().method(method).uri(uri).header("host", "127.0.0.1:4566");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (head, body) = request.body(body).unwrap().into_parts();
        let (answer, body) = self.s3.answer(&head, body, PEER).await.into_parts();
        let announced = body.size_hint().exact();
        let body = body.collect().await.unwrap().to_bytes();
        assert_eq!(announced, Some(body.len() as u64), "{line}");
        assert!(answer.headers.contains_key("x-amz-request-id") && answer.headers.contains_key("x-amz-id-2"));
        Answer { status: answer.status.as_u16(), headers: answer.headers, body }
    }

    /// Puts an object; its ETag.
    pub(crate) async fn put(&self, path: &str, body: impl Into<Bytes>) -> String {
        let answer = self.send(&format!("PUT {path}"), &[], body).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.header("etag").to_owned()
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(&format!("GET {path}"), &[], "").await
    }

    /// The requests so far: operation, code and number.
    pub(crate) fn requests(&self) -> Vec<(&'static str, &'static str, u64)> {
        let row = |RequestMetrics { operation, code, micros }: &RequestMetrics| (*operation, *code, micros.count());
        self.observer.requests().iter().map(row).collect()
    }
}

impl Answer {
    /// A header's value; empty if there is none.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    /// The text of the first element of this name; empty if there is none.
    pub(crate) fn element(&self, name: &str) -> &str {
        let (_, rest) = self.text().split_once(&format!("<{name}>")).unwrap_or_default();
        rest.split_once("</").unwrap_or_default().0
    }

    /// Status and code of a refusal.
    pub(crate) fn refusal(&self) -> (u16, &str) {
        (self.status, self.element("Code"))
    }
}

/// A body in pieces, of a length that is announced or not.
pub(crate) struct Pieces {
    left: Vec<Bytes>,
    announced: Option<u64>,
}

impl Pieces {
    pub(crate) fn of(pieces: &[&[u8]], announced: Option<u64>) -> Pieces {
        Pieces { left: pieces.iter().rev().map(|piece| Bytes::copy_from_slice(piece)).collect(), announced }
    }
}

impl Body for Pieces {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        std::task::Poll::Ready(self.left.pop().map(|piece| Ok(Frame::data(piece))))
    }

    fn size_hint(&self) -> SizeHint {
        self.announced.map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}
