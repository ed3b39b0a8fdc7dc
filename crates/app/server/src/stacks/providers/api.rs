//! `AWS::ApiGatewayV2::Api` and `AWS::ApiGateway::RestApi`, with all of their routes: the front door serves them.

use std::time::Duration;

use bongsu_gateway::{
    Api, ApiKind, BodyKind, Cors, Integration, IntegrationResponse, KeyError, Passthrough, PayloadFormat,
    RestIntegration, Route, RouteError, Secret, Selector, Service, Stage, Throttle, Webhook,
};
use bongsu_template as template;
use bongsu_template::{ApiResource, IntegrationResource, RestIntegrationResource, RouteResource, WebhookResource};

use super::{Cx, Provider, front_key};
use crate::queues::Outcome;
use crate::stacks::fronts::Front;
use crate::stacks::provide::{Fault, Made};

impl Provider for ApiResource {
    fn check(&self, cx: &Cx<'_>) -> Result<(), Fault> {
        if let Some(route) = self.routes.iter().find(|route| cx.world.fronts.is_exposed && takes_anything(route)) {
            let reason =
                format!("route {} takes unsigned requests of strangers: say --insecure to allow it", route.key);
            return Err(Fault::of(&route.logical_id, reason));
        }
        let checked = cx.world.fronts.check(&front_key(cx), Front::Api(api(self)?));
        checked.map_err(|error| Fault { logical_id: route_of(self, &error), reason: error.to_string() })
    }

    async fn bring_about(&self, _: Option<&Self>, cx: &Cx<'_>) -> Result<Made, String> {
        self.resume(cx).await?;
        Ok(Outcome::Made.into())
    }

    async fn delete(&self, _: Option<&str>, cx: &Cx<'_>) -> Result<(), String> {
        cx.world.fronts.replace(front_key(cx), None).map_err(|error| error.to_string())
    }

    async fn resume(&self, cx: &Cx<'_>) -> Result<(), String> {
        let api = api(self).map_err(|fault| fault.reason)?;
        cx.world.fronts.replace(front_key(cx), Some(Front::Api(api))).map_err(|error| error.to_string())
    }
}

/// Whether anybody's request ends in a queue or a topic. A function can look at what it gets.
fn takes_anything(route: &RouteResource) -> bool {
    let is_signed = route.webhook.as_ref().is_some_and(|webhook| !webhook.secrets.is_empty());
    !is_signed && matches!(route.integration, IntegrationResource::SendMessage { .. } | IntegrationResource::Aws { .. })
}

/// The logical id of the route that cannot be served, if it is one of this API's.
fn route_of(api: &ApiResource, error: &RouteError) -> Option<String> {
    let (key, name) = match error {
        RouteError::Claimed { key, second, .. } => (key, second),
        RouteError::Webhook { key, api_name, .. }
        | RouteError::GroupMissing { key, api_name }
        | RouteError::Integration { key, api_name, .. } => (key, api_name),
        RouteError::Api { .. } => return None,
    };
    let is_meant = |route: &&RouteResource| route.key.to_string() == *key && api.name == *name;
    api.routes.iter().find(is_meant).map(|route| route.logical_id.clone())
}

/// The API in the front door's words.
fn api(resource: &ApiResource) -> Result<Api, Fault> {
    let stage = |stage: &template::StageResource| Stage {
        name: stage.name.clone(),
        variables: stage.variables.clone(),
        throttle: stage.throttle.map(throttle),
        route_throttles: stage.route_throttles.iter().map(|(key, of)| (key.clone(), throttle(*of))).collect(),
    };
    let route = |resource: &RouteResource| route(resource).map_err(|reason| Fault::of(&resource.logical_id, reason));
    Ok(Api {
        id: resource.id.clone(),
        name: resource.name.clone(),
        kind: match resource.kind {
            template::ApiKind::Http => ApiKind::Http,
            template::ApiKind::Rest => ApiKind::Rest,
        },
        stages: resource.stages.iter().map(stage).collect(),
        cors: resource.cors.clone().map(cors),
        routes: resource.routes.iter().map(route).collect::<Result<_, _>>()?,
        binary_media_types: resource.binary_media_types.clone(),
    })
}

fn cors(cors: template::Cors) -> Cors {
    let template::Cors { credentials, headers, methods, origins, exposed_headers, max_age_seconds } = cors;
    Cors { credentials, headers, methods, origins, exposed_headers, max_age_seconds }
}

fn throttle(throttle: template::Throttle) -> Throttle {
    Throttle { rate: throttle.rate, burst: throttle.burst }
}

fn route(route: &RouteResource) -> Result<Route, String> {
    let millis = |millis: u32| Duration::from_millis(millis.into());
    let integration = match route.integration.clone() {
        IntegrationResource::Function { function, payload, timeout_millis } => Integration::Function {
            function: function.to_string(),
            payload: match payload {
                template::PayloadFormat::V1 => PayloadFormat::V1,
                template::PayloadFormat::V2 => PayloadFormat::V2,
            },
            timeout: millis(timeout_millis),
        },
        // Whoever keeps a message is never waited for as long as a timeout allows.
        IntegrationResource::SendMessage { queue, parameters, responses, timeout_millis: _ } => {
            Integration::SendMessage { queue, parameters, responses }
        }
        IntegrationResource::Aws { service, path, rest, timeout_millis: _ } => Integration::Aws {
            service: match service {
                template::AwsService::Sqs => Service::Sqs,
                template::AwsService::Sns => Service::Sns,
            },
            path,
            rest: rest_integration(rest),
        },
        IntegrationResource::Mock(rest) => Integration::Mock(rest_integration(rest)),
    };
    Ok(Route {
        key: route.key.to_string().parse().map_err(|error: KeyError| error.to_string())?,
        integration,
        webhook: route.webhook.as_ref().map(webhook).transpose()?,
    })
}

fn rest_integration(rest: RestIntegrationResource) -> RestIntegration {
    let response = |response: template::IntegrationResponse| IntegrationResponse {
        status: response.status,
        selection_pattern: response.selection_pattern,
        parameters: response.parameters,
        templates: response.templates,
    };
    RestIntegration {
        parameters: rest.parameters,
        templates: rest.templates,
        passthrough: match rest.passthrough {
            template::Passthrough::WhenNoMatch => Passthrough::WhenNoMatch,
            template::Passthrough::WhenNoTemplates => Passthrough::WhenNoTemplates,
            template::Passthrough::Never => Passthrough::Never,
        },
        responses: rest.responses.into_iter().map(response).collect(),
    }
}

fn webhook(webhook: &WebhookResource) -> Result<Webhook, String> {
    let selector = |text: &Option<String>| -> Result<Option<Selector>, String> {
        let refused = || "a group or deduplication id is a path into the body, a header or a fixed text".to_owned();
        text.as_deref().map(|text| text.parse().map_err(|_| refused())).transpose()
    };
    let (group, deduplication) = (selector(&webhook.group)?, selector(&webhook.deduplication)?);
    let looks_into_body = [&group, &deduplication].into_iter().flatten().any(Selector::looks_into_body);
    Ok(Webhook {
        provider: webhook.provider.clone(),
        secrets: webhook.secrets.iter().map(|secret| Secret::from(secret.expose())).collect(),
        options: webhook.options.clone(),
        group,
        deduplication,
        body: if looks_into_body { BodyKind::Json } else { BodyKind::Text },
    })
}
