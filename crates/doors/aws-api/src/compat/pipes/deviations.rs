//! Every known difference from Amazon EventBridge Pipes, with the test that shows it.

use crate::compat::{Deviation, row};

/// All of them, by subject: definitions, states, batches, what is more.
pub(crate) const DEVIATIONS: &[Deviation] = &[
    row(
        "ends",
        "Other sources, enrichments and targets than those above are refused, and so is what is of another account or \
         region.",
        "pipes::bad_definitions_are_refused_with_the_member_that_is_wrong",
    ),
    row(
        "checked-at-once",
        "What a pipe names has to be there when it is made or changed: where AWS answers, and tells later by `CREATE_FAILED` \
         and a `StateReason`, a `ValidationException` names the member.",
        "pipes::bad_definitions_are_refused_with_the_member_that_is_wrong",
    ),
    row(
        "states",
        "Changes are done when they are answered: `CREATING`, `UPDATING`, `STARTING`, `STOPPING` and `DELETING` stand in the \
         answers to them only, and there are no failed states. A pipe is never disabled for its target's failures.",
        "pipes::a_pipe_is_made_told_of_changed_and_deleted",
    ),
    row(
        "roles",
        "Roles are kept and told: a pipe may do what the server's account may.",
        "pipes::a_pipe_is_made_told_of_changed_and_deleted",
    ),
    row(
        "logs",
        "A pipe has no log but the server's: `LogConfiguration` is `OFF`.",
        "pipes::bad_definitions_are_refused_with_the_member_that_is_wrong",
    ),
    row(
        "answers",
        "A target's answer speaks of failures only if it is an object with `batchItemFailures`; any other answer is a \
         success. `null` is an empty answer of an enrichment, as `{}`, `[]` and `\"\"` are.",
        "doors/aws-api/tests/it/pipes/targets.rs::an_express_machine_is_waited_for_and_says_what_failed",
    ),
    row(
        "order-after-failures",
        "From a FIFO queue no message of a batch is sent on after one that failed, of whatever group that was.",
        "doors/aws-api/tests/it/pipes/targets.rs::from_an_ordered_queue_nothing_overtakes_what_failed",
    ),
    row(
        "one-append",
        "Messages and notifications that a pipe sends on, events for functions and executions that it starts are one step \
         with the end of the batch: a crash in between neither loses nor repeats them.",
        "doors/aws-api/tests/it/pipes/targets.rs::a_queue_gets_a_message_for_each_record",
    ),
    row(
        "busy-targets",
        "While a target is busy, or cannot be reached, its batch waits as long as the pipe stays as it is; no receive is \
         counted. An API destination that answers 429 is asked again when its limit lets it; other refusals fail the batch.",
        "doors/aws-api/tests/it/pipes/batches.rs::a_busy_function_is_asked_again_and_no_receive_is_counted",
    ),
    row(
        "hold-group",
        "More than AWS: with the tag `bongsu:hold-group` = `true` the messages of a batch belong to the execution of the \
         STANDARD machine that it started until that has ended; if it fails they come back.",
        "doors/aws-api/tests/it/pipes/targets.rs::\
         an_execution_that_holds_its_group_lets_the_next_message_begin_when_it_has_ended",
    ),
    row(
        "rate-limit",
        "More than AWS: the tag `bongsu:rate-limit` says how often the target is called, by key.",
        "pipes::tags_come_and_go_and_can_change_what_a_pipe_does",
    ),
];
