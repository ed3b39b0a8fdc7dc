//! Telling: messages, notifications and events that go to whoever was named, as a part of another decision.

use std::collections::BTreeMap;

use crate::{
    Broker, CopyTo, Decision, Destination, Entropy, Fact, InvocationRecord, Outgoing, Publication, QueueId, QueueName,
    Reply, TopicName,
};

/// What was put where, and how much of it nobody could take.
#[derive(Default)]
pub(super) struct Told {
    pub(super) facts: Vec<Fact>,
    pub(super) failed: usize,
}

impl Broker {
    /// Through the decisions that all others send and publish by. Who cannot be told is left out.
    pub(super) fn tell_all(
        &self,
        records: Vec<(Destination, InvocationRecord)>,
        region: &str,
        entropy: &mut Entropy,
    ) -> Told {
        let (mut told, mut taken) = (Told::default(), BTreeMap::new());
        // Together what goes to the same place, so that each gets a number of its own.
        let mut messages: BTreeMap<QueueName, Vec<Outgoing>> = BTreeMap::new();
        let mut publications: BTreeMap<TopicName, Vec<Publication>> = BTreeMap::new();
        let mut events: BTreeMap<Box<str>, u64> = BTreeMap::new();
        for (destination, record) in records {
            match (destination, record) {
                (Destination::Queue(queue), InvocationRecord::Message(outgoing)) => {
                    messages.entry(queue).or_default().push(outgoing);
                }
                (Destination::Topic(topic), InvocationRecord::Publication(publication)) => {
                    publications.entry(topic).or_default().push(publication);
                }
                (Destination::Function(function), InvocationRecord::Event(invocation)) => {
                    let before = events.entry(function.name.clone()).or_default();
                    match self.queue_event(&function, invocation, *before) {
                        Ok(fact) => {
                            *before += 1;
                            told.facts.push(fact);
                        }
                        Err(_) => told.failed += 1,
                    }
                }
                _ => unreachable!("a record is of the kind that its destination takes"),
            }
        }
        for (queue, entries) in messages {
            let count = entries.len();
            match self.decide_send(&queue, entries, entropy) {
                Ok(Decision { mut facts, reply: Reply::Sent(results), .. }) => {
                    told.failed += results.iter().filter(|result| result.is_err()).count();
                    self.renumber(&mut facts, &mut taken);
                    told.facts.extend(facts);
                }
                Ok(other) => unreachable!("a send answered {:?}", other.reply),
                Err(_) => told.failed += count,
            }
        }
        for (topic, entries) in publications {
            let count = entries.len();
            match self.decide_publish(&topic, entries, region, entropy) {
                Ok(Decision { mut facts, .. }) => {
                    self.renumber(&mut facts, &mut taken);
                    told.facts.extend(facts);
                }
                Err(_) => told.failed += count,
            }
        }
        told
    }

    /// Each decision gives out a queue's next numbers as if it were alone. Where several are made in one step, those of
    /// the later ones come behind `taken`: how many each queue has given out in this step.
    fn renumber(&self, facts: &mut [Fact], taken: &mut BTreeMap<QueueId, u64>) {
        let mut given: BTreeMap<QueueId, u64> = BTreeMap::new();
        let behind = |queue: QueueId, sequence: &mut u64| {
            if *sequence >= self.queues[&queue].next_sequence {
                *sequence += taken.get(&queue).copied().unwrap_or(0);
            }
        };
        let mut give = |queue: QueueId, sequence: &mut u64| {
            behind(queue, sequence);
            *given.entry(queue).or_default() += 1;
        };
        for fact in facts {
            match fact {
                Fact::Sent { queue, sequence, .. } => give(*queue, sequence),
                Fact::Published { copies, .. } => {
                    for copy in copies {
                        if let CopyTo::Queue { queue, sequence, .. } = &mut copy.to {
                            give(*queue, sequence);
                        }
                    }
                }
                Fact::DeadLettered { from, sequence, to, new_sequence, .. } => {
                    behind(*from, sequence);
                    give(*to, new_sequence);
                }
                Fact::DeliveryDeadLettered { to, new_sequence, .. } => give(*to, new_sequence),
                _ => {}
            }
        }
        for (queue, count) in given {
            *taken.entry(queue).or_default() += count;
        }
    }
}
