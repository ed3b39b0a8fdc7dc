//! An AWS endpoint in this process, and a client that puts the same call in JSON and in Query.

use std::collections::BTreeMap;
use std::sync::Arc;

use bongsu_aws_api::cloudformation::Stacks;
use bongsu_aws_api::events::{Calls, HttpCaller};
use bongsu_aws_api::lambda::{Invoker, NoObjects, NoUrls};
use bongsu_aws_api::sigv4::Verifier;
use bongsu_aws_api::{AwsApi, Config, Pipes, ScheduleCalls, Tasks};
use bongsu_broker::{Account, BucketName, DeliveryOutcome, Question, Seconds, Timestamp};
use bongsu_function_log::LogStore;
use bongsu_journal::{BoxFuture, MemoryJournal};
use bongsu_runtime::{Attempted, Clock, Courier, Handle, ManualClock, Options, Outside, Parcel, ParcelContent};
use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::Request;
use hyper::header::HeaderMap;
use serde_json::{Value, json};
use tokio::sync::Mutex;
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};

use crate::outfit::Outfit;
pub(crate) use crate::requests::{
    cloudformation_request, form_request, json_request, query_request, sign, sns_request,
};
use crate::shelf::Shelf;

pub(crate) const ACCOUNT: &str = "000000000000";
pub(crate) const REGION: &str = "us-east-1";
/// When every test begins, in seconds.
pub(crate) const NOW: u64 = 1_767_323_045;

/// Section by section, what AWS calls its errors: shape, namespace, code, status.
const ERRORS: &[(&str, &str, &str, u16)] = &[
    ("QueueDoesNotExist", SQS, "AWS.SimpleQueueService.NonExistentQueue", 400),
    ("QueueNameExists", SQS, "QueueAlreadyExists", 400),
    ("QueueDeletedRecently", SQS, "AWS.SimpleQueueService.QueueDeletedRecently", 400),
    ("PurgeQueueInProgress", SQS, "AWS.SimpleQueueService.PurgeQueueInProgress", 403),
    ("ResourceNotFoundException", SQS, "ResourceNotFoundException", 404),
    ("OverLimit", SQS, "OverLimit", 403),
    ("ReceiptHandleIsInvalid", SQS, "ReceiptHandleIsInvalid", 404),
    ("InvalidAttributeName", SQS, "InvalidAttributeName", 400),
    ("InvalidAttributeValue", SQS, "InvalidAttributeValue", 400),
    ("InvalidMessageContents", SQS, "InvalidMessageContents", 400),
    ("UnsupportedOperation", SQS, "AWS.SimpleQueueService.UnsupportedOperation", 400),
    ("EmptyBatchRequest", SQS, "AWS.SimpleQueueService.EmptyBatchRequest", 400),
    ("TooManyEntriesInBatchRequest", SQS, "AWS.SimpleQueueService.TooManyEntriesInBatchRequest", 400),
    ("BatchEntryIdsNotDistinct", SQS, "AWS.SimpleQueueService.BatchEntryIdsNotDistinct", 400),
    ("InvalidBatchEntryId", SQS, "AWS.SimpleQueueService.InvalidBatchEntryId", 400),
    ("BatchRequestTooLong", SQS, "AWS.SimpleQueueService.BatchRequestTooLong", 400),
    ("InvalidParameterValueException", CORAL, "InvalidParameterValue", 400),
    ("MissingRequiredParameterException", CORAL, "MissingParameter", 400),
    ("SerializationException", CORAL, "MalformedInput", 400),
    ("UnknownOperationException", CORAL, "InvalidAction", 400),
    ("AccessDeniedException", CORAL, "AccessDenied", 403),
    ("UnrecognizedClientException", CORAL, "InvalidClientTokenId", 403),
    ("InvalidSignatureException", CORAL, "SignatureDoesNotMatch", 403),
    ("IncompleteSignatureException", CORAL, "IncompleteSignature", 400),
];
/// What SNS answers with 403.
const SNS_FORBIDDEN: [&str; 8] = [
    "AuthorizationError",
    "FilterPolicyLimitExceeded",
    "SubscriptionLimitExceeded",
    "MissingAuthenticationToken",
    "InvalidClientTokenId",
    "SignatureDoesNotMatch",
    "AccessDenied",
    "InvalidSecurity",
];
const SQS: &str = "com.amazonaws.sqs";
const CORAL: &str = "com.amazon.coral.service";

pub(crate) struct Server {
    pub(crate) api: Arc<AwsApi>,
    broker: Handle,
    pub(crate) clock: ManualClock,
    questions: Mutex<UnboundedReceiver<String>>,
}

/// Takes every delivery, and notes the tokens of what endpoints are asked.
struct Mailbox(UnboundedSender<String>);

impl Courier for Mailbox {
    fn deliver(&self, parcel: Parcel) -> BoxFuture<'static, Attempted> {
        if let ParcelContent::Question(Question::Confirm { token } | Question::Restore { token }) = parcel.content {
            // Nobody reads on once a test has ended.
            drop(self.0.send(token.to_string()));
        }
        Box::pin(std::future::ready(Attempted::new(DeliveryOutcome::Delivered)))
    }
}

/// An answer, read whole.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Server {
    /// A server in development mode.
    pub(crate) async fn start() -> Server {
        Server::started(Outfit::default()).await
    }

    /// A server that keeps AWS's minute of waiting.
    pub(crate) async fn with_cooldowns() -> Server {
        Server::started(Outfit { cooldowns: true, ..Outfit::default() }).await
    }

    /// A server in development mode that clients reach under this URL.
    pub(crate) async fn public(url: &str) -> Server {
        let public_url = Some(url.parse().expect("a public URL"));
        Server::started(Outfit { public_url, ..Outfit::default() }).await
    }

    pub(crate) async fn with(verifier: Verifier) -> Server {
        Server::started(Outfit { verifier, ..Outfit::default() }).await
    }

    /// A server in development mode that finds what is in this journal.
    pub(crate) async fn on(journal: &Arc<MemoryJournal>) -> Server {
        Server::started(Outfit { journal: journal.clone(), ..Outfit::default() }).await
    }

    /// A server in development mode that finds what is in this journal, and calls other people's APIs by this caller.
    pub(crate) async fn calling(journal: &Arc<MemoryJournal>, http: Arc<dyn HttpCaller>) -> Server {
        Server::started(Outfit { journal: journal.clone(), calls: Calls::new(http), ..Outfit::default() }).await
    }

    /// A server with these functions.
    pub(crate) async fn with_functions(verifier: Verifier, functions: Arc<dyn Invoker>) -> Server {
        Server::started(Outfit { verifier, functions, ..Outfit::default() }).await
    }

    /// A server in development mode with these functions, and what they printed.
    pub(crate) async fn with_logs(functions: Arc<dyn Invoker>, logs: Option<Arc<LogStore>>) -> Server {
        Server::started(Outfit { functions, logs, ..Outfit::default() }).await
    }

    /// A server with these stacks.
    pub(crate) async fn with_stacks(verifier: Verifier, stacks: Arc<dyn Stacks>) -> Server {
        Server::started(Outfit { verifier, stacks: Some(stacks), ..Outfit::default() }).await
    }

    async fn started(outfit: Outfit) -> Server {
        let Outfit { journal, verifier, cooldowns, public_url, functions, stacks, logs, calls } = outfit;
        let clock = ManualClock::starting_at(Timestamp(NOW * 1000));
        let (asked, questions) = mpsc::unbounded_channel();
        let (tasks, pipes) = (Arc::new(Tasks::default()), Arc::new(Pipes::default()));
        let schedule_calls = Arc::new(ScheduleCalls::default());
        let options = Options {
            clock: Clock::Manual(clock.clone()),
            seed: [7; 32],
            recent_bytes_max: 1 << 20,
            faults: false,
            outside: Outside {
                courier: Arc::new(Mailbox(asked)),
                tasks: tasks.clone(),
                pipes: pipes.clone(),
                schedule_calls: schedule_calls.clone(),
                ..Outside::default()
            },
        };
        let (broker, shard) = bongsu_runtime::start(journal, options).await.expect("a whole journal");
        tokio::spawn(shard.run());
        let config = Config {
            account: Account(0),
            region: REGION.to_owned(),
            verifier,
            clock: Clock::Manual(clock.clone()),
            cooldowns,
            slow_after: std::time::Duration::MAX,
            spans: None,
            host: "127.0.0.1:4566".to_owned(),
            public_url,
            functions,
            code: Arc::new(Shelf),
            code_source: Arc::new(NoObjects),
            function_urls: Arc::new(NoUrls),
            function_url_host: "localhost:8080".to_owned(),
            calls,
            function_logs: logs,
            stacks,
        };
        let api = Arc::new(AwsApi::new(config, broker.clone()));
        tasks.open(&api);
        pipes.open(&api);
        schedule_calls.open(&api);
        Server { api, broker, clock, questions: Mutex::new(questions) }
    }

    pub(crate) fn advance(&self, seconds: u32) {
        self.clock.advance(Seconds(seconds));
    }

    pub(crate) async fn send(&self, request: Request<impl Into<Bytes>>) -> Answer {
        let (head, body) = request.into_parts();
        let (head_of_answer, body) =
            self.api.answer(&head, body.into(), std::net::Ipv4Addr::LOCALHOST.into()).await.into_parts();
        let body = body.collect().await.expect("a whole body").to_bytes();
        Answer {
            status: head_of_answer.status.as_u16(),
            headers: head_of_answer.headers,
            body: String::from_utf8(body.to_vec()).expect("every answer is text"),
        }
    }

    pub(crate) async fn json(&self, operation: &str, input: Value) -> Answer {
        self.send(json_request(operation, input.to_string())).await
    }

    pub(crate) async fn query(&self, operation: &str, input: &Value) -> Answer {
        self.send(query_request(operation, input)).await
    }

    /// Asks Lambda for an operation, by method and path.
    pub(crate) async fn rest(&self, operation: &str, method: &str, path: &str, input: Value) -> Answer {
        let request = Request::builder().method(method).uri(path).header("host", "127.0.0.1:4566");
        let body = if input.is_null() { String::new() } else { input.to_string() };
        let answer = self.send(request.body(body).expect("a request")).await;
        let told = self.api.requests().into_iter().any(|requests| requests.operation == operation);
        assert!(told, "{method} {path} is not {operation}");
        answer
    }

    /// Asks Lambda for something that must succeed, with this status.
    pub(crate) async fn done(&self, operation: &str, (method, path, status): (&str, &str, u16), input: Value) -> Value {
        let answer = self.rest(operation, method, path, input).await;
        assert_eq!(answer.status, status, "{operation}: {}", answer.body);
        if answer.body.is_empty() { Value::Null } else { serde_json::from_str(&answer.body).expect("JSON") }
    }

    /// Asks SNS, which speaks Query alone.
    pub(crate) async fn sns(&self, operation: &str, input: Value) -> Answer {
        self.send(sns_request(operation, &input)).await
    }

    /// Asks SNS for something that must succeed.
    pub(crate) async fn told(&self, operation: &str, input: Value) -> Answer {
        let answer = self.sns(operation, input).await;
        assert_eq!(answer.status, 200, "{operation}: {}", answer.body);
        answer
    }

    /// SNS refuses the call with this error, and it is one that the operation is described to answer.
    pub(crate) async fn sns_refuses(&self, operation: &str, input: Value, code: &str, message: &str) {
        is_described_of_sns(operation, code);
        self.sns(operation, input).await.is_sns_error(code, message);
    }

    /// The token of the next question that an endpoint is asked.
    pub(crate) async fn question(&self) -> String {
        self.questions.lock().await.recv().await.expect("the courier lives as long as the server")
    }

    /// Subscribes an endpoint and returns the subscription's ARN.
    pub(crate) async fn subscribe(&self, topic: &str, protocol: &str, endpoint: &str, attributes: Value) -> String {
        let input = json!({
            "TopicArn": topic, "Protocol": protocol, "Endpoint": endpoint, "Attributes": attributes,
            "ReturnSubscriptionArn": true,
        });
        self.told("Subscribe", input).await.element("SubscriptionArn").to_owned()
    }

    /// The attributes of a topic or a subscription, in the order of the answer.
    pub(crate) async fn attributes(&self, operation: &str, input: Value) -> Vec<(String, String)> {
        let answer = self.told(operation, input).await;
        let entries = answer.body.split("<entry>").skip(1).map(|entry| {
            let part = |name: &str| entry.split(&format!("<{name}>")).nth(1).and_then(|rest| rest.split('<').next());
            let text = |name: &str| part(name).expect("a part of an entry").replace("&quot;", "\"");
            (text("key"), text("value"))
        });
        entries.collect()
    }

    /// Makes a topic and returns its ARN.
    pub(crate) async fn topic(&self, name: &str, attributes: Value) -> String {
        let answer = self.told("CreateTopic", json!({ "Name": name, "Attributes": attributes })).await;
        answer.element("TopicArn").to_owned()
    }

    /// Asks in JSON for something that must succeed.
    pub(crate) async fn ask(&self, operation: &str, input: Value) -> Value {
        let answer = self.json(operation, input).await;
        assert_eq!(answer.status, 200, "{operation}: {}", answer.body);
        if answer.body.is_empty() { Value::Null } else { answer.value() }
    }

    /// Makes a bucket of the server's account.
    pub(crate) async fn bucket(&self, name: &str) {
        let name = BucketName::parse(name).expect("a bucket's name");
        self.broker.create_bucket(name, Account(0), BTreeMap::default()).await.expect("a new bucket");
    }

    /// Makes a queue and returns its URL.
    pub(crate) async fn queue(&self, name: &str, attributes: Value) -> String {
        let output = self.ask("CreateQueue", json!({ "QueueName": name, "Attributes": attributes })).await;
        output["QueueUrl"].as_str().expect("a queue URL").to_owned()
    }

    pub(crate) async fn standard(&self) -> String {
        self.queue("orders", json!({})).await
    }

    pub(crate) async fn fifo(&self) -> String {
        self.queue("orders.fifo", json!({ "FifoQueue": "true" })).await
    }

    /// Receives up to ten messages with everything they have.
    pub(crate) async fn receive(&self, queue: &str) -> Vec<Value> {
        let input = json!({
            "QueueUrl": queue, "MaxNumberOfMessages": 10,
            "MessageSystemAttributeNames": ["All"], "MessageAttributeNames": ["All"],
        });
        self.ask("ReceiveMessage", input).await["Messages"].as_array().cloned().unwrap_or_default()
    }

    /// Both protocols refuse the call with the same error, and it is one that the operation is described to answer.
    pub(crate) async fn refuses(&self, operation: &str, input: Value, shape: &str, message: &str) {
        is_described(operation, shape);
        self.json(operation, input.clone()).await.is_json_error(shape, message);
        self.query(operation, &input).await.is_query_error(shape, message);
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;").replace('>', "&gt;")
}

impl Answer {
    pub(crate) fn value(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("JSON: {}", self.body))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("ASCII"))
    }

    /// The text of the first XML element of this name.
    pub(crate) fn element(&self, name: &str) -> &str {
        let start = format!("<{name}>");
        let (_, rest) = self.body.split_once(&start).unwrap_or_else(|| panic!("<{name}> in {}", self.body));
        rest.split_once('<').expect("an end").0
    }

    #[track_caller]
    pub(crate) fn is_json_error(&self, shape: &str, message: &str) {
        let (namespace, code, status) = error(shape);
        let expected = json!({ "__type": format!("{namespace}#{shape}"), "message": message });
        assert_eq!((self.status, self.value()), (status, expected));
        assert_eq!(self.header("x-amzn-query-error"), format!("{code};Sender"));
        assert_eq!(self.header("content-type"), "application/x-amz-json-1.0");
        assert_eq!(self.header("x-amzn-requestid").len(), 36);
    }

    #[track_caller]
    pub(crate) fn is_query_error(&self, shape: &str, message: &str) {
        let (_, code, status) = error(shape);
        let message = match shape {
            "QueueDoesNotExist" => "The specified queue does not exist for this wsdl version.".to_owned(),
            _ => escaped(message),
        };
        let id = self.header("x-amzn-requestid");
        let expected = format!(
            "<?xml version=\"1.0\"?><ErrorResponse xmlns=\"http://queue.amazonaws.com/doc/2012-11-05/\"><Error>\
             <Type>Sender</Type><Code>{code}</Code><Message>{message}</Message><Detail/></Error>\
             <RequestId>{id}</RequestId></ErrorResponse>"
        );
        assert_eq!((self.status, self.body.as_str()), (status, expected.as_str()));
        assert_eq!(self.header("content-type"), "text/xml");
        assert!(!self.headers.contains_key("x-amzn-query-error"));
    }

    #[track_caller]
    pub(crate) fn is_sns_error(&self, code: &str, message: &str) {
        let status = match code {
            "NotFound" | "ResourceNotFound" => 404,
            "InternalError" => 500,
            "Throttled" => 429,
            _ if SNS_FORBIDDEN.contains(&code) => 403,
            _ => 400,
        };
        let message = escaped(message);
        let id = self.header("x-amzn-requestid");
        let expected = format!(
            "<?xml version=\"1.0\"?><ErrorResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\"><Error>\
             <Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>\
             <RequestId>{id}</RequestId></ErrorResponse>"
        );
        assert_eq!((self.status, self.body.as_str()), (status, expected.as_str()));
        assert_eq!(self.header("content-type"), "text/xml");
    }

    /// Success of an operation of SNS: `result` stands before the response's metadata.
    #[track_caller]
    pub(crate) fn is_told(&self, operation: &str, result: &str) {
        let id = self.header("x-amzn-requestid");
        let expected = format!(
            "<?xml version=\"1.0\"?><{operation}Response xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\">{result}\
             <ResponseMetadata><RequestId>{id}</RequestId></ResponseMetadata></{operation}Response>"
        );
        assert_eq!((self.status, self.body.as_str()), (200, expected.as_str()));
        assert_eq!(self.header("content-type"), "text/xml");
        assert_eq!(id.len(), 36);
    }

    /// Success in JSON, with exactly this body.
    #[track_caller]
    pub(crate) fn is_json(&self, body: &str) {
        assert_eq!((self.status, self.body.as_str()), (200, body));
        assert_eq!(self.header("content-type"), "application/x-amz-json-1.0");
        assert_eq!(self.header("x-amzn-requestid").len(), 36);
    }

    /// Success in XML: `result` stands before the response's metadata.
    #[track_caller]
    pub(crate) fn is_xml(&self, operation: &str, result: &str) {
        let id = self.header("x-amzn-requestid");
        let expected = format!(
            "<?xml version=\"1.0\"?><{operation}Response xmlns=\"http://queue.amazonaws.com/doc/2012-11-05/\">{result}\
             <ResponseMetadata><RequestId>{id}</RequestId></ResponseMetadata></{operation}Response>"
        );
        assert_eq!((self.status, self.body.as_str()), (200, expected.as_str()));
        assert_eq!(self.header("content-type"), "text/xml");
        assert_eq!(id.len(), 36);
    }
}

/// What programs are told of the operations.
pub(crate) fn description() -> Value {
    serde_json::from_str(include_str!("../../../../../docs/compat/sqs.json")).expect("JSON")
}

/// What programs are told of the operations of SNS.
pub(crate) fn description_of_sns() -> Value {
    serde_json::from_str(include_str!("../../../../../docs/compat/sns.json")).expect("JSON")
}

/// The error is one that the operation is described to answer, or one of no service.
#[track_caller]
fn is_described_of_sns(operation: &str, code: &str) {
    let description = description_of_sns();
    let shapes = description["errors"].as_object().expect("a map").iter();
    let own = shapes.filter(|(_, error)| error["code"] == code && error["ofTheService"] == true);
    let listed = description["operations"][operation]["errors"].as_array().expect("a list");
    for (shape, _) in own {
        assert!(listed.contains(&json!(shape)), "{shape} is none of {listed:?}");
    }
}

#[track_caller]
fn is_described(operation: &str, shape: &str) {
    let description = description();
    if let Some(operation) = description["operations"].get(operation)
        && description["errors"][shape]["ofTheService"] == true
    {
        let errors = operation["errors"].as_array().expect("a list");
        assert!(errors.contains(&json!(shape)), "{shape} is none of {errors:?}");
    }
}

fn error(shape: &str) -> (&'static str, &'static str, u16) {
    let row = ERRORS.iter().find(|row| row.0 == shape).unwrap_or_else(|| panic!("{shape} in the table"));
    (row.1, row.2, row.3)
}
