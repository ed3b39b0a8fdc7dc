//! Pipes: batches that end together with what they come to, and messages that belong to an execution until it has ended.
//!
//! ```text
//! pipe NAME QUEUE [batch=N] [window=S] [concurrency=N] [holds] [disabled] [new] | delete-pipe NAME | pipes
//! conclude !1 send QUEUE BODY ... [failed=0+2]       a message for each place that has not failed, by their order
//! conclude !1 start MACHINE NAME INPUT [holds] [failed=0+2]
//! ```

use super::check;
use super::script::{Story, listed, show_rejection};
use super::words::{Words, number, outgoing};
use super::workflow_script::{given_name, reference};
use crate::*;

impl Story {
    /// Does what a line about pipes says; `None` if it is about something else.
    pub(super) fn play_pipes(&mut self, step: &str) -> Option<String> {
        let mut words = Words(step.split_whitespace().collect());
        let command = match words.next() {
            "pipe" => {
                let pipe = Pipe {
                    batch_size: words.number("batch").unwrap_or(10),
                    window: Seconds(words.number("window").unwrap_or(0)),
                    concurrency_max: words.number("concurrency"),
                    holds: words.flag("holds"),
                    enabled: !words.flag("disabled"),
                    details: "{}".into(),
                    name: words.next().into(),
                    queue: words.queue(),
                };
                let when = if words.flag("new") { PutWhen::Absent } else { PutWhen::Always };
                Command::PutPipe { pipe, when }
            }
            "delete-pipe" => Command::DeletePipe { name: words.next().into() },
            "pipes" => Command::ListPipes,
            "conclude" => {
                let failed = words.option("failed").map(|places| places.split('+').map(number).collect());
                let (failed, holds): (Vec<usize>, _) = (failed.unwrap_or_default(), words.flag("holds"));
                let attempt = self.attempt(words.next());
                let action = match words.next() {
                    "send" => {
                        let queue = words.queue();
                        let places = (0..).filter(|place| !failed.contains(place));
                        let one = |(place, body): (usize, &str)| PipeEntry {
                            places: vec![place],
                            content: outgoing(Words(body.split(',').collect())),
                        };
                        PipeAction::Send { queue, messages: places.zip(words.rest()).map(one).collect() }
                    }
                    "start" => PipeAction::StartExecution {
                        machine: reference(words.next()),
                        name: given_name(words.next()),
                        input: Text::from(words.next()),
                        trace_header: None,
                    },
                    other => panic!("nobody concludes by {other}"),
                };
                Command::ConcludeAttempt { attempt, action, failed, holds }
            }
            _ => return None,
        };
        Some(match self.ask_of_workflows(command) {
            Ok(Reply::Done | Reply::Pipe(_) | Reply::Concluded { refused: None }) => "ok".into(),
            Ok(Reply::Concluded { refused: Some(rejection) }) => show_rejection(&rejection),
            Ok(Reply::Pipes(pipes)) => listed(pipes.iter().map(|pipe| format!("{}<-{}", pipe.name, pipe.queue.name))),
            Ok(other) => panic!("no line asks for {other:?}"),
            Err(rejection) => show_rejection(&rejection),
        })
    }
}

#[test]
fn a_pipe_is_made_once_and_feeds_no_function() {
    check(
        "
        pipe p q -> rejected: no such queue
        queue q
        pipe p q new
        pipe p q new -> rejected: PipeExists
        pipe p q batch=3
        pipes -> p<-q
        functions -> nothing
        delete-pipe p
        delete-pipe p -> rejected: PipeDoesNotExist
        send q a
        dispatch q -> nothing
        ",
    );
}

#[test]
fn what_a_batch_comes_to_and_its_end_are_one_step() {
    check(
        "
        queue q
        queue to
        pipe p q
        send q a | b | c
        dispatch q -> p!1 #1 #2 #3
        conclude !1 send to A B C
        count q -> visible=0 in-flight=0 delayed=0
        count to -> visible=3 in-flight=0 delayed=0
        // Whoever says it twice changes nothing.
        conclude !1 send to A B C
        count to -> visible=3 in-flight=0 delayed=0
        ",
    );
}

#[test]
fn messages_stay_hidden_while_a_pipe_works_and_come_back_a_visibility_timeout_after_they_failed() {
    check(
        "
        queue q visibility=30
        queue to size=1024
        pipe p q
        send q a | b
        dispatch q -> p!1 #1 #2
        +12h
        count q -> visible=0 in-flight=2 delayed=0
        conclude !1 send to B failed=0
        count q -> visible=0 in-flight=1 delayed=0
        +29s
        dispatch q -> nothing
        +1s
        dispatch q -> p!2 #1x2
        end !2 failed
        +30s
        dispatch q -> p!3 #1x3
        restart
        // Whoever worked on it is gone.
        end-lost
        dispatch q -> p!4 #1x4
        end !4 succeeded
        count q -> visible=0 in-flight=0 delayed=0
        ",
    );
}

#[test]
fn what_a_target_refuses_fails_its_message_and_of_an_ordered_source_all_that_follow() {
    check(
        "
        queue q
        queue f.fifo
        queue to size=1024
        pipe p q
        pipe o f.fifo
        send q a | b | c
        dispatch q -> p!1 #1 #2 #3
        conclude !1 send to A B,size=2000 C -> rejected: message too long, 1024 bytes are allowed
        count to -> visible=2 in-flight=0 delayed=0
        count q -> visible=0 in-flight=1 delayed=0
        send f.fifo a group=g dedup=1 | b group=g dedup=2 | c group=g dedup=3
        dispatch f.fifo -> o!2 #4 #5 #6
        conclude !2 send to A B,size=2000 C -> rejected: message too long, 1024 bytes are allowed
        count to -> visible=3 in-flight=0 delayed=0
        count f.fifo -> visible=0 in-flight=2 delayed=0
        conclude !1 send gone A
        ",
    );
}

#[test]
fn a_group_is_locked_until_the_execution_that_its_message_started_has_ended() {
    check(
        "
        queue q.fifo visibility=30
        pipe p q.fifo batch=1 holds
        machine m wait
        send q.fifo a group=g dedup=1 | b group=g dedup=2 | c group=h dedup=3
        dispatch q.fifo -> p!1 #1
        conclude !1 start m one {} holds
        dispatch q.fifo -> p!2 #3
        conclude !2 start m two {} holds
        dispatch q.fifo -> nothing
        +59s
        restart
        end-lost
        clean
        dispatch q.fifo -> nothing
        +1s
        proceed -> 2 steps
        execution m one -> SUCCEEDED 6 ExecutionSucceeded
        count q.fifo -> visible=1 in-flight=0 delayed=0
        dispatch q.fifo -> p!3 #2
        ",
    );
}

#[test]
fn without_holding_the_group_is_free_as_soon_as_the_execution_has_begun() {
    check(
        "
        queue q.fifo
        pipe p q.fifo batch=1
        machine m wait
        send q.fifo a group=g dedup=1 | b group=g dedup=2
        dispatch q.fifo -> p!1 #1
        conclude !1 start m one {}
        dispatch q.fifo -> p!2 #2
        conclude !2 start m two {}
        execution m one -> RUNNING 2 WaitStateEntered
        execution m two -> RUNNING 2 WaitStateEntered
        count q.fifo -> visible=0 in-flight=0 delayed=0
        ",
    );
}

#[test]
fn a_message_comes_back_when_the_execution_that_held_it_failed() {
    check(
        "
        queue q.fifo visibility=30
        pipe p q.fifo holds
        machine m call
        send q.fifo a group=g dedup=1 | b group=g dedup=2
        dispatch q.fifo -> p!1 #1 #2
        conclude !1 start m one {} holds failed=1
        tasks -> @1 f {}
        task @1 fails Grave because
        executions m -> one:FAILED
        dispatch q.fifo -> nothing
        +30s
        dispatch q.fifo -> p!2 #1x2 #2x2
        conclude !2 start m two {} holds
        stop m two
        +30s
        dispatch q.fifo -> p!3 #1x3 #2x3
        ",
    );
}

#[test]
fn an_execution_that_ends_in_its_first_step_holds_nothing() {
    check(
        "
        queue q
        pipe p q holds
        machine m pass
        machine x pass express
        send q a
        dispatch q -> p!1 #1
        conclude !1 start m one {} holds
        count q -> visible=0 in-flight=0 delayed=0
        send q b
        dispatch q -> p!2 #2
        conclude !2 start x - {} holds
        count q -> visible=0 in-flight=0 delayed=0
        send q c
        dispatch q -> p!3 #3
        conclude !3 start gone - {} holds -> rejected: MachineDoesNotExist
        count q -> visible=0 in-flight=1 delayed=0
        ",
    );
}

#[test]
fn what_is_held_survives_its_pipe_and_counts_against_its_concurrency() {
    check(
        "
        queue q visibility=30
        pipe p q batch=1 concurrency=2 holds
        machine m wait
        send q a | b | c
        dispatch q -> p!1 #1
        conclude !1 start m one {} holds
        dispatch q -> p!2 #2
        dispatch q -> nothing
        end !2 succeeded
        dispatch q -> p!3 #3
        conclude !3 start m three {} holds
        delete-pipe p
        clean
        restart
        +60s
        proceed -> 2 steps
        count q -> visible=0 in-flight=0 delayed=0
        ",
    );
}
