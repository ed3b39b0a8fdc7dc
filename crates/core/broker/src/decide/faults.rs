//! Faults on purpose: what a fault policy makes of messages that were just taken.

use super::publish::Draft;
use crate::queue::Queue;
use crate::{
    Broker, Copy, CopyTo, FAULTS_ATTRIBUTE, FAULTS_TAG, Fact, FaultKind, FaultPlace, FaultPolicy, Rejection,
    SubscriptionAttributes, SubscriptionDefinition, SubscriptionId, Tags,
};

/// Why a policy is refused that is one.
const NOT_ALLOWED: &str = "things go wrong on purpose only on a server that was started with --faults";

impl Broker {
    /// Lets fault policies have an effect. Without this they have none, and none can be set.
    pub fn allow_faults(&mut self) {
        self.faults_allowed = true;
    }

    /// The queue's policy, if it has one that counts.
    fn faults_of(&self, queue: &Queue) -> Option<FaultPolicy> {
        if !self.faults_allowed {
            return None;
        }
        let text = queue.definition.as_ref()?.tags.get(FAULTS_TAG)?;
        FaultPolicy::parse(text, queue.id.is_fifo()).ok()
    }

    /// Refuses tags by which nothing, or nothing sensible, would go wrong.
    pub(super) fn check_faults(&self, tags: &Tags, fifo: bool) -> Result<(), Rejection> {
        let Some(text) = tags.get(FAULTS_TAG) else { return Ok(()) };
        let reason = match FaultPolicy::parse(text, fifo) {
            Err(invalid) => invalid.to_string(),
            Ok(_) if !self.faults_allowed => NOT_ALLOWED.to_owned(),
            Ok(_) => return Ok(()),
        };
        Err(Rejection::FaultsInvalid { reason: reason.into() })
    }

    /// The same of what a subscription is given, which was parsed already.
    pub(super) fn check_faults_allowed(&self, attributes: &SubscriptionAttributes) -> Result<(), Rejection> {
        if attributes.faults.is_none() || self.faults_allowed {
            return Ok(());
        }
        Err(Rejection::InvalidParameter(format!("{FAULTS_ATTRIBUTE}: {NOT_ALLOWED}").into()))
    }

    /// What becomes of messages that were sent to a queue in one step.
    pub(super) fn with_faults(&self, queue: &Queue, mut facts: Vec<Fact>) -> Vec<Fact> {
        let Some(policy) = self.faults_of(queue) else { return facts };
        let mut next_sequence = queue.next_sequence + facts.len() as u64;
        let (mut more, mut dropped) = (Vec::new(), 0);
        for fact in &mut facts {
            let Fact::Sent { sequence, visible_at, .. } = fact else { continue };
            let faults = policy.of(*sequence);
            // What is a dead letter at once is not late besides.
            let is_dropped = faults.dropped && self.dead_letters_of(queue).is_some();
            let mut note = |kind| {
                more.push(Fact::FaultInjected { place: FaultPlace::Queue(queue.id), kind });
            };
            if let Some((kind, milliseconds)) = faults.late().filter(|_| !is_dropped) {
                visible_at.0 += milliseconds;
                note(kind);
            }
            if faults.duplicated {
                note(FaultKind::Duplicated);
                let mut twin = fact.clone();
                if let Fact::Sent { sequence, deduplication, .. } = &mut twin {
                    (*sequence, *deduplication) = (next_sequence, None);
                    next_sequence += 1;
                }
                more.push(twin);
            }
            let Fact::Sent { sequence, .. } = fact else { continue };
            if is_dropped && let Some(fact) = self.drop_message(queue, *sequence, dropped) {
                dropped += 1;
                more.push(fact);
                more.push(Fact::FaultInjected { place: FaultPlace::Queue(queue.id), kind: FaultKind::Dropped });
            }
        }
        facts.extend(more);
        facts
    }

    /// To the dead-letter queue, which gets so many others in the same step.
    fn drop_message(&self, queue: &Queue, sequence: u64, others: u64) -> Option<Fact> {
        let (target, _) = self.dead_letters_of(queue)?;
        Some(Fact::DeadLettered {
            from: queue.id,
            source: queue.definition.as_ref()?.name.clone(),
            sequence,
            to: target.id,
            new_sequence: target.next_sequence + others,
            sent_at: self.now(),
        })
    }

    /// What becomes of a subscriber's copy: its own policy counts, or else that of the queue it goes to. What is left to
    /// be said when the notification is published goes to `after`.
    pub(super) fn copy_with_faults(
        &self,
        copy: Copy,
        definition: &SubscriptionDefinition,
        outbox_next: u64,
        draft: &mut Draft,
        copies: &mut Vec<Copy>,
        after: &mut Vec<Fact>,
    ) {
        let queue = match &copy.to {
            CopyTo::Queue { queue, .. } => self.queues.get(queue),
            CopyTo::Outbox { .. } | CopyTo::Archive { .. } => None,
        };
        let own = definition.attributes.faults.filter(|_| self.faults_allowed);
        let Some(policy) = own.or_else(|| self.faults_of(queue?)) else { return copies.push(copy) };
        let subscription = copy.form.subscription;
        let place = match queue {
            Some(queue) if own.is_none() => FaultPlace::Queue(queue.id),
            _ => FaultPlace::Subscription(subscription),
        };
        let mut note = |kind| after.push(Fact::FaultInjected { place, kind });
        let mut copy = copy;
        let faults = policy.of(match copy.to {
            CopyTo::Queue { sequence, .. } | CopyTo::Outbox { sequence } | CopyTo::Archive { sequence } => sequence,
        });
        let dead_letters = match queue {
            Some(queue) => self.dead_letters_of(queue).map(|(target, _)| target),
            None => definition.attributes.dead_letters.as_ref().and_then(|name| self.queue(name).ok()),
        };
        let dead_letters = dead_letters.filter(|target| faults.dropped && (queue.is_some() || !target.id.is_fifo()));
        let late = faults.late().filter(|_| dead_letters.is_none());
        if let Some((kind, _)) = late {
            note(kind);
        }
        let mut twin = None;
        if faults.duplicated {
            note(FaultKind::Duplicated);
            twin = Some(Copy { to: self.twin(&copy.to, subscription, outbox_next, draft), ..copy.clone() });
        }
        match (&mut copy.to, queue, dead_letters) {
            (CopyTo::Queue { sequence, .. }, Some(queue), Some(target)) => {
                if let Some(fact) = self.drop_message(queue, *sequence, draft.count_in_queue(target.id)) {
                    after.push(fact);
                    after.push(Fact::FaultInjected { place, kind: FaultKind::Dropped });
                }
            }
            (CopyTo::Queue { visible_at, .. }, ..) => visible_at.0 += late.map_or(0, |(_, ms)| ms),
            (CopyTo::Outbox { sequence }, _, Some(target)) => {
                after.push(Fact::DeliveryDeadLettered {
                    subscription,
                    sequence: *sequence,
                    to: target.id,
                    new_sequence: target.next_sequence + draft.count_in_queue(target.id),
                    visible_at: self.now() + target.attributes().delay,
                });
                after.push(Fact::FaultInjected { place, kind: FaultKind::Dropped });
            }
            (CopyTo::Outbox { sequence }, _, None) => {
                if let Some((_, ms)) = late {
                    let (sequence, mut next_attempt_at) = (*sequence, self.now());
                    next_attempt_at.0 += ms;
                    after.push(Fact::DeliveryFailed { subscription, sequence, failed_attempts: 0, next_attempt_at });
                }
            }
            (CopyTo::Archive { .. }, ..) => {}
        }
        // By rising numbers.
        copies.push(copy);
        copies.extend(twin);
    }

    /// The same once more, with a number of its own and no deduplication id.
    fn twin(&self, to: &CopyTo, subscription: SubscriptionId, outbox_next: u64, draft: &mut Draft) -> CopyTo {
        match to {
            CopyTo::Queue { queue, visible_at, .. } => CopyTo::Queue {
                queue: *queue,
                sequence: self.queues[queue].next_sequence + draft.count_in_queue(*queue),
                visible_at: *visible_at,
                deduplication: None,
            },
            CopyTo::Outbox { .. } => CopyTo::Outbox { sequence: outbox_next + draft.count_in_outbox(subscription) },
            CopyTo::Archive { .. } => unreachable!("archives have no faults"),
        }
    }
}
