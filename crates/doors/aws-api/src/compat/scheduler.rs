//! What of Amazon EventBridge Scheduler works.

mod deviations;
mod operations;

use std::collections::BTreeMap;

use expect_test::expect_file;
use serde_json::json;

use super::{Compat, repository};
use crate::error::Namespace;
use crate::scheduler::{self, UNAVAILABLE};
use deviations::DEVIATIONS;
use operations::OPERATIONS;

const OPENING: &str = "\
# What of Amazon EventBridge Scheduler works

API version 2021-06-30, REST with JSON, on the AWS endpoint beside SQS; signatures are for `scheduler`. Schedules of templates are \
made by these operations too: what a stack made, `GetSchedule` tells. What is not on this page behaves as AWS documents it; what \
differs stands under \"Deviations\". The tests named here are modules of `crates/doors/aws-api/tests/it`, or files under `crates`.

This page is written by `UPDATE_EXPECT=1 cargo test --package bongsu-aws-api compat` from the tables in \
`crates/doors/aws-api/src/compat`, and `cargo test` compares it. `tests/conformance` holds the members of every request, the types \
and the errors against the published service model, and runs schedules with boto3 and the AWS CLI on a test clock.
";

const BESIDES: &str = "
## Targets

| target | what is sent | takes effect |
| --- | --- | --- |
| a queue, also a FIFO one with `MessageGroupId` | a message: `Input`, any text | in the step in which the schedule fires |
| a topic | a notification: `Input`, any text | likewise |
| a function, its version or alias | an event: `Input`, JSON | likewise; then as any asynchronous invocation |
| a state machine, its version or alias | an execution begins: `Input`, JSON | likewise; the execution's name is the scheduler's execution id |
| `arn:aws:scheduler:::aws-sdk:SERVICE:ACTION` | the operation is called with `Input` for its parameters, of `lambda`, `scheduler`, `sfn`, `sns` and `sqs` | at least once: again, should the server be killed before it knows the end |

Without `Input` a target gets AWS's event of a schedule. `<aws.scheduler.schedule-arn>`, `<aws.scheduler.scheduled-time>`, \
`<aws.scheduler.execution-id>` and `<aws.scheduler.attempt-number>` are filled in. What a target cannot take is tried again after \
1, 2, 4 … seconds, at most 480, as `RetryPolicy` says; then it goes to the dead-letter queue with AWS's attributes. What would be \
refused at any time goes there at once.
";

fn compat() -> Compat {
    Compat {
        opening: OPENING,
        operations: OPERATIONS,
        besides: BESIDES,
        attributes: refused_members(),
        deviations: DEVIATIONS,
        namespaces: &[Namespace::Scheduler],
        inputs: scheduler::inputs(),
    }
}

fn refused_members() -> String {
    let mut section = "\n## Members that are refused\n\n| member | of |\n| --- | --- |\n".to_owned();
    for (member, operations, _) in UNAVAILABLE {
        section += &format!("| {member} | {} |\n", operations.join(", "));
    }
    section
}

#[test]
fn the_page_says_what_the_tables_say() {
    expect_file![repository().join("docs/compat/scheduler.md")].assert_eq(&compat().page());
}

#[test]
fn the_description_says_what_the_tables_say() {
    let refused: BTreeMap<_, _> = UNAVAILABLE.iter().map(|(member, operations, _)| (member, operations)).collect();
    let description = compat().description(json!({ "refusedMembers": refused }));
    expect_file![repository().join("docs/compat/scheduler.json")].assert_eq(&description);
}

#[test]
fn every_operation_has_a_row() {
    compat().has_a_row_for_each(scheduler::NAMES);
}

#[test]
fn every_row_names_a_test_that_exists() {
    compat().names_tests_that_exist();
}

#[test]
fn a_deviation_is_named_once() {
    compat().names_a_deviation_once();
}
