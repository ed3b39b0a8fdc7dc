//! `AWS::SQS::Queue`.

use std::collections::BTreeMap;

use bongsu_broker::{AttributesGiven, FAULTS_TAG, QueueAttributes, QueueName, Rejection};
use bongsu_runtime::Refusal;
use bongsu_template::QueueResource;

use super::{Cx, Provider, faults, gone, told};
use crate::queues;
use crate::stacks::provide::{Fault, Made};

impl Provider for QueueResource {
    fn check(&self, cx: &Cx<'_>) -> Result<(), Fault> {
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
        let outcome = told(queues::bring_about(broker, &name, &self.attributes, &self.all_tags(), region).await)?;
        let Some(before) = before else { return Ok(outcome.into()) };
        let unset = self.unset(before, region);
        if !unset.is_empty() {
            let given = told(AttributesGiven::parse_change(&unset, &name, region).map_err(Refusal::from))?;
            told(broker.set_queue_attributes(name.clone(), given).await)?;
        }
        let (tags, old_tags) = (self.all_tags(), before.all_tags());
        let is_gone = |key: &&String| !tags.contains_key(*key);
        let tags: Vec<Box<str>> = old_tags.keys().filter(is_gone).map(|key| key.as_str().into()).collect();
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
    fn all_tags(&self) -> BTreeMap<String, String>;
    fn unset(&self, before: &Self, region: &str) -> BTreeMap<String, String>;
}

impl Named for QueueResource {
    fn name(&self, cx: &Cx<'_>) -> QueueName {
        QueueName { account: cx.world.account, name: self.name.as_str().into() }
    }

    /// With the one that says what is to go wrong.
    fn all_tags(&self) -> BTreeMap<String, String> {
        let mut tags = self.tags.clone();
        tags.extend(self.faults.as_ref().map(|policy| (FAULTS_TAG.to_owned(), faults::words(policy))));
        tags
    }

    /// What the template said before and says no longer: it is again as if nobody had said anything.
    fn unset(&self, before: &Self, region: &str) -> BTreeMap<String, String> {
        let is_unset = |name: &&String| !self.attributes.contains_key(*name);
        let usual = QueueAttributes::default();
        let value = |name: &String| (name.clone(), usual.get(name, region).unwrap_or_default());
        before.attributes.keys().filter(is_unset).map(value).collect()
    }
}
