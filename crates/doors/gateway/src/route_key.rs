//! Method and path of a route: written as in AWS, and compared with requests.

use std::{cmp::Reverse, collections::BTreeMap, fmt, str::FromStr};

use hyper::Method;
use percent_encoding::percent_decode_str;

/// HTTP API's name for the route of whatever no other route takes.
pub(crate) const DEFAULT: &str = "$default";
/// First segments that are the front door's own.
pub(crate) const RESERVED: [&str; 2] = ["_api", "_url"];

/// Which requests a route takes: `POST /a/{b}`, `ANY /{proxy+}`, `$default`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteKey {
    /// `None` is `ANY`.
    method: Option<Method>,
    segments: Vec<Segment>,
    /// Of the parameters, in order.
    names: Vec<String>,
    text: String,
}

/// One part of a route's path, the more exact the smaller.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Segment {
    Exact(String),
    /// `{name}`: one segment that is not empty.
    Parameter,
    /// `{name+}`: all that is left, at least one segment.
    Rest,
    /// `$default`: everything, and behind every other route.
    Anything,
}

/// A text that is no route key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no route key: {reason}")]
pub struct KeyError {
    text: String,
    reason: &'static str,
}

impl FromStr for RouteKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        parse(text).map_err(|reason| KeyError { text: text.into(), reason })
    }
}

fn parse(text: &str) -> Result<RouteKey, &'static str> {
    if text == DEFAULT {
        let (segments, names) = (vec![Segment::Anything], Vec::new());
        return Ok(RouteKey { method: None, segments, names, text: text.into() });
    }
    let (method, path) = text.split_once(' ').ok_or("write `METHOD /path` or `$default`")?;
    let method = match method {
        "ANY" => None,
        name if name.bytes().all(|b| b.is_ascii_uppercase()) => {
            Some(Method::from_bytes(name.as_bytes()).map_err(|_| "the method is missing")?)
        }
        _ => return Err("a method is written in capitals"),
    };
    let path = path.strip_prefix('/').ok_or("a path begins with `/`")?;
    if path.split('/').next().is_some_and(|first| RESERVED.contains(&first)) {
        return Err("paths under `/_api/` and `/_url/` name APIs and functions");
    }
    let mut names = Vec::new();
    let segments: Vec<_> = path.split('/').map(|text| parse_segment(text, &mut names)).collect::<Result<_, _>>()?;
    if segments.iter().rev().skip(1).any(|segment| *segment == Segment::Rest) {
        return Err("`{name+}` stands at the end of a path");
    }
    if (1..names.len()).any(|at| names[..at].contains(&names[at])) {
        return Err("two of its path parameters have one name");
    }
    Ok(RouteKey { method, segments, names, text: text.into() })
}

fn parse_segment(text: &str, names: &mut Vec<String>) -> Result<Segment, &'static str> {
    let Some(name) = text.strip_prefix('{').and_then(|text| text.strip_suffix('}')) else {
        let plain = !text.contains(['{', '}', '?', '#', ' ']);
        return if plain {
            Ok(Segment::Exact(text.into()))
        } else {
            Err("a path parameter is a whole segment, `{name}`")
        };
    };
    let (name, segment) = match name.strip_suffix('+') {
        Some(name) => (name, Segment::Rest),
        None => (name, Segment::Parameter),
    };
    let valid = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b));
    if !valid {
        return Err("a path parameter's name is of letters, digits, `.`, `_` and `-`");
    }
    names.push(name.to_owned());
    Ok(segment)
}

impl RouteKey {
    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    pub(crate) fn is_default(&self) -> bool {
        self.text == DEFAULT
    }

    /// The path as it was written, `/pets/{id}`; of `$default` that.
    pub(crate) fn resource(&self) -> &str {
        self.text.split_once(' ').map_or(&self.text, |(_, path)| path)
    }

    /// The names of its path parameters.
    pub(crate) fn parameters(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }

    /// The smaller, the sooner a route is asked: the more exact path, then a named method before `ANY`.
    pub(crate) fn rank(&self) -> (&[Segment], Reverse<bool>, Option<&str>) {
        (&self.segments, Reverse(self.method.is_some()), self.method.as_ref().map(Method::as_str))
    }

    pub(crate) fn takes_method(&self, method: &Method) -> bool {
        self.method.as_ref().is_none_or(|own| own == method)
    }

    /// Paths are compared as they were sent, undecoded. `path` is without its leading slash.
    pub(crate) fn takes_path(&self, path: &str) -> bool {
        self.walk(path, |_| ())
    }

    /// What stands where the path parameters are, decoded. `path` is one that this key takes.
    pub(crate) fn path_parameters(&self, path: &str) -> BTreeMap<String, String> {
        let mut values = Vec::with_capacity(self.names.len());
        self.walk(path, |value| values.push(decoded(value)));
        self.names.iter().cloned().zip(values).collect()
    }

    fn walk<'p>(&self, path: &'p str, mut found: impl FnMut(&'p str)) -> bool {
        let mut rest = Some(path);
        for segment in &self.segments {
            if *segment == Segment::Anything {
                return true;
            }
            let Some(path) = rest else { return false };
            let (first, after) = match path.split_once('/') {
                Some((first, after)) => (first, Some(after)),
                None => (path, None),
            };
            match segment {
                Segment::Rest if !path.is_empty() => {
                    found(path);
                    return true;
                }
                Segment::Parameter if !first.is_empty() => {
                    found(first);
                    rest = after;
                }
                Segment::Exact(text) if text == first => rest = after,
                _ => return false,
            }
        }
        rest.is_none()
    }
}

/// What is not UTF-8 once decoded stays as it was sent.
fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8().map_or_else(|_| text.to_owned(), Into::into)
}

impl fmt::Display for RouteKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_key_is_refused() {
        for text in [
            "",
            "/a",
            "POST",
            "post /a",
            "POST a",
            " /a",
            "POST /{a+}/b",
            "POST /x{a}",
            "POST /{}",
            "POST /{a}/{a}",
            "GET /_api/x",
            "GET /_api",
            "GET /_url/f",
        ] {
            assert!(text.parse::<RouteKey>().is_err(), "{text}");
        }
    }

    #[test]
    fn path_parameters_are_named_and_decoded() {
        for (key, path, expected) in [
            ("GET /pets/{id}", "pets/7", &[("id", "7")][..]),
            ("GET /{a}/x/{b}", "1/x/%EA%B0%80+b", &[("a", "1"), ("b", "가+b")]),
            ("ANY /{proxy+}", "a/b%2Fc//", &[("proxy", "a/b/c//")]),
            ("GET /{raw}", "%ff", &[("raw", "%ff")]),
            ("GET /pets", "pets", &[]),
            ("$default", "a/b", &[]),
        ] {
            let key: RouteKey = key.parse().unwrap();
            assert!(key.takes_path(path));
            let expected = expected.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            assert_eq!(key.path_parameters(path), expected, "{key} {path}");
        }
    }
}
