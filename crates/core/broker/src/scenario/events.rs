//! Functions with versions and aliases, and events that are kept until they have had them.

use bytes::Bytes;

use super::check;
use super::script::{ACCOUNT, REGION, Story, listed, show_rejection};
use super::words::{Words, destination, function, number, outgoing_of, schedule_destination};
use crate::{
    Alias, Command, Conclusion, Destination, EntryChanges, Function, FunctionRef, FunctionVersion, InvocationEnd,
    InvocationOutcome, InvocationRecord, InvocationStep, InvokeConfig, PutWhen, QueueName, QueuedInvocation, Reply,
    SCHEDULE_AGE, ScheduleDefinition, ScheduleTarget, Seconds, Stored, TargetFault, Text, Timestamp,
};

impl Story {
    /// Does what a line says, if it is about functions.
    pub(super) fn play_events(&mut self, step: &str) -> Option<String> {
        let mut words = Words(step.split_whitespace().collect());
        let command = match words.next() {
            "function" => {
                let reserved = words.number("concurrency");
                let function = function(&mut words);
                let name = function.name.clone();
                let put = self.world.ask(Command::PutFunction { function, when: PutWhen::Always });
                if let Err(rejection) = put {
                    return Some(show_rejection(&rejection));
                }
                Command::SetConcurrency { name, reserved }
            }
            "publish-version" => Command::PublishVersion { name: words.next().into(), revision: None, details: None },
            "versions" => Command::ListVersions { name: words.next().into() },
            "delete-version" => {
                Command::DeleteFunction { name: words.next().into(), version: Some(number(words.next())) }
            }
            "alias" => {
                let canary = words.option("canary").map(|canary| {
                    let (version, weight) = canary.split_once(':').expect("a canary is VERSION:WEIGHT");
                    (version_of(version), number(weight))
                });
                let function = words.next().into();
                let (name, version) = (words.next().into(), version_of(words.next()));
                let alias = Alias { name, version, canary, revision: 0, details: "".into() };
                Command::PutAlias { function, alias, when: PutWhen::Always }
            }
            "delete-alias" => Command::DeleteAlias { function: words.next().into(), name: words.next().into() },
            "aliases" => Command::ListAliases { function: words.next().into() },
            "treat" => {
                let config = InvokeConfig {
                    retries_max: words.number("retries").unwrap_or(2),
                    age_max: Seconds(words.number("age").unwrap_or(21_600)),
                    on_success: words.option("success").map(destination),
                    on_failure: words.option("failure").map(destination),
                    details: "".into(),
                };
                Command::PutInvokeConfig { function: FunctionRef::parse(words.next()), config: Some(config) }
            }
            "event" => {
                self.events += 1;
                let invocation = event(self.events);
                Command::QueueInvocation { function: FunctionRef::parse(words.next()), invocation }
            }
            "schedule" => {
                let targets = words.option("to").map(|to| ScheduleTarget {
                    destination: schedule_destination(to),
                    input: words.option("input").map(Box::from),
                    group: words.option("group").map(Box::from),
                    retries_max: words.number("retries").unwrap_or(0),
                    age_max: words.number("age").map_or(SCHEDULE_AGE, Seconds),
                    dead_letters: words
                        .option("dead-letters")
                        .map(|name| QueueName { account: ACCOUNT, name: name.into() }),
                });
                let expression = words.option("at").expect("a schedule has its time").replace('_', " ").into();
                let end: Option<u64> = words.number("for");
                let name: Box<str> = words.next().into();
                let definition = ScheduleDefinition {
                    arn: format!("arn:aws:events:eu-central-1:000000000001:rule/{name}").into(),
                    expression,
                    zone: "UTC".into(),
                    enabled: !words.flag("disabled"),
                    start: None,
                    end: end.map(|seconds| Timestamp(self.world.broker.now().0 + 1000 * seconds)),
                    deletes_itself: words.flag("once"),
                    targets: targets.into_iter().collect(),
                    name,
                    source: words.option("source").unwrap_or("aws.events").into(),
                    window: Seconds(words.number("window").unwrap_or(0)),
                };
                let (key, kept) = (definition.entry_key(), words.option("kept"));
                let put = kept.map(|kept| (key.path, Bytes::copy_from_slice(kept.as_bytes()))).into_iter().collect();
                Command::PutSchedule { definition, entries: EntryChanges { put, ..EntryChanges::default() } }
            }
            "delete-schedule" => Command::DeleteSchedule { name: words.next().into() },
            "delete-schedules" => {
                let entries = EntryChanges::default();
                Command::DeleteSchedules { prefix: words.next().into(), account: ACCOUNT, entries }
            }
            "schedules" => Command::ListSchedules { prefix: "".into() },
            "calls" => {
                let begun = self.world.broker.take_schedule_calls(words.next());
                let shown: Vec<String> =
                    begun.iter().map(|call| format!("{}={}:{}", call.number, call.service, call.input)).collect();
                self.schedule_calls.extend(begun.into_iter().map(|call| (call.number, call.id)));
                return Some(listed(shown.into_iter()));
            }
            "called" => {
                let (name, number) = (words.next().into(), number(words.next()));
                let fault = match words.next() {
                    "succeeded" => None,
                    code => {
                        Some(TargetFault { code: code.into(), message: "m".into(), is_for_good: code == "for-good" })
                    }
                };
                Command::EndScheduleCall {
                    name,
                    number,
                    id: self.schedule_calls[&number],
                    fault,
                    region: REGION.into(),
                }
            }
            "fire" => {
                let due = self.world.broker.take_due_schedules();
                for name in &due {
                    let (name, region) = (name.clone(), REGION.into());
                    self.world.ask(Command::FireSchedule { name, region }).expect("it is never refused");
                }
                return Some(listed(due.iter().map(|name| name.to_string())));
            }
            "run" => {
                let begun = self.world.run(words.number("max").unwrap_or(1000));
                let shown: Vec<String> = begun.into_iter().map(|due| self.show_due(due)).collect();
                return Some(listed(shown.into_iter()));
            }
            "ran" => {
                let event = words.next().trim_start_matches('~');
                let outcome = match words.next() {
                    "succeeded" => InvocationOutcome::Succeeded,
                    "failed" => InvocationOutcome::Failed,
                    "not-run" => InvocationOutcome::NotRun,
                    other => panic!("unknown word: {other}"),
                };
                return Some(self.ran(number(event), outcome));
            }
            _ => return None,
        };
        assert!(words.0.is_empty(), "unknown words: {:?}", words.0);
        Some(match self.world.ask(command) {
            Ok((Reply::Function(described), _)) => described.function.version.to_string(),
            Ok((Reply::Versions(versions), _)) => listed(versions.iter().map(|version| version.version.to_string())),
            Ok((Reply::Alias(_) | Reply::Done, _)) => "ok".into(),
            Ok((Reply::Told { failed: 0 } | Reply::SchedulesDeleted { more: false }, _)) => "ok".into(),
            Ok((Reply::Told { .. }, _)) => "given up".into(),
            Ok((Reply::Schedules(described), _)) => {
                let now = self.world.broker.now().0;
                listed(described.iter().map(|schedule| match schedule.next_at {
                    Some(next) => format!("{}+{}s", schedule.definition.name, next.0.saturating_sub(now) / 1000),
                    None => format!("{}-", schedule.definition.name),
                }))
            }
            Ok((Reply::Aliases(aliases), _)) => {
                listed(aliases.iter().map(|alias| format!("{}={}", alias.name, alias.version)))
            }
            Ok((reply, _)) => panic!("a line about functions was answered {reply:?}"),
            Err(rejection) => show_rejection(&rejection),
        })
    }

    fn show_due(&mut self, due: crate::DueInvocation) -> String {
        let Stored::Invocation(invocation) = self.world.stored(due.place) else { panic!("an event is elsewhere") };
        let times = match due.pending.failed_attempts {
            0 => String::new(),
            failed => format!("x{}", failed + 1),
        };
        let name = format!("~{}{times}", invocation.request_id);
        match due.step {
            InvocationStep::Run(version) => format!("{name}:{}", of(&version)),
            InvocationStep::Conclude(conclusion) => {
                format!("{name}:{}", self.conclude(&due.function.name, due.sequence, &conclusion))
            }
        }
    }

    fn ran(&mut self, event: u64, outcome: InvocationOutcome) -> String {
        let Some((function, sequence)) = self.world.event(event) else { return "no such event".into() };
        match self.world.ran(&function, sequence, outcome) {
            InvocationEnd::Done => "done".into(),
            InvocationEnd::Again => "again".into(),
            InvocationEnd::Unknown => "unknown".into(),
            InvocationEnd::Conclude(conclusion) => self.conclude(&function, sequence, &conclusion),
        }
    }

    /// Tells whoever is to hear, and shows who that was.
    fn conclude(&mut self, function: &str, sequence: u64, conclusion: &Conclusion) -> String {
        let told: Vec<Destination> = conclusion.destination.iter().chain(&conclusion.dead_letters).cloned().collect();
        let record = |to: &Destination| match to {
            Destination::Queue(_) => InvocationRecord::Message(outgoing_of(conclusion.condition.name())),
            Destination::Topic(_) => panic!("topics are told by their own lines"),
            Destination::Function(_) => {
                self.events += 1;
                InvocationRecord::Event(event(self.events))
            }
        };
        let mut record = record;
        let records = told.iter().map(|to| (to.clone(), record(to))).collect();
        let failed = self.world.conclude(function, sequence, conclusion.condition, records);
        let shown: String = told.iter().map(|to| format!(",{}", show(to))).collect();
        let failed = if failed == 0 { String::new() } else { format!(",{failed}-not-told") };
        format!("{}{shown}{failed}", conclusion.condition.name())
    }
}

fn event(number: u64) -> QueuedInvocation {
    let (request_id, payload) = (number.into(), Text::from("{}"));
    QueuedInvocation { qualifier: None, request_id, payload, trace_header: None }
}

fn version_of(word: &str) -> FunctionVersion {
    FunctionVersion::parse(word).expect("a version is a number or $LATEST")
}

fn of(version: &Function) -> String {
    match version.version {
        FunctionVersion::Latest => version.name.to_string(),
        FunctionVersion::Number(number) => format!("{}:{number}", version.name),
    }
}

fn show(destination: &Destination) -> String {
    match destination {
        Destination::Queue(queue) => queue.name.to_string(),
        Destination::Topic(topic) => topic.name.to_string(),
        Destination::Function(function) => function.to_string(),
    }
}

#[test]
fn an_event_is_kept_until_its_function_has_had_it() {
    check(
        "
        function f
        event g -> rejected: no function g
        event f
        restart
        run -> ~2:f
        run -> nothing
        // Nobody knows what became of it.
        restart
        run -> ~2:f
        ran ~2 succeeded -> done
        run -> nothing
        ",
    );
}

#[test]
fn an_event_that_fails_is_tried_twice_more_and_each_time_later() {
    check(
        "
        function f
        event f
        run -> ~1:f
        ran ~1 failed -> again
        +59s
        run -> nothing
        +1s
        run -> ~1x2:f
        ran ~1 failed -> again
        restart
        +119s
        run -> nothing
        +1s
        run -> ~1x3:f
        ran ~1 failed -> done
        +12h
        run -> nothing
        ",
    );
}

#[test]
fn who_is_to_hear_of_an_event_hears_of_it_once() {
    check(
        "
        queue good
        queue bad
        queue dead
        function f dead-letters=dead
        treat f retries=0 success=good failure=bad
        event f
        event f
        run -> ~1:f ~2:f
        ran ~1 succeeded -> Success,good
        ran ~2 failed -> RetriesExhausted,bad,dead
        count good -> visible=1 in-flight=0 delayed=0
        count bad -> visible=1 in-flight=0 delayed=0
        count dead -> visible=1 in-flight=0 delayed=0
        ran ~2 failed -> no such event
        ",
    );
}

#[test]
fn one_queue_for_everything_gets_a_number_for_each() {
    check(
        "
        queue dead
        function f dead-letters=dead
        treat f retries=0 failure=dead
        event f
        run -> ~1:f
        ran ~1 failed -> RetriesExhausted,dead,dead
        count dead -> visible=2 in-flight=0 delayed=0
        ",
    );
}

#[test]
fn an_event_ends_also_when_nobody_can_be_told() {
    check(
        "
        queue bad
        function f
        treat f retries=0 failure=bad
        event f
        delete-queue bad
        run -> ~1:f
        ran ~1 failed -> RetriesExhausted,bad,1-not-told
        run -> nothing
        ",
    );
}

#[test]
fn a_function_hears_of_another_by_an_event() {
    check(
        "
        function f
        function g
        treat f success=function:g
        event f
        run -> ~1:f
        ran ~1 succeeded -> Success,g
        run -> ~2:g
        ran ~2 succeeded -> done
        ",
    );
}

#[test]
fn an_event_that_would_be_too_old_at_its_next_attempt_is_given_up_now() {
    check(
        "
        queue bad
        function f
        treat f age=60 failure=bad
        event f
        +1s
        run -> ~1:f
        ran ~1 failed -> EventAgeExceeded,bad
        event f
        run -> ~2:f
        ran ~2 failed -> again
        +60s
        run -> ~2x2:EventAgeExceeded,bad
        run -> nothing
        ",
    );
}

#[test]
fn events_wait_for_room_and_may_become_too_old_meanwhile() {
    check(
        "
        queue bad
        function f concurrency=1
        treat f age=60 failure=bad
        event f
        event f
        run -> ~1:f
        run -> nothing
        +60s
        run -> ~2:EventAgeExceeded,bad
        ran ~1 not-run -> EventAgeExceeded,bad
        event f
        run -> ~3:f
        ",
    );
}

#[test]
fn a_function_that_may_not_run_gives_its_events_up_at_once() {
    check(
        "
        queue bad
        function f concurrency=0
        treat f failure=bad
        event f
        run -> ~1:ZeroReservedConcurrency,bad
        ",
    );
}

#[test]
fn what_could_not_be_run_is_no_attempt() {
    check(
        "
        function f
        event f
        run -> ~1:f
        ran ~1 not-run -> again
        run -> nothing
        +1s
        run -> ~1:f
        ",
    );
}

#[test]
fn events_and_queues_share_a_functions_concurrency() {
    check(
        "
        queue a
        function f concurrency=2
        map a f batch=1
        send a m1 | m2 | m3
        event f
        dispatch a -> f!1 #1
        run -> ~1:f
        dispatch a -> nothing
        ran ~1 succeeded -> done
        dispatch a -> f!2 #2
        event f
        run -> nothing
        end !1 succeeded
        run -> ~2:f
        ",
    );
}

#[test]
fn a_function_takes_its_events_with_it() {
    check(
        "
        function f
        event f
        delete-function f
        run -> nothing
        function f
        run -> nothing
        event f
        run -> ~2:f
        delete-function f
        ran ~2 succeeded -> unknown
        ",
    );
}

#[test]
fn a_published_version_stays_what_it_was() {
    check(
        "
        function f code=one
        publish-version f -> 1
        // Nothing has changed.
        publish-version f -> 1
        function f code=two
        publish-version f -> 2
        versions f -> $LATEST 1 2
        event f:1
        event f:2
        event f:3 -> rejected: no function f:3
        run -> ~1:f:1 ~2:f:2
        delete-version f 1
        versions f -> $LATEST 2
        delete-version f 1 -> rejected: no function f:1
        function f code=three
        // Numbers are given once.
        delete-version f 2
        publish-version f -> 3
        ",
    );
}

#[test]
fn an_alias_stands_for_a_version_until_it_stands_for_another() {
    check(
        "
        queue a
        function f code=one
        publish-version f -> 1
        alias f live 1
        map a f:live batch=1
        function f code=two
        publish-version f -> 2
        delete-version f 1 -> rejected: VersionHasAlias
        send a m1 | m2
        dispatch a -> f!1 #1
        event f:live
        run -> ~1:f:1
        alias f live 2
        event f:live
        run -> ~2:f:2
        delete-version f 1
        aliases f -> live=2
        alias f live 7 -> rejected: no function f:7
        delete-alias f live
        dispatch a -> nothing
        // Whoever was asked for by a name that is gone is not run any more.
        event f:live -> rejected: no function f:live
        ",
    );
}

#[test]
fn an_alias_shares_invocations_out() {
    check(
        "
        function f code=one
        publish-version f -> 1
        function f code=two
        publish-version f -> 2
        alias f live 1 canary=2:1000000
        event f:live
        run -> ~1:f:2
        alias f live 1 canary=2:0
        event f:live
        run -> ~2:f:1
        ",
    );
}

#[test]
fn messages_are_gathered_until_there_are_enough_or_it_has_taken_long_enough() {
    check(
        "
        queue a
        function f
        map a f batch=3 window=10
        woken -> a
        send a m1 | m2
        woken -> a
        dispatch a -> nothing
        +9s
        woken -> nothing
        dispatch a -> nothing
        +1s
        woken -> a
        dispatch a -> f!1 #1 #2
        woken -> a
        send a m3 | m4 | m5 | m6
        woken -> a
        dispatch a -> f!2 #3 #4 #5
        dispatch a -> nothing
        woken -> a
        +10s
        woken -> a
        dispatch a -> f!3 #6
        ",
    );
}
