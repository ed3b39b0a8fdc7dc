//! A front door with one route of each kind, a queue that remembers, and a sender that can sign.

use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv4Addr},
    sync::{Arc, Mutex},
    time::Duration,
};

use bongsu_gateway::{
    Access, Api, ApiKind, Apis, BodyKind, BoxFuture, Clock, Enqueue, EnqueueError, Enqueued, Fetch, FetchError,
    Forward, ForwardError, ForwardRequest, FrontDoor, Identify, Identity, Integration, Invocation, Invoke, InvokeError,
    KeySource, NewMessage, Outside, Route, Selector, ServiceRequest, Services, Settings, Stage, Webhook,
};
use bongsu_http::{Limits, Response};
use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use http_body_util::{BodyExt, Full};
use hyper::{Request, http::request::Parts};
use sha2::Sha256;

/// The time at every test's front door, in seconds.
pub(crate) const NOW: u64 = 1_763_800_000;
pub(crate) const PEER: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 7));
pub(crate) const SLACK_SECRET: &str = "unit-test-signing-secret";
pub(crate) const GITHUB_SECRET: &str = "It's a Secret to Everybody";

/// Remembers what it was given. Swallows repeated deduplication ids, and fails for two queues by their names.
#[derive(Default)]
pub(crate) struct Queues(Mutex<Vec<(String, NewMessage)>>);

impl Queues {
    pub(crate) fn take(&self) -> Vec<(String, NewMessage)> {
        std::mem::take(&mut self.0.lock().unwrap())
    }

    /// The only message there is.
    pub(crate) fn take_one(&self) -> NewMessage {
        let [(_, message)] = <[_; 1]>::try_from(self.take()).unwrap();
        message
    }
}

impl Enqueue for Queues {
    fn enqueue(&self, queue: &str, message: NewMessage) -> BoxFuture<'_, Result<Enqueued, EnqueueError>> {
        let (queue, fifo) = (queue.to_owned(), queue.ends_with(".fifo"));
        Box::pin(async move {
            match queue.as_str() {
                "refusing" => return Err(EnqueueError::Refused { reason: "no such luck".into() }),
                "full" => return Err(EnqueueError::Unavailable { reason: "the disk at /secret is full".into() }),
                _ => {}
            }
            let mut messages = self.0.lock().unwrap();
            let id = message.deduplication_id.clone();
            let seen = messages.iter().position(|(_, m)| id.is_some() && m.deduplication_id == id);
            let number = seen.unwrap_or(messages.len());
            if seen.is_none() {
                messages.push((queue, message));
            }
            Ok(Enqueued {
                message_id: format!("message-{number}"),
                md5_of_body: "5d41402abc4b2a76b9719d911017c592".into(),
                sequence_number: fifo.then(|| format!("{}", 100 + number)),
                duplicate: seen.is_some(),
                ..Enqueued::default()
            })
        })
    }
}

/// Where no function, service, identity or address is asked for.
pub(crate) struct Nobody;

impl Invoke for Nobody {
    fn invoke(&self, _: Invocation) -> BoxFuture<'_, Result<Bytes, InvokeError>> {
        Box::pin(async { Err(InvokeError::NotFound) })
    }
}

impl Services for Nobody {
    fn ask(&self, _: ServiceRequest) -> BoxFuture<'_, Response> {
        panic!("no service is asked")
    }
}

impl Fetch for Nobody {
    fn get(&self, _: &str) -> BoxFuture<'_, Result<Bytes, FetchError>> {
        Box::pin(async { Err(FetchError) })
    }
}

impl Forward for Nobody {
    fn forward(&self, _: ForwardRequest) -> BoxFuture<'_, Result<Response, ForwardError>> {
        Box::pin(async { Err(ForwardError::Busy) })
    }
}

impl Identify for Nobody {
    fn identify(&self, _: &Parts, _: &[u8]) -> Option<Identity> {
        None
    }
}

pub(crate) fn selector(text: &str) -> Option<Selector> {
    Some(text.parse().unwrap())
}

fn route(key: &str, queue: &str, body: BodyKind, webhook: Webhook) -> Route {
    let (parameters, responses) = (BTreeMap::new(), BTreeMap::new());
    let integration = Integration::SendMessage { queue: queue.into(), parameters, responses };
    Route {
        key: key.parse().unwrap(),
        integration,
        webhook: Some(Webhook { body, ..webhook }),
        access: Access::default(),
    }
}

pub(crate) fn slack() -> Webhook {
    Webhook { provider: "slack".into(), secrets: vec![SLACK_SECRET.into()], ..Webhook::default() }
}

pub(crate) fn github() -> Webhook {
    let options = [("Header", "X-Hub-Signature-256"), ("Prefix", "sha256=")];
    Webhook {
        provider: "hmac".into(),
        secrets: vec!["the next secret".into(), GITHUB_SECRET.into()],
        options: options.map(|(name, value)| (name.into(), value.into())).into(),
        group: selector("github"),
        deduplication: selector("$request.header.X-GitHub-Delivery"),
        ..Webhook::default()
    }
}

pub(crate) fn unsigned() -> Webhook {
    Webhook { provider: "none".into(), options: BTreeMap::new(), ..Webhook::default() }
}

pub(crate) fn routes() -> Vec<Route> {
    let chosen = Webhook { group: selector("$.event.channel"), deduplication: selector("$.event_id"), ..slack() };
    let shop = Webhook { group: selector("$.resource.mall_id"), ..unsigned() };
    vec![
        route("POST /slack", "slack.fifo", BodyKind::Text, slack()),
        route("POST /slack/chosen", "slack.fifo", BodyKind::Json, chosen),
        route("POST /slack/standard", "slack", BodyKind::Json, slack()),
        route("POST /github", "github.fifo", BodyKind::Text, github()),
        route("POST /shop", "shop.fifo", BodyKind::Json, shop),
        route("POST /plain", "plain", BodyKind::Text, unsigned()),
        route("POST /json", "json", BodyKind::Json, unsigned()),
        route("POST /refusing", "refusing", BodyKind::Json, unsigned()),
        route("POST /full", "full", BodyKind::Json, unsigned()),
    ]
}

/// An HTTP API without named stages.
pub(crate) fn http_api(name: &str, routes: Vec<Route>) -> Api {
    Api {
        id: "a1b2c3d4e5".into(),
        name: name.into(),
        kind: ApiKind::Http,
        stages: vec![Stage::without_name()],
        cors: None,
        routes,
        authorizers: Vec::new(),
        usage_plans: Vec::new(),
        key_source: KeySource::Header,
        binary_media_types: Vec::new(),
    }
}

pub(crate) fn settings(limits: Limits) -> Settings {
    let (clock, slow_after): (Clock, _) = (Arc::new(|| NOW * 1000), Duration::from_secs(1));
    let (account, region) = ("000000000042".into(), "us-east-1".into());
    Settings { server_clock: clock.clone(), clock, limits, account, region, slow_after }
}

pub(crate) fn front_door(limits: Limits) -> (FrontDoor, Arc<Queues>) {
    let queues = Arc::new(Queues::default());
    let nobody = Arc::new(Nobody);
    let (functions, services, identities, elsewhere) = (nobody.clone(), nobody.clone(), nobody.clone(), nobody.clone());
    let outside = Outside { queues: queues.clone(), functions, services, identities, fetch: nobody, elsewhere };
    let apis = Apis::new(vec![http_api("til", routes())], Vec::new()).unwrap();
    (FrontDoor::new(apis, outside, settings(limits)), queues)
}

pub(crate) fn hmac_sha256(secret: &str, message: &[u8]) -> String {
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(message);
    hex::encode(mac.finalize().into_bytes())
}

/// The headers with which Slack sends this body now.
pub(crate) fn slack_headers(body: &[u8]) -> Vec<(&'static str, String)> {
    let signed = [format!("v0:{NOW}:").as_bytes(), body].concat();
    let signature = format!("v0={}", hmac_sha256(SLACK_SECRET, &signed));
    vec![("X-Slack-Request-Timestamp", NOW.to_string()), ("X-Slack-Signature", signature)]
}

pub(crate) fn github_headers(body: &[u8]) -> Vec<(&'static str, String)> {
    let signature = format!("sha256={}", hmac_sha256(GITHUB_SECRET, body));
    vec![("X-Hub-Signature-256", signature), ("X-GitHub-Delivery", "72d3162e-cc78-11e3".into())]
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Heard {
    pub(crate) status: u16,
    pub(crate) content_type: String,
    pub(crate) body: String,
}

pub(crate) async fn post(door: &FrontDoor, path: &str, headers: &[(&str, String)], body: impl Into<Bytes>) -> Heard {
    let mut request = Request::post(path);
    for (name, value) in headers {
        request = request.header(*name, value);
    }
    send(door, request.body(Full::new(body.into())).unwrap()).await
}

pub(crate) async fn send(door: &FrontDoor, request: Request<Full<Bytes>>) -> Heard {
    let (head, body) = door.handle(request, PEER).await.into_parts();
    assert_eq!(head.headers["apigw-requestid"].len(), 16);
    let Ok(body) = body.collect().await;
    Heard {
        status: head.status.as_u16(),
        content_type: head.headers["content-type"].to_str().unwrap().into(),
        body: String::from_utf8(body.to_bytes().into()).unwrap(),
    }
}
