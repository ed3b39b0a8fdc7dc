//! Where requests go: a URL, taken apart once.

use std::fmt;
use std::str::FromStr;

/// The URL of an SQS endpoint: scheme, host, port, and perhaps a path that comes before all others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    is_tls: bool,
    host: String,
    port: Option<u16>,
    /// Without a slash at its end; empty for most.
    path: String,
}

/// Why a text is not the URL of an endpoint.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not an endpoint: write http://HOST:PORT or https://HOST")]
pub struct EndpointError(pub String);

impl Endpoint {
    /// The endpoint that a queue's URL names by its scheme, host and port.
    pub fn of_queue_url(url: &str) -> Result<Self, EndpointError> {
        Ok(Self { path: String::new(), ..url.parse()? })
    }

    /// Where another service is, by its name in signatures: at AWS each has a host of its own, elsewhere all have one.
    pub fn of_service(&self, service: &str) -> Self {
        match (self.region(), self.host.split_once('.')) {
            (Some(_), Some((sqs, rest))) => {
                Self { host: format!("{}.{rest}", sqs.replacen("sqs", service, 1)), ..self.clone() }
            }
            _ => self.clone(),
        }
    }

    /// True for `https`.
    pub fn is_tls(&self) -> bool {
        self.is_tls
    }

    /// The host's name or address, without the brackets of IPv6.
    pub fn host(&self) -> &str {
        self.host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(&self.host)
    }

    /// The port, 80 or 443 unless it is named.
    pub fn port(&self) -> u16 {
        self.port.unwrap_or(if self.is_tls { 443 } else { 80 })
    }

    /// Host and port as the `Host` header has them.
    pub fn authority(&self) -> String {
        match self.port {
            Some(port) => format!("{}:{port}", self.host),
            None => self.host.clone(),
        }
    }

    /// What every request's path begins with; empty or `/…`.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The region in an AWS host name such as `sqs.eu-west-1.amazonaws.com`.
    pub fn region(&self) -> Option<&str> {
        let rest = self.host.strip_prefix("sqs.").or_else(|| self.host.strip_prefix("sqs-fips."))?;
        let (region, domain) = rest.split_once('.')?;
        domain.starts_with("amazonaws.com").then_some(region)
    }
}

impl FromStr for Endpoint {
    type Err = EndpointError;

    fn from_str(url: &str) -> Result<Self, EndpointError> {
        parse(url).ok_or_else(|| EndpointError(url.to_owned()))
    }
}

fn parse(url: &str) -> Option<Endpoint> {
    let (scheme, rest) = url.split_once("://")?;
    let is_tls = match scheme {
        "http" => false,
        "https" => true,
        _ => return None,
    };
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let host_ends = if authority.starts_with('[') {
        authority.find(']')? + 1
    } else {
        authority.find(':').unwrap_or(authority.len())
    };
    let (host, port) = authority.split_at(host_ends);
    let port = match port {
        "" => None,
        _ => Some(port.strip_prefix(':')?.parse().ok()?),
    };
    let in_host = |byte: u8| byte.is_ascii_alphanumeric() || b"-._[]:".contains(&byte);
    let in_path = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/%".contains(&byte);
    let is_valid = !host.is_empty() && host.bytes().all(in_host) && path.bytes().all(in_path);
    // The case of a host's name means nothing, but a signature covers it.
    is_valid.then(|| Endpoint {
        is_tls,
        host: host.to_ascii_lowercase(),
        port,
        path: path.trim_end_matches('/').to_owned(),
    })
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}{}", if self.is_tls { "https" } else { "http" }, self.authority(), self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint(url: &str) -> Endpoint {
        url.parse().unwrap()
    }

    #[test]
    fn a_url_is_taken_apart() {
        for (url, host, port, authority, path) in [
            ("http://127.0.0.1:4566", "127.0.0.1", 4566, "127.0.0.1:4566", ""),
            ("http://localhost/", "localhost", 80, "localhost", ""),
            (
                "https://sqs.us-east-1.amazonaws.com",
                "sqs.us-east-1.amazonaws.com",
                443,
                "sqs.us-east-1.amazonaws.com",
                "",
            ),
            ("https://[::1]:8443/sqs/", "::1", 8443, "[::1]:8443", "/sqs"),
        ] {
            let endpoint = endpoint(url);
            assert_eq!((endpoint.host(), endpoint.port()), (host, port), "{url}");
            assert_eq!((endpoint.authority().as_str(), endpoint.path()), (authority, path), "{url}");
            assert_eq!(endpoint.to_string(), url.trim_end_matches('/'));
        }
    }

    #[test]
    fn what_is_no_endpoint_is_refused() {
        for url in [
            "",
            "localhost:4566",
            "ftp://host",
            "http://",
            "http://:80",
            "http://h:port",
            "http://h:99999",
            "http://a b",
            "http://h/?q",
            "http://h\r\n",
        ] {
            assert_eq!(url.parse::<Endpoint>(), Err(EndpointError(url.to_owned())));
        }
    }

    #[test]
    fn a_queue_lies_at_its_endpoint() {
        let url = "https://sqs.eu-west-1.amazonaws.com/123456789012/orders";
        assert_eq!(Endpoint::of_queue_url(url).unwrap(), endpoint("https://sqs.eu-west-1.amazonaws.com"));
    }

    #[test]
    fn services_have_hosts_of_their_own_at_aws_only() {
        for (sqs, sns) in [
            ("https://sqs.eu-west-1.amazonaws.com", "https://sns.eu-west-1.amazonaws.com"),
            ("https://sqs-fips.us-east-1.amazonaws.com", "https://sns-fips.us-east-1.amazonaws.com"),
            ("http://127.0.0.1:4566", "http://127.0.0.1:4566"),
            ("http://sqs.example.org/x", "http://sqs.example.org/x"),
        ] {
            assert_eq!(endpoint(sqs).of_service("sns"), endpoint(sns));
        }
    }

    #[test]
    fn the_region_is_in_the_names_of_aws_only() {
        assert_eq!(endpoint("https://sqs.eu-west-1.amazonaws.com").region(), Some("eu-west-1"));
        assert_eq!(endpoint("https://sqs.cn-north-1.amazonaws.com.cn").region(), Some("cn-north-1"));
        assert_eq!(endpoint("http://sqs.example.org").region(), None);
        assert_eq!(endpoint("http://127.0.0.1:4566").region(), None);
    }
}
