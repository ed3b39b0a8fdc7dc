//! Selects one value of a request: by a path into its JSON body, by a header's name, or fixed.

use std::{fmt, str::FromStr};

use hyper::{HeaderMap, header::HeaderName};

use crate::json_path::JsonPath;

/// Where a message's group or deduplication id is found.
///
/// Written `$.event.channel`, `$.items[0]['odd name']` (a path into the JSON body, also in API Gateway's spelling
/// `$request.body.event.channel`), `$request.header.X-GitHub-Delivery`, or as the fixed text itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selector {
    text: String,
    kind: Kind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Kind {
    Json(JsonPath),
    Header(HeaderName),
    Fixed,
}

/// A selector that begins like a path and is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no selector: {reason}")]
pub struct SelectorError {
    text: String,
    reason: &'static str,
}

impl FromStr for Selector {
    type Err = SelectorError;

    fn from_str(text: &str) -> Result<Self, SelectorError> {
        let kind = if text.is_empty() {
            Err("it is empty")
        } else if let Some(name) = text.strip_prefix("$request.header.") {
            name.parse().map(Kind::Header).map_err(|_| "that is no name of a header")
        } else if let Some(path) = text.strip_prefix("$request.body").or_else(|| text.strip_prefix('$')) {
            match JsonPath::parse(path) {
                Ok(path) if path.is_whole() => Err("it selects the whole body"),
                path => path.map(Kind::Json),
            }
        } else {
            Ok(Kind::Fixed)
        };
        match kind {
            Ok(kind) => Ok(Self { text: text.into(), kind }),
            Err(reason) => Err(SelectorError { text: text.into(), reason }),
        }
    }
}

impl Selector {
    /// Whether the body must be JSON for it.
    pub fn looks_into_body(&self) -> bool {
        matches!(self.kind, Kind::Json(_))
    }

    /// The value selected: a header, or the JSON string's content, or a JSON number or truth value as it is written.
    /// `None` where nothing is there, or `null`, an object, a list or an empty text.
    pub(crate) fn select(&self, headers: &HeaderMap, body: &str) -> Option<String> {
        let selected = match &self.kind {
            Kind::Fixed => Some(self.text.clone()),
            Kind::Header(name) => headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned),
            Kind::Json(path) => path.scalar(body),
        };
        selected.filter(|value| !value.is_empty())
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn select(selector: &str, body: &str) -> Option<String> {
        let headers = [("x-id".parse().unwrap(), "h 1".parse().unwrap())].into_iter().collect();
        selector.parse::<Selector>().unwrap().select(&headers, body)
    }

    #[test]
    fn values_are_selected() {
        let body = r#" {"a": {"b": "x", "list": [1, {"k": "y"}, -0.50]}, "odd ]name": true, "b": "", "n": null} "#;
        for (selector, expected) in [
            ("$.a.b", Some("x")),
            ("$request.body.a.b", Some("x")),
            ("$['a']['b']", Some("x")),
            ("$.a.list[0]", Some("1")),
            ("$.a.list[1].k", Some("y")),
            ("$.a.list[2]", Some("-0.50")),
            ("$.a.list[3]", None),
            ("$.a.list.k", None),
            ("$.a[0]", None),
            ("$['odd ]name']", Some("true")),
            ("$.a", None),
            ("$.b", None),
            ("$.n", None),
            ("$.n.x", None),
            ("$.missing.b", None),
            ("$request.header.X-Id", Some("h 1")),
            ("$request.header.x-other", None),
            ("fixed text", Some("fixed text")),
        ] {
            assert_eq!(select(selector, body).as_deref(), expected, "{selector}");
        }
    }

    #[test]
    fn what_is_no_path_is_refused() {
        for text in ["", "$", "$.", "$..a", "$.*", "$[", "$['a", "$[-1]", "$[a]", "$a", "$.a b", "$request.header. "] {
            assert!(text.parse::<Selector>().is_err(), "{text}");
        }
    }

    #[test]
    fn digits_and_escapes_survive() {
        let long = "1234567890".repeat(4);
        assert_eq!(select("$.n", &format!(r#"{{"n":{long}}}"#)), Some(long));
        assert_eq!(select("$.n", r#"{"n":1e999}"#).as_deref(), Some("1e999"));
        assert_eq!(select("$.s", r#"{"s":"\ud55c\"\n"}"#).as_deref(), Some("한\"\n"));
        assert_eq!(select("$.k", r#"{"\u006b":"v"}"#).as_deref(), Some("v"));
        assert_eq!(select("$.k", r#"{"k":"first","k":"last"}"#).as_deref(), Some("last"));
    }

    #[test]
    fn hostile_documents_select_nothing() {
        let deep = format!(r#"{{"x":{}"v"}}"#, "[".repeat(500_000));
        for body in ["", "nonsense", "{", r#"{"k":"\ud800"}"#, r#"{"k":1"#, r#"{"k":"v"#, "[1]", "\"k\"", &deep] {
            assert_eq!(select("$.k", body), None);
        }
        let deep = format!(r#"{{"x":{}{},"k":"v"}}"#, "[".repeat(400_000), "]".repeat(400_000));
        assert_eq!(select("$.k", &deep).as_deref(), Some("v"));
    }
}
