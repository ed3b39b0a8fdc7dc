//! Who works on a route's requests.

use std::collections::BTreeMap;

use crate::names;
use crate::node::Node;
use crate::reader::Reader;
use crate::value;
use crate::{FunctionReference, Inputs};

/// How long a function may take to answer, in milliseconds, for an HTTP API and for a REST API.
const HTTP_TIMEOUT_MILLIS: std::ops::RangeInclusive<u32> = 50..=30_000;
const REST_TIMEOUT_MILLIS: std::ops::RangeInclusive<u32> = 50..=29_000;
/// Whatever the caller's method is.
const ANY_METHOD: &str = "ANY";
/// What `SQS-SendMessage` takes besides the queue.
const MESSAGE_PARAMETERS: [&str; 6] = [
    "DelaySeconds",
    "MessageAttributes",
    "MessageBody",
    "MessageDeduplicationId",
    "MessageGroupId",
    "MessageSystemAttributes",
];

/// Who works on a route's requests. Mappings and templates are texts as they are written; the gateway compiles them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IntegrationResource {
    /// A function, whose answer is the route's.
    Function {
        /// Which.
        function: FunctionReference,
        /// The form of the event and of the answer.
        payload: PayloadFormat,
        /// How long it may take: 50 ms to 30 s, of a REST API to 29 s.
        timeout_millis: u32,
    },
    /// A queue, by an HTTP API's `SQS-SendMessage`.
    SendMessage {
        /// The name of the queue, which may exist already instead of being in the template.
        queue: String,
        /// The other `RequestParameters`; `MessageBody` is always there.
        parameters: BTreeMap<String, String>,
        /// `ResponseParameters` by status.
        responses: BTreeMap<u16, BTreeMap<String, String>>,
        /// 50 ms to 30 s.
        timeout_millis: u32,
    },
    /// A state machine or an execution of one, by an HTTP API's `StepFunctions-…`.
    Workflow {
        /// What is asked of it.
        action: WorkflowAction,
        /// `RequestParameters`, those among them that say which.
        parameters: BTreeMap<String, String>,
        /// `ResponseParameters` by status.
        responses: BTreeMap<u16, BTreeMap<String, String>>,
        /// 50 ms to 30 s.
        timeout_millis: u32,
    },
    /// A service, by a REST API's type `AWS`.
    Aws {
        /// Which.
        service: AwsService,
        /// Of the request to it: `/<account>/<queue>` or `/`, and a query where the URI names an action.
        path: String,
        /// From one request to the other, and back.
        rest: RestIntegrationResource,
        /// 50 ms to 29 s.
        timeout_millis: u32,
    },
    /// Another server, by `HTTP_PROXY`.
    Proxy {
        /// Of the request to it; the caller's own unless given.
        method: Option<String>,
        /// Where.
        uri: String,
        /// What is changed of the request.
        parameters: BTreeMap<String, String>,
        /// `ResponseParameters` by status; of HTTP APIs alone.
        responses: BTreeMap<u16, BTreeMap<String, String>>,
        /// 50 ms to 30 s; of a REST API to 29 s.
        timeout_millis: u32,
    },
    /// Another server, by a REST API's type `HTTP`.
    Http {
        /// Of the request to it.
        method: String,
        /// Where.
        uri: String,
        /// From one request to the other, and back.
        rest: RestIntegrationResource,
        /// 50 ms to 29 s.
        timeout_millis: u32,
    },
    /// Nobody: a REST API's type `MOCK` answers by its templates.
    Mock(RestIntegrationResource),
}

/// The version of a function's events and answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PayloadFormat {
    /// 1.0.
    V1,
    /// 2.0.
    V2,
}

/// A service that REST APIs ask directly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AwsService {
    /// Queues.
    Sqs,
    /// Topics.
    Sns,
    /// Workflows.
    States,
}

/// What HTTP APIs ask of workflows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WorkflowAction {
    /// Begins an execution.
    StartExecution,
    /// Begins an express execution and answers its end.
    StartSyncExecution,
    /// Ends an execution.
    StopExecution,
}

/// What `AWS` and `MOCK` integrations of a REST API share.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RestIntegrationResource {
    /// `integration.request.header.X` and its like → `'text'` or `method.request.…`.
    pub parameters: BTreeMap<String, String>,
    /// Content type → template of the request.
    pub templates: BTreeMap<String, String>,
    /// What becomes of a body that no template is for.
    pub passthrough: Passthrough,
    /// What is answered; the one without a pattern counts when no pattern matches.
    pub responses: Vec<IntegrationResponse>,
}

/// What becomes of a body that no template is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Passthrough {
    /// It goes on as it is.
    #[default]
    WhenNoMatch,
    /// It goes on only if there are no templates at all.
    WhenNoTemplates,
    /// It is refused.
    Never,
}

/// One way to answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IntegrationResponse {
    /// The status of the answer.
    pub status: u16,
    /// A regular expression for the service's status.
    pub selection_pattern: Option<String>,
    /// `method.response.header.X` → `'text'` or `integration.response.…`.
    pub parameters: BTreeMap<String, String>,
    /// Content type → template of the answer.
    pub templates: BTreeMap<String, String>,
}

/// Reads an HTTP API's integration, all of whose properties are the reader's.
pub(super) fn read_http(reader: &mut Reader<'_>, inputs: &Inputs) -> Option<IntegrationResource> {
    reader.pass(&["CredentialsArn", "Description"]);
    reader.one_of("ConnectionType", &["INTERNET"]);
    let timeout_millis = timeout(reader, HTTP_TIMEOUT_MILLIS);
    reader.require("IntegrationType");
    let Some(kind) = reader.one_of("IntegrationType", &["AWS_PROXY", "HTTP_PROXY"]) else {
        reader.pass_all();
        return None;
    };
    if kind == "HTTP_PROXY" {
        reader.one_of("PayloadFormatVersion", &["1.0"]);
        let responses = http_responses(reader);
        return proxy(reader, ("IntegrationMethod", "IntegrationUri"), responses, timeout_millis);
    }
    reader.pass(&["IntegrationMethod"]);
    reader.require("PayloadFormatVersion");
    let version = reader.one_of("PayloadFormatVersion", &["1.0", "2.0"]);
    let Some(subtype) = reader.string("IntegrationSubtype") else {
        let function = function(reader, "IntegrationUri", inputs);
        let payload = if version? == "1.0" { PayloadFormat::V1 } else { PayloadFormat::V2 };
        return Some(IntegrationResource::Function { function: function?, payload, timeout_millis });
    };
    if version.is_some_and(|version| version != "1.0") {
        reader.fault(reader.line_of("PayloadFormatVersion"), format!("{subtype} has the PayloadFormatVersion 1.0"));
    }
    let responses = http_responses(reader);
    match subtype.as_str() {
        "SQS-SendMessage" => message(reader, inputs, responses, timeout_millis),
        "StepFunctions-StartExecution" => workflow(reader, WorkflowAction::StartExecution, responses, timeout_millis),
        "StepFunctions-StartSyncExecution" => {
            workflow(reader, WorkflowAction::StartSyncExecution, responses, timeout_millis)
        }
        "StepFunctions-StopExecution" => workflow(reader, WorkflowAction::StopExecution, responses, timeout_millis),
        _ => {
            let reason = format!(
                "IntegrationSubtype {subtype} is not supported: SQS-SendMessage, StepFunctions-StartExecution, \
                 StepFunctions-StartSyncExecution and StepFunctions-StopExecution are"
            );
            reader.fault(reader.line_of("IntegrationSubtype"), reason);
            reader.pass_all();
            None
        }
    }
}

/// What asks for a workflow; which parameters there are the front door knows.
fn workflow(
    reader: &mut Reader<'_>,
    action: WorkflowAction,
    responses: BTreeMap<u16, BTreeMap<String, String>>,
    timeout_millis: u32,
) -> Option<IntegrationResource> {
    reader.require("RequestParameters");
    let parameters = reader.text_map("RequestParameters");
    for (name, text) in &parameters {
        if let Err(reason) = value::check_request_parameter(text) {
            reader.fault(reader.line_of("RequestParameters"), format!("{name}: {reason}"));
        }
    }
    Some(IntegrationResource::Workflow { action, parameters, responses, timeout_millis })
}

fn message(
    reader: &mut Reader<'_>,
    inputs: &Inputs,
    responses: BTreeMap<u16, BTreeMap<String, String>>,
    timeout_millis: u32,
) -> Option<IntegrationResource> {
    reader.require("RequestParameters");
    let mut parameters = reader.map("RequestParameters")?;
    let queue = parameters.required("QueueUrl").and_then(|url| {
        let queue = names::queue_of_url(&url, inputs);
        let line = parameters.line_of("QueueUrl");
        queue.map_err(|reason| parameters.fault(line, format!("QueueUrl: {reason}"))).ok()
    });
    if parameters.string("Region").is_some_and(|region| region != inputs.region) {
        parameters.fault(parameters.line_of("Region"), format!("the queue must be in the region {}", inputs.region));
    }
    parameters.require("MessageBody");
    let mut message = BTreeMap::new();
    for name in MESSAGE_PARAMETERS {
        let Some(text) = parameters.string(name) else { continue };
        if let Err(reason) = value::check_request_parameter(&text) {
            parameters.fault(parameters.line_of(name), format!("{name}: {reason}"));
        }
        message.insert(name.to_owned(), text);
    }
    parameters.finish();
    Some(IntegrationResource::SendMessage { queue: queue?, parameters: message, responses, timeout_millis })
}

/// Another server, with the names under which its method and address stand.
fn proxy(
    reader: &mut Reader<'_>,
    (method, uri): (&str, &str),
    responses: BTreeMap<u16, BTreeMap<String, String>>,
    timeout_millis: u32,
) -> Option<IntegrationResource> {
    let parameters = reader.text_map("RequestParameters");
    let (method, uri) = (server_method(reader, method), server(reader, uri));
    let method = method?;
    let method = Some(method).filter(|method| method != ANY_METHOD);
    Some(IntegrationResource::Proxy { method, uri: uri?, parameters, responses, timeout_millis })
}

fn server_method(reader: &mut Reader<'_>, property: &str) -> Option<String> {
    reader.require(property);
    reader.one_of(property, &[ANY_METHOD, "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"])
}

/// The address of another server.
fn server(reader: &mut Reader<'_>, property: &str) -> Option<String> {
    let found = reader.address(property);
    if found.is_none()
        && let Some(other) = reader.required(property)
    {
        let reason = format!("{property} must begin with https:// or http://, not {other}");
        reader.fault(reader.line_of(property), reason);
    }
    found
}

/// CloudFormation writes them as lists of `Source` and `Destination`, OpenAPI as maps.
fn http_responses(reader: &mut Reader<'_>) -> BTreeMap<u16, BTreeMap<String, String>> {
    let mut responses = BTreeMap::new();
    let Some(mut by_status) = reader.map("ResponseParameters") else { return responses };
    for key in by_status.names() {
        let line = by_status.line_of(&key);
        let status = key.parse().ok().filter(|status| (200..600).contains(status));
        if status.is_none() {
            by_status.fault(line, format!("ResponseParameters: {key} is no status"));
        }
        let mut changes = BTreeMap::new();
        if let Some(mut response) = by_status.map(&key) {
            if response.has("ResponseParameters") {
                for node in response.list("ResponseParameters") {
                    changes.extend(change(&mut response, node));
                }
            } else {
                let own = response.names().into_iter().filter_map(|name| Some((name.clone(), response.string(&name)?)));
                changes.extend(own.collect::<Vec<_>>());
            }
            response.finish();
        }
        responses.extend(status.map(|status: u16| (status, changes)));
    }
    by_status.finish();
    responses
}

fn change(response: &mut Reader<'_>, node: Node) -> Option<(String, String)> {
    let mut pair = response.within(node, "a response parameter")?;
    let (destination, source) = (pair.required("Destination"), pair.required("Source"));
    pair.finish();
    Some((destination?, source?))
}

/// Reads a REST method's `Integration`, all of whose properties are the reader's.
pub(super) fn read_rest(reader: &mut Reader<'_>, inputs: &Inputs) -> Option<IntegrationResource> {
    reader.pass(&["CacheKeyParameters", "CacheNamespace", "ContentHandling", "Credentials"]);
    reader.one_of("ConnectionType", &["INTERNET"]);
    let timeout_millis = timeout(reader, REST_TIMEOUT_MILLIS);
    reader.require("Type");
    let Some(kind) = reader.one_of("Type", &["AWS_PROXY", "AWS", "HTTP_PROXY", "HTTP", "MOCK"]) else {
        reader.pass_all();
        return None;
    };
    if kind == "HTTP_PROXY" {
        // What templates would do is up to the server; AWS ignores them here as well.
        reader.pass(&["IntegrationResponses", "PassthroughBehavior", "RequestTemplates"]);
        return proxy(reader, ("IntegrationHttpMethod", "Uri"), BTreeMap::new(), timeout_millis);
    }
    let method_line = reader.line_of("IntegrationHttpMethod");
    let server_method = if kind == "HTTP" { server_method(reader, "IntegrationHttpMethod") } else { None };
    let method = reader.string("IntegrationHttpMethod");
    if kind == "AWS_PROXY" {
        // What templates would do is up to the function; AWS ignores them here as well.
        reader.pass(&["IntegrationResponses", "PassthroughBehavior", "RequestParameters", "RequestTemplates"]);
        if method.is_none_or(|method| method != "POST") {
            reader.fault(method_line, "IntegrationHttpMethod must be POST: that is how functions are invoked");
        }
        let function = function(reader, "Uri", inputs)?;
        return Some(IntegrationResource::Function { function, payload: PayloadFormat::V1, timeout_millis });
    }
    let rest = RestIntegrationResource {
        parameters: reader.text_map("RequestParameters"),
        templates: reader.text_map("RequestTemplates"),
        passthrough: passthrough(reader),
        responses: rest_responses(reader),
    };
    if kind == "MOCK" {
        reader.pass(&["Uri"]);
        return Some(IntegrationResource::Mock(rest));
    }
    if kind == "HTTP" {
        let (method, uri) = (server_method?, server(reader, "Uri")?);
        return Some(IntegrationResource::Http { method, uri, rest, timeout_millis });
    }
    let uri = reader.required("Uri")?;
    match service(&uri, inputs) {
        Ok((service, path)) => Some(IntegrationResource::Aws { service, path, rest, timeout_millis }),
        Err(reason) => {
            reader.fault(reader.line_of("Uri"), format!("Uri: {reason}"));
            None
        }
    }
}

fn passthrough(reader: &mut Reader<'_>) -> Passthrough {
    let words = ["WHEN_NO_MATCH", "WHEN_NO_TEMPLATES", "NEVER", "when_no_match", "when_no_templates", "never"];
    match reader.one_of("PassthroughBehavior", &words).map(|word| word.to_ascii_uppercase()).as_deref() {
        Some("WHEN_NO_TEMPLATES") => Passthrough::WhenNoTemplates,
        Some("NEVER") => Passthrough::Never,
        _ => Passthrough::WhenNoMatch,
    }
}

fn rest_responses(reader: &mut Reader<'_>) -> Vec<IntegrationResponse> {
    let mut responses = Vec::new();
    for node in reader.list("IntegrationResponses") {
        let Some(mut response) = reader.within(node, "an integration response") else { continue };
        response.pass(&["ContentHandling"]);
        response.require("StatusCode");
        let status = response.whole("StatusCode", 100..=599).and_then(|status| u16::try_from(status).ok());
        let selection_pattern = response.string("SelectionPattern").filter(|pattern| !pattern.is_empty());
        let (parameters, templates) = (response.text_map("ResponseParameters"), response.text_map("ResponseTemplates"));
        response.finish();
        let new = |status| IntegrationResponse { status, selection_pattern, parameters, templates };
        responses.extend(status.map(new));
    }
    responses
}

fn timeout(reader: &mut Reader<'_>, range: std::ops::RangeInclusive<u32>) -> u32 {
    let longest = *range.end();
    reader.whole("TimeoutInMillis", range).unwrap_or(longest)
}

/// A function by its ARN, or by the path under which API Gateway invokes it.
pub(super) fn function(reader: &mut Reader<'_>, property: &str, inputs: &Inputs) -> Option<FunctionReference> {
    let uri = reader.required(property)?;
    let invocation = format!("arn:aws:apigateway:{}:lambda:path/2015-03-31/functions/", inputs.region);
    let arn = uri.strip_prefix(&invocation).and_then(|path| path.strip_suffix("/invocations")).unwrap_or(&uri);
    let found = names::function_of_arn(arn, inputs);
    let line = reader.line_of(property);
    found.map_err(|reason| reader.fault(line, format!("{property}: {reason}"))).ok()
}

/// `arn:aws:apigateway:REGION:sqs:path/ACCOUNT/QUEUE`, or with `action/ACTION` in place of the path.
fn service(uri: &str, inputs: &Inputs) -> Result<(AwsService, String), String> {
    let refuse = || {
        let region = &inputs.region;
        format!(
            "it must be arn:aws:apigateway:{region}:sqs:path/ACCOUNT/QUEUE, the like of sns, or states:action/ACTION, not {uri}"
        )
    };
    let rest = uri.strip_prefix(&format!("arn:aws:apigateway:{}:", inputs.region)).ok_or_else(refuse)?;
    let (service, place) = rest.split_once(':').ok_or_else(refuse)?;
    let service = match service {
        "sqs" => AwsService::Sqs,
        "sns" => AwsService::Sns,
        "states" => AwsService::States,
        _ => return Err(refuse()),
    };
    match place.split_once('/') {
        Some(("path", path)) if service != AwsService::States => Ok((service, format!("/{path}"))),
        Some(("action", action)) if action.bytes().all(|byte| byte.is_ascii_alphabetic()) && !action.is_empty() => {
            Ok((service, format!("/?Action={action}")))
        }
        _ => Err(refuse()),
    }
}
