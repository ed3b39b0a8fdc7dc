//! A request before it is sent: what its maker says, and what the connection adds to that.

use std::time::Duration;

use bytes::Bytes;
use hyper::Method;
use hyper::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::value::{RawValue, to_raw_value};

use super::form::{self, ArrayFormat};
use super::{ApiFault, HttpRequest, check_header};
use crate::events::additions::Additions;

/// All but letters, digits and what never has a meaning in a URL.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// One call of somebody else's HTTP API, as far as its maker says it.
#[derive(Clone, Debug)]
pub(crate) struct ApiRequest {
    pub(crate) method: Method,
    /// Checked, and without wildcards.
    pub(crate) url: String,
    /// Behind what the URL has already.
    pub(crate) query: Vec<(String, String)>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: RequestBody,
    /// How long one attempt may take.
    pub(crate) timeout: Duration,
    /// Bytes that the answer's body may have.
    pub(crate) answer_bytes_max: usize,
}

/// What is sent.
#[derive(Clone, Debug)]
pub(crate) enum RequestBody {
    /// Whatever the connection says.
    Never,
    /// Nothing but what the connection adds.
    Nothing,
    /// JSON as it stands here.
    Json { text: Bytes, content_type: &'static str },
    /// The members of an object as a form.
    Form { text: Bytes, arrays: ArrayFormat },
}

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";

impl ApiRequest {
    /// The request with what a connection adds. On the same name the connection's value counts.
    pub(in crate::events) fn with(self, additions: &Additions) -> Result<HttpRequest, ApiFault> {
        let ApiRequest { method, mut url, mut query, mut headers, body, timeout, answer_bytes_max } = self;
        query.retain(|(name, _)| additions.query().all(|(added, _)| added != name));
        query.extend(additions.query().map(|(name, value)| (name.to_owned(), value.to_owned())));
        append_query(&mut url, &query);
        for (name, value) in additions.headers() {
            let (name, value) = check_header(name, value).map_err(ApiFault::Unusable)?;
            headers.insert(name, value);
        }
        let (body, content_type) = body.with(additions)?;
        if let (Some(content_type), false) = (content_type, headers.contains_key(CONTENT_TYPE)) {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        }
        Ok(HttpRequest { method, url, headers, body, timeout, answer_bytes_max })
    }
}

/// Members of a body, in order, each as it stands there.
pub(super) type Members = Vec<(String, Box<RawValue>)>;

impl RequestBody {
    /// What is sent, and of which type it is.
    fn with(self, additions: &Additions) -> Result<(Bytes, Option<&'static str>), ApiFault> {
        let adds = additions.body().next().is_some();
        match self {
            RequestBody::Never => Ok((Bytes::new(), None)),
            RequestBody::Nothing if !adds => Ok((Bytes::new(), None)),
            RequestBody::Nothing => Ok((json(&merged(b"{}", additions)?), Some(JSON))),
            RequestBody::Json { text, content_type } if !adds => Ok((text, Some(content_type))),
            RequestBody::Json { text, content_type } => Ok((json(&merged(&text, additions)?), Some(content_type))),
            RequestBody::Form { text, arrays } => {
                Ok((form::encode(&merged(&text, additions)?, arrays).into(), Some(FORM)))
            }
        }
    }
}

/// The members of an object, and those that the connection adds.
fn merged(text: &[u8], additions: &Additions) -> Result<Members, ApiFault> {
    let object = serde_json::from_slice::<form::Object>(text);
    let form::Object(mut members) = object.map_err(|_| {
        ApiFault::Unusable("the body is no JSON object, so that nothing can be added to it or made a form of it".into())
    })?;
    members.retain(|(name, _)| additions.body().all(|(added, _)| added != name));
    members.extend(additions.body().map(|(name, value)| (name.to_owned(), to_raw_value(value).expect("text is JSON"))));
    Ok(members)
}

fn json(members: &Members) -> Bytes {
    let name = |name: &str| serde_json::to_string(name).expect("text is JSON");
    let members: Vec<String> = members.iter().map(|(key, value)| format!("{}:{}", name(key), value.get())).collect();
    format!("{{{}}}", members.join(",")).into()
}

pub(super) fn append_query(url: &mut String, query: &[(String, String)]) {
    for (name, value) in query {
        url.push(if url.contains('?') { '&' } else { '?' });
        url.push_str(&encode(name));
        url.push('=');
        url.push_str(&encode(value));
    }
}

pub(super) fn encode(text: &str) -> String {
    utf8_percent_encode(text, ENCODED).to_string()
}

/// The endpoint with a value in place of each `*` of its path, in order.
pub(super) fn fill(endpoint: &str, values: &[String]) -> Result<String, ApiFault> {
    let (path, query) = endpoint.split_at(endpoint.find('?').unwrap_or(endpoint.len()));
    let wildcards = path.matches('*').count();
    if wildcards != values.len() {
        let given = values.len();
        return Err(ApiFault::Unusable(format!(
            "the endpoint's path has {wildcards} wildcards, and {given} values are given"
        )));
    }
    if values.iter().any(|value| ["", ".", ".."].contains(&value.as_str())) {
        return Err(ApiFault::Unusable("a value for the endpoint's path is empty or would change the path".into()));
    }
    let mut values = values.iter();
    let mut filled = String::with_capacity(endpoint.len());
    for (place, part) in path.split('*').enumerate() {
        if place > 0 {
            filled.extend(values.next().map(|value| encode(value)));
        }
        filled.push_str(part);
    }
    Ok(filled + query)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn additions(text: &str) -> Additions {
        serde_json::from_str(text).unwrap()
    }

    fn request(body: RequestBody) -> ApiRequest {
        ApiRequest {
            method: Method::POST,
            url: "https://a.example/p?x=1".into(),
            query: vec![("a".into(), "of the call".into()), ("b".into(), "ü&".into())],
            headers: HeaderMap::from_iter([
                ("a".parse().unwrap(), "of the call".parse().unwrap()),
                ("b".parse().unwrap(), "of the call".parse().unwrap()),
            ]),
            body,
            timeout: Duration::from_secs(1),
            answer_bytes_max: 1,
        }
    }

    const ADDED: &str = r#"{"HeaderParameters":[{"Key":"A","Value":"of the connection"}],
        "QueryStringParameters":[{"Key":"a","Value":"of the connection"}],
        "BodyParameters":[{"Key":"a","Value":"of the connection"}]}"#;

    #[test]
    fn on_the_same_name_the_connections_value_counts() {
        let text = Bytes::from_static(br#"{"z":{"b":1,"a":1.0},"a":"of the call"}"#);
        let sent = request(RequestBody::Json { text, content_type: JSON }).with(&additions(ADDED)).unwrap();
        assert_eq!(sent.url, "https://a.example/p?x=1&b=%C3%BC%26&a=of%20the%20connection");
        assert_eq!(
            (&sent.headers["a"], &sent.headers["b"]),
            (&"of the connection".parse::<HeaderValue>().unwrap(), &"of the call".parse().unwrap())
        );
        assert_eq!(sent.body, r#"{"z":{"b":1,"a":1.0},"a":"of the connection"}"#);
        assert_eq!(sent.headers[CONTENT_TYPE], JSON);
    }

    #[test]
    fn a_body_is_sent_as_it_stands_unless_something_is_added() {
        let text = Bytes::from_static(b"[1, 2]");
        let body = RequestBody::Json { text, content_type: JSON };
        assert_eq!(request(body.clone()).with(&Additions::default()).unwrap().body, "[1, 2]");
        assert!(matches!(request(body).with(&additions(ADDED)), Err(ApiFault::Unusable(_))));
        assert_eq!(request(RequestBody::Nothing).with(&Additions::default()).unwrap().body, "");
        assert_eq!(request(RequestBody::Nothing).with(&additions(ADDED)).unwrap().body, r#"{"a":"of the connection"}"#);
        assert_eq!(request(RequestBody::Never).with(&additions(ADDED)).unwrap().body, "");
    }

    #[test]
    fn a_form_has_its_type_unless_another_is_named() {
        let form = || RequestBody::Form { text: Bytes::from_static(br#"{"b":"x y"}"#), arrays: ArrayFormat::Indices };
        let sent = request(form()).with(&additions(ADDED)).unwrap();
        assert_eq!(
            (&*sent.body, &sent.headers[CONTENT_TYPE]),
            (&b"b=x%20y&a=of%20the%20connection"[..], &FORM.parse().unwrap())
        );
        let mut named = request(form());
        named.headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain"));
        assert_eq!(named.with(&Additions::default()).unwrap().headers[CONTENT_TYPE], "text/plain");
    }

    #[test]
    fn values_fill_the_path_and_cannot_leave_it() {
        let filled = |endpoint, values: &[&str]| {
            fill(endpoint, &values.iter().map(|value| (*value).to_owned()).collect::<Vec<_>>()).ok()
        };
        assert_eq!(filled("https://a/*/b/*?c=*", &["x y", "../d"]).unwrap(), "https://a/x%20y/b/..%2Fd?c=*");
        assert_eq!(filled("https://a/b", &[]).unwrap(), "https://a/b");
        for (endpoint, values) in [
            ("https://a/*", &[][..]),
            ("https://a/", &["b"]),
            ("https://a/*", &[".."]),
            ("https://a/*", &["."]),
            ("https://a/*", &[""]),
        ] {
            assert_eq!(filled(endpoint, values), None, "{endpoint} {values:?}");
        }
    }
}
