//! Telling: messages, notifications and events that go to whoever was named, as a part of another decision.

use std::collections::BTreeMap;

use crate::{
    Broker, CopyTo, Decision, Destination, Entropy, Fact, InvocationRecord, Outgoing, Publication, QueueId, QueueName,
    Rejection, Reply, TopicName,
};

/// What was put where, and how much of it nobody could take.
#[derive(Default)]
pub(super) struct Told {
    pub(super) facts: Vec<Fact>,
    pub(super) failed: usize,
    /// How many numbers each queue and each function has given out in this step.
    taken: BTreeMap<QueueId, u64>,
    events: BTreeMap<Box<str>, u64>,
}

impl Told {
    /// There was one to be told, who could not be.
    pub(super) fn in_vain() -> Told {
        Told { failed: 1, ..Told::default() }
    }
}

impl Broker {
    /// Through the decisions that all others send and publish by. Who cannot be told is left out.
    pub(super) fn tell_all(
        &self,
        records: Vec<(Destination, InvocationRecord)>,
        region: &str,
        entropy: &mut Entropy,
    ) -> Told {
        let mut told = Told::default();
        told.failed = self.tell_more(records, region, entropy, &mut told).len();
        told
    }

    /// The same behind what has been told before in this step. Of whoever could not be told: its place among the records,
    /// and why.
    pub(super) fn tell_more(
        &self,
        records: Vec<(Destination, InvocationRecord)>,
        region: &str,
        entropy: &mut Entropy,
        told: &mut Told,
    ) -> BTreeMap<usize, Rejection> {
        let mut refused = BTreeMap::new();
        // Together what goes to the same place, so that each gets a number of its own.
        let mut messages: BTreeMap<QueueName, (Vec<usize>, Vec<Outgoing>)> = BTreeMap::new();
        let mut publications: BTreeMap<TopicName, (Vec<usize>, Vec<Publication>)> = BTreeMap::new();
        for (index, (destination, record)) in records.into_iter().enumerate() {
            match (destination, record) {
                (Destination::Queue(queue), InvocationRecord::Message(outgoing)) => {
                    let (indexes, entries) = messages.entry(queue).or_default();
                    indexes.push(index);
                    entries.push(outgoing);
                }
                (Destination::Topic(topic), InvocationRecord::Publication(publication)) => {
                    let (indexes, entries) = publications.entry(topic).or_default();
                    indexes.push(index);
                    entries.push(publication);
                }
                (Destination::Function(function), InvocationRecord::Event(invocation)) => {
                    let before = told.events.entry(function.name.clone()).or_default();
                    match self.queue_event(&function, invocation, *before) {
                        Ok(fact) => {
                            *before += 1;
                            told.facts.push(fact);
                        }
                        Err(rejection) => drop(refused.insert(index, rejection)),
                    }
                }
                _ => unreachable!("a record is of the kind that its destination takes"),
            }
        }
        let refuse_all = |indexes: Vec<usize>, rejection: Rejection| {
            indexes.into_iter().map(move |index| (index, rejection.clone()))
        };
        for (queue, (indexes, entries)) in messages {
            match self.decide_send(&queue, entries, entropy) {
                Ok(Decision { mut facts, reply: Reply::Sent(results), .. }) => {
                    let results = indexes.into_iter().zip(results);
                    refused.extend(results.filter_map(|(index, result)| Some((index, result.err()?))));
                    self.renumber(&mut facts, &mut told.taken);
                    told.facts.extend(facts);
                }
                Ok(other) => unreachable!("a send answered {:?}", other.reply),
                Err(rejection) => refused.extend(refuse_all(indexes, rejection)),
            }
        }
        for (topic, (indexes, entries)) in publications {
            match self.decide_publish(&topic, entries, region, entropy) {
                Ok(Decision { mut facts, .. }) => {
                    self.renumber(&mut facts, &mut told.taken);
                    told.facts.extend(facts);
                }
                Err(rejection) => refused.extend(refuse_all(indexes, rejection)),
            }
        }
        refused
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
