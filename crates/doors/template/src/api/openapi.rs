//! An API's `Body`: the paths of an OpenAPI document that say by `x-amazon-apigateway-integration` who works on them.

use super::security::Schemes;
use super::{ApiKind, Cors, RouteResource, integration};
use crate::node::{Entry, Node, Text, Value};
use crate::reader::Reader;
use crate::webhook;
use crate::{AccessResource, AuthorizerResource, Inputs, RouteKey};

/// Our own word for what stands under `Metadata: Bongsu: Webhook:` of a route.
pub(crate) const WEBHOOK: &str = "x-bongsu-webhook";
/// Who works on it.
pub(crate) const INTEGRATION: &str = "x-amazon-apigateway-integration";
/// Every method.
pub(crate) const ANY_METHOD: &str = "x-amazon-apigateway-any-method";
const CORS: &str = "x-amazon-apigateway-cors";
const KEY_SOURCE: &str = "x-amazon-apigateway-api-key-source";
const BINARY: &str = "x-amazon-apigateway-binary-media-types";

/// What describes the API to people and to generators of clients.
const DESCRIPTIVE: [&str; 12] = [
    "basePath",
    "consumes",
    "definitions",
    "externalDocs",
    "host",
    "openapi",
    "produces",
    "schemes",
    "servers",
    "swagger",
    "tags",
    "x-amazon-apigateway-importexport-version",
];
const DESCRIPTIVE_OPERATION: [&str; 9] =
    ["consumes", "description", "operationId", "parameters", "produces", "requestBody", "responses", "summary", "tags"];

/// OpenAPI's word, that of a route's integration, and that of a method's.
const WORDS: [(&str, &str, &str); 13] = [
    ("connectionType", "ConnectionType", "ConnectionType"),
    ("contentHandling", "ContentHandling", "ContentHandling"),
    ("credentials", "CredentialsArn", "Credentials"),
    ("httpMethod", "IntegrationMethod", "IntegrationHttpMethod"),
    ("integrationSubtype", "IntegrationSubtype", "IntegrationSubtype"),
    ("passthroughBehavior", "PassthroughBehavior", "PassthroughBehavior"),
    ("payloadFormatVersion", "PayloadFormatVersion", "PayloadFormatVersion"),
    ("requestParameters", "RequestParameters", "RequestParameters"),
    ("requestTemplates", "RequestTemplates", "RequestTemplates"),
    ("responseParameters", "ResponseParameters", "ResponseParameters"),
    ("timeoutInMillis", "TimeoutInMillis", "TimeoutInMillis"),
    ("type", "IntegrationType", "Type"),
    ("uri", "IntegrationUri", "Uri"),
];

/// What a document says.
pub(super) struct Found {
    pub(super) title: Option<String>,
    pub(super) cors: Option<Cors>,
    pub(super) binary_media_types: Vec<String>,
    pub(super) routes: Vec<RouteResource>,
    pub(super) authorizers: Vec<AuthorizerResource>,
    pub(super) keys_from: Option<String>,
}

/// Reads the resolved document; nothing if it is no map.
pub(super) fn read(
    body: &mut Node,
    kind: ApiKind,
    logical_id: &str,
    inputs: &Inputs,
    reader: &mut Reader<'_>,
) -> Option<Found> {
    capitalize(body, CORS);
    let mut document = reader.within(body.clone(), "Body")?;
    document.pass(&DESCRIPTIVE);
    let title = document.map("info").and_then(|mut info| info.string("title"));
    let cors = if kind == ApiKind::Http { Cors::read(&mut document, CORS) } else { None };
    let binary_media_types = if kind == ApiKind::Rest { document.strings(BINARY) } else { Vec::new() };
    let keys_from = if kind == ApiKind::Rest { document.one_of(KEY_SOURCE, &["HEADER", "AUTHORIZER"]) } else { None };
    let schemes = Schemes::read(&mut document, kind, inputs);
    let unless = schemes.access(&mut document, &AccessResource::default(), kind);
    let mut routes = Vec::new();
    document.require("paths");
    if let Some(mut paths) = document.map("paths") {
        for path in paths.names() {
            let Some(mut methods) = paths.map(&path) else { continue };
            methods.pass(&["description", "parameters", "summary"]);
            for method in methods.names() {
                let line = methods.line_of(&method);
                let Some(mut operation) = operation(&mut methods, &method) else { continue };
                let access = schemes.access(&mut operation, &unless, kind);
                let found = route(operation, (&method, &path), line, kind, logical_id, inputs);
                routes.extend(found.map(|route| RouteResource { access, ..route }));
            }
            methods.finish();
        }
    }
    document.finish();
    Some(Found { title, cors, binary_media_types, routes, authorizers: schemes.authorizers(), keys_from })
}

/// What stands under a method; not under what describes all methods of the path.
fn operation<'r>(methods: &'r mut Reader<'_>, method: &str) -> Option<Reader<'r>> {
    let is_method = method == ANY_METHOD || RouteKey::parse(&format!("{} /", method.to_ascii_uppercase())).is_ok();
    if is_method { methods.map(method) } else { None }
}

fn route(
    mut operation: Reader<'_>,
    (method, path): (&str, &str),
    line: u32,
    kind: ApiKind,
    logical_id: &str,
    inputs: &Inputs,
) -> Option<RouteResource> {
    operation.pass(&DESCRIPTIVE_OPERATION);
    let method = if method == ANY_METHOD { "ANY".to_owned() } else { method.to_ascii_uppercase() };
    let text =
        if path == "/$default" || path == "$default" { "$default".to_owned() } else { format!("{method} {path}") };
    let key = RouteKey::parse(&text).map_err(|reason| operation.fault(line, reason)).ok();
    let webhook_line = operation.line_of(WEBHOOK);
    let webhook = operation.map(WEBHOOK).and_then(|webhook| webhook::read(webhook_line, webhook));
    operation.require(INTEGRATION);
    let given = operation.take(INTEGRATION);
    let mut integration = None;
    if let Some(mut inner) = given.and_then(|node| operation.within(translated(node, kind), INTEGRATION)) {
        integration = match kind {
            ApiKind::Http => integration::read_http(&mut inner, inputs),
            ApiKind::Rest => integration::read_rest(&mut inner, inputs),
        };
        inner.finish();
    }
    operation.finish();
    let (key, integration) = (key?, integration?);
    let (logical_id, access) = (logical_id.to_owned(), AccessResource::default());
    Some(RouteResource { logical_id, line, key, integration, webhook, access })
}

/// The integration in the words of the resources that say the same.
fn translated(node: Node, kind: ApiKind) -> Node {
    let Value::Map(entries) = node.value else { return node };
    let translate = |mut entry: Entry| {
        if entry.key == "responses" && kind == ApiKind::Rest {
            entry.key = "IntegrationResponses".to_owned();
            entry.node = listed(entry.node);
        } else if let Some((_, http, rest)) = WORDS.iter().find(|(word, ..)| *word == entry.key) {
            entry.key = if kind == ApiKind::Http { *http } else { *rest }.to_owned();
        }
        if matches!(entry.key.as_str(), "Type" | "IntegrationType")
            && let Value::Text(text) = &mut entry.node.value
        {
            text.text.make_ascii_uppercase();
        }
        entry
    };
    Node { line: node.line, value: Value::Map(entries.into_iter().map(translate).collect()) }
}

/// An authorizer in the words of the resources that say the same.
pub(super) fn authorizer(node: Node, kind: ApiKind, words: &[(&str, &str)]) -> Node {
    let Value::Map(entries) = node.value else { return node };
    let translate = |mut entry: Entry| {
        let is_type = entry.key == "type";
        if let Some((_, word)) = words.iter().find(|(word, _)| *word == entry.key) {
            entry.key = (*word).to_owned();
        }
        if is_type && kind == ApiKind::Rest {
            entry.key = "Type".to_owned();
        }
        match &mut entry.node.value {
            Value::Text(text) if is_type => text.text.make_ascii_uppercase(),
            Value::Map(_) => ["issuer", "audience"].iter().for_each(|word| rename_capitalized(&mut entry.node, word)),
            _ => {}
        }
        entry
    };
    Node { line: node.line, value: Value::Map(entries.into_iter().map(translate).collect()) }
}

/// `default: {statusCode: 200}` → a list with patterns.
fn listed(node: Node) -> Node {
    let Value::Map(entries) = node.value else { return node };
    let response = |Entry { key, line, mut node }: Entry| {
        for word in ["contentHandling", "responseParameters", "responseTemplates", "statusCode"] {
            rename_capitalized(&mut node, word);
        }
        if let Value::Map(inner) = &mut node.value
            && key != "default"
        {
            let pattern = Node { line, value: Value::Text(Text::plain(key)) };
            inner.push(Entry { key: "SelectionPattern".to_owned(), line, node: pattern });
        }
        node
    };
    Node { line: node.line, value: Value::List(entries.into_iter().map(response).collect()) }
}

/// Gives every key of an entry's map a capital letter.
fn capitalize(node: &mut Node, key: &str) {
    let Value::Map(entries) = &mut node.value else { return };
    let Some(entry) = entries.iter_mut().find(|entry| entry.key == key) else { return };
    let names: Vec<String> = entry.node.as_map().unwrap_or_default().iter().map(|entry| entry.key.clone()).collect();
    names.iter().for_each(|name| rename_capitalized(&mut entry.node, name));
}

fn rename_capitalized(node: &mut Node, key: &str) {
    let Value::Map(entries) = &mut node.value else { return };
    for entry in entries.iter_mut().filter(|entry| entry.key == key) {
        if let Some(first) = entry.key.get_mut(..1) {
            first.make_ascii_uppercase();
        }
    }
}
