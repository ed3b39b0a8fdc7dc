//! Brings topics, subscriptions and access policies to what a template says of them.

use std::collections::BTreeMap;

use bongsu_broker::{
    Account, FAULTS_ATTRIBUTE, Protocol, QueueName, Rejection, Subscriber, SubscriptionAdded, SubscriptionAttributes,
    SubscriptionDescription, SubscriptionId, Tags, TopicAttributes, TopicName,
};
use bongsu_runtime::{Handle, Refusal};
use bongsu_template::{SubscriptionResource, TopicResource};

use crate::queues::Outcome;

/// How many subscriptions are asked for at once.
const PAGE: usize = 100;
/// What a subscription's attributes are as long as nobody sets them. A template says all there is to say of a
/// subscription, as with CloudFormation: a filter that it no longer names would keep messages back that it asks for.
const UNSET: [(&str, &str); 7] = [
    ("DeliveryPolicy", ""),
    (FAULTS_ATTRIBUTE, ""),
    ("FilterPolicy", "{}"),
    ("FilterPolicyScope", "MessageAttributes"),
    ("RawMessageDelivery", "false"),
    ("RedrivePolicy", ""),
    ("ReplayPolicy", ""),
];

/// A topic as the broker takes it.
pub(crate) struct Topic {
    name: TopicName,
    attributes: TopicAttributes,
    given: BTreeMap<String, String>,
    tags: Tags,
}

impl Topic {
    /// Refuses what the broker would refuse.
    pub(crate) fn parse(topic: &TopicResource, account: Account) -> Result<Topic, Rejection> {
        let name = TopicName { account, name: topic.name.as_str().into() };
        let tags = topic.tags.iter().map(|(key, value)| (key.as_str().into(), value.as_str().into()));
        Ok(Topic {
            attributes: TopicAttributes::parse(&topic.attributes, &name)?,
            given: topic.attributes.clone(),
            tags: tags.collect(),
            name,
        })
    }

    /// Makes the topic, or gives one that is there already these attributes and tags. Those that are not given stay as
    /// they are.
    pub(crate) async fn bring_about(self, broker: &Handle) -> Result<Outcome, Refusal> {
        let known = match broker.describe_topic(self.name.clone()).await {
            Ok(known) => known.definition,
            Err(Refusal::Rejected(Rejection::TopicDoesNotExist)) => {
                broker.create_topic(self.name, self.attributes, self.tags).await?;
                return Ok(Outcome::Made);
            }
            Err(refusal) => return Err(refusal),
        };
        let mut outcome = Outcome::Made;
        for (name, value) in &self.given {
            if self.attributes.text(name) != known.attributes.text(name) {
                broker.set_topic_attribute(self.name.clone(), name, value).await?;
                outcome = Outcome::Changed;
            }
        }
        let known_tags: Tags = known.tags.into_iter().collect();
        if self.tags.iter().any(|(key, value)| known_tags.get(key) != Some(value)) {
            broker.tag_topic(self.name, self.tags).await?;
        }
        Ok(outcome)
    }
}

/// Gives the topic this access policy, unless it has it.
pub(crate) async fn permit(broker: &Handle, topic: &TopicName, policy: &str) -> Result<(), Refusal> {
    let known = broker.describe_topic(topic.clone()).await?.definition.attributes;
    if known.with("Policy", policy)?.policy == known.policy {
        return Ok(());
    }
    broker.set_topic_attribute(topic.clone(), "Policy", policy).await
}

/// A subscription as the broker takes it.
pub(crate) struct Subscription {
    topic: TopicName,
    protocol: Protocol,
    endpoint: Box<str>,
    queue: Option<QueueName>,
    attributes: SubscriptionAttributes,
    given: BTreeMap<String, String>,
}

/// What was done about a subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Subscribed {
    pub(crate) outcome: Outcome,
    /// Its endpoint was asked, and has yet to say yes.
    pub(crate) pending: bool,
    pub(crate) id: SubscriptionId,
}

impl Subscription {
    /// Refuses what the broker would refuse.
    pub(crate) fn parse(
        subscription: &SubscriptionResource,
        account: Account,
        region: &str,
    ) -> Result<Subscription, Rejection> {
        let topic = TopicName { account, name: subscription.topic.as_str().into() };
        let protocol = Protocol::parse(&subscription.protocol);
        let protocol = protocol.ok_or_else(|| Rejection::InvalidParameter("Protocol".into()))?;
        let given = &subscription.attributes;
        let (endpoint, of_fifo) = (subscription.endpoint.as_str(), topic.is_fifo());
        let subscriber = Subscriber { owner: account, protocol, endpoint, of_fifo, region };
        Ok(Subscription {
            attributes: SubscriptionAttributes::parse(given, &subscriber)?,
            given: given.clone(),
            topic,
            protocol,
            endpoint: subscription.endpoint.as_str().into(),
            queue: subscription.queue().map(|name| QueueName { account, name: name.into() }),
        })
    }

    /// Subscribes the endpoint, or gives a subscription of it that is there already these attributes and no others.
    /// Whoever has yet to say yes is asked again.
    pub(crate) async fn bring_about(self, broker: &Handle, region: &str) -> Result<Subscribed, Refusal> {
        let known = self.find(broker).await?;
        let mut outcome = Outcome::Made;
        if let Some(known) = &known {
            for (name, value) in self.changes(&known.definition.attributes) {
                broker.set_subscription_attribute(known.id, &name, &value, region).await?;
                outcome = Outcome::Changed;
            }
            if !known.definition.is_pending() {
                return Ok(Subscribed { outcome, pending: false, id: known.id });
            }
        }
        let owner = self.topic.account;
        let added = SubscriptionAdded {
            owner,
            principal: format!("arn:aws:iam::{owner}:root").into(),
            protocol: self.protocol,
            endpoint: self.endpoint,
            queue: self.queue,
            // Of one that is there they have been changed.
            attributes: if known.is_some() { SubscriptionAttributes::default() } else { self.attributes },
        };
        let (id, pending) = broker.subscribe(self.topic, added).await?;
        Ok(Subscribed { outcome, pending, id })
    }

    /// Whether the endpoint is subscribed.
    pub(crate) async fn is_there(&self, broker: &Handle) -> Result<bool, Refusal> {
        match self.find(broker).await {
            Err(Refusal::Rejected(Rejection::TopicDoesNotExist)) => Ok(false),
            found => Ok(found?.is_some()),
        }
    }

    /// Ends the subscription of the endpoint, if there is one. One that was never confirmed ends by itself.
    pub(crate) async fn end(&self, broker: &Handle) -> Result<(), Refusal> {
        match self.find(broker).await?.filter(|known| !known.definition.is_pending()) {
            Some(known) => broker.unsubscribe(known.id, true).await,
            None => Ok(()),
        }
    }

    async fn find(&self, broker: &Handle) -> Result<Option<SubscriptionDescription>, Refusal> {
        let known = subscriptions_of(broker, &self.topic).await?;
        Ok(known
            .into_iter()
            .find(|known| (known.definition.protocol, &known.definition.endpoint) == (self.protocol, &self.endpoint)))
    }

    /// What has to be set, in an order in which each step is allowed: a scope and a form that allow more come before
    /// what needs them, and those that allow less after.
    fn changes(&self, known: &SubscriptionAttributes) -> Vec<(String, String)> {
        let mut changes: Vec<(String, String)> = Vec::new();
        for (name, value) in &self.given {
            if self.attributes.text(name) != known.text(name) {
                changes.push((name.clone(), value.clone()));
            }
        }
        for (name, unset) in UNSET {
            let is_set = known.text(name).is_some_and(|text| ![unset, "", "{}"].contains(&text));
            if is_set && !self.given.contains_key(name) {
                changes.push((name.to_owned(), unset.to_owned()));
            }
        }
        changes.sort_by_key(|(name, value)| match (name.as_str(), value.as_str()) {
            ("FilterPolicyScope", "MessageBody") | ("RawMessageDelivery", "true") => 0,
            ("FilterPolicyScope" | "RawMessageDelivery", _) => 2,
            _ => 1,
        });
        changes
    }
}

/// Subscriptions of the topic that are none of these.
pub(crate) async fn others(
    broker: &Handle,
    topic: &TopicName,
    wanted: &[SubscriptionResource],
) -> Result<Vec<SubscriptionDescription>, Refusal> {
    let known = subscriptions_of(broker, topic).await?.into_iter();
    let others = known.filter(|known| {
        let known = &known.definition;
        !wanted.iter().any(|wanted| {
            (&*wanted.topic, &*wanted.protocol, &*wanted.endpoint)
                == (&*topic.name, known.protocol.name(), &*known.endpoint)
        })
    });
    Ok(others.collect())
}

async fn subscriptions_of(broker: &Handle, topic: &TopicName) -> Result<Vec<SubscriptionDescription>, Refusal> {
    let mut all = Vec::new();
    loop {
        let after = all.last().map(|last: &SubscriptionDescription| last.id);
        let page = broker.list_subscriptions_by_topic(topic.clone(), after, PAGE).await?;
        let is_last = page.len() < PAGE;
        all.extend(page);
        if is_last {
            return Ok(all);
        }
    }
}
