//! `AWS::ApiGatewayV2`: an HTTP API, its integrations, routes and stages.

use super::{ApiKind, ApiResource, Cors, Gathered, RouteResource, StageResource, Throttle};
use super::{integration, openapi};
use crate::names;
use crate::reader::Reader;
use crate::scope::Identity;
use crate::stack::Definition;
use crate::types::{Naming, Read, Reading, ResourceType};
use crate::{AccessResource, Inputs, IntegrationResource, PayloadFormat, RouteKey};

pub(super) const API_TYPE: &str = "AWS::ApiGatewayV2::Api";
/// How long the function of an API made by its `Target` may take.
const QUICK_TIMEOUT_MILLIS: u32 = 30_000;

pub(crate) static API: ResourceType = ResourceType {
    name: API_TYPE,
    identity: |naming| {
        let id = names::id(naming.inputs, naming.logical_id, 10);
        let attributes = vec![("ApiEndpoint", naming.inputs.ingress_base.clone()), ("ApiId", id.clone())];
        Identity::named(id, attributes)
    },
    read: Read::Properties(|reading| read_api(reading).map(Definition::Api)),
    metadata: &["Webhook"],
    told: &[("DisableExecuteApiEndpoint", "the front door is the only endpoint there is")],
    replaced_by: &["ProtocolType"],
};

pub(crate) static INTEGRATION: ResourceType = ResourceType {
    name: "AWS::ApiGatewayV2::Integration",
    identity: part,
    read: Read::Properties(read_integration),
    metadata: &[],
    told: &[],
    replaced_by: &["ApiId"],
};

pub(crate) static ROUTE: ResourceType = ResourceType {
    name: "AWS::ApiGatewayV2::Route",
    identity: part,
    read: Read::Properties(read_route),
    metadata: &["Webhook"],
    told: &[],
    replaced_by: &["ApiId"],
};

pub(crate) static STAGE: ResourceType = ResourceType {
    name: "AWS::ApiGatewayV2::Stage",
    identity: |naming| Identity::named(naming.text("StageName").unwrap_or_default(), Vec::new()),
    read: Read::Properties(read_stage),
    metadata: &[],
    told: &[("AccessLogSettings", "requests are in the server's own log")],
    replaced_by: &["ApiId", "StageName"],
};

pub(crate) static DEPLOYMENT: ResourceType = ResourceType {
    name: "AWS::ApiGatewayV2::Deployment",
    identity: |naming| {
        let id = names::id(naming.inputs, naming.logical_id, 6);
        Identity::named(id.clone(), vec![("DeploymentId", id)])
    },
    read: Read::Properties(|Reading { mut reader, gateway, .. }| {
        reader.pass(&["Description", "StageName"]);
        let api = gateway.api(&mut reader, "ApiId", API_TYPE).map(|(_, api)| api.logical_id.clone());
        reader.finish();
        Some(Definition::ApiPart { api: api? })
    }),
    metadata: &[],
    told: &[],
    replaced_by: &["ApiId"],
};

fn part(naming: &mut Naming<'_, '_>) -> Identity {
    let id = names::id(naming.inputs, naming.logical_id, 10);
    Identity::named(id, Vec::new())
}

fn read_api(reading: Reading<'_, '_>) -> Option<ApiResource> {
    let Reading { logical_id, line, identity, inputs, mut reader, metadata, gateway } = reading;
    reader.pass(&["CredentialsArn", "Description", "DisableSchemaValidation", "FailOnWarnings", "Tags", "Version"]);
    let mut cors = Cors::read(&mut reader, "CorsConfiguration");
    let mut name = reader.string("Name");
    let (mut routes, mut authorizers) = (Vec::new(), Vec::new());
    if let Some(mut body) = reader.take("Body") {
        openapi::read(&mut body, ApiKind::Http, logical_id, inputs, &mut reader).into_iter().for_each(|found| {
            name = name.take().or(found.title);
            cors = cors.take().or(found.cors);
            routes.extend(found.routes);
            authorizers.extend(found.authorizers);
        });
        super::require_title(name.as_ref(), &mut reader);
    } else {
        if name.is_none() {
            reader.require("Name");
        }
        reader.require("ProtocolType");
    }
    reader.one_of("ProtocolType", &["HTTP"]);
    let is_quick = reader.has("Target");
    if is_quick {
        let integration = quick_integration(&mut reader, inputs);
        let key = reader.string("RouteKey").unwrap_or_else(|| "$default".to_owned());
        let key = RouteKey::parse(&key).map_err(|reason| reader.fault(reader.line_of("RouteKey"), reason)).ok();
        if let (Some(integration), Some(key)) = (integration, key) {
            let (logical_id, access) = (logical_id.to_owned(), AccessResource::default());
            routes.push(RouteResource { logical_id, line, key, integration, webhook: metadata.webhook, access });
        }
    } else if metadata.webhook.is_some() {
        reader.fault(line, "Webhook stands at a route, or at an API that is made by its Target");
    }
    let name = super::check_name(name, &mut reader);
    reader.finish();
    // What is made by its Target is served at once.
    let stages = if is_quick { vec![StageResource::named(super::DEFAULT_STAGE)] } else { Vec::new() };
    gateway.add_api(&identity.name, Gathered { logical_id: logical_id.to_owned(), stages, routes, authorizers });
    Some(ApiResource {
        id: identity.name.clone(),
        name: name?,
        kind: ApiKind::Http,
        stages: Vec::new(),
        cors,
        routes: Vec::new(),
        binary_media_types: Vec::new(),
        authorizers: Vec::new(),
        usage_plans: Vec::new(),
        keys_from_authorizers: false,
    })
}

/// A function by its ARN, or another server by its address.
fn quick_integration(reader: &mut Reader<'_>, inputs: &Inputs) -> Option<IntegrationResource> {
    if let Some(uri) = reader.address("Target") {
        let (parameters, responses) = (Default::default(), Default::default());
        let timeout_millis = QUICK_TIMEOUT_MILLIS;
        return Some(IntegrationResource::Proxy { method: None, uri, parameters, responses, timeout_millis });
    }
    let function = integration::function(reader, "Target", inputs)?;
    let (payload, timeout_millis) = (PayloadFormat::V2, QUICK_TIMEOUT_MILLIS);
    Some(IntegrationResource::Function { function, payload, timeout_millis })
}

fn read_integration(Reading { identity, inputs, mut reader, gateway, .. }: Reading<'_, '_>) -> Option<Definition> {
    let api = gateway.api(&mut reader, "ApiId", API_TYPE).map(|(id, api)| (id, api.logical_id.clone()));
    let integration = integration::read_http(&mut reader, inputs);
    reader.finish();
    let (id, api) = api?;
    gateway.integrations.insert(identity.name.clone(), (id, integration));
    Some(Definition::ApiPart { api })
}

fn read_route(reading: Reading<'_, '_>) -> Option<Definition> {
    let Reading { logical_id, line, mut reader, metadata, gateway, .. } = reading;
    reader.pass(&["OperationName"]);
    let key = reader.required("RouteKey").and_then(|text| {
        RouteKey::parse(&text).map_err(|reason| reader.fault(reader.line_of("RouteKey"), reason)).ok()
    });
    let access = AccessResource::read(&mut reader, ApiKind::Http);
    let api = gateway.api(&mut reader, "ApiId", API_TYPE).map(|(id, api)| (id, api.logical_id.clone()));
    let target = reader.required("Target");
    let found = target.as_ref().and_then(|target| gateway.integrations.get(target.strip_prefix("integrations/")?));
    if target.is_some() && found.is_none() {
        let reason = "Target must be integrations/ and the id of an integration of this template";
        reader.fault(reader.line_of("Target"), reason);
    }
    if let (Some((of, _)), Some((id, _))) = (found, &api)
        && of != id
    {
        reader.fault(reader.line_of("Target"), "the integration belongs to another API");
    }
    reader.finish();
    let integration = found.and_then(|(_, integration)| integration.clone());
    let (id, api) = api?;
    let (key, integration) = (key?, integration?);
    let route =
        RouteResource { logical_id: logical_id.to_owned(), line, key, integration, webhook: metadata.webhook, access };
    gateway.apis.get_mut(&id)?.routes.push(route);
    Some(Definition::ApiPart { api })
}

fn read_stage(Reading { mut reader, gateway, .. }: Reading<'_, '_>) -> Option<Definition> {
    reader.pass(&["AutoDeploy", "DeploymentId", "Description", "Tags"]);
    let name = reader.required("StageName");
    super::check_stage_name(name.as_ref(), ApiKind::Http, &mut reader);
    let mut stage = StageResource::named(&name.unwrap_or_default());
    stage.variables = reader.text_map("StageVariables");
    stage.throttle = reader.map("DefaultRouteSettings").and_then(settings);
    if let Some(mut routes) = reader.map("RouteSettings") {
        for key in routes.names() {
            let throttle = routes.map(&key).and_then(settings);
            stage.route_throttles.extend(throttle.map(|throttle| (key, throttle)));
        }
    }
    let (_, api) = gateway.api(&mut reader, "ApiId", API_TYPE)?;
    api.stages.push(stage);
    let api = api.logical_id.clone();
    reader.finish();
    Some(Definition::ApiPart { api })
}

fn settings(mut reader: Reader<'_>) -> Option<Throttle> {
    let throttle = Throttle::read(&mut reader);
    reader.finish();
    throttle
}
