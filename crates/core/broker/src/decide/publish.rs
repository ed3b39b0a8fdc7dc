//! Publishing: every subscriber that wants it has a copy, or nobody has.

use std::collections::BTreeMap;

use bongsu_policy::{Principal, Request, Verdict};

use super::send::{content_id, deduplication_key};
use crate::queue::Queue;
use crate::topic::filter::admit;
use crate::topic::{Topic, filter};
use crate::{
    Broker, Copy, CopyForm, CopyTo, DEDUPLICATION_INTERVAL, Decision, Deduplication, DeduplicationKey, Entropy, Fact,
    MessageId, Notification, Protocol, Publication, PublishTally, Published, QueueId, QueueName, Rejection, Reply,
    SubscriptionDefinition, SubscriptionId, TopicName,
};

/// How many message attributes a queue takes of a bare message.
const RAW_ATTRIBUTES_MAX: usize = 10;

/// What the entries of one publish have put where so far.
#[derive(Default)]
pub(super) struct Draft {
    pub(super) facts: Vec<Fact>,
    in_queue: BTreeMap<QueueId, u64>,
    in_outbox: BTreeMap<SubscriptionId, u64>,
    in_topic: u64,
    in_archive: u64,
    ids_in_queue: BTreeMap<(QueueId, DeduplicationKey), ()>,
    ids_in_topic: BTreeMap<DeduplicationKey, (MessageId, u64)>,
    tally: PublishTally,
}

impl Broker {
    /// A single publish is a batch of one. What is wrong with one entry is wrong with all.
    pub(super) fn decide_publish(
        &self,
        name: &TopicName,
        entries: Vec<Publication>,
        region: &str,
        entropy: &mut Entropy,
    ) -> Result<Decision, Rejection> {
        let topic = self.topic(name)?;
        entries.iter().try_for_each(|entry| check(topic, entry))?;
        let bytes_max = topic.definition().attributes.message_bytes_max as usize;
        if entries.iter().map(Publication::bytes).sum::<usize>() > bytes_max {
            return Err(Rejection::PublishTooLong { batch: entries.len() > 1 });
        }
        let mut draft = Draft::default();
        let results = entries.into_iter().map(|entry| self.publish_one(topic, entry, region, &mut draft, entropy));
        let results = results.collect();
        let reply = Reply::Published { topic: topic.id, results, tally: draft.tally };
        Ok(Decision { facts: draft.facts, reply, effects: Vec::new() })
    }

    fn publish_one(
        &self,
        topic: &Topic,
        entry: Publication,
        region: &str,
        draft: &mut Draft,
        entropy: &mut Entropy,
    ) -> Published {
        let definition = topic.definition();
        let fifo = topic.id.is_fifo();
        let deduplication_id = fifo.then(|| entry.deduplication_id.clone().unwrap_or_else(|| content_id(&entry.body)));
        let per_group = definition.attributes.deduplication_per_group;
        let key = deduplication_id.as_deref().map(|id| deduplication_key(per_group, id, entry.group.as_deref()));
        let known = key.and_then(|key| {
            let remembered = topic.deduplication.get(&key).map(|known| (known.message_id, known.sequence));
            remembered.or_else(|| draft.ids_in_topic.get(&key).copied())
        });
        if let Some((message_id, sequence)) = known {
            return Published { message_id, sequence: fifo.then_some(sequence), duplicate: true };
        }
        let message_id = MessageId(entropy.next_uuid());
        let sequence = if fifo { topic.next_sequence + draft.in_topic } else { 0 };
        draft.in_topic += 1;
        let notification = Notification {
            message_id,
            topic: definition.name.clone(),
            published_at: self.now(),
            sequence,
            subject: entry.subject.clone(),
            body: entry.body.clone(),
            bodies: entry.bodies.clone(),
            attributes: entry.attributes.clone(),
            group: entry.group.clone(),
            deduplication_id,
            trace_header: entry.trace_header.clone(),
            signature_version: if fifo { 0 } else { definition.attributes.signature_version },
            replayed: false,
        };
        let mut wanted = filter::Prepared::new(&entry);
        let mut copies = Vec::new();
        for id in &topic.subscriptions {
            let subscriber = self.topics.subscriptions[id].definition();
            // A replay that goes on comes to this message by itself.
            if !subscriber.is_confirmed() || self.topics.subscriptions[id].is_replaying() {
                continue;
            }
            let form = CopyForm {
                subscription: *id,
                raw: subscriber.attributes.raw,
                body: entry.body_for(subscriber.protocol),
            };
            if let Err(reason) = admit(&subscriber.attributes, &mut wanted, form.body) {
                draft.tally.filtered_out(reason);
                continue;
            }
            match self.copy_to(&notification, entry.attributes_count, form, subscriber, region, draft) {
                Some(to) => copies.push(Copy { form, to }),
                None => continue,
            }
        }
        if definition.attributes.archive.is_some() {
            let form = CopyForm { subscription: SubscriptionId(0), raw: false, body: 0 };
            let sequence = topic.archive.next_sequence + draft.in_archive;
            draft.in_archive += 1;
            copies.push(Copy { form, to: CopyTo::Archive { sequence } });
        }
        let deduplication = key.map(|key| Deduplication { key, until: self.now() + DEDUPLICATION_INTERVAL });
        if let Some(key) = key {
            draft.ids_in_topic.insert(key, (message_id, sequence));
        }
        // Nothing is left to be done of a message that nobody wants, unless its number counts.
        if fifo || !copies.is_empty() {
            draft.facts.push(Fact::Published { topic: topic.id, notification, copies, deduplication });
        }
        Published { message_id, sequence: fifo.then_some(sequence), duplicate: false }
    }

    /// Where a subscriber's copy goes; nowhere if its queue has it already, or never can and there is none for its dead
    /// letters.
    pub(super) fn copy_to(
        &self,
        notification: &Notification,
        attributes_count: usize,
        form: CopyForm,
        subscriber: &SubscriptionDefinition,
        region: &str,
        draft: &mut Draft,
    ) -> Option<CopyTo> {
        if subscriber.protocol != Protocol::Sqs {
            let ahead = draft.in_outbox.entry(form.subscription).or_default();
            let sequence = self.topics.subscriptions[&form.subscription].outbox.next_sequence + *ahead;
            *ahead += 1;
            return Some(CopyTo::Outbox { sequence });
        }
        let topic = &notification.topic;
        let queue = subscriber.queue.as_ref().and_then(|name| self.queue(name).ok().map(|queue| (name, queue)));
        let fits = !(form.raw && attributes_count > RAW_ATTRIBUTES_MAX);
        let open = queue.filter(|(name, queue)| fits && self.may_notify(queue, name, topic, region));
        let (name, queue, dead) = match (open, &subscriber.attributes.dead_letters) {
            (Some((name, queue)), _) => (name, queue, false),
            (None, dead_letters) => {
                draft.tally.failed += 1;
                let Some(name) = dead_letters else { return None };
                // A standard topic's messages need have no group, and no id.
                let fits = |queue: &&Queue| topic.is_fifo() || !queue.id.is_fifo();
                let Some(queue) = self.queue(name).ok().filter(fits) else {
                    draft.tally.not_dead_lettered += 1;
                    return None;
                };
                (name, queue, true)
            }
        };
        debug_assert_eq!(queue.id.is_fifo(), name.is_fifo());
        // The queue may remember the id of a replayed message; having it again is what is asked for.
        let id = notification.deduplication_id.as_deref().filter(|_| queue.id.is_fifo() && !notification.replayed);
        let per_group = queue.attributes().deduplication_per_group;
        let key = id.map(|id| deduplication_key(per_group, id, notification.group.as_deref()));
        if dead {
            draft.tally.dead_lettered += 1;
        } else {
            draft.tally.delivered += 1;
        }
        if let Some(key) = key {
            let known = queue.deduplication.get(&key).is_some() || draft.ids_in_queue.contains_key(&(queue.id, key));
            if known {
                return None;
            }
            draft.ids_in_queue.insert((queue.id, key), ());
        }
        let ahead = draft.in_queue.entry(queue.id).or_default();
        let sequence = queue.next_sequence + *ahead;
        *ahead += 1;
        Some(CopyTo::Queue {
            queue: queue.id,
            sequence,
            visible_at: self.now() + queue.attributes().delay,
            deduplication: key.map(|key| Deduplication { key, until: self.now() + DEDUPLICATION_INTERVAL }),
        })
    }

    /// Whether a queue takes messages of a topic: those of its own account unless its policy denies it, those of others
    /// only if its policy allows it.
    fn may_notify(&self, queue: &Queue, name: &QueueName, topic: &TopicName, region: &str) -> bool {
        let same_account = name.account == topic.account;
        let Some(policy) = &queue.attributes().policy else { return same_account };
        let (resource, source_arn) = (name.arn(region), topic.arn(region));
        let verdict = policy.evaluate(&Request {
            principal: &Principal::Service { name: "sns.amazonaws.com".into() },
            action: "sqs:SendMessage",
            resource: &resource,
            source_arn: Some(&source_arn),
            source_account: Some(&topic.account.to_string()),
            now_ms: self.now().0,
            secure_transport: true,
            source_ip: None,
        });
        match verdict {
            Verdict::Allow => true,
            Verdict::Deny => false,
            Verdict::Silent => same_account,
        }
    }
}

fn check(topic: &Topic, entry: &Publication) -> Result<(), Rejection> {
    let invalid = |text: &str| Err(Rejection::InvalidParameter(text.into()));
    if !topic.id.is_fifo() {
        return match &entry.deduplication_id {
            Some(_) => invalid(
                "MessageDeduplicationId Reason: The request includes MessageDeduplicationId parameter that is not valid for this topic type",
            ),
            None => Ok(()),
        };
    }
    if entry.group.is_none() {
        return invalid("The MessageGroupId parameter is required for FIFO topics");
    }
    if entry.deduplication_id.is_none() && !topic.definition().attributes.content_based_deduplication {
        return invalid(
            "The topic should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly",
        );
    }
    Ok(())
}
