//! The doors' side of the shard, for topics and subscriptions: one method a command.

use bongsu_broker::{
    Account, Command, PermissionAdded, Publication, Published, Reply, SubscriptionAdded, SubscriptionDescription,
    SubscriptionId, Tags, Token, TopicAttributes, TopicDescription, TopicName,
};

use crate::{Handle, Refusal};

impl Handle {
    /// Makes a topic, or finds one that has every given attribute and tag.
    pub async fn create_topic(&self, name: TopicName, attributes: TopicAttributes, tags: Tags) -> Result<(), Refusal> {
        self.ask_done(Command::CreateTopic { name, attributes, tags }).await
    }

    /// Changes one attribute.
    pub async fn set_topic_attribute(&self, topic: TopicName, name: &str, value: &str) -> Result<(), Refusal> {
        self.ask_done(Command::SetTopicAttribute { topic, name: name.into(), value: value.into() }).await
    }

    /// Adds tags, or gives those that are there another value.
    pub async fn tag_topic(&self, topic: TopicName, tags: Tags) -> Result<(), Refusal> {
        self.ask_done(Command::TagTopic { topic, tags }).await
    }

    /// Removes tags; those that are not there do not matter.
    pub async fn untag_topic(&self, topic: TopicName, keys: Vec<Box<str>>) -> Result<(), Refusal> {
        self.ask_done(Command::UntagTopic { topic, keys }).await
    }

    /// Adds a statement to the topic's policy.
    pub async fn add_topic_permission(&self, topic: TopicName, added: PermissionAdded) -> Result<(), Refusal> {
        self.ask_done(Command::AddTopicPermission { topic, added }).await
    }

    /// Removes the statement of this label from the topic's policy, if there is one.
    pub async fn remove_topic_permission(&self, topic: TopicName, label: &str) -> Result<(), Refusal> {
        self.ask_done(Command::RemoveTopicPermission { topic, label: label.into() }).await
    }

    /// Deletes a topic with its subscriptions and what was still to be delivered to them.
    pub async fn delete_topic(&self, topic: TopicName) -> Result<(), Refusal> {
        self.ask_done(Command::DeleteTopic { topic }).await
    }

    /// Everything about a topic.
    pub async fn describe_topic(&self, topic: TopicName) -> Result<TopicDescription, Refusal> {
        match self.ask(Command::DescribeTopic { topic }, None).await? {
            Reply::Topic(description) => Ok(*description),
            other => unreachable!("DescribeTopic answered {other:?}"),
        }
    }

    /// Names in order that come after `after`, at most `max`.
    pub async fn list_topics(
        &self,
        account: Account,
        after: Option<Box<str>>,
        max: usize,
    ) -> Result<Vec<TopicName>, Refusal> {
        match self.ask(Command::ListTopics { account, after, max }, None).await? {
            Reply::Topics(names) => Ok(names),
            other => unreachable!("ListTopics answered {other:?}"),
        }
    }

    /// Subscribes an endpoint, or finds its subscription. Tells which it is, and whether its endpoint has yet to say yes.
    pub async fn subscribe(
        &self,
        topic: TopicName,
        added: SubscriptionAdded,
    ) -> Result<(SubscriptionId, bool), Refusal> {
        match self.ask(Command::Subscribe { topic, added }, None).await? {
            Reply::Subscribed { id, pending } => Ok((id, pending)),
            other => unreachable!("Subscribe answered {other:?}"),
        }
    }

    /// Says yes to a subscription, or no to the end of one.
    pub async fn confirm_subscription(&self, token: Token, authenticated: bool) -> Result<SubscriptionId, Refusal> {
        match self.ask(Command::ConfirmSubscription { token, authenticated }, None).await? {
            Reply::Subscribed { id, .. } => Ok(id),
            other => unreachable!("ConfirmSubscription answered {other:?}"),
        }
    }

    /// Ends a subscription. Without credentials the endpoint of a web server gets to know, and may say no.
    pub async fn unsubscribe(&self, id: SubscriptionId, has_credentials: bool) -> Result<(), Refusal> {
        self.ask_done(Command::Unsubscribe { id, has_credentials }).await
    }

    /// Changes one attribute.
    pub async fn set_subscription_attribute(
        &self,
        id: SubscriptionId,
        name: &str,
        value: &str,
        region: &str,
    ) -> Result<(), Refusal> {
        let (name, value, region) = (name.into(), value.into(), region.into());
        self.ask_done(Command::SetSubscriptionAttribute { id, name, value, region }).await
    }

    /// Everything about a subscription.
    pub async fn describe_subscription(&self, id: SubscriptionId) -> Result<SubscriptionDescription, Refusal> {
        match self.ask(Command::DescribeSubscription { id }, None).await? {
            Reply::Subscription(description) => Ok(*description),
            other => unreachable!("DescribeSubscription answered {other:?}"),
        }
    }

    /// The account's subscriptions that come after `after`, at most `max`.
    pub async fn list_subscriptions(
        &self,
        account: Account,
        after: Option<SubscriptionId>,
        max: usize,
    ) -> Result<Vec<SubscriptionDescription>, Refusal> {
        self.ask_subscriptions(Command::ListSubscriptions { account, after, max }).await
    }

    /// A topic's subscriptions that come after `after`, at most `max`.
    pub async fn list_subscriptions_by_topic(
        &self,
        topic: TopicName,
        after: Option<SubscriptionId>,
        max: usize,
    ) -> Result<Vec<SubscriptionDescription>, Refusal> {
        self.ask_subscriptions(Command::ListSubscriptionsByTopic { topic, after, max }).await
    }

    async fn ask_subscriptions(&self, command: Command) -> Result<Vec<SubscriptionDescription>, Refusal> {
        match self.ask(command, None).await? {
            Reply::Subscriptions(subscriptions) => Ok(subscriptions),
            other => unreachable!("a list of subscriptions was asked for, not {other:?}"),
        }
    }

    /// Publishes messages, all or none: when this returns, every subscriber that wants one has it, or it is durable that
    /// it gets it. `region` is the one that ARNs in the policies of queues are written with.
    pub async fn publish(
        &self,
        topic: TopicName,
        entries: Vec<Publication>,
        region: &str,
    ) -> Result<Vec<Published>, Refusal> {
        match self.ask(Command::Publish { topic, entries, region: region.into() }, None).await? {
            Reply::Published { results, .. } => Ok(results),
            other => unreachable!("Publish answered {other:?}"),
        }
    }
}
