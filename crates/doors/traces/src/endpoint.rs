//! Where a collector listens.

use std::fmt;
use std::str::FromStr;

use hyper::Uri;

/// The path of traces behind the endpoint. <https://opentelemetry.io/docs/specs/otlp/#otlphttp-request>
const TRACES: &str = "/v1/traces";
const PORT: u16 = 80;

/// The URL of a collector: `http://collector:4318`, perhaps with a path before OTLP's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) path: String,
}

/// Why something is no endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an endpoint is a URL such as http://127.0.0.1:4318, without TLS: encryption is the collector's next hop")]
pub struct EndpointFault;

impl FromStr for Endpoint {
    type Err = EndpointFault;

    fn from_str(url: &str) -> Result<Endpoint, EndpointFault> {
        let uri: Uri = url.parse().map_err(|_| EndpointFault)?;
        let host = uri.host().filter(|host| !host.is_empty() && uri.scheme_str() == Some("http"));
        let is_bare = uri.query().is_none() && !url.contains(['@', '#']);
        let host = host.filter(|_| is_bare).ok_or(EndpointFault)?.to_owned();
        let path = format!("{}{TRACES}", uri.path().trim_end_matches('/'));
        Ok(Endpoint { host, port: uri.port_u16().unwrap_or(PORT), path })
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "http://{}:{}{}", self.host, self.port, self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_is_a_plain_url() {
        for (given, meant) in [
            ("http://collector:4318", "http://collector:4318/v1/traces"),
            ("http://collector:4318/", "http://collector:4318/v1/traces"),
            ("http://[::1]:4318/otlp/", "http://[::1]:4318/otlp/v1/traces"),
            ("http://collector", "http://collector:80/v1/traces"),
        ] {
            assert_eq!(given.parse::<Endpoint>().unwrap().to_string(), meant);
        }
        for wrong in ["", "collector:4318", "https://collector", "http://", "http://u:p@c:1", "http://c:1/?a=b", "/a"] {
            assert_eq!(wrong.parse::<Endpoint>(), Err(EndpointFault), "{wrong}");
        }
    }
}
