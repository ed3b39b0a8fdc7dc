//! Where another server is asked: an address with places that are filled for each request.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// The longest address in a template.
const ADDRESS_BYTES_MAX: usize = 2048;

/// What may stand in a segment of a path: RFC 3986, `pchar`.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'!')
    .remove(b'$')
    .remove(b'&')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')')
    .remove(b'*')
    .remove(b'+')
    .remove(b',')
    .remove(b';')
    .remove(b'=')
    .remove(b':')
    .remove(b'@');
const PATH: &AsciiSet = &SEGMENT.remove(b'/');

/// `https://example.com/pets/{id}?from=here`.
pub(super) struct Address {
    /// Scheme, host and port.
    origin: String,
    path: Vec<Part>,
    query: String,
}

enum Part {
    Text(String),
    Parameter(String),
}

impl Address {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let wrong = |reason: &str| Err(format!("`{text}` is no address of a server: {reason}"));
        if text.len() > ADDRESS_BYTES_MAX {
            return wrong("it is too long");
        }
        let scheme = ["https://", "http://"].into_iter().find(|scheme| text.starts_with(scheme));
        let Some(scheme) = scheme else { return wrong("it begins with https:// or http://") };
        let end = text[scheme.len()..].find(['/', '?']).map_or(text.len(), |at| scheme.len() + at);
        let (origin, rest) = text.split_at(end);
        if origin.len() == scheme.len() || origin.contains(['{', '}', '$', '@', '#', ' ']) {
            return wrong("its host is to be given as it is");
        }
        if !rest.bytes().all(|byte| byte.is_ascii_graphic()) || rest.contains('#') {
            return wrong("its path has characters that none has");
        }
        let (mut rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let mut path = Vec::new();
        while let Some((before, after)) = rest.split_once('{') {
            let Some((name, after)) = after.split_once('}') else { return wrong("a brace is not closed") };
            path.push(Part::Text(before.into()));
            path.push(Part::Parameter(name.into()));
            rest = after;
        }
        path.push(Part::Text(rest.into()));
        Ok(Self { origin: origin.into(), path, query: query.into() })
    }

    /// The names of the places that are filled.
    pub(super) fn parameters(&self) -> impl Iterator<Item = &str> {
        self.path.iter().filter_map(|part| match part {
            Part::Parameter(name) => Some(name.as_str()),
            Part::Text(_) => None,
        })
    }

    /// The path with its places filled: `value` gives the text of a name, and whether slashes in it are the path's.
    pub(super) fn path(&self, value: impl Fn(&str) -> (String, bool)) -> String {
        let part = |part: &Part| match part {
            Part::Text(text) => text.clone(),
            Part::Parameter(name) => {
                let (text, is_rest) = value(name);
                utf8_percent_encode(&text, if is_rest { PATH } else { SEGMENT }).to_string()
            }
        };
        let path: String = self.path.iter().map(part).collect();
        if path.is_empty() { "/".to_owned() } else { path }
    }

    /// The whole address of a path; its own query comes before the other.
    pub(super) fn whole(&self, path: &str, query: &str) -> String {
        let both = if self.query.is_empty() || query.is_empty() { "" } else { "&" };
        let mark = if self.query.is_empty() && query.is_empty() { "" } else { "?" };
        format!("{}{path}{mark}{}{both}{query}", self.origin, self.query)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_filled() {
        let fill = |name: &str| match name {
            "id" => ("a/ b?%".to_owned(), false),
            _ => ("x/y z".to_owned(), true),
        };
        for (address, query, expected) in [
            ("https://example.com", "", "https://example.com/"),
            ("https://example.com", "a=1", "https://example.com/?a=1"),
            ("http://[::1]:80/a/{id}/b/{proxy}", "", "http://[::1]:80/a/a%2F%20b%3F%25/b/x/y%20z"),
            ("https://example.com/a?b=1", "c=2", "https://example.com/a?b=1&c=2"),
            ("https://example.com?b=1", "", "https://example.com/?b=1"),
        ] {
            let address = Address::parse(address).unwrap();
            assert_eq!(address.whole(&address.path(fill), query), expected);
        }
        let names = Address::parse("https://example.com/{a}/{b}").unwrap();
        assert_eq!(names.parameters().collect::<Vec<_>>(), ["a", "b"]);
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in [
            "",
            "example.com",
            "ftp://example.com",
            "https://",
            "https:///x",
            "https://{host}/x",
            "https://user@example.com/",
            "https://example.com/{open",
            "https://example.com/a b",
            "https://example.com/a#b",
        ] {
            assert!(Address::parse(text).is_err(), "{text}");
        }
    }
}
