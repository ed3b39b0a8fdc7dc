//! Takes a request from its first byte to its answer.

use std::{
    collections::BTreeMap,
    net::IpAddr,
    sync::{Arc, PoisonError, RwLock},
    time::{Duration, Instant},
};

use bongsu_http::{Limits, Response, collect_body};
use bytes::Bytes;
use hyper::{HeaderMap, Request, StatusCode, body::Body, http::request::Parts};
use tokio::sync::Semaphore;
use tracing::{info, warn};

use crate::{
    Apis, EVENT_BYTES_MAX, KeySource, MESSAGE_BYTES_MAX, Outside, RouteMetrics, answer,
    authorizer::Authorized,
    call::{Call, Kind, host_name},
    failure::Failure,
    integration::Event,
    observation::{LogBudget, micros},
    providers::{self, Received, Unverified},
    request_id::{RequestId, RequestIds},
    table::{Entry, Found, Gate, ReadyWebhook},
    usage::key_in,
};

/// Tells the milliseconds since 1970.
pub type Clock = Arc<dyn Fn() -> u64 + Send + Sync>;

/// The largest body of a request to an API. What does not fit into a message or an event is refused on its way.
pub const PAYLOAD_BYTES_MAX: usize = 10 << 20;
/// Names and values of a request's headers together. More is answered 431.
pub const HEADER_BYTES_MAX: usize = 10_240;
/// Bodies longer than a message, or of unknown length, that are read at once for routes that take such. More is answered
/// 503.
pub const LARGE_BODIES_MAX: usize = 256;

/// How the front door serves.
#[derive(Clone)]
pub struct Settings {
    /// Senders sign with their time, which is the world's.
    pub clock: Clock,
    /// The server's own time, which a test may set ahead: tokens expire by it, and answers that are kept, and quotas.
    pub server_clock: Clock,
    /// Of the listener; a body's length is limited by the lower of this and what its route takes.
    pub limits: Limits,
    /// Twelve digits, for events.
    pub account: String,
    /// For the ARNs of what is asked for.
    pub region: String,
    /// A request that takes longer is logged.
    pub slow_after: Duration,
}

/// The public front door: all routes of all APIs, and the addresses of functions.
pub struct FrontDoor {
    served: RwLock<Arc<Apis>>,
    outside: Outside,
    settings: Settings,
    request_ids: RequestIds,
    large_bodies: Semaphore,
    log_budget: LogBudget,
}

impl FrontDoor {
    /// Serves these.
    pub fn new(apis: Apis, outside: Outside, settings: Settings) -> Self {
        Self {
            served: RwLock::new(Arc::new(apis)),
            outside,
            settings,
            request_ids: RequestIds::new(),
            large_bodies: Semaphore::new(LARGE_BODIES_MAX),
            log_budget: LogBudget::default(),
        }
    }

    /// Serves others from now on, all at once. Requests under way end with those that they began with. A route that stays
    /// keeps its numbers; throttles begin anew.
    pub fn replace(&self, mut apis: Apis) {
        let mut served = self.served.write().unwrap_or_else(PoisonError::into_inner);
        let kept: BTreeMap<_, _> = served.all().map(|entry| (entry.name(), entry.counters.clone())).collect();
        for entry in apis.all_mut() {
            if let Some(counters) = kept.get(&entry.name()) {
                entry.counters = counters.clone();
            }
        }
        drop(kept);
        apis.meters().take_over(served.meters());
        *served = Arc::new(apis);
    }

    /// The numbers of every route.
    pub fn metrics(&self) -> Vec<RouteMetrics> {
        let served = self.served();
        let metrics = served.all().map(|entry| RouteMetrics {
            api: entry.place.api_name.clone(),
            stage: entry.place.stage.clone(),
            route: entry.key.to_string(),
            counts: entry.counters.read(),
        });
        metrics.collect()
    }

    fn served(&self) -> Arc<Apis> {
        self.served.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Answers one request, which came from `peer`: 200 only once its message is durable or its function has returned, or
    /// with what a handshake asks for.
    pub async fn handle<B>(&self, request: Request<B>, peer: IpAddr) -> Response
    where
        B: Body<Data = Bytes> + Unpin,
    {
        let begun = Instant::now();
        let id = self.request_ids.draw();
        let (head, body) = request.into_parts();
        let served = self.served();
        let (mut answer, kind) = match served.find(&head, host_name(&head)) {
            Found::Nothing(kind) => (answer::nothing(kind), kind),
            Found::Preflight(entry) => {
                let kind = entry.place.kind;
                let cors = entry.cors.as_ref().expect("only where CORS is configured a preflight is found");
                let answer = cors.preflight(&head.headers, kind);
                entry.counters.record(answer.status().as_u16(), begun.elapsed(), None);
                (answer, kind)
            }
            Found::Route(entry, path) => {
                let mut timed = None;
                let outcome = self.receive(entry, path, &head, body, peer, &id, &mut timed).await;
                let kind = entry.place.kind;
                let (mut answer, failure) = match outcome {
                    Ok(answer) => (answer, None),
                    Err(failure) => (failure.answer(kind), Some(failure)),
                };
                if let Some(cors) = &entry.cors {
                    cors.mark(&head.headers, answer.headers_mut());
                }
                let took = begun.elapsed();
                entry.counters.record(answer.status().as_u16(), took, timed);
                self.log(entry, &id, answer.status(), took, failure.as_ref());
                (answer, kind)
            }
        };
        answer::mark(&mut answer, &id, kind);
        answer
    }

    /// `timed` becomes how long the integration took, once it was asked.
    async fn receive<B>(
        &self,
        entry: &Entry,
        path: &str,
        head: &Parts,
        body: B,
        peer: IpAddr,
        id: &RequestId,
        timed: &mut Option<Duration>,
    ) -> Result<Response, Failure>
    where
        B: Body<Data = Bytes> + Unpin,
    {
        let now_ms = (self.settings.clock)();
        if header_bytes(&head.headers) > HEADER_BYTES_MAX {
            return Err(Failure::HeadersTooLarge { limit: HEADER_BYTES_MAX });
        }
        if entry.bucket.as_ref().is_some_and(|bucket| !bucket.admits(now_ms)) {
            return Err(Failure::Throttled);
        }
        let place = &entry.place;
        let path_parameters = entry.key.path_parameters(place.within_stage(path).unwrap_or_default());
        let Settings { account, region, .. } = &self.settings;
        let (key, nothing) = (&entry.key, Bytes::new());
        let mut call = Call {
            place,
            key,
            account,
            region,
            head,
            body: &nothing,
            peer,
            now_ms,
            id,
            path,
            path_parameters,
            identity: None,
            authorized: None,
            used_key: None,
        };
        self.admit(entry, &mut call).await?;
        let body = self.read(entry, body).await?;
        call.body = &body;
        if entry.iam {
            call.identity = Some(self.outside.identities.identify(head, &body).ok_or(Failure::Forbidden)?);
        }
        let received = match &entry.webhook {
            Some(ready) => Some(self.verify(ready, &call).await?),
            None => None,
        };
        let event = match (&received, &entry.webhook) {
            (Some(Received::Answer(answer)), _) => return Ok(answer::of_provider(answer)),
            (Some(Received::Event(verified)), Some(ready)) => Some(Event { verified, ready }),
            _ => None,
        };
        let asked = Instant::now();
        let outcome = entry.integration.run(&call, event, &self.outside).await;
        *timed = Some(asked.elapsed());
        outcome
    }

    /// Asks the route's authorizer, and for a key. Nothing of a body is read for strangers.
    async fn admit(&self, entry: &Entry, call: &mut Call<'_>) -> Result<(), Failure> {
        let now_ms = (self.settings.server_clock)();
        if let Some(Gate { authorizer, scopes }) = &entry.gate {
            call.authorized = Some(authorizer.ask(call, scopes, &self.outside, now_ms).await?);
        }
        if let Some((keys, source)) = &entry.keys {
            let shown = match source {
                KeySource::Header => key_in(&call.head.headers),
                KeySource::Authorizer => call.authorized.as_ref().and_then(Authorized::usage_key),
            };
            call.used_key = Some(keys.admit(shown, now_ms)?);
        }
        Ok(())
    }

    /// What the route's provider makes of the request.
    async fn verify<'a>(&self, ready: &ReadyWebhook, call: &Call<'a>) -> Result<Received<'a>, Failure> {
        let request = Unverified::new(call.head, call.body);
        Ok(providers::receive(&*ready.provider, request, call.now_ms, &*self.outside.fetch).await?)
    }

    /// The whole body, within what its route takes and what memory there is for all.
    async fn read<B>(&self, entry: &Entry, body: B) -> Result<Bytes, Failure>
    where
        B: Body<Data = Bytes> + Unpin,
    {
        let of_kind = if entry.place.kind == Kind::FunctionUrl { EVENT_BYTES_MAX } else { PAYLOAD_BYTES_MAX };
        let own = entry.integration.body_bytes_max().min(of_kind);
        let body_bytes_max = self.settings.limits.body_bytes_max.min(own);
        let limits = Limits { body_bytes_max, ..self.settings.limits.clone() };
        let is_small = |bytes: u64| bytes <= MESSAGE_BYTES_MAX as u64;
        if is_small(body_bytes_max as u64) || body.size_hint().upper().is_some_and(is_small) {
            return Ok(collect_body(body, &limits).await?);
        }
        let _permit = self.large_bodies.try_acquire().map_err(|_| Failure::Busy)?;
        Ok(collect_body(body, &limits).await?)
    }

    fn log(&self, entry: &Entry, id: &RequestId, status: StatusCode, took: Duration, failure: Option<&Failure>) {
        let is_slow = took >= self.settings.slow_after;
        if failure.is_none() && !status.is_server_error() && !status.is_client_error() && !is_slow {
            return;
        }
        let Some(left_out) = self.log_budget.admit(Instant::now()) else { return };
        if left_out > 0 {
            info!(left_out, "more requests were refused or slow than are logged");
        }
        let (api, stage, route) = (&entry.place.api_name, &entry.place.stage, &entry.key);
        let (status, request_id, duration_ms) = (status.as_u16(), id.as_uuid(), micros(took) as f64 / 1000.0);
        match failure {
            Some(reason) if status >= 500 => {
                warn!(api, stage, %route, status, %reason, request_id, duration_ms, "request failed");
            }
            Some(reason) => info!(api, stage, %route, status, %reason, request_id, duration_ms, "request refused"),
            None if is_slow => warn!(api, stage, %route, status, request_id, duration_ms, "request slow"),
            None => info!(api, stage, %route, status, request_id, duration_ms, "request answered with an error"),
        }
    }
}

fn header_bytes(headers: &HeaderMap) -> usize {
    headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum()
}
