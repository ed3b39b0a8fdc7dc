//! HTTP and REST APIs in plain types: what the front door is to serve, put together from the resources that describe it.

pub(crate) mod authorizer;
pub(crate) mod http;
pub(crate) mod integration;
pub(crate) mod openapi;
pub(crate) mod rest;
pub(crate) mod route_key;
pub(crate) mod security;
pub(crate) mod usage;

use std::collections::{BTreeMap, BTreeSet};

use crate::error::Faults;
use crate::names::{self, FIFO_SUFFIX};
use crate::reader::Reader;
use crate::stack::{Definition, Resource};
use crate::webhook::WebhookResource;
use crate::{AccessResource, AuthorizerResource, IntegrationResource, RouteKey, UsagePlanResource};
use authorizer::AuthorizerKind;
use usage::{Key, Plan};

/// The longest API name; CloudFormation's own limit.
const API_NAME_MAX: usize = 128;
/// The stage of an HTTP API that has no prefix.
const DEFAULT_STAGE: &str = "$default";
/// The highest rate and burst that a stage may ask for, per second and at once.
const RATE_MAX: f64 = 1e9;
const BURST_MAX: u32 = 1_000_000_000;

/// An API and everything that it serves.
#[derive(Clone, Debug, PartialEq)]
pub struct ApiResource {
    /// What `Ref` gives.
    pub id: String,
    /// Its name; no two APIs of a template have the same.
    pub name: String,
    /// Whose rules count.
    pub kind: ApiKind,
    /// Under which names it is served; at least one.
    pub stages: Vec<StageResource>,
    /// What browsers of other origins may do; of HTTP APIs alone.
    pub cors: Option<Cors>,
    /// What it takes; no two routes take the same requests.
    pub routes: Vec<RouteResource>,
    /// Bodies of these types are binary; of REST APIs alone.
    pub binary_media_types: Vec<String>,
    /// Who can be asked whether a request may pass.
    pub authorizers: Vec<AuthorizerResource>,
    /// Who has keys; of REST APIs alone.
    pub usage_plans: Vec<UsagePlanResource>,
    /// Whether authorizers say the key of a request, which else is in a header.
    pub keys_from_authorizers: bool,
}

/// Which of API Gateway's two products an API is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ApiKind {
    /// `AWS::ApiGatewayV2::Api`.
    Http,
    /// `AWS::ApiGateway::RestApi`.
    Rest,
}

/// A name under which an API is served.
#[derive(Clone, Debug, PartialEq)]
pub struct StageResource {
    /// `$default`, which has no prefix, or a name.
    pub name: String,
    /// Its stage variables.
    pub variables: BTreeMap<String, String>,
    /// For each route that has none of its own.
    pub throttle: Option<Throttle>,
    /// By route key.
    pub route_throttles: BTreeMap<String, Throttle>,
}

/// How many requests are let through.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Throttle {
    /// Requests a second in the long run.
    pub rate: f64,
    /// Requests at once.
    pub burst: u32,
}

/// What browsers of other origins may do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cors {
    /// Whether they may send cookies.
    pub credentials: bool,
    /// The headers that they may send.
    pub headers: Vec<String>,
    /// The methods that they may use.
    pub methods: Vec<String>,
    /// The origins; `*` for all.
    pub origins: Vec<String>,
    /// The headers that they may see.
    pub exposed_headers: Vec<String>,
    /// How long they may keep the answer, in seconds.
    pub max_age_seconds: Option<u32>,
}

/// Which requests, and what becomes of them.
#[derive(Clone, Debug, PartialEq)]
pub struct RouteResource {
    /// The resource that declares it: a route, a method, or the API whose `Body` it stands in.
    pub logical_id: String,
    /// Where it begins in the template.
    pub line: u32,
    /// Which requests it takes.
    pub key: RouteKey,
    /// Who works on them.
    pub integration: IntegrationResource,
    /// Who signs the requests.
    pub webhook: Option<WebhookResource>,
    /// Who may send them.
    pub access: AccessResource,
}

impl StageResource {
    fn named(name: &str) -> StageResource {
        let (variables, route_throttles) = (BTreeMap::new(), BTreeMap::new());
        StageResource { name: name.to_owned(), variables, throttle: None, route_throttles }
    }
}

impl Cors {
    /// Reads a property in the words that HTTP APIs and function URLs share.
    pub(crate) fn read(reader: &mut Reader<'_>, property: &str) -> Option<Cors> {
        let mut map = reader.map(property)?;
        let cors = Cors {
            credentials: map.boolean("AllowCredentials").unwrap_or(false),
            headers: map.strings("AllowHeaders"),
            methods: map.strings("AllowMethods"),
            origins: map.strings("AllowOrigins"),
            exposed_headers: map.strings("ExposeHeaders"),
            max_age_seconds: map.whole("MaxAge", 0..=86_400),
        };
        if cors.credentials && cors.origins.iter().any(|origin| origin == "*") {
            map.fault(map.line_of("AllowCredentials"), "AllowCredentials needs AllowOrigins without *");
        }
        map.finish();
        Some(cors)
    }
}

impl Throttle {
    /// Reads the settings of a stage or route; what is measured and logged is not up to them.
    fn read(reader: &mut Reader<'_>) -> Option<Throttle> {
        reader.pass(&["DataTraceEnabled", "DetailedMetricsEnabled", "LoggingLevel", "MetricsEnabled"]);
        Throttle::read_limits(reader, "ThrottlingRateLimit", "ThrottlingBurstLimit")
    }

    /// Reads the limits under these names.
    fn read_limits(reader: &mut Reader<'_>, rate: &str, burst: &str) -> Option<Throttle> {
        let rate = reader.decimal(rate, 0.0..=RATE_MAX);
        let burst = reader.whole(burst, 0..=BURST_MAX);
        let known = rate.is_some() || burst.is_some();
        known.then(|| Throttle { rate: rate.unwrap_or(RATE_MAX), burst: burst.unwrap_or(BURST_MAX) })
    }
}

/// The APIs that have been read so far; resources that come later add to them.
#[derive(Default)]
pub(crate) struct Gateway {
    apis: BTreeMap<String, Gathered>,
    /// Id of an integration → its API and what it is; `None` when it is faulty and has been reported.
    integrations: BTreeMap<String, (String, Option<IntegrationResource>)>,
    /// Id of a REST API's resource → its API and path.
    paths: BTreeMap<String, (String, String)>,
    /// By id.
    keys: BTreeMap<String, Key>,
    /// By id.
    plans: BTreeMap<String, Plan>,
}

/// What belongs to one API.
struct Gathered {
    logical_id: String,
    stages: Vec<StageResource>,
    routes: Vec<RouteResource>,
    authorizers: Vec<AuthorizerResource>,
}

impl Gateway {
    fn add_api(&mut self, id: &str, gathered: Gathered) {
        self.apis.insert(id.to_owned(), gathered);
    }

    /// The API that a property points to.
    fn api(&mut self, reader: &mut Reader<'_>, property: &str, type_name: &str) -> Option<(String, &mut Gathered)> {
        let id = reader.required(property)?;
        match self.apis.get_mut(&id) {
            Some(api) => Some((id, api)),
            None => {
                let reason = format!("{property} must point to an {type_name} of this template");
                reader.fault(reader.line_of(property), reason);
                None
            }
        }
    }

    /// Puts routes and stages where they belong, once everything has been read.
    pub(crate) fn complete(mut self, resources: &mut [Resource], faults: &mut Faults) {
        let needs_id: Vec<String> = resources
            .iter()
            .filter_map(|resource| match &resource.definition {
                Definition::Queue(queue) if !queue.has_content_based_deduplication() => Some(queue.name.clone()),
                _ => None,
            })
            .collect();
        let mut served: Vec<(String, ApiKind, String, RouteKey, String)> = Vec::new();
        let mut rest_apis = Vec::new();
        for Resource { logical_id, line, definition, .. } in resources {
            let Definition::Api(api) = definition else { continue };
            let Some(gathered) = self.apis.remove(&api.id) else { continue };
            (api.stages, api.routes, api.authorizers) = (gathered.stages, gathered.routes, gathered.authorizers);
            if api.kind == ApiKind::Rest {
                rest_apis.push(api.id.clone());
                api.usage_plans = self.usage_plans(&api.id, &api.stages, faults);
            }
            faults.concern(Some(logical_id));
            if api.stages.is_empty() && api.kind == ApiKind::Http {
                api.stages.push(StageResource::named(DEFAULT_STAGE));
            } else if api.stages.is_empty() {
                faults.at(*line, "the API has no stage: it needs a Deployment with a StageName, or a Stage");
            }
            let mut names = BTreeSet::new();
            if let Some(twice) = api.stages.iter().find(|stage| !names.insert(&stage.name)) {
                faults.at(*line, format!("the API has two stages named {}", twice.name));
                continue;
            }
            for route in &api.routes {
                faults.concern(Some(&route.logical_id));
                check_message(route, &needs_id, faults);
                check_authorizer(route, &api.authorizers, faults);
                for stage in &api.stages {
                    let shape = route.key.shape();
                    let twin = served
                        .iter()
                        .find(|(name, kind, _, key, _)| *name == stage.name && *kind == api.kind && *key == shape);
                    if let Some((.., first_api, _, first)) = twin {
                        let (second, name) = (&route.logical_id, &api.name);
                        let names = format!("{first} (API {first_api}) and {second} (API {name})");
                        faults.at(route.line, format!("two routes claim {}: {names}", route.key));
                        break;
                    }
                    let row = (stage.name.clone(), api.kind, api.name.clone(), shape, route.logical_id.clone());
                    served.push(row);
                }
            }
        }
        self.check_plans(&rest_apis, faults);
        faults.concern(None);
    }
}

/// Whom a route asks who may send.
fn check_authorizer(route: &RouteResource, known: &[AuthorizerResource], faults: &mut Faults) {
    let AccessResource { authorizer: Some(id), scopes, .. } = &route.access else { return };
    match known.iter().find(|authorizer| authorizer.id == *id) {
        None => faults.at(route.line, "AuthorizerId must point to an authorizer of the API in this template"),
        Some(AuthorizerResource { kind: AuthorizerKind::Function { .. }, .. }) if !scopes.is_empty() => {
            faults.at(route.line, "AuthorizationScopes are for authorizers of the type JWT");
        }
        Some(_) => {}
    }
}

/// What a route asks of its queue.
fn check_message(route: &RouteResource, needs_id: &[String], faults: &mut Faults) {
    let IntegrationResource::SendMessage { queue, parameters, .. } = &route.integration else { return };
    let given = |name: &str, webhook: fn(&WebhookResource) -> bool| {
        parameters.contains_key(name) || route.webhook.as_ref().is_some_and(webhook)
    };
    let has_group = given("MessageGroupId", |webhook| webhook.group.is_some());
    let has_id = given("MessageDeduplicationId", |webhook| webhook.deduplication.is_some());
    if !queue.ends_with(FIFO_SUFFIX) {
        if has_id {
            faults.at(route.line, "MessageDeduplicationId is only for FIFO queues");
        }
        return;
    }
    // A webhook's provider may know a group and an id of its own; a queue outside of the template may deduplicate by
    // content.
    if !has_group && route.webhook.is_none() {
        faults.at(route.line, format!("the FIFO queue {queue} needs a MessageGroupId"));
    }
    if needs_id.contains(queue) && !has_id && route.webhook.is_none() {
        let reason = format!("the FIFO queue {queue} needs a MessageDeduplicationId or ContentBasedDeduplication");
        faults.at(route.line, reason);
    }
}

/// An API that is described by a document may have its name from there.
fn require_title(name: Option<&String>, reader: &mut Reader<'_>) {
    if name.is_none() {
        reader.fault(reader.line_of("Body"), "Name is missing, and info.title in Body");
    }
}

fn check_name(name: Option<String>, reader: &mut Reader<'_>) -> Option<String> {
    let is_wrong = |name: &&String| name.is_empty() || name.len() > API_NAME_MAX || name.contains('/');
    if let Some(name) = name.as_ref().filter(is_wrong) {
        reader.fault(reader.line_of("Name"), format!("Name must be 1 to {API_NAME_MAX} bytes without /, not {name:?}"));
    }
    name
}

fn check_stage_name(name: Option<&String>, kind: ApiKind, reader: &mut Reader<'_>) {
    let Some(name) = name else { return };
    if !(names::is_stage(name) || (kind == ApiKind::Http && name == DEFAULT_STAGE)) {
        let reason = format!("StageName must be letters, digits, hyphens or underscores, at most 128, not {name}");
        reader.fault(reader.line_of("StageName"), reason);
    }
}
