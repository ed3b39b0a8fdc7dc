//! A front door behind which everybody does what an input says, and what is promised of what they are given.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bongsu_gateway::{
    Access, Api, ApiKind, Apis, BoxFuture, Enqueue, EnqueueError, Enqueued, Fetch, FetchError, Forward, ForwardError,
    ForwardRequest, FrontDoor, FunctionUrl, Identify, Identity, Integration, Invocation, Invoke, InvokeError,
    KeySource, NewMessage, Outside, Route, ServiceRequest, Services, Settings, Stage, Webhook,
};
use bongsu_http::{Limits, Response};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper::http::request::Parts;
use tokio::runtime::{Builder, Runtime};

const PEER: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 7));
/// Characters of a group and of a deduplication id.
const ID_CHARS_MAX: usize = 128;

thread_local! {
    static RUNTIME: Runtime = Builder::new_current_thread().enable_time().build().expect("a runtime with a timer");
}

/// Whoever is asked by the front door. Clones are the same.
#[derive(Clone, Default)]
pub(crate) struct Behind(Arc<Mutex<Asked>>);

#[derive(Default)]
struct Asked {
    messages: Vec<NewMessage>,
    events: Vec<Bytes>,
    returned: Bytes,
}

impl Behind {
    /// The messages since this was last asked.
    pub(crate) fn take_messages(&self) -> Vec<NewMessage> {
        self.with(|asked| std::mem::take(&mut asked.messages))
    }

    /// The events since this was last asked.
    pub(crate) fn take_events(&self) -> Vec<Bytes> {
        self.with(|asked| std::mem::take(&mut asked.events))
    }

    /// What functions return from now on.
    pub(crate) fn set_returned(&self, returned: Bytes) {
        self.with(|asked| asked.returned = returned);
    }

    fn with<T>(&self, then: impl FnOnce(&mut Asked) -> T) -> T {
        then(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Enqueue for Behind {
    fn enqueue(&self, _: &str, message: NewMessage) -> BoxFuture<'_, Result<Enqueued, EnqueueError>> {
        check_message(&message);
        self.with(|asked| asked.messages.push(message));
        Box::pin(async { Ok(Enqueued { message_id: "m".to_owned(), ..Enqueued::default() }) })
    }
}

/// What `NewMessage` promises of itself.
fn check_message(message: &NewMessage) {
    let body = std::str::from_utf8(&message.body).expect("a message is text");
    let is_allowed = |character: char| matches!(character, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..);
    assert!(!body.is_empty() && body.chars().all(is_allowed), "{body:?}");
    for id in [&message.group, &message.deduplication_id].into_iter().flatten() {
        let is_valid = (1..=ID_CHARS_MAX).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic());
        assert!(is_valid, "{id:?}");
    }
}

impl Invoke for Behind {
    fn invoke(&self, invocation: Invocation) -> BoxFuture<'_, Result<Bytes, InvokeError>> {
        let returned = self.with(|asked| {
            asked.events.push(invocation.payload);
            asked.returned.clone()
        });
        Box::pin(async { Ok(returned) })
    }
}

impl Services for Behind {
    fn ask(&self, _: ServiceRequest) -> BoxFuture<'_, Response> {
        Box::pin(async { Response::new(Full::new(Bytes::new())) })
    }
}

impl Fetch for Behind {
    fn get(&self, _: &str) -> BoxFuture<'_, Result<Bytes, FetchError>> {
        Box::pin(async { Err(FetchError) })
    }
}

impl Identify for Behind {
    fn identify(&self, _: &Parts, _: &[u8]) -> Option<Identity> {
        None
    }
}

/// Nothing is sent anywhere.
impl Forward for Behind {
    fn forward(&self, _: ForwardRequest) -> BoxFuture<'_, Result<Response, ForwardError>> {
        Box::pin(async { Err(ForwardError::Unreachable(String::new())) })
    }
}

/// A front door with these, where it is always `now_ms`.
pub(crate) fn front_door(apis: Vec<Api>, urls: Vec<FunctionUrl>, now_ms: u64) -> (FrontDoor, Behind) {
    let behind = Behind::default();
    let each = || Arc::new(behind.clone());
    let outside = Outside {
        queues: each(),
        functions: each(),
        services: each(),
        identities: each(),
        fetch: each(),
        elsewhere: each(),
    };
    let settings = Settings {
        clock: Arc::new(move || now_ms),
        server_clock: Arc::new(move || now_ms),
        limits: Limits::default(),
        account: "000000000042".to_owned(),
        region: "us-east-1".to_owned(),
        slow_after: Duration::MAX,
    };
    let apis = Apis::new(apis, urls).unwrap_or_else(|error| panic!("{error}"));
    (FrontDoor::new(apis, outside, settings), behind)
}

/// An API with a stage of this name.
pub(crate) fn api(name: &str, kind: ApiKind, stage: &str, routes: Vec<Route>) -> Api {
    Api {
        id: name.to_owned(),
        name: name.to_owned(),
        kind,
        stages: vec![Stage { name: stage.to_owned(), ..Stage::without_name() }],
        cors: None,
        routes,
        binary_media_types: Vec::new(),
        authorizers: Vec::new(),
        usage_plans: Vec::new(),
        key_source: KeySource::Header,
    }
}

pub(crate) fn route(key: &str, integration: Integration, webhook: Option<Webhook>) -> Route {
    Route {
        key: key.parse().unwrap_or_else(|error| panic!("{error}")),
        integration,
        webhook,
        access: Access::default(),
    }
}

/// Into a queue.
pub(crate) fn enqueue() -> Integration {
    Integration::SendMessage { queue: "q.fifo".to_owned(), parameters: BTreeMap::new(), responses: BTreeMap::new() }
}

/// Status and body of the answer to a request.
///
/// # Panics
///
/// If the answer blames the server.
pub(crate) fn answer(door: &FrontDoor, request: Request<Bytes>) -> (u16, Bytes) {
    RUNTIME.with(|runtime| {
        runtime.block_on(async {
            let answer = door.handle(request.map(Full::new), PEER).await;
            let status = answer.status().as_u16();
            let Ok(body) = answer.into_body().collect().await;
            (status, body.to_bytes())
        })
    })
}
