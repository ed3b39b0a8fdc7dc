//! Publishing: every subscriber that wants it has a copy, or nobody has.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use bongsu_policy::{Principal, Request, Verdict};

use super::send::{content_id, deduplication_key};
use crate::queue::Queue;
use crate::topic::filter::admit;
use crate::topic::subscription::Subscription;
use crate::topic::{Topic, filter};
use crate::{
    Broker, Copy, CopyForm, CopyTo, DEDUPLICATION_INTERVAL, Decision, Deduplication, DeduplicationKey, Entropy, Fact,
    MessageId, Notification, Protocol, Publication, PublishTally, Published, QueueId, Rejection, Reply,
    SubscriptionDefinition, SubscriptionId, TopicName,
};

/// How many message attributes a queue takes of a bare message.
const RAW_ATTRIBUTES_MAX: usize = 10;

/// A subscriber that gets what is published now.
pub(super) struct Recipient<'a> {
    id: SubscriptionId,
    subscription: &'a Subscription,
    /// The subscribed queue, if it takes messages of the topic: the same for all entries, and not looked at for a
    /// subscriber that wants none of them.
    open: OnceCell<Option<&'a Queue>>,
}

impl<'a> Recipient<'a> {
    pub(super) fn new(id: SubscriptionId, subscription: &'a Subscription) -> Recipient<'a> {
        Recipient { id, subscription, open: OnceCell::new() }
    }

    /// What it gets to see of an entry.
    pub(super) fn form(&self, entry: &Publication) -> CopyForm {
        let definition = self.subscription.definition();
        let body = entry.body_for(definition.protocol);
        CopyForm { subscription: self.id, raw: definition.attributes.raw, body }
    }
}

/// Who sends, as the policies of queues see it.
pub(super) struct Origin<'a> {
    topic: &'a TopicName,
    region: &'a str,
    /// Written once for all queues, if any has a policy.
    seen: OnceCell<Seen>,
}

struct Seen {
    principal: Principal,
    arn: String,
    account: String,
}

impl<'a> Origin<'a> {
    pub(super) fn new(topic: &'a TopicName, region: &'a str) -> Origin<'a> {
        Origin { topic, region, seen: OnceCell::new() }
    }

    fn seen(&self) -> &Seen {
        self.seen.get_or_init(|| Seen {
            principal: Principal::Service { name: "sns.amazonaws.com".into() },
            arn: self.topic.arn(self.region),
            account: self.topic.account.to_string(),
        })
    }
}

/// What the entries of one publish have put where so far.
#[derive(Default)]
pub(super) struct Draft {
    pub(super) facts: Vec<Fact>,
    in_queue: BTreeMap<QueueId, u64>,
    in_outbox: BTreeMap<SubscriptionId, u64>,
    in_topic: u64,
    in_archive: u64,
    ids_in_queue: BTreeSet<(QueueId, DeduplicationKey)>,
    ids_in_topic: BTreeMap<DeduplicationKey, (MessageId, u64)>,
    tally: PublishTally,
}

impl Draft {
    /// How many copies the queue gets before one more, which is counted.
    pub(super) fn count_in_queue(&mut self, queue: QueueId) -> u64 {
        count(self.in_queue.entry(queue).or_default())
    }

    /// The same of what is to be delivered to an endpoint.
    pub(super) fn count_in_outbox(&mut self, subscription: SubscriptionId) -> u64 {
        count(self.in_outbox.entry(subscription).or_default())
    }
}

fn count(before: &mut u64) -> u64 {
    *before += 1;
    *before - 1
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
        let subscribers = topic.subscriptions.iter().map(|id| Recipient::new(*id, &self.topics.subscriptions[id]));
        // A replay that goes on comes to this message by itself.
        let gets_it =
            |subscription: &Subscription| subscription.definition().is_confirmed() && !subscription.is_replaying();
        let recipients: Vec<_> = subscribers.filter(|recipient| gets_it(recipient.subscription)).collect();
        let (origin, mut draft) = (Origin::new(name, region), Draft::default());
        let publish = |entry| self.publish_one(topic, entry, &recipients, &origin, &mut draft, entropy);
        let results = entries.into_iter().map(publish).collect();
        let reply = Reply::Published { topic: topic.id, results, tally: draft.tally };
        Ok(Decision { facts: draft.facts, reply, effects: Vec::new() })
    }

    fn publish_one<'a>(
        &'a self,
        topic: &Topic,
        entry: Publication,
        recipients: &[Recipient<'a>],
        origin: &Origin<'_>,
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
        let mut copies = Vec::with_capacity(recipients.len() + usize::from(definition.attributes.archive.is_some()));
        let mut after = Vec::new();
        for recipient in recipients {
            let form = recipient.form(&entry);
            if let Err(reason) = admit(&recipient.subscription.definition().attributes, &mut wanted, form.body) {
                draft.tally.filtered_out(reason);
                continue;
            }
            let to = self.copy_to(&notification, entry.attributes_count, form, recipient, origin, draft);
            if let Some(to) = to {
                let (subscriber, outbox_next) =
                    (recipient.subscription.definition(), recipient.subscription.outbox.next_sequence);
                self.copy_with_faults(Copy { form, to }, subscriber, outbox_next, draft, &mut copies, &mut after);
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
            draft.facts.extend(after);
        }
        Published { message_id, sequence: fifo.then_some(sequence), duplicate: false }
    }

    /// Where a subscriber's copy goes; nowhere if its queue has it already, or never can and there is none for its dead
    /// letters.
    pub(super) fn copy_to<'a>(
        &'a self,
        notification: &Notification,
        attributes_count: usize,
        form: CopyForm,
        recipient: &Recipient<'a>,
        origin: &Origin<'_>,
        draft: &mut Draft,
    ) -> Option<CopyTo> {
        let definition = recipient.subscription.definition();
        if definition.protocol != Protocol::Sqs {
            let sequence = recipient.subscription.outbox.next_sequence + draft.count_in_outbox(form.subscription);
            return Some(CopyTo::Outbox { sequence });
        }
        let fits = !(form.raw && attributes_count > RAW_ATTRIBUTES_MAX);
        let open = if fits { *recipient.open.get_or_init(|| self.open_queue(definition, origin)) } else { None };
        let (queue, dead) = match (open, &definition.attributes.dead_letters) {
            (Some(queue), _) => (queue, false),
            (None, dead_letters) => {
                draft.tally.failed += 1;
                let Some(name) = dead_letters else { return None };
                // A standard topic's messages need have no group, and no id.
                let fits = |queue: &&Queue| origin.topic.is_fifo() || !queue.id.is_fifo();
                let Some(queue) = self.queue(name).ok().filter(fits) else {
                    draft.tally.not_dead_lettered += 1;
                    return None;
                };
                (queue, true)
            }
        };
        // The queue may remember the id of a replayed message; having it again is what is asked for.
        let id = notification.deduplication_id.as_deref().filter(|_| queue.id.is_fifo() && !notification.replayed);
        let per_group = queue.attributes().deduplication_per_group;
        let key = id.map(|id| deduplication_key(per_group, id, notification.group.as_deref()));
        if dead {
            draft.tally.dead_lettered += 1;
        } else {
            draft.tally.delivered += 1;
        }
        if let Some(key) = key
            && (queue.deduplication.get(&key).is_some() || !draft.ids_in_queue.insert((queue.id, key)))
        {
            return None;
        }
        let sequence = queue.next_sequence + draft.count_in_queue(queue.id);
        Some(CopyTo::Queue {
            queue: queue.id,
            sequence,
            visible_at: self.now() + queue.attributes().delay,
            deduplication: key.map(|key| Deduplication { key, until: self.now() + DEDUPLICATION_INTERVAL }),
        })
    }

    /// The subscribed queue if it takes messages of the topic: one of its own account unless its policy denies it, one of
    /// another only if its policy allows it.
    fn open_queue(&self, subscriber: &SubscriptionDefinition, origin: &Origin<'_>) -> Option<&Queue> {
        let name = subscriber.queue.as_ref()?;
        let queue = self.queue(name).ok()?;
        let same_account = name.account == origin.topic.account;
        let verdict = queue.attributes().policy.as_ref().map_or(Verdict::Silent, |policy| {
            let Seen { principal, arn, account } = origin.seen();
            policy.evaluate(&Request {
                principal,
                action: "sqs:SendMessage",
                resource: &name.arn(origin.region),
                source_arn: Some(arn),
                source_account: Some(account),
                now_ms: self.now().0,
                secure_transport: true,
                source_ip: None,
            })
        });
        let is_open = match verdict {
            Verdict::Allow => true,
            Verdict::Deny => false,
            Verdict::Silent => same_account,
        };
        is_open.then_some(queue)
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
