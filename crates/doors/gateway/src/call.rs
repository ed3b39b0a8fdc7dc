//! One request on its way to an integration, and what can be told of it.

use std::{borrow::Cow, collections::BTreeMap, net::IpAddr};

use bytes::Bytes;
use hyper::{
    HeaderMap, Version,
    header::{HOST, HeaderName, HeaderValue, USER_AGENT},
    http::request::Parts,
};

use crate::{
    Identity, RouteKey, api::DEFAULT_STAGE, authorizer::Authorized, calendar::log_time, request_id::RequestId,
    usage::UsedKey,
};

const TRACE_ID: HeaderName = HeaderName::from_static("x-amzn-trace-id");
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_PORT: HeaderName = HeaderName::from_static("x-forwarded-port");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
/// The longest trace that is handed on.
const TRACE_BYTES_MAX: usize = 1024;
/// The port of addresses that name none.
const HTTP_PORT: &str = "80";

/// Whose rules a request is answered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Http,
    Rest,
    FunctionUrl,
}

/// The stage of an API, or the function's own address, that a request came to.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) kind: Kind,
    pub(crate) api_id: String,
    /// Of a function's own address: the function.
    pub(crate) api_name: String,
    pub(crate) stage: String,
    pub(crate) variables: BTreeMap<String, String>,
    pub(crate) binary_media_types: Vec<String>,
}

impl Place {
    /// The path inside the stage, without its leading slash; `None` if it is outside.
    pub(crate) fn within_stage<'p>(&self, path: &'p str) -> Option<&'p str> {
        let path = path.strip_prefix('/')?;
        if self.stage == DEFAULT_STAGE {
            return Some(path);
        }
        let rest = path.strip_prefix(self.stage.as_str())?;
        if rest.is_empty() { Some(rest) } else { rest.strip_prefix('/') }
    }
}

/// One request, read whole.
pub(crate) struct Call<'a> {
    pub(crate) place: &'a Place,
    pub(crate) key: &'a RouteKey,
    pub(crate) account: &'a str,
    pub(crate) region: &'a str,
    pub(crate) head: &'a Parts,
    pub(crate) body: &'a Bytes,
    pub(crate) peer: IpAddr,
    pub(crate) now_ms: u64,
    pub(crate) id: &'a RequestId,
    /// As it was asked for, stage included, without what names the API.
    pub(crate) path: &'a str,
    pub(crate) path_parameters: BTreeMap<String, String>,
    /// Who signed, if that was asked for.
    pub(crate) identity: Option<Identity>,
    /// What the route's authorizer said.
    pub(crate) authorized: Option<Authorized>,
    /// The key that the request has, if it needs one.
    pub(crate) used_key: Option<UsedKey>,
}

impl<'a> Call<'a> {
    /// The path inside the stage, with its leading slash.
    pub(crate) fn path_in_stage(&self) -> String {
        format!("/{}", self.place.within_stage(self.path).unwrap_or_default())
    }

    pub(crate) fn raw_query(&self) -> &'a str {
        self.head.uri.query().unwrap_or_default()
    }

    /// The parameters of the query string, decoded, in order.
    pub(crate) fn query(&self) -> impl Iterator<Item = (Cow<'a, str>, Cow<'a, str>)> {
        form_urlencoded::parse(self.raw_query().as_bytes())
    }

    /// All values of a parameter of the query string, joined by commas.
    pub(crate) fn query_parameter(&self, name: &str) -> Option<String> {
        joined(self.query().filter(|(found, _)| found == name).map(|(_, value)| value))
    }

    /// All values of a header, joined by commas.
    pub(crate) fn header(&self, name: &HeaderName) -> Option<String> {
        joined(self.head.headers.get_all(name).iter().map(text_of))
    }

    /// The host name by which the client reached the front door.
    pub(crate) fn domain(&self) -> &'a str {
        host_name(self.head)
    }

    pub(crate) fn user_agent(&self) -> Cow<'a, str> {
        self.head.headers.get(USER_AGENT).map(text_of).unwrap_or_default()
    }

    pub(crate) fn protocol(&self) -> &'static str {
        if self.head.version == Version::HTTP_10 { "HTTP/1.0" } else { "HTTP/1.1" }
    }

    /// As the answer's headers tell it.
    pub(crate) fn request_id(&self) -> String {
        match self.place.kind {
            Kind::Http => self.id.short(),
            Kind::Rest | Kind::FunctionUrl => self.id.as_uuid(),
        }
    }

    pub(crate) fn log_time(&self) -> String {
        log_time(self.now_ms)
    }

    /// The trace that the request is of, or one that begins here: letters, digits and punctuation in any case.
    pub(crate) fn trace_id(&self) -> String {
        let is_trace = |text: &String| {
            let is_plain = text.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic());
            text.starts_with("Root=") && text.len() <= TRACE_BYTES_MAX && is_plain
        };
        self.header(&TRACE_ID).filter(is_trace).unwrap_or_else(|| self.id.as_trace(self.now_ms))
    }

    /// The headers, with those by which API Gateway says where a request came from. What a proxy in front said of its
    /// own side stays.
    pub(crate) fn forwarded_headers(&self) -> HeaderMap {
        let mut headers = self.head.headers.clone();
        let peer = self.peer.to_canonical().to_string();
        let way = self.header(&FORWARDED_FOR).map_or_else(|| peer.clone(), |way| format!("{way}, {peer}"));
        let port = host(self.head).rsplit_once(':').map_or(HTTP_PORT, |(_, port)| port);
        // Values of headers have no control characters, and neither has text that is made of them.
        let mut insert = |name: HeaderName, value: &str| {
            headers.insert(name, HeaderValue::from_str(value).expect("such text is a header value"));
        };
        insert(FORWARDED_FOR, &way);
        insert(TRACE_ID, &self.trace_id());
        if !self.head.headers.contains_key(FORWARDED_PROTO) {
            insert(FORWARDED_PROTO, "http");
            insert(FORWARDED_PORT, port);
        }
        headers
    }

    /// `$context.<name>` of mappings and templates.
    pub(crate) fn context(&self, variable: &Variable) -> String {
        match variable {
            Variable::OfRequest(value) => value(self),
            Variable::OfAuthorizer(name) => {
                self.authorized.as_ref().and_then(|authorized| authorized.variable(name)).unwrap_or_default()
            }
        }
    }

    /// The ARN by which policies name the request.
    pub(crate) fn arn(&self) -> String {
        let (region, account, place) = (self.region, self.account, self.place);
        let path = place.within_stage(self.path).unwrap_or_default();
        format!("arn:aws:execute-api:{region}:{account}:{}/{}/{}/{path}", place.api_id, place.stage, self.head.method)
    }
}

/// A context variable that is known here.
pub(crate) enum Variable {
    OfRequest(Value),
    /// `authorizer.x`: what the authorizer said of it, or a claim of the token.
    OfAuthorizer(String),
}

impl Variable {
    /// The variable of this name.
    pub(crate) fn parse(name: &str) -> Result<Self, String> {
        if let Some(name) = name.strip_prefix("authorizer.").filter(|name| !["", "claims"].contains(name)) {
            return Ok(Self::OfAuthorizer(name.to_owned()));
        }
        let row = VARIABLES.iter().find(|(known, _)| *known == name);
        let known = || VARIABLES.map(|(name, _)| name).join(", ");
        row.map(|(_, value)| Self::OfRequest(*value))
            .ok_or_else(|| format!("there is no $context.{name} here, only {} and authorizer.x", known()))
    }
}

type Value = fn(&Call<'_>) -> String;

const VARIABLES: [(&str, Value); 16] = [
    ("accountId", |call| call.account.into()),
    ("apiId", |call| call.place.api_id.clone()),
    ("domainName", |call| call.domain().into()),
    ("domainPrefix", |call| domain_prefix(call.domain()).into()),
    ("extendedRequestId", |call| call.id.short()),
    ("httpMethod", |call| call.head.method.to_string()),
    ("identity.sourceIp", |call| call.peer.to_canonical().to_string()),
    ("identity.userAgent", |call| call.user_agent().into()),
    ("path", |call| call.path.into()),
    ("protocol", |call| call.protocol().into()),
    ("requestId", |call| call.request_id()),
    ("requestTime", |call| call.log_time()),
    ("requestTimeEpoch", |call| call.now_ms.to_string()),
    ("resourcePath", |call| call.key.resource().into()),
    ("routeKey", |call| call.key.to_string()),
    ("stage", |call| call.place.stage.clone()),
];

/// The first label of a host name.
pub(crate) fn domain_prefix(domain: &str) -> &str {
    domain.split('.').next().unwrap_or_default()
}

/// The host name that a request is for, without a port.
pub(crate) fn host_name(head: &Parts) -> &str {
    let host = host(head);
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}

fn host(head: &Parts) -> &str {
    let named = head.headers.get(HOST).and_then(|host| host.to_str().ok());
    named.or_else(|| head.uri.authority().map(|authority| authority.as_str())).unwrap_or_default()
}

/// A header's value as text; what is not UTF-8 is marked as such.
pub(crate) fn text_of(value: &HeaderValue) -> Cow<'_, str> {
    String::from_utf8_lossy(value.as_bytes())
}

fn joined<T: AsRef<str>>(values: impl Iterator<Item = T>) -> Option<String> {
    values.fold(None, |joined: Option<String>, value| {
        Some(match joined {
            None => value.as_ref().to_owned(),
            Some(before) => before + "," + value.as_ref(),
        })
    })
}
