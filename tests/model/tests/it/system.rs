//! The system under test: the broker with a journal in memory, to restart from and to clean.

use std::collections::{BTreeMap, BTreeSet};

use bongsu_broker::{
    Account, Broker, Command, Content, Delivery, Entropy, Fact, ObjectFact, ObjectRecord, Peeked, Place,
    QueueDescription, QueueId, QueueName, QueuedInvocation, Recorded, Reply, Stored, Text, Timestamp, TopicName,
};
use bytes::Bytes;

use crate::model::Answer;

pub(crate) const ACCOUNT: Account = Account(0);
pub(crate) const REGION: &str = "us-east-1";
/// What a record has around it in a journal; makes positions rise unevenly.
const FRAME_BYTES: u64 = 12;

pub(crate) fn queue_name(name: &str) -> QueueName {
    QueueName { account: ACCOUNT, name: name.into() }
}

pub(crate) fn topic_name(name: &str) -> TopicName {
    TopicName { account: ACCOUNT, name: name.into() }
}

/// A broker and the facts that it was built from, as bytes by their positions.
pub(crate) struct System {
    pub(crate) broker: Broker,
    entropy: Entropy,
    journal: BTreeMap<u64, Bytes>,
    end: u64,
}

impl System {
    pub(crate) fn new(now: u64) -> System {
        let entropy = Entropy::from_seed([7; 32]);
        let mut system = System { broker: Broker::new(), entropy, journal: BTreeMap::new(), end: 0 };
        system.restart(now);
        system
    }

    /// Decides and, unless refused, applies.
    pub(crate) fn ask(&mut self, command: Command) -> Answer {
        let decision = self.broker.decide(command, self.broker.now(), &mut self.entropy)?;
        decision.facts.iter().for_each(|fact| self.happen(fact));
        Ok(decision.reply)
    }

    fn happen(&mut self, fact: &Fact) {
        let now = self.broker.now();
        let mut bytes = Vec::new();
        Recorded::encode(now, fact, &mut bytes);
        let place = Place { position: self.end, length: bytes.len() as u32, part: 0 };
        self.end += FRAME_BYTES + bytes.len() as u64;
        self.journal.insert(place.position, Bytes::from(bytes));
        self.broker.apply(fact, now, place);
    }

    /// Goes on with what the journal says.
    pub(crate) fn restart(&mut self, now: u64) {
        let mut broker = Broker::new();
        for (position, bytes) in &self.journal {
            let (place, recorded) = decode(*position, bytes);
            broker.apply(&recorded.fact, recorded.at, place);
        }
        broker.finish_replay();
        broker.advance(Timestamp(now));
        self.broker = broker;
    }

    /// Writes again what is still needed of the oldest records, one in `one_in`, and drops them unless the process dies
    /// before it comes to that.
    pub(crate) fn clean(&mut self, one_in: usize, dies: bool) {
        let count = self.journal.len().div_ceil(one_in);
        let oldest: Vec<(u64, Bytes)> =
            self.journal.iter().take(count).map(|(position, bytes)| (*position, bytes.clone())).collect();
        for (position, bytes) in &oldest {
            let (place, recorded) = decode(*position, bytes);
            for needed in self.broker.still_needed(&recorded.fact, place) {
                self.happen(&needed);
            }
        }
        if dies {
            return self.restart(self.broker.now().0);
        }
        oldest.iter().for_each(|(position, _)| drop(self.journal.remove(position)));
    }

    /// The queue's move tasks, the newest first.
    pub(crate) fn move_tasks(&self, name: &str, max: usize) -> Answer {
        self.look(Command::ListMoveTasks { source: queue_name(name), max })
    }

    /// Sources of move tasks that are due; they stay so.
    pub(crate) fn due_moves(&mut self) -> BTreeSet<QueueId> {
        let due = self.broker.take_due_moves();
        due.iter().for_each(|source| self.broker.postpone_move(*source));
        due
    }

    /// What a receiver of this delivery reads.
    pub(crate) fn content(&self, delivery: &Delivery) -> Content {
        let bytes = self.journal.get(&delivery.place.position).expect("the record of a live message is there");
        match decode(delivery.place.position, bytes).1.into_stored(delivery.place.part) {
            Some(Stored::Message(content)) => content,
            Some(Stored::Notification(notification, form)) => {
                let queue = delivery.handle.queue;
                Content {
                    message_id: form.message_id(&notification),
                    body: form.body(&notification).clone(),
                    body_md5: [0; 16],
                    attributes: Bytes::new(),
                    sender: Text::default(),
                    group: notification.group_in(queue).cloned(),
                    deduplication_id: notification.deduplication_id.clone().filter(|_| queue.is_fifo()),
                    trace_header: None,
                }
            }
            other => panic!("the record of a message, not {other:?}"),
        }
    }

    /// The event whose record lies here.
    pub(crate) fn invocation(&self, place: Place) -> QueuedInvocation {
        let bytes = self.journal.get(&place.position).expect("the record of an event that waits is there");
        match decode(place.position, bytes).1.into_stored(place.part) {
            Some(Stored::Invocation(invocation)) => invocation,
            other => panic!("the record of an event, not {other:?}"),
        }
    }

    /// What lies here.
    pub(crate) fn stored(&self, place: Place) -> Stored {
        let bytes = self.journal.get(&place.position).expect("the record of something alive is there");
        decode(place.position, bytes).1.into_stored(place.part).expect("a record that stores something")
    }

    /// The object whose record lies here.
    pub(crate) fn object(&self, place: Place) -> ObjectRecord {
        let bytes = self.journal.get(&place.position).expect("the record of an object is there");
        match decode(place.position, bytes).1.fact {
            Fact::Object { fact: ObjectFact::ObjectPut { object, .. } } => object,
            other => panic!("the record of an object, not {other:?}"),
        }
    }

    pub(crate) fn describe(&self, name: &str) -> Option<QueueDescription> {
        match self.look(Command::DescribeQueue { queue: queue_name(name) }) {
            Ok(Reply::Queue(description)) => Some(*description),
            _ => None,
        }
    }

    pub(crate) fn peek(&self, name: &str) -> Vec<Peeked> {
        match self.look(Command::Peek { queue: queue_name(name), from: 0, max: usize::MAX }) {
            Ok(Reply::Peeked(peeked)) => peeked,
            _ => Vec::new(),
        }
    }

    pub(crate) fn look(&self, command: Command) -> Answer {
        let decision = self.broker.decide(command, self.broker.now(), &mut Entropy::from_seed([0; 32]))?;
        assert!(decision.facts.is_empty(), "looking changes nothing");
        Ok(decision.reply)
    }

    pub(crate) fn lists(&self, prefix: &str) -> Answer {
        self.look(Command::ListQueues { account: ACCOUNT, prefix: prefix.into(), after: None, max: 1000 })
    }
}

fn decode(position: u64, bytes: &Bytes) -> (Place, Recorded) {
    let place = Place { position, length: bytes.len() as u32, part: 0 };
    (place, Recorded::decode(bytes.clone()).expect("written by this version"))
}
