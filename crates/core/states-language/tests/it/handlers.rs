//! Retry and Catch: which errors they mean, how long is waited, and what a catcher hands on.

use bongsu_states_language::Kind;
use expect_test::expect;

use crate::story::{check, play};

fn task(handlers: &str) -> String {
    format!(
        r#"{{"StartAt":"T","States":{{"T":{{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","TimeoutSeconds":60,"HeartbeatSeconds":20,{handlers},"Next":"Done"}},
            "H":{{"Type":"Pass","End":true}},"H2":{{"Type":"Pass","End":true}},"Done":{{"Type":"Succeed"}}}}}}"#
    )
}

#[test]
fn a_task_is_tried_again_after_longer_and_longer_pauses() {
    check(
        &task(
            r#""Retry":[{"ErrorEquals":["A"],"IntervalSeconds":2,"MaxAttempts":2,"BackoffRate":3},
                       {"ErrorEquals":["States.ALL"],"MaxAttempts":1}],
               "Catch":[{"ErrorEquals":["States.ALL"],"Next":"H"}]"#,
        )
        .replace(r#""H2":{"Type":"Pass","End":true},"#, ""),
        "start {}
         fail 1 A
         +2s
         fail 2 B
         +1s
         fail 3 A
         +10s
         fail 4 A no more",
        expect![[r#"
            start {}
              1<-0 ExecutionStarted {"input":"{}","roleArn":"arn:aws:iam::000000000000:role/role"}
              2<-0 TaskStateEntered {"name":"T","input":"{}"}
              3<-2 TaskScheduled {"resource":"invoke","resourceType":"lambda","region":"us-east-1","parameters":"{}","timeoutInSeconds":60,"heartbeatInSeconds":20}
              #1 call arn:aws:states:::lambda:invoke {}
            fail 1 A
              4<-3 TaskStarted {"resource":"invoke","resourceType":"lambda"}
              5<-4 TaskFailed {"resource":"invoke","resourceType":"lambda","error":"A"}
            +2s
              at 2.000s
              6<-5 TaskScheduled {"resource":"invoke","resourceType":"lambda","region":"us-east-1","parameters":"{}","timeoutInSeconds":60,"heartbeatInSeconds":20}
              #2 call arn:aws:states:::lambda:invoke {}
            fail 2 B
              7<-6 TaskStarted {"resource":"invoke","resourceType":"lambda"}
              8<-7 TaskFailed {"resource":"invoke","resourceType":"lambda","error":"B"}
            +1s
              at 3.000s
              9<-8 TaskScheduled {"resource":"invoke","resourceType":"lambda","region":"us-east-1","parameters":"{}","timeoutInSeconds":60,"heartbeatInSeconds":20}
              #3 call arn:aws:states:::lambda:invoke {}
            fail 3 A
              10<-9 TaskStarted {"resource":"invoke","resourceType":"lambda"}
              11<-10 TaskFailed {"resource":"invoke","resourceType":"lambda","error":"A"}
            +10s
              at 9.000s
              12<-11 TaskScheduled {"resource":"invoke","resourceType":"lambda","region":"us-east-1","parameters":"{}","timeoutInSeconds":60,"heartbeatInSeconds":20}
              #4 call arn:aws:states:::lambda:invoke {}
            fail 4 A no more
              13<-12 TaskStarted {"resource":"invoke","resourceType":"lambda"}
              14<-13 TaskFailed {"resource":"invoke","resourceType":"lambda","error":"A","cause":"no more"}
              15<-14 TaskStateExited {"name":"T","output":"{\"Error\":\"A\",\"Cause\":\"no more\"}"}
              16<-15 PassStateEntered {"name":"H","input":"{\"Error\":\"A\",\"Cause\":\"no more\"}"}
              17<-16 PassStateExited {"name":"H","output":"{\"Error\":\"A\",\"Cause\":\"no more\"}"}
              18<-17 ExecutionSucceeded {"output":"{\"Error\":\"A\",\"Cause\":\"no more\"}"}
              Succeeded {"Error":"A","Cause":"no more"}
        "#]],
    );
}

#[test]
fn a_caught_error_still_leaves_its_state() {
    check(
        &task(
            r#""Catch":[{"ErrorEquals":["Bad","Worse"],"ResultPath":"$.error","Next":"H"},{"ErrorEquals":["States.TaskFailed"],"Next":"H2"}]"#,
        ),
        r#"start {"a":1}
           fail 1 Worse {"errorMessage":"no"}"#,
        expect![[r#"
            start {"a":1}
              1<-0 ExecutionStarted {"input":"{\"a\":1}","roleArn":"arn:aws:iam::000000000000:role/role"}
              2<-0 TaskStateEntered {"name":"T","input":"{\"a\":1}"}
              3<-2 TaskScheduled {"resource":"invoke","resourceType":"lambda","region":"us-east-1","parameters":"{\"a\":1}","timeoutInSeconds":60,"heartbeatInSeconds":20}
              #1 call arn:aws:states:::lambda:invoke {"a":1}
            fail 1 Worse {"errorMessage":"no"}
              4<-3 TaskStarted {"resource":"invoke","resourceType":"lambda"}
              5<-4 TaskFailed {"resource":"invoke","resourceType":"lambda","error":"Worse","cause":"{\"errorMessage\":\"no\"}"}
              6<-5 TaskStateExited {"name":"T","output":"{\"a\":1,\"error\":{\"Error\":\"Worse\",\"Cause\":\"{\\\"errorMessage\\\":\\\"no\\\"}\"}}"}
              7<-6 PassStateEntered {"name":"H","input":"{\"a\":1,\"error\":{\"Error\":\"Worse\",\"Cause\":\"{\\\"errorMessage\\\":\\\"no\\\"}\"}}"}
              8<-7 PassStateExited {"name":"H","output":"{\"a\":1,\"error\":{\"Error\":\"Worse\",\"Cause\":\"{\\\"errorMessage\\\":\\\"no\\\"}\"}}"}
              9<-8 ExecutionSucceeded {"output":"{\"a\":1,\"error\":{\"Error\":\"Worse\",\"Cause\":\"{\\\"errorMessage\\\":\\\"no\\\"}\"}}"}
              Succeeded {"a":1,"error":{"Error":"Worse","Cause":"{\"errorMessage\":\"no\"}"}}
        "#]],
    );
}

#[test]
fn a_missing_heartbeat_is_caught_under_its_own_name() {
    check(
        &task(
            r#""Catch":[{"ErrorEquals":["States.HeartbeatTimeout"],"Next":"H"},{"ErrorEquals":["States.Timeout"],"Next":"H2"}]"#,
        ),
        "start {}
         +20s",
        expect![[r#"
            start {}
              1<-0 ExecutionStarted {"input":"{}","roleArn":"arn:aws:iam::000000000000:role/role"}
              2<-0 TaskStateEntered {"name":"T","input":"{}"}
              3<-2 TaskScheduled {"resource":"invoke","resourceType":"lambda","region":"us-east-1","parameters":"{}","timeoutInSeconds":60,"heartbeatInSeconds":20}
              #1 call arn:aws:states:::lambda:invoke {}
            +20s
              at 20.000s
              4<-3 TaskStarted {"resource":"invoke","resourceType":"lambda"}
              5<-4 TaskTimedOut {"resource":"invoke","resourceType":"lambda","error":"States.Timeout"}
              6<-5 TaskStateExited {"name":"T","output":"{\"Error\":\"States.Timeout\",\"Cause\":\"\"}"}
              7<-6 PassStateEntered {"name":"H","input":"{\"Error\":\"States.Timeout\",\"Cause\":\"\"}"}
              8<-7 PassStateExited {"name":"H","output":"{\"Error\":\"States.Timeout\",\"Cause\":\"\"}"}
              9<-8 ExecutionSucceeded {"output":"{\"Error\":\"States.Timeout\",\"Cause\":\"\"}"}
              cancel #1
              Succeeded {"Error":"States.Timeout","Cause":""}
        "#]],
    );
}

#[test]
fn jitter_waits_a_random_part() {
    let machine = task(
        r#""Retry":[{"ErrorEquals":["States.ALL"],"IntervalSeconds":100,"JitterStrategy":"FULL","MaxDelaySeconds":101}],"Catch":[{"ErrorEquals":["X"],"Next":"H"},{"ErrorEquals":["Y"],"Next":"H2"}]"#,
    );
    let world = play(Kind::Standard, &machine, "start {}\nfail 1 A");
    let due = world.live.next_deadline().unwrap().0 - 1_767_225_600_000;
    assert!(due <= 100_000, "{due}");
}

#[test]
fn a_runtime_error_is_caught_by_nothing() {
    check(
        &task(
            r#""OutputPath":"$.nothing","Retry":[{"ErrorEquals":["States.ALL"]}],
               "Catch":[{"ErrorEquals":["States.Runtime"],"Next":"H"},{"ErrorEquals":["States.ALL"],"Next":"H2"}]"#,
        ),
        "start {}
         succeed 1 {}",
        expect![[r#"
            start {}
              1<-0 ExecutionStarted {"input":"{}","roleArn":"arn:aws:iam::000000000000:role/role"}
              2<-0 TaskStateEntered {"name":"T","input":"{}"}
              3<-2 TaskScheduled {"resource":"invoke","resourceType":"lambda","region":"us-east-1","parameters":"{}","timeoutInSeconds":60,"heartbeatInSeconds":20}
              #1 call arn:aws:states:::lambda:invoke {}
            succeed 1 {}
              4<-3 TaskStarted {"resource":"invoke","resourceType":"lambda"}
              5<-4 TaskSucceeded {"resource":"invoke","resourceType":"lambda","output":"{}"}
              6<-5 ExecutionFailed {"error":"States.Runtime","cause":"An error occurred while executing the state 'T' (entered at the event id #2). Invalid path '$.nothing' : No results for path: $['nothing']"}
              Failed Some("States.Runtime") Some("An error occurred while executing the state 'T' (entered at the event id #2). Invalid path '$.nothing' : No results for path: $['nothing']")
        "#]],
    );
}

#[test]
fn an_oversized_result_is_caught() {
    let machine = task(r#""Catch":[{"ErrorEquals":["Bad"],"Next":"H"},{"ErrorEquals":["States.ALL"],"Next":"H2"}]"#);
    let mut world = play(Kind::Standard, &machine, "start {}");
    let large = format!("\"{}\"", "x".repeat(262_145));
    let task = world.live.open_tasks().next().unwrap();
    world.told = "an answer that is too large\n".into();
    world.input(bongsu_states_language::Input::TaskSucceeded { task, output: &large });
    expect![[r#"
        an answer that is too large
          4<-3 TaskStarted {"resource":"invoke","resourceType":"lambda"}
          5<-4 TaskFailed {"resource":"invoke","resourceType":"lambda","error":"States.DataLimitExceeded","cause":"The state/task 'lambda' returned a result with a size exceeding the maximum number of bytes service limit."}
          6<-5 TaskStateExited {"name":"T","output":"{\"Error\":\"States.DataLimitExceeded\",\"Cause\":\"The state/task 'lambda' returned a result with a size exceeding the maximum number of bytes service limit.\"}"}
          7<-6 PassStateEntered {"name":"H2","input":"{\"Error\":\"States.DataLimitExceeded\",\"Cause\":\"The state/task 'lambda' returned a result with a size exceeding the maximum number of bytes service limit.\"}"}
          8<-7 PassStateExited {"name":"H2","output":"{\"Error\":\"States.DataLimitExceeded\",\"Cause\":\"The state/task 'lambda' returned a result with a size exceeding the maximum number of bytes service limit.\"}"}
          9<-8 ExecutionSucceeded {"output":"{\"Error\":\"States.DataLimitExceeded\",\"Cause\":\"The state/task 'lambda' returned a result with a size exceeding the maximum number of bytes service limit.\"}"}
          Succeeded {"Error":"States.DataLimitExceeded","Cause":"The state/task 'lambda' returned a result with a size exceeding the maximum number of bytes service limit."}
    "#]].assert_eq(&world.told);
}
