//! `AWS::ApiGatewayV2::Api` and `AWS::ApiGateway::RestApi`, with all of their routes: the front door serves them.

use std::time::Duration;

use bongsu_gateway::{
    Access, Api, ApiKey, ApiKind, Authorizer, AuthorizerKind, AuthorizerQuestion, BodyKind, Cors, Integration,
    IntegrationResponse, KeyError, KeySource, Passthrough, PayloadFormat, Period, Quota, RestIntegration, Route,
    RouteError, Secret, Selector, Service, Stage, Throttle, UsagePlan, Webhook, WorkflowAction,
};
use bongsu_template as template;
use bongsu_template::{
    AccessResource, ApiResource, AuthorizerResource, IntegrationResource, RestIntegrationResource, RouteResource,
    UsagePlanResource, WebhookResource,
};

use super::{Cx, Provider, front_key};
use crate::queues::Outcome;
use crate::stacks::fronts::Front;
use crate::stacks::provide::{Fault, Made};

/// The provider whose webhooks nobody has signed.
const UNSIGNED: &str = "none";

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

/// Whether anybody's request ends in a queue or a topic, or starts a workflow. A function can look at what it gets, as can another server.
fn takes_anything(route: &RouteResource) -> bool {
    let is_signed = route.webhook.as_ref().is_some_and(|webhook| webhook.provider != UNSIGNED);
    let is_guarded = route.access.authorizer.is_some() || route.access.needs_key;
    !is_signed
        && !is_guarded
        && matches!(
            route.integration,
            IntegrationResource::SendMessage { .. }
                | IntegrationResource::Workflow { .. }
                | IntegrationResource::Aws { .. }
        )
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
        authorizers: resource.authorizers.iter().map(authorizer).collect(),
        usage_plans: resource.usage_plans.iter().map(usage_plan).collect(),
        key_source: if resource.keys_from_authorizers { KeySource::Authorizer } else { KeySource::Header },
        binary_media_types: resource.binary_media_types.clone(),
    })
}

fn authorizer(resource: &AuthorizerResource) -> Authorizer {
    let kind = match resource.kind.clone() {
        template::AuthorizerKind::Function { function, question, ttl_seconds } => AuthorizerKind::Function {
            function: function.to_string(),
            question: match question {
                template::AuthorizerQuestion::Token { pattern } => AuthorizerQuestion::Token { pattern },
                template::AuthorizerQuestion::Request => AuthorizerQuestion::Request,
                template::AuthorizerQuestion::V1 => AuthorizerQuestion::V1,
                template::AuthorizerQuestion::V2 { simple } => AuthorizerQuestion::V2 { simple },
            },
            cached_for: Duration::from_secs(ttl_seconds.into()),
        },
        template::AuthorizerKind::Token { issuer, audience, keys } => AuthorizerKind::Token { issuer, audience, keys },
    };
    Authorizer { name: resource.id.clone(), identity: resource.identity.clone(), kind }
}

fn usage_plan(resource: &UsagePlanResource) -> UsagePlan {
    let key = |(id, value): &(String, template::Secret)| ApiKey { id: id.clone(), value: value.expose().into() };
    let quota = |quota: template::Quota| Quota {
        limit: quota.limit,
        period: match quota.period {
            template::QuotaPeriod::Day => Period::Day,
            template::QuotaPeriod::Week => Period::Week,
            template::QuotaPeriod::Month => Period::Month,
        },
    };
    UsagePlan {
        id: resource.id.clone(),
        stages: resource.stages.clone(),
        keys: resource.keys.iter().map(key).collect(),
        throttle: resource.throttle.map(throttle),
        quota: resource.quota.map(quota),
    }
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
        IntegrationResource::Workflow { action, parameters, responses, timeout_millis } => Integration::Workflow {
            action: match action {
                template::WorkflowAction::StartExecution => WorkflowAction::StartExecution,
                template::WorkflowAction::StartSyncExecution => WorkflowAction::StartSyncExecution,
                template::WorkflowAction::StopExecution => WorkflowAction::StopExecution,
            },
            parameters,
            responses,
            timeout: millis(timeout_millis),
        },
        IntegrationResource::Aws { service, path, rest, timeout_millis } => Integration::Aws {
            service: match service {
                template::AwsService::Sqs => Service::Sqs,
                template::AwsService::Sns => Service::Sns,
                template::AwsService::States => Service::States,
            },
            path,
            rest: rest_integration(rest),
            timeout: millis(timeout_millis),
        },
        IntegrationResource::Proxy { method, uri, parameters, responses, timeout_millis } => {
            Integration::Proxy { method, uri, parameters, responses, timeout: millis(timeout_millis) }
        }
        IntegrationResource::Http { method, uri, rest, timeout_millis } => {
            Integration::Http { method, uri, rest: rest_integration(rest), timeout: millis(timeout_millis) }
        }
        IntegrationResource::Mock(rest) => Integration::Mock(rest_integration(rest)),
    };
    Ok(Route {
        key: route.key.to_string().parse().map_err(|error: KeyError| error.to_string())?,
        integration,
        webhook: route.webhook.as_ref().map(webhook).transpose()?,
        access: access(&route.access),
    })
}

fn access(access: &AccessResource) -> Access {
    let AccessResource { authorizer, scopes, needs_key } = access.clone();
    Access { authorizer, scopes, needs_key }
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

#[cfg(test)]
mod tests {
    use super::*;

    const TEMPLATE: &str = "
Resources:
  Queue: { Type: AWS::SQS::Queue, Properties: { QueueName: q } }
  Api: { Type: AWS::ApiGatewayV2::Api, Properties: { Name: a, ProtocolType: HTTP } }
  To:
    Type: AWS::ApiGatewayV2::Integration
    Properties:
      ApiId: !Ref Api
      IntegrationType: AWS_PROXY
      IntegrationSubtype: SQS-SendMessage
      PayloadFormatVersion: '1.0'
      RequestParameters: { QueueUrl: !Ref Queue, MessageBody: $request.body }
  Tokens:
    Type: AWS::ApiGatewayV2::Authorizer
    Properties:
      ApiId: !Ref Api
      Name: tokens
      AuthorizerType: JWT
      IdentitySource: [$request.header.Authorization]
      JwtConfiguration: { Issuer: https://issuer.example, Audience: [a] }
  Open: { Type: AWS::ApiGatewayV2::Route, Properties: { ApiId: !Ref Api, RouteKey: POST /open, Target: !Sub 'integrations/${To}' } }
  None:
    Type: AWS::ApiGatewayV2::Route
    Properties: { ApiId: !Ref Api, RouteKey: POST /none, Target: !Sub 'integrations/${To}' }
    Metadata: { Bongsu: { Webhook: { Provider: none } } }
  Sns:
    Type: AWS::ApiGatewayV2::Route
    Properties: { ApiId: !Ref Api, RouteKey: POST /sns, Target: !Sub 'integrations/${To}' }
    Metadata: { Bongsu: { Webhook: { Provider: sns, TopicArn: 'arn:aws:sns:us-east-1:000000000000:news' } } }
  GitHub:
    Type: AWS::ApiGatewayV2::Route
    Properties: { ApiId: !Ref Api, RouteKey: POST /github, Target: !Sub 'integrations/${To}' }
    Metadata: { Bongsu: { Webhook: { Provider: github, Secrets: [new, old] } } }
  Guarded:
    Type: AWS::ApiGatewayV2::Route
    Properties: { ApiId: !Ref Api, RouteKey: POST /guarded, Target: !Sub 'integrations/${To}', AuthorizationType: JWT, AuthorizerId: !Ref Tokens }
";

    #[test]
    fn only_what_nobody_vouches_for_is_taken_from_anybody() {
        let stack = template::parse(TEMPLATE, "template.yaml", &template::Inputs::default()).unwrap();
        let (_, resource) = stack.apis().next().unwrap();
        let open: Vec<_> = resource.routes.iter().filter(|route| takes_anything(route)).collect();
        let open: Vec<_> = open.iter().map(|route| route.logical_id.as_str()).collect();
        assert_eq!(open, ["Open", "None"]);
    }

    #[test]
    fn secrets_and_authorizers_reach_the_front_door() {
        let stack = template::parse(TEMPLATE, "template.yaml", &template::Inputs::default()).unwrap();
        let api = api(stack.apis().next().unwrap().1).unwrap_or_else(|fault| panic!("{}", fault.reason));
        let route = |key: &str| api.routes.iter().find(|route| route.key.to_string() == key).unwrap();
        assert_eq!(route("POST /github").webhook.as_ref().unwrap().secrets.len(), 2);
        assert_eq!(route("POST /sns").webhook.as_ref().unwrap().secrets.len(), 0);
        let asked = route("POST /guarded").access.authorizer.as_ref().unwrap();
        assert_eq!(api.authorizers.iter().map(|authorizer| &authorizer.name).collect::<Vec<_>>(), [asked]);
    }
}
