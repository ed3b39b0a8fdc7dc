//! A template on this machine, deployed by `bongsu up`: as its stack, and told line by line.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use bongsu_aws_api::cloudformation::{DeleteOptions, StackRefusal};
use bongsu_broker::{Account, TopicName};
use bongsu_runtime::Handle;
use bongsu_template::{Definition, IntegrationResource, PolicyOf, Resource, Stack, SubscriptionResource};

use super::engine::{Engine, Failure, Report, site};
use super::provide::Made;
use super::record::{Labels, OnFailure, Operation, Record, Source, Surroundings};
use super::status::StackStatus;
use crate::queues::Outcome;
use crate::reason::reason;
use crate::{DeployError, TemplateFile, topics};

/// The longest name of a stack.
const NAME_LENGTH_MAX: usize = 128;
/// What a template file is called that has nothing to do with what it describes.
const USUAL_STEM: &str = "template";
/// The stack of a template whose file and folder have no name that a stack can have.
const NAME_DEFAULT: &str = "bongsu";

/// A template file that can be read again and again.
#[derive(Clone, Debug)]
pub(crate) struct Template {
    file: TemplateFile,
    /// What messages call it.
    shown: String,
    folder: PathBuf,
    name: String,
}

/// Deploys one template, and again when it changes.
pub(crate) struct Up {
    pub(crate) engine: Engine,
    pub(crate) broker: Handle,
    pub(crate) account: Account,
    pub(crate) template: Template,
}

impl Template {
    /// A template file. It is not read yet.
    pub(crate) fn new(file: &TemplateFile) -> Result<Template, DeployError> {
        let shown = file.path.display().to_string();
        let unreadable = |source| DeployError::Unreadable { path: shown.clone(), source };
        let absolute = std::path::absolute(&file.path).map_err(unreadable)?;
        let folder = absolute.parent().unwrap_or(Path::new("/")).to_owned();
        let name = file.stack_name.clone().unwrap_or_else(|| stack_name(&absolute));
        Ok(Template { file: file.clone(), shown, folder, name })
    }

    /// Refuses to make this template of a stack that another template file is deployed as, unless somebody has named the
    /// stack: what only the other one names would be deleted.
    pub(super) fn check_origin(&self, deployed: Option<&Source>) -> Result<(), DeployError> {
        let origin =
            deployed.and_then(|source| Some(source.folder.as_ref()?.join(Path::new(&source.file).file_name()?)));
        let Some(origin) = origin.filter(|_| self.file.stack_name.is_none()) else { return Ok(()) };
        let (Ok(there), Ok(here)) = (origin.canonicalize(), self.file.path.canonicalize()) else { return Ok(()) };
        if there == here {
            return Ok(());
        }
        let (name, origin) = (&self.name, origin.display());
        Err(DeployError::Refused(format!(
            "the stack {name} is deployed from {origin}: say --stack-name {name} to deploy {} in its place, or name another \
             stack",
            self.shown
        )))
    }

    /// The name of its stack.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn path(&self) -> &Path {
        &self.file.path
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Reads the file as it is now.
    pub(crate) fn source(&self, surroundings: Surroundings) -> Result<Source, DeployError> {
        let template = std::fs::read_to_string(&self.file.path)
            .map_err(|source| DeployError::Unreadable { path: self.shown.clone(), source })?;
        Ok(Source {
            template,
            file: self.shown.clone(),
            folder: Some(self.folder.clone()),
            parameters: self.file.parameters.clone(),
            surroundings,
            labels: Labels::default(),
        })
    }
}

/// After the file, or after its folder if every template's file is called so; in the characters that a stack's name has.
pub(super) fn stack_name(path: &Path) -> String {
    let stem = path.file_stem().and_then(|stem| stem.to_str());
    let folder = path.parent().and_then(Path::file_name).and_then(|name| name.to_str());
    let named = stem.filter(|stem| *stem != USUAL_STEM).or(folder).unwrap_or_default();
    let allowed = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
    let name: String = named.chars().map(allowed).skip_while(|c| !c.is_ascii_alphabetic()).collect();
    let name = name[..name.len().min(NAME_LENGTH_MAX)].trim_end_matches('-');
    if name.is_empty() { NAME_DEFAULT.to_owned() } else { name.to_owned() }
}

impl Up {
    /// Deploys the template as it is now and tells what was made, a line each. What exists already becomes the stack's, and
    /// is changed where it differs.
    pub(crate) async fn deploy(&self) -> Result<String, DeployError> {
        let name = self.template.name();
        let mut source = self.template.source(self.engine.surroundings().clone())?;
        let known = self.engine.registry().living(name).ok();
        self.template.check_origin(known.as_ref().and_then(|known| known.source()))?;
        self.clear_the_way(name).await?;
        let known = self.engine.registry().living(name).ok();
        let id = known.as_ref().map_or_else(|| self.engine.arn("stack", name), |known| known.id.clone());
        let stack = self.engine.read_source(name, &id, &source).map_err(DeployError::Template)?;
        source.labels.take_from(&stack);
        let mut planned = Record::new(name, id, StackStatus::CreateInProgress, self.engine.stamp());
        planned.outputs = known.as_ref().map(|known| known.outputs.clone()).unwrap_or_default();
        planned.target = Some(source.clone());
        // What is wrong is known before anything is touched, and before the stack knows of it.
        self.engine.check(&planned, &stack).map_err(|failure| self.fault(&stack, &failure))?;
        let operation = Operation { adopts: true, on_failure: OnFailure::Delete, ..Operation::default() };
        match known {
            Some(_) => self.engine.keep_update(name, source, operation, |_| {}).await,
            None => {
                planned.operation = operation;
                self.engine.registry().insert(planned).await
            }
        }
        .map_err(refused)?;
        let report = self.engine.carry_on(name).await.map_err(refused)?;
        match &report.failure {
            Some(failure) => Err(self.fault(&stack, failure)),
            None => self.told(&stack, &report).await,
        }
    }

    /// A deployment that failed may have left a stack that cannot be changed.
    async fn clear_the_way(&self, name: &str) -> Result<(), DeployError> {
        let Ok(known) = self.engine.registry().living(name) else { return Ok(()) };
        match known.status {
            StackStatus::UpdateRollbackFailed => {
                self.engine.keep_rollback(name, Vec::new()).await.map_err(refused)?;
            }
            StackStatus::ReviewInProgress
            | StackStatus::CreateFailed
            | StackStatus::RollbackFailed
            | StackStatus::RollbackComplete
            | StackStatus::DeleteFailed => {
                self.engine.keep_delete(name, DeleteOptions::default()).await.map_err(refused)?;
            }
            _ => return Ok(()),
        }
        let report = self.engine.carry_on(name).await.map_err(refused)?;
        let failed = |failure: Failure| DeployError::Stuck { stack: name.to_owned(), reason: failure.reason };
        report.failure.map_or(Ok(()), |failure| Err(failed(failure)))
    }

    fn fault(&self, stack: &Stack, failure: &Failure) -> DeployError {
        let resource = failure.logical_id.as_deref().and_then(|id| stack.resource(id));
        DeployError::Resource {
            file: self.template.shown.clone(),
            line: resource.map_or(1, |resource| resource.line),
            resource: failure.logical_id.clone().unwrap_or_else(|| "(all)".to_owned()),
            reason: failure.reason.clone(),
        }
    }

    /// A line for each resource, and for what there is besides.
    async fn told(&self, stack: &Stack, report: &Report) -> Result<String, DeployError> {
        let record = self.engine.registry().living(self.template.name()).map_err(refused)?;
        let mut told = String::new();
        for resource in &stack.resources {
            tell(&mut told, resource, report.made.get(&resource.logical_id));
        }
        for removed in &report.deleted {
            tell_removed(&mut told, &removed.definition);
        }
        for (resource, topic) in stack.topics() {
            let name = TopicName { account: self.account, name: topic.name.as_str().into() };
            let wanted: Vec<SubscriptionResource> = stack
                .subscriptions()
                .map(|(_, subscription)| subscription.clone())
                .chain(topic.subscriptions.iter().cloned())
                .collect();
            // Nothing tells who made it: it may be somebody else's, and ending it would lose what they are owed.
            let others = topics::others(&self.broker, &name, &wanted).await.map_err(|refusal| {
                let failure = Failure { logical_id: Some(resource.logical_id.clone()), reason: reason(&refusal) };
                self.fault(stack, &failure)
            })?;
            for other in others {
                let arn = other.id.arn(&name, &self.engine.surroundings().region);
                // Its endpoint may be a secret; the ARN is what ends it.
                let protocol = other.definition.protocol.name();
                line(&mut told, "Kept", &format!("{arn} ({protocol}): the template does not name this subscription"));
            }
        }
        for output in &stack.outputs {
            let value = site(&record).resolve(&output.value).unwrap_or_default();
            line(&mut told, "Output", &format!("{} = {value}", output.name));
        }
        for ignored in &stack.ignored {
            line(&mut told, "Ignored", &format!("{} ({}): {}", ignored.logical_id, ignored.kind, ignored.why));
        }
        Ok(told)
    }
}

/// What is said of a resource that is there now.
fn tell(told: &mut String, resource: &Resource, made: Option<&Made>) {
    let mut say = |kind: &str, text: &str| {
        let changed = made.is_some_and(|made| made.outcome == Outcome::Changed);
        line(told, if changed { "Changed" } else { kind }, text);
    };
    match &resource.definition {
        Definition::Queue(queue) => say("Queue", &format!("{}  {}", queue.name, queue.url)),
        Definition::Topic(topic) => say("Topic", &format!("{}  {}", topic.name, topic.arn)),
        Definition::Policy(policy) => policy.of.iter().for_each(|of| {
            let (kind, name) = match of {
                PolicyOf::Queue(name) => ("queue", name),
                PolicyOf::Topic(name) => ("topic", name),
            };
            say("Policy", &format!("{kind} {name}"));
        }),
        Definition::Function(function) => {
            say("Function", &format!("{}  {} {}", function.name, function.runtime, function.handler));
        }
        Definition::Mapping(mapping) => say("Mapping", &format!("{} -> {}", mapping.queue, mapping.function)),
        Definition::Subscription(SubscriptionResource { topic, protocol, endpoint, endpoint_is_secret, .. }) => {
            let endpoint = if *endpoint_is_secret { "****" } else { endpoint };
            let connection = format!("{topic} -> {protocol} {endpoint}");
            if made.is_some_and(|made| made.pending) {
                let text = format!("{connection}: it was asked to confirm, and gets nothing until then");
                line(told, "Pending", &text);
            } else {
                say("Delivery", &connection);
            }
        }
        Definition::StateMachine(machine) => say("Machine", &machine.arn),
        Definition::FunctionUrl(url) => say("Url", &format!("{} -> {}", url.url, url.function)),
        Definition::Api(api) => {
            for route in &api.routes {
                let to = match &route.integration {
                    IntegrationResource::SendMessage { queue, .. } => queue.clone(),
                    IntegrationResource::Function { function, .. } => function.to_string(),
                    IntegrationResource::Proxy { uri, .. } | IntegrationResource::Http { uri, .. } => uri.clone(),
                    IntegrationResource::Workflow { parameters, .. } => {
                        let of = |name: &str| parameters.get(name).cloned();
                        of("StateMachineArn").or_else(|| of("ExecutionArn")).unwrap_or_default()
                    }
                    IntegrationResource::Aws { .. } => "AWS".to_owned(),
                    IntegrationResource::Mock(_) => "mock".to_owned(),
                };
                let provider = route.webhook.as_ref().map(|webhook| format!(" ({})", webhook.provider));
                say("Route", &format!("{} -> {to}{}", route.key, provider.unwrap_or_default()));
            }
        }
        _ => {}
    }
}

/// What is said of a resource that is gone, unless nobody will miss it.
fn tell_removed(told: &mut String, definition: &Definition) {
    let text = match definition {
        Definition::Queue(queue) => format!("queue {}", queue.name),
        Definition::Topic(topic) => format!("topic {}", topic.name),
        Definition::Function(function) => format!("function {}", function.name),
        Definition::StateMachine(machine) => format!("state machine {}", machine.name),
        Definition::Mapping(mapping) => format!("mapping {} -> {}", mapping.queue, mapping.function),
        Definition::Subscription(SubscriptionResource { topic, protocol, endpoint, endpoint_is_secret, .. }) => {
            let endpoint = if *endpoint_is_secret { "****" } else { endpoint };
            format!("delivery {topic} -> {protocol} {endpoint}")
        }
        Definition::Api(api) => format!("API {}", api.name),
        _ => return,
    };
    line(told, "Removed", &text);
}

fn refused(refusal: StackRefusal) -> DeployError {
    DeployError::Refused(match refusal {
        StackRefusal::Invalid(text) | StackRefusal::TooMany(text) => text,
        StackRefusal::Unavailable => "what is deployed cannot be kept".to_owned(),
        other => format!("{other:?}"),
    })
}

fn line(told: &mut String, what: &str, text: &str) {
    // Writing to a String cannot fail.
    writeln!(told, "{what:<8} {text}").unwrap_or_default();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stack_is_named_after_its_file_or_folder() {
        for (path, expected) in [
            ("/srv/til-challenge/template.yaml", "til-challenge"),
            ("/srv/til-challenge/template.json", "til-challenge"),
            ("/srv/shop/queues.yaml", "queues"),
            ("/srv/2 shops_of mine/template.yaml", "shops-of-mine"),
            ("/template.yaml", "bongsu"),
            ("/가/template.yaml", "bongsu"),
        ] {
            assert_eq!(stack_name(Path::new(path)), expected, "{path}");
        }
        assert_eq!(stack_name(Path::new(&format!("/{}.yaml", "x".repeat(300)))).len(), 128);
    }
}
