//! Deep and wide queues: what a receive costs does not depend on what else is there.

#![expect(clippy::disallowed_types, clippy::disallowed_methods, reason = "the bounds are of time")]

use std::time::{Duration, Instant};

use crate::{
    Account, Broker, Command, Content, Entropy, Fact, GroupStatistics, MessageId, Place, QueueAttributes, QueueId,
    QueueName, QueueStatistics, ReceiptHandle, Reply, Seconds, Text, Timestamp,
};

const NOW: Timestamp = Timestamp(1_000_000);
/// Many times what the work takes, and a fraction of what it would take to look at everything each time.
const TIME_MAX: Duration = Duration::from_secs(5);

/// A broker with one queue, and nothing around it that would take longer than the broker itself.
struct Deep {
    broker: Broker,
    entropy: Entropy,
    name: QueueName,
    id: QueueId,
    position: u64,
}

impl Deep {
    fn new(name: &str) -> Deep {
        let name = QueueName { account: Account(1), name: name.into() };
        let id = QueueId::new(8, name.is_fifo());
        let mut broker = Broker::new();
        broker.advance(NOW);
        let mut deep = Deep { broker, entropy: Entropy::from_seed([0; 32]), name: name.clone(), id, position: 0 };
        let attributes = QueueAttributes { fifo: name.is_fifo(), ..Default::default() };
        deep.happen(&Fact::QueueCreated { id, name, attributes, tags: Vec::new() });
        deep
    }

    fn happen(&mut self, fact: &Fact) -> Place {
        self.position += 1;
        let place = Place { position: self.position, length: 1, part: 0 };
        self.broker.apply(fact, NOW, place);
        place
    }

    /// Sends the message with the next number.
    fn send(&mut self, group: &str) -> Place {
        let sequence = self.broker.queue(&self.name).expect("made before").next_sequence;
        self.happen(&sent(self.id, sequence, group))
    }

    fn receive(&mut self, visibility_timeout: Option<Seconds>) -> Vec<ReceiptHandle> {
        let command = Command::Receive { queue: self.name.clone(), max: 10, visibility_timeout, request: None };
        let Reply::Received { deliveries, .. } = self.ask(command) else { panic!("a receive is answered as one") };
        deliveries.into_iter().map(|delivery| delivery.handle).collect()
    }

    fn delete(&mut self, handles: Vec<ReceiptHandle>) {
        self.ask(Command::Delete { queue: self.name.clone(), handles });
    }

    fn ask(&mut self, command: Command) -> Reply {
        let decision = self.broker.decide(command, NOW, &mut self.entropy).expect("nothing is refused here");
        for fact in &decision.facts {
            self.happen(fact);
        }
        decision.reply
    }

    fn statistics(&self) -> QueueStatistics {
        self.broker.statistics(None).next().expect("there is one queue").2
    }
}

fn sent(queue: QueueId, sequence: u64, group: &str) -> Fact {
    let content = Content {
        message_id: MessageId(1),
        body: Text::from("x"),
        body_md5: [0; 16],
        attributes: bytes::Bytes::new(),
        sender: Text::default(),
        group: Some(Text::from(group)),
        deduplication_id: None,
        trace_header: None,
    };
    Fact::Sent { queue, sequence, content, visible_at: NOW, deduplication: None }
}

fn in_time(work: impl FnOnce()) {
    let started = Instant::now();
    work();
    assert!(started.elapsed() < TIME_MAX, "took {:?}", started.elapsed());
}

#[test]
fn a_receive_steps_over_the_backlog_of_a_noisy_tenant() {
    let mut deep = Deep::new("a");
    for _ in 0..200_000 {
        deep.send("loud");
    }
    (0..3).for_each(|_| assert_eq!(deep.receive(None).len(), 10));
    for number in 200_000..210_000 {
        deep.send(&format!("calm-{number}"));
    }
    in_time(|| {
        for first in (200_000..210_000).step_by(10) {
            let GroupStatistics::Fair { noisy, quiet_visible, .. } = deep.statistics().groups else {
                panic!("a standard queue is fair");
            };
            assert_eq!((noisy, quiet_visible), (1, 210_000 - first as usize));
            let handles = deep.receive(None);
            assert!(handles.iter().map(|handle| handle.sequence).eq(first..first + 10), "the oldest of the quiet ones");
            deep.delete(handles);
        }
    });
    assert_eq!(deep.receive(None)[0].sequence, 30, "then the noisy one goes on");
}

#[test]
fn a_receive_does_not_look_at_locked_groups() {
    let mut deep = Deep::new("a.fifo");
    for _ in 0..2 {
        for group in 0..100_000 {
            deep.send(&format!("g{group}"));
        }
    }
    let (queue, hidden_until) = (deep.id, Timestamp(NOW.0 + 10_000));
    deep.happen(&Fact::Received { queue, sequences: (0..99_000).collect(), hidden_until, attempt: None });
    in_time(|| {
        for _ in 0..3_000 {
            assert_eq!(deep.statistics().groups, GroupStatistics::Fifo { in_flight: 99_000 });
            assert_eq!(deep.receive(Some(Seconds(0))).len(), 10);
        }
    });
}
