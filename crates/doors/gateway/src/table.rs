//! Everything that is served, checked and compiled, and found again for a request.

use std::{cmp::Ordering, collections::BTreeSet, sync::Arc};

use hyper::{Method, http::request::Parts};

use crate::{
    Api, ApiKind, BodyKind, FunctionUrl, Route, RouteKey, Stage, Throttle, Webhook,
    api::DEFAULT_STAGE,
    call::{Kind, Place},
    cors::CorsHeaders,
    integration::{FunctionCall, Ready},
    observation::Counters,
    providers::{self, Provider, SettingsError},
    route_key::{self, RESERVED},
    throttle::Bucket,
};

/// The longest name of an API or a stage.
const NAME_CHARACTERS_MAX: usize = 128;
/// The path prefix under which every API is reachable, whatever it has in common with others.
const BY_NAME: &str = "/_api/";
/// The path prefix of functions' own addresses.
const BY_FUNCTION: &str = "/_url/";
/// Second label of the host names of functions' own addresses.
const URL_LABEL: &str = "lambda-url";

/// Why what is asked for cannot be served.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RouteError {
    /// Two routes take the very same requests at the root of the front door.
    #[error("`{key}` is claimed by the APIs `{first}` and `{second}`")]
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
    /// The route's integration contradicts itself or its API.
    #[error("route `{key}` of `{api_name}`: {reason}")]
    Integration {
        /// The route.
        key: String,
        /// Its API.
        api_name: String,
        /// What is wrong.
        reason: String,
    },
    /// The API as a whole, or the URL of the function of this name.
    #[error("`{api_name}`: {reason}")]
    Api {
        /// Whose.
        api_name: String,
        /// What is wrong.
        reason: String,
    },
}

/// A route of a stage, ready to be served.
pub(crate) struct Entry {
    pub(crate) place: Place,
    pub(crate) key: RouteKey,
    pub(crate) integration: Ready,
    pub(crate) webhook: Option<ReadyWebhook>,
    pub(crate) cors: Option<Arc<CorsHeaders>>,
    pub(crate) bucket: Option<Bucket>,
    /// Whether requests are signed as AWS's are.
    pub(crate) iam: bool,
    pub(crate) counters: Arc<Counters>,
}

/// A webhook whose provider is ready to receive.
pub(crate) struct ReadyWebhook {
    pub(crate) webhook: Webhook,
    pub(crate) provider: Box<dyn Provider>,
}

/// All that is served, checked.
pub struct Apis {
    /// Of all APIs, the most exact ones first.
    routes: Vec<Entry>,
    urls: Vec<Entry>,
}

/// What a request is for.
pub(crate) enum Found<'a> {
    /// A browser asks what it may do there.
    Preflight(&'a Entry),
    /// A route, and the request's path without what names the API.
    Route(&'a Entry, &'a str),
    /// Nothing, in the words of this kind of API.
    Nothing(Kind),
}

impl Apis {
    /// Checks and compiles everything.
    ///
    /// # Errors
    ///
    /// The first fault.
    pub fn new(apis: Vec<Api>, function_urls: Vec<FunctionUrl>) -> Result<Self, RouteError> {
        let mut names = BTreeSet::new();
        let mut routes = Vec::new();
        for api in apis {
            let fault = |reason: &str| RouteError::Api { api_name: api.name.clone(), reason: reason.into() };
            check(&api).map_err(|reason| fault(&reason))?;
            if !names.insert(api.name.clone()) {
                return Err(fault("two APIs have this name"));
            }
            let cors = api.cors.as_ref().map(CorsHeaders::new).transpose().map_err(fault)?.map(Arc::new);
            for stage in &api.stages {
                for route in &api.routes {
                    routes.push(entry(&api, stage, route, &cors)?);
                }
            }
        }
        // The sort is stable.
        routes.sort_by(order);
        for pair in routes.windows(2) {
            let [first, second] = [&pair[0], &pair[1]];
            if order(first, second).is_eq() {
                return Err(RouteError::Claimed {
                    key: second.key.to_string(),
                    first: first.place.api_name.clone(),
                    second: second.place.api_name.clone(),
                });
            }
        }
        let urls = function_urls.into_iter().map(url_entry).collect::<Result<_, _>>()?;
        Ok(Self { routes, urls })
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &Entry> {
        self.routes.iter().chain(&self.urls)
    }

    pub(crate) fn all_mut(&mut self) -> impl Iterator<Item = &mut Entry> {
        self.routes.iter_mut().chain(&mut self.urls)
    }

    /// What a request is for: a function's own address by host name or path, an API under `/_api/<name>/`, or a route at
    /// the root.
    pub(crate) fn find<'a>(&'a self, head: &'a Parts, host: &str) -> Found<'a> {
        let path = head.uri.path();
        let by_host = host.split_once('.').filter(|(_, rest)| rest.split('.').next() == Some(URL_LABEL));
        if let Some((id, _)) = by_host {
            return self.find_url(head, path, |place| place.api_id == id);
        }
        if let Some(rest) = path.strip_prefix(BY_FUNCTION) {
            let end = rest.find('/').unwrap_or(rest.len());
            let (name, path) = rest.split_at(end);
            return self.find_url(head, if path.is_empty() { "/" } else { path }, |place| place.api_name == name);
        }
        let (api_name, path) = match path.strip_prefix(BY_NAME) {
            None => (None, path),
            Some(rest) => {
                let (name, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
                (Some(name), if path.is_empty() { "/" } else { path })
            }
        };
        let of_api =
            || self.routes.iter().filter(move |entry| api_name.is_none_or(|name| name == entry.place.api_name));
        let on_path = || of_api().filter(|entry| entry.takes_path(path));
        if is_preflight(head)
            && let Some(entry) = on_path().next().filter(|entry| entry.cors.is_some())
        {
            return Found::Preflight(entry);
        }
        let found = on_path().find(|entry| entry.key.takes_method(&head.method));
        found.map_or_else(|| Found::Nothing(kind_at(of_api(), path)), |entry| Found::Route(entry, path))
    }

    fn find_url<'a>(&'a self, head: &Parts, path: &'a str, is_meant: impl Fn(&Place) -> bool) -> Found<'a> {
        match self.urls.iter().find(|entry| is_meant(&entry.place)) {
            Some(entry) if is_preflight(head) && entry.cors.is_some() => Found::Preflight(entry),
            Some(entry) => Found::Route(entry, path),
            None => Found::Nothing(Kind::FunctionUrl),
        }
    }
}

impl Entry {
    /// By which a route is known again in another set of APIs.
    pub(crate) fn name(&self) -> (Kind, String, String, String) {
        let Place { kind, api_name, stage, .. } = &self.place;
        (*kind, api_name.clone(), stage.clone(), self.key.to_string())
    }

    fn takes_path(&self, path: &str) -> bool {
        self.place.within_stage(path).is_some_and(|path| self.key.takes_path(path))
    }
}

/// <https://fetch.spec.whatwg.org/#cors-preflight-request>
fn is_preflight(head: &Parts) -> bool {
    head.method == Method::OPTIONS
        && head.headers.contains_key("origin")
        && head.headers.contains_key("access-control-request-method")
}

/// Whose words tell that nothing is there: those of the API in whose stage the path is.
fn kind_at<'a>(entries: impl Iterator<Item = &'a Entry>, path: &str) -> Kind {
    let is_named = |entry: &&Entry| entry.place.stage != DEFAULT_STAGE && entry.place.within_stage(path).is_some();
    let mut entries = entries.peekable();
    let only = entries.peek().map(|entry| entry.place.kind);
    let mut all_of_one_kind = true;
    let mut by_stage = None;
    for entry in entries {
        all_of_one_kind &= Some(entry.place.kind) == only;
        by_stage = by_stage.or_else(|| is_named(&entry).then_some(entry.place.kind));
    }
    by_stage.or(only.filter(|_| all_of_one_kind)).unwrap_or(Kind::Http)
}

/// HTTP API's order; a stage's name is the first part of the path.
fn order(a: &Entry, b: &Entry) -> Ordering {
    let stage = |entry: &Entry| (entry.place.stage == DEFAULT_STAGE, entry.place.stage.clone());
    stage(a).cmp(&stage(b)).then_with(|| a.key.rank().cmp(&b.key.rank()))
}

fn check(api: &Api) -> Result<(), String> {
    let is_name =
        |name: &str| (1..=NAME_CHARACTERS_MAX).contains(&name.chars().count()) && !name.contains(['/', '?', '#']);
    if !is_name(&api.name) {
        return Err(format!("an API's name has 1 to {NAME_CHARACTERS_MAX} characters, and no `/`, `?` or `#`"));
    }
    if api.stages.is_empty() {
        return Err("an API needs a stage to be served".into());
    }
    for (at, stage) in api.stages.iter().enumerate() {
        let name = stage.name.as_str();
        let is_plain = is_name(name) && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-".contains(&b));
        let is_default = name == DEFAULT_STAGE && api.kind == ApiKind::Http;
        if !(is_plain || is_default) || RESERVED.contains(&name) {
            return Err(format!("`{name}` is no name of a stage here"));
        }
        if api.stages[..at].iter().any(|other| other.name == name) {
            return Err(format!("two stages have the name `{name}`"));
        }
        let throttles = stage.throttle.iter().chain(stage.route_throttles.values());
        if throttles.into_iter().any(|Throttle { rate, .. }| !rate.is_finite() || *rate < 0.0) {
            return Err(format!("a throttling rate of the stage `{name}` is no number of requests a second"));
        }
        let unknown = |key: &&String| !api.routes.iter().any(|route| route.key.as_str() == key.as_str());
        if let Some(key) = stage.route_throttles.keys().find(unknown) {
            return Err(format!("the stage `{name}` throttles `{key}`, which is no route"));
        }
    }
    match api.kind {
        ApiKind::Rest if api.cors.is_some() => Err("a REST API answers preflights by routes of its own".into()),
        ApiKind::Http if !api.binary_media_types.is_empty() => Err("an HTTP API has no binary media types".into()),
        ApiKind::Rest if api.routes.iter().any(|route| route.key.is_default()) => {
            Err(format!("a REST API has no `{}`", route_key::DEFAULT))
        }
        _ => Ok(()),
    }
}

fn entry(api: &Api, stage: &Stage, route: &Route, cors: &Option<Arc<CorsHeaders>>) -> Result<Entry, RouteError> {
    let (key, api_name) = (route.key.to_string(), api.name.clone());
    let webhook = match &route.webhook {
        None => None,
        Some(webhook) => match providers::make(webhook) {
            Ok(provider) => Some(ReadyWebhook { webhook: webhook.clone(), provider }),
            Err(reason) => return Err(RouteError::Webhook { key, api_name, reason }),
        },
    };
    let integration = Ready::new(&route.integration, api.kind, webhook.is_some());
    let integration = match integration {
        Ok(integration) => integration,
        Err(reason) => return Err(RouteError::Integration { key, api_name, reason }),
    };
    if integration.lacks_group(webhook.as_ref()) {
        return Err(RouteError::GroupMissing { key, api_name });
    }
    let throttle = stage.route_throttles.get(route.key.as_str()).or(stage.throttle.as_ref());
    let place = Place {
        kind: match api.kind {
            ApiKind::Http => Kind::Http,
            ApiKind::Rest => Kind::Rest,
        },
        api_id: api.id.clone(),
        api_name,
        stage: stage.name.clone(),
        variables: stage.variables.clone(),
        binary_media_types: api.binary_media_types.clone(),
    };
    Ok(Entry {
        place,
        key: route.key.clone(),
        integration,
        webhook,
        cors: cors.clone(),
        bucket: throttle.copied().map(Bucket::new),
        iam: false,
        counters: Arc::default(),
    })
}

fn url_entry(url: FunctionUrl) -> Result<Entry, RouteError> {
    let FunctionUrl { id, function, iam, streams, cors } = url;
    let cors = cors.as_ref().map(CorsHeaders::new).transpose();
    let cors = cors.map_err(|reason| RouteError::Api { api_name: function.clone(), reason: reason.into() })?;
    let place = Place {
        kind: Kind::FunctionUrl,
        api_id: id,
        api_name: function.clone(),
        stage: DEFAULT_STAGE.into(),
        variables: Default::default(),
        binary_media_types: Vec::new(),
    };
    Ok(Entry {
        place,
        key: route_key::DEFAULT.parse().expect("`$default` is a route key"),
        integration: Ready::Function(FunctionCall::of_url(function, streams)),
        webhook: None,
        cors: cors.map(Arc::new),
        bucket: None,
        iam,
        counters: Arc::default(),
    })
}

impl ReadyWebhook {
    /// What both the route and its provider take as a body.
    pub(crate) fn body(&self) -> BodyKind {
        match (self.webhook.body, self.provider.body()) {
            (BodyKind::Text, BodyKind::Text) => BodyKind::Text,
            _ => BodyKind::Json,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, time::Duration};

    use hyper::Request;

    use super::*;
    use crate::{Cors, Integration, PayloadFormat};

    fn function() -> Integration {
        Integration::Function { function: "f".into(), payload: PayloadFormat::V1, timeout: Duration::from_secs(29) }
    }

    fn route(key: &str) -> Route {
        Route { key: key.parse().unwrap(), integration: function(), webhook: None }
    }

    fn stage(name: &str) -> Stage {
        Stage { name: name.into(), ..Stage::without_name() }
    }

    fn api(name: &str, kind: ApiKind, stages: &[&str], keys: &[&str]) -> Api {
        Api {
            id: format!("{name}-id"),
            name: name.into(),
            kind,
            stages: stages.iter().map(|name| stage(name)).collect(),
            cors: None,
            routes: keys.iter().map(|key| route(key)).collect(),
            binary_media_types: Vec::new(),
        }
    }

    fn http(name: &str, keys: &[&str]) -> Api {
        api(name, ApiKind::Http, &[DEFAULT_STAGE], keys)
    }

    fn url(id: &str, function: &str) -> FunctionUrl {
        FunctionUrl { id: id.into(), function: function.into(), iam: false, streams: false, cors: None }
    }

    /// `api stage key path`, or the kind in whose words nothing is there.
    fn found_at(apis: &Apis, method: &str, host: &str, path: &str) -> String {
        let (head, ()) = Request::builder().method(method).uri(path).body(()).unwrap().into_parts();
        match apis.find(&head, host) {
            Found::Nothing(kind) => format!("{kind:?}"),
            Found::Preflight(entry) => format!("preflight {}", entry.key),
            Found::Route(entry, path) => format!("{} {} {} {path}", entry.place.api_name, entry.place.stage, entry.key),
        }
    }

    /// The key of the route.
    fn found(apis: &Apis, method: &str, path: &str) -> Option<String> {
        let (head, ()) = Request::builder().method(method).uri(path).body(()).unwrap().into_parts();
        match apis.find(&head, "localhost") {
            Found::Route(entry, _) => Some(entry.key.to_string()),
            _ => None,
        }
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
        let apis = Apis::new(vec![http("zoo", &keys)], Vec::new()).unwrap();
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
            assert_eq!(found(&apis, method, path).as_deref(), Some(expected), "{method} {path}");
        }
        assert_eq!(found(&apis, "GET", "/_api/other/pets/dog/1"), None);
        assert_eq!(found(&apis, "OPTIONS", "*"), None);
    }

    #[test]
    fn another_path_or_method_is_nobodys() {
        let apis = Apis::new(vec![http("til", &["POST /slack/events", "POST /x/{id}"])], Vec::new()).unwrap();
        assert_eq!(found(&apis, "POST", "/slack/events").as_deref(), Some("POST /slack/events"));
        for (method, path) in [
            ("GET", "/slack/events"),
            ("POST", "/slack/events/"),
            ("POST", "//slack/events"),
            ("POST", "/slack"),
            ("POST", "/Slack/events"),
            ("POST", "/x/"),
            ("POST", "/x"),
            ("POST", "/_api"),
            ("POST", "/_api/til/nothing"),
        ] {
            assert_eq!(found(&apis, method, path), None, "{method} {path}");
        }
    }

    #[test]
    fn a_named_stage_is_a_prefix_and_the_default_stage_is_none() {
        let pets = &["GET /", "GET /pets/{id}"];
        let apis = vec![
            api("rest", ApiKind::Rest, &["prod", "dev"], pets),
            api("http", ApiKind::Http, &[DEFAULT_STAGE, "beta"], pets),
        ];
        let apis = Apis::new(apis, Vec::new()).unwrap();
        for (path, expected) in [
            ("/prod/pets/1", "rest prod GET /pets/{id} /prod/pets/1"),
            ("/dev", "rest dev GET / /dev"),
            ("/dev/", "rest dev GET / /dev/"),
            ("/develop", "Http"),
            ("/prod/other", "Rest"),
            ("/other", "Http"),
            ("/", "http $default GET / /"),
            ("/pets/1", "http $default GET /pets/{id} /pets/1"),
            ("/beta/pets/1", "http beta GET /pets/{id} /beta/pets/1"),
            ("/_api/rest/prod/pets/1", "rest prod GET /pets/{id} /prod/pets/1"),
            ("/_api/rest/pets/1", "Rest"),
            ("/_api/http/beta/", "http beta GET / /beta/"),
            ("/_api/nobody/", "Http"),
        ] {
            assert_eq!(found_at(&apis, "GET", "localhost", path), expected, "{path}");
        }
    }

    #[test]
    fn a_functions_own_address_is_a_path_or_a_host() {
        let mut with_cors = url("u2", "g:live");
        with_cors.cors = Some(Cors::default());
        let apis = Apis::new(vec![http("api", &["$default"])], vec![url("u1", "f"), with_cors]).unwrap();
        for (host, path, expected) in [
            ("localhost", "/_url/f/a/b", "f $default $default /a/b"),
            ("localhost", "/_url/f", "f $default $default /"),
            ("localhost", "/_url/g:live/", "g:live $default $default /"),
            ("localhost", "/_url/g/", "FunctionUrl"),
            ("u2.lambda-url.us-east-1.localhost", "/x", "g:live $default $default /x"),
            ("u3.lambda-url.us-east-1.localhost", "/x", "FunctionUrl"),
            ("u1.example.com", "/x", "api $default $default /x"),
        ] {
            assert_eq!(found_at(&apis, "GET", host, path), expected, "{host} {path}");
        }
    }

    #[test]
    fn apis_that_claim_the_same_root_route_are_refused_by_name() {
        for (first, second) in [("POST /hook", "POST /hook"), ("ANY /{a}/b", "ANY /{c}/b"), ("$default", "$default")] {
            let error = Apis::new(vec![http("one", &[first]), http("two", &[second])], Vec::new()).err().unwrap();
            let text = format!("`{second}` is claimed by the APIs `one` and `two`");
            assert_eq!(error.to_string(), text);
        }
        let apart = vec![http("one", &["POST /hook"]), http("two", &["ANY /hook", "PUT /hook"])];
        assert!(Apis::new(apart, Vec::new()).is_ok());
        let stages = [("a", ApiKind::Rest, "x"), ("b", ApiKind::Rest, "y")];
        let stages = stages.map(|(name, kind, stage)| api(name, kind, &[stage], &["GET /"])).to_vec();
        assert!(Apis::new(stages, Vec::new()).is_ok());
    }

    #[test]
    fn what_contradicts_itself_is_refused_with_the_reason() {
        let refused = |change: fn(&mut Api), expected: &str| {
            let mut api = http("shop", &["POST /hook"]);
            change(&mut api);
            let error = Apis::new(vec![api], Vec::new()).err().map(|error| error.to_string()).unwrap_or_default();
            assert_eq!(error, expected);
        };
        refused(|_| {}, "");
        refused(|api| api.stages.clear(), "`shop`: an API needs a stage to be served");
        refused(|api| api.kind = ApiKind::Rest, "`shop`: `$default` is no name of a stage here");
        refused(|api| api.stages = vec![stage("_url")], "`shop`: `_url` is no name of a stage here");
        refused(|api| api.stages = vec![stage("a/b")], "`shop`: `a/b` is no name of a stage here");
        refused(|api| api.stages.push(Stage::without_name()), "`shop`: two stages have the name `$default`");
        refused(
            |api| api.stages[0].throttle = Some(Throttle { rate: f64::NAN, burst: 1 }),
            "`shop`: a throttling rate of the stage `$default` is no number of requests a second",
        );
        refused(
            |api| api.stages[0].route_throttles = [("GET /x".into(), Throttle { rate: 1.0, burst: 1 })].into(),
            "`shop`: the stage `$default` throttles `GET /x`, which is no route",
        );
        refused(|api| api.name = "a/b".into(), "`a/b`: an API's name has 1 to 128 characters, and no `/`, `?` or `#`");
        refused(|api| api.binary_media_types = vec!["*/*".into()], "`shop`: an HTTP API has no binary media types");
        refused(
            |api| api.cors = Some(Cors { credentials: true, origins: vec!["*".into()], ..Cors::default() }),
            "`shop`: CORS with credentials needs origins that are named, not `*`",
        );
        refused(
            |api| {
                api.routes[0].integration = Integration::Function {
                    function: "f".into(),
                    payload: PayloadFormat::V2,
                    timeout: Duration::from_millis(30_001),
                };
            },
            "route `POST /hook` of `shop`: the timeout of an integration is 50 to 30000 ms",
        );
        refused(
            |api| api.routes[0].integration = Integration::Mock(Default::default()),
            "route `POST /hook` of `shop`: only a REST API has integrations of the type MOCK",
        );
        refused(
            |api| {
                let parameters = BTreeMap::from([("MessageBody".into(), "$request.bod".into())]);
                let (queue, responses) = ("q".into(), BTreeMap::new());
                api.routes[0].integration = Integration::SendMessage { queue, parameters, responses };
            },
            "route `POST /hook` of `shop`: MessageBody: `request.bod` cannot be mapped: there is request.header.name, \
             request.querystring.name, request.path.name, request.path, request.body, request.body.path, context.name \
             and stageVariables.name",
        );
        let twice = Apis::new(vec![http("shop", &[]), http("shop", &[])], Vec::new()).err().unwrap();
        assert_eq!(twice.to_string(), "`shop`: two APIs have this name");
    }

    fn webhook(provider: &str) -> Option<Webhook> {
        Some(Webhook { provider: provider.into(), ..Webhook::default() })
    }

    fn into_queue(queue: &str, parameters: &[(&str, &str)]) -> Integration {
        let parameters = parameters.iter().map(|(name, text)| ((*name).into(), (*text).into())).collect();
        Integration::SendMessage { queue: queue.into(), parameters, responses: BTreeMap::new() }
    }

    #[test]
    fn a_fifo_route_without_a_group_is_refused() {
        let with = |integration: Integration, group: Option<&str>| {
            let mut api = http("shop", &["POST /hook"]);
            let webhook = webhook("none").map(|it| Webhook { group: group.map(|it| it.parse().unwrap()), ..it });
            api.routes[0] = Route { integration, webhook, ..api.routes[0].clone() };
            Apis::new(vec![api], Vec::new()).err()
        };
        assert!(matches!(with(into_queue("q.fifo", &[]), None), Some(RouteError::GroupMissing { .. })));
        assert_eq!(with(into_queue("q.fifo", &[]), Some("all")), None);
        assert_eq!(with(into_queue("q.fifo", &[("MessageGroupId", "$request.path")]), None), None);
        assert_eq!(with(into_queue("q", &[]), None), None);
    }

    #[test]
    fn a_route_with_an_unknown_provider_is_refused() {
        let mut api = http("shop", &["POST /hook"]);
        api.routes[0].webhook = webhook("nobody");
        let error = Apis::new(vec![api], Vec::new()).err().unwrap();
        assert!(error.to_string().starts_with("route `POST /hook` of `shop`: "), "{error}");
    }
}
