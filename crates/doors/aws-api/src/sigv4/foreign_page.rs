//! Requests that a web page of another site makes from a browser on this machine: loopback alone does not keep them out.
//!
//! Any page may post a form to `127.0.0.1`, and a form is all that the Query protocol needs. Browsers say where a
//! request comes from in headers that a page cannot set; SDKs and tools send neither.

use hyper::header::{HOST, HeaderMap, HeaderName, HeaderValue, ORIGIN};
use hyper::{Method, Uri};

use crate::error::{ApiError, ErrorKind};

const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Where no stranger decides what a name points to. Some have AWS's own names point to this machine.
const NOT_OF_STRANGERS: [&str; 3] = [".localhost", ".localhost.localstack.cloud", ".amazonaws.com"];

/// Whether a browser says that another site's page sent this. Pages from this machine itself are welcome.
pub fn sent(method: &Method, headers: &HeaderMap) -> bool {
    let origin = headers.get(ORIGIN).map(|origin| origin.to_str().unwrap_or_default());
    match origin {
        Some(origin) => !is_this_machine(origin),
        None => {
            let is_cross_site = headers.get(FETCH_SITE).is_some_and(|site| site == "cross-site");
            is_cross_site || method == Method::GET && headers.get(HOST).is_some_and(may_be_rebound)
        }
    }
}

/// A page whose own name was made to point here may get what it likes, and says nothing of where it comes from; but the
/// name that it asks for is one of the internet: with a dot, and none of those that always mean this machine.
fn may_be_rebound(host: &HeaderValue) -> bool {
    let host = host.to_str().unwrap_or_default();
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    let is_address = name.trim_matches(['[', ']']).parse::<std::net::IpAddr>().is_ok();
    !is_address && name.contains('.') && !NOT_OF_STRANGERS.iter().any(|domain| name.ends_with(domain))
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
        sent(&Method::POST, &headers)
    }

    #[test]
    fn a_page_whose_name_was_made_to_point_here_gets_nothing() {
        let gets = |host: &str| !sent(&Method::GET, &HeaderMap::from_iter([(HOST, host.parse().unwrap())]));
        for own in [
            "127.0.0.1:4566",
            "[::1]:4566",
            "192.168.0.7",
            "localhost:4566",
            "bongsu:4566",
            "sqs.localhost",
            "sqs.us-east-1.amazonaws.com",
            "sqs.us-east-1.localhost.localstack.cloud:4566",
        ] {
            assert!(gets(own), "{own}");
        }
        for rebound in ["example.com", "example.com:4566", "localhost.example.com:4566"] {
            assert!(!gets(rebound), "{rebound}");
        }
    }

    #[test]
    fn pages_of_other_sites_are_told_apart_by_what_browsers_say() {
        assert!(!sent(&Method::POST, &HeaderMap::new()));
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
