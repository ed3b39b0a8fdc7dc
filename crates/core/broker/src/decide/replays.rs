//! Replays: what a topic has kept goes to one subscription once more.

use super::publish::{Draft, Origin, Recipient};
use crate::topic::archive::ReplayPolicy;
use crate::topic::filter::{Prepared, admit};
use crate::{
    Broker, Copy, Decision, Fact, Publication, Rejection, Replay, ReplayedNotification, Reply, SubscriptionDefinition,
    SubscriptionId,
};

impl Broker {
    /// The replay that a changed subscription begins, or what takes the place of one that it stops. A replay that is
    /// stopped goes on with what was published meanwhile: nothing of that is lost.
    pub(super) fn decide_replay(
        &self,
        id: SubscriptionId,
        definition: &SubscriptionDefinition,
    ) -> Result<Option<Fact>, Rejection> {
        let known = self.topics.subscription(id);
        let before = known.and_then(|known| known.replay).filter(|replay| !replay.completed);
        let archive = &self.topics.by_id[&definition.topic].archive;
        let resume_at = before.map_or(archive.next_sequence, |before| before.resume_at.max(before.next));
        let Some(ReplayPolicy { from, until }) = definition.attributes.replay else {
            let stopped = before.map(|before| Replay { next: resume_at, end: resume_at, resume_at, ..before });
            return Ok(stopped.map(|replay| Fact::ReplaySet { subscription: id, replay }));
        };
        let refuse = |reason: &str| Err(Rejection::InvalidParameter(format!("ReplayPolicy: {reason}").into()));
        if self.topics.by_id[&definition.topic].definition().attributes.archive.is_none() {
            return refuse("the topic has no ArchivePolicy");
        }
        if definition.queue.is_none() {
            return refuse("only queues can have messages again");
        }
        let next = archive.first_from(from);
        let after = until.map(|until| archive.first_from(crate::Timestamp(until.0.saturating_add(1))));
        let end = after.map_or(resume_at, |after| after.min(resume_at));
        let replay = Replay { next, end, resume_at, completed: false };
        Ok(Some(Fact::ReplaySet { subscription: id, replay }))
    }

    /// Takes one step of a replay: puts these messages, which come next, into the subscribed queue. A step that was
    /// overtaken by a change of the replay changes nothing.
    pub(super) fn decide_step_of_replay(
        &self,
        id: SubscriptionId,
        from: u64,
        messages: Vec<ReplayedNotification>,
        region: &str,
    ) -> Decision {
        let nothing = || Decision::reply(Reply::Done);
        let Some(known) = self.topics.subscription(id) else { return nothing() };
        let (Some(replay), definition) = (known.replay.filter(|r| !r.completed && r.next == from), known.definition())
        else {
            return nothing();
        };
        let Some(topic) = self.topics.name_of(definition.topic) else { return nothing() };
        let (recipient, origin, mut draft) = (Recipient::new(id, known), Origin::new(topic, region), Draft::default());
        let mut next = if messages.is_empty() { replay.next.max(replay.end) } else { replay.next };
        for ReplayedNotification { sequence, mut notification, facets } in messages {
            next = sequence + 1;
            notification.replayed = sequence < replay.end;
            let entry = Publication::of(&notification, facets);
            let form = recipient.form(&entry);
            if admit(&definition.attributes, &mut Prepared::new(&entry), form.body).is_err() {
                continue;
            }
            let to = self.copy_to(&notification, entry.attributes_count, form, &recipient, &origin, &mut draft);
            if let Some(to) = to {
                let (topic, copies) = (definition.topic, vec![Copy { form, to }]);
                draft.facts.push(Fact::Published { topic, notification, copies, deduplication: None });
            }
        }
        let archive = &self.topics.by_id[&definition.topic].archive;
        // Between what was asked for and what came since may lie what is not wanted.
        if next >= replay.end {
            next = next.max(replay.resume_at);
        }
        let completed = next >= archive.next_sequence || archive.range(next, u64::MAX, 1).next().is_none();
        draft.facts.push(Fact::ReplaySet { subscription: id, replay: Replay { next, completed, ..replay } });
        Decision { facts: draft.facts, ..nothing() }
    }
}
