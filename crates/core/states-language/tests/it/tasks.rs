//! Tasks: what is asked of the outside, in all its forms, and what is told of the answers.

use expect_test::expect;

use crate::story::{check, single};

#[test]
fn a_function_is_called_with_the_input() {
    check(
        &single(r#"{"Type":"Task","Resource":"arn:aws:lambda:us-east-1:000000000000:function:f","TimeoutSeconds":9,"End":true}"#),
        r#"start {"a":1}
           started 1
           succeed 1 {"b":2}
           succeed 1 {"b":2}"#,
        expect![[]],
    );
}

#[test]
fn a_service_is_called_with_parameters() {
    check(
        &single(
            r#"{"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage","Credentials":{"RoleArn.$":"$.role"},
                "Parameters":{"QueueUrl":"http://q","MessageBody.$":"$.m","Unknown":1},
                "ResultSelector":{"id.$":"$.MessageId"},"ResultPath":"$.sent","OutputPath":"$.sent","End":true}"#,
        ),
        r#"start {"m":{"x":1},"role":"r"}
           succeed 1 {"MessageId":"m-1","MD5OfMessageBody":"0"}"#,
        expect![[]],
    );
}

#[test]
fn a_token_is_waited_for() {
    check(
        &single(
            r#"{"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage.waitForTaskToken","HeartbeatSeconds":10,
                "Parameters":{"QueueUrl":"q","MessageBody":{"token.$":"$$.Task.Token"}},"End":true}"#,
        ),
        r#"start {}
           started 1
           submitted 1 {"MessageId":"m"}
           +9s
           heartbeat 1
           +9s
           succeed 1 "done""#,
        expect![[]],
    );
}

#[test]
fn a_callback_may_come_before_the_request_was_accepted() {
    check(
        &single(r#"{"Type":"Task","Resource":"arn:aws:states:::sns:publish.waitForTaskToken","End":true}"#),
        r#"start {}
           succeed 1 "early"
           submitted 1 {}"#,
        expect![[]],
    );
}

#[test]
fn a_missing_sign_of_life_is_a_timeout() {
    check(
        &single(
            r#"{"Type":"Task","Resource":"arn:aws:states:us-east-1:000000000000:activity:a","HeartbeatSeconds":10,"TimeoutSeconds":60,"End":true}"#,
        ),
        "start {}
         started 1 worker-7
         +5s
         heartbeat 1
         +10s
         heartbeat 1",
        expect![[]],
    );
}

#[test]
fn a_task_that_takes_too_long_times_out() {
    check(
        &single(r#"{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","TimeoutSecondsPath":"$.t","End":true}"#),
        r#"start {"t":3}
           +3s
           succeed 1 {}"#,
        expect![[]],
    );
}

#[test]
fn a_nested_execution_is_waited_for() {
    check(
        &single(r#"{"Type":"Task","Resource":"arn:aws:states:::states:startExecution.sync:2","Parameters":{"StateMachineArn":"m"},"End":true}"#),
        r#"start {}
           submitted 1 {"ExecutionArn":"e"}
           succeed 1 {"Output":{"x":1}}"#,
        expect![[]],
    );
}

#[test]
fn an_uncaught_error_ends_the_execution_without_leaving_the_state() {
    check(
        &single(r#"{"Type":"Task","Resource":"arn:aws:states:::http:invoke","End":true}"#),
        "start {}
         fail 1 States.Http.StatusCode.503 Service Unavailable",
        expect![[]],
    );
}

#[test]
fn a_stopped_execution_does_not_wait_for_answers() {
    check(
        &single(r#"{"Type":"Task","Resource":"arn:aws:states:::http:invoke","End":true}"#),
        "start {}
         stop Reason it was late
         succeed 1 {}",
        expect![[]],
    );
}

#[test]
fn a_redrive_tries_the_failed_state_again() {
    check(
        r#"{"StartAt":"A","States":{"A":{"Type":"Pass","Next":"B"},
            "B":{"Type":"Task","Resource":"arn:aws:lambda:us-east-1:000000000000:function:f","End":true}}}"#,
        r#"start {}
           redrive
           fail 1 Bad
           redrive
           succeed 2 {"ok":true}
           redrive"#,
        expect![[]],
    );
}

#[test]
fn an_answer_that_is_not_json_is_refused() {
    check(
        &single(r#"{"Type":"Task","Resource":"arn:aws:states:::http:invoke","End":true}"#),
        "start {}
         succeed 1 {nonsense
         succeed 1 null",
        expect![[]],
    );
}
