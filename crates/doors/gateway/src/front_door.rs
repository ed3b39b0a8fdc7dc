//! Takes a request from its first byte to its answer.

use std::sync::Arc;

use bongsu_http::{BodyError, Limits, Response, collect_body};
use bytes::Bytes;
use hyper::{Request, StatusCode, body::Body};
use serde::de::IgnoredAny;
use tracing::{info, warn};

use crate::{
    BodyKind, BoxFuture, Enqueue, EnqueueError, Fetch, FetchError, Route, RouteError, Selector, Webhook,
    WebhookMessage,
    answer::{self, RequestId, RequestIds},
    identifier::identifier,
    providers::{self, Received, Refusal, Unverified, Verified},
    route::{Ready, Routes},
};

/// Tells the milliseconds since 1970.
pub type Clock = Arc<dyn Fn() -> u64 + Send + Sync>;

/// What one SQS message holds. API Gateway would take 10 MB and then fail to send it.
pub const MESSAGE_BYTES_MAX: usize = 1024 * 1024;

/// The public front door: all routes of all HTTP APIs.
pub struct FrontDoor {
    routes: Routes,
    enqueue: Arc<dyn Enqueue>,
    fetch: Arc<dyn Fetch>,
    clock: Clock,
    limits: Limits,
    request_ids: RequestIds,
}

/// Fetches nothing: for routes whose providers need nothing from elsewhere.
struct Nowhere;

impl Fetch for Nowhere {
    fn get(&self, _: &str) -> BoxFuture<'_, Result<Bytes, FetchError>> {
        Box::pin(async { Err(FetchError) })
    }
}

impl FrontDoor {
    /// Checks every route. Bodies are limited by `limits`, and by [`MESSAGE_BYTES_MAX`] in any case.
    pub fn new(
        routes: Vec<Route>,
        enqueue: Arc<dyn Enqueue>,
        clock: Clock,
        limits: Limits,
    ) -> Result<Self, RouteError> {
        let limits = Limits { body_bytes_max: limits.body_bytes_max.min(MESSAGE_BYTES_MAX), ..limits };
        let (routes, request_ids) = (Routes::new(routes)?, RequestIds::new());
        Ok(Self { routes, enqueue, fetch: Arc::new(Nowhere), clock, limits, request_ids })
    }

    /// Fetches for the provider `sns`; without it, that one puts off what it would have to fetch for.
    pub fn with_fetch(self, fetch: Arc<dyn Fetch>) -> Self {
        Self { fetch, ..self }
    }

    /// Answers one request: 200 only once its message is durable, or with what a handshake asks for.
    pub async fn handle<B>(&self, request: Request<B>) -> Response
    where
        B: Body<Data = Bytes> + Unpin,
    {
        let id = self.request_ids.draw();
        id.mark(match self.routes.find(request.method(), request.uri().path()) {
            None => answer::message(StatusCode::NOT_FOUND, "Not Found"),
            Some(ready) => self.receive(ready, request, &id).await.unwrap_or_else(|failure| {
                failure.log(&ready.route);
                failure.answer()
            }),
        })
    }

    async fn receive<B>(&self, ready: &Ready, request: Request<B>, id: &RequestId) -> Result<Response, Failure>
    where
        B: Body<Data = Bytes> + Unpin,
    {
        let (head, body) = request.into_parts();
        let body = collect_body(body, &self.limits).await?;
        let request = Unverified::new(&head, &body);
        match providers::receive(&*ready.provider, request, (self.clock)(), &*self.fetch).await? {
            Received::Answer(answer) => Ok(answer::of_provider(answer)),
            Received::Event(event) => {
                let message = message_of(&event, ready)?;
                let enqueued = self.enqueue.enqueue(&ready.route.queue, message).await?;
                Ok(event.answer().map_or_else(|| answer::taken(&enqueued, id), |own| answer::of_provider(own.clone())))
            }
        }
    }
}

/// The message that a verified webhook becomes. Everything that a queue would refuse is refused here, with a reason.
fn message_of(event: &Verified<'_>, ready: &Ready) -> Result<WebhookMessage, Refusal> {
    check_body(event.body(), ready.body())?;
    let webhook = &ready.route.webhook;
    let group = match &webhook.group {
        Some(selector) => {
            // An event of a kind that the selector's author did not think of is better kept than refused.
            let default = || event.default_group().map(str::to_owned);
            Some(event.select(selector).or_else(default).ok_or_else(|| nothing_selected(selector))?)
        }
        None if ready.is_fifo() => event.default_group().map(str::to_owned),
        None => None,
    };
    let deduplication_id = deduplication_id(event, webhook)?;
    Ok(WebhookMessage {
        body: event.body().clone(),
        group: group.map(identifier),
        deduplication_id: deduplication_id.map(identifier),
        redelivery_window: event.redelivery_window(),
    })
}

fn deduplication_id(event: &Verified<'_>, webhook: &Webhook) -> Result<Option<String>, Refusal> {
    let default = event.default_deduplication().map(str::to_owned);
    match &webhook.deduplication {
        None => Ok(default),
        Some(selector) => event.select(selector).or(default).ok_or_else(|| nothing_selected(selector)).map(Some),
    }
}

fn nothing_selected(selector: &Selector) -> Refusal {
    Refusal::NothingSelected { selector: selector.clone() }
}

fn check_body(body: &[u8], kind: BodyKind) -> Result<(), Refusal> {
    let text = str::from_utf8(body).map_err(|_| Refusal::BodyUnfit("The body is not UTF-8"))?;
    if text.is_empty() {
        return Err(Refusal::BodyUnfit("The body is empty"));
    }
    // Checks the grammar alone, without recursion: what a number or an escape means is the consumer's business.
    if kind == BodyKind::Json && serde_json::from_str::<IgnoredAny>(text).is_err() {
        return Err(Refusal::BodyUnfit("The body is not JSON"));
    }
    if text.bytes().any(is_forbidden_control) || text.contains('\u{fffe}') || text.contains('\u{ffff}') {
        return Err(Refusal::BodyUnfit("The body has characters that SQS does not take"));
    }
    Ok(())
}

/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html>
fn is_forbidden_control(byte: u8) -> bool {
    byte < b' ' && !matches!(byte, b'\t' | b'\n' | b'\r')
}

/// Why a request for a route was not taken.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Body(#[from] BodyError),
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error(transparent)]
    Enqueue(#[from] EnqueueError),
}

impl Failure {
    fn answer(&self) -> Response {
        let reason = self.to_string();
        let (status, text) = match self {
            Self::Body(BodyError::TooLarge { .. }) => (StatusCode::PAYLOAD_TOO_LARGE, "Request Too Long"),
            Self::Body(BodyError::TimedOut) => (StatusCode::REQUEST_TIMEOUT, "Request Timeout"),
            Self::Body(BodyError::Broken) => (StatusCode::BAD_REQUEST, "Bad Request"),
            Self::Refused(refusal) => (refusal.status(), reason.as_str()),
            Self::Enqueue(EnqueueError::Refused { .. }) => (StatusCode::BAD_REQUEST, reason.as_str()),
            Self::Enqueue(EnqueueError::Unavailable { .. }) => (StatusCode::SERVICE_UNAVAILABLE, "Service Unavailable"),
        };
        answer::message(status, text)
    }

    fn log(&self, route: &Route) {
        let Route { key, api_name, .. } = route;
        match self {
            Self::Enqueue(EnqueueError::Unavailable { reason }) => warn!(%key, api_name, reason, "webhook put off"),
            _ => info!(%key, api_name, reason = %self, "webhook refused"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_message_can_hold_passes() {
        let json = [r#"{"a":1}"#, "7", "\"\u{e000}\u{fffd}\u{10000}\u{7f}\"", " [1e999, \"\\ud800\"]\r\n\t"];
        for body in json {
            assert_eq!(check_body(body.as_bytes(), BodyKind::Json), Ok(()), "{body}");
        }
        assert_eq!(check_body(b"payload=%7B%7D", BodyKind::Text), Ok(()));
        for (body, reason) in [
            ("", "The body is empty"),
            ("a=b", "The body is not JSON"),
            ("{} {}", "The body is not JSON"),
            ("{\"a\":", "The body is not JSON"),
            ("\"\u{fffe}\"", "The body has characters that SQS does not take"),
            ("\"\u{ffff}\"", "The body has characters that SQS does not take"),
        ] {
            assert_eq!(check_body(body.as_bytes(), BodyKind::Json), Err(Refusal::BodyUnfit(reason)), "{body}");
        }
        for control in (0..32u8).filter(|byte| !b"\t\n\r".contains(byte)) {
            assert!(check_body(&[b'a', control], BodyKind::Text).is_err(), "{control}");
        }
        assert!(check_body(b"\xff", BodyKind::Text).is_err());
        assert!(check_body(b"\xed\xa0\x80", BodyKind::Text).is_err());
    }

    #[test]
    fn nesting_costs_no_stack() {
        let deep = "[".repeat(MESSAGE_BYTES_MAX / 2) + &"]".repeat(MESSAGE_BYTES_MAX / 2);
        assert_eq!(check_body(deep.as_bytes(), BodyKind::Json), Ok(()));
    }
}
