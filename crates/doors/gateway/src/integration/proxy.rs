//! `HTTP_PROXY`: a request goes to another server as it came, and that one's answer to the caller.

use std::{collections::BTreeMap, time::Duration};

use bongsu_http::Response;
use hyper::{
    HeaderMap, Method,
    header::{CONNECTION, HOST, HeaderName},
};

use super::{
    address::Address,
    request::{Changed, RequestChanges},
    response::ResponseChanges,
};
use crate::{ApiKind, ForwardRequest, Outside, RouteKey, call::Call, failure::Failure};

/// Headers of one connection alone, and what says how long a body is: RFC 9110, section 7.6.1.
const OF_THE_CONNECTION: [HeaderName; 9] = [
    CONNECTION,
    hyper::header::CONTENT_LENGTH,
    hyper::header::PROXY_AUTHENTICATE,
    hyper::header::PROXY_AUTHORIZATION,
    hyper::header::TE,
    hyper::header::TRAILER,
    hyper::header::TRANSFER_ENCODING,
    hyper::header::UPGRADE,
    HeaderName::from_static("keep-alive"),
];

/// Another server behind a route.
pub(crate) struct Proxy {
    /// `None` is the caller's own.
    method: Option<Method>,
    address: Address,
    changes: RequestChanges,
    responses: ResponseChanges,
    timeout: Duration,
    /// Path parameters that take all that is left of a path.
    rests: Vec<String>,
}

impl Proxy {
    pub(super) fn new(
        method: Option<&str>,
        uri: &str,
        parameters: &BTreeMap<String, String>,
        responses: &BTreeMap<u16, BTreeMap<String, String>>,
        timeout: Duration,
        key: &RouteKey,
        kind: ApiKind,
    ) -> Result<Self, String> {
        let address = Address::parse(uri)?;
        let changes = RequestChanges::new(parameters, kind)?;
        let known: Vec<&str> = match kind {
            ApiKind::Http => key.parameters().collect(),
            ApiKind::Rest => changes.parameters().collect(),
        };
        if let Some(name) = address.parameters().find(|name| !known.contains(name)) {
            return Err(match kind {
                ApiKind::Http => format!("the route has no path parameter {name} that the address asks for"),
                ApiKind::Rest => format!("integration.request.path.{name} is missing, which the address asks for"),
            });
        }
        let rests = key.parameters().filter(|name| key.as_str().contains(&format!("{{{name}+}}")));
        Ok(Self {
            method: method.map(parse_method).transpose()?.flatten(),
            address,
            changes,
            responses: ResponseChanges::of_http(responses)?,
            timeout,
            rests: rests.map(str::to_owned).collect(),
        })
    }

    pub(super) async fn run(&self, call: &Call<'_>, outside: &Outside) -> Result<Response, Failure> {
        let mut headers = call.forwarded_headers();
        strip(&mut headers);
        headers.remove(HOST);
        let (query, parameters) = (call.raw_query().to_owned(), call.path_parameters.clone());
        let mut changed = Changed { headers, query, path: None, parameters };
        self.changes.apply(call, &mut changed);
        let Changed { headers, query, path, parameters } = changed;
        let path = path.map(|path| format!("/{}", path.trim_start_matches('/')));
        let path = path.unwrap_or_else(|| {
            let is_rest = |name: &str| self.rests.iter().any(|rest| rest == name);
            self.address.path(|name| (parameters.get(name).cloned().unwrap_or_default(), is_rest(name)))
        });
        let request = ForwardRequest {
            method: self.method.clone().unwrap_or_else(|| call.head.method.clone()),
            address: self.address.whole(&path, &query),
            headers,
            body: call.body.clone(),
            timeout: self.timeout,
        };
        let mut answer = outside.elsewhere.forward(request).await?;
        self.responses.apply(call, &mut answer)?;
        Ok(answer)
    }
}

/// `ANY` is whatever the caller's is.
pub(super) fn parse_method(text: &str) -> Result<Option<Method>, String> {
    let known = [Method::DELETE, Method::GET, Method::HEAD, Method::OPTIONS, Method::PATCH, Method::POST, Method::PUT];
    if text == "ANY" {
        return Ok(None);
    }
    let found = known.into_iter().find(|method| method.as_str() == text);
    found.map(Some).ok_or_else(|| format!("`{text}` is no method of a request to another server"))
}

/// Takes out what is of one connection alone.
fn strip(headers: &mut HeaderMap) {
    let named = headers.get_all(CONNECTION).iter().filter_map(|value| value.to_str().ok());
    let named: Vec<HeaderName> =
        named.flat_map(|line| line.split(',')).filter_map(|name| name.trim().parse().ok()).collect();
    for name in OF_THE_CONNECTION.iter().chain(&named) {
        headers.remove(name);
    }
}
