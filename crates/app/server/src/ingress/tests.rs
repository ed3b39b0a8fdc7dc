//! The front door over a broker and an AWS endpoint that verifies signatures.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};

use bongsu_aws_api::events::Calls;
use bongsu_aws_api::lambda::{Answer, InvokeRefusal, Invoked, NoCode, NoFunctions, NoObjects, NoUrls};
use bongsu_aws_api::message_attributes::{MessageAttributes, Value};
use bongsu_aws_api::sigv4::{Credentials, Signer, Verifier};
use bongsu_broker::{FunctionVersion, QueueName, TopicAttributes, TopicName};
use bongsu_delivery::http::{AddressGuard, HttpSettings};
use bongsu_gateway::{
    Api, ApiKind, Fetch, FetchError, FunctionUrl, Integration, IntegrationResponse, Invocation, Invoke, InvokeError,
    PayloadFormat, RestIntegration, Route, Service, Stage,
};
use bongsu_journal::MemoryJournal;
use bongsu_runtime::Options;
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::Request;

use super::*;
use crate::credentials::{add_functions, for_functions};
use crate::queues::bring_about;

const REGION: &str = "us-east-1";
const ACCOUNT: Account = Account(42);
const PEER: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 7));

struct World {
    door: Arc<FrontDoor>,
    broker: Handle,
    credentials: FunctionCredentials,
}

impl World {
    /// With the queue `orders` and the topic `news`.
    async fn start(apis: Vec<Api>, urls: Vec<FunctionUrl>) -> World {
        let options = Options {
            clock: Clock::System,
            seed: [7; 32],
            recent_bytes_max: 1 << 20,
            faults: false,
            outside: Default::default(),
        };
        let (broker, shard) = bongsu_runtime::start(Arc::new(MemoryJournal::new()), options).await.unwrap();
        tokio::spawn(shard.run());
        let none = BTreeMap::new();
        bring_about(&broker, &orders(), &none, &none, REGION).await.unwrap();
        let topic = TopicName { account: ACCOUNT, name: "news".into() };
        let attributes = TopicAttributes::parse(&none, &topic).unwrap();
        broker.create_topic(topic, attributes, Default::default()).await.unwrap();

        let credentials = for_functions().unwrap();
        let mut known = Credentials::new();
        add_functions(&mut known, &credentials, ACCOUNT);
        let functions: Arc<dyn Invoker> = Arc::new(NoFunctions);
        let aws = bongsu_aws_api::Config {
            account: ACCOUNT,
            region: REGION.to_owned(),
            verifier: Verifier::new(known, REGION),
            clock: Clock::System,
            cooldowns: false,
            host: "localhost".to_owned(),
            slow_after: Duration::from_secs(1),
            spans: None,
            stacks: None,
            public_url: None,
            functions: functions.clone(),
            code: Arc::new(NoCode),
            code_source: Arc::new(NoObjects),
            function_urls: Arc::new(NoUrls),
            function_url_host: "localhost".to_owned(),
            calls: Calls::to_nobody(),
            function_logs: None,
        };
        let ways = Ways {
            broker: broker.clone(),
            functions,
            aws: Arc::new(AwsApi::new(aws, broker.clone())),
            credentials: credentials.clone(),
            http: HttpCourier::new(HttpSettings::new(AddressGuard::public_only())).unwrap(),
            account: ACCOUNT,
            region: REGION.to_owned(),
            clock: Clock::System,
            slow_after: Duration::from_secs(1),
        };
        World { door: open(Apis::new(apis, urls).unwrap(), ways), broker, credentials }
    }

    /// `status body`.
    async fn send(&self, request: hyper::http::request::Builder, body: &'static str) -> String {
        let answer = self.door.handle(request.body(Full::from(body)).unwrap(), PEER).await;
        let (head, body) = answer.into_parts();
        let Ok(body) = body.collect().await;
        format!("{} {}", head.status.as_u16(), str::from_utf8(&body.to_bytes()).unwrap())
    }

    /// The only message in the queue: its body and its attributes.
    async fn receive(&self) -> (String, Vec<(String, Value)>) {
        let messages = self.broker.receive(orders(), 10, None, None).await.unwrap();
        let [message] = &messages[..] else { panic!("{} messages", messages.len()) };
        let content = &message.content;
        let attributes = match content.attributes.is_empty() {
            true => MessageAttributes::default(),
            false => MessageAttributes::decode(&mut &content.attributes[..]).unwrap(),
        };
        let attributes = attributes.iter().map(|it| (it.name.clone(), it.value.clone())).collect();
        (content.body.to_string(), attributes)
    }
}

fn orders() -> QueueName {
    QueueName { account: ACCOUNT, name: "orders".into() }
}

fn api(kind: ApiKind, stage: &str, integration: Integration) -> Api {
    let route = Route { key: "POST /in".parse().unwrap(), integration, webhook: None, access: Default::default() };
    Api {
        id: "a1".into(),
        name: "shop".into(),
        kind,
        stages: vec![Stage { name: stage.into(), ..Stage::without_name() }],
        cors: None,
        routes: vec![route],
        authorizers: Vec::new(),
        usage_plans: Vec::new(),
        key_source: Default::default(),
        binary_media_types: Vec::new(),
    }
}

fn texts(texts: &[(&str, &str)]) -> BTreeMap<String, String> {
    texts.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
}

fn rest(service: Service, path: &str, template: &str) -> Api {
    let rest = RestIntegration {
        parameters: texts(&[("integration.request.header.Content-Type", "'application/x-www-form-urlencoded'")]),
        templates: texts(&[("application/json", template)]),
        responses: vec![
            IntegrationResponse { status: 200, ..IntegrationResponse::default() },
            IntegrationResponse {
                status: 400,
                selection_pattern: Some("4..".into()),
                templates: texts(&[("application/json", "$input.path('$.Error.Code')")]),
                ..IntegrationResponse::default()
            },
        ],
        ..RestIntegration::default()
    };
    api(ApiKind::Rest, "prod", Integration::Aws { service, path: path.into(), rest, timeout: Duration::from_secs(29) })
}

#[tokio::test]
async fn a_rest_api_sends_through_the_api_of_queues() {
    let template = "Action=SendMessage&MessageBody=$util.urlEncode($input.body)&MessageAttribute.1.Name=from\
                    &MessageAttribute.1.Value.DataType=String&MessageAttribute.1.Value.StringValue=$input.params('from')";
    let world = World::start(vec![rest(Service::Sqs, "/000000000042/orders", template)], Vec::new()).await;
    let told = world.send(Request::post("/prod/in?from=me"), r#"{"text":"a & b = +%"}"#).await;
    assert!(told.starts_with(r#"200 {"SendMessageResponse":"#) && told.contains(r#""MessageId":""#), "{told}");
    let expected = vec![("from".to_owned(), Value::Text("me".to_owned()))];
    assert_eq!(world.receive().await, (r#"{"text":"a & b = +%"}"#.to_owned(), expected));
    // What SQS refuses has the status that the API says for it.
    assert_eq!(world.send(Request::post("/prod/in"), "{}").await, "400 InvalidParameterValue");
}

#[tokio::test]
async fn a_rest_api_publishes_through_the_api_of_topics() {
    let template =
        "Action=Publish&TopicArn=arn:aws:sns:us-east-1:000000000042:news&Message=$util.urlEncode($input.body)";
    let world = World::start(vec![rest(Service::Sns, "/", template)], Vec::new()).await;
    let told = world.send(Request::post("/prod/in"), "hello").await;
    assert!(told.starts_with(r#"200 {"PublishResponse":"#), "{told}");
}

#[tokio::test]
async fn an_http_apis_message_has_the_attributes_that_it_maps() {
    let parameters = [("MessageBody", "$request.body"), ("MessageAttributes", "$request.header.x-attributes")];
    let integration =
        Integration::SendMessage { queue: "orders".into(), parameters: texts(&parameters), responses: BTreeMap::new() };
    let world = World::start(vec![api(ApiKind::Http, "$default", integration)], Vec::new()).await;
    let request = |attributes: &str| Request::post("/in").header("x-attributes", attributes);
    let told = world.send(request(r#"{"n":{"DataType":"Number","StringValue":"7"}}"#), "hello").await;
    // MD5s that clients of AWS compute too.
    for member in [
        r#""MD5OfMessageBody":"5d41402abc4b2a76b9719d911017c592""#,
        r#""MD5OfMessageAttributes":"3a734e6fc44468814b287b503a526bff""#,
    ] {
        assert!(told.contains(member), "{told}");
    }
    assert_eq!(world.receive().await, ("hello".to_owned(), vec![("n".to_owned(), Value::Text("7".to_owned()))]));
    let told = world.send(request(r#"{"n":{"DataType":"Number","StringValue":"x"}}"#), "hello").await;
    assert_eq!(told, r#"400 {"message":"Can't cast the value of message (user) attribute 'n' to a number."}"#);
    let told = world.send(request("{"), "hello").await;
    assert!(told.starts_with(r#"400 {"message":"MessageAttributes is no JSON of attributes: "#), "{told}");
}

#[tokio::test]
async fn an_address_with_aws_iam_takes_signatures_of_its_account_alone() {
    let url = FunctionUrl { id: "u1".into(), function: "none".into(), iam: true, streams: false, cors: None };
    let world = World::start(Vec::new(), vec![url]).await;
    let unsigned = Request::get("/_url/none/").header("host", "localhost");
    assert!(world.send(unsigned, "").await.starts_with(r#"403 {"Message":"Forbidden. "#));

    let FunctionCredentials { access_key_id, secret_access_key, session_token } = &world.credentials;
    let request = Request::get("/_url/none/").header("host", "localhost").header("x-amz-security-token", session_token);
    let (mut head, ()) = request.body(()).unwrap().into_parts();
    let signer = Signer { access_key_id, secret: secret_access_key, region: REGION, service: "lambda" };
    signer.sign(&head.method, &head.uri, &mut head.headers, b"", Clock::System.now().0 / 1000);
    let mut signed = Request::get("/_url/none/");
    signed.headers_mut().unwrap().extend(head.headers);
    // Nobody refuses it: there is just no function.
    assert_eq!(world.send(signed, "").await, r#"404 {"Message":"Not Found"}"#);
}

#[tokio::test]
async fn nothing_is_fetched_from_where_it_must_not_be() {
    let fetches = Fetches::new(HttpCourier::new(HttpSettings::new(AddressGuard::public_only())).unwrap());
    for address in ["http://127.0.0.1:1/", "https://169.254.169.254/latest/", "ftp://example.com/", "nonsense"] {
        assert_eq!(fetches.get(address).await, Err(FetchError), "{address}");
    }
}

/// Answers as its name says.
struct Named;

impl Invoker for Named {
    fn deleted(&self, _: &str, _: Option<FunctionVersion>) {}

    fn invoke(
        &self,
        function: &str,
        invocation: bongsu_aws_api::lambda::Invocation,
    ) -> Answer<Result<Invoked, InvokeRefusal>> {
        let result = match function {
            "good" => Ok(Ok(invocation.payload)),
            "failing" => Ok(Err(Bytes::from_static(b"its error"))),
            "missing" => Err(InvokeRefusal::DoesNotExist),
            "busy" => Err(InvokeRefusal::TooManyRunning),
            "stopping" => Err(InvokeRefusal::Unavailable),
            _ => return Box::pin(std::future::pending()),
        };
        let version = FunctionVersion::Latest;
        Box::pin(async move { result.map(|result| Invoked { version, result, log_tail: Vec::new() }) })
    }
}

#[tokio::test]
async fn a_function_is_waited_for_as_long_as_its_route_says() {
    let functions = Functions { invoker: Arc::new(Named), request_ids: Default::default() };
    for (function, expected) in [
        ("good", Ok(Bytes::from_static(b"{}"))),
        ("failing", Err(InvokeError::FunctionError(Bytes::from_static(b"its error")))),
        ("missing", Err(InvokeError::NotFound)),
        ("busy", Err(InvokeError::TooManyRequests)),
        ("stopping", Err(InvokeError::Unavailable)),
        ("endless", Err(InvokeError::TimedOut)),
    ] {
        let (function, payload) = (function.to_owned(), Bytes::from_static(b"{}"));
        let (timeout, trace_id) = (Some(Duration::from_millis(1)), "Root=1-0-0".to_owned());
        assert_eq!(functions.invoke(Invocation { function, payload, timeout, trace_id }).await, expected);
    }
}

#[tokio::test]
async fn a_function_that_is_not_there_is_an_error_of_this_side() {
    let timeout = Duration::from_secs(1);
    let integration = Integration::Function { function: "none".into(), payload: PayloadFormat::V2, timeout };
    let world = World::start(vec![api(ApiKind::Http, "$default", integration)], Vec::new()).await;
    assert_eq!(world.send(Request::post("/in"), "{}").await, r#"500 {"message":"Internal Server Error"}"#);
    let [route] = &world.door.metrics()[..] else { panic!("one route") };
    assert_eq!((route.counts.latency.count(), route.counts.server_errors), (1, 1));
}
