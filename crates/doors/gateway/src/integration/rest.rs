//! `AWS`, `HTTP` and `MOCK` integrations of REST APIs: a template makes a request to a service or another server of the
//! caller's request, another one an answer of the service's.

use std::{collections::BTreeMap, time::Duration};

use bongsu_http::Response;
use bytes::Bytes;
use form_urlencoded::Serializer;
use http_body_util::{BodyExt, Full};
use hyper::{
    HeaderMap, Method, StatusCode,
    header::{ACCEPT, CONTENT_TYPE, HeaderName, HeaderValue},
};
use regex_lite::Regex;
use serde::Deserialize;

use super::{address::Address, proxy::parse_method, response::ResponseValue, workflow};
use crate::{
    ForwardRequest, IntegrationResponse, Outside, Passthrough, RestIntegration, Service, ServiceRequest,
    answer::{JSON, with_type},
    call::{Call, text_of},
    failure::Failure,
    mapping::Mapping,
    velocity::Template,
};

/// The type of a request that names none, and of the template that an answer is made by if there are several.
const DEFAULT_TYPE: &str = "application/json";

/// The largest request that a template may make of another.
pub const SERVICE_REQUEST_BYTES_MAX: usize = 8 << 20;

/// An integration, ready to be run.
pub(crate) struct Rest {
    asked: Asked,
    headers: Vec<(HeaderName, Mapping)>,
    query: Vec<(String, Mapping)>,
    /// What fills the address of a server.
    path: BTreeMap<String, Mapping>,
    templates: BTreeMap<String, Template>,
    passthrough: Passthrough,
    responses: Vec<ReadyResponse>,
}

enum Asked {
    /// A mock asks nobody.
    Nobody,
    /// A service, at this target.
    Service(Service, String),
    /// Workflows, for this operation.
    Workflow {
        operation: String,
        timeout: Duration,
    },
    Server {
        method: Option<Method>,
        address: Address,
        timeout: Duration,
    },
}

struct ReadyResponse {
    status: StatusCode,
    pattern: Option<Regex>,
    headers: Vec<(HeaderName, ResponseValue)>,
    /// With the content type that it makes.
    template: Option<(HeaderValue, Template)>,
}

/// What a mock's request template says.
#[derive(Deserialize)]
struct MockRequest {
    #[serde(rename = "statusCode")]
    status_code: u16,
}

impl Rest {
    pub(super) fn of_service(
        service: Service,
        path: &str,
        rest: &RestIntegration,
        timeout: Duration,
    ) -> Result<Self, String> {
        if !path.starts_with('/') {
            return Err(format!("`{path}` is no path of a service"));
        }
        if service != Service::States {
            return Self::new(Asked::Service(service, path.to_owned()), rest);
        }
        let operation =
            path.strip_prefix("/?Action=").ok_or_else(|| format!("`{path}` names no action of workflows"))?;
        let made = Self::new(Asked::Workflow { operation: operation.to_owned(), timeout }, rest)?;
        match made.query.first() {
            Some((name, _)) => Err(format!("there is no request parameter integration.request.querystring.{name}")),
            None => Ok(made),
        }
    }

    pub(super) fn of_server(
        method: &str,
        uri: &str,
        rest: &RestIntegration,
        timeout: Duration,
    ) -> Result<Self, String> {
        let (method, address) = (parse_method(method)?, Address::parse(uri)?);
        let made = Self::new(Asked::Server { method, address, timeout }, rest)?;
        if let Asked::Server { address, .. } = &made.asked
            && let Some(name) = address.parameters().find(|name| !made.path.contains_key(*name))
        {
            return Err(format!("integration.request.path.{name} is missing, which the address asks for"));
        }
        Ok(made)
    }

    pub(super) fn mock(rest: &RestIntegration) -> Result<Self, String> {
        Self::new(Asked::Nobody, rest)
    }

    fn new(asked: Asked, rest: &RestIntegration) -> Result<Self, String> {
        let (mut headers, mut query, mut path) = (Vec::new(), Vec::new(), BTreeMap::new());
        let is_server = matches!(asked, Asked::Server { .. });
        for (name, text) in &rest.parameters {
            let mapping = Mapping::parse_rest(text).map_err(|reason| format!("{name}: {reason}"))?;
            let unknown = || format!("there is no request parameter {name}");
            match name.strip_prefix("integration.request.").and_then(|place| place.split_once('.')) {
                Some(("header", header)) => headers.push((header.parse().map_err(|_| unknown())?, mapping)),
                Some(("querystring", parameter)) => query.push((parameter.to_owned(), mapping)),
                Some(("path", parameter)) if is_server => drop(path.insert(parameter.to_owned(), mapping)),
                _ => return Err(unknown()),
            }
        }
        let template = |(kind, text): (&String, &String)| {
            let template = Template::parse(text).map_err(|reason| format!("request template of {kind}: {reason}"))?;
            Ok((kind.to_ascii_lowercase(), template))
        };
        let templates = rest.templates.iter().map(template).collect::<Result<_, String>>()?;
        let responses = rest.responses.iter().map(ReadyResponse::new).collect::<Result<_, String>>()?;
        Ok(Self { asked, headers, query, path, templates, passthrough: rest.passthrough, responses })
    }

    pub(super) async fn run(&self, call: &Call<'_>, outside: &Outside) -> Result<Response, Failure> {
        let body = self.request_body(call)?;
        let answer = match &self.asked {
            Asked::Nobody => mock(&body)?,
            Asked::Service(service, target) => {
                let (target, headers) = (self.target(target, call), self.request_headers(call));
                outside.services.ask(ServiceRequest { service: *service, target, headers, body }).await
            }
            Asked::Workflow { operation, timeout } => {
                workflow::ask(operation, self.request_headers(call), body, *timeout, outside).await?
            }
            Asked::Server { method, address, timeout } => {
                let value =
                    |name: &str| self.path.get(name).and_then(|mapping| mapping.value(call)).unwrap_or_default();
                let request = ForwardRequest {
                    method: method.clone().unwrap_or_else(|| call.head.method.clone()),
                    address: address.whole(&address.path(|name| (value(name), true)), &self.query(String::new(), call)),
                    headers: self.request_headers(call),
                    body,
                    timeout: *timeout,
                };
                outside.elsewhere.forward(request).await?
            }
        };
        let (head, body) = answer.into_parts();
        let status = head.status.as_str();
        let matching = |response: &&ReadyResponse| response.pattern.as_ref().is_some_and(|it| it.is_match(status));
        let unless = || self.responses.iter().find(|response| response.pattern.is_none());
        let response = self.responses.iter().find(matching).or_else(unless);
        let response = response
            .ok_or_else(|| Failure::Integration(format!("no integration response is for the status {status}")))?;
        Ok(response.answer(call, &head.headers, body).await)
    }

    /// What the template for the request's type makes of it, or the body as it is.
    fn request_body(&self, call: &Call<'_>) -> Result<Bytes, Failure> {
        let content_type = call.head.headers.get(CONTENT_TYPE).map(text_of);
        let essence = content_type.as_deref().unwrap_or(DEFAULT_TYPE).split(';').next().unwrap_or_default();
        if let Some(template) = self.templates.get(&essence.trim().to_ascii_lowercase()) {
            let body = str::from_utf8(call.body).map_err(|_| Failure::Unfit("The body is not UTF-8".into()))?;
            let filled = template.fill(call, body);
            if filled.len() > SERVICE_REQUEST_BYTES_MAX {
                return Err(Failure::TooLarge { limit: SERVICE_REQUEST_BYTES_MAX });
            }
            return Ok(filled.into());
        }
        match self.passthrough {
            Passthrough::WhenNoMatch => Ok(call.body.clone()),
            Passthrough::WhenNoTemplates if self.templates.is_empty() => Ok(call.body.clone()),
            Passthrough::WhenNoTemplates | Passthrough::Never => Err(Failure::NoTemplate),
        }
    }

    fn request_headers(&self, call: &Call<'_>) -> HeaderMap {
        let mut headers: HeaderMap = [(CONTENT_TYPE, JSON), (ACCEPT, JSON)].into_iter().collect();
        for (name, mapping) in &self.headers {
            if let Some(value) = mapping.value(call).and_then(|value| HeaderValue::try_from(value).ok()) {
                headers.insert(name, value);
            }
        }
        headers
    }

    fn target(&self, target: &str, call: &Call<'_>) -> String {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let query = self.query(query.to_owned(), call);
        if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
    }

    /// The parameters that are mapped, behind those given.
    fn query(&self, query: String, call: &Call<'_>) -> String {
        let mut form = Serializer::new(query);
        for (name, mapping) in &self.query {
            mapping.value(call).map(|value| form.append_pair(name, &value));
        }
        form.finish()
    }
}

/// Answers as the mock's request says.
fn mock(request: &[u8]) -> Result<Response, Failure> {
    let said: Result<MockRequest, _> = serde_json::from_slice(request);
    let status = said.ok().and_then(|said| StatusCode::from_u16(said.status_code).ok());
    let status = status.ok_or_else(|| Failure::Integration("the mock's request names no statusCode".into()))?;
    Ok(with_type(status, JSON, Bytes::new()))
}

impl ReadyResponse {
    fn new(response: &IntegrationResponse) -> Result<Self, String> {
        let status = StatusCode::from_u16(response.status).ok().filter(|status| status.as_u16() >= 200);
        let status = status.ok_or_else(|| format!("{} is no status of an integration response", response.status))?;
        let pattern = response.selection_pattern.as_deref().filter(|pattern| !pattern.is_empty());
        let pattern = pattern.map(|pattern| {
            Regex::new(&format!("^(?:{pattern})$")).map_err(|fault| format!("selection pattern {pattern}: {fault}"))
        });
        let header = |(name, text): (&String, &String)| {
            let header = name.strip_prefix("method.response.header.").and_then(|header| header.parse().ok());
            let header = header.ok_or_else(|| format!("there is no response parameter {name}"))?;
            Ok((header, ResponseValue::of_rest(text).map_err(|reason| format!("{name}: {reason}"))?))
        };
        let templates = &response.templates;
        let template = templates.get_key_value(DEFAULT_TYPE).or_else(|| templates.first_key_value());
        let template = template.map(|(kind, text)| {
            let content_type = HeaderValue::from_str(kind).map_err(|_| format!("{kind} is no content type"))?;
            let template = Template::parse(text).map_err(|reason| format!("response template of {kind}: {reason}"))?;
            Ok::<_, String>((content_type, template))
        });
        Ok(Self {
            status,
            pattern: pattern.transpose()?,
            headers: response.parameters.iter().map(header).collect::<Result<_, String>>()?,
            template: template.transpose()?,
        })
    }

    async fn answer(&self, call: &Call<'_>, answered: &HeaderMap, body: Full<Bytes>) -> Response {
        let Ok(body) = body.collect().await;
        let body = body.to_bytes();
        let mut answer = match &self.template {
            Some((kind, template)) => {
                let filled = template.fill(call, &String::from_utf8_lossy(&body));
                with_type(self.status, kind.clone(), filled.into())
            }
            None => {
                let kind = answered.get(CONTENT_TYPE).cloned().unwrap_or(JSON);
                with_type(self.status, kind, body)
            }
        };
        for (name, value) in &self.headers {
            if let Some(value) = value.of(call, answered) {
                answer.headers_mut().insert(name, value);
            }
        }
        answer
    }
}
