//! What functions and endpoints are at: how it begins, what must be so meanwhile, and how it ends.

use std::collections::BTreeSet;

use bongsu_broker::{AttemptOutcome, DeliveryEnd, DeliveryOutcome, Seconds, Timestamp};
use bongsu_runtime::EventEnd;
use bytes::Bytes;
use tokio::sync::oneshot;

use super::Life;
use crate::setting::{MAPPED, MAPPING_RUNS_MAX, RESERVED, TIMEOUT};
use crate::workers::{Begun, number_of};

/// What a worker is at.
pub(super) struct Run {
    began_at: Timestamp,
    function: Option<Box<str>>,
    work: Going,
}

enum Going {
    Batch { place: &'static str, numbers: Vec<u64>, end: oneshot::Sender<AttemptOutcome> },
    Event { number: u64, end: oneshot::Sender<EventEnd> },
    Parcel { endpoint: String, number: u64, end: oneshot::Sender<DeliveryOutcome> },
}

impl Life {
    /// Time passes only while the journal takes what it is given: a run that waits for it would be late otherwise.
    pub(super) fn pass(&mut self, seconds: u64) {
        if !self.is_holding {
            self.clock.advance(Seconds(seconds as u32));
            let now = self.clock.now();
            while let Some(late) = self.runs.iter().position(|run| run.began_at + TIMEOUT <= now) {
                self.end_run(late, false);
            }
        }
    }

    pub(super) async fn jump(&mut self, seconds: u64) {
        if self.is_holding || !self.pending.is_empty() {
            return;
        }
        while !self.runs.is_empty() {
            self.end_run(0, true);
            self.settle().await;
            if self.server.shard.is_finished() {
                return;
            }
        }
        self.clock.advance(Seconds(seconds as u32));
    }

    pub(super) fn end_a_run(&mut self) {
        if !self.runs.is_empty() {
            let (place, succeeds) = (self.below(self.runs.len() as u64) as usize, self.below(100) < 65);
            self.end_run(place, succeeds);
        }
    }

    pub(super) fn end_run(&mut self, place: usize, succeeds: bool) {
        self.moment += 1;
        match self.runs.swap_remove(place).work {
            Going::Batch { place, numbers, end } => {
                let worked_off = match (succeeds, self.below(3)) {
                    (true, _) => numbers.len(),
                    (false, 0) => 0,
                    (false, _) => self.below(numbers.len() as u64 + 1) as usize,
                };
                let outcome = match worked_off {
                    0 => AttemptOutcome::Failed,
                    all if all == numbers.len() => AttemptOutcome::Succeeded,
                    // A group stops at the first that fails.
                    _ => AttemptOutcome::PartlyFailed((worked_off..numbers.len()).collect()),
                };
                self.answers.push(format!("{place}: {numbers:?} ended: {outcome:?}"));
                numbers[..worked_off].iter().for_each(|number| self.works.done(*number, self.moment));
                assert!(end.send(outcome).is_ok(), "a run is waited for");
            }
            Going::Event { number, end } => {
                let outcome = match (succeeds, self.below(6)) {
                    (true, _) => EventEnd::Returned(Bytes::from_static(b"null")),
                    (false, 0) => EventEnd::NotRun,
                    (false, _) => EventEnd::Failed(Bytes::from_static(b"{}")),
                };
                match outcome {
                    EventEnd::Returned(_) => self.works.done(number, self.moment),
                    EventEnd::Failed(_) => self.works.failed(number),
                    EventEnd::NotRun => {}
                }
                assert!(end.send(outcome).is_ok(), "a run is waited for");
            }
            Going::Parcel { endpoint, number, end } => {
                let outcome = match (succeeds, self.below(4)) {
                    (true, _) => DeliveryOutcome::Delivered,
                    (false, 0) => DeliveryOutcome::Refused,
                    (false, _) => DeliveryOutcome::Failed,
                };
                if outcome == DeliveryOutcome::Delivered {
                    self.works.parcel_delivered(&endpoint, number);
                }
                assert!(end.send(outcome).is_ok(), "a run is waited for");
            }
        }
    }

    pub(super) fn look_at_workers(&mut self) {
        let now = self.clock.now();
        for begun in self.workers.take_begun() {
            let run = match begun {
                Begun::Batch(batch, end) => {
                    let name = &*batch.mapping.definition.queue.name;
                    let (place, _) = MAPPED.into_iter().find(|(place, _)| *place == name).expect("a mapped queue");
                    let busy = self.busy_groups(place);
                    let numbers = self.works.batch_begins(place, &batch, &busy);
                    self.answers.push(format!("{place}: {numbers:?} begin"));
                    Run {
                        began_at: now,
                        function: Some(batch.function.name.clone()),
                        work: Going::Batch { place, numbers, end },
                    }
                }
                Begun::Event(event, end) => {
                    let number = event.invocation.request_id as u64;
                    self.works.event_begins(number, now);
                    let is_there_twice = self
                        .runs
                        .iter()
                        .any(|run| matches!(run.work, Going::Event { number: other, .. } if other == number));
                    assert!(!is_there_twice, "event {number} runs twice at once");
                    Run {
                        began_at: now,
                        function: Some(event.function.name.clone()),
                        work: Going::Event { number, end },
                    }
                }
                Begun::Parcel(parcel, end) => {
                    let number = number_of(&parcel).expect("only the first was a question");
                    let endpoint = parcel.definition.endpoint.to_string();
                    self.works.parcel_begins(&endpoint, number);
                    let function = parcel.function.as_ref().map(|function| function.name.clone());
                    Run { began_at: now, function, work: Going::Parcel { endpoint, number, end } }
                }
            };
            self.runs.push(run);
        }
        for (number, payload) in self.workers.take_changes() {
            if self.heard.insert(number) {
                self.versions.told(&payload);
            }
        }
        for (endpoint, number, end) in self.workers.take_ended() {
            self.answers.push(format!("{number} at {endpoint}: {end:?}"));
            if !matches!(end, DeliveryEnd::Again { .. }) {
                self.works.parcel_ended(endpoint, number);
            }
        }
        self.check_concurrency();
    }

    pub(super) fn busy_groups(&self, queue: &str) -> BTreeSet<u64> {
        let of_queue = self.runs.iter().filter_map(|run| match &run.work {
            Going::Batch { place, numbers, .. } if *place == queue => Some(self.works.groups(numbers)),
            _ => None,
        });
        of_queue.flatten().collect()
    }

    pub(super) fn check_concurrency(&self) {
        for (name, max) in RESERVED {
            let running = self.runs.iter().filter(|run| run.function.as_deref() == Some(name)).count();
            assert!(running <= max as usize, "{running} invocations of {name}");
        }
        for (name, _) in MAPPED {
            let is_of = |run: &&Run| matches!(run.work, Going::Batch { place, .. } if place == name);
            let running = self.runs.iter().filter(is_of).count();
            assert!(running <= MAPPING_RUNS_MAX as usize, "{running} batches of {name}");
        }
    }
}
