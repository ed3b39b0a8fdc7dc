//! A world of named things: each queue of a template is one, and says how it was last asked to be.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, Mutex};

use bongsu_aws_api::cloudformation::{CreateOptions, DeleteOptions, Deployment, StackRefusal, Stacks as _};
use bongsu_journal::BoxFuture;
use bongsu_runtime::Clock;
use bongsu_template::{Definition, Resource};

use crate::queues::Outcome;
use crate::stacks::engine::Engine;
use crate::stacks::provide::{Fault, Made, Provide, Site};
use crate::stacks::record::Surroundings;
use crate::stacks::store::Store;

/// An engine, and what it works on.
pub(super) struct World {
    pub(super) engine: Engine,
    pub(super) things: Arc<Things>,
}

/// What there is. It outlives the engine, as a broker would.
#[derive(Default)]
pub(super) struct Things {
    there: Mutex<BTreeMap<String, String>>,
    log: Mutex<Vec<String>>,
    failing: Mutex<BTreeSet<String>>,
    /// A step that never ends.
    stuck: Mutex<Option<String>>,
    /// A step at which the update is given up, and by whom.
    cancelled: Mutex<Option<(String, Engine)>>,
}

impl World {
    pub(super) fn start() -> World {
        World::open(None, Arc::default())
    }

    pub(super) fn open(data: Option<&Path>, things: Arc<Things>) -> World {
        let surroundings = Surroundings {
            region: "us-east-1".to_owned(),
            account: "000000000000".to_owned(),
            api_base: "http://127.0.0.1:4566".to_owned(),
            ingress_base: "http://127.0.0.1:8080".to_owned(),
        };
        let engine = Engine::open(Store::of(data), surroundings, things.clone(), Clock::System).unwrap();
        World { engine, things }
    }

    pub(super) async fn create(&self, stack: &str, template: &str) -> Result<String, StackRefusal> {
        self.engine.create(deployment(stack, template), CreateOptions::default()).await
    }

    pub(super) async fn update(&self, stack: &str, template: &str) -> Result<String, StackRefusal> {
        self.engine.update(deployment(stack, template)).await
    }

    pub(super) async fn delete(&self, stack: &str) -> Result<(), StackRefusal> {
        self.engine.delete(stack, DeleteOptions::default()).await
    }

    pub(super) fn status(&self, stack: &str) -> &'static str {
        self.engine.stack(stack).unwrap().stack_status
    }

    pub(super) fn id(&self, stack: &str) -> String {
        self.engine.stack(stack).unwrap().stack_id
    }

    /// The oldest first.
    pub(super) fn events(&self, stack: &str) -> Vec<String> {
        let told = self.engine.events(stack).unwrap().into_iter().rev().map(|event| {
            let reason = event.resource_status_reason.filter(|reason| reason != "User Initiated");
            let reason = reason.map(|reason| format!(": {reason}")).unwrap_or_default();
            format!("{} {}{reason}", event.logical_resource_id, event.resource_status)
        });
        told.collect()
    }

    pub(super) fn resources(&self, stack: &str) -> Vec<String> {
        let told = |resource: bongsu_aws_api::cloudformation::shapes::StackResource| {
            format!("{} {}", resource.logical_resource_id, resource.resource_status)
        };
        self.engine.resources(stack).unwrap().into_iter().map(told).collect()
    }

    /// What is there: names, and how each was last asked to be.
    pub(super) fn there(&self) -> Vec<String> {
        self.things.there.lock().unwrap().iter().map(|(name, value)| format!("{name}={value}")).collect()
    }

    pub(super) fn put(&self, name: &str, value: &str) {
        self.things.there.lock().unwrap().insert(name.to_owned(), value.to_owned());
    }

    /// What was done since it was last asked.
    pub(super) fn log(&self) -> Vec<String> {
        std::mem::take(&mut self.things.log.lock().unwrap())
    }

    pub(super) fn fail(&self, step: &str) {
        self.things.failing.lock().unwrap().insert(step.to_owned());
    }

    pub(super) fn mend(&self) {
        self.things.failing.lock().unwrap().clear();
    }

    /// Lets a step begin, and never end.
    pub(super) fn get_stuck_at(&self, step: Option<&str>) {
        *self.things.stuck.lock().unwrap() = step.map(str::to_owned);
    }
}

impl Things {
    pub(super) fn clear(&self) {
        self.there.lock().unwrap().clear();
        self.failing.lock().unwrap().clear();
    }

    /// Lets the update of `s` be given up during a step.
    pub(super) fn cancel_at(&self, step: &str, engine: &Engine) {
        *self.cancelled.lock().unwrap() = Some((step.to_owned(), engine.clone()));
    }

    async fn take(&self, step: String) -> Result<(), String> {
        self.log.lock().unwrap().push(step.clone());
        if self.stuck.lock().unwrap().as_ref() == Some(&step) {
            std::future::pending::<()>().await;
        }
        let cancelled = self.cancelled.lock().unwrap().take_if(|(at, _)| *at == step);
        if let Some((_, engine)) = cancelled {
            engine.cancel_update("s").await.unwrap();
        }
        self.fails(step)
    }

    fn fails(&self, step: String) -> Result<(), String> {
        if self.failing.lock().unwrap().contains(&step) { Err(format!("{step} fails")) } else { Ok(()) }
    }
}

impl Provide for Things {
    fn check(&self, resource: &Resource, _: &Site<'_>) -> Result<(), Fault> {
        Ok(self.fails(format!("check {}", parts(resource).0))?)
    }

    fn exists<'a>(&'a self, resource: &'a Resource, _: &'a Site<'_>) -> BoxFuture<'a, Result<bool, String>> {
        Box::pin(async move { Ok(self.there.lock().unwrap().contains_key(parts(resource).0)) })
    }

    fn bring_about<'a>(
        &'a self,
        before: Option<&'a Resource>,
        resource: &'a Resource,
        _: &'a Site<'_>,
    ) -> BoxFuture<'a, Result<Made, String>> {
        Box::pin(async move {
            let (name, value) = parts(resource);
            let step = if before.is_some() { format!("set {name} {value}") } else { format!("make {name}") };
            let done = self.take(step).await;
            // What fails may have been half done.
            self.there.lock().unwrap().insert(name.to_owned(), value.to_owned());
            done.map(|()| Outcome::Made.into())
        })
    }

    fn delete<'a>(
        &'a self,
        resource: &'a Resource,
        physical_id: Option<&'a str>,
        _: &'a Site<'_>,
    ) -> BoxFuture<'a, Result<(), String>> {
        Box::pin(async move {
            let name = physical_id.and_then(|url| url.rsplit('/').next()).unwrap_or(parts(resource).0);
            self.take(format!("delete {name}")).await?;
            self.there.lock().unwrap().remove(name);
            Ok(())
        })
    }

    fn fetch<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<String, String>> {
        Box::pin(async { Err("there is nothing at any address".to_owned()) })
    }

    fn resume<'a>(&'a self, _: &'a Resource, _: &'a Site<'_>) -> BoxFuture<'a, Result<(), String>> {
        Box::pin(std::future::ready(Ok(())))
    }
}

fn parts(resource: &Resource) -> (&str, &str) {
    let Definition::Queue(queue) = &resource.definition else { panic!("only queues") };
    (&queue.name, queue.attributes.get("VisibilityTimeout").map_or("", String::as_str))
}

/// A template with queues of these names; their logical ids are the same in capitals.
pub(super) fn queues(names: &[&str]) -> String {
    let queue = |name: &&str| {
        let id = name.to_uppercase();
        format!("  {id}:\n    Type: AWS::SQS::Queue\n    Properties: {{ QueueName: {name}, VisibilityTimeout: 1 }}\n")
    };
    format!("Resources:\n{}", names.iter().map(queue).collect::<String>())
}

pub(super) fn deployment(stack: &str, template: &str) -> Deployment {
    Deployment {
        stack: stack.to_owned(),
        template: Some(template.to_owned()),
        parameters: Vec::new(),
        capabilities: None,
        tags: None,
        role_arn: None,
        notification_arns: None,
        policy: None,
        token: None,
    }
}
