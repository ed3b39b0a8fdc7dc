//! The URL under which clients reach the endpoint, when it is not the host that they use themselves.

use std::fmt;
use std::str::FromStr;

use bongsu_broker::Account;
use hyper::Uri;

/// Longest public URL, in bytes.
const LENGTH_MAX: usize = 1_024;

/// What queue URLs begin with: `http` or `https`, a host, perhaps a port and a path, no slash at the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicUrl(Box<str>);

impl fmt::Display for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for PublicUrl {
    type Err = &'static str;

    /// The error says what a public URL is made of.
    fn from_str(text: &str) -> Result<PublicUrl, &'static str> {
        const SHAPE: &str = "a public URL is http:// or https://, a host, perhaps a port and a path";
        if text.contains(['?', '#', '@']) {
            return Err("a public URL has no query, no fragment and no user");
        }
        if text.len() > LENGTH_MAX {
            return Err("a public URL has at most 1,024 bytes");
        }
        let text = text.trim_end_matches('/');
        let uri: Uri = text.parse().map_err(|_| SHAPE)?;
        let (Some("http" | "https"), Some(authority)) = (uri.scheme_str(), uri.authority()) else { return Err(SHAPE) };
        // A port that is no number passes for a part of the authority.
        let has_port = authority.as_str().trim_start_matches(authority.host()).starts_with(':');
        if authority.host().is_empty() || has_port && authority.port_u16().is_none() {
            return Err(SHAPE);
        }
        let path = uri.path().trim_start_matches('/');
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        let is_segment = |text: &str| !matches!(text, "" | "." | "..") && text.bytes().all(plain);
        if !path.is_empty() && !path.split('/').all(is_segment) {
            return Err("the path of a public URL is of letters, digits, and - . _ ~ between single slashes");
        }
        // Such a path could not be told from a queue's.
        if path.split('/').any(|segment| segment.parse::<Account>().is_ok()) {
            return Err("the path of a public URL has no account in it");
        }
        Ok(PublicUrl(text.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_public_url_is_a_scheme_a_host_and_perhaps_a_port_and_a_path() {
        for (text, expected) in [
            ("http://sqs.example.com", "http://sqs.example.com"),
            ("https://sqs.example.com:9324/", "https://sqs.example.com:9324"),
            ("http://localhost:9324/a/b-c/", "http://localhost:9324/a/b-c"),
            ("http://[::1]:4566", "http://[::1]:4566"),
        ] {
            assert_eq!(text.parse::<PublicUrl>().map(|url| url.to_string()).as_deref(), Ok(expected));
        }
        let long = format!("http://h/{}", "a".repeat(LENGTH_MAX));
        for text in [
            "",
            "sqs.example.com",
            "/path",
            "ftp://h",
            "http://",
            "http:///path",
            "http://h:port",
            "http://h:99999",
            "http://h:",
            "http://u@h",
            "http://u:p@h",
            "http://h?q",
            "http://h/#f",
            "http://h/a//b",
            "http://h/../a",
            "http://h/a%2fb",
            "http://h/000000000000",
            "http://h/000000000000/a",
            "http://h/a b",
            long.as_str(),
        ] {
            assert!(text.parse::<PublicUrl>().is_err(), "{text}");
        }
    }
}
