//! `AWS::ApiGatewayV2`: an API, its integrations and routes → where requests come in and which queue they go to.

use std::collections::BTreeMap;
use std::fmt;

use crate::error::Faults;
use crate::names::{self, FIFO_SUFFIX};
use crate::reader::Reader;
use crate::scope::Identity;
use crate::template::Declared;
use crate::value::{self, Mapping};
use crate::webhook::{Webhook, WebhookMetadata};
use crate::{Inputs, QueueResource};

/// The longest API name; CloudFormation's own limit.
const API_NAME_MAX: usize = 128;
/// What a route key may begin with.
const METHODS: [&str; 8] = ["ANY", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"];
/// What AWS needs and the front door does not.
pub(crate) const IGNORED_API_PROPERTIES: [&str; 3] = ["Description", "Tags", "Version"];
/// Credentials name a role, and the time an append takes is not limited by the route.
pub(crate) const IGNORED_INTEGRATION_PROPERTIES: [&str; 3] = ["CredentialsArn", "Description", "TimeoutInMillis"];
/// A name for generated clients.
pub(crate) const IGNORED_ROUTE_PROPERTIES: [&str; 1] = ["OperationName"];

/// A route of an HTTP API: which requests become messages of which queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteResource {
    /// The resource's name inside the template.
    pub logical_id: String,
    /// Where it begins in the template.
    pub line: u32,
    /// The `Name` of the API that it belongs to.
    pub api_name: String,
    /// Which requests it takes.
    pub key: RouteKey,
    /// The name of the queue, which may exist already instead of being in the template.
    pub queue: String,
    /// The message's body.
    pub body: Mapping,
    /// The message's group: from the webhook metadata, else from the integration. Present whenever the queue is FIFO.
    pub group: Option<Mapping>,
    /// The message's deduplication id: from the webhook metadata, else from the integration.
    pub deduplication: Option<Mapping>,
    /// Who signs the requests.
    pub webhook: Option<Webhook>,
}

/// `METHOD /path`, or everything that no other route takes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RouteKey {
    /// `$default`.
    Default,
    /// Requests with this method and path.
    Path {
        /// In upper case; `ANY` for all.
        method: String,
        /// Begins with `/`; a segment may be `{name}`, the last one `{name+}`.
        path: String,
    },
}

impl RouteKey {
    fn parse(text: &str) -> Result<RouteKey, String> {
        if text == "$default" {
            return Ok(RouteKey::Default);
        }
        let refuse = || format!("RouteKey must be METHOD /path or $default, not {text}");
        let (method, path) = text.split_once(' ').ok_or_else(refuse)?;
        let segments: Vec<&str> = path.strip_prefix('/').ok_or_else(refuse)?.split('/').collect();
        let is_last = |index: usize| index + 1 == segments.len();
        let is_good = |(index, segment): (usize, &&str)| match segment.strip_prefix('{') {
            Some(inside) => inside.strip_suffix('}').is_some_and(|name| {
                let name = if is_last(index) { name.strip_suffix('+').unwrap_or(name) } else { name };
                !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
            }),
            None => segment.bytes().all(|byte| byte.is_ascii_graphic() && !b"{}?#".contains(&byte)),
        };
        if !METHODS.contains(&method) || !segments.iter().enumerate().all(is_good) {
            return Err(refuse());
        }
        Ok(RouteKey::Path { method: method.to_owned(), path: path.to_owned() })
    }

    /// The key without the names of its variables: two keys that are equal here take the same requests.
    fn shape(&self) -> RouteKey {
        let RouteKey::Path { method, path } = self else { return self.clone() };
        let nameless = |segment: &str| match (segment.starts_with('{'), segment.ends_with("+}")) {
            (true, true) => "{+}".to_owned(),
            (true, false) => "{}".to_owned(),
            (false, _) => segment.to_owned(),
        };
        let path = path.split('/').map(nameless).collect::<Vec<_>>().join("/");
        RouteKey::Path { method: method.clone(), path }
    }
}

/// As the template writes it.
impl fmt::Display for RouteKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RouteKey::Default => f.write_str("$default"),
            RouteKey::Path { method, path } => write!(f, "{method} {path}"),
        }
    }
}

/// `AWS::ApiGatewayV2::Integration`: from a request to a message.
pub(crate) struct Integration {
    pub(crate) logical_id: String,
    api_id: String,
    queue: String,
    body: Mapping,
    group: Option<Mapping>,
    deduplication: Option<Mapping>,
}

/// APIs and integrations by their ids: what `ApiId` and `Target` of a route point to.
#[derive(Default)]
pub(crate) struct Gateway {
    /// Id → name.
    pub(crate) apis: BTreeMap<String, String>,
    /// Id → integration, `None` when it is faulty and has been reported.
    pub(crate) integrations: BTreeMap<String, Option<Integration>>,
}

/// An API's id is what `Ref` gives; its routes are served at the root of the front door.
pub(crate) fn api_identity(logical_id: &str, inputs: &Inputs) -> Identity {
    let id = names::id(inputs, logical_id, 10);
    let attributes = vec![("ApiId", id.clone()), ("ApiEndpoint", inputs.ingress_base.clone())];
    Identity { name: id.clone(), reference: Some(id), attributes }
}

/// Reads an API and answers its name.
pub(crate) fn read_api(mut reader: Reader<'_>) -> Option<String> {
    let name = reader.required("Name");
    if let Some(name) = name.as_ref().filter(|name| name.is_empty() || name.len() > API_NAME_MAX || name.contains('/'))
    {
        reader.fault(reader.line_of("Name"), format!("Name must be 1 to {API_NAME_MAX} bytes without /, not {name:?}"));
    }
    if !reader.has("ProtocolType") {
        reader.fault(reader.line_of(""), "ProtocolType is missing");
    }
    reader.one_of("ProtocolType", &["HTTP"]);
    reader.finish();
    name
}

/// Reads an integration of the one kind there is: a message to a queue.
pub(crate) fn read_integration(
    declared: &Declared<'_>,
    inputs: &Inputs,
    mut reader: Reader<'_>,
) -> Option<Integration> {
    let api_id = reader.required("ApiId");
    let kind = reader.required("IntegrationType");
    let subtype = reader.string("IntegrationSubtype");
    if let Some(kind) = kind {
        let subtype = subtype.unwrap_or_default();
        if (kind.as_str(), subtype.as_str()) != ("AWS_PROXY", "SQS-SendMessage") {
            reader.fault(
                reader.line_of("IntegrationType"),
                "only IntegrationType AWS_PROXY with IntegrationSubtype SQS-SendMessage is supported yet",
            );
            return None;
        }
    }
    if !reader.has("PayloadFormatVersion") {
        reader.fault(reader.line_of(""), "PayloadFormatVersion is missing");
    }
    reader.one_of("PayloadFormatVersion", &["1.0"]);
    reader.one_of("ConnectionType", &["INTERNET"]);
    if !reader.has("RequestParameters") {
        reader.fault(reader.line_of(""), "RequestParameters are missing");
    }
    let message = reader.map("RequestParameters").and_then(|parameters| read_request_parameters(parameters, inputs));
    reader.finish();
    let (queue, body, group, deduplication) = message?;
    let logical_id = declared.logical_id.to_owned();
    Some(Integration { logical_id, api_id: api_id?, queue, body, group, deduplication })
}

type Message = (String, Mapping, Option<Mapping>, Option<Mapping>);

fn read_request_parameters(mut reader: Reader<'_>, inputs: &Inputs) -> Option<Message> {
    let queue = reader.required("QueueUrl").and_then(|url| {
        let queue = names::queue_of_url(&url, inputs);
        queue.map_err(|reason| reader.fault(reader.line_of("QueueUrl"), format!("QueueUrl: {reason}"))).ok()
    });
    if !reader.has("MessageBody") {
        reader.fault(reader.line_of(""), "MessageBody is missing");
    }
    let mut mapping = |name: &str| {
        let mapping = value::parse_request_parameter(&reader.string(name)?);
        mapping.map_err(|reason| reader.fault(reader.line_of(name), format!("{name}: {reason}"))).ok()
    };
    let [body, group, deduplication] = ["MessageBody", "MessageGroupId", "MessageDeduplicationId"].map(&mut mapping);
    reader.finish();
    Some((queue?, body?, group, deduplication))
}

/// Reads a route and joins it with its API, integration and webhook metadata.
pub(crate) fn read_route(
    declared: &Declared<'_>,
    gateway: &Gateway,
    metadata: Option<WebhookMetadata>,
    mut reader: Reader<'_>,
) -> Option<RouteResource> {
    let key = reader.required("RouteKey").and_then(|text| {
        RouteKey::parse(&text).map_err(|reason| reader.fault(reader.line_of("RouteKey"), reason)).ok()
    });
    reader.one_of("AuthorizationType", &["NONE"]);
    let api_id = reader.required("ApiId");
    let api_name = api_id.as_ref().and_then(|id| gateway.apis.get(id));
    if api_id.is_some() && api_name.is_none() {
        reader.fault(reader.line_of("ApiId"), "ApiId must point to an AWS::ApiGatewayV2::Api of this template");
    }
    let target = reader.required("Target");
    let found = target.as_ref().and_then(|target| gateway.integrations.get(target.strip_prefix("integrations/")?));
    if target.is_some() && found.is_none() {
        let reason = "Target must be integrations/ and the id of an integration of this template";
        reader.fault(reader.line_of("Target"), reason);
    }
    let integration = found.and_then(Option::as_ref);
    if let (Some(integration), Some(api_id)) = (integration, &api_id)
        && integration.api_id != *api_id
    {
        let reason = format!("the integration {} belongs to another API", integration.logical_id);
        reader.fault(reader.line_of("Target"), reason);
    }
    reader.finish();

    let (webhook, group, deduplication) = match metadata {
        Some(WebhookMetadata { webhook, group, deduplication }) => (Some(webhook), group, deduplication),
        None => (None, None, None),
    };
    let (key, api_name, integration) = (key?, api_name?, integration?);
    Some(RouteResource {
        logical_id: declared.logical_id.to_owned(),
        line: declared.line,
        api_name: api_name.clone(),
        key,
        queue: integration.queue.clone(),
        body: integration.body.clone(),
        group: group.or_else(|| integration.group.clone()),
        deduplication: deduplication.or_else(|| integration.deduplication.clone()),
        webhook,
    })
}

/// What a route asks of the other routes and of its queue.
pub(crate) fn check(routes: &[RouteResource], queues: &[QueueResource], faults: &mut Faults) {
    for (index, route) in routes.iter().enumerate() {
        faults.concern(Some(&route.logical_id));
        let shape = route.key.shape();
        if let Some(other) = routes[..index].iter().find(|other| other.key.shape() == shape) {
            let names = format!(
                "{} (API {}) and {} (API {})",
                other.logical_id, other.api_name, route.logical_id, route.api_name
            );
            faults.at(route.line, format!("two routes claim {}: {names}", route.key));
        }
        check_message(route, queues, faults);
    }
    faults.concern(None);
}

fn check_message(route: &RouteResource, queues: &[QueueResource], faults: &mut Faults) {
    if !route.queue.ends_with(FIFO_SUFFIX) {
        if route.deduplication.is_some() {
            faults.at(route.line, "MessageDeduplicationId is only for FIFO queues");
        }
        return;
    }
    if route.group.is_none() {
        faults.at(route.line, format!("the FIFO queue {} needs a MessageGroupId", route.queue));
    }
    // A webhook's provider may know an id of its own; a queue outside of the template may deduplicate by content.
    let queue = queues.iter().find(|queue| queue.name == route.queue);
    let needs_id = queue.is_some_and(|queue| !queue.has_content_based_deduplication());
    if needs_id && route.deduplication.is_none() && route.webhook.is_none() {
        let reason =
            format!("the FIFO queue {} needs a MessageDeduplicationId or ContentBasedDeduplication", route.queue);
        faults.at(route.line, reason);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_key_is_a_method_and_a_path_or_the_default() {
        for text in ["POST /slack/events", "ANY /", "GET /a/{id}/b", "GET /{proxy+}", "$default"] {
            assert_eq!(RouteKey::parse(text).map(|key| key.to_string()).as_deref(), Ok(text));
        }
        for text in [
            "",
            "POST",
            "post /a",
            "POST a",
            "POST  /a",
            "POST /{a+}/b",
            "POST /{}",
            "POST /a{b}",
            "POST /a?b",
            "$other",
        ] {
            assert!(RouteKey::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn keys_that_differ_in_variable_names_only_have_the_same_shape() {
        let shape = |text| RouteKey::parse(text).unwrap().shape();
        assert_eq!(shape("GET /a/{id}"), shape("GET /a/{name}"));
        assert_ne!(shape("GET /a/{id}"), shape("GET /a/{id+}"));
    }
}
