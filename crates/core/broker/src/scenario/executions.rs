//! Executions: steps that outlive the process, tasks and tokens, nesting, and what is kept of them for how long.

use super::check;

/// State machines by the names that the stories have for them.
pub(super) fn definition(name: &str) -> &'static str {
    match name {
        "wait" => {
            r#"{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":60,"Next":"P"},"P":{"Type":"Pass","End":true}}}"#
        }
        "laps" => {
            r#"{"StartAt":"A","States":{"A":{"Type":"Wait","Seconds":10,"Next":"B"},"B":{"Type":"Wait","Seconds":10,"End":true}}}"#
        }
        "sides" => {
            r#"{"StartAt":"P","States":{"P":{"Type":"Parallel","End":true,"Branches":[
            {"StartAt":"A","States":{"A":{"Type":"Wait","Seconds":10,"Next":"B"},"B":{"Type":"Wait","Seconds":10,"End":true}}},
            {"StartAt":"C","States":{"C":{"Type":"Wait","Seconds":15,"Next":"D"},"D":{"Type":"Fail"}}}]}}}"#
        }
        "then-call" => {
            r#"{"StartAt":"A","States":{"A":{"Type":"Wait","Seconds":10,"Next":"B"},"B":{"Type":"Task",
            "Resource":"arn:aws:lambda:us-east-1:000000000000:function:f","TimeoutSeconds":5,"End":true}}}"#
        }
        "patient" => {
            r#"{"StartAt":"N","States":{"N":{"Type":"Task","Resource":"arn:aws:states:::states:startExecution.sync:2",
            "Parameters":{"StateMachineArn":"m"},"OutputPath":"$.Output","TimeoutSeconds":30,"Next":"W"},
            "W":{"Type":"Wait","Seconds":10,"End":true}}}"#
        }
        "call" => {
            r#"{"StartAt":"C","States":{"C":{"Type":"Task","Resource":"arn:aws:lambda:us-east-1:000000000000:function:f",
            "TimeoutSeconds":100,"Retry":[{"ErrorEquals":["Flaky"],"IntervalSeconds":10,"MaxAttempts":2}],"End":true}}}"#
        }
        "send" => {
            r#"{"StartAt":"S","States":{"S":{"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage",
            "Parameters":{"QueueUrl":"q","MessageBody.$":"$.m"},"End":true}}}"#
        }
        "ask" => {
            r#"{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage.waitForTaskToken",
            "Parameters":{"QueueUrl":"q","MessageBody.$":"$$.Task.Token"},"HeartbeatSeconds":50,"End":true}}}"#
        }
        "parent" => {
            r#"{"StartAt":"N","States":{"N":{"Type":"Task","Resource":"arn:aws:states:::states:startExecution.sync:2",
            "Parameters":{"StateMachineArn":"m"},"OutputPath":"$.Output","End":true}}}"#
        }
        "both" => {
            r#"{"StartAt":"B","States":{"B":{"Type":"Parallel","End":true,"Branches":[
            {"StartAt":"L","States":{"L":{"Type":"Task","Resource":"arn:aws:lambda:us-east-1:000000000000:function:l","End":true}}},
            {"StartAt":"R","States":{"R":{"Type":"Task","Resource":"arn:aws:lambda:us-east-1:000000000000:function:r","End":true}}}]}}}"#
        }
        "pass" => r#"{"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}}"#,
        "loop" => r#"{"StartAt":"P","States":{"P":{"Type":"Pass","Next":"P"}}}"#,
        "broken" => r#"{"StartAt":"X","States":{}}"#,
        other => panic!("no definition is called {other}"),
    }
}

#[test]
fn a_wait_is_a_row_with_a_deadline() {
    check(
        "
        machine m wait
        start m a
        execution m a -> RUNNING 2 WaitStateEntered
        +59s
        proceed -> 0 steps
        restart
        +1s
        proceed -> 1 steps
        execution m a -> SUCCEEDED 6 ExecutionSucceeded
        executions m -> a:SUCCEEDED
        ",
    );
}

#[test]
fn a_name_means_the_same_execution_only_while_it_runs_with_the_same_input() {
    check(
        r#"
        machine m wait
        start m a {"x":1} -> started
        start m a {"x":1} -> started
        start m a {"x":2} -> rejected: ExecutionAlreadyExists
        executions m -> a
        "#,
    );
}

#[test]
fn a_task_is_retried_at_its_time_and_a_late_answer_changes_nothing() {
    check(
        r#"
        machine m call
        start m a {"x":1}
        tasks -> @1 f {"x":1}
        task @1 fails Flaky because
        tasks -> nothing
        task @1 succeeds {"y":1} -> rejected: TaskDoesNotExist
        +10s
        proceed -> 1 steps
        tasks -> @2 f {"x":1}
        restart
        task @2 succeeds {"y":2}
        execution m a -> SUCCEEDED 10 ExecutionSucceeded
        "#,
    );
}

#[test]
fn a_restart_has_open_tasks_done_again_and_takes_one_answer() {
    check(
        r#"
        machine m both
        start m a
        tasks -> @1 l {} @2 r {}
        task @1 succeeds 1
        restart
        open-tasks
        tasks -> @3 r {}
        task @3 succeeds 2
        task @2 succeeds 3 -> rejected: ExecutionNotRunning
        execution m a -> SUCCEEDED 16 ExecutionSucceeded
        "#,
    );
}

#[test]
fn timers_that_nobody_looked_at_end_in_order_and_at_their_own_times() {
    check(
        "
        machine m laps
        machine n sides
        start m a
        start n b
        +1h
        proceed -> 4 steps
        execution m a -> SUCCEEDED 6 ExecutionSucceeded
        times m a -> 0 0 10 10 20 20
        execution n b -> FAILED 12 ExecutionFailed
        times n b -> 0 0 0 0 0 10 10 15 15 15 15 15
        ",
    );
}

#[test]
fn a_child_that_ended_in_time_is_not_too_late_for_its_parent_because_nobody_looked() {
    check(
        r#"
        machine m laps
        machine p patient
        start p one
        carry-out @1 start m c {} -> done
        restart
        +1h
        proceed -> 3 steps
        times m c -> 0 0 10 10 20 20
        execution p one -> SUCCEEDED 10 ExecutionSucceeded
        times p one -> 0 0 0 0 0 20 20 20 30 30
        "#,
    );
}

#[test]
fn what_a_late_timer_asks_for_is_asked_now_and_has_all_its_time() {
    check(
        r#"
        machine m then-call
        start m a
        +1h
        proceed -> 1 steps
        times m a -> 0 0 3600 3600 3600
        tasks -> @1 f {}
        +4s
        task @1 succeeds 1
        execution m a -> SUCCEEDED 9 ExecutionSucceeded
        times m a -> 0 0 3600 3600 3600 3604 3604 3604 3604
        "#,
    );
}

#[test]
fn a_timeout_and_a_heartbeat_are_deadlines() {
    check(
        r#"
        queue q
        machine m call
        machine k ask
        start m a
        start k b
        tasks -> @1 f {} @2 sqs:sendMessage.waitForTaskToken {"QueueUrl":"q","MessageBody":"TOKEN"}
        carry-out @2 send q hello -> done
        +40s
        token @2 lives
        +40s
        proceed -> 0 steps
        execution k b -> RUNNING 5 TaskSubmitted
        +20s
        proceed -> 2 steps
        execution m a -> FAILED 6 ExecutionFailed
        execution k b -> FAILED 7 ExecutionFailed
        token @2 succeeds 1 -> rejected: TaskDoesNotExist
        "#,
    );
}

#[test]
fn what_a_task_sends_and_the_end_of_the_task_are_one_step() {
    check(
        r#"
        queue q
        machine m send
        start m a {"m":"hi"}
        tasks -> @1 sqs:sendMessage {"QueueUrl":"q","MessageBody":"hi"}
        carry-out @1 send missing hi -> rejected: no such queue
        carry-out @1 send q hi -> done
        carry-out @1 send q hi -> rejected: TaskDoesNotExist
        execution m a -> SUCCEEDED 7 ExecutionSucceeded
        restart
        receive q max=10 -> #1
        "#,
    );
}

#[test]
fn a_child_that_ends_in_its_first_step_ends_its_parents_task_behind_the_request() {
    check(
        r#"
        machine m pass
        machine p parent
        start p one
        tasks -> @1 states:startExecution.sync:2 {"StateMachineArn":"m"}
        carry-out @1 start m c1 {} -> done
        execution m c1 -> SUCCEEDED 4 ExecutionSucceeded
        execution p one -> SUCCEEDED 8 ExecutionSucceeded
        restart
        execution p one -> SUCCEEDED 8 ExecutionSucceeded
        "#,
    );
}

#[test]
fn a_parent_waits_for_its_child_and_stops_it_when_it_is_stopped() {
    check(
        r#"
        machine m wait
        machine p parent
        start p one
        start p two
        tasks -> @1 states:startExecution.sync:2 {"StateMachineArn":"m"} @2 states:startExecution.sync:2 {"StateMachineArn":"m"}
        carry-out @1 start m c1 {} -> done
        +1ms
        carry-out @2 start m c2 {} -> done
        execution p one -> RUNNING 5 TaskSubmitted
        stop p two
        execution m c2 -> ABORTED 3 ExecutionAborted
        restart
        +60s
        proceed -> 1 steps
        execution m c1 -> SUCCEEDED 6 ExecutionSucceeded
        execution p one -> SUCCEEDED 8 ExecutionSucceeded
        executions m -> c2:ABORTED c1:SUCCEEDED
        "#,
    );
}

#[test]
fn a_running_execution_keeps_the_definition_it_began_with() {
    check(
        r#"
        machine m wait
        publish-machine m -> version 1
        publish-machine m -> version 1
        machine-alias m live 1=100
        start m a
        +1ms
        start m:live b -> started by live
        +1ms
        machine m pass
        start m c
        executions m -> c:SUCCEEDED b a
        delete-machine m
        start m d -> rejected: MachineDoesNotExist
        restart
        clean
        +60s
        proceed -> 2 steps
        execution m a -> SUCCEEDED 6 ExecutionSucceeded
        "#,
    );
}

#[test]
fn a_loop_without_end_lets_others_have_their_turn_and_ends_with_its_history() {
    check(
        "
        machine m loop
        start m a
        execution m a -> RUNNING 2001 PassStateExited
        proceed -> 12 steps
        execution m a -> FAILED 25000 ExecutionFailed
        ",
    );
}

#[test]
fn what_ended_can_be_redriven_for_two_weeks_and_is_forgotten_after_ninety_days() {
    check(
        r#"
        machine m call
        start m a
        task @1 fails Bad because
        execution m a -> FAILED 6 ExecutionFailed
        +13d
        redrive-execution m a
        tasks -> @1 f {} @2 f {}
        task @2 fails Bad again
        restart
        +14d
        redrive-execution m a -> rejected: ExecutionNotRedrivable
        +75d
        executions m -> a:FAILED
        +1d
        proceed -> 1 steps
        executions m -> nothing
        restart
        executions m -> nothing
        "#,
    );
}

#[test]
fn express_executions_are_run_again_until_somebody_has_run_them() {
    check(
        "
        machine m pass express
        start m - 1
        start m - 2
        express -> 2 to run
        express -> 0 to run
        restart
        clean
        express -> 2 to run
        express-ended
        restart
        express -> 1 to run
        ",
    );
}

#[test]
fn a_definition_that_cannot_run_is_refused() {
    check(
        r#"
        machine m broken -> rejected: DefinitionInvalid
        machine m pass
        machine m broken -> rejected: DefinitionInvalid
        start m a
        executions m -> a:SUCCEEDED
        "#,
    );
}
