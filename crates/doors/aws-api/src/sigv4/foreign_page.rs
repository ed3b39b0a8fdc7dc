//! Requests that a web page of another site makes from a browser on this machine: loopback alone does not keep them out.
//!
//! Any page may post a form to `127.0.0.1`, and a form is all that the Query protocol needs. Browsers say where a
//! request comes from in headers that a page cannot set; SDKs and tools send neither.

use hyper::Uri;
use hyper::header::{HeaderMap, HeaderName, ORIGIN};

use crate::error::{ApiError, ErrorKind};

const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Whether a browser says that another site's page sent this. Pages from this machine itself are welcome.
pub(super) fn sent(headers: &HeaderMap) -> bool {
    let origin = headers.get(ORIGIN).map(|origin| origin.to_str().unwrap_or_default());
    match origin {
        Some(origin) => !is_this_machine(origin),
        None => headers.get(FETCH_SITE).is_some_and(|site| site == "cross-site"),
    }
}

fn is_this_machine(origin: &str) -> bool {
    let uri = origin.parse::<Uri>().ok();
    let host = uri.as_ref().and_then(Uri::host).unwrap_or_default();
    let address = host.trim_matches(['[', ']']).parse::<std::net::IpAddr>();
    host == "localhost" || host.ends_with(".localhost") || address.is_ok_and(|address| address.is_loopback())
}

pub(super) fn refusal() -> ApiError {
    let text = "Requests from web pages of other sites are refused while no credentials are configured.";
    ApiError::new(ErrorKind::AccessDeniedException, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_refused(name: HeaderName, value: &str) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(name, value.parse().unwrap());
        sent(&headers)
    }

    #[test]
    fn pages_of_other_sites_are_told_apart_by_what_browsers_say() {
        assert!(!sent(&HeaderMap::new()));
        for own in ["http://localhost:3000", "http://127.0.0.1:4566", "http://[::1]:80", "http://app.localhost"] {
            assert!(!is_refused(ORIGIN, own), "{own}");
        }
        for foreign in
            ["https://example.com", "http://localhost.example.com", "http://127.0.0.1.example.com", "null", ""]
        {
            assert!(is_refused(ORIGIN, foreign), "{foreign}");
        }
        assert!(is_refused(FETCH_SITE, "cross-site"));
        for site in ["same-origin", "same-site", "none"] {
            assert!(!is_refused(FETCH_SITE, site), "{site}");
        }
    }
}
