//! Requests to the S3 API: documents in XML, contents in pieces, conditions and ranges.
//!
//! An input is a few requests, parted by lines of a single `%`: each is a line with method and target, a line for each
//! header, a blank line, the body. In them `{upload}` stands for the upload that was begun last, `{etag}` for the ETag
//! that was told last.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use bongsu_aws_api::observation::Observer;
use bongsu_aws_api::sigv4::Verifier;
use bongsu_broker::{Account, Timestamp};
use bongsu_http::Limits;
use bongsu_journal::MemoryJournal;
use bongsu_runtime::{Clock, Fatal, ManualClock, Options, Outside};
use bongsu_s3::{Config, S3};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper::body::Body;
use hyper::header::{CONTENT_TYPE, ETAG, HOST, HeaderValue};
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinHandle;

use crate::{http_text, xml};

/// When every input begins.
const NOW: Timestamp = Timestamp(1_767_323_045_000);
const PEER: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
/// Requests of one input; those behind are left out.
const REQUESTS_MAX: usize = 16;
/// Between two requests.
const PARTING: &[u8] = b"\n%\n";
/// What there is before an input's own requests.
const BEFORE: [&[u8]; 3] = [b"PUT /photos\n\n", b"PUT /photos/a\n\nhello", b"POST /photos/big?uploads\n\n"];

thread_local! {
    static RUNTIME: Runtime = Builder::new_current_thread().enable_time().build().expect("a runtime with a timer");
}

/// Takes a few requests.
///
/// # Panics
///
/// If an answer says that the fault is ours, is not as long as announced or not well-formed; or if a restart finds other
/// objects than there were.
pub fn s3(input: &[u8]) {
    RUNTIME.with(|runtime| {
        runtime.block_on(async {
            let mut store = Store::start(MemoryJournal::new(), Outside::default()).await;
            for request in BEFORE {
                assert_eq!(store.answer(request).await, Some(200));
            }
            let mut is_changed = false;
            for part in parts(input).take(REQUESTS_MAX) {
                is_changed |= store.answer(part).await.is_some_and(|status| status < 300);
            }
            if is_changed {
                let before = store.inventory().await;
                store = store.restart().await;
                assert_eq!(store.inventory().await, before, "a restart finds what there was");
            }
            store.shard.abort();
        });
    });
}

fn parts(mut input: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let end = input.windows(PARTING.len()).position(|window| window == PARTING);
        let (part, rest) = end.map_or((input, &[][..]), |end| (&input[..end], &input[end + PARTING.len()..]));
        input = rest;
        (!part.is_empty()).then_some(part)
    })
}

/// An object store that begins the same way each time.
struct Store {
    journal: MemoryJournal,
    outside: Outside,
    s3: S3,
    shard: JoinHandle<Result<(), Fatal>>,
    upload: String,
    etag: String,
    /// What was answered last.
    body: String,
}

impl Store {
    async fn start(journal: MemoryJournal, outside: Outside) -> Store {
        let clock = ManualClock::starting_at(NOW);
        let options = Options {
            clock: Clock::Manual(clock.clone()),
            seed: [7; 32],
            recent_bytes_max: 1 << 20,
            faults: false,
            outside: outside.clone(),
        };
        let started = bongsu_runtime::start(Arc::new(journal.reopen()), options).await;
        let (broker, shard) = started.unwrap_or_else(|error| panic!("what was written can be replayed: {error}"));
        let config = Config {
            account: Account(0),
            region: "us-east-1".to_owned(),
            verifier: Verifier::development("000000000000"),
            clock: Clock::Manual(clock),
            limits: Limits::default(),
            observer: Arc::new(Observer::new(Duration::MAX, None)),
        };
        let (shard, [upload, etag, body]) = (tokio::spawn(shard.run()), [const { String::new() }; 3]);
        Store { journal, outside, s3: S3::new(config, broker), shard, upload, etag, body }
    }

    async fn restart(self) -> Store {
        self.shard.abort();
        Store::start(self.journal, self.outside).await
    }

    /// The objects and uploads of every bucket, as they are listed.
    async fn inventory(&mut self) -> Vec<String> {
        let mut found = Vec::new();
        assert_eq!(self.answer(b"GET /\n\n").await, Some(200));
        let buckets: Vec<String> = elements(&self.body, "Name").map(str::to_owned).collect();
        for bucket in buckets {
            for query in ["list-type=2", "uploads"] {
                assert_eq!(self.answer(format!("GET /{bucket}?{query}\n\n").as_bytes()).await, Some(200));
                found.push(self.body.clone());
            }
        }
        found
    }

    /// Has a request answered and looks at the answer's form; its status, unless hyper would not let it through.
    async fn answer(&mut self, part: &[u8]) -> Option<u16> {
        let part = http_text::replace(part, b"{upload}", self.upload.as_bytes());
        let part = http_text::replace(&part, b"{etag}", self.etag.as_bytes());
        let (head, body) = http_text::split_at_blank_line(&part);
        let mut request: Request<Bytes> = http_text::request(head, body)?;
        request.headers_mut().entry(HOST).or_insert(HeaderValue::from_static("127.0.0.1:4566"));
        let (head, body) = request.into_parts();
        let (answer, body) = self.s3.answer(&head, Full::new(body), PEER).await.into_parts();
        let announced = body.size_hint().exact();
        let body = body.collect().await.expect("what was announced can be read").to_bytes();
        assert_eq!(announced, Some(body.len() as u64), "{head:?}");
        let status = answer.status.as_u16();
        // What AWS has and this server has not is said so.
        assert!(status < 500 || status == 501, "{head:?}: {status} {body:?}");
        if let Some(etag) = answer.headers.get(ETAG).and_then(|etag| etag.to_str().ok()) {
            self.etag = etag.to_owned();
        }
        let is_xml = answer.headers.get(CONTENT_TYPE) == Some(&HeaderValue::from_static("application/xml"));
        let is_object = answer.headers.contains_key("accept-ranges");
        if is_xml && !is_object && !body.is_empty() {
            self.body = String::from_utf8(body.to_vec()).expect("every document is text");
            xml::check(&self.body);
            if let Some(upload) = elements(&self.body, "UploadId").next() {
                self.upload = upload.to_owned();
            }
        }
        Some(status)
    }
}

/// The texts of the elements of this name.
fn elements<'a>(document: &'a str, name: &str) -> impl Iterator<Item = &'a str> {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    let mut rest = document;
    std::iter::from_fn(move || {
        let (_, behind) = rest.split_once(&open)?;
        let (text, behind) = behind.split_once(&close)?;
        rest = behind;
        Some(text)
    })
}
