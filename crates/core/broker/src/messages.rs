//! How facts change the messages of queues, and which records of the journal they still need.

use crate::queue::{GroupIndex, Message, Queue, Visibility};
use crate::{Attempt, AttemptId, Broker, KeptState, MappingId, MessageId, Place, QueueId, QueueName, Text, Timestamp};

impl Broker {
    /// Puts a message into a queue whose record is held already.
    pub(crate) fn put(&mut self, queue: QueueId, sequence: u64, message: Message, group: Option<&Text>) {
        let now = self.now;
        self.queue_or_placeholder(queue).insert(sequence, message, group, now);
    }

    pub(crate) fn receive(
        &mut self,
        id: QueueId,
        sequences: &[u64],
        hidden_until: Timestamp,
        attempt: Option<(AttemptId, MappingId)>,
        place: Place,
    ) {
        let now = self.now;
        let mut messages = Vec::new();
        for sequence in sequences {
            let Some(queue) = self.queues.get_mut(&id).filter(|queue| queue.message(*sequence).is_some()) else {
                self.assert_replaying();
                continue;
            };
            queue.receive(*sequence, hidden_until, now);
            messages.push((*sequence, queue.message(*sequence).expect("received above").receive_count));
        }
        if let Some((attempt, mapping)) = attempt {
            self.put_attempt(attempt, Attempt { mapping, queue: id, messages, execution: None, place });
        }
        self.touch(id);
    }

    pub(crate) fn delete(&mut self, id: QueueId, sequences: &[u64]) {
        for sequence in sequences {
            let removed = self.queues.get_mut(&id).and_then(|queue| queue.remove(*sequence));
            match removed {
                Some(message) => self.forget_record(message.place),
                None => self.assert_replaying(),
            }
        }
        self.touch(id);
    }

    pub(crate) fn hide(&mut self, id: QueueId, sequence: u64, until: Timestamp) {
        let now = self.now;
        match self.queues.get_mut(&id).filter(|queue| queue.message(sequence).is_some()) {
            Some(queue) => queue.hide(sequence, until, now),
            None => self.assert_replaying(),
        }
        self.touch(id);
    }

    pub(crate) fn dead_letter(
        &mut self,
        (from, sequence): (QueueId, u64),
        source: &QueueName,
        (to, new_sequence): (QueueId, u64),
        sent_at: Timestamp,
    ) {
        let now = self.now;
        self.carry((from, sequence), (to, new_sequence), None, |message, target| {
            message.sent_at = sent_at;
            message.hidden_until = now;
            message.visibility = Visibility::Visible;
            message.source = Some(intern(&mut target.sources, source.clone()));
        });
        self.touch(from);
        self.touch(to);
    }

    /// Takes a message into another queue, where it becomes what `arrive` makes of it; its record stays where it is.
    pub(crate) fn carry(
        &mut self,
        (from, sequence): (QueueId, u64),
        (to, new_sequence): (QueueId, u64),
        new_id: Option<MessageId>,
        arrive: impl FnOnce(&mut Message, &mut Queue),
    ) {
        let now = self.now;
        let Some(queue) = self.queues.get_mut(&from).filter(|queue| queue.message(sequence).is_some()) else {
            self.assert_replaying();
            // The message may be gone for good; its number still is taken.
            let target = self.queue_or_placeholder(to);
            target.next_sequence = target.next_sequence.max(new_sequence + 1);
            return;
        };
        let group = queue.message(sequence).and_then(|message| queue.group_name(message)).cloned();
        let new_id = new_id.or(queue.new_id(sequence));
        let mut message = queue.remove(sequence).expect("looked at above");
        self.moved.insert(message.place.key(), (to, new_sequence));
        let target = self.queue_or_placeholder(to);
        arrive(&mut message, target);
        target.insert(new_sequence, message, group.as_ref(), now);
        if let Some(id) = new_id {
            target.set_new_id(new_sequence, id);
        }
    }

    /// A record was written again: what is still known by its old place moves to the new one; in a replay it may be new.
    pub(crate) fn put_kept(
        &mut self,
        (queue, sequence): (QueueId, u64),
        state: &KeptState,
        group: Option<&Text>,
        place: Place,
    ) {
        let now = self.now;
        if let Some(message) = self.queues.get(&queue).and_then(|queue| queue.message(sequence)) {
            let before = message.place;
            self.forget_record(before);
            return self.queue_or_placeholder(queue).relocate(sequence, place);
        }
        self.assert_replaying();
        let into = self.queue_or_placeholder(queue);
        let source = state.source.clone().map(|name| intern(&mut into.sources, name));
        let message = Message {
            place,
            sent_at: state.sent_at,
            first_received_at: state.first_received_at,
            received_at: state.received_at,
            hidden_until: state.hidden_until.max(now),
            receive_count: state.receive_count,
            group: GroupIndex::NONE,
            source,
            visibility: if state.in_flight { Visibility::InFlight } else { Visibility::Delayed },
        };
        self.put(queue, sequence, message, group);
        self.touch(queue);
    }

    /// So many messages, one or more, are in the journal's record at this place.
    pub(crate) fn hold_record(&mut self, place: Place, messages: usize) {
        self.alive_bytes += u64::from(place.length);
        if messages > 1 {
            self.shared.insert(place.position, messages);
        }
    }

    /// One message no longer needs its record.
    pub(crate) fn forget_record(&mut self, place: Place) {
        self.moved.remove(&place.key());
        if let Some(messages) = self.shared.get_mut(&place.position) {
            *messages -= 1;
            if *messages > 0 {
                return;
            }
            self.shared.remove(&place.position);
        }
        self.alive_bytes -= u64::from(place.length);
    }
}

/// How many sources of a dead-letter queue are known by name. Further ones go under the last name: there it is
/// information for people, nothing is decided by it.
pub(crate) const SOURCES_MAX: usize = 1 << 16;

fn intern(names: &mut Vec<QueueName>, name: QueueName) -> u16 {
    let index = names.iter().position(|known| *known == name).unwrap_or_else(|| {
        if names.len() < SOURCES_MAX {
            names.push(name);
        }
        names.len() - 1
    });
    u16::try_from(index).expect("there are at most so many names")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Account;

    #[test]
    fn sources_beyond_the_limit_share_the_last_name() {
        let name = |name: &str| QueueName { account: Account(0), name: name.into() };
        let mut names = vec![name("a"); SOURCES_MAX];
        assert_eq!(intern(&mut names, name("a")), 0);
        assert_eq!(intern(&mut names, name("b")), u16::MAX);
        assert_eq!(names.len(), SOURCES_MAX);
    }
}
