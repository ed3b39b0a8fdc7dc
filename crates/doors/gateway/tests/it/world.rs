//! A front door whose functions, services and identities do what a test says.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use bongsu_gateway::{
    Access, Api, ApiKind, Apis, BoxFuture, Clock, Forward, ForwardError, ForwardRequest, FrontDoor, FunctionUrl,
    Identify, Identity, Integration, IntegrationResponse, Invocation, Invoke, InvokeError, Outside, PayloadFormat,
    RestIntegration, Route, Service, ServiceRequest, Services, Settings, Stage,
};
use bongsu_http::{Limits, Response};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{Request, header::HeaderName, http::request::Parts};
use serde_json::Value;

use crate::harness::{NOW, Nobody, PEER, Queues, http_api, settings};

/// Everything behind the front door, and the time before it.
pub(crate) struct World {
    pub(crate) door: FrontDoor,
    pub(crate) queues: Arc<Queues>,
    pub(crate) functions: Arc<Functions>,
    pub(crate) services: Arc<Asked>,
    pub(crate) elsewhere: Arc<Elsewhere>,
    now_ms: Arc<AtomicU64>,
}

/// Functions whose name says what they return; others return their event.
#[derive(Default)]
pub(crate) struct Functions(Mutex<Vec<Invocation>>);

impl Functions {
    /// The events of all invocations so far.
    pub(crate) fn take(&self) -> Vec<Invocation> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

impl Invoke for Functions {
    fn invoke(&self, invocation: Invocation) -> BoxFuture<'_, Result<Bytes, InvokeError>> {
        self.0.lock().unwrap().push(invocation.clone());
        Box::pin(async move {
            match invocation.function.as_str() {
                "failing" => Err(InvokeError::FunctionError(Bytes::from_static(br#"{"errorMessage":"secret"}"#))),
                "unauthorized" => {
                    Err(InvokeError::FunctionError(Bytes::from_static(br#"{"errorMessage":"Unauthorized"}"#)))
                }
                "busy" => Err(InvokeError::TooManyRequests),
                "missing" => Err(InvokeError::NotFound),
                "slow" => Err(InvokeError::TimedOut),
                "echo" => Ok(invocation.payload),
                returned => Ok(Bytes::copy_from_slice(returned.as_bytes())),
            }
        })
    }
}

/// Services that answer as SQS does, or as `/status/<n>` asks for.
#[derive(Default)]
pub(crate) struct Asked(Mutex<Vec<ServiceRequest>>);

impl Asked {
    /// The only request there was.
    pub(crate) fn take_one(&self) -> ServiceRequest {
        let [request] = <[_; 1]>::try_from(std::mem::take(&mut *self.0.lock().unwrap())).unwrap();
        request
    }
}

/// What SQS says to `SendMessage`.
pub(crate) const SENT: &str =
    r#"{"SendMessageResponse":{"SendMessageResult":{"MessageId":"m-1"},"ResponseMetadata":{"RequestId":"r-1"}}}"#;

impl Services for Asked {
    fn ask(&self, request: ServiceRequest) -> BoxFuture<'_, Response> {
        let status = request.target.strip_prefix("/status/").map_or(200, |status| status.parse().unwrap());
        self.0.lock().unwrap().push(request);
        let answer = hyper::Response::builder().status(status).header("content-type", "application/json");
        let answer = answer.header("x-amzn-requestid", "r-1").body(Full::from(SENT)).unwrap();
        Box::pin(async move { answer })
    }
}

/// Servers that say what they were asked, or have no answer, by their names.
#[derive(Default)]
pub(crate) struct Elsewhere(Mutex<Vec<ForwardRequest>>);

impl Elsewhere {
    /// The only request there was.
    pub(crate) fn take_one(&self) -> ForwardRequest {
        let [request] = <[_; 1]>::try_from(std::mem::take(&mut *self.0.lock().unwrap())).unwrap();
        request
    }
}

impl Forward for Elsewhere {
    fn forward(&self, request: ForwardRequest) -> BoxFuture<'_, Result<Response, ForwardError>> {
        let host = request.address.split('/').nth(2).unwrap().to_owned();
        self.0.lock().unwrap().push(request);
        Box::pin(async move {
            match host.as_str() {
                "forbidden.example" => Err(ForwardError::Forbidden("it is private".into())),
                "unreachable.example" => Err(ForwardError::Unreachable("connection refused".into())),
                "slow.example" => Err(ForwardError::TimedOut),
                "broken.example" => Err(ForwardError::Unfit("it is cut off".into())),
                "busy.example" => Err(ForwardError::Busy),
                _ => {
                    let answer = hyper::Response::builder().status(207).header("content-type", "text/x");
                    Ok(answer.header("x-own", "1").body(Full::from("answer")).unwrap())
                }
            }
        })
    }
}

/// Believes whoever says a name.
struct Names;

impl Identify for Names {
    fn identify(&self, head: &Parts, _: &[u8]) -> Option<Identity> {
        let name = head.headers.get("authorization")?.to_str().ok()?;
        let (account, arn) = ("000000000042".to_owned(), format!("arn:aws:iam::000000000042:user/{name}"));
        Some(Identity { access_key_id: "AKID".into(), account, arn, user_id: "AIDA".into() })
    }
}

impl World {
    pub(crate) fn new(apis: Vec<Api>) -> World {
        World::with(apis, Vec::new(), Limits { body_bytes_max: usize::MAX, ..Limits::default() })
    }

    pub(crate) fn with(apis: Vec<Api>, urls: Vec<FunctionUrl>, limits: Limits) -> World {
        let (queues, functions) = (Arc::<Queues>::default(), Arc::<Functions>::default());
        let (services, elsewhere) = (Arc::<Asked>::default(), Arc::<Elsewhere>::default());
        let now_ms = Arc::new(AtomicU64::new(NOW * 1000));
        let outside = Outside {
            queues: queues.clone(),
            functions: functions.clone(),
            services: services.clone(),
            identities: Arc::new(Names),
            fetch: Arc::new(Nobody),
            elsewhere: elsewhere.clone(),
        };
        let now = now_ms.clone();
        let clock: Clock = Arc::new(move || now.load(Relaxed));
        let settings = Settings { clock: clock.clone(), server_clock: clock, ..settings(limits) };
        let apis = Apis::new(apis, urls).unwrap_or_else(|error| panic!("{error}"));
        World { door: FrontDoor::new(apis, outside, settings), queues, functions, services, elsewhere, now_ms }
    }

    pub(crate) fn advance(&self, time: Duration) {
        self.now_ms.fetch_add(u64::try_from(time.as_millis()).unwrap(), Relaxed);
    }

    /// Sends `METHOD target` with headers and a body.
    pub(crate) async fn send(&self, line: &str, headers: &[(&str, &str)], body: impl Into<Bytes>) -> Answer {
        let (method, target) = line.split_once(' ').unwrap();
        let mut request = Request::builder().method(method).uri(target);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = self.door.handle(request.body(Full::new(body.into())).unwrap(), PEER).await;
        let (head, body) = answer.into_parts();
        let Ok(body) = body.collect().await;
        let ids = ["apigw-requestid", "x-amzn-requestid"].map(|name| head.headers.get(name).is_some());
        assert!(ids.contains(&true), "every answer has an id");
        let header = |(name, value): (&HeaderName, _)| (name.to_string(), text(value));
        Answer {
            status: head.status.as_u16(),
            headers: head.headers.iter().map(header).collect(),
            body: String::from_utf8(body.to_bytes().into()).unwrap(),
        }
    }
}

fn text(value: &hyper::header::HeaderValue) -> String {
    value.to_str().unwrap().to_owned()
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    /// `status body`.
    pub(crate) fn told(&self) -> String {
        format!("{} {}", self.status, self.body)
    }
}

pub(crate) fn texts(texts: &[(&str, &str)]) -> BTreeMap<String, String> {
    texts.iter().map(|(name, text)| ((*name).into(), (*text).into())).collect()
}

pub(crate) fn function(key: &str, name: &str, payload: PayloadFormat) -> Route {
    let timeout = Duration::from_secs(29);
    let integration = Integration::Function { function: name.into(), payload, timeout };
    Route { key: key.parse().unwrap(), integration, webhook: None, access: Access::default() }
}

pub(crate) fn into_queue(key: &str, queue: &str, parameters: &[(&str, &str)]) -> Route {
    let (parameters, responses) = (texts(parameters), BTreeMap::new());
    let integration = Integration::SendMessage { queue: queue.into(), parameters, responses };
    Route { key: key.parse().unwrap(), integration, webhook: None, access: Access::default() }
}

pub(crate) fn aws(key: &str, service: Service, path: &str, rest: RestIntegration) -> Route {
    let integration = Integration::Aws { service, path: path.into(), rest, timeout: Duration::from_secs(29) };
    Route { key: key.parse().unwrap(), integration, webhook: None, access: Access::default() }
}

/// One way of a REST API to answer.
pub(crate) fn response(status: u16, pattern: &str, template: &str) -> IntegrationResponse {
    IntegrationResponse {
        status,
        selection_pattern: Some(pattern.into()).filter(|pattern: &String| !pattern.is_empty()),
        templates: texts(&[("application/json", template)]),
        ..IntegrationResponse::default()
    }
}

/// A REST API with the stage `prod`.
pub(crate) fn rest_api(name: &str, routes: Vec<Route>) -> Api {
    let stage = Stage { name: "prod".into(), variables: texts(&[("color", "green")]), ..Stage::without_name() };
    let (kind, stages) = (ApiKind::Rest, vec![stage]);
    Api { id: "r1".into(), kind, stages, ..http_api(name, routes) }
}
