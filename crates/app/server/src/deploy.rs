//! Brings what a template asks for into being: queues, topics, functions, what connects them, routes.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use bongsu_broker::{
    Function, FunctionRef, FunctionVersion, MappingDefinition, PutWhen, QueueName, Rejection, Seconds, TopicName,
};
use bongsu_gateway::{Api, ApiKind, BodyKind, Integration, Route, RouteError, Secret, Selector, Stage, Webhook};
use bongsu_runtime::{Handle, Refusal};
use bongsu_template::{
    FunctionResource, HmacAlgorithm, Inputs, Mapping, PolicyOf, PolicyResource, QueueResource, RouteResource,
    SignatureEncoding, Stack, SubscriptionResource, TemplateErrors,
};

use crate::queues::{self, Outcome, bring_about};
use crate::reason::reason;
use crate::topics::{self, Subscription, Topic};
use crate::{Config, TemplateFile};

/// How many invocations of a function run at once when its template does not say: enough to overlap waiting, few enough
/// for a laptop.
const CONCURRENCY_DEFAULT: u32 = 10;

/// Why a template could not be deployed.
#[derive(Debug, thiserror::Error)]
pub enum DeployError {
    /// The file could not be read.
    #[error("{path}: {source}")]
    Unreadable {
        /// The template.
        path: String,
        /// What the system says.
        source: std::io::Error,
    },
    /// The template is wrong; every fault has its line.
    #[error("{0}")]
    Template(TemplateErrors),
    /// A resource cannot be made.
    #[error("{file}:{line}: resource {resource}: {reason}")]
    Resource {
        /// The template.
        file: String,
        /// Where the resource begins.
        line: u32,
        /// Its logical id.
        resource: String,
        /// What is wrong.
        reason: String,
    },
}

/// A template that was read and is ready to be deployed.
pub(crate) struct Plan {
    file: String,
    folder: std::path::PathBuf,
    stack: Stack,
}

impl Plan {
    /// Reads the template; `api` and `ingress` are the addresses that URLs begin with.
    pub(crate) fn read(
        template: &TemplateFile,
        config: &Config,
        api: &str,
        ingress: &str,
    ) -> Result<Plan, DeployError> {
        let file = template.path.display().to_string();
        let unreadable = |source| DeployError::Unreadable { path: file.clone(), source };
        let text = std::fs::read_to_string(&template.path).map_err(unreadable)?;
        let absolute = std::path::absolute(&template.path).map_err(unreadable)?;
        let folder = absolute.parent().unwrap_or(Path::new("/")).to_owned();
        let inputs = Inputs {
            region: config.region.clone(),
            account: config.account.to_string(),
            api_base: api.to_owned(),
            ingress_base: ingress.to_owned(),
            parameters: template.parameters.iter().map(|(k, v)| (k.clone(), v.clone().into())).collect(),
            ..Inputs::default()
        };
        let stack = bongsu_template::parse(&text, &file, &inputs).map_err(DeployError::Template)?;
        Ok(Plan { file, folder, stack })
    }

    /// Whether a stranger could put messages in without a signature, and through which route.
    pub(crate) fn unsigned_route(&self) -> Option<String> {
        let unsigned =
            |route: &&RouteResource| route.webhook.as_ref().is_some_and(|webhook| webhook.secrets.is_empty());
        self.stack.routes.iter().find(unsigned).map(|route| route.key.to_string())
    }

    /// The APIs, for the front door.
    pub(crate) fn apis(&self) -> Result<Vec<Api>, DeployError> {
        let mut apis: Vec<Api> = Vec::new();
        for resource in &self.stack.routes {
            let route = self.route(resource)?;
            match apis.iter_mut().find(|api| api.name == resource.api_name) {
                Some(api) => api.routes.push(route),
                None => apis.push(http_api(&resource.api_name, route)),
            }
        }
        Ok(apis)
    }

    /// Says where in the template a route is that cannot be served.
    pub(crate) fn route_fault(&self, error: &RouteError) -> DeployError {
        let (key, api_name) = match error {
            RouteError::Claimed { key, second, .. } => (key, second),
            RouteError::Webhook { key, api_name, .. }
            | RouteError::GroupMissing { key, api_name }
            | RouteError::Integration { key, api_name, .. } => (key, api_name),
            RouteError::Api { api_name, .. } => (&String::new(), api_name),
        };
        let is_meant =
            |route: &&RouteResource| (key.is_empty() || route.key.to_string() == *key) && route.api_name == *api_name;
        let (line, resource) = match self.stack.routes.iter().find(is_meant) {
            Some(route) => (route.line, route.logical_id.as_str()),
            None => (1, "(all)"),
        };
        self.fault(line, resource, &error.to_string())
    }

    /// Makes everything and tells what was made, a line each. What exists already and is the same stays; functions and
    /// mappings that the template no longer names go.
    pub(crate) async fn deploy(&self, broker: &Handle, config: &Config) -> Result<String, DeployError> {
        // What is wrong with a function, a topic or a subscription is known before the first queue is made.
        let functions = self.stack.functions.iter().map(|function| self.function(function));
        let functions: Vec<Function> = functions.collect::<Result<_, _>>()?;
        let topics = self.topics(config)?;
        let subscriptions = self.subscriptions(config)?;
        let mut summary = String::new();
        for queue in &self.stack.queues {
            let made = self.queue(queue, broker, config).await?;
            line(&mut summary, made, &format!("{}  {}", queue.name, queue.url));
        }
        for (resource, topic) in self.stack.topics.iter().zip(topics) {
            let made = topic.bring_about(broker).await;
            let made = made.map_err(|refusal| self.fault(resource.line, &resource.logical_id, &reason(&refusal)))?;
            line(&mut summary, told(made, "Topic"), &format!("{}  {}", resource.name, resource.arn));
        }
        for policy in &self.stack.policies {
            self.policy(policy, broker, config).await?;
            let (kind, name) = match &policy.of {
                PolicyOf::Queue(name) => ("queue", name),
                PolicyOf::Topic(name) => ("topic", name),
            };
            line(&mut summary, "Policy", &format!("{kind} {name}"));
        }
        self.remove_others(broker, &mut summary).await?;
        for (function, definition) in self.stack.functions.iter().zip(functions) {
            let name = definition.name.clone();
            let defined = broker.put_function(definition, PutWhen::Always).await.map(drop);
            let defined = match defined {
                Ok(()) => {
                    broker
                        .set_concurrency(&name, Some(function.reserved_concurrency.unwrap_or(CONCURRENCY_DEFAULT)))
                        .await
                }
                refused => refused,
            };
            defined.map_err(|refusal| self.fault(function.line, &function.logical_id, &reason(&refusal)))?;
            line(&mut summary, "Function", &format!("{}  {} {}", function.name, function.runtime, function.handler));
        }
        for mapping in &self.stack.mappings {
            let definition = MappingDefinition {
                queue: QueueName { account: config.account, name: mapping.queue.as_str().into() },
                function: FunctionRef::latest(&mapping.function),
                window: Seconds(0),
                filters: Vec::new(),
                details: "".into(),
                batch_size: mapping.batch_size,
                report_batch_item_failures: mapping.report_batch_item_failures,
                concurrency_max: mapping.maximum_concurrency,
                enabled: mapping.enabled,
            };
            let defined = broker.put_mapping(None, definition, PutWhen::Always).await;
            defined.map_err(|refusal| self.fault(mapping.line, &mapping.logical_id, &reason(&refusal)))?;
            line(&mut summary, "Mapping", &format!("{} -> {}", mapping.queue, mapping.function));
        }
        for (resource, subscription) in self.stack.subscriptions.iter().zip(subscriptions) {
            let made = subscription.bring_about(broker, &config.region).await;
            let made = made.map_err(|refusal| self.fault(resource.line, &resource.logical_id, &reason(&refusal)))?;
            let SubscriptionResource { topic, protocol, endpoint, endpoint_is_secret, .. } = resource;
            let endpoint = if *endpoint_is_secret { "****" } else { endpoint };
            let connection = format!("{topic} -> {protocol} {endpoint}");
            if made.pending {
                let text = format!("{connection}: it was asked to confirm, and gets nothing until then");
                line(&mut summary, "Pending", &text);
            } else {
                line(&mut summary, told(made.outcome, "Delivery"), &connection);
            }
        }
        self.tell_others(broker, config, &mut summary).await?;
        for route in &self.stack.routes {
            let provider = route.webhook.as_ref().map_or("", |webhook| &webhook.provider);
            line(&mut summary, "Route", &format!("{} -> {} ({provider})", route.key, route.queue));
        }
        for output in &self.stack.outputs {
            line(&mut summary, "Output", &format!("{} = {}", output.name, output.value));
        }
        for ignored in &self.stack.ignored {
            line(&mut summary, "Ignored", &format!("{} ({}): {}", ignored.logical_id, ignored.kind, ignored.why));
        }
        Ok(summary)
    }

    /// Makes a queue, or gives one that is there already the attributes and tags of the template, and says which.
    async fn queue(
        &self,
        queue: &QueueResource,
        broker: &Handle,
        config: &Config,
    ) -> Result<&'static str, DeployError> {
        let name = QueueName { account: config.account, name: queue.name.as_str().into() };
        let made = bring_about(broker, &name, &queue.attributes, &queue.tags, &config.region).await;
        let made = made.map_err(|refusal| self.fault(queue.line, &queue.logical_id, &reason(&refusal)))?;
        Ok(told(made, "Queue"))
    }

    fn topics(&self, config: &Config) -> Result<Vec<Topic>, DeployError> {
        let parsed = self.stack.topics.iter().map(|topic| {
            let parsed = Topic::parse(topic, config.account);
            parsed.map_err(|rejection| self.rejected(topic.line, &topic.logical_id, rejection))
        });
        parsed.collect()
    }

    fn subscriptions(&self, config: &Config) -> Result<Vec<Subscription>, DeployError> {
        let parsed = self.stack.subscriptions.iter().map(|subscription| {
            let parsed = Subscription::parse(subscription, config.account, &config.region);
            parsed.map_err(|rejection| self.rejected(subscription.line, &subscription.logical_id, rejection))
        });
        parsed.collect()
    }

    async fn policy(&self, policy: &PolicyResource, broker: &Handle, config: &Config) -> Result<(), DeployError> {
        let account = config.account;
        let set = match &policy.of {
            PolicyOf::Queue(name) => {
                let queue = QueueName { account, name: name.as_str().into() };
                queues::permit(broker, &queue, &policy.document, &config.region).await
            }
            PolicyOf::Topic(name) => {
                let topic = TopicName { account, name: name.as_str().into() };
                topics::permit(broker, &topic, &policy.document).await
            }
        };
        set.map_err(|refusal| self.fault(policy.line, &policy.logical_id, &reason(&refusal)))
    }

    /// Nothing tells who made a subscription: one that the template does not name may be somebody else's, and ending it
    /// would lose what they are owed.
    async fn tell_others(&self, broker: &Handle, config: &Config, summary: &mut String) -> Result<(), DeployError> {
        for resource in &self.stack.topics {
            let topic = TopicName { account: config.account, name: resource.name.as_str().into() };
            let others = topics::others(broker, &topic, &self.stack.subscriptions).await;
            let others =
                others.map_err(|refusal| self.fault(resource.line, &resource.logical_id, &reason(&refusal)))?;
            for other in others {
                // Its endpoint may be a secret; the ARN is what ends it.
                let (arn, protocol) = (other.id.arn(&topic, &config.region), other.definition.protocol.name());
                line(summary, "Kept", &format!("{arn} ({protocol}): the template does not name this subscription"));
            }
        }
        Ok(())
    }

    async fn remove_others(&self, broker: &Handle, summary: &mut String) -> Result<(), DeployError> {
        let unavailable = |refusal| self.fault(1, "(all)", &reason(&refusal));
        let existing = broker.functions().await.map_err(unavailable)?;
        for mapping in existing.mappings {
            let kept = self.stack.mappings.iter().any(|wanted| {
                *wanted.queue == *mapping.definition.queue.name && *wanted.function == *mapping.definition.function.name
            });
            if !kept {
                broker.delete_mapping(mapping.id).await.map_err(unavailable)?;
                let MappingDefinition { queue, function, .. } = &mapping.definition;
                line(summary, "Removed", &format!("mapping {} -> {function}", queue.name));
            }
        }
        for function in existing.functions {
            if !self.stack.functions.iter().any(|wanted| *wanted.name == *function.function.name) {
                let function = function.function;
                broker.delete_function(&function.name, None).await.map_err(unavailable)?;
                line(summary, "Removed", &format!("function {}", function.name));
            }
        }
        Ok(())
    }

    fn function(&self, function: &FunctionResource) -> Result<Function, DeployError> {
        let code = self.folder.join(&function.code);
        let is_directory = std::fs::metadata(&code).is_ok_and(|metadata| metadata.is_dir());
        if !is_directory {
            let reason = format!("{} is not a directory; code comes from a directory", code.display());
            return Err(self.fault(function.line, &function.logical_id, &reason));
        }
        let variables = function.environment.iter();
        Ok(Function {
            name: function.name.as_str().into(),
            version: FunctionVersion::Latest,
            revision: 0,
            runtime: function.runtime.to_string().into(),
            handler: function.handler.as_str().into(),
            code: code.to_string_lossy().into(),
            code_digest: "".into(),
            layers: Vec::new(),
            timeout_seconds: function.timeout_seconds,
            memory_mb: function.memory_mebibytes,
            environment: variables.map(|(name, value)| (name.as_str().into(), value.expose().into())).collect(),
            dead_letters: None,
            details: "".into(),
        })
    }

    fn route(&self, route: &RouteResource) -> Result<Route, DeployError> {
        let fault = |reason: &str| self.fault(route.line, &route.logical_id, reason);
        let Some(webhook) = &route.webhook else {
            return Err(fault(
                "the route has no Metadata: Bongsu: Webhook:; to take requests of anybody ask for Provider: none",
            ));
        };
        if route.body != Mapping::Body {
            return Err(fault("MessageBody must be $request.body: another mapping is not supported yet"));
        }
        let selector = |mapping: &Option<Mapping>| match mapping {
            None => Ok(None),
            Some(mapping) => selector_text(mapping)
                .and_then(|text| text.parse::<Selector>().ok())
                .map(Some)
                .ok_or_else(|| fault("a group or deduplication id is a path into the body, a header or a fixed text")),
        };
        let (group, deduplication) = (selector(&route.group)?, selector(&route.deduplication)?);
        let looks_into_body =
            [&route.group, &route.deduplication].into_iter().any(|m| matches!(m, Some(Mapping::BodyPath(_))));
        Ok(Route {
            key: route.key.to_string().parse().map_err(|error: bongsu_gateway::KeyError| fault(&error.to_string()))?,
            integration: Integration::SendMessage {
                queue: route.queue.clone(),
                parameters: BTreeMap::new(),
                responses: BTreeMap::new(),
            },
            webhook: Some(Webhook {
                provider: webhook.provider.clone(),
                secrets: webhook.secrets.iter().map(|secret| Secret::from(secret.expose())).collect(),
                options: webhook.hmac.iter().flat_map(hmac_options).map(|(k, v)| (k.to_owned(), v)).collect(),
                group,
                deduplication,
                body: if looks_into_body { BodyKind::Json } else { BodyKind::Text },
            }),
        })
    }

    fn rejected(&self, line: u32, resource: &str, rejection: Rejection) -> DeployError {
        self.fault(line, resource, &reason(&Refusal::from(rejection)))
    }

    fn fault(&self, line: u32, resource: &str, reason: &str) -> DeployError {
        DeployError::Resource {
            file: self.file.clone(),
            line,
            resource: resource.to_owned(),
            reason: reason.to_owned(),
        }
    }
}

/// The first word of the line about a resource.
fn told(outcome: Outcome, made: &'static str) -> &'static str {
    match outcome {
        Outcome::Made => made,
        Outcome::Changed => "Changed",
    }
}

fn http_api(name: &str, route: Route) -> Api {
    Api {
        id: name.to_owned(),
        name: name.to_owned(),
        kind: ApiKind::Http,
        stages: vec![Stage::without_name()],
        cors: None,
        routes: vec![route],
        binary_media_types: Vec::new(),
    }
}

fn selector_text(mapping: &Mapping) -> Option<String> {
    match mapping {
        Mapping::Body => None,
        Mapping::BodyPath(path) => Some(path.to_string()),
        Mapping::Header(name) => Some(format!("$request.header.{name}")),
        Mapping::Text(text) => Some(text.clone()),
    }
}

fn hmac_options(scheme: &bongsu_template::HmacScheme) -> Vec<(&'static str, String)> {
    let encoding = match scheme.encoding {
        SignatureEncoding::Hex => "hex",
        SignatureEncoding::Base64 => "base64",
    };
    let hash = match scheme.algorithm {
        HmacAlgorithm::Sha1 => "sha1",
        HmacAlgorithm::Sha256 => "sha256",
        HmacAlgorithm::Sha512 => "sha512",
    };
    vec![
        ("Header", scheme.signature_header.clone()),
        ("Prefix", scheme.prefix.clone()),
        ("Encoding", encoding.to_owned()),
        ("Hash", hash.to_owned()),
    ]
}

fn line(summary: &mut String, what: &str, text: &str) {
    // Writing to a String cannot fail.
    writeln!(summary, "{what:<8} {text}").unwrap_or_default();
}

#[cfg(test)]
mod tests;
