//! Where a request goes: a URL, taken apart once, that never shows its password.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;
use std::sync::Arc;

use percent_encoding::percent_decode_str;

/// Bytes of a URL; a longer one is refused.
pub const ENDPOINT_BYTES_MAX: usize = 2048;

/// The URL of an HTTP or HTTPS endpoint. `Display` and `Debug` show `****` for a password.
#[derive(Clone, PartialEq, Eq)]
pub struct Endpoint {
    is_tls: bool,
    /// In small letters; an IPv6 address without its brackets.
    host: Arc<str>,
    port: u16,
    /// Host and port as the `Host` header has them.
    authority: Arc<str>,
    /// Path and query.
    target: Arc<str>,
    credentials: Option<Arc<Credentials>>,
}

/// Who a URL says the sender is.
#[derive(PartialEq, Eq)]
pub(crate) struct Credentials {
    pub(crate) user: String,
    pub(crate) password: String,
}

/// Why a text is not the URL of an endpoint. It does not repeat the text, which may hold a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EndpointError {
    /// The text has more than [`ENDPOINT_BYTES_MAX`] bytes.
    #[error("the URL is longer than {ENDPOINT_BYTES_MAX} bytes")]
    TooLong,
    /// Neither `http://` nor `https://`.
    #[error("the URL begins with neither http:// nor https://")]
    Scheme,
    /// User and password are not percent-encoded UTF-8 without control characters, or the user has a colon.
    #[error("the URL's user and password are not percent-encoded text")]
    Credentials,
    /// There is no host, or it is neither a name in ASCII letters nor an address.
    #[error("the URL's host is neither a name nor an address")]
    Host,
    /// The port is not a number from 1 to 65535.
    #[error("the URL's port is not a number from 1 to 65535")]
    Port,
    /// A character that has no place in a path or query, or a fragment.
    #[error("the URL's path has a character that must be percent-encoded")]
    Path,
}

impl Endpoint {
    /// Takes a URL such as `https://user:password@host:8443/path?query` apart.
    pub fn parse(url: &str) -> Result<Self, EndpointError> {
        if url.len() > ENDPOINT_BYTES_MAX {
            return Err(EndpointError::TooLong);
        }
        let (scheme, rest) = url.split_once("://").ok_or(EndpointError::Scheme)?;
        let is_tls = match () {
            () if scheme.eq_ignore_ascii_case("https") => true,
            () if scheme.eq_ignore_ascii_case("http") => false,
            () => return Err(EndpointError::Scheme),
        };
        let (authority, target) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        let (credentials, place) = match authority.rsplit_once('@') {
            Some((credentials, place)) => (Some(Arc::new(Credentials::parse(credentials)?)), place),
            None => (None, authority),
        };
        let (host, port) = split_port(place)?;
        let authority = match port {
            Some(port) => format!("{host}:{port}"),
            None => host.clone(),
        };
        Ok(Self {
            is_tls,
            host: host.trim_matches(['[', ']']).into(),
            port: port.unwrap_or(if is_tls { 443 } else { 80 }),
            authority: authority.into(),
            target: parse_target(target)?,
            credentials,
        })
    }

    /// True for `https`.
    pub fn is_tls(&self) -> bool {
        self.is_tls
    }

    /// The host's name in small letters, or its address without the brackets of IPv6.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port, 80 or 443 unless it is named.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Host and port as the `Host` header has them.
    pub(crate) fn authority(&self) -> &str {
        &self.authority
    }

    /// Path and query, as a request line has them.
    pub(crate) fn target(&self) -> &str {
        &self.target
    }

    pub(crate) fn credentials(&self) -> Option<&Credentials> {
        self.credentials.as_deref()
    }

    /// The host, if it is an address. Other ways to write one, such as `127.1`, are names to be resolved.
    pub(crate) fn address(&self) -> Option<IpAddr> {
        self.host.parse().ok()
    }

    /// What connections are shared by.
    pub(crate) fn origin(&self) -> Origin {
        Origin { is_tls: self.is_tls, host: self.host.clone(), port: self.port }
    }
}

/// Scheme, host and port.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Origin {
    is_tls: bool,
    host: Arc<str>,
    port: u16,
}

impl Credentials {
    fn parse(text: &str) -> Result<Self, EndpointError> {
        let in_credentials = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:%".contains(&byte);
        if !text.bytes().all(in_credentials) {
            return Err(EndpointError::Credentials);
        }
        let (user, password) = text.split_once(':').unwrap_or((text, ""));
        let credentials = Self { user: decode(user)?, password: decode(password)? };
        // Basic would read a colon in the user as the end of it.
        if credentials.user.contains(':') { Err(EndpointError::Credentials) } else { Ok(credentials) }
    }
}

fn decode(text: &str) -> Result<String, EndpointError> {
    let decoded = percent_decode_str(text).decode_utf8().map_err(|_| EndpointError::Credentials)?;
    if decoded.chars().any(char::is_control) { Err(EndpointError::Credentials) } else { Ok(decoded.into_owned()) }
}

/// The host in small letters, with the brackets of IPv6, and the port.
fn split_port(place: &str) -> Result<(String, Option<u16>), EndpointError> {
    let host_ends = match place.strip_prefix('[') {
        Some(inside) => inside.find(']').ok_or(EndpointError::Host)? + "[]".len(),
        None => place.find(':').unwrap_or(place.len()),
    };
    let (host, port) = place.split_at(host_ends);
    let is_host = match host.strip_prefix('[').and_then(|inside| inside.strip_suffix(']')) {
        Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
        None => !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte)),
    };
    if !is_host {
        return Err(EndpointError::Host);
    }
    let port = match port.strip_prefix(':') {
        Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            Some(digits.parse().ok().filter(|port| *port > 0).ok_or(EndpointError::Port)?)
        }
        None if port.is_empty() => None,
        _ => return Err(EndpointError::Port),
    };
    Ok((host.to_ascii_lowercase(), port))
}

fn parse_target(target: &str) -> Result<Arc<str>, EndpointError> {
    if !target.bytes().all(|byte| byte.is_ascii_graphic() && !b"#\"<>\\^`{|}".contains(&byte)) {
        return Err(EndpointError::Path);
    }
    let slash = if target.starts_with('/') { "" } else { "/" };
    Ok(format!("{slash}{target}").into())
}

impl FromStr for Endpoint {
    type Err = EndpointError;

    fn from_str(url: &str) -> Result<Self, EndpointError> {
        Self::parse(url)
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_tls { "https://" } else { "http://" })?;
        if let Some(credentials) = &self.credentials {
            write!(f, "{}:****@", credentials.user)?;
        }
        write!(f, "{}{}", self.authority, self.target)
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Endpoint({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_taken_apart() {
        for (url, host, port, authority, target) in [
            ("http://example.org", "example.org", 80, "example.org", "/"),
            ("HTTPS://Example.ORG/Hook", "example.org", 443, "example.org", "/Hook"),
            ("http://h:8080?a=b%20c", "h", 8080, "h:8080", "/?a=b%20c"),
            ("https://[2001:DB8::1]:8443//x", "2001:db8::1", 8443, "[2001:db8::1]:8443", "//x"),
            ("http://127.0.0.1/a@b:c", "127.0.0.1", 80, "127.0.0.1", "/a@b:c"),
        ] {
            let endpoint = Endpoint::parse(url).unwrap();
            assert_eq!((endpoint.host(), endpoint.port()), (host, port), "{url}");
            assert_eq!((endpoint.authority(), endpoint.target()), (authority, target), "{url}");
            assert_eq!(endpoint.credentials().map(|_| ()), None);
        }
    }

    #[test]
    fn a_password_is_decoded_and_never_shown() {
        let endpoint = Endpoint::parse("https://j%40ne:s%3Acret%2F@h:1/p").unwrap();
        let credentials = endpoint.credentials().unwrap();
        assert_eq!((credentials.user.as_str(), credentials.password.as_str()), ("j@ne", "s:cret/"));
        assert_eq!(endpoint.to_string(), "https://j@ne:****@h:1/p");
        assert_eq!(format!("{endpoint:?}"), "Endpoint(https://j@ne:****@h:1/p)");
    }

    #[test]
    fn what_is_no_endpoint_is_refused_without_repeating_it() {
        use EndpointError::{Credentials, Host, Path, Port, Scheme, TooLong};
        for (url, error) in [
            ("", Scheme),
            ("h/p", Scheme),
            ("ftp://h", Scheme),
            ("file:///etc/passwd", Scheme),
            ("http://", Host),
            ("http:///path", Host),
            ("http://:80", Host),
            ("http://user:secret@", Host),
            ("http://a b/", Host),
            ("http://a\\b/", Host),
            ("http://bücher.example/", Host),
            ("http://%31%32/", Host),
            ("http://[::1", Host),
            ("http://[fe80::1%25eth0]/", Host),
            ("http://[1.2.3.4]/", Host),
            ("http://h:", Port),
            ("http://h:0", Port),
            ("http://h:+80", Port),
            ("http://h:65536", Port),
            ("http://[::1]x", Port),
            ("http://a\\:secret@h", Credentials),
            ("http://a:sec@ret@h", Credentials),
            ("http://%ff:secret@h", Credentials),
            ("http://a%0d%0ab:secret@h", Credentials),
            ("http://a%3Ab:secret@h", Credentials),
            ("http://h/a b", Path),
            ("http://h/\r\nx: y", Path),
            ("http://h/#part", Path),
            ("http://h/\"", Path),
        ] {
            assert_eq!(Endpoint::parse(url), Err(error), "{url}");
            assert!(!error.to_string().contains("secret"));
        }
        assert_eq!(Endpoint::parse(&format!("http://h/{}", "x".repeat(ENDPOINT_BYTES_MAX))), Err(TooLong));
    }
}
