//! Which pages of other sites may read an answer: <https://fetch.spec.whatwg.org/#http-cors-protocol>.

use bongsu_http::Response;
use bytes::Bytes;
use http_body_util::Full;
use hyper::{
    HeaderMap, StatusCode,
    header::{
        ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
        ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, HeaderName, HeaderValue,
        ORIGIN,
    },
};

use crate::call::Kind;

/// `CorsConfiguration` of an HTTP API, `Cors` of a function's URL.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cors {
    /// Whether pages may send cookies; not together with the origin `*`.
    pub credentials: bool,
    /// Names of request headers, or `*`.
    pub headers: Vec<String>,
    /// Methods, or `*`.
    pub methods: Vec<String>,
    /// Origins such as `https://example.com`, or `*`, `http://*`, `https://*`.
    pub origins: Vec<String>,
    /// Names of headers that pages may read, or `*`.
    pub exposed_headers: Vec<String>,
    /// How long browsers may remember a preflight's answer.
    pub max_age_seconds: Option<u32>,
}

/// The same, ready to be sent.
#[derive(Debug)]
pub(crate) struct CorsHeaders {
    origins: Vec<String>,
    credentials: bool,
    exposed: Option<HeaderValue>,
    preflight: Vec<(HeaderName, HeaderValue)>,
}

const TRUE: HeaderValue = HeaderValue::from_static("true");
const ANY: &str = "*";

impl CorsHeaders {
    pub(crate) fn new(cors: &Cors) -> Result<Self, &'static str> {
        if cors.credentials && cors.origins.iter().any(|origin| origin == ANY) {
            return Err("CORS with credentials needs origins that are named, not `*`");
        }
        let list = |values: &[String]| -> Result<Option<HeaderValue>, &'static str> {
            let text = values.join(",");
            let value = HeaderValue::from_str(&text).map_err(|_| "a CORS setting is no header")?;
            Ok(Some(value).filter(|_| !values.is_empty()))
        };
        let max_age = cors.max_age_seconds.map(HeaderValue::from);
        let preflight = [
            (ACCESS_CONTROL_ALLOW_METHODS, list(&cors.methods)?),
            (ACCESS_CONTROL_ALLOW_HEADERS, list(&cors.headers)?),
            (ACCESS_CONTROL_MAX_AGE, max_age),
        ];
        Ok(Self {
            origins: cors.origins.clone(),
            credentials: cors.credentials,
            exposed: list(&cors.exposed_headers)?,
            preflight: preflight.into_iter().filter_map(|(name, value)| Some((name, value?))).collect(),
        })
    }

    /// Answers a preflight; what a page may not is left unsaid.
    pub(crate) fn preflight(&self, request: &HeaderMap, kind: Kind) -> Response {
        let mut answer = Response::new(Full::new(Bytes::new()));
        if kind != Kind::FunctionUrl {
            *answer.status_mut() = StatusCode::NO_CONTENT;
        }
        self.mark(request, answer.headers_mut());
        if answer.headers().contains_key(ACCESS_CONTROL_ALLOW_ORIGIN) {
            answer.headers_mut().extend(self.preflight.iter().cloned());
        }
        answer
    }

    /// Puts these headers in place of those that the integration may have set.
    pub(crate) fn mark(&self, request: &HeaderMap, answer: &mut HeaderMap) {
        let own = [
            ACCESS_CONTROL_ALLOW_ORIGIN,
            ACCESS_CONTROL_ALLOW_CREDENTIALS,
            ACCESS_CONTROL_EXPOSE_HEADERS,
            ACCESS_CONTROL_ALLOW_METHODS,
            ACCESS_CONTROL_ALLOW_HEADERS,
            ACCESS_CONTROL_MAX_AGE,
        ];
        for name in own {
            answer.remove(name);
        }
        let Some(origin) = request.get(ORIGIN).and_then(|origin| self.allowed(origin)) else { return };
        answer.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        if self.credentials {
            answer.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, TRUE);
        }
        if let Some(exposed) = &self.exposed {
            answer.insert(ACCESS_CONTROL_EXPOSE_HEADERS, exposed.clone());
        }
    }

    /// What an origin is told: itself, or `*`.
    fn allowed(&self, origin: &HeaderValue) -> Option<HeaderValue> {
        let text = origin.to_str().ok()?;
        let is_meant = |allowed: &&String| match allowed.strip_suffix("://*") {
            Some(scheme) => text.split_once("://").is_some_and(|(own, _)| own == scheme),
            None => *allowed == ANY || *allowed == text,
        };
        let allowed = self.origins.iter().find(is_meant)?;
        Some(if allowed == ANY { HeaderValue::from_static(ANY) } else { origin.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cors(origins: &[&str]) -> Cors {
        Cors {
            headers: vec!["content-type".into(), "x-own".into()],
            methods: vec!["GET".into(), "POST".into()],
            origins: origins.iter().map(|&origin| origin.into()).collect(),
            exposed_headers: vec!["date".into()],
            max_age_seconds: Some(600),
            ..Cors::default()
        }
    }

    fn told(headers: &HeaderMap) -> String {
        let line = |(name, value): (&HeaderName, &HeaderValue)| {
            format!("{}: {}", name.as_str().replace("access-control-", ""), value.to_str().unwrap())
        };
        let mut lines: Vec<_> = headers.iter().map(line).collect();
        lines.sort();
        lines.join("; ")
    }

    #[test]
    fn an_origin_is_told_what_it_may() {
        for (origins, origin, expected) in [
            (&["https://a.example"][..], Some("https://a.example"), "allow-origin: https://a.example"),
            (&["https://a.example"], Some("https://b.example"), ""),
            (&["https://a.example"], Some("http://a.example"), ""),
            (&["https://a.example"], None, ""),
            (&["*"], Some("https://b.example"), "allow-origin: *"),
            (&["https://*"], Some("https://b.example"), "allow-origin: https://b.example"),
            (&["https://*"], Some("http://b.example"), ""),
            (&[], Some("https://b.example"), ""),
        ] {
            let request = origin.map(|origin| (ORIGIN, origin.parse().unwrap())).into_iter().collect();
            let headers = CorsHeaders::new(&cors(origins)).unwrap();
            let mut answer: HeaderMap =
                [(ACCESS_CONTROL_ALLOW_ORIGIN, "the function's own".parse().unwrap())].into_iter().collect();
            headers.mark(&request, &mut answer);
            let rest = if expected.is_empty() { "" } else { "; expose-headers: date" };
            assert_eq!(told(&answer), format!("{expected}{rest}"), "{origin:?}");

            let preflight = headers.preflight(&request, Kind::Http);
            assert_eq!(preflight.status(), 204);
            let more = "allow-headers: content-type,x-own; allow-methods: GET,POST; ";
            let all = if expected.is_empty() { String::new() } else { format!("{more}{expected}{rest}; max-age: 600") };
            assert_eq!(told(preflight.headers()), all, "{origin:?}");
        }
    }

    #[test]
    fn credentials_need_origins_with_names() {
        let with = |origin: &str| Cors { credentials: true, ..cors(&[origin]) };
        assert!(CorsHeaders::new(&with("*")).is_err());
        let headers = CorsHeaders::new(&with("https://*")).unwrap();
        let mut answer = HeaderMap::new();
        headers.mark(&[(ORIGIN, "https://x".parse().unwrap())].into_iter().collect(), &mut answer);
        assert_eq!(told(&answer), "allow-credentials: true; allow-origin: https://x; expose-headers: date");
    }
}
