//! `AWS::SQS::Queue`.

use std::collections::BTreeMap;

use bongsu_broker::{AttributesGiven, QueueAttributes, QueueName, Rejection};
use bongsu_runtime::Refusal;
use bongsu_template::QueueResource;

use super::{Cx, Provider, gone, told};
use crate::queues;
use crate::stacks::provide::{Fault, Made};

impl Provider for QueueResource {
    fn check(&self, cx: &Cx<'_>) -> Result<(), Fault> {
        if self.faults.is_some() {
            return Err("fault policies are not supported yet".to_owned().into());
        }
        let given = AttributesGiven::parse(&self.attributes, &self.name(cx), &cx.world.region);
        Ok(told(given.map(drop).map_err(Refusal::from))?)
    }

    async fn exists(&self, cx: &Cx<'_>) -> Result<bool, String> {
        match cx.world.broker.describe_queue(self.name(cx)).await {
            Err(Refusal::Rejected(Rejection::QueueDoesNotExist)) => Ok(false),
            described => told(described).map(|_| true),
        }
    }

    async fn bring_about(&self, before: Option<&Self>, cx: &Cx<'_>) -> Result<Made, String> {
        let (broker, region, name) = (&cx.world.broker, &cx.world.region, self.name(cx));
        let outcome = told(queues::bring_about(broker, &name, &self.attributes, &self.tags, region).await)?;
        let Some(before) = before else { return Ok(outcome.into()) };
        let unset = self.unset(before, region);
        if !unset.is_empty() {
            let given = told(AttributesGiven::parse_change(&unset, &name, region).map_err(Refusal::from))?;
            told(broker.set_queue_attributes(name.clone(), given).await)?;
        }
        let is_gone = |key: &&String| !self.tags.contains_key(*key);
        let tags: Vec<Box<str>> = before.tags.keys().filter(is_gone).map(|key| key.as_str().into()).collect();
        if !tags.is_empty() {
            told(broker.untag_queue(name, tags).await)?;
        }
        Ok(outcome.into())
    }

    async fn delete(&self, _: Option<&str>, cx: &Cx<'_>) -> Result<(), String> {
        gone(cx.world.broker.delete_queue(self.name(cx)).await)
    }
}

trait Named {
    fn name(&self, cx: &Cx<'_>) -> QueueName;
    fn unset(&self, before: &Self, region: &str) -> BTreeMap<String, String>;
}

impl Named for QueueResource {
    fn name(&self, cx: &Cx<'_>) -> QueueName {
        QueueName { account: cx.world.account, name: self.name.as_str().into() }
    }

    /// What the template said before and says no longer: it is again as if nobody had said anything.
    fn unset(&self, before: &Self, region: &str) -> BTreeMap<String, String> {
        let is_unset = |name: &&String| !self.attributes.contains_key(*name);
        let usual = QueueAttributes::default();
        let value = |name: &String| (name.clone(), usual.get(name, region).unwrap_or_default());
        before.attributes.keys().filter(is_unset).map(value).collect()
    }
}
