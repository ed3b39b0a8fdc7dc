//! Everything that is served, checked and compiled, and found again for a request.

use std::{
    cmp::Ordering,
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use hyper::{Method, http::request::Parts};

use crate::{
    Api, ApiKind, BodyKind, FunctionUrl, KeySource, Route, RouteKey, Stage, Throttle, Webhook,
    api::DEFAULT_STAGE,
    authorizer::ReadyAuthorizer,
    call::{Kind, Place},
    cors::CorsHeaders,
    integration::{FunctionCall, Ready},
    observation::Counters,
    providers::{self, Provider, SettingsError},
    route_key::{self, RESERVED},
    throttle::Bucket,
    usage::{Meters, StageKeys},
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
    /// Who is asked, and for which scopes.
    pub(crate) gate: Option<Gate>,
    /// Which keys there are, and where a request has its own; of routes that need one.
    pub(crate) keys: Option<(Arc<StageKeys>, KeySource)>,
    pub(crate) counters: Arc<Counters>,
}

/// An authorizer that a route asks.
pub(crate) struct Gate {
    pub(crate) authorizer: Arc<ReadyAuthorizer>,
    pub(crate) scopes: Vec<String>,
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
    meters: Meters,
}

/// What is compiled once for all routes of a stage.
struct Shared {
    cors: Option<Arc<CorsHeaders>>,
    authorizers: BTreeMap<String, Arc<ReadyAuthorizer>>,
    keys: Arc<StageKeys>,
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
        let (mut routes, mut meters) = (Vec::new(), Meters::default());
        for api in apis {
            let fault = |reason: &str| RouteError::Api { api_name: api.name.clone(), reason: reason.into() };
            check(&api).map_err(|reason| fault(&reason))?;
            if !names.insert(api.name.clone()) {
                return Err(fault("two APIs have this name"));
            }
            let cors = api.cors.as_ref().map(CorsHeaders::new).transpose().map_err(fault)?.map(Arc::new);
            for stage in &api.stages {
                let keys = meters.of_stage(&api.usage_plans, &stage.name).map_err(|reason| fault(&reason))?;
                let authorizers = authorizers(&api).map_err(|reason| fault(&reason))?;
                let shared = Shared { cors: cors.clone(), authorizers, keys: Arc::new(keys) };
                for route in &api.routes {
                    routes.push(entry(&api, stage, route, &shared)?);
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
        Ok(Self { routes, urls, meters })
    }

    pub(crate) fn meters(&self) -> &Meters {
        &self.meters
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
    stage_rank(a).cmp(&stage_rank(b)).then_with(|| a.key.rank().cmp(&b.key.rank()))
}

fn stage_rank(entry: &Entry) -> (bool, &str) {
    (entry.place.stage == DEFAULT_STAGE, &entry.place.stage)
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
        ApiKind::Http if !api.usage_plans.is_empty() => Err("only a REST API has usage plans".into()),
        ApiKind::Http if !api.binary_media_types.is_empty() => Err("an HTTP API has no binary media types".into()),
        ApiKind::Rest if api.routes.iter().any(|route| route.key.is_default()) => {
            Err(format!("a REST API has no `{}`", route_key::DEFAULT))
        }
        _ => Ok(()),
    }
}

/// Each stage has its own, with answers of its own.
fn authorizers(api: &Api) -> Result<BTreeMap<String, Arc<ReadyAuthorizer>>, String> {
    let mut ready = BTreeMap::new();
    for authorizer in &api.authorizers {
        let name = &authorizer.name;
        let made = ReadyAuthorizer::new(authorizer, api.kind);
        let made = made.map_err(|reason| format!("the authorizer `{name}`: {reason}"))?;
        if ready.insert(name.clone(), Arc::new(made)).is_some() {
            return Err(format!("two authorizers have the name `{name}`"));
        }
    }
    Ok(ready)
}

/// Whom a route's access asks.
fn gate(route: &Route, shared: &Shared) -> Result<Option<Gate>, String> {
    let access = &route.access;
    let Some(name) = &access.authorizer else {
        return match access.scopes.is_empty() {
            true => Ok(None),
            false => Err("there are scopes, and no authorizer that would look for them".into()),
        };
    };
    let known = shared.authorizers.get(name).ok_or_else(|| format!("there is no authorizer `{name}`"))?;
    if !access.scopes.is_empty() && !known.knows_scopes() {
        return Err(format!("the authorizer `{name}` knows nothing of scopes"));
    }
    Ok(Some(Gate { authorizer: known.clone(), scopes: access.scopes.clone() }))
}

fn entry(api: &Api, stage: &Stage, route: &Route, shared: &Shared) -> Result<Entry, RouteError> {
    let (key, api_name) = (route.key.to_string(), api.name.clone());
    let webhook = match &route.webhook {
        None => None,
        Some(webhook) => match providers::make(webhook) {
            Ok(provider) => Some(ReadyWebhook { webhook: webhook.clone(), provider }),
            Err(reason) => return Err(RouteError::Webhook { key, api_name, reason }),
        },
    };
    let ready = Ready::new(route, api.kind).and_then(|integration| Ok((integration, gate(route, shared)?)));
    let (integration, gate) = match ready {
        Ok(ready) => ready,
        Err(reason) => return Err(RouteError::Integration { key, api_name, reason }),
    };
    if route.access.needs_key && api.kind == ApiKind::Http {
        let reason = "only a REST API has keys".into();
        return Err(RouteError::Integration { key, api_name, reason });
    }
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
        cors: shared.cors.clone(),
        bucket: throttle.copied().map(Bucket::new),
        iam: false,
        gate,
        keys: route.access.needs_key.then(|| (shared.keys.clone(), api.key_source)),
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
        gate: None,
        keys: None,
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
mod tests;
