//! What makes resources of stacks, a file a type: each brings the broker, or what else the server has, to what a template
//! says.

mod alias;
mod api;
mod bucket;
mod code;
mod connection;
mod event_invoke_config;
mod faults;
mod function;
mod function_url;
mod layer_version;
mod machine_version;
mod mapping;
mod permission;
mod pipe;
mod policy;
mod queue;
mod recorded;
mod schedule;
mod schedule_group;
mod state_machine;
mod subscription;
mod topic;
mod version;

use std::sync::Arc;

use bongsu_aws_api::error::ApiError;
use bongsu_aws_api::lambda::Deployer;
use bongsu_broker::{Account, Destination, FunctionRef, QueueName, Rejection, TopicName};
use bongsu_journal::BoxFuture;
use bongsu_runtime::{Handle, Refusal};
use bongsu_template::{Definition, FunctionReference, Resource};
use serde_json::{Value, json};

use super::fronts::{FrontKey, Fronts};
use super::provide::{Fault, Made, Provide, Site};
use crate::reason::reason;

/// The status of Lambda's refusals about what it has not.
const NOT_FOUND: u16 = 404;

/// What resources are made of.
pub(crate) struct World {
    pub(crate) broker: Handle,
    pub(crate) account: Account,
    pub(crate) region: String,
    /// What templates say of functions is asked of this.
    pub(crate) lambda: Deployer,
    pub(crate) fronts: Arc<Fronts>,
}

/// What a provider may use besides the definition.
pub(super) struct Cx<'a> {
    world: &'a World,
    site: &'a Site<'a>,
    resource: &'a Resource,
}

/// One type of resource. Each method does what [`Provide`] says of it.
trait Provider: Sync {
    fn check(&self, _: &Cx<'_>) -> Result<(), Fault> {
        Ok(())
    }

    fn exists(&self, _: &Cx<'_>) -> impl Future<Output = Result<bool, String>> + Send {
        std::future::ready(Ok(false))
    }

    fn bring_about(&self, before: Option<&Self>, cx: &Cx<'_>) -> impl Future<Output = Result<Made, String>> + Send;

    fn delete(&self, physical_id: Option<&str>, cx: &Cx<'_>) -> impl Future<Output = Result<(), String>> + Send;

    fn resume(&self, _: &Cx<'_>) -> impl Future<Output = Result<(), String>> + Send {
        std::future::ready(Ok(()))
    }
}

/// Names the provider of each kind of definition: `$call` is carried out with it as `$it`, and with what was asked for before,
/// if that was of the same kind, as `$before`.
macro_rules! with_provider {
    ($definition:expr, $old:expr, |$it:ident, $before:ident| $call:expr) => {{
        let old: Option<&Definition> = $old;
        with_provider!(@kinds $definition, old, $it, $before, $call;
            Queue, Topic, Policy, Subscription, Function, Version, Alias, LayerVersion, FunctionUrl, EventInvokeConfig,
            Permission, Mapping, Bucket, Api, ScheduleGroup, Schedule, StateMachine, MachineVersion, MachineAlias, Activity,
            Connection, ApiDestination, Pipe)
    }};
    (@kinds $definition:expr, $old:ident, $it:ident, $before:ident, $call:expr; $($kind:ident),*) => {
        match $definition {
            $(Definition::$kind($it) => {
                let $before = $old.and_then(|old| match old {
                    Definition::$kind(before) => Some(before),
                    _ => None,
                });
                $call
            })*
            other => {
                let ($it, $before) = (&recorded::Recorded::of(other), None::<&recorded::Recorded>);
                $call
            }
        }
    };
}

impl Provide for World {
    fn check(&self, resource: &Resource, site: &Site<'_>) -> Result<(), Fault> {
        let cx = Cx { world: self, site, resource };
        with_provider!(&resource.definition, None, |it, _before| it.check(&cx))
    }

    fn exists<'a>(&'a self, resource: &'a Resource, site: &'a Site<'_>) -> BoxFuture<'a, Result<bool, String>> {
        Box::pin(async move {
            let cx = Cx { world: self, site, resource };
            with_provider!(&resource.definition, None, |it, _before| it.exists(&cx).await)
        })
    }

    fn bring_about<'a>(
        &'a self,
        before: Option<&'a Resource>,
        resource: &'a Resource,
        site: &'a Site<'_>,
    ) -> BoxFuture<'a, Result<Made, String>> {
        Box::pin(async move {
            let cx = Cx { world: self, site, resource };
            let old = before.map(|before| &before.definition);
            with_provider!(&resource.definition, old, |it, before| it.bring_about(before, &cx).await)
        })
    }

    fn delete<'a>(
        &'a self,
        resource: &'a Resource,
        physical_id: Option<&'a str>,
        site: &'a Site<'_>,
    ) -> BoxFuture<'a, Result<(), String>> {
        Box::pin(async move {
            let cx = Cx { world: self, site, resource };
            with_provider!(&resource.definition, None, |it, _before| it.delete(physical_id, &cx).await)
        })
    }

    fn fetch<'a>(&'a self, url: &'a str) -> BoxFuture<'a, Result<String, String>> {
        Box::pin(self.fetch_template(url))
    }

    fn resume<'a>(&'a self, resource: &'a Resource, site: &'a Site<'_>) -> BoxFuture<'a, Result<(), String>> {
        Box::pin(async move {
            let cx = Cx { world: self, site, resource };
            with_provider!(&resource.definition, None, |it, _before| it.resume(&cx).await)
        })
    }
}

/// By which the front door knows what it serves for a resource.
fn front_key(cx: &Cx<'_>) -> FrontKey {
    (cx.site.stack.to_owned(), cx.resource.logical_id.clone())
}

/// The broker's refusal as the end of a sentence.
fn told<T>(outcome: Result<T, Refusal>) -> Result<T, String> {
    outcome.map_err(|refusal| reason(&refusal))
}

/// What is gone already is deleted.
fn gone(outcome: Result<(), Refusal>) -> Result<(), String> {
    use Rejection::{MappingDoesNotExist, QueueDoesNotExist, SubscriptionDoesNotExist, TopicDoesNotExist};
    match outcome {
        Err(Refusal::Rejected(
            QueueDoesNotExist | TopicDoesNotExist | SubscriptionDoesNotExist | MappingDoesNotExist,
        )) => Ok(()),
        other => told(other),
    }
}

/// Lambda's refusal as the end of a sentence.
fn asked<T>(outcome: Result<T, ApiError>) -> Result<T, String> {
    outcome.map_err(|refusal| refusal.message().trim_end_matches('.').to_owned())
}

/// What Lambda no longer has is deleted.
fn asked_away(outcome: Result<Value, ApiError>) -> Result<(), String> {
    match outcome {
        Err(refusal) if refusal.kind().status() == NOT_FOUND => Ok(()),
        other => asked(other).map(drop),
    }
}

/// A function as Lambda's operations take it.
fn named(function: &FunctionReference) -> Value {
    match &function.qualifier {
        Some(qualifier) => json!({ "FunctionName": function.name, "Qualifier": qualifier }),
        None => json!({ "FunctionName": function.name }),
    }
}

fn function_ref(function: &FunctionReference) -> FunctionRef {
    FunctionRef { name: function.name.as_str().into(), qualifier: function.qualifier.as_deref().map(Into::into) }
}

/// Where events go that this ARN names: a queue, a topic or a function of any account that has it.
fn destination(arn: &str) -> Result<Destination, String> {
    let refused = || format!("{arn} is not the ARN of a queue, a topic or a function");
    let parts: Vec<&str> = arn.splitn(7, ':').collect();
    let ["arn", _, service, _, account, name, ref rest @ ..] = parts[..] else { return Err(refused()) };
    let account: Account = account.parse().map_err(|()| refused())?;
    match (service, name, rest) {
        ("sqs", name, []) => Ok(Destination::Queue(QueueName { account, name: name.into() })),
        ("sns", name, []) => Ok(Destination::Topic(TopicName { account, name: name.into() })),
        ("lambda", "function", [function]) => Ok(Destination::Function(FunctionRef::parse(function))),
        _ => Err(refused()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_destination_is_named_by_its_arn() {
        let account = Account(7);
        for (arn, expected) in [
            ("arn:aws:sqs:us-east-1:000000000007:q", Destination::Queue(QueueName { account, name: "q".into() })),
            ("arn:aws:sns:us-east-1:000000000007:t", Destination::Topic(TopicName { account, name: "t".into() })),
            (
                "arn:aws:lambda:us-east-1:000000000007:function:f:live",
                Destination::Function(FunctionRef { name: "f".into(), qualifier: Some("live".into()) }),
            ),
        ] {
            assert_eq!(destination(arn), Ok(expected));
        }
        for wrong in ["", "q", "arn:aws:sqs:us-east-1:x:q", "arn:aws:s3:::b", "arn:aws:lambda:r:000000000007:layer:l"] {
            assert!(destination(wrong).is_err(), "{wrong}");
        }
    }
}
