//! Sends spans to a collector in batches; nobody who hands one in ever waits.

use std::hash::{BuildHasher, RandomState};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::Request;
use hyper::client::conn::http1;
use hyper::header::{CONTENT_TYPE, HOST};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout, timeout_at};
use tracing::{info, warn};

use crate::otlp::{Identified, encode};
use crate::{Endpoint, Span};

/// Spans that may wait for their export; a further one is dropped and counted.
pub const SPANS_WAITING_MAX: usize = 4096;
/// Spans in one export.
pub const BATCH_SPANS_MAX: usize = 512;
/// How long the first span of a batch waits for others.
const BATCH_WAIT: Duration = Duration::from_secs(1);
/// How long a collector may take to accept a batch; then its spans are dropped.
const EXPORT_MAX: Duration = Duration::from_secs(10);
/// How long the last export may take when the server stops.
const FINISH_MAX: Duration = Duration::from_secs(3);

/// Takes spans. Cloning is cheap.
#[derive(Clone, Debug)]
pub struct Exporter {
    spans: mpsc::Sender<Span>,
    dropped: Arc<AtomicU64>,
}

/// The exporting itself, until [`Exporting::finish`].
#[derive(Debug)]
pub struct Exporting {
    finish: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

/// Begins to export to a collector. To be called in a tokio runtime.
pub fn start(endpoint: Endpoint) -> (Exporter, Exporting) {
    let (spans, waiting) = mpsc::channel(SPANS_WAITING_MAX);
    let (finish, finished) = oneshot::channel();
    let dropped = Arc::new(AtomicU64::new(0));
    let export =
        Export { endpoint, waiting, dropped: dropped.clone(), ids: RandomState::new(), next: 0, failing: false };
    (Exporter { spans, dropped }, Exporting { finish, task: tokio::spawn(export.run(finished)) })
}

impl Exporter {
    /// Hands in a span. Never waits: if too many wait already, it is dropped. So is one that nobody wants to see.
    pub fn record(&self, span: Span) {
        let is_wanted = span.context.is_none_or(|context| context.sampled);
        if is_wanted && self.spans.try_send(span).is_err() {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Spans that did not reach the collector.
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }
}

impl Exporting {
    /// Exports what waits, for a few seconds at most.
    pub async fn finish(self) {
        // An export that has ended needs no word, and one that takes too long is given up.
        self.finish.send(()).unwrap_or_default();
        timeout(FINISH_MAX, self.task).await.map(drop).unwrap_or_default();
    }
}

struct Export {
    endpoint: Endpoint,
    waiting: mpsc::Receiver<Span>,
    dropped: Arc<AtomicU64>,
    /// Where ids come from: they need to differ, not to be secret.
    ids: RandomState,
    next: u64,
    /// Whether the last batch did not arrive; said once.
    failing: bool,
}

impl Export {
    async fn run(mut self, mut finished: oneshot::Receiver<()>) {
        loop {
            let first = tokio::select! {
                biased;
                first = self.waiting.recv() => first,
                _ = &mut finished => return,
            };
            let Some(first) = first else { return };
            let mut batch = vec![first];
            let until = Instant::now() + BATCH_WAIT;
            let mut is_last = false;
            while batch.len() < BATCH_SPANS_MAX && !is_last {
                tokio::select! {
                    // What waits already comes along, also at the end.
                    biased;
                    more = timeout_at(until, self.waiting.recv()) => match more {
                        Ok(Some(span)) => batch.push(span),
                        Ok(None) | Err(_) => break,
                    },
                    _ = &mut finished => is_last = true,
                }
            }
            self.export(batch).await;
            if is_last {
                return;
            }
        }
    }

    async fn export(&mut self, batch: Vec<Span>) {
        let count = batch.len();
        let batch: Vec<Identified> = batch.into_iter().map(|span| self.identify(span)).collect();
        let body = encode(&batch);
        let sent = timeout(EXPORT_MAX, send(&self.endpoint, body)).await;
        let fault = match sent {
            Ok(Ok(())) => None,
            Ok(Err(fault)) => Some(fault.to_string()),
            Err(_) => Some("it took too long".to_owned()),
        };
        if let Some(fault) = &fault {
            self.dropped.fetch_add(count as u64, Ordering::Relaxed);
            if !self.failing {
                warn!(collector = %self.endpoint, fault, "spans cannot be exported");
            }
        } else if self.failing {
            info!(collector = %self.endpoint, "spans are exported again");
        }
        self.failing = fault.is_some();
    }

    fn identify(&mut self, span: Span) -> Identified {
        let trace_id = span.context.map(|context| context.trace_id);
        let trace_id = trace_id.unwrap_or_else(|| u128::from(self.id()) << 64 | u128::from(self.id()));
        Identified { span, trace_id, span_id: self.id() }
    }

    fn id(&mut self) -> u64 {
        self.next += 1;
        // Zero would mean that there is no id.
        self.ids.hash_one(self.next).max(1)
    }
}

#[derive(Debug, thiserror::Error)]
enum ExportError {
    #[error("cannot connect: {0}")]
    Connect(#[from] std::io::Error),
    #[error(transparent)]
    Http(#[from] hyper::Error),
    #[error("it answers {0}")]
    Refused(hyper::StatusCode),
}

/// One connection a batch: at most one a second, and none to keep alive.
async fn send(endpoint: &Endpoint, body: Vec<u8>) -> Result<(), ExportError> {
    let host = endpoint.host.trim_matches(['[', ']']);
    let stream = TcpStream::connect((host, endpoint.port)).await?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let request = Request::post(&endpoint.path)
        .header(HOST, format!("{}:{}", endpoint.host, endpoint.port))
        .header(CONTENT_TYPE, "application/json")
        .body(Full::new(Bytes::from(body)))
        .expect("an endpoint is of parts of a URL");
    let mut exchange = pin!(async { sender.send_request(request).await.map(|answer| answer.status()) });
    let status = tokio::select! {
        biased;
        status = &mut exchange => status?,
        // Whoever answers and closes has answered.
        _ = connection => exchange.await?,
    };
    if status.is_success() { Ok(()) } else { Err(ExportError::Refused(status)) }
}
