//! Making, deleting, describing and listing queues.

use std::ops::Bound;

use crate::{
    Account, AttributesGiven, Broker, Decision, Entropy, Fact, QueueDescription, QueueId, QueueName, Rejection, Reply,
};

impl Broker {
    /// Idempotent: a queue that has every attribute that was given is simply found.
    pub(super) fn decide_create_queue(
        &self,
        name: QueueName,
        given: AttributesGiven,
        entropy: &mut Entropy,
    ) -> Result<Decision, Rejection> {
        if let Ok(queue) = self.queue(&name) {
            let current = queue.attributes();
            // The region cancels out: both sides are written with the same one.
            let differs = |attribute: &&Box<str>| current.get(attribute, "") != given.attributes.get(attribute, "");
            return match given.names.iter().find(differs) {
                Some(attribute) => Err(Rejection::QueueExists { attribute: attribute.clone() }),
                None => Ok(Decision::reply(Reply::Done)),
            };
        }
        self.check_redrive(&given)?;
        let id = loop {
            let id = QueueId::new(entropy.next_u64(), given.attributes.fifo);
            if !self.queues.contains_key(&id) {
                break id;
            }
        };
        Ok(Decision::fact(Fact::QueueCreated { id, name, attributes: given.attributes }))
    }

    fn check_redrive(&self, given: &AttributesGiven) -> Result<(), Rejection> {
        let Some(redrive) = &given.attributes.redrive else { return Ok(()) };
        let refuse = |reason: &str| {
            let policy = given.redrive_policy.clone().unwrap_or_default();
            Err(Rejection::RedrivePolicyInvalid { policy, reason: reason.into() })
        };
        if redrive.target.is_fifo() != given.attributes.fifo {
            return refuse("Dead-letter queue must be same type of queue as the source.");
        }
        if !self.by_name.contains_key(&redrive.target) {
            return refuse("Dead letter target does not exist.");
        }
        Ok(())
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
}
