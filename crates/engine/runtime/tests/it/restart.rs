//! A restart changes nothing that anybody can see.

use std::collections::BTreeMap;
use std::sync::Arc;

use bongsu_broker::{Entropy, MessageId, QueueDescription, Seconds, VisibilityChange};
use bongsu_journal::MemoryJournal;
use bongsu_runtime::Received;

use crate::world::{Setting, World, fifo_message, message, queue, redrive, settle};

const QUEUES: [&str; 4] = ["a", "dead", "source", "q.fifo"];

/// What the test knows of a message: its body, and how often it was received.
type Model = BTreeMap<MessageId, (String, u32)>;

struct Story {
    world: World,
    random: Entropy,
    model: Model,
    in_hand: Vec<(&'static str, Received)>,
    number: u64,
}

impl Story {
    fn below(&mut self, bound: u64) -> u64 {
        self.random.next_u64() % bound
    }

    async fn step(&mut self) {
        let name = QUEUES[self.below(4) as usize];
        match self.below(10) {
            0..=3 => self.send(name).await,
            4..=6 => self.receive(name).await,
            7 => self.delete().await,
            8 => self.change_visibility().await,
            _ => {
                let by = Seconds(self.below(4) as u32);
                self.world.clock.advance(by);
                settle().await;
            }
        }
    }

    async fn send(&mut self, name: &'static str) {
        self.number += 1;
        let body = self.number.to_string();
        let entry = if name.ends_with(".fifo") {
            // Some ids come twice within the window.
            fifo_message(&body, &(self.number % 3).to_string(), &(self.number / 2).to_string())
        } else {
            message(&body)
        };
        let sent = self.world.broker.send(queue(name), vec![entry]).await.unwrap().remove(0).unwrap();
        if !sent.duplicate {
            self.model.insert(sent.message_id, (body, 0));
        }
    }

    async fn receive(&mut self, name: &'static str) {
        let max = 1 + self.below(10) as usize;
        let timeout = Seconds(self.below(6) as u32);
        let received = self.world.broker.receive(queue(name), max, Some(timeout), Some(Seconds(0))).await.unwrap();
        for received in received {
            let (body, receive_count) = self.model.get_mut(&received.content.message_id).expect("not deleted");
            *receive_count += 1;
            assert_eq!(*body, *received.content.body);
            assert_eq!(*receive_count, received.delivery.handle.receive_count);
            self.in_hand.push((name, received));
        }
    }

    fn take_in_hand(&mut self) -> Option<(&'static str, Received)> {
        let place = self.random.next_u64() as usize % self.in_hand.len().max(1);
        (!self.in_hand.is_empty()).then(|| self.in_hand.swap_remove(place))
    }

    async fn delete(&mut self) {
        let Some((name, received)) = self.take_in_hand() else { return };
        let before = self.count(name).await;
        let deleted = self.world.broker.delete(queue(name), vec![received.delivery.handle]).await.unwrap();
        // A handle may be too old for a FIFO queue, or the message may be in the dead-letter queue by now.
        if deleted == [Ok(())] && self.count(name).await < before {
            self.model.remove(&received.content.message_id);
        }
    }

    async fn count(&self, name: &str) -> usize {
        let (visible, in_flight, delayed) = self.world.counts(name).await;
        visible + in_flight + delayed
    }

    async fn change_visibility(&mut self) {
        let Some((name, received)) = self.take_in_hand() else { return };
        let timeout = Seconds(self.below(8) as u32);
        let change = VisibilityChange { handle: received.delivery.handle, timeout };
        // A handle may be too old for this.
        drop(self.world.broker.change_visibility(queue(name), vec![change]).await.unwrap());
        self.in_hand.push((name, received));
    }

    async fn observe(&self) -> Vec<QueueDescription> {
        let mut seen = Vec::new();
        for name in QUEUES {
            seen.push(self.world.describe(name).await);
        }
        seen
    }

    /// Everything that is still there, taken out.
    async fn drain(&mut self) -> Vec<MessageId> {
        self.world.clock.advance(Seconds(100));
        settle().await;
        let mut found = Vec::new();
        // The source's last messages end in the dead-letter queue.
        for name in ["source", "a", "q.fifo", "dead"] {
            loop {
                let received = self.world.receive(name).await;
                if received.is_empty() {
                    break;
                }
                for received in received {
                    found.push(received.content.message_id);
                    self.world.delete(name, &received).await;
                }
            }
        }
        found.sort();
        found
    }
}

#[tokio::test]
async fn a_restart_changes_nothing_that_can_be_observed() {
    for seed in 0..25 {
        let mut journal = Arc::new(MemoryJournal::new());
        let world = World::start(&journal).await;
        world.create("a", &[("DelaySeconds", "2")]).await;
        world.create("dead", &[]).await;
        world.create("source", &[("RedrivePolicy", &redrive("dead", 2))]).await;
        world.create("q.fifo", &[]).await;
        let random = Entropy::from_seed([seed; 32]);
        let mut story = Story { world, random, model: Model::new(), in_hand: Vec::new(), number: 0 };
        for _ in 0..4 {
            for _ in 0..60 {
                story.step().await;
            }
            let before = story.observe().await;
            let setting = Setting { clock: story.world.clock.clone(), ..Setting::default() };
            if story.below(2) == 0 {
                story.world.broker.stop().await;
                settle().await;
            } else {
                story.world.shard.abort();
            }
            journal = Arc::new(journal.reopen());
            story.world = World::with(&journal, setting).await;
            assert_eq!(story.observe().await, before, "seed {seed}");
        }
        let left: Vec<_> = story.model.keys().copied().collect();
        assert_eq!(story.drain().await, left, "seed {seed}");
    }
}
