//! Tasks: what is asked of the outside, in all its forms, and what is told of the answers.

use bongsu_states_language::Kind;
use expect_test::expect;

use crate::story::{check, play, single};

#[test]
fn a_function_is_called_with_the_input() {
    check(
        &single(
            r#"{"Type":"Task","Resource":"arn:aws:lambda:us-east-1:000000000000:function:f","TimeoutSeconds":9,"End":true}"#,
        ),
        r#"start {"a":1}
           started 1
           succeed 1 {"b":2}
           succeed 1 {"b":2}"#,
        expect![[r#"
            start {"a":1}
              1<-0 ExecutionStarted {"input":"{\"a\":1}","roleArn":"arn:aws:iam::000000000000:role/role"}
              2<-0 TaskStateEntered {"name":"S","input":"{\"a\":1}"}
              3<-2 LambdaFunctionScheduled {"resource":"arn:aws:lambda:us-east-1:000000000000:function:f","input":"{\"a\":1}","timeoutInSeconds":9}
              #1 call arn:aws:lambda:us-east-1:000000000000:function:f {"a":1}
            started 1
              4<-3 LambdaFunctionStarted
            succeed 1 {"b":2}
              5<-4 LambdaFunctionSucceeded {"output":"{\"b\":2}"}
              6<-5 TaskStateExited {"name":"S","output":"{\"b\":2}"}
              7<-6 ExecutionSucceeded {"output":"{\"b\":2}"}
              Succeeded {"b":2}
            succeed 1 {"b":2}
              refused: NotRunning
        "#]],
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
        expect![[r#"
            start {"m":{"x":1},"role":"r"}
              1<-0 ExecutionStarted {"input":"{\"m\":{\"x\":1},\"role\":\"r\"}","roleArn":"arn:aws:iam::000000000000:role/role"}
              2<-0 TaskStateEntered {"name":"S","input":"{\"m\":{\"x\":1},\"role\":\"r\"}"}
              3<-2 TaskScheduled {"resource":"sendMessage","resourceType":"sqs","region":"us-east-1","parameters":"{\"QueueUrl\":\"http://q\",\"MessageBody\":{\"x\":1}}","taskCredentials":{"roleArn":"r"}}
              #1 call arn:aws:states:::sqs:sendMessage as r {"QueueUrl":"http://q","MessageBody":{"x":1}}
            succeed 1 {"MessageId":"m-1","MD5OfMessageBody":"0"}
              4<-3 TaskStarted {"resource":"sendMessage","resourceType":"sqs"}
              5<-4 TaskSucceeded {"resource":"sendMessage","resourceType":"sqs","output":"{\"MessageId\":\"m-1\",\"MD5OfMessageBody\":\"0\"}"}
              6<-5 TaskStateExited {"name":"S","output":"{\"id\":\"m-1\"}"}
              7<-6 ExecutionSucceeded {"output":"{\"id\":\"m-1\"}"}
              Succeeded {"id":"m-1"}
        "#]],
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
        expect![[r#"
            start {}
              1<-0 ExecutionStarted {"input":"{}","roleArn":"arn:aws:iam::000000000000:role/role"}
              2<-0 TaskStateEntered {"name":"S","input":"{}"}
              3<-2 TaskScheduled {"resource":"sendMessage.waitForTaskToken","resourceType":"sqs","region":"us-east-1","parameters":"{\"QueueUrl\":\"q\",\"MessageBody\":{\"token\":\"token-1\"}}","heartbeatInSeconds":10}
              #1 call arn:aws:states:::sqs:sendMessage.waitForTaskToken {"QueueUrl":"q","MessageBody":{"token":"token-1"}}
            started 1
              4<-3 TaskStarted {"resource":"sendMessage.waitForTaskToken","resourceType":"sqs"}
            submitted 1 {"MessageId":"m"}
              5<-4 TaskSubmitted {"resource":"sendMessage.waitForTaskToken","resourceType":"sqs","output":"{\"MessageId\":\"m\"}"}
            +9s
            heartbeat 1
            +9s
            succeed 1 "done"
              6<-5 TaskSucceeded {"resource":"sendMessage.waitForTaskToken","resourceType":"sqs","output":"\"done\""}
              7<-6 TaskStateExited {"name":"S","output":"\"done\""}
              8<-7 ExecutionSucceeded {"output":"\"done\""}
              Succeeded "done"
        "#]],
    );
}

#[test]
fn a_callback_may_come_before_the_request_was_accepted() {
    check(
        &single(r#"{"Type":"Task","Resource":"arn:aws:states:::sns:publish.waitForTaskToken","End":true}"#),
        r#"start {}
           succeed 1 "early"
           submitted 1 {}"#,
        expect![[r#"
            start {}
              1<-0 ExecutionStarted {"input":"{}","roleArn":"arn:aws:iam::000000000000:role/role"}
              2<-0 TaskStateEntered {"name":"S","input":"{}"}
              3<-2 TaskScheduled {"resource":"publish.waitForTaskToken","resourceType":"sns","region":"us-east-1","parameters":"{}"}
              #1 call arn:aws:states:::sns:publish.waitForTaskToken {}
            succeed 1 "early"
              4<-3 TaskStarted {"resource":"publish.waitForTaskToken","resourceType":"sns"}
              5<-4 TaskSucceeded {"resource":"publish.waitForTaskToken","resourceType":"sns","output":"\"early\""}
              6<-5 TaskStateExited {"name":"S","output":"\"early\""}
              7<-6 ExecutionSucceeded {"output":"\"early\""}
              Succeeded "early"
            submitted 1 {}
              refused: NotRunning
        "#]],
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
        expect![[r#"
            start {}
              1<-0 ExecutionStarted {"input":"{}","roleArn":"arn:aws:iam::000000000000:role/role"}
              2<-0 TaskStateEntered {"name":"S","input":"{}"}
              3<-2 ActivityScheduled {"resource":"arn:aws:states:us-east-1:000000000000:activity:a","input":"{}","timeoutInSeconds":60,"heartbeatInSeconds":10}
              #1 call arn:aws:states:us-east-1:000000000000:activity:a {}
            started 1 worker-7
              4<-3 ActivityStarted {"workerName":"worker-7"}
            +5s
            heartbeat 1
            +10s
              at 15.000s
              5<-4 ActivityTimedOut {"error":"States.Timeout"}
              6<-5 ExecutionFailed {"error":"States.Timeout"}
              cancel #1
              Failed Some("States.Timeout") None
            heartbeat 1
              refused: NotRunning
        "#]],
    );
}

#[test]
fn a_task_that_takes_too_long_times_out() {
    check(
        &single(r#"{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","TimeoutSecondsPath":"$.t","End":true}"#),
        r#"start {"t":3}
           +3s
           succeed 1 {}"#,
        expect![[r#"
            start {"t":3}
              1<-0 ExecutionStarted {"input":"{\"t\":3}","roleArn":"arn:aws:iam::000000000000:role/role"}
              2<-0 TaskStateEntered {"name":"S","input":"{\"t\":3}"}
              3<-2 TaskScheduled {"resource":"invoke","resourceType":"lambda","region":"us-east-1","parameters":"{\"t\":3}","timeoutInSeconds":3}
              #1 call arn:aws:states:::lambda:invoke {"t":3}
            +3s
              at 3.000s
              4<-3 TaskStarted {"resource":"invoke","resourceType":"lambda"}
              5<-4 TaskTimedOut {"resource":"invoke","resourceType":"lambda","error":"States.Timeout"}
              6<-5 ExecutionFailed {"error":"States.Timeout"}
              cancel #1
              Failed Some("States.Timeout") None
            succeed 1 {}
              refused: NotRunning
        "#]],
    );
}

#[test]
fn a_nested_execution_is_waited_for() {
    check(
        &single(
            r#"{"Type":"Task","Resource":"arn:aws:states:::states:startExecution.sync:2","Parameters":{"StateMachineArn":"m"},"End":true}"#,
        ),
        r#"start {}
           submitted 1 {"ExecutionArn":"e"}
           succeed 1 {"Output":{"x":1}}"#,
        expect![[r#"
            start {}
              1<-0 ExecutionStarted {"input":"{}","roleArn":"arn:aws:iam::000000000000:role/role"}
              2<-0 TaskStateEntered {"name":"S","input":"{}"}
              3<-2 TaskScheduled {"resource":"startExecution.sync:2","resourceType":"states","region":"us-east-1","parameters":"{\"StateMachineArn\":\"m\"}"}
              #1 call arn:aws:states:::states:startExecution.sync:2 {"StateMachineArn":"m"}
            submitted 1 {"ExecutionArn":"e"}
              4<-3 TaskStarted {"resource":"startExecution.sync:2","resourceType":"states"}
              5<-4 TaskSubmitted {"resource":"startExecution.sync:2","resourceType":"states","output":"{\"ExecutionArn\":\"e\"}"}
            succeed 1 {"Output":{"x":1}}
              6<-5 TaskSucceeded {"resource":"startExecution.sync:2","resourceType":"states","output":"{\"Output\":{\"x\":1}}"}
              7<-6 TaskStateExited {"name":"S","output":"{\"Output\":{\"x\":1}}"}
              8<-7 ExecutionSucceeded {"output":"{\"Output\":{\"x\":1}}"}
              Succeeded {"Output":{"x":1}}
        "#]],
    );
}

#[test]
fn an_uncaught_error_ends_the_execution_without_leaving_the_state() {
    check(
        &single(r#"{"Type":"Task","Resource":"arn:aws:states:::http:invoke","End":true}"#),
        "start {}
         fail 1 States.Http.StatusCode.503 Service Unavailable",
        expect![[r#"
            start {}
              1<-0 ExecutionStarted {"input":"{}","roleArn":"arn:aws:iam::000000000000:role/role"}
              2<-0 TaskStateEntered {"name":"S","input":"{}"}
              3<-2 TaskScheduled {"resource":"invoke","resourceType":"http","region":"us-east-1","parameters":"{}"}
              #1 call arn:aws:states:::http:invoke {}
            fail 1 States.Http.StatusCode.503 Service Unavailable
              4<-3 TaskStarted {"resource":"invoke","resourceType":"http"}
              5<-4 TaskFailed {"resource":"invoke","resourceType":"http","error":"States.Http.StatusCode.503","cause":"Service Unavailable"}
              6<-5 ExecutionFailed {"error":"States.Http.StatusCode.503","cause":"Service Unavailable"}
              Failed Some("States.Http.StatusCode.503") Some("Service Unavailable")
        "#]],
    );
}

#[test]
fn a_stopped_execution_does_not_wait_for_answers() {
    check(
        &single(r#"{"Type":"Task","Resource":"arn:aws:states:::http:invoke","End":true}"#),
        "start {}
         stop Reason it was late
         succeed 1 {}",
        expect![[r#"
            start {}
              1<-0 ExecutionStarted {"input":"{}","roleArn":"arn:aws:iam::000000000000:role/role"}
              2<-0 TaskStateEntered {"name":"S","input":"{}"}
              3<-2 TaskScheduled {"resource":"invoke","resourceType":"http","region":"us-east-1","parameters":"{}"}
              #1 call arn:aws:states:::http:invoke {}
            stop Reason it was late
              4<-0 ExecutionAborted {"error":"Reason","cause":"it was late"}
              cancel #1
              Aborted Some("Reason") Some("it was late")
            succeed 1 {}
              refused: NotRunning
        "#]],
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
        expect![[r#"
            start {}
              1<-0 ExecutionStarted {"input":"{}","roleArn":"arn:aws:iam::000000000000:role/role"}
              2<-0 PassStateEntered {"name":"A","input":"{}"}
              3<-2 PassStateExited {"name":"A","output":"{}"}
              4<-3 TaskStateEntered {"name":"B","input":"{}"}
              5<-4 LambdaFunctionScheduled {"resource":"arn:aws:lambda:us-east-1:000000000000:function:f","input":"{}"}
              #1 call arn:aws:lambda:us-east-1:000000000000:function:f {}
            redrive
              refused: NotRedrivable("Execution is RUNNING and cannot be redriven")
            fail 1 Bad
              6<-5 LambdaFunctionStarted
              7<-6 LambdaFunctionFailed {"error":"Bad"}
              8<-7 ExecutionFailed {"error":"Bad"}
              Failed Some("Bad") None
            redrive
              9<-8 ExecutionRedriven {"redriveCount":1}
              10<-9 LambdaFunctionScheduled {"resource":"arn:aws:lambda:us-east-1:000000000000:function:f","input":"{}"}
              #2 call arn:aws:lambda:us-east-1:000000000000:function:f {}
            succeed 2 {"ok":true}
              11<-10 LambdaFunctionStarted
              12<-11 LambdaFunctionSucceeded {"output":"{\"ok\":true}"}
              13<-12 TaskStateExited {"name":"B","output":"{\"ok\":true}"}
              14<-13 ExecutionSucceeded {"output":"{\"ok\":true}"}
              Succeeded {"ok":true}
            redrive
              refused: NotRedrivable("Execution is SUCCEEDED and cannot be redriven")
        "#]],
    );
}

#[test]
fn an_answer_that_is_not_json_is_refused() {
    check(
        &single(r#"{"Type":"Task","Resource":"arn:aws:states:::http:invoke","End":true}"#),
        "start {}
         succeed 1 {nonsense
         succeed 1 null",
        expect![[r#"
            start {}
              1<-0 ExecutionStarted {"input":"{}","roleArn":"arn:aws:iam::000000000000:role/role"}
              2<-0 TaskStateEntered {"name":"S","input":"{}"}
              3<-2 TaskScheduled {"resource":"invoke","resourceType":"http","region":"us-east-1","parameters":"{}"}
              #1 call arn:aws:states:::http:invoke {}
            succeed 1 {nonsense
              refused: InvalidJson
            succeed 1 null
              4<-3 TaskStarted {"resource":"invoke","resourceType":"http"}
              5<-4 TaskSucceeded {"resource":"invoke","resourceType":"http","output":"null"}
              6<-5 TaskStateExited {"name":"S","output":"null"}
              7<-6 ExecutionSucceeded {"output":"null"}
              Succeeded null
        "#]],
    );
}

#[test]
fn an_answer_that_is_too_large_fails_the_task_and_is_not_kept() {
    let waiting = single(
        r#"{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke.waitForTaskToken","Parameters":{"FunctionName":"f"},"End":true}"#,
    );
    let large = "x".repeat(5_000_000);
    for answer in [format!("submitted 1 \"{large}\""), format!("succeed 1 \"{large}\""), format!("fail 1 E {large}")] {
        let world = play(Kind::Standard, &waiting, &format!("start {{}}\n{answer}"));
        assert!(world.told.contains("\n  Failed Some("), "it has failed");
        assert!(world.steps.iter().map(Vec::len).sum::<usize>() < 100_000);
    }
}
