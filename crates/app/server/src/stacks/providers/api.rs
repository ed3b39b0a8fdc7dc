//! `AWS::ApiGatewayV2::Api` and `AWS::ApiGateway::RestApi`, with all of their routes: the front door serves them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, RwLock};

use bongsu_gateway::{BodyKind, FrontDoor, KeyError, Route, RouteError, Secret, Selector, Webhook};
use bongsu_template::{ApiResource, IntegrationResource, RouteResource};

use super::{Cx, Provider};
use crate::queues::Outcome;
use crate::stacks::provide::{Fault, Made};

/// Makes a front door that serves these routes.
pub(crate) type MakeFrontDoor = Box<dyn Fn(Vec<Route>) -> Result<FrontDoor, RouteError> + Send + Sync>;

/// The front door, as the APIs of all stacks have it.
pub(crate) struct Fronts {
    make: MakeFrontDoor,
    /// Whether anybody could put messages in through a route that takes unsigned requests.
    is_exposed: bool,
    current: RwLock<Arc<FrontDoor>>,
    /// By stack and logical id. Held while the front door is exchanged.
    apis: Mutex<BTreeMap<ApiKey, Vec<Route>>>,
}

type ApiKey = (String, String);

impl Fronts {
    /// A front door without routes.
    pub(crate) fn new(make: MakeFrontDoor, is_exposed: bool) -> Result<Fronts, RouteError> {
        let current = RwLock::new(Arc::new(make(Vec::new())?));
        Ok(Fronts { make, is_exposed, current, apis: Mutex::default() })
    }

    /// The front door that serves a request that comes now.
    pub(crate) fn current(&self) -> Arc<FrontDoor> {
        self.current.read().expect("nothing panics while it holds this lock").clone()
    }

    /// Refuses routes that could not be served beside the others.
    fn check(&self, key: &ApiKey, routes: &[Route]) -> Result<(), RouteError> {
        let apis = self.apis.lock().expect("nothing panics while it holds this lock");
        let others = apis.iter().filter(|(other, _)| *other != key).flat_map(|(_, routes)| routes.clone());
        (self.make)(others.chain(routes.iter().cloned()).collect()).map(drop)
    }

    /// Serves other routes of an API, or none. Requests under way end with the old ones.
    fn replace(&self, key: ApiKey, routes: Option<Vec<Route>>) -> Result<(), RouteError> {
        let mut apis = self.apis.lock().expect("nothing panics while it holds this lock");
        let mut changed = apis.clone();
        match routes {
            Some(routes) => drop(changed.insert(key, routes)),
            None => drop(changed.remove(&key)),
        }
        let front_door = Arc::new((self.make)(changed.values().flatten().cloned().collect())?);
        *apis = changed;
        *self.current.write().expect("nothing panics while it holds this lock") = front_door;
        Ok(())
    }
}

impl Provider for ApiResource {
    fn check(&self, cx: &Cx<'_>) -> Result<(), Fault> {
        let exposed = |route: &&RouteResource| {
            cx.world.fronts.is_exposed && route.webhook.as_ref().is_some_and(|webhook| webhook.secrets.is_empty())
        };
        if let Some(route) = self.routes.iter().find(exposed) {
            let reason =
                format!("route {} takes unsigned requests of strangers: say --insecure to allow it", route.key);
            return Err(Fault::of(&route.logical_id, reason));
        }
        let checked = cx.world.fronts.check(&key(cx), &routes(self)?);
        checked.map_err(|error| Fault { logical_id: self.route_of(&error), reason: error.to_string() })
    }

    async fn bring_about(&self, _: Option<&Self>, cx: &Cx<'_>) -> Result<Made, String> {
        self.resume(cx)?;
        Ok(Outcome::Made.into())
    }

    async fn delete(&self, _: Option<&str>, cx: &Cx<'_>) -> Result<(), String> {
        cx.world.fronts.replace(key(cx), None).map_err(|error| error.to_string())
    }

    fn resume(&self, cx: &Cx<'_>) -> Result<(), String> {
        let routes = routes(self).map_err(|fault| fault.reason)?;
        cx.world.fronts.replace(key(cx), Some(routes)).map_err(|error| error.to_string())
    }
}

fn key(cx: &Cx<'_>) -> ApiKey {
    (cx.site.stack.to_owned(), cx.resource.logical_id.clone())
}

fn routes(api: &ApiResource) -> Result<Vec<Route>, Fault> {
    let of =
        |resource: &RouteResource| route(&api.name, resource).map_err(|reason| Fault::of(&resource.logical_id, reason));
    api.routes.iter().map(of).collect()
}

trait Routed {
    fn route_of(&self, error: &RouteError) -> Option<String>;
}

impl Routed for ApiResource {
    /// The logical id of the route that cannot be served, if it is one of this API's.
    fn route_of(&self, error: &RouteError) -> Option<String> {
        let (key, api_name) = match error {
            RouteError::Claimed { key, second, .. } => (key, second),
            RouteError::Webhook { key, api_name, .. } | RouteError::GroupMissing { key, api_name } => (key, api_name),
        };
        let is_meant = |route: &&RouteResource| route.key.to_string() == *key && self.name == *api_name;
        self.routes.iter().find(is_meant).map(|route| route.logical_id.clone())
    }
}

fn route(api_name: &str, route: &RouteResource) -> Result<Route, String> {
    let IntegrationResource::SendMessage { queue, parameters, .. } = &route.integration else {
        return Err("only integrations with queues (SQS-SendMessage) are served yet".to_owned());
    };
    let Some(webhook) = &route.webhook else {
        let text = "the route has no Metadata: Bongsu: Webhook:; to take requests of anybody ask for Provider: none";
        return Err(text.to_owned());
    };
    if parameters.get("MessageBody").is_none_or(|body| body != "$request.body") {
        return Err("MessageBody must be $request.body: another mapping is not supported yet".to_owned());
    }
    let known = ["MessageBody", "MessageGroupId", "MessageDeduplicationId"];
    if let Some(other) = parameters.keys().find(|name| !known.contains(&name.as_str())) {
        return Err(format!("{other} is not supported yet"));
    }
    let selector = |own: &Option<String>, parameter: &str| -> Result<Option<Selector>, String> {
        let Some(text) = own.as_ref().or_else(|| parameters.get(parameter)) else { return Ok(None) };
        let refused = || "a group or deduplication id is a path into the body, a header or a fixed text".to_owned();
        text.parse().map(Some).map_err(|_| refused())
    };
    let group = selector(&webhook.group, "MessageGroupId")?;
    let deduplication = selector(&webhook.deduplication, "MessageDeduplicationId")?;
    let looks_into_body = [&group, &deduplication].into_iter().flatten().any(Selector::looks_into_body);
    Ok(Route {
        key: route.key.to_string().parse().map_err(|error: KeyError| error.to_string())?,
        api_name: api_name.to_owned(),
        queue: queue.clone(),
        body: if looks_into_body { BodyKind::Json } else { BodyKind::Text },
        webhook: Webhook {
            provider: webhook.provider.clone(),
            secrets: webhook.secrets.iter().map(|secret| Secret::from(secret.expose())).collect(),
            options: webhook.options.clone(),
            group,
            deduplication,
        },
    })
}
