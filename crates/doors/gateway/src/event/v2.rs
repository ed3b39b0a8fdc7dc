//! Format 2.0: of HTTP APIs and of functions' own addresses. What is not there is left out.

use std::{borrow::Cow, collections::BTreeMap};

use hyper::header::COOKIE;
use serde::Serialize;
use serde_json::{Map, Value};

use super::{Question, body};
use crate::{
    Identity,
    authorizer::Authorized,
    call::{Call, domain_prefix, text_of},
};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Event<'a> {
    version: &'static str,
    #[serde(flatten)]
    asked: Option<Asked<'a>>,
    route_key: &'a str,
    raw_path: &'a str,
    raw_query_string: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    cookies: Vec<String>,
    headers: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    query_string_parameters: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    path_parameters: &'a BTreeMap<String, String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    stage_variables: &'a BTreeMap<String, String>,
    request_context: Context<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    is_base64_encoded: Option<bool>,
}

/// Of authorizers' events alone.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Asked<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    route_arn: &'a str,
    identity_source: &'a [String],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Context<'a> {
    account_id: &'a str,
    api_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    authorizer: Option<Authorizer<'a>>,
    domain_name: &'a str,
    domain_prefix: &'a str,
    http: Http<'a>,
    request_id: String,
    route_key: &'a str,
    stage: &'a str,
    time: String,
    time_epoch: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Http<'a> {
    method: &'a str,
    path: &'a str,
    protocol: &'static str,
    source_ip: String,
    user_agent: Cow<'a, str>,
}

/// Who says who sends.
#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum Authorizer<'a> {
    Iam(Iam<'a>),
    Lambda(&'a Map<String, Value>),
    Jwt(Jwt<'a>),
}

#[derive(Serialize)]
struct Jwt<'a> {
    claims: &'a BTreeMap<String, String>,
    scopes: Option<&'a [String]>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Iam<'a> {
    access_key: &'a str,
    account_id: &'a str,
    caller_id: &'a str,
    cognito_identity: (),
    principal_org_id: (),
    user_arn: &'a str,
    user_id: &'a str,
}

impl<'a> From<&'a Identity> for Authorizer<'a> {
    fn from(identity: &'a Identity) -> Self {
        let Identity { access_key_id, account, arn, user_id } = identity;
        let iam = Iam {
            access_key: access_key_id,
            account_id: account,
            caller_id: user_id,
            cognito_identity: (),
            principal_org_id: (),
            user_arn: arn,
            user_id,
        };
        Authorizer::Iam(iam)
    }
}

impl<'a> From<&'a Authorized> for Authorizer<'a> {
    fn from(authorized: &'a Authorized) -> Self {
        match authorized {
            Authorized::ByFunction { context, .. } => Authorizer::Lambda(context),
            Authorized::ByToken { claims, scopes } => Authorizer::Jwt(Jwt { claims, scopes: scopes.as_deref() }),
        }
    }
}

pub(super) fn event(call: &Call<'_>, question: Option<Question<'_>>) -> Vec<u8> {
    let mut forwarded = call.forwarded_headers();
    forwarded.remove(COOKIE);
    let mut headers = BTreeMap::new();
    for (name, value) in &forwarded {
        join(&mut headers, name.as_str().into(), &text_of(value));
    }
    let mut query_string_parameters = BTreeMap::new();
    for (name, value) in call.query() {
        join(&mut query_string_parameters, name.into(), &value);
    }
    let cookies = call.head.headers.get_all(COOKIE).iter().map(text_of);
    let cookies = cookies.flat_map(|line| line.split(';').map(|cookie| cookie.trim().to_owned()).collect::<Vec<_>>());
    let domain = call.domain();
    let (body, is_base64_encoded) = match question {
        None => {
            let (body, is_base64) = body(call);
            (body, Some(is_base64))
        }
        Some(_) => (None, None),
    };
    let asked =
        question.map(|Question { arn, identity }| Asked { kind: "REQUEST", route_arn: arn, identity_source: identity });
    let authorizer = call.authorized.as_ref().map(Authorizer::from);
    let event = Event {
        version: "2.0",
        asked,
        route_key: call.key.as_str(),
        raw_path: call.path,
        raw_query_string: call.raw_query(),
        cookies: cookies.filter(|cookie| !cookie.is_empty()).collect(),
        headers,
        query_string_parameters,
        path_parameters: &call.path_parameters,
        stage_variables: &call.place.variables,
        request_context: Context {
            account_id: call.account,
            api_id: &call.place.api_id,
            authorizer: authorizer.or_else(|| call.identity.as_ref().map(Authorizer::from)),
            domain_name: domain,
            domain_prefix: domain_prefix(domain),
            http: Http {
                method: call.head.method.as_str(),
                path: call.path,
                protocol: call.protocol(),
                source_ip: call.peer.to_canonical().to_string(),
                user_agent: call.user_agent(),
            },
            request_id: call.request_id(),
            route_key: call.key.as_str(),
            stage: &call.place.stage,
            time: call.log_time(),
            time_epoch: call.now_ms,
        },
        body,
        is_base64_encoded,
    };
    serde_json::to_vec(&event).expect("texts under fixed names always serialise")
}

/// Values of one name stand behind each other.
fn join(map: &mut BTreeMap<String, String>, name: String, value: &str) {
    map.entry(name).and_modify(|known| *known = format!("{known},{value}")).or_insert_with(|| value.to_owned());
}
