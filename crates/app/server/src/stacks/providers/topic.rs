//! `AWS::SNS::Topic`, with the subscriptions that stand in it.

use bongsu_broker::{Rejection, TopicName};
use bongsu_runtime::Refusal;
use bongsu_template::TopicResource;

use super::{Cx, Provider, gone, told};
use crate::queues::Outcome;
use crate::stacks::provide::{Fault, Made};
use crate::topics::{Subscription, Topic};

/// What attributes are that nobody has set, for those of which it is not the empty text.
const USUAL: [(&str, &str); 5] = [
    ("ContentBasedDeduplication", "false"),
    ("FifoThroughputScope", "Topic"),
    ("MaximumMessageSize", "262144"),
    ("SignatureVersion", "1"),
    ("TracingConfig", "PassThrough"),
];

impl Provider for TopicResource {
    fn check(&self, cx: &Cx<'_>) -> Result<(), Fault> {
        told(Topic::parse(self, cx.world.account).map_err(Refusal::from))?;
        for subscription in &self.subscriptions {
            told(Subscription::parse(subscription, cx.world.account, &cx.world.region).map_err(Refusal::from))?;
        }
        Ok(())
    }

    async fn exists(&self, cx: &Cx<'_>) -> Result<bool, String> {
        match cx.world.broker.describe_topic(name(self, cx)).await {
            Err(Refusal::Rejected(Rejection::TopicDoesNotExist)) => Ok(false),
            described => told(described).map(|_| true),
        }
    }

    async fn bring_about(&self, before: Option<&Self>, cx: &Cx<'_>) -> Result<Made, String> {
        let (broker, region, account) = (&cx.world.broker, &cx.world.region, cx.world.account);
        let topic = told(Topic::parse(self, account).map_err(Refusal::from))?;
        let mut made = Made::from(told(topic.bring_about(broker).await)?);
        if let Some(before) = before {
            self.unset(before, cx).await?;
        }
        for subscription in &self.subscriptions {
            let subscription = told(Subscription::parse(subscription, account, region).map_err(Refusal::from))?;
            let subscribed = told(subscription.bring_about(broker, region).await)?;
            made.pending |= subscribed.pending;
            if subscribed.outcome == Outcome::Changed {
                made.outcome = Outcome::Changed;
            }
        }
        Ok(made)
    }

    async fn delete(&self, _: Option<&str>, cx: &Cx<'_>) -> Result<(), String> {
        gone(cx.world.broker.delete_topic(name(self, cx)).await)
    }
}

trait Unset {
    /// What the template said before and says no longer: it is again as if nobody had said anything.
    fn unset(&self, before: &Self, cx: &Cx<'_>) -> impl Future<Output = Result<(), String>> + Send;
}

impl Unset for TopicResource {
    async fn unset(&self, before: &Self, cx: &Cx<'_>) -> Result<(), String> {
        let (broker, topic) = (&cx.world.broker, name(self, cx));
        for attribute in before.attributes.keys().filter(|attribute| !self.attributes.contains_key(*attribute)) {
            let usual = USUAL.iter().find(|(name, _)| name == attribute).map_or("", |(_, usual)| usual);
            told(broker.set_topic_attribute(topic.clone(), attribute, usual).await)?;
        }
        let is_gone = |key: &&String| !self.tags.contains_key(*key);
        let tags: Vec<Box<str>> = before.tags.keys().filter(is_gone).map(|key| key.as_str().into()).collect();
        if !tags.is_empty() {
            told(broker.untag_topic(topic, tags).await)?;
        }
        for old in &before.subscriptions {
            let is_the_same = |new: &bongsu_template::SubscriptionResource| {
                (&new.topic, &new.protocol, &new.endpoint) == (&old.topic, &old.protocol, &old.endpoint)
            };
            if !self.subscriptions.iter().any(is_the_same) {
                let old = Subscription::parse(old, cx.world.account, &cx.world.region).map_err(Refusal::from);
                gone(told(old)?.end(broker).await)?;
            }
        }
        Ok(())
    }
}

fn name(topic: &TopicResource, cx: &Cx<'_>) -> TopicName {
    TopicName { account: cx.world.account, name: topic.name.as_str().into() }
}
