//! Which requests a route takes.

use std::fmt;

/// What a route key may begin with.
const METHODS: [&str; 8] = ["ANY", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"];

/// `METHOD /path`, or everything that no other route takes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RouteKey {
    /// `$default`.
    Default,
    /// Requests with this method and path.
    Path {
        /// In upper case; `ANY` for all.
        method: String,
        /// Begins with `/`; a segment may be `{name}`, the last one `{name+}`.
        path: String,
    },
}

impl RouteKey {
    pub(crate) fn parse(text: &str) -> Result<RouteKey, String> {
        if text == "$default" {
            return Ok(RouteKey::Default);
        }
        let refuse = || format!("RouteKey must be METHOD /path or $default, not {text}");
        let (method, path) = text.split_once(' ').ok_or_else(refuse)?;
        let segments: Vec<&str> = path.strip_prefix('/').ok_or_else(refuse)?.split('/').collect();
        let is_last = |index: usize| index + 1 == segments.len();
        let is_good = |(index, segment): (usize, &&str)| match segment.strip_prefix('{') {
            Some(inside) => inside.strip_suffix('}').is_some_and(|name| {
                let name = if is_last(index) { name.strip_suffix('+').unwrap_or(name) } else { name };
                !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
            }),
            None => segment.bytes().all(|byte| byte.is_ascii_graphic() && !b"{}?#".contains(&byte)),
        };
        if !METHODS.contains(&method) || !segments.iter().enumerate().all(is_good) {
            return Err(refuse());
        }
        Ok(RouteKey::Path { method: method.to_owned(), path: path.to_owned() })
    }

    /// The key without the names of its variables: two keys that are equal here take the same requests.
    pub(crate) fn shape(&self) -> RouteKey {
        let RouteKey::Path { method, path } = self else { return self.clone() };
        let nameless = |segment: &str| match (segment.starts_with('{'), segment.ends_with("+}")) {
            (true, true) => "{+}".to_owned(),
            (true, false) => "{}".to_owned(),
            (false, _) => segment.to_owned(),
        };
        let path = path.split('/').map(nameless).collect::<Vec<_>>().join("/");
        RouteKey::Path { method: method.clone(), path }
    }
}

/// As the template writes it.
impl fmt::Display for RouteKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RouteKey::Default => f.write_str("$default"),
            RouteKey::Path { method, path } => write!(f, "{method} {path}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_key_is_a_method_and_a_path_or_the_default() {
        for text in ["POST /slack/events", "ANY /", "GET /a/{id}/b", "GET /{proxy+}", "$default"] {
            assert_eq!(RouteKey::parse(text).map(|key| key.to_string()).as_deref(), Ok(text));
        }
        for text in [
            "",
            "POST",
            "post /a",
            "POST a",
            "POST  /a",
            "POST /{a+}/b",
            "POST /{}",
            "POST /a{b}",
            "POST /a?b",
            "$other",
        ] {
            assert!(RouteKey::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn keys_that_differ_in_variable_names_only_have_the_same_shape() {
        let shape = |text| RouteKey::parse(text).unwrap().shape();
        assert_eq!(shape("GET /a/{id}"), shape("GET /a/{name}"));
        assert_ne!(shape("GET /a/{id}"), shape("GET /a/{id+}"));
    }
}
