//! Format 1.0: of REST APIs, and of HTTP APIs that ask for it. What is not there is `null`.

use std::{borrow::Cow, collections::BTreeMap};

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{Question, body};
use crate::{
    authorizer::{Authorized, text},
    call::{Call, Kind, domain_prefix, text_of},
};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Event<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<&'static str>,
    #[serde(flatten)]
    asked: Option<Asked<'a>>,
    resource: &'a str,
    path: &'a str,
    http_method: &'a str,
    headers: &'a Last,
    multi_value_headers: &'a All,
    query_string_parameters: Option<&'a Last>,
    multi_value_query_string_parameters: Option<&'a All>,
    path_parameters: Option<&'a BTreeMap<String, String>>,
    stage_variables: Option<&'a BTreeMap<String, String>>,
    request_context: Context<'a>,
    #[serde(flatten)]
    body: Option<Body<'a>>,
}

/// Of authorizers' events alone.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Asked<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    method_arn: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    identity_source: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    authorization_token: Option<String>,
}

/// Of integrations' events alone.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    body: Option<Cow<'a, str>>,
    is_base64_encoded: bool,
}

/// The last value of each name.
type Last = BTreeMap<String, String>;
/// Every value of each name.
type All = BTreeMap<String, Vec<String>>;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Context<'a> {
    account_id: &'a str,
    api_id: &'a str,
    authorizer: Value,
    domain_name: &'a str,
    domain_prefix: &'a str,
    extended_request_id: String,
    http_method: &'a str,
    identity: Identity<'a>,
    path: &'a str,
    protocol: &'static str,
    request_id: String,
    request_time: String,
    request_time_epoch: u64,
    resource_id: &'a str,
    resource_path: &'a str,
    stage: &'a str,
}

#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Identity<'a> {
    access_key: (),
    account_id: (),
    api_key: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    api_key_id: Option<&'a str>,
    caller: (),
    cognito_authentication_provider: (),
    cognito_authentication_type: (),
    cognito_identity_id: (),
    cognito_identity_pool_id: (),
    principal_org_id: (),
    source_ip: String,
    user: (),
    user_agent: Cow<'a, str>,
    user_arn: (),
}

pub(super) fn event(call: &Call<'_>, question: Option<Question<'_>>) -> Vec<u8> {
    let mut all_headers = All::new();
    for (name, value) in &call.forwarded_headers() {
        all_headers.entry(in_capitals(name.as_str())).or_default().push(text_of(value).into());
    }
    let mut all_parameters = All::new();
    for (name, value) in call.query() {
        all_parameters.entry(name.into()).or_default().push(value.into());
    }
    let (headers, parameters) = (last(&all_headers), last(&all_parameters));
    let is_http = call.place.kind == Kind::Http;
    let resource = call.key.resource();
    let domain = call.domain();
    let written_body = || {
        let (body, is_base64_encoded) = body(call);
        Body { body, is_base64_encoded }
    };
    let asked = |Question { arn, identity }| {
        let identity = is_http.then(|| identity.join(","));
        Asked { kind: "REQUEST", method_arn: arn, identity_source: identity.clone(), authorization_token: identity }
    };
    let event = Event {
        version: is_http.then_some("1.0"),
        asked: question.map(asked),
        resource,
        path: &call.path_in_stage(),
        http_method: call.head.method.as_str(),
        headers: &headers,
        multi_value_headers: &all_headers,
        query_string_parameters: Some(&parameters).filter(|map| !map.is_empty()),
        multi_value_query_string_parameters: Some(&all_parameters).filter(|map| !map.is_empty()),
        path_parameters: Some(&call.path_parameters).filter(|map| !map.is_empty()),
        stage_variables: Some(&call.place.variables).filter(|map| !map.is_empty()),
        request_context: Context {
            account_id: call.account,
            api_id: &call.place.api_id,
            authorizer: authorizer(call, is_http),
            domain_name: domain,
            domain_prefix: domain_prefix(domain),
            extended_request_id: call.id.short(),
            http_method: call.head.method.as_str(),
            identity: Identity {
                api_key: call.used_key.as_ref().map(|key| key.value.as_str()),
                api_key_id: call.used_key.as_ref().map(|key| key.id.as_str()),
                source_ip: call.peer.to_canonical().to_string(),
                user_agent: call.user_agent(),
                ..Identity::default()
            },
            path: call.path,
            protocol: call.protocol(),
            request_id: call.request_id(),
            request_time: call.log_time(),
            request_time_epoch: call.now_ms,
            resource_id: if is_http { call.key.as_str() } else { resource },
            resource_path: resource,
            stage: &call.place.stage,
        },
        body: question.is_none().then(written_body),
    };
    serde_json::to_vec(&event).expect("texts under fixed names always serialise")
}

/// What the authorizer said; with REST APIs all of it is text.
fn authorizer(call: &Call<'_>, is_http: bool) -> Value {
    match &call.authorized {
        None => Value::Object(Map::new()),
        Some(Authorized::ByToken { claims, scopes }) => json!({ "claims": claims, "scopes": scopes }),
        Some(Authorized::ByFunction { principal, context }) => {
            let value = |value: &Value| if is_http { value.clone() } else { text(value).into() };
            let mut said: Map<_, _> = context.iter().map(|(name, said)| (name.clone(), value(said))).collect();
            said.extend(principal.as_ref().map(|id| ("principalId".to_owned(), id.as_str().into())));
            Value::Object(said)
        }
    }
}

fn last(all: &All) -> Last {
    all.iter().filter_map(|(name, values)| Some((name.clone(), values.last()?.clone()))).collect()
}

/// HTTP libraries write header names so, and this format keeps their case: `x-id` → `X-Id`.
fn in_capitals(name: &str) -> String {
    let mut begins = true;
    let capital = |letter: char| {
        let written = if begins { letter.to_ascii_uppercase() } else { letter };
        begins = letter == '-';
        written
    };
    name.chars().map(capital).collect()
}
