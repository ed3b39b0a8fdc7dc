//! The script of a scenario: a line a step, and behind `->` what must come of it.
//!
//! ```text
//! queue NAME [visibility=S] [retention=S] [delay=S] [size=BYTES] [content-deduplication] [per-group]
//!            [dead-letters=NAME after=N]        a name that ends in .fifo makes a FIFO queue
//!            [policy=JSON] [allow=none|NAME] [tag=K:V] [cooldown] making a queue; allow says who may name it for dead letters
//! set NAME ...                                  the same words without those of the last line but allow
//! faults NAME WORD ...                          a subscriber has the attribute Faults, with _ for spaces
//! tag NAME K:V ... | untag NAME K ... | tags NAME | purge NAME [cooldown] | sources NAME
//! peek NAME [from=N] [max=N]                    v, d or f: visible, delayed, in flight
//! delete-queue NAME | list [PREFIX] | count NAME | statistics NAME
//! send NAME BODY [group=G] [dedup=D] [delay=S] [window=S] [size=BYTES] [| BODY ...]
//!                                               `window` is a webhook's; `|` makes a batch
//! receive NAME [max=N] [visibility=S] [request=ID]
//!                                              #2x3 is the third receive of the second message sent
//! delete NAME #1 #2x1                           by the handle of the latest receive, or of that one
//! visibility NAME #1=S #2x1=S
//! function NAME [concurrency=N] [code=C] [dead-letters=DESTINATION] | delete-function NAME | functions
//! publish-version NAME | versions NAME | delete-version NAME N
//! alias NAME ALIAS VERSION [canary=VERSION:WEIGHT] | delete-alias NAME ALIAS | aliases NAME
//! treat NAME[:QUALIFIER] [retries=N] [age=S] [success=DESTINATION] [failure=DESTINATION]
//!                                               a destination is a queue's name, topic:t or function:f
//! schedule NAME at=EXPRESSION [to=DESTINATION] [input=TEXT] [group=G] [for=S] [once] [disabled]
//!                                               [kept=TEXT], which is the door's; also machine:m and call:SERVICE:ACTION
//! delete-schedule NAME | schedules | fire       those that are due; _ is a space in an expression
//! delete-schedules PREFIX | calls NAME          calls that begin; what comes of the first is
//! called NAME 0 succeeded | for-good | CODE
//! event NAME[:QUALIFIER]                        ~1 is the first event
//! run [max=N]                                   events that are due: ~1x2:f:3 is the second attempt, by version 3
//! ran ~1 succeeded | failed | not-run           and what comes of it
//! map QUEUE FUNCTION [batch=N] [window=S] [concurrency=N] [partial] [disabled] | unmap QUEUE FUNCTION
//! dispatch QUEUE                                f!1 is the first attempt, of f: a function or a pipe
//! end !1 succeeded | failed | lost | partly 0 2
//! restart | clean [N] | end-lost | woken       the oldest records are cleaned away, or all
//! redrive NAME [to=NAME] [rate=N]               %1 is the first move task; #1' is the first message, moved once
//! topic NAME [content-deduplication] [per-group] [size=BYTES] [tag=K:V]
//! set-topic NAME ATTRIBUTE VALUE | tag-topic NAME K:V ... | untag-topic NAME K ...
//! delete-topic NAME | topics [after=NAME] [max=N] | show-topic NAME
//! subscribe TOPIC ENDPOINT [raw] [dead-letters=NAME]
//!                                               an endpoint is a queue's name, or https:w, lambda:f, email:m
//! set-subscription TOPIC ENDPOINT ATTRIBUTE VALUE | unsubscribe TOPIC ENDPOINT [anonymous]
//! confirm TOPIC ENDPOINT [wrong] [authenticated]
//! show-subscription TOPIC ENDPOINT | subscriptions [TOPIC] [max=N] [after=ENDPOINT]
//! publish TOPIC BODY [for=PROTOCOL:BODY] [group=G] [dedup=D] [attributes=N] [size=BYTES] [| BODY ...]
//!                                               #1@a is the copy of the first message for the subscriber a;
//!                                               of a FIFO topic #1:0 is its number, #1= a duplicate
//! begin [max=N]                                 attempts at endpoints that are due: #1@https:wx2 is the second one,
//!                                               confirm@https:w and restore@https:w are questions
//! delivered NAME | failed NAME | refused NAME | too-early NAME [HEADER:VALUE ...]
//!                                               or `first` and `last` of those that are going on
//! replay [max=N]                                one step of every replay that goes on
//! move | moves                                  one step of every task that is due; steps until none is due
//! cancel-redrive NAME %1 | redrives NAME [max=N]
//! +5s | +1ms | +12h | +4d                       steps of move tasks are taken when they are due
//! ```
//!
//! Lines about buckets and objects are in `object_script`, about executions in `workflow_script`, about pipes in `pipes`,
//! about calls and their limits in `limits`.
//!
//! A line without `->` must succeed. Blank lines and lines that start with `//` say nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use super::limits::Calls;
use super::object_script::Shelves;
use super::topics::Subscribers;
use super::words::*;
use super::workflow_script::Executions;
use super::world::World;
use crate::{
    Account, AttemptId, AttributesGiven, Command, Delivery, Effect, FAULTS_TAG, GroupStatistics, MappingDefinition,
    MappingId, MessageId, MoveTaskDescription, MoveTaskId, MoveTaskStatus, Peeked, PeekedState, Place, PutWhen,
    QueueName, QueueStatistics, ReceiptHandle, Rejection, Reply, Seconds, Sent, Stored, VisibilityChange,
};

pub(super) const ACCOUNT: Account = Account(1);
pub(super) const REGION: &str = "eu-central-1";

/// Plays a script; panics at the first line of which something else comes than the script says.
pub(super) fn check(script: &str) {
    let mut story = Story::new();
    for (number, line) in (1..).zip(script.lines().map(str::trim)) {
        if line.is_empty() || line.starts_with("//") {
            continue;
        }
        let (step, expected) = match line.split_once(" -> ") {
            Some((step, expected)) => (step, Some(expected.trim())),
            None => (line, None),
        };
        let played = catch_unwind(AssertUnwindSafe(|| {
            let actual = story.play(step);
            story.world.verify();
            actual
        }));
        let actual = played.unwrap_or_else(|fault| panic!("line {number}: {line}\n{}", message_of(&*fault)));
        let fits = expected.map_or(!actual.contains("rejected"), |expected| actual == expected);
        assert!(fits, "line {number}: {line}\nexpected: {}\n  actual: {actual}", expected.unwrap_or("success"));
    }
}

fn message_of(fault: &(dyn std::any::Any + Send)) -> &str {
    let owned = fault.downcast_ref::<String>().map(String::as_str);
    owned.or_else(|| fault.downcast_ref::<&str>().copied()).unwrap_or("a panic without words")
}

/// A world whose messages and attempts have the short names of a script.
pub(super) struct Story {
    pub(super) world: World,
    /// In the order in which they were sent or published: the first is #1.
    pub(super) messages: Vec<MessageId>,
    /// By name of the message and number of the receive.
    handles: BTreeMap<(String, u32), ReceiptHandle>,
    /// In the order in which they were started: the first is !1.
    attempts: Vec<AttemptId>,
    /// In the order in which they were started: the first is %1.
    move_tasks: Vec<MoveTaskId>,
    /// The identities that messages were seen to get from move tasks, by name of the message.
    new_ids: BTreeMap<String, Vec<MessageId>>,
    pub(super) subscribers: Subscribers,
    pub(super) shelves: Shelves,
    /// How many events were made.
    pub(super) events: u64,
    pub(super) executions: Executions,
    pub(super) calls: Calls,
    /// The latest call of each number.
    pub(super) schedule_calls: BTreeMap<u64, u128>,
}

impl Story {
    pub(super) fn new() -> Story {
        Story {
            world: World::new(),
            messages: Vec::new(),
            handles: BTreeMap::new(),
            attempts: Vec::new(),
            move_tasks: Vec::new(),
            new_ids: BTreeMap::new(),
            subscribers: Subscribers::default(),
            shelves: Shelves::default(),
            events: 0,
            executions: Executions::default(),
            calls: Calls::default(),
            schedule_calls: BTreeMap::new(),
        }
    }

    /// Whether everything that a line names has happened.
    pub(super) fn knows(&self, step: &str) -> bool {
        step.split_whitespace().map(|word| word.split('=').next().unwrap_or(word)).all(|name| match name.split_at(1) {
            ("#", _) => self.find_handle(name).is_some(),
            ("!", attempt) => (1..=self.attempts.len()).contains(&number(attempt)),
            ("^", upload) => self.shelves.knows(upload),
            ("%", task) => (1..=self.move_tasks.len()).contains(&number(task)),
            ("@", task) => self.knows_task(task),
            ("~", event) => self.world.has_event(number(event)),
            _ => true,
        })
    }

    /// Does what a line says; the answer is what the script has to say behind `->`.
    pub(super) fn play(&mut self, step: &str) -> String {
        if let Some(time) = step.strip_prefix('+') {
            self.world.pass(milliseconds(time));
            return "ok".into();
        }
        let mut words = Words(step.split_whitespace().collect());
        let topics_or_objects = self.play_topics(step).or_else(|| self.play_objects(step));
        let others = topics_or_objects.or_else(|| self.play_events(step)).or_else(|| self.play_workflows(step));
        let others = others.or_else(|| self.play_pipes(step)).or_else(|| self.play_limits(step));
        if let Some(answer) = others {
            return answer;
        }
        let command = match words.next() {
            "send" => {
                let (queue, entries) = send(step);
                Command::Send { queue, entries }
            }
            "tags" => {
                let queue = words.queue();
                let queue = self.world.broker.queue(&queue).expect("a script asks for the tags of what exists");
                let tags = &queue.definition.as_ref().expect("it has a name").tags;
                return listed(tags.iter().map(|(key, value)| format!("{key}:{value}")));
            }
            "woken" => {
                let woken = self.world.broker.take_woken();
                let names = woken.into_iter().map(|id| self.world.broker.name_of(id));
                return listed(names.map(|name| name.map_or("deleted".into(), |name| name.name.to_string())));
            }
            "statistics" => {
                let name = words.queue();
                let found = self.world.broker.statistics(None).find(|(queue, ..)| **queue == name);
                return found.map_or("no such queue".into(), |(.., statistics)| show_statistics(&statistics));
            }
            "replay" => {
                let max = words.number("max").unwrap_or(100);
                return if self.world.take_steps_of_replays(max) == 0 { "nothing".into() } else { "ok".into() };
            }
            "clean" => {
                self.world.clean(words.0.first().map_or(usize::MAX, |count| number(count)));
                return "ok".into();
            }
            "restart" => {
                self.world.restart();
                self.subscribers.forget_attempts();
                self.forget_calls();
                return "ok".into();
            }
            verb @ ("move" | "moves") => {
                let mut steps = self.world.take_due_steps();
                while verb == "moves" && self.world.take_due_steps() > 0 {
                    steps += 1;
                }
                return if steps == 0 { "nothing".into() } else { "ok".into() };
            }
            verb => match self.command(verb, &mut words) {
                Some(command) => command,
                None => return "no such queue".into(),
            },
        };
        if !matches!(command, Command::Send { .. }) {
            assert!(words.0.is_empty(), "unknown words: {:?}", words.0);
        }
        match self.world.ask(command) {
            Ok((reply, effects)) => self.show(reply, effects),
            Err(rejection) => show_rejection(&rejection),
        }
    }

    fn command(&self, verb: &str, words: &mut Words) -> Option<Command> {
        Some(match verb {
            "queue" => create_queue(words),
            "set" => {
                let name = words.queue();
                let given = attributes(words, &name);
                let given = AttributesGiven::parse_change(&given, &name, REGION);
                Command::SetQueueAttributes { queue: name, given: given.expect("a script gives what parses") }
            }
            "tag" => Command::TagQueue { queue: words.queue(), tags: words.rest().map(tag).collect() },
            "faults" => Command::TagQueue {
                queue: words.queue(),
                tags: [(FAULTS_TAG.into(), words.rest().collect::<Vec<_>>().join(" ").into())].into(),
            },
            "untag" => Command::UntagQueue { queue: words.queue(), keys: words.rest().map(Box::from).collect() },
            "purge" => Command::PurgeQueue { cooldown: words.flag("cooldown"), queue: words.queue() },
            "sources" => Command::ListDeadLetterSources {
                after: words.option("after").map(str::to_owned),
                max: words.number("max").unwrap_or(1000),
                queue: words.queue(),
            },
            "peek" => Command::Peek {
                from: words.number("from").unwrap_or(0),
                max: words.number("max").unwrap_or(1000),
                queue: words.queue(),
            },
            "delete-queue" => Command::DeleteQueue { queue: words.queue() },
            "count" => Command::DescribeQueue { queue: words.queue() },
            "list" => Command::ListQueues {
                account: ACCOUNT,
                after: words.option("after").map(str::to_owned),
                max: words.number("max").unwrap_or(1000),
                prefix: if words.0.is_empty() { String::new() } else { words.next().to_owned() },
            },
            "receive" => Command::Receive {
                max: words.number("max").unwrap_or(1),
                visibility_timeout: words.number("visibility").map(Seconds),
                request: words.option("request").map(request_key),
                queue: words.queue(),
            },
            "delete" => {
                Command::Delete { queue: words.queue(), handles: words.rest().map(|word| self.handle(word)).collect() }
            }
            "visibility" => Command::ChangeVisibility {
                queue: words.queue(),
                changes: words.rest().map(|w| self.change(w)).collect(),
            },
            "delete-function" => Command::DeleteFunction { name: words.next().into(), version: None },
            "functions" => Command::ListFunctions,
            "map" => Command::PutMapping { id: None, definition: mapping(words), when: PutWhen::Always },
            "unmap" => {
                let (queue, function) = (words.queue(), words.next());
                let fits = |m: &MappingDefinition| m.queue == queue && *m.function.name == *function;
                let known = self.world.broker.feeds.iter().find(|(_, feed)| feed.value.mapping().is_some_and(fits));
                Command::DeleteMapping { id: known.map_or(MappingId(0), |(id, _)| *id) }
            }
            "dispatch" => Command::Dispatch { queue: self.world.broker.queue(&words.queue()).ok()?.id },
            "end" => Command::EndAttempt { attempt: self.attempt(words.next()), outcome: outcome(words) },
            "end-lost" => Command::EndLostAttempts,
            "redrive" => Command::StartMoveTask {
                destination: words.option("to").map(|name| QueueName { account: ACCOUNT, name: name.into() }),
                messages_per_second: words.number("rate"),
                source: words.queue(),
            },
            "cancel-redrive" => Command::CancelMoveTask { source: words.queue(), id: self.move_task(words.next()) },
            "redrives" => Command::ListMoveTasks { max: words.number("max").unwrap_or(10), source: words.queue() },
            other => panic!("unknown word: {other}"),
        })
    }

    fn handle(&self, word: &str) -> ReceiptHandle {
        self.find_handle(word).expect("no such receive")
    }

    /// `#1` is the latest receive of the first message, `#1x2` its second.
    fn find_handle(&self, word: &str) -> Option<ReceiptHandle> {
        let receive = word.rsplit_once('x').and_then(|(name, receive)| Some((name, receive.parse().ok()?)));
        let (name, first, last) = match receive {
            Some((name, receive)) => (name, receive, receive),
            None => (word, 0, u32::MAX),
        };
        let receives = self.handles.range((name.to_owned(), first)..=(name.to_owned(), last));
        receives.last().map(|(_, handle)| *handle)
    }

    fn change(&self, word: &str) -> VisibilityChange {
        let (message, timeout) = word.split_once('=').expect("a change is written as #1=30");
        VisibilityChange { handle: self.handle(message), timeout: Seconds(number(timeout)) }
    }

    pub(super) fn attempt(&self, word: &str) -> AttemptId {
        let word = word.strip_prefix('!').expect("an attempt is written as !1");
        self.attempts[number::<usize>(word) - 1]
    }

    fn move_task(&self, word: &str) -> MoveTaskId {
        let word = word.strip_prefix('%').expect("a move task is written as %1");
        self.move_tasks[number::<usize>(word) - 1]
    }

    fn show(&mut self, reply: Reply, effects: Vec<Effect>) -> String {
        match reply {
            Reply::Done | Reply::Mapping(_) => "ok".into(),
            Reply::Queue(queue) => {
                format!("visible={} in-flight={} delayed={}", queue.visible, queue.in_flight, queue.delayed)
            }
            Reply::Queues(names) => listed(names.iter().map(|name| name.name.to_string())),
            Reply::Sent(results) => {
                let shown: Vec<String> = results.into_iter().map(|result| self.show_sent(result)).collect();
                shown.join(" | ")
            }
            Reply::Received { deliveries, .. } => {
                let shown: Vec<String> = deliveries.into_iter().map(|delivery| self.show_delivery(delivery)).collect();
                listed(shown.into_iter())
            }
            Reply::Peeked(messages) => listed(messages.iter().map(|peeked| self.show_peeked(peeked))),
            Reply::Each(results) => show_each(&results),
            Reply::Functions(inventory) => {
                let functions = inventory.functions.iter().map(|described| described.function.name.to_string());
                let pairs = inventory.mappings.iter().map(|m| (&m.definition.queue.name, &m.definition.function));
                let pairs: BTreeSet<String> = pairs.map(|(queue, function)| format!("{queue}->{function}")).collect();
                listed(functions.chain(pairs))
            }
            Reply::Dispatched(false) => "nothing".into(),
            Reply::Dispatched(true) => {
                effects.into_iter().next().map_or("moved".into(), |effect| self.show_effect(effect))
            }
            Reply::MoveTaskStarted(id) => {
                self.move_tasks.push(id);
                format!("%{}", self.move_tasks.len())
            }
            Reply::MoveTaskCancelled { moved } => format!("moved {moved}"),
            Reply::MoveTasks(tasks) => listed(tasks.iter().map(|task| self.show_move_task(task))),
            of_topics => self.show_topics(of_topics),
        }
    }

    fn show_sent(&mut self, result: Result<Sent, Rejection>) -> String {
        let sent = match result {
            Ok(sent) => sent,
            Err(rejection) => return show_rejection(&rejection),
        };
        let known = self.messages.iter().position(|id| *id == sent.message_id);
        assert_eq!(known.is_some(), sent.duplicate, "a duplicate has the id of the first, any other a new one");
        let place = known.unwrap_or_else(|| {
            self.messages.push(sent.message_id);
            self.messages.len() - 1
        });
        format!("#{}", place + 1)
    }

    fn show_delivery(&mut self, delivery: Delivery) -> String {
        let (name, form) = self.name_of(delivery.place);
        let receive = delivery.handle.receive_count;
        let handle = ReceiptHandle::from_bytes(&delivery.handle.to_bytes()).expect("made by to_bytes");
        let moves = delivery.message_id.map_or(0, |id| self.note_new_id(&name, id));
        self.handles.insert((name.clone(), receive), handle);
        let times = if receive == 1 { String::new() } else { format!("x{receive}") };
        let source = delivery.source.map(|source| format!("(from {})", source.name)).unwrap_or_default();
        format!("{name}{}{times}{source}{form}", "'".repeat(moves))
    }

    /// What a script calls the message at this place, and what is special about its form.
    pub(super) fn name_of(&self, place: Place) -> (String, String) {
        // Records of events are not noted when they are sent.
        let number = |id| match self.messages.iter().position(|known| *known == id) {
            Some(place) => (place + 1).to_string(),
            None => "?".into(),
        };
        match self.world.stored(place) {
            Stored::Message(content) => (format!("#{}", number(content.message_id)), String::new()),
            Stored::Notification(notification, form) => {
                let raw = if form.raw { "(raw)" } else { "" };
                let body = if form.body == 0 { String::new() } else { format!("({})", &**form.body(&notification)) };
                let replayed = if notification.replayed { "(replayed)" } else { "" };
                let endpoint = self.subscribers.label(form.subscription);
                (format!("#{}@{endpoint}", number(notification.message_id)), format!("{raw}{body}{replayed}"))
            }
            _ => panic!("it is no message"),
        }
    }

    /// How many identities the message was seen with besides its first. Receives under an older one are over.
    fn note_new_id(&mut self, name: &str, id: MessageId) -> usize {
        assert!(!self.messages.contains(&id), "a moved message has an identity of its own");
        let ids = self.new_ids.entry(name.to_owned()).or_default();
        if !ids.contains(&id) {
            ids.push(id);
            self.handles.retain(|(other, _), _| *other != *name);
        }
        assert_eq!(ids.last(), Some(&id), "an identity that was replaced does not come back");
        ids.len()
    }

    fn show_move_task(&self, task: &MoveTaskDescription) -> String {
        let number = 1 + self.move_tasks.iter().position(|id| *id == task.id).expect("started by a line");
        let status = match task.status {
            MoveTaskStatus::Running => "running",
            MoveTaskStatus::Completed => "completed",
            MoveTaskStatus::Cancelled => "cancelled",
            MoveTaskStatus::Failed(failure) => failure.reason(),
        };
        format!("%{number}:{status}:{}/{}", task.moved, task.to_move)
    }

    fn show_peeked(&self, peeked: &Peeked) -> String {
        let (name, form) = self.name_of(peeked.delivery.place);
        let state = match peeked.state {
            PeekedState::Visible => 'v',
            PeekedState::Delayed(_) => 'd',
            PeekedState::InFlight(_) => 'f',
        };
        format!("{name}{state}{}{form}", peeked.delivery.handle.receive_count)
    }

    fn show_effect(&mut self, effect: Effect) -> String {
        let (attempt, name, deliveries) = match effect {
            Effect::Invoke(run) => (run.attempt, run.function.name.clone(), run.deliveries),
            Effect::RunPipe(run) => (run.attempt, run.pipe.name.clone(), run.deliveries),
            Effect::StartTask(_) | Effect::CancelTask { .. } | Effect::CallOperation(_) => {
                panic!("no line about queues starts a task")
            }
        };
        self.attempts.push(attempt);
        let messages: Vec<String> = deliveries.into_iter().map(|d| self.show_delivery(d)).collect();
        format!("{name}!{} {}", self.attempts.len(), messages.join(" "))
    }
}

pub(super) fn listed(items: impl Iterator<Item = String>) -> String {
    let items: Vec<String> = items.collect();
    if items.is_empty() { "nothing".into() } else { items.join(" ") }
}

/// All but the bytes.
fn show_statistics(statistics: &QueueStatistics) -> String {
    let age =
        |name: &str, age: Option<Duration>| age.map_or(String::new(), |age| format!(" {name}={}s", age.as_secs_f64()));
    let QueueStatistics { visible, in_flight, delayed, .. } = statistics;
    let counts = format!("visible={visible} in-flight={in_flight} delayed={delayed}");
    let oldest = age("oldest", statistics.oldest_age);
    match &statistics.groups {
        GroupStatistics::Fifo { in_flight } => format!("{counts}{oldest} groups-in-flight={in_flight}"),
        GroupStatistics::Fair { noisy, quiet_visible, quiet_in_flight, quiet_delayed, quiet_oldest_age } => {
            let quiet = format!("quiet={quiet_visible}/{quiet_in_flight}/{quiet_delayed}");
            format!("{counts}{oldest} noisy={noisy} {quiet}{}", age("oldest-quiet", *quiet_oldest_age))
        }
    }
}

fn show_each(results: &[Result<(), Rejection>]) -> String {
    if results.iter().all(Result::is_ok) {
        return "ok".into();
    }
    let show = |result: &Result<(), Rejection>| result.as_ref().map_or_else(show_rejection, |()| "ok".into());
    results.iter().map(show).collect::<Vec<_>>().join(" | ")
}

pub(super) fn show_rejection(rejection: &Rejection) -> String {
    let reason = match rejection {
        Rejection::QueueDoesNotExist => "no such queue".into(),
        Rejection::Workflow(rejection) => {
            let text = format!("{rejection:?}");
            text.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default().to_owned()
        }
        Rejection::QueueExists { attribute } => format!("exists with another {attribute}"),
        Rejection::MessageTooLong { bytes_max } => format!("message too long, {bytes_max} bytes are allowed"),
        Rejection::GroupIdMissing => "group missing".into(),
        Rejection::FaultsInvalid { reason } => format!("faults: {reason}"),
        Rejection::ScheduleDoesNotExist => "schedule does not exist".into(),
        Rejection::ScheduleInvalid { reason } => format!("schedule: {reason}"),
        Rejection::DeduplicationIdMissing => "deduplication id missing".into(),
        Rejection::DeduplicationIdOnStandard { id } => format!("deduplication id {id} on a standard queue"),
        Rejection::DelayOnFifo { delay } => format!("delay {delay} on a FIFO queue"),
        Rejection::ReceiptHandleInvalid => "handle of another queue".into(),
        Rejection::ReceiptHandleExpired => "handle expired".into(),
        Rejection::MessageNotAvailable => "message not available".into(),
        Rejection::VisibilityBeyondLimit { timeout } => format!("{timeout} is beyond twelve hours"),
        Rejection::TooManyInFlight { .. } => "too many in flight".into(),
        Rejection::TooManyTags { queue } => format!("too many tags on {queue}"),
        Rejection::PurgeInProgress { queue } => format!("purged a moment ago: {queue}"),
        Rejection::QueueDeletedRecently => "deleted a moment ago".into(),
        Rejection::FunctionDoesNotExist { name } => format!("no function {name}"),
        Rejection::RedrivePolicyInvalid { reason, .. } => reason.to_string(),
        Rejection::MoveTaskSourceDoesNotExist => "no such source".into(),
        Rejection::MoveTaskDestinationDoesNotExist => "no such destination".into(),
        Rejection::MoveTaskDestinationIsSource => "destination is source".into(),
        Rejection::MoveTaskKindsDiffer => "kinds differ".into(),
        Rejection::NotADeadLetterQueue => "not a dead-letter queue".into(),
        Rejection::MoveTaskRunning => "a task is running".into(),
        Rejection::TooManyMoveTasks => "too many tasks".into(),
        Rejection::MoveTaskUnknown => "no such task".into(),
        Rejection::MoveTaskNotRunning => "task not running".into(),
        Rejection::TopicDoesNotExist => "no such topic".into(),
        Rejection::TaggedTopicDoesNotExist => "no such topic to tag".into(),
        Rejection::SubscriptionDoesNotExist => "no such subscription".into(),
        Rejection::TooManyTopicTags => "too many tags".into(),
        Rejection::TooManySubscriptions => "too many subscriptions".into(),
        Rejection::InvalidParameter(reason) => reason.to_string(),
        Rejection::PublishTooLong { batch } => if *batch { "batch too long" } else { "message too long" }.into(),
        Rejection::TooManyCalls => "too many calls".into(),
        Rejection::UnsubscribeNeedsCredentials => "credentials needed".into(),
        other => format!("{other:?}"),
    };
    format!("rejected: {reason}")
}

#[test]
#[should_panic(expected = "line 2: sned a hello\nunknown word: sned")]
fn a_script_with_an_unknown_word_is_refused_with_its_line() {
    check("queue a\nsned a hello");
}

#[test]
#[should_panic(expected = "line 3: receive a -> #2\nexpected: #2\n  actual: #1")]
fn a_script_that_does_not_come_true_says_what_came_instead() {
    check("queue a\nsend a hello\nreceive a -> #2");
}
