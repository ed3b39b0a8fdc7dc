//! Routes of HTTP APIs: what is written in a template, checked, and found again for a request.

use std::{cmp::Reverse, collections::BTreeMap, fmt, str::FromStr};

use hyper::Method;

use crate::{
    Secret, Selector,
    providers::{self, Provider, SettingsError},
};

/// The path prefix under which every API is reachable, whatever it has in common with others.
const BY_NAME_PREFIX: &str = "/_api/";
/// HTTP API's name for the route of whatever no other route takes.
const DEFAULT: &str = "$default";

/// One route of an HTTP API and what becomes of its requests.
#[derive(Clone, Debug)]
pub struct Route {
    /// Which requests it takes.
    pub key: RouteKey,
    /// The HTTP API that it belongs to.
    pub api_name: String,
    /// The name of the queue that its messages go to. AWS's naming rule tells a FIFO queue: `.fifo` at the end.
    pub queue: String,
    /// What the body must be, besides what its provider knows of it.
    pub body: BodyKind,
    /// Who sends, and how to know.
    pub webhook: Webhook,
}

/// What a route takes as a body; anything else is answered 400.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BodyKind {
    /// One JSON value.
    #[default]
    Json,
    /// Any text that a message can hold.
    Text,
}

/// The `Webhook` metadata of a route.
#[derive(Clone, Debug, Default)]
pub struct Webhook {
    /// A provider's name: `slack`, `hmac`, `none`.
    pub provider: String,
    /// The secrets that may sign; several while one is being rotated.
    pub secrets: Vec<Secret>,
    /// The provider's own settings by name; each provider's file lists them.
    pub options: BTreeMap<String, String>,
    /// The message's group. If nothing is selected the provider's default counts; without one the webhook is answered
    /// 400. On a FIFO queue one of the two is required. What SQS does not allow as an id is replaced by its SHA-256.
    pub group: Option<Selector>,
    /// The message's deduplication id, on standard queues too. If nothing is selected the provider's default counts;
    /// without one the webhook is answered 400: a hash of the body could swallow a different webhook that looks alike.
    pub deduplication: Option<Selector>,
}

/// Method and path of a route, written as in AWS: `POST /a/{b}`, `ANY /{proxy+}`, `$default`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteKey {
    /// `None` is `ANY`.
    method: Option<Method>,
    segments: Vec<Segment>,
    text: String,
}

/// One part of a route's path, the more exact the smaller.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Segment {
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
        let (method, segments) = parse_key(text).map_err(|reason| KeyError { text: text.into(), reason })?;
        Ok(Self { method, segments, text: text.into() })
    }
}

fn parse_key(text: &str) -> Result<(Option<Method>, Vec<Segment>), &'static str> {
    if text == DEFAULT {
        return Ok((None, vec![Segment::Anything]));
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
    if format!("/{path}/").starts_with(BY_NAME_PREFIX) {
        return Err("paths under `/_api/` name APIs");
    }
    let segments: Vec<_> = path.split('/').map(parse_segment).collect::<Result<_, _>>()?;
    if segments.iter().rev().skip(1).any(|segment| *segment == Segment::Rest) {
        return Err("`{name+}` stands at the end of a path");
    }
    Ok((method, segments))
}

fn parse_segment(text: &str) -> Result<Segment, &'static str> {
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
    if valid { Ok(segment) } else { Err("a path parameter's name is of letters, digits, `.`, `_` and `-`") }
}

impl RouteKey {
    fn takes(&self, method: &Method, path: &str) -> bool {
        self.method.as_ref().is_none_or(|own| own == method) && takes_path(&self.segments, path)
    }
}

/// Paths are compared as they were sent, undecoded. `path` is without its leading slash.
fn takes_path(segments: &[Segment], path: &str) -> bool {
    let mut rest = Some(path);
    for segment in segments {
        let Some(path) = rest else { return false };
        let (first, after) = match path.split_once('/') {
            Some((first, after)) => (first, Some(after)),
            None => (path, None),
        };
        match segment {
            Segment::Anything => return true,
            Segment::Rest => return !path.is_empty(),
            Segment::Parameter if !first.is_empty() => rest = after,
            Segment::Exact(text) if text == first => rest = after,
            _ => return false,
        }
    }
    rest.is_none()
}

impl fmt::Display for RouteKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Why the routes cannot be served.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RouteError {
    /// Two routes take the very same requests at the root of the front door.
    #[error("`{key}` is claimed by the HTTP APIs `{first}` and `{second}`")]
    Claimed {
        /// The route as the second one writes it.
        key: String,
        /// The API named first.
        first: String,
        /// The API named second; the same one if it names the route twice.
        second: String,
    },
    /// The provider cannot work with what the route gives it.
    #[error("route `{key}` of `{api_name}`: {reason}")]
    Webhook {
        /// The route.
        key: String,
        /// Its API.
        api_name: String,
        /// What is wrong.
        reason: SettingsError,
    },
    /// A FIFO queue's messages need a group, and neither the route nor its provider says which.
    #[error("route `{key}` of `{api_name}`: messages of a FIFO queue need a MessageGroupId")]
    GroupMissing {
        /// The route.
        key: String,
        /// Its API.
        api_name: String,
    },
}

/// A route whose provider is ready to receive.
pub(crate) struct Ready {
    pub(crate) route: Route,
    pub(crate) provider: Box<dyn Provider>,
}

impl Ready {
    /// What both the route and its provider take as a body.
    pub(crate) fn body(&self) -> BodyKind {
        match (self.route.body, self.provider.body()) {
            (BodyKind::Text, BodyKind::Text) => BodyKind::Text,
            _ => BodyKind::Json,
        }
    }

    pub(crate) fn is_fifo(&self) -> bool {
        self.route.queue.ends_with(".fifo")
    }
}

/// All routes, the most exact ones first.
pub(crate) struct Routes(Vec<Ready>);

impl Routes {
    pub(crate) fn new(routes: Vec<Route>) -> Result<Self, RouteError> {
        let mut ready: Vec<_> = routes.into_iter().map(prepare).collect::<Result<_, _>>()?;
        // HTTP API's order: the more exact path, then a named method before `ANY`. The sort is stable.
        ready.sort_by(|a, b| rank(&a.route.key).cmp(&rank(&b.route.key)));
        for pair in ready.windows(2) {
            let [first, second] = [&pair[0].route, &pair[1].route];
            if rank(&first.key) == rank(&second.key) {
                return Err(RouteError::Claimed {
                    key: second.key.to_string(),
                    first: first.api_name.clone(),
                    second: second.api_name.clone(),
                });
            }
        }
        Ok(Self(ready))
    }

    /// The route of a request at the root, or under `/_api/<ApiName>/`.
    pub(crate) fn find(&self, method: &Method, path: &str) -> Option<&Ready> {
        let (api_name, path) = match path.strip_prefix(BY_NAME_PREFIX) {
            Some(named) => {
                let (name, path) = named.split_once('/').unwrap_or((named, ""));
                (Some(name), path)
            }
            None => (None, path.strip_prefix('/')?),
        };
        self.0.iter().find(|ready| {
            api_name.is_none_or(|name| name == ready.route.api_name) && ready.route.key.takes(method, path)
        })
    }
}

fn rank(key: &RouteKey) -> (&[Segment], Reverse<bool>, Option<&str>) {
    (&key.segments, Reverse(key.method.is_some()), key.method.as_ref().map(Method::as_str))
}

fn prepare(route: Route) -> Result<Ready, RouteError> {
    let (key, api_name) = (route.key.to_string(), route.api_name.clone());
    match providers::make(&route.webhook) {
        Err(reason) => Err(RouteError::Webhook { key, api_name, reason }),
        Ok(provider) => {
            let ready = Ready { route, provider };
            let group_known = ready.route.webhook.group.is_some() || ready.provider.gives_group();
            if ready.is_fifo() && !group_known { Err(RouteError::GroupMissing { key, api_name }) } else { Ok(ready) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn route(api_name: &str, key: &str) -> Route {
        Route {
            key: key.parse().unwrap(),
            api_name: api_name.into(),
            queue: "q".into(),
            body: BodyKind::Json,
            webhook: Webhook { provider: "none".into(), ..Webhook::default() },
        }
    }

    fn routes(keys: &[(&str, &str)]) -> Result<Routes, RouteError> {
        Routes::new(keys.iter().map(|(api_name, key)| route(api_name, key)).collect())
    }

    fn found<'r>(routes: &'r Routes, method: &str, path: &str) -> Option<&'r str> {
        routes.find(&method.parse().unwrap(), path).map(|ready| ready.route.key.text.as_str())
    }

    #[test]
    fn the_most_exact_route_takes_a_request() {
        let keys = [
            "$default",
            "ANY /{proxy+}",
            "GET /pets/{proxy+}",
            "ANY /pets/dog/{id}",
            "GET /pets/dog/{id}",
            "GET /pets/dog/1",
            "GET /",
        ];
        let routes = routes(&keys.map(|key| ("zoo", key))).unwrap();
        for (method, path, expected) in [
            ("GET", "/pets/dog/1", "GET /pets/dog/1"),
            ("GET", "/pets/dog/2", "GET /pets/dog/{id}"),
            ("POST", "/pets/dog/1", "ANY /pets/dog/{id}"),
            ("GET", "/pets/dog/2/3", "GET /pets/{proxy+}"),
            ("GET", "/pets/dog", "GET /pets/{proxy+}"),
            ("GET", "/pets/dog/", "GET /pets/{proxy+}"),
            ("POST", "/pets/dog", "ANY /{proxy+}"),
            ("GET", "/pets", "ANY /{proxy+}"),
            ("GET", "/", "GET /"),
            ("POST", "/", "$default"),
            ("GET", "/_api/zoo/pets/dog/1", "GET /pets/dog/1"),
            ("GET", "/_api/zoo/", "GET /"),
            ("GET", "/_api/zoo", "GET /"),
        ] {
            assert_eq!(found(&routes, method, path), Some(expected), "{method} {path}");
        }
        assert_eq!(found(&routes, "GET", "/_api/other/pets/dog/1"), None);
        assert_eq!(found(&routes, "OPTIONS", "*"), None);
    }

    #[test]
    fn another_path_or_method_is_nobodys() {
        let routes = routes(&[("til", "POST /slack/events"), ("til", "POST /x/{id}")]).unwrap();
        assert_eq!(found(&routes, "POST", "/slack/events"), Some("POST /slack/events"));
        for (method, path) in [
            ("GET", "/slack/events"),
            ("POST", "/slack/events/"),
            ("POST", "//slack/events"),
            ("POST", "/slack"),
            ("POST", "/Slack/events"),
            ("POST", "/x/"),
            ("POST", "/x"),
            ("POST", ""),
            ("POST", "/_api"),
            ("POST", "/_api/til/nothing"),
        ] {
            assert_eq!(found(&routes, method, path), None, "{method} {path}");
        }
    }

    #[test]
    fn apis_that_claim_the_same_root_route_are_refused_by_name() {
        for (first, second) in [("POST /hook", "POST /hook"), ("ANY /{a}/b", "ANY /{c}/b"), ("$default", "$default")] {
            let error = routes(&[("one", first), ("two", second)]).err().unwrap();
            let text = format!("`{second}` is claimed by the HTTP APIs `one` and `two`");
            assert_eq!(error.to_string(), text);
        }
        assert!(routes(&[("one", "POST /hook"), ("two", "ANY /hook"), ("two", "PUT /hook")]).is_ok());
    }

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
            "GET /_api/x",
            "GET /_api",
        ] {
            assert!(text.parse::<RouteKey>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_fifo_route_without_a_group_is_refused() {
        let mut route = route("shop", "POST /hook");
        route.queue = "q.fifo".into();
        let error = Routes::new(vec![route.clone()]).err().unwrap();
        assert!(matches!(error, RouteError::GroupMissing { .. }));
        route.webhook.group = Some("all".parse().unwrap());
        assert!(Routes::new(vec![route]).is_ok());
    }

    #[test]
    fn a_route_with_an_unknown_provider_is_refused() {
        let mut route = route("shop", "POST /hook");
        route.webhook.provider = "nobody".into();
        let error = Routes::new(vec![route]).err().unwrap();
        assert!(error.to_string().starts_with("route `POST /hook` of `shop`: "), "{error}");
    }
}
