//! Limits as a whole: with a stand-in for a shop's API, and under anything that may happen.

use std::collections::{BTreeMap, BTreeSet};

use bongsu_rate_limit::provider::Provider;
use bongsu_rate_limit::{Feedback, Limit, Rule};
use proptest::prelude::*;

use super::calls::CallId;
use super::{Admission, CallLimits, LimitKey};
use crate::{Broker, Command, Entropy, Fact, Place, Timestamp};

const LATENCY_MS: u64 = 50;

/// When it is answered, whose call it is, and what the answer will say.
type UnderWay = (u64, usize, usize, CallLimits, Feedback);

/// A broker with a clock, and who wants to call what.
struct World {
    broker: Broker,
    entropy: Entropy,
    facts: Vec<(Timestamp, Fact)>,
    calls: u64,
}

impl World {
    fn new() -> World {
        let mut broker = Broker::new();
        broker.finish_replay();
        World { broker, entropy: Entropy::from_seed([1; 32]), facts: Vec::new(), calls: 0 }
    }

    fn ask(&mut self, command: Command) {
        let now = self.broker.now();
        let decision = self.broker.decide(command, now, &mut self.entropy).unwrap();
        for fact in decision.facts {
            self.broker.apply(&fact, now, Place::default());
            self.facts.push((now, fact));
        }
    }

    fn call(&mut self, limits: &[(LimitKey, Option<Limit>)], turn: &str) -> CallId {
        self.calls += 1;
        let id = CallId(self.calls);
        self.broker.line_up_call(id, Admission { limits: limits.to_vec(), turn: turn.into() }).unwrap();
        id
    }

    fn begin(&mut self) -> Option<super::calls::AdmittedCall> {
        let admitted = self.broker.take_admitted_call()?;
        self.ask(Command::BeginCall { limits: admitted.limits.clone() });
        Some(admitted)
    }

    fn end(&mut self, limits: &[(LimitKey, Option<Limit>)], feedback: Feedback) {
        self.ask(Command::EndCall { limits: limits.to_vec(), feedback });
        self.broker.end_call(limits);
    }

    /// As after kill -9.
    fn restart(&mut self) {
        let now = self.broker.now();
        self.broker = Broker::new();
        for (at, fact) in &self.facts {
            self.broker.apply(fact, *at, Place::default());
        }
        self.broker.finish_replay();
        self.broker.advance(now);
    }
}

fn key(scope: &str, key: &str) -> LimitKey {
    LimitKey { scope: scope.into(), key: key.into() }
}

#[test]
fn many_shops_are_called_as_fast_as_each_lets_and_never_faster_whatever_is_killed() {
    const SHOPS: usize = 4;
    const CALLS: usize = 150;
    const WORKERS: usize = 5;
    let mut world = World::new();
    let mut shops: Vec<Provider> = (0..SHOPS).map(|shop| Provider::new(10, 2 + shop as u32)).collect();
    let mut left = [CALLS; SHOPS];
    let mut done = BTreeMap::new();
    let mut refused = 0;
    // Each worker of a shop has one call under way or waiting, again and again.
    let mut waiting: BTreeMap<CallId, (usize, usize)> = BTreeMap::new();
    let mut under_way: Vec<UnderWay> = Vec::new();
    let line_up = |world: &mut World, waiting: &mut BTreeMap<CallId, _>, shop: usize, worker: usize| {
        let id = world.call(&[(key("machine/m/Call", &shop.to_string()), None)], &worker.to_string());
        waiting.insert(id, (shop, worker));
    };
    let (mut kills, mut ended_at) = (0, [0; SHOPS]);
    // A shop that was never seen before is asked by one, so that it is known when the others come.
    (0..SHOPS).for_each(|shop| line_up(&mut world, &mut waiting, shop, 0));
    let mut is_known = [false; SHOPS];
    while done.values().sum::<usize>() < SHOPS * CALLS {
        let now = world.broker.now().0;
        while let Some(admitted) = world.begin() {
            let (shop, worker) = waiting.remove(&admitted.id).unwrap();
            let feedback = shops[shop].call(now + LATENCY_MS / 2);
            under_way.push((now + LATENCY_MS, shop, worker, admitted.limits, feedback));
        }
        if now / 10_000 > kills {
            // Whoever was under way had called already; who waited asks again.
            kills += 1;
            world.restart();
            let again: Vec<(usize, usize)> = std::mem::take(&mut waiting).into_values().collect();
            let lost = std::mem::take(&mut under_way).into_iter().map(|(_, shop, worker, ..)| (shop, worker));
            for (shop, worker) in again.into_iter().chain(lost) {
                line_up(&mut world, &mut waiting, shop, worker);
            }
            continue;
        }
        let next = [world.broker.next_deadline().map(|at| at.0), under_way.first().map(|(at, ..)| *at)];
        let next = next.into_iter().flatten().min().expect("somebody waits for something");
        world.broker.advance(Timestamp(next.max(now)));
        while under_way.first().is_some_and(|(at, ..)| *at <= next) {
            let (at, shop, worker, limits, feedback) = under_way.remove(0);
            world.end(&limits, feedback);
            if feedback.refused {
                refused += 1;
            } else if left[shop] > 0 {
                left[shop] -= 1;
                ended_at[shop] = at;
                *done.entry((shop, worker)).or_insert(0) += 1;
            }
            if !std::mem::replace(&mut is_known[shop], true) {
                (1..WORKERS).for_each(|worker| line_up(&mut world, &mut waiting, shop, worker));
            }
            if left[shop] > 0 {
                line_up(&mut world, &mut waiting, shop, worker);
            }
        }
    }
    assert_eq!(refused, 0, "no call is refused once the bucket is known");
    assert!(kills >= 3, "{kills}");
    for shop in 0..SHOPS {
        let counts: Vec<usize> = (0..WORKERS).map(|worker| done[&(shop, worker)]).collect();
        let (least, most) = (counts.iter().min().unwrap(), counts.iter().max().unwrap());
        assert!(most - least <= 1 + kills as usize, "workers have turns: {counts:?}");
        let ideal_ms = (CALLS as u64 - 10) * 1000 / (2 + shop as u64);
        // Each kill loses what was under way: the shop had it, and nobody knows.
        let ideal_ms = ideal_ms + kills * WORKERS as u64 * 1000 / (2 + shop as u64);
        assert!(ended_at[shop] <= ideal_ms * 105 / 100, "shop {shop}: {} ms of {ideal_ms}", ended_at[shop]);
    }
}

#[derive(Clone, Debug)]
enum Step {
    Wait(u64),
    Call { keys: Vec<u8>, turn: u8 },
    Begin,
    End { nth: usize, refused: bool },
    Leave { nth: usize },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        2 => (0u64..700).prop_map(Step::Wait),
        4 => (prop::collection::vec(0u8..4, 1..4), 0u8..3).prop_map(|(keys, turn)| Step::Call { keys, turn }),
        3 => Just(Step::Begin),
        3 => (0usize..8, prop::bool::weighted(0.2)).prop_map(|(nth, refused)| Step::End { nth, refused }),
        1 => (0usize..8).prop_map(|nth| Step::Leave { nth }),
    ];
    prop::collection::vec(step, 0..120)
}

/// Two keys have a rate, two a concurrency; scopes and keys in no order.
fn limits(keys: &[u8]) -> CallLimits {
    let limit = |key: &u8| match key {
        0 => (self::key("a", "x"), "rate=5/s burst=2"),
        1 => (self::key("b", "x"), "concurrency=1"),
        2 => (self::key("a", "y"), "concurrency=2"),
        _ => (self::key("c", "z"), "rate=3/s concurrency=3"),
    };
    keys.iter().map(limit).map(|(key, rule)| (key, Rule::parse(rule).unwrap().limit)).collect()
}

proptest! {
    #[test]
    fn whoever_waits_gets_its_turn_and_no_limit_is_broken(steps in steps()) {
        let mut world = World::new();
        let (mut waiting, mut running) = (BTreeSet::new(), Vec::new());
        for step in steps {
            match step {
                Step::Wait(ms) => world.broker.advance(Timestamp(world.broker.now().0 + ms)),
                Step::Call { keys, turn } => {
                    waiting.insert(world.call(&limits(&keys), &turn.to_string()));
                }
                Step::Begin => if let Some(admitted) = world.begin() {
                    prop_assert!(waiting.remove(&admitted.id));
                    running.push(admitted.limits);
                },
                Step::End { nth, refused } if nth < running.len() => {
                    let limits = running.remove(nth);
                    world.end(&limits, Feedback { refused, ..Feedback::default() });
                }
                Step::Leave { nth } => if let Some(id) = waiting.iter().nth(nth).copied() {
                    waiting.remove(&id);
                    world.broker.withdraw_call(id);
                },
                Step::End { .. } => {}
            }
            for (key, most) in [("b", 1), ("c", 3)] {
                prop_assert!(world.broker.limits.calls.0.in_scope(key).running <= most);
            }
        }
        // Nobody is forgotten: with time and ends, all of them begin.
        while !waiting.is_empty() {
            while let Some(admitted) = world.begin() {
                prop_assert!(waiting.remove(&admitted.id));
                running.push(admitted.limits);
            }
            if let Some(limits) = running.pop() {
                world.end(&limits, Feedback::default());
            } else if !waiting.is_empty() && !world.broker.has_admitted_calls() {
                let next = world.broker.next_deadline();
                prop_assert!(next.is_some(), "{} wait for nothing", waiting.len());
                world.broker.advance(next.unwrap());
            }
        }
        running.iter().for_each(|limits| world.end(limits, Feedback::default()));
        prop_assert!(world.broker.calls_by_kind().is_empty());
        let before = world.broker.limits.clone();
        world.restart();
        prop_assert_eq!(&world.broker.limits, &before);
    }
}

#[test]
fn a_hundred_thousand_keys_that_pass_through_do_not_stay() {
    let mut world = World::new();
    let limit = Rule::parse("rate=10/s").unwrap().limit;
    let mut most = 0;
    for number in 0..100_000u64 {
        world.broker.advance(Timestamp(number));
        world.call(&[(key("m", &number.to_string()), limit)], "");
        let admitted = world.begin().unwrap();
        world.end(&admitted.limits, Feedback::default());
        world.facts.clear();
        most = most.max(world.broker.limits.known.len());
    }
    assert!(most <= 100, "{most} buckets at once");
}
