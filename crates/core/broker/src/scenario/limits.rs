//! Limits on calls: who may begin, when, and what a restart remembers of it.

use std::collections::BTreeMap;

use bongsu_rate_limit::{Feedback, Limit, Rule};

use super::check;
use super::script::{Story, listed, show_rejection};
use super::words::Words;
use crate::{Admission, CallId, CallLimits, Command, LimitKey};

/// Calls by the names that a script gives them.
#[derive(Default)]
pub(super) struct Calls {
    made: u64,
    waiting: BTreeMap<CallId, String>,
    running: BTreeMap<String, CallLimits>,
}

impl Story {
    /// Does what a line says, if it is about limits.
    ///
    /// ```text
    /// call NAME KEY[:RULE] ... [turn=T]   a rule as in tags, with commas for spaces; a key's scope is all before its last slash
    /// admitted                            calls that begin now
    /// answered NAME [STATUS] [HEADER:VALUE ...]
    /// given-up NAME | gone NAME           before its target was asked; while it waits
    /// waiting                             how many wait and run, by kind
    /// ```
    pub(super) fn play_limits(&mut self, step: &str) -> Option<String> {
        let mut words = Words(step.split_whitespace().collect());
        Some(match words.next() {
            "call" => {
                let turn = words.option("turn").unwrap_or_default().into();
                let name = words.next().to_owned();
                let limits = words.rest().map(limit).collect();
                self.calls.made += 1;
                let id = CallId(self.calls.made);
                match self.world.broker.line_up_call(id, Admission { limits, turn }) {
                    Ok(()) => drop(self.calls.waiting.insert(id, name)),
                    Err(rejection) => return Some(show_rejection(&rejection)),
                }
                "ok".into()
            }
            "admitted" => {
                let mut names = Vec::new();
                while let Some(admitted) = self.world.broker.take_admitted_call() {
                    let limits = admitted.limits.clone();
                    self.world.ask(Command::BeginCall { limits }).expect("it is never refused");
                    let name = self.calls.waiting.remove(&admitted.id).expect("only who waits begins");
                    self.calls.running.insert(name.clone(), admitted.limits);
                    names.push(name);
                }
                listed(names.into_iter())
            }
            "answered" => {
                let limits = self.calls.running.remove(words.next()).expect("a script answers what runs");
                let status = words.0.first().and_then(|word| word.parse().ok());
                if status.is_some() {
                    words.next();
                }
                let headers = words.rest().map(|word| word.split_once(':').expect("a header is NAME:VALUE"));
                let now = self.world.broker.now().0;
                let feedback = Feedback::from_response(status.unwrap_or(200), headers, now);
                let command = Command::EndCall { limits: limits.clone(), feedback };
                self.world.ask(command).expect("it is never refused");
                self.world.broker.end_call(&limits);
                "ok".into()
            }
            "given-up" => {
                let limits = self.calls.running.remove(words.next()).expect("a script gives up what runs");
                self.world.broker.end_call(&limits);
                "ok".into()
            }
            "gone" => {
                let name = words.next();
                let found = self.calls.waiting.iter().find(|(_, known)| *known == name).map(|(id, _)| *id);
                let id = found.expect("a script sends away who waits");
                self.calls.waiting.remove(&id);
                self.world.broker.withdraw_call(id);
                "ok".into()
            }
            "waiting" => {
                let kinds = self.world.broker.calls_by_kind();
                listed(kinds.iter().map(|(kind, count)| format!("{kind}={}+{}", count.waiting, count.running)))
            }
            _ => return None,
        })
    }

    /// Nobody who asked is there any more.
    pub(super) fn forget_calls(&mut self) {
        self.calls = Calls::default();
    }
}

fn limit(word: &str) -> (LimitKey, Option<Limit>) {
    let (key, rule) = word.split_once(':').unwrap_or((word, ""));
    let (scope, key) = key.rsplit_once('/').expect("a key is in a scope");
    let rule = Rule::parse(&rule.replace(',', " ")).expect("a script gives rules that can be read");
    (LimitKey { scope: scope.into(), key: key.into() }, rule.limit)
}

#[test]
fn a_key_that_is_called_too_often_waits_and_another_does_not() {
    check(
        "
        call 1 m/a:rate=2/s
        call 2 m/a:rate=2/s
        call 3 m/b:rate=2/s
        admitted -> 3 1
        waiting -> m=1+2
        +499ms
        admitted -> nothing
        +1ms
        admitted -> 2
        answered 1
        answered 2
        answered 3
        waiting -> nothing
        ",
    );
}

#[test]
fn a_restart_forgets_nothing_but_who_waited() {
    check(
        "
        call 1 m/a:rate=1/s,concurrency=1
        call 2 m/a:rate=1/s,concurrency=1
        admitted -> 1
        +400ms
        restart
        waiting -> nothing
        call 3 m/a:rate=1/s,concurrency=1
        admitted -> nothing
        clean
        restart
        call 4 m/a:rate=1/s,concurrency=1
        +599ms
        admitted -> nothing
        +1ms
        admitted -> 4
        answered 4 429 retry-after:60
        restart
        clean
        call 5 m/a
        +59s
        admitted -> nothing
        +1s
        admitted -> 5
        ",
    );
}

#[test]
fn so_many_at_once_and_no_more() {
    check(
        "
        call 1 m/a:concurrency=2
        call 2 m/a:concurrency=2
        call 3 m/a:concurrency=2
        call 4 m/a:concurrency=2
        admitted -> 1 2
        +1h
        admitted -> nothing
        given-up 1
        admitted -> 3
        gone 4
        answered 2
        admitted -> nothing
        waiting -> m=0+1
        ",
    );
}

#[test]
fn those_that_wait_go_in_rounds() {
    check(
        "
        call a1 m/k:rate=1/s turn=a
        call a2 m/k:rate=1/s turn=a
        call a3 m/k:rate=1/s turn=a
        call b1 m/k:rate=1/s turn=b
        call b2 m/k:rate=1/s turn=b
        admitted -> a1
        +1s
        admitted -> b1
        call c1 m/k:rate=1/s turn=c
        +1s
        admitted -> a2
        +1s
        admitted -> b2
        +1s
        admitted -> c1
        +1s
        admitted -> a3
        ",
    );
}

#[test]
fn what_the_target_says_counts_before_the_next_call() {
    check(
        "
        call 1 m/a
        admitted -> 1
        answered 1 200 x-ratelimit-remaining:1 x-ratelimit-reset:30
        call 2 m/a
        call 3 m/a
        call 4 m/b
        admitted -> 4 2
        restart
        call 5 m/a
        +29s
        admitted -> nothing
        +1s
        admitted -> 5
        answered 5 503 retry-after:5
        call 6 m/a
        +4s
        admitted -> nothing
        +1s
        admitted -> 6
        answered 6 503
        call 7 m/a
        admitted -> 7
        ",
    );
}

#[test]
fn refusals_without_a_time_rest_longer_each_time_also_after_a_restart() {
    check(
        "
        call 1 m/a
        admitted -> 1
        answered 1 429
        call 2 m/a
        +1s
        admitted -> 2
        answered 2 429
        restart
        clean
        restart
        call 3 m/a
        +1s
        admitted -> nothing
        +1s
        admitted -> 3
        ",
    );
}

#[test]
fn a_call_with_two_keys_waits_for_both_and_one_of_its_own_holds_up_nobody() {
    check(
        "
        call a m/a:rate=1/s d/all:rate=10/s
        call b m/a:rate=1/s d/all:rate=10/s
        call c m/b:rate=1/s d/all:rate=10/s
        call d d/all:rate=10/s
        admitted -> a
        +100ms
        admitted -> c
        +100ms
        admitted -> d
        +799ms
        admitted -> nothing
        +1ms
        admitted -> b
        waiting -> d=0+4 m=0+3
        ",
    );
}

#[test]
fn keys_that_are_given_in_any_order_lock_nobody_out() {
    check(
        "
        call a x/a:concurrency=1 y/b:concurrency=1
        call b y/b:concurrency=1 x/a:concurrency=1
        call c x/a:concurrency=1
        call d y/b:concurrency=1 y/b:concurrency=7
        admitted -> a
        answered a
        admitted -> b
        answered b
        admitted -> d c
        ",
    );
}

#[test]
fn who_loses_a_key_that_it_had_found_free_holds_up_nobody_else() {
    check(
        "
        call a m/a d/all:concurrency=1
        call b m/a d/all:concurrency=1
        admitted -> a
        call c m/c d/all:concurrency=1
        call d d/all:concurrency=1
        answered a 429 retry-after:9
        admitted -> c
        answered c
        admitted -> d
        answered d
        admitted -> nothing
        +9s
        admitted -> b
        ",
    );
}

#[test]
fn what_is_said_of_a_narrow_key_keeps_nobody_from_a_wide_one() {
    check(
        "
        call a m/a d/all
        admitted -> a
        answered a 429 retry-after:60
        call b m/b d/all
        call c m/a d/all
        admitted -> b
        ",
    );
}

#[test]
fn an_endpoint_that_has_had_enough_rests_as_a_whole_and_nothing_counts_as_failed() {
    check(
        "
        topic t
        subscribe t https:w
        begin -> confirm@https:w
        delivered first
        confirm t https:w
        publish t one
        publish t two
        begin max=1 -> #1@https:w
        too-early first retry-after:90
        begin -> nothing
        restart
        clean
        +89s
        begin -> nothing
        +1s
        begin -> #1@https:w #2@https:w
        delivered first
        too-early first
        begin -> nothing
        +1s
        begin -> #2@https:w
        failed first
        ",
    );
}
