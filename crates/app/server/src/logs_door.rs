//! `GET /_bongsu/logs`: finds lines that functions printed, and waits for new ones.

use std::borrow::Cow;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bongsu_aws_api::sigv4::foreign_page;
use bongsu_function_log::{
    FilterPattern, LINES_A_PAGE_MAX, LogCounts, LogStore, Page, Query, SearchError, parse_moment,
};
use bongsu_http::Response;
use bytes::Bytes;
use http_body_util::Full;
use hyper::StatusCode;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::http::request::Parts;
use serde::Serialize;
use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};
use tracing::error;

/// Lines of an answer, unless the request says how many.
const LIMIT_DEFAULT: usize = 1_000;
/// How long a request can wait for a line to come.
const WAIT_SECONDS_MAX: u64 = 20;

const NOT_FROM_AFAR: &str =
    "The log of functions is for this machine alone; from elsewhere, sign a FilterLogEvents of CloudWatch Logs.";
const FOREIGN_PAGE: &str = "Requests from web pages of other sites are refused.";
const NOT_KEPT: &str = "This server keeps no log of functions. Start it without --function-logs 0.";

/// What answers questions about the log of functions.
pub(crate) struct LogsDoor {
    store: Option<Arc<LogStore>>,
    /// Whether others than this machine may read it.
    is_open: bool,
    /// Whether the server is on its way down, and nobody is to wait any more.
    stopping: watch::Sender<bool>,
}

/// What a request asks for.
struct Asked {
    query: Query,
    /// How long an answer may wait for its first line.
    wait: Duration,
}

/// The last line of an answer: where to go on, and whether there is nothing more for now.
#[derive(Serialize)]
struct Next {
    next: String,
    is_end: bool,
}

/// A refusal and its reason.
type Refusal = (StatusCode, Cow<'static, str>);

impl LogsDoor {
    /// Where it is.
    pub(crate) const PATH: &str = "/_bongsu/logs";

    pub(crate) fn new(store: Option<Arc<LogStore>>, is_open: bool) -> LogsDoor {
        LogsDoor { store, is_open, stopping: watch::Sender::new(false) }
    }

    /// Has everybody answered who waits.
    pub(crate) fn stop(&self) {
        self.stopping.send_replace(true);
    }

    pub(crate) fn counts(&self) -> LogCounts {
        self.store.as_ref().map(|store| store.counts()).unwrap_or_default()
    }

    /// Answers one request: the lines as JSON, one a line, and a last line that says where to go on.
    pub(crate) async fn answer(&self, head: &Parts, peer: SocketAddr) -> Response {
        match self.find(head, peer).await {
            Ok(page) => respond(StatusCode::OK, "application/x-ndjson", body(&page)),
            Err((status, reason)) => respond(status, "text/plain", format!("{reason}\n").into_bytes()),
        }
    }

    async fn find(&self, head: &Parts, peer: SocketAddr) -> Result<Page, Refusal> {
        self.may_ask(head, peer).map_err(|reason| (StatusCode::FORBIDDEN, reason.into()))?;
        let store = self.store.as_ref().ok_or((StatusCode::NOT_FOUND, NOT_KEPT.into()))?;
        let now_ms = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
        let asked = parse(head.uri.query().unwrap_or_default(), u64::try_from(now_ms).unwrap_or(u64::MAX));
        let asked = asked.map_err(|reason| (StatusCode::BAD_REQUEST, reason.into()))?;
        found(store, asked, self.stopping.subscribe()).await.map_err(|fault| match fault {
            SearchError::Stopping => (StatusCode::SERVICE_UNAVAILABLE, "The server is stopping.".into()),
            SearchError::Files(error) => {
                error!(%error, "the log of functions cannot be read");
                (StatusCode::INTERNAL_SERVER_ERROR, "The log of functions cannot be read.".into())
            }
        })
    }

    /// Not with `--metrics-open`: what functions print says more than how many messages there are.
    fn may_ask(&self, head: &Parts, peer: SocketAddr) -> Result<(), &'static str> {
        if !self.is_open && !peer.ip().to_canonical().is_loopback() {
            return Err(NOT_FROM_AFAR);
        }
        if foreign_page::sent(&head.method, &head.headers) {
            return Err(FOREIGN_PAGE);
        }
        Ok(())
    }
}

/// Searches again with every write, until there is something or the time is over.
async fn found(store: &Arc<LogStore>, asked: Asked, mut stopping: watch::Receiver<bool>) -> Result<Page, SearchError> {
    let Asked { mut query, wait } = asked;
    let deadline = Instant::now() + wait;
    let mut writes = store.writes();
    loop {
        // Marked before the look, so that no write falls in between.
        writes.borrow_and_update();
        let page = store.find(query.clone()).await?;
        if !page.lines.is_empty() || !page.is_end || Instant::now() >= deadline {
            return Ok(page);
        }
        tokio::select! {
            Ok(Ok(())) = timeout_at(deadline, writes.changed()) => query.after = page.next,
            _ = stopping.wait_for(|stopping| *stopping) => return Ok(page),
            else => return Ok(page),
        }
    }
}

fn parse(parameters: &str, now_ms: u64) -> Result<Asked, String> {
    let mut asked = Asked { query: Query { max: LIMIT_DEFAULT, ..Query::default() }, wait: Duration::ZERO };
    let query = &mut asked.query;
    for (name, value) in form_urlencoded::parse(parameters.as_bytes()) {
        let wrong = |reason: &str| format!("{name}: {reason}.");
        let moment = || parse_moment(&value, now_ms).map_err(wrong);
        match &*name {
            "function" => query.function = Some(value.into_owned()),
            "filter" => query.pattern = Some(FilterPattern::parse(&value).map_err(|fault| wrong(&fault.to_string()))?),
            "request" => query.request_id = Some(value.into_owned()),
            "since" => query.since_ms = Some(moment()?),
            "until" => query.until_ms = Some(moment()?),
            "after" => query.after = value.parse().map_err(|()| wrong("take what an answer calls next"))?,
            "limit" => {
                let limit = value.parse().ok().filter(|limit| (1..=LINES_A_PAGE_MAX).contains(limit));
                query.max = limit.ok_or_else(|| wrong(&format!("write a number from 1 to {LINES_A_PAGE_MAX}")))?;
            }
            "wait" => {
                let seconds = value.parse().ok().filter(|seconds| *seconds <= WAIT_SECONDS_MAX);
                let seconds = seconds.ok_or_else(|| wrong(&format!("write seconds, at most {WAIT_SECONDS_MAX}")))?;
                asked.wait = Duration::from_secs(seconds);
            }
            _ => return Err(wrong("there is no such parameter")),
        }
    }
    Ok(asked)
}

fn body(page: &Page) -> Vec<u8> {
    let mut body = Vec::new();
    for line in &page.lines {
        push(&mut body, line);
    }
    push(&mut body, &Next { next: page.next.to_string(), is_end: page.is_end });
    body
}

fn push(body: &mut Vec<u8>, content: &impl Serialize) {
    serde_json::to_writer(&mut *body, content).expect("texts and numbers have JSON, and memory takes it");
    body.push(b'\n');
}

fn respond(status: StatusCode, content_type: &'static str, body: Vec<u8>) -> Response {
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_may_ask_unless_everybody_may() {
        let head = |origin: &str| {
            let request = hyper::Request::get(LogsDoor::PATH).header("origin", origin);
            request.body(()).unwrap().into_parts().0
        };
        let (own, foreign) = (head("http://localhost:3000"), head("https://example.com"));
        for (is_open, peer, of_own, of_foreign) in [
            (false, "127.0.0.1:9", Ok(()), Err(FOREIGN_PAGE)),
            (false, "[::ffff:127.0.0.1]:9", Ok(()), Err(FOREIGN_PAGE)),
            (false, "192.168.0.7:9", Err(NOT_FROM_AFAR), Err(NOT_FROM_AFAR)),
            (true, "192.168.0.7:9", Ok(()), Err(FOREIGN_PAGE)),
        ] {
            let (door, peer) = (LogsDoor::new(None, is_open), peer.parse().unwrap());
            assert_eq!((door.may_ask(&own, peer), door.may_ask(&foreign, peer)), (of_own, of_foreign), "{peer}");
        }
    }

    #[test]
    fn parameters_say_what_is_looked_for() {
        let asked = parse("function=til&filter=ERROR+-fine&since=10m&limit=5&after=2-30&wait=20", 1_000_000).unwrap();
        assert_eq!((asked.query.function.as_deref(), asked.query.max), (Some("til"), 5));
        assert_eq!((asked.query.since_ms, asked.query.after.to_string()), (Some(400_000), "2-30".to_owned()));
        assert!(asked.query.pattern.is_some_and(|pattern| pattern.matches("ERROR") && !pattern.matches("ERROR fine")));
        assert_eq!(asked.wait, Duration::from_secs(20));
    }

    #[test]
    fn what_is_no_parameter_is_refused_with_its_name() {
        for (parameters, reason) in [
            ("functions=til", "functions: there is no such parameter."),
            ("filter={", "filter: the filter pattern is wrong at character 2"),
            ("since=tomorrow", "since: write how long ago"),
            ("limit=0", "limit: write a number from 1 to 10000."),
            ("limit=10001", "limit: write"),
            ("after=3", "after: take what"),
            ("wait=21", "wait: write seconds, at most 20."),
        ] {
            let fault = parse(parameters, 0).map(drop).unwrap_err();
            assert!(fault.starts_with(reason), "{fault}");
        }
    }
}
