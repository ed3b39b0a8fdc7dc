//! `AWS::ApiGateway`: a REST API, its resources, methods and stages.

use super::{ApiKind, ApiResource, Gathered, RouteResource, StageResource, Throttle};
use super::{integration, openapi};
use crate::names;
use crate::scope::Identity;
use crate::stack::Definition;
use crate::types::{Naming, Read, Reading, ResourceType};
use crate::{AccessResource, RouteKey};

pub(super) const API_TYPE: &str = "AWS::ApiGateway::RestApi";
/// How long the ids of REST APIs and their resources are.
const ID_LENGTH: usize = 10;

pub(crate) static API: ResourceType = ResourceType {
    name: API_TYPE,
    identity: |naming| {
        let id = names::id(naming.inputs, naming.logical_id, ID_LENGTH);
        let attributes = vec![("RestApiId", id.clone()), ("RootResourceId", root(&id))];
        Identity::named(id, attributes)
    },
    read: Read::Properties(|reading| read_api(reading).map(Definition::Api)),
    metadata: &[],
    told: &[
        ("DisableExecuteApiEndpoint", "the front door is the only endpoint there is"),
        ("EndpointConfiguration", "the front door is the only endpoint there is"),
        ("MinimumCompressionSize", "answers are not compressed"),
        ("Policy", "policies of APIs are not evaluated"),
    ],
    replaced_by: &[],
};

pub(crate) static RESOURCE: ResourceType = ResourceType {
    name: "AWS::ApiGateway::Resource",
    identity: |naming| {
        let id = names::id(naming.inputs, naming.logical_id, ID_LENGTH);
        Identity::named(id.clone(), vec![("ResourceId", id)])
    },
    read: Read::Properties(read_resource),
    metadata: &[],
    told: &[],
    replaced_by: &["ParentId", "PathPart", "RestApiId"],
};

pub(crate) static METHOD: ResourceType = ResourceType {
    name: "AWS::ApiGateway::Method",
    identity: part,
    read: Read::Properties(read_method),
    metadata: &["Webhook"],
    told: &[],
    replaced_by: &["HttpMethod", "ResourceId", "RestApiId"],
};

pub(crate) static STAGE: ResourceType = ResourceType {
    name: "AWS::ApiGateway::Stage",
    identity: |naming| Identity::named(naming.text("StageName").unwrap_or_default(), Vec::new()),
    read: Read::Properties(read_stage),
    metadata: &[],
    told: &[
        ("AccessLogSetting", "requests are in the server's own log"),
        ("CacheClusterEnabled", "answers are not cached"),
        ("CacheClusterSize", "answers are not cached"),
        ("TracingEnabled", "requests are traced if the server is told to"),
    ],
    replaced_by: &["RestApiId", "StageName"],
};

/// It may make a stage of its own.
pub(crate) static DEPLOYMENT: ResourceType = ResourceType {
    name: "AWS::ApiGateway::Deployment",
    identity: |naming| {
        let id = names::id(naming.inputs, naming.logical_id, 6);
        Identity::named(id.clone(), vec![("DeploymentId", id)])
    },
    read: Read::Properties(read_deployment),
    metadata: &[],
    told: &[],
    replaced_by: &["DeploymentCanarySettings", "RestApiId"],
};

fn part(naming: &mut Naming<'_, '_>) -> Identity {
    Identity::named(names::id(naming.inputs, naming.logical_id, ID_LENGTH), Vec::new())
}

/// The id of the resource `/`.
fn root(api_id: &str) -> String {
    api_id.chars().rev().collect()
}

fn read_api(reading: Reading<'_, '_>) -> Option<ApiResource> {
    let Reading { logical_id, identity, inputs, mut reader, gateway, .. } = reading;
    reader.pass(&["Description", "FailOnWarnings", "Mode", "Parameters", "Tags"]);
    let mut name = reader.string("Name");
    let mut binary_media_types = reader.strings("BinaryMediaTypes");
    let mut keys_from = reader.one_of("ApiKeySourceType", &["HEADER", "AUTHORIZER"]);
    let (mut routes, mut authorizers) = (Vec::new(), Vec::new());
    if let Some(mut body) = reader.take("Body") {
        openapi::read(&mut body, ApiKind::Rest, logical_id, inputs, &mut reader).into_iter().for_each(|found| {
            name = name.take().or(found.title);
            binary_media_types.extend(found.binary_media_types);
            routes.extend(found.routes);
            authorizers.extend(found.authorizers);
            keys_from = keys_from.take().or(found.keys_from);
        });
        super::require_title(name.as_ref(), &mut reader);
    } else if name.is_none() {
        reader.require("Name");
    }
    let name = super::check_name(name, &mut reader);
    reader.finish();
    // SAM writes `image~1png` where a slash cannot stand.
    binary_media_types.iter_mut().for_each(|media_type| *media_type = media_type.replace("~1", "/"));
    let (logical_id, stages) = (logical_id.to_owned(), Vec::new());
    gateway.add_api(&identity.name, Gathered { logical_id, stages, routes, authorizers });
    gateway.paths.insert(root(&identity.name), (identity.name.clone(), String::new()));
    Some(ApiResource {
        id: identity.name.clone(),
        name: name?,
        kind: ApiKind::Rest,
        stages: Vec::new(),
        cors: None,
        routes: Vec::new(),
        binary_media_types,
        authorizers: Vec::new(),
        usage_plans: Vec::new(),
        keys_from_authorizers: keys_from.is_some_and(|source| source == "AUTHORIZER"),
    })
}

fn read_resource(Reading { identity, mut reader, gateway, .. }: Reading<'_, '_>) -> Option<Definition> {
    let api = gateway.api(&mut reader, "RestApiId", API_TYPE).map(|(id, api)| (id, api.logical_id.clone()));
    let parent = reader.required("ParentId");
    let part = reader.required("PathPart");
    let found = parent.as_ref().and_then(|parent| gateway.paths.get(parent));
    if parent.is_some() && found.is_none() {
        let reason = "ParentId must point to a resource or the RootResourceId of an API of this template";
        reader.fault(reader.line_of("ParentId"), reason);
    }
    let path = found.zip(part).map(|((_, path), part)| format!("{path}/{part}"));
    if let Some(Err(reason)) = path.as_ref().map(|path| RouteKey::parse(&format!("ANY {path}"))) {
        reader.fault(reader.line_of("PathPart"), reason.replace("RouteKey", "PathPart"));
    }
    reader.finish();
    let (id, api) = api?;
    gateway.paths.insert(identity.name.clone(), (id, path?));
    Some(Definition::ApiPart { api })
}

fn read_method(reading: Reading<'_, '_>) -> Option<Definition> {
    let Reading { logical_id, line, inputs, mut reader, metadata, gateway, .. } = reading;
    // What a method takes and gives is described for generated clients.
    reader.pass(&["MethodResponses", "OperationName", "RequestModels", "RequestParameters"]);
    let api = gateway.api(&mut reader, "RestApiId", API_TYPE).map(|(id, api)| (id, api.logical_id.clone()));
    let resource = reader.required("ResourceId");
    let found = resource.as_ref().and_then(|resource| gateway.paths.get(resource));
    match (found, &api) {
        (None, _) if resource.is_some() => {
            let reason = "ResourceId must point to a resource or the RootResourceId of an API of this template";
            reader.fault(reader.line_of("ResourceId"), reason);
        }
        (Some((of, _)), Some((id, _))) if of != id => {
            reader.fault(reader.line_of("ResourceId"), "the resource belongs to another API");
        }
        _ => {}
    }
    let method = reader.required("HttpMethod");
    let access = AccessResource::read(&mut reader, ApiKind::Rest);
    reader.require("Integration");
    let mut integration = None;
    if let Some(mut inner) = reader.map("Integration") {
        integration = integration::read_rest(&mut inner, inputs);
        inner.finish();
    }
    let key = found.zip(method).and_then(|((_, path), method)| {
        let path = if path.is_empty() { "/" } else { path };
        let key = RouteKey::parse(&format!("{method} {path}"));
        key.map_err(|_| reader.fault(reader.line_of("HttpMethod"), format!("HttpMethod {method} is not known"))).ok()
    });
    reader.finish();
    let (id, api) = api?;
    let (key, integration) = (key?, integration?);
    let route =
        RouteResource { logical_id: logical_id.to_owned(), line, key, integration, webhook: metadata.webhook, access };
    gateway.apis.get_mut(&id)?.routes.push(route);
    Some(Definition::ApiPart { api })
}

fn read_stage(Reading { mut reader, gateway, .. }: Reading<'_, '_>) -> Option<Definition> {
    reader.pass(&["DeploymentId", "Description", "Tags"]);
    let name = reader.required("StageName");
    super::check_stage_name(name.as_ref(), ApiKind::Rest, &mut reader);
    let mut stage = StageResource::named(&name.unwrap_or_default());
    stage.variables = reader.text_map("Variables");
    for node in reader.list("MethodSettings") {
        let Some(mut setting) = reader.within(node, "MethodSettings") else { continue };
        setting.pass(&["CacheDataEncrypted", "CacheTtlInSeconds", "CachingEnabled"]);
        let (method, path) = (setting.required("HttpMethod"), setting.required("ResourcePath"));
        let throttle = Throttle::read(&mut setting);
        setting.finish();
        let (Some(method), Some(path), Some(throttle)) = (method, path, throttle) else { continue };
        if method == "*" && path == "/*" {
            stage.throttle = Some(throttle);
        } else {
            // As JSON Pointers have it, `~1` stands for a slash inside of the path.
            let path = path.replace("~1", "/").replace("//", "/");
            stage.route_throttles.insert(format!("{} {path}", method.replace('*', "ANY")), throttle);
        }
    }
    let (_, api) = gateway.api(&mut reader, "RestApiId", API_TYPE)?;
    api.stages.push(stage);
    let api = api.logical_id.clone();
    reader.finish();
    Some(Definition::ApiPart { api })
}

fn read_deployment(Reading { mut reader, gateway, .. }: Reading<'_, '_>) -> Option<Definition> {
    reader.pass(&["Description"]);
    let name = reader.string("StageName");
    super::check_stage_name(name.as_ref(), ApiKind::Rest, &mut reader);
    let mut stage = name.as_deref().map(StageResource::named);
    if let Some(mut description) = reader.map("StageDescription") {
        description.pass(&["Description", "LoggingLevel", "MetricsEnabled", "Tags", "TracingEnabled"]);
        let throttle = Throttle::read(&mut description);
        let variables = description.text_map("Variables");
        description.finish();
        if let Some(stage) = &mut stage {
            (stage.throttle, stage.variables) = (throttle, variables);
        }
    }
    let (_, api) = gateway.api(&mut reader, "RestApiId", API_TYPE)?;
    api.stages.extend(stage);
    let api = api.logical_id.clone();
    reader.finish();
    Some(Definition::ApiPart { api })
}
