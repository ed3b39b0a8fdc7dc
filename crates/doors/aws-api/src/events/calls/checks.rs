//! What of a request its maker may say: URLs and headers that can be sent, and those that nobody may set.

use std::net::Ipv4Addr;

use hyper::header::{HeaderName, HeaderValue};

/// Headers that say how a request is transferred or on whose way it is: those are the caller's and nobody else's.
const NOBODYS: [&str; 18] = [
    "accept-encoding",
    "connection",
    "content-length",
    "expect",
    "forwarded",
    "host",
    "http2-settings",
    "keep-alive",
    "max-forwards",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "via",
    "warning",
];
const NOBODYS_PREFIXES: [&str; 3] = ["x-forwarded-", "x-amz-", "x-amzn-"];

/// Refuses a header that cannot be sent or may not be set. The text tells the name alone.
pub(crate) fn check_header(name: &str, value: &str) -> Result<(HeaderName, HeaderValue), String> {
    let known: HeaderName = name.parse().map_err(|_| format!("'{name}' is no name of a header"))?;
    if NOBODYS.contains(&known.as_str()) || NOBODYS_PREFIXES.iter().any(|prefix| known.as_str().starts_with(prefix)) {
        return Err(format!("The header '{name}' cannot be set"));
    }
    let value = value.parse().map_err(|_| format!("The header '{name}' cannot have this value"))?;
    Ok((known, value))
}

/// Refuses a URL that is none, or that would send secrets in the clear: `http://` leads to this machine alone. A `*` may
/// stand in its path.
pub(crate) fn check_url(url: &str) -> Result<(), String> {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-()_.!~*';/?:@&=+$,%".contains(&byte);
    if !url.bytes().all(is_allowed) {
        return Err("the URL has a character that must be percent-encoded".to_owned());
    }
    let (scheme, rest) = url.split_once("://").unwrap_or_default();
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    let (host, port) = authority.split_once(':').unwrap_or((authority, "443"));
    if host.is_empty() || !host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte)) {
        return Err("the URL has no host's name or address".to_owned());
    }
    if port.parse::<u16>().map_or(true, |port| port == 0) {
        return Err("the URL's port is not a number from 1 to 65535".to_owned());
    }
    match scheme.to_ascii_lowercase().as_str() {
        "https" => Ok(()),
        "http" if is_loopback(host) => Ok(()),
        _ => Err("the URL must begin with https://, or with http:// if it leads to this machine".to_owned()),
    }
}

/// Scheme, host and port, by which calls are counted.
pub(crate) fn origin(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or_default();
    format!("{scheme}://{}", rest.split(['/', '?']).next().unwrap_or_default()).to_ascii_lowercase()
}

fn is_loopback(host: &str) -> bool {
    let name = host.to_ascii_lowercase();
    name == "localhost" || name.ends_with(".localhost") || host.parse::<Ipv4Addr>().is_ok_and(|host| host.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_leave_this_machine_only_over_tls() {
        for url in [
            "https://api.example.com/v1/*/orders?a=b",
            "HTTPS://api.example.com:8443",
            "http://localhost:8080/x",
            "http://shop.localhost/x",
            "http://127.0.0.1:1/",
        ] {
            assert_eq!(check_url(url), Ok(()), "{url}");
        }
        for url in [
            "",
            "api.example.com",
            "ftp://localhost/",
            "http://api.example.com/",
            "http://localhost.example.com/",
            "http://127.0.0.1.example.com/",
            "https://",
            "https:///path",
            "https://user:secret@api.example.com/",
            "https://a:0/",
            "https://a:x/",
            "https://a/b c",
            "https://a/b\r\nx: y",
            "https://a/#b",
            "https://*.example.com/",
        ] {
            assert!(check_url(url).is_err(), "{url}");
        }
    }

    #[test]
    fn how_a_request_is_transferred_is_not_for_everybody_to_say() {
        assert!(check_header("X-Shop", "a b").is_ok() && check_header("Authorization", "x").is_ok());
        for (name, value) in [
            ("Host", "a"),
            ("content-length", "1"),
            ("X-Forwarded-For", "a"),
            ("X-Amz-Date", "a"),
            ("a:", "b"),
            ("", "b"),
            ("a", "b\nc: d"),
        ] {
            assert!(check_header(name, value).is_err(), "{name}");
        }
    }

    #[test]
    fn calls_are_counted_by_origin() {
        assert_eq!(origin("https://API.example.com:8443/v1?a=b"), "https://api.example.com:8443");
        assert_eq!(origin("https://a?b"), "https://a");
    }
}
