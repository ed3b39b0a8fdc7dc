//! From an API as a template describes it to one that the front door serves.

use std::time::Duration;

use bongsu_gateway as gateway;
use bongsu_gateway::{BodyKind, KeyError, Secret, Selector};
use bongsu_template::{
    ApiKind, ApiResource, AwsService, Cors, IntegrationResource, Passthrough, PayloadFormat, RestIntegrationResource,
    RouteResource, StageResource, Throttle, WebhookResource,
};

/// Why a route cannot be served.
pub(crate) struct RouteFault<'a> {
    pub(crate) route: &'a RouteResource,
    pub(crate) reason: String,
}

/// The same API in the front door's types, which compiles its texts.
pub(crate) fn api(resource: &ApiResource) -> Result<gateway::Api, RouteFault<'_>> {
    Ok(gateway::Api {
        id: resource.id.clone(),
        name: resource.name.clone(),
        kind: match resource.kind {
            ApiKind::Http => gateway::ApiKind::Http,
            ApiKind::Rest => gateway::ApiKind::Rest,
        },
        stages: resource.stages.iter().map(stage).collect(),
        cors: resource.cors.as_ref().map(cors),
        routes: resource.routes.iter().map(route).collect::<Result<_, _>>()?,
        binary_media_types: resource.binary_media_types.clone(),
    })
}

fn stage(stage: &StageResource) -> gateway::Stage {
    let throttle = |throttle: &Throttle| gateway::Throttle { rate: throttle.rate, burst: throttle.burst };
    gateway::Stage {
        name: stage.name.clone(),
        variables: stage.variables.clone(),
        throttle: stage.throttle.as_ref().map(throttle),
        route_throttles: stage.route_throttles.iter().map(|(key, limits)| (key.clone(), throttle(limits))).collect(),
    }
}

fn cors(cors: &Cors) -> gateway::Cors {
    gateway::Cors {
        credentials: cors.credentials,
        headers: cors.headers.clone(),
        methods: cors.methods.clone(),
        origins: cors.origins.clone(),
        exposed_headers: cors.exposed_headers.clone(),
        max_age_seconds: cors.max_age_seconds,
    }
}

fn route(resource: &RouteResource) -> Result<gateway::Route, RouteFault<'_>> {
    let key = resource.key.to_string().parse();
    let key = key.map_err(|error: KeyError| RouteFault { route: resource, reason: error.to_string() })?;
    let webhook = resource.webhook.as_ref().map(|webhook| self::webhook(resource, webhook)).transpose()?;
    Ok(gateway::Route { key, integration: integration(&resource.integration), webhook })
}

fn integration(integration: &IntegrationResource) -> gateway::Integration {
    match integration {
        IntegrationResource::Function { function, payload, timeout_millis } => gateway::Integration::Function {
            function: function.to_string(),
            payload: match payload {
                PayloadFormat::V1 => gateway::PayloadFormat::V1,
                PayloadFormat::V2 => gateway::PayloadFormat::V2,
            },
            timeout: Duration::from_millis((*timeout_millis).into()),
        },
        IntegrationResource::SendMessage { queue, parameters, responses, .. } => gateway::Integration::SendMessage {
            queue: queue.clone(),
            parameters: parameters.clone(),
            responses: responses.clone(),
        },
        IntegrationResource::Aws { service, path, rest: settings, .. } => gateway::Integration::Aws {
            service: match service {
                AwsService::Sqs => gateway::Service::Sqs,
                AwsService::Sns => gateway::Service::Sns,
            },
            path: path.clone(),
            rest: rest(settings),
        },
        IntegrationResource::Mock(settings) => gateway::Integration::Mock(rest(settings)),
    }
}

fn rest(settings: &RestIntegrationResource) -> gateway::RestIntegration {
    let response = |response: &bongsu_template::IntegrationResponse| gateway::IntegrationResponse {
        status: response.status,
        selection_pattern: response.selection_pattern.clone(),
        parameters: response.parameters.clone(),
        templates: response.templates.clone(),
    };
    gateway::RestIntegration {
        parameters: settings.parameters.clone(),
        templates: settings.templates.clone(),
        passthrough: match settings.passthrough {
            Passthrough::WhenNoMatch => gateway::Passthrough::WhenNoMatch,
            Passthrough::WhenNoTemplates => gateway::Passthrough::WhenNoTemplates,
            Passthrough::Never => gateway::Passthrough::Never,
        },
        responses: settings.responses.iter().map(response).collect(),
    }
}

/// The metadata's words go before those of the integration.
fn webhook<'a>(route: &'a RouteResource, webhook: &WebhookResource) -> Result<gateway::Webhook, RouteFault<'a>> {
    let of_integration = |name: &str| match &route.integration {
        IntegrationResource::SendMessage { parameters, .. } => parameters.get(name).cloned(),
        _ => None,
    };
    let group = webhook.group.clone().or_else(|| of_integration("MessageGroupId"));
    let deduplication = webhook.deduplication.clone().or_else(|| of_integration("MessageDeduplicationId"));
    let looks_into_body = [&group, &deduplication].into_iter().flatten().any(|text| looks_into_body(text));
    let selector = |text: Option<String>| -> Result<Option<Selector>, RouteFault<'a>> {
        let Some(text) = text else { return Ok(None) };
        let selector = text.replace("$request.body.", "$.").parse();
        let reason = "a group or deduplication id is a path into the body, a header or a fixed text";
        selector.map(Some).map_err(|_| RouteFault { route, reason: reason.to_owned() })
    };
    Ok(gateway::Webhook {
        provider: webhook.provider.clone(),
        secrets: webhook.secrets.iter().map(|secret| Secret::from(secret.expose())).collect(),
        options: webhook.options.clone(),
        group: selector(group)?,
        deduplication: selector(deduplication)?,
        body: if looks_into_body { BodyKind::Json } else { BodyKind::Text },
    })
}

fn looks_into_body(selector: &str) -> bool {
    ["$.", "$[", "$request.body."].iter().any(|prefix| selector.starts_with(prefix))
}
