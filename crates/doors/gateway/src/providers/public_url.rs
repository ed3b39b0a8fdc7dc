//! The address that a sender calls, which is not the one that arrives behind a proxy.

use std::str::FromStr;

use super::Unverified;

/// `https://example.com/webhook`, without a query; or `https://example.com`, with the path that arrives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PublicUrl {
    address: String,
    has_path: bool,
}

impl FromStr for PublicUrl {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")).ok_or(())?;
        let is_plain = rest.bytes().all(|byte| byte.is_ascii_graphic()) && !rest.contains(['?', '#']);
        if !is_plain || rest.is_empty() || rest.starts_with('/') {
            return Err(());
        }
        Ok(Self { address: text.into(), has_path: rest.contains('/') })
    }
}

impl PublicUrl {
    /// With the query that arrived, as it arrived.
    pub(super) fn of(&self, request: &Unverified<'_>) -> String {
        let path = if self.has_path { "" } else { request.path() };
        let query = request.query().map(|query| format!("?{query}")).unwrap_or_default();
        [&self.address, path, &query].concat()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_of_http_and_has_no_query() {
        for text in ["https://example.com", "http://example.com:8080/", "https://example.com/a%20b"] {
            assert!(text.parse::<PublicUrl>().is_ok(), "{text}");
        }
        for text in
            ["", "example.com", "https://", "https:///a", "ftp://a", "https://a?b", "https://a#b", "https://a b"]
        {
            assert!(text.parse::<PublicUrl>().is_err(), "{text}");
        }
    }
}
