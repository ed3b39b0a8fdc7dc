//! Making, deleting, describing and listing queues.

use std::ops::Bound;

use crate::{
    Account, AttributesGiven, Broker, COOLDOWN, Decision, Entropy, Fact, QueueDescription, QueueId, QueueName,
    Rejection, Reply, TAGS_MAX, Tags, Timestamp,
};

impl Broker {
    /// Idempotent: a queue that has every attribute that was given is simply found.
    pub(super) fn decide_create_queue(
        &self,
        name: QueueName,
        given: AttributesGiven,
        tags: Tags,
        cooldown: bool,
        entropy: &mut Entropy,
    ) -> Result<Decision, Rejection> {
        if let Ok(queue) = self.queue(&name) {
            let current = queue.attributes();
            // The region cancels out: both sides are written with the same one.
            let same = |attribute: &str| {
                let (current, given) = (current.get(attribute, ""), given.attributes.get(attribute, ""));
                current == given || is_same_json(current.as_deref(), given.as_deref())
            };
            return match given.names.iter().find(|attribute| !same(attribute)) {
                Some(attribute) => Err(Rejection::QueueExists { attribute: attribute.clone() }),
                None => Ok(Decision::reply(Reply::Done)),
            };
        }
        if cooldown && self.deleted_at.get(&name).is_some_and(|deleted_at| self.now() < *deleted_at + COOLDOWN) {
            return Err(Rejection::QueueDeletedRecently);
        }
        self.check_redrive(&given, &name)?;
        check_tags(&tags, &name)?;
        self.check_faults(&tags, given.attributes.fifo)?;
        let id = loop {
            let id = QueueId::new(entropy.next_u64(), given.attributes.fifo);
            if !self.queues.contains_key(&id) {
                break id;
            }
        };
        Ok(Decision::fact(Fact::QueueCreated {
            id,
            name,
            attributes: given.attributes,
            tags: tags.into_iter().collect(),
        }))
    }

    /// A new delay counts at once for delayed messages of a FIFO queue, so that order holds; a standard queue's keep theirs.
    pub(super) fn decide_set_queue_attributes(
        &self,
        name: &QueueName,
        given: &AttributesGiven,
    ) -> Result<Decision, Rejection> {
        let queue = self.queue(name)?;
        let current = queue.attributes();
        let mut attributes = current.clone();
        given.change(&mut attributes)?;
        self.check_redrive(given, name)?;
        let delay_from_send = queue.id.is_fifo() && attributes.delay != current.delay;
        let mut facts = Vec::new();
        if attributes.retention > current.retention {
            // What expired stays gone. The record that told the retention so far may be cleaned away before those of the
            // messages that went by it are: a replay learns it here.
            let attributes = current.clone();
            facts.push(Fact::QueueAttributesSet { id: queue.id, attributes, delay_from_send: false });
        }
        facts.push(Fact::QueueAttributesSet { id: queue.id, attributes, delay_from_send });
        Ok(Decision { facts, ..Decision::reply(Reply::Done) })
    }

    pub(super) fn decide_tag_queue(&self, name: &QueueName, added: Tags) -> Result<Decision, Rejection> {
        let (id, mut tags) = self.tags(name)?;
        self.check_faults(&added, id.is_fifo())?;
        tags.extend(added);
        check_tags(&tags, name)?;
        Ok(Decision::fact(Fact::QueueTagged { id, tags: tags.into_iter().collect() }))
    }

    pub(super) fn decide_untag_queue(&self, name: &QueueName, keys: &[Box<str>]) -> Result<Decision, Rejection> {
        let (id, mut tags) = self.tags(name)?;
        tags.retain(|key, _| !keys.contains(key));
        Ok(Decision::fact(Fact::QueueTagged { id, tags: tags.into_iter().collect() }))
    }

    fn tags(&self, name: &QueueName) -> Result<(QueueId, Tags), Rejection> {
        let queue = self.queue(name)?;
        Ok((queue.id, queue.definition.as_ref().expect("found by its name").tags.clone()))
    }

    pub(super) fn decide_purge_queue(&self, name: &QueueName, cooldown: bool) -> Result<Decision, Rejection> {
        let queue = self.queue(name)?;
        let purged_at = queue.definition.as_ref().expect("found by its name").purged_at;
        if cooldown && purged_at != Timestamp(0) && self.now() < purged_at + COOLDOWN {
            return Err(Rejection::PurgeInProgress { queue: name.name.clone() });
        }
        Ok(Decision::fact(Fact::QueuePurged { id: queue.id }))
    }

    fn check_redrive(&self, given: &AttributesGiven, source: &QueueName) -> Result<(), Rejection> {
        let Some(redrive) = &given.attributes.redrive else { return Ok(()) };
        let refuse = |reason: &str| {
            let policy = given.redrive_policy.clone().unwrap_or_default();
            Err(Rejection::RedrivePolicyInvalid { policy, reason: reason.into() })
        };
        if redrive.target.account != source.account {
            return refuse("Dead-letter target owner should be same as the source.");
        }
        if redrive.target.is_fifo() != given.attributes.fifo {
            return refuse("Dead-letter queue must be same type of queue as the source.");
        }
        let Ok(target) = self.queue(&redrive.target) else { return refuse("Dead letter target does not exist.") };
        match &target.attributes().redrive_allow {
            Some(policy) if !policy.allows(source) => {
                refuse("The dead-letter queue's redrive allow policy does not allow this source queue.")
            }
            _ => Ok(()),
        }
    }

    pub(super) fn decide_delete_queue(&self, name: &QueueName) -> Result<Decision, Rejection> {
        Ok(Decision::fact(Fact::QueueDeleted { id: self.queue(name)?.id }))
    }

    pub(super) fn decide_describe_queue(&self, name: &QueueName) -> Result<Decision, Rejection> {
        let queue = self.queue(name)?;
        let definition = queue.definition.as_ref().expect("found by its name");
        Ok(Decision::reply(Reply::Queue(Box::new(QueueDescription {
            id: queue.id,
            name: definition.name.clone(),
            attributes: definition.attributes.clone(),
            tags: definition.tags.clone(),
            created_at: definition.created_at,
            modified_at: definition.modified_at,
            visible: queue.visible(),
            in_flight: queue.in_flight(),
            delayed: queue.delayed(),
        }))))
    }

    pub(super) fn decide_list_queues(
        &self,
        account: Account,
        prefix: &str,
        after: Option<String>,
        max: usize,
    ) -> Decision {
        let from = match after {
            Some(after) if after.as_str() >= prefix => Bound::Excluded(QueueName { account, name: after.into() }),
            _ => Bound::Included(QueueName { account, name: prefix.into() }),
        };
        let names = self.by_name.range((from, Bound::Unbounded)).map(|(name, _)| name);
        let of_account = names.take_while(|name| name.account == account && name.name.starts_with(prefix));
        Decision::reply(Reply::Queues(of_account.take(max).cloned().collect()))
    }

    /// Queues of other accounts do not see each other here, as little as in ListQueues.
    pub(super) fn decide_list_dead_letter_sources(
        &self,
        target: &QueueName,
        after: Option<&str>,
        max: usize,
    ) -> Result<Decision, Rejection> {
        self.queue(target)?;
        let first = QueueName { account: target.account, name: after.unwrap_or_default().into() };
        let from = (Bound::Excluded(first), Bound::Unbounded);
        let sources = self.dead_letter_sources.get(target).into_iter().flat_map(|sources| sources.range(from.clone()));
        let of_account = sources.take_while(|name| name.account == target.account);
        Ok(Decision::reply(Reply::Queues(of_account.take(max).cloned().collect())))
    }
}

fn check_tags(tags: &Tags, queue: &QueueName) -> Result<(), Rejection> {
    if tags.len() <= TAGS_MAX { Ok(()) } else { Err(Rejection::TooManyTags { queue: queue.name.clone() }) }
}

/// Policies are compared by what they say, not by how they are written.
fn is_same_json(one: Option<&str>, other: Option<&str>) -> bool {
    let parse = |text: Option<&str>| serde_json::from_str::<serde_json::Value>(text?).ok();
    parse(one).is_some_and(|one| parse(other) == Some(one))
}
