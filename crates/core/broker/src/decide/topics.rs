//! Making, changing, describing and listing topics.

use std::ops::Bound;

use crate::topic::Topic;
use crate::{
    Account, Broker, Decision, Entropy, Fact, Rejection, Reply, SubscriptionId, TAGS_MAX, Tags, TopicAttributes,
    TopicDefinition, TopicDescription, TopicId, TopicName,
};

impl Broker {
    pub(crate) fn topic(&self, name: &TopicName) -> Result<&Topic, Rejection> {
        self.topics.get(name).ok_or(Rejection::TopicDoesNotExist)
    }

    /// Idempotent: a topic that has every attribute and tag that was given is simply found.
    pub(super) fn decide_create_topic(
        &self,
        name: TopicName,
        attributes: TopicAttributes,
        tags: Tags,
        entropy: &mut Entropy,
    ) -> Result<Decision, Rejection> {
        if let Some(topic) = self.topics.get(&name) {
            let known = topic.definition();
            let exists = |what: &str| {
                let text = format!("{what} Reason: Topic already exists with different {}", what.to_ascii_lowercase());
                Err(Rejection::InvalidParameter(text.into()))
            };
            if attributes.texts().any(|(name, value)| !known.attributes.has(name, value)) {
                return exists("Attributes");
            }
            if !tags.is_empty() && known.tags != Vec::from_iter(tags) {
                return exists("Tags");
            }
            return Ok(Decision::reply(Reply::Done));
        }
        if tags.len() > TAGS_MAX {
            return Err(Rejection::TooManyTopicTags);
        }
        let id = loop {
            let id = TopicId::new(entropy.next_u64(), name.is_fifo());
            if !self.topics.by_id.contains_key(&id) {
                break id;
            }
        };
        let (tags, created_at) = (tags.into_iter().collect(), self.now());
        let definition =
            TopicDefinition { name, attributes, tags, created_at, next_sequence: 0, unsubscribed: 0, next_archived: 0 };
        Ok(Decision::fact(Fact::TopicDefined { id, definition }))
    }

    pub(super) fn decide_set_topic_attribute(
        &self,
        name: &TopicName,
        attribute: &str,
        value: &str,
    ) -> Result<Decision, Rejection> {
        let topic = self.topic(name)?;
        let attributes = topic.definition().attributes.with(attribute, value)?;
        attributes.check_subscribers(self.topics.protocols_of(topic))?;
        let is_replaying = |id: &SubscriptionId| self.topics.subscriptions[id].is_replaying();
        if attributes.archive.is_none() && topic.subscriptions.iter().any(is_replaying) {
            // What it has yet to come to would be lost.
            return Err(Rejection::InvalidParameter("ArchivePolicy: a replay of the archive goes on".into()));
        }
        Ok(redefined(topic, |definition| definition.attributes = attributes))
    }

    pub(super) fn decide_tag_topic(&self, name: &TopicName, added: Tags) -> Result<Decision, Rejection> {
        let topic = self.topics.get(name).ok_or(Rejection::TaggedTopicDoesNotExist)?;
        let mut tags: Tags = topic.definition().tags.iter().cloned().collect();
        tags.extend(added);
        if tags.len() > TAGS_MAX {
            return Err(Rejection::TooManyTopicTags);
        }
        Ok(redefined(topic, |definition| definition.tags = tags.into_iter().collect()))
    }

    pub(super) fn decide_untag_topic(&self, name: &TopicName, keys: &[Box<str>]) -> Result<Decision, Rejection> {
        let topic = self.topics.get(name).ok_or(Rejection::TaggedTopicDoesNotExist)?;
        Ok(redefined(topic, |definition| definition.tags.retain(|(key, _)| !keys.contains(key))))
    }

    /// Idempotent, as on AWS.
    pub(super) fn decide_delete_topic(&self, name: &TopicName) -> Decision {
        match self.topics.get(name) {
            Some(topic) => Decision::fact(Fact::TopicDeleted { id: topic.id }),
            None => Decision::reply(Reply::Done),
        }
    }

    pub(super) fn decide_describe_topic(&self, name: &TopicName) -> Result<Decision, Rejection> {
        let topic = self.topic(name)?;
        let confirmed = |id: &&SubscriptionId| self.topics.subscriptions[*id].definition().is_confirmed();
        let pending = |id: &&SubscriptionId| self.topics.subscriptions[*id].definition().is_pending();
        Ok(Decision::reply(Reply::Topic(Box::new(TopicDescription {
            id: topic.id,
            definition: topic.current(),
            confirmed: topic.subscriptions.iter().filter(confirmed).count(),
            archived_since: topic.archive.oldest(),
            pending: topic.subscriptions.iter().filter(pending).count(),
        }))))
    }

    pub(super) fn decide_list_topics(&self, account: Account, after: Option<Box<str>>, max: usize) -> Decision {
        let from = match after {
            Some(after) => Bound::Excluded(TopicName { account, name: after }),
            None => Bound::Included(TopicName { account, name: "".into() }),
        };
        let names = self.topics.by_name.range((from, Bound::Unbounded)).map(|(name, _)| name);
        let of_account = names.take_while(|name| name.account == account);
        Decision::reply(Reply::Topics(of_account.take(max).cloned().collect()))
    }
}

/// The topic's definition with a change.
pub(super) fn redefined(topic: &Topic, change: impl FnOnce(&mut TopicDefinition)) -> Decision {
    let mut definition = topic.current();
    change(&mut definition);
    Decision::fact(Fact::TopicDefined { id: topic.id, definition })
}
