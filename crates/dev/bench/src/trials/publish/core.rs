//! What publishing costs the core alone: to decide, to write the record, to apply it; no door, no disk.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use bongsu_broker::{
    Account, AttributesGiven, Broker, Command, Entropy, Place, Protocol, Publication, QueueName, Recorded,
    SubscriptionAdded, SubscriptionAttributes, Text, Timestamp, TopicAttributes, TopicName,
};
use bytes::Bytes;

use super::super::Findings;
use super::policy;

const ACCOUNT: Account = Account(0);
const REGION: &str = "us-east-1";
const LAWFUL: &str = "nothing here breaks a rule";
/// Subscribed queues.
const QUEUES: [usize; 2] = [1, 100];
/// Notifications after which a round begins anew, or memory would grow.
const ROUND: usize = 200;

/// Publishes for `duration`.
pub(super) fn measure(duration: Duration, found: &mut Findings) {
    for queues in QUEUES {
        for (has_policies, with) in [(false, ""), (true, " with policies")] {
            let nanos = Core::subscribed(queues, has_policies).nanos_a_publish(duration / 4);
            let queues_named = if queues == 1 { "queue" } else { "queues" };
            let what = format!("the core alone, {queues} {queues_named}{with}: a delivery");
            found.tell(what, nanos / queues as f64, "ns");
        }
    }
}

/// A core with a topic, and its journal of which only the length is kept.
#[derive(Clone)]
struct Core {
    broker: Broker,
    position: u64,
    record: Vec<u8>,
}

impl Core {
    fn subscribed(queues: usize, has_policies: bool) -> Core {
        let mut broker = Broker::new();
        broker.finish_replay();
        broker.advance(Timestamp(1_767_225_600_000));
        let mut core = Core { broker, position: 0, record: Vec::new() };
        let mut entropy = Entropy::from_seed([7; 32]);
        let name = topic();
        let attributes = TopicAttributes::default();
        core.ask(Command::CreateTopic { name: name.clone(), attributes, tags: BTreeMap::new() }, &mut entropy);
        for number in 0..queues {
            let queue = QueueName { account: ACCOUNT, name: format!("orders-{number}").into() };
            let policy = has_policies.then(|| ("Policy".to_owned(), policy(&queue.arn(REGION), &name.arn(REGION))));
            let given = AttributesGiven::parse(&policy.into_iter().collect(), &queue, REGION).expect(LAWFUL);
            let tags = BTreeMap::new();
            core.ask(Command::CreateQueue { name: queue.clone(), given, tags, cooldown: false }, &mut entropy);
            let added = SubscriptionAdded {
                owner: ACCOUNT,
                principal: "arn:aws:iam::000000000000:root".into(),
                protocol: Protocol::Sqs,
                endpoint: queue.arn(REGION).into(),
                queue: Some(queue),
                attributes: SubscriptionAttributes::default(),
            };
            core.ask(Command::Subscribe { topic: name.clone(), added }, &mut entropy);
        }
        core
    }

    /// What a shard does with a command.
    fn ask(&mut self, command: Command, entropy: &mut Entropy) {
        let now = self.broker.now();
        for fact in self.broker.decide(command, now, entropy).expect(LAWFUL).facts {
            self.record.clear();
            Recorded::encode(now, &fact, &mut self.record);
            let length = u32::try_from(self.record.len()).expect("a record has a bound");
            self.broker.apply(&fact, now, Place { position: self.position, length, part: 0 });
            self.position += u64::from(length);
        }
        // Somebody is told of each queue that has something.
        drop(self.broker.take_woken());
    }

    /// Of the quickest round, for the others are those of a machine that did something else meanwhile.
    fn nanos_a_publish(&self, duration: Duration) -> f64 {
        let mut entropy = Entropy::from_seed([8; 32]);
        let publication = publication();
        let (began, mut quickest) = (Instant::now(), Duration::MAX);
        while began.elapsed() < duration {
            let mut round = self.clone();
            let begun = Instant::now();
            for _ in 0..ROUND {
                let entries = vec![publication.clone()];
                let command = Command::Publish { topic: topic(), entries, region: REGION.into() };
                round.ask(command, &mut entropy);
                // As the clock goes in a server that is under load.
                round.broker.advance(Timestamp(round.broker.now().0 + 1));
            }
            quickest = quickest.min(begun.elapsed());
        }
        quickest.as_secs_f64() * 1e9 / ROUND as f64
    }
}

fn topic() -> TopicName {
    TopicName { account: ACCOUNT, name: "orders".into() }
}

fn publication() -> Publication {
    let body = "x".repeat(1024);
    Publication {
        message_bytes: body.len(),
        body: Text::from(body),
        bodies: Vec::new(),
        subject: None,
        attributes: Bytes::new(),
        attributes_size: 0,
        attributes_count: 0,
        facets: Vec::new(),
        group: None,
        deduplication_id: None,
        trace_header: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_queue_has_each_notification() {
        let mut core = Core::subscribed(3, true);
        let entries = vec![publication()];
        let command = Command::Publish { topic: topic(), entries, region: REGION.into() };
        core.ask(command, &mut Entropy::from_seed([8; 32]));
        let visible: Vec<usize> = core.broker.statistics(None).map(|(_, _, queue)| queue.visible).collect();
        assert_eq!(visible, [1, 1, 1]);
        assert!(core.nanos_a_publish(Duration::from_millis(1)) > 0.0);
    }
}
