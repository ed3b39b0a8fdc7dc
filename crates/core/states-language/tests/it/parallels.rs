//! Parallel: branches side by side, and what becomes of them when one fails.

use expect_test::expect;

use crate::story::check;

#[test]
fn the_result_has_the_order_of_the_branches() {
    check(
        r#"{"StartAt":"P","States":{"P":{"Type":"Parallel","End":true,"ResultPath":"$.r","Branches":[
            {"StartAt":"A","States":{"A":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","End":true}}},
            {"StartAt":"B","States":{"B":{"Type":"Pass","Result":"b","End":true}}}]}}}"#,
        r#"start {"x":1}
           succeed 1 "a""#,
        expect![[r#"
            start {"x":1}
              1<-0 ExecutionStarted {"input":"{\"x\":1}","roleArn":"arn:aws:iam::000000000000:role/role"}
              2<-0 ParallelStateEntered {"name":"P","input":"{\"x\":1}"}
              3<-2 ParallelStateStarted
              4<-3 TaskStateEntered {"name":"A","input":"{\"x\":1}"}
              5<-4 TaskScheduled {"resource":"invoke","resourceType":"lambda","region":"us-east-1","parameters":"{\"x\":1}"}
              6<-3 PassStateEntered {"name":"B","input":"{\"x\":1}"}
              7<-6 PassStateExited {"name":"B","output":"\"b\""}
              #1 call arn:aws:states:::lambda:invoke {"x":1}
            succeed 1 "a"
              8<-5 TaskStarted {"resource":"invoke","resourceType":"lambda"}
              9<-8 TaskSucceeded {"resource":"invoke","resourceType":"lambda","output":"\"a\""}
              10<-9 TaskStateExited {"name":"A","output":"\"a\""}
              11<-10 ParallelStateSucceeded
              12<-10 ParallelStateExited {"name":"P","output":"{\"x\":1,\"r\":[\"a\",\"b\"]}"}
              13<-12 ExecutionSucceeded {"output":"{\"x\":1,\"r\":[\"a\",\"b\"]}"}
              Succeeded {"x":1,"r":["a","b"]}
        "#]],
    );
}

#[test]
fn a_branch_that_fails_ends_the_others() {
    check(
        r#"{"StartAt":"P","States":{"P":{"Type":"Parallel","Next":"E","Catch":[{"ErrorEquals":["Bad"],"Next":"H"}],"Branches":[
            {"StartAt":"A","States":{"A":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","End":true}}},
            {"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":10,"End":true}}},
            {"StartAt":"B","States":{"B":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Next":"F"},"F":{"Type":"Fail","Error":"Bad","Cause":"why"}}}]},
            "H":{"Type":"Pass","End":true},"E":{"Type":"Succeed"}}}"#,
        r#"start {"x":1}
           succeed 2 {}
           succeed 1 {}"#,
        expect![[r#"
            start {"x":1}
              1<-0 ExecutionStarted {"input":"{\"x\":1}","roleArn":"arn:aws:iam::000000000000:role/role"}
              2<-0 ParallelStateEntered {"name":"P","input":"{\"x\":1}"}
              3<-2 ParallelStateStarted
              4<-3 TaskStateEntered {"name":"A","input":"{\"x\":1}"}
              5<-4 TaskScheduled {"resource":"invoke","resourceType":"lambda","region":"us-east-1","parameters":"{\"x\":1}"}
              6<-3 WaitStateEntered {"name":"W","input":"{\"x\":1}"}
              7<-3 TaskStateEntered {"name":"B","input":"{\"x\":1}"}
              8<-7 TaskScheduled {"resource":"invoke","resourceType":"lambda","region":"us-east-1","parameters":"{\"x\":1}"}
              #1 call arn:aws:states:::lambda:invoke {"x":1}
              #2 call arn:aws:states:::lambda:invoke {"x":1}
            succeed 2 {}
              9<-8 TaskStarted {"resource":"invoke","resourceType":"lambda"}
              10<-9 TaskSucceeded {"resource":"invoke","resourceType":"lambda","output":"{}"}
              11<-10 TaskStateExited {"name":"B","output":"{}"}
              12<-11 FailStateEntered {"name":"F","input":"{}"}
              13<-5 TaskStateAborted
              14<-6 WaitStateAborted
              15<-12 ParallelStateFailed
              16<-15 ParallelStateExited {"name":"P","output":"{\"Error\":\"Bad\",\"Cause\":\"why\"}"}
              17<-16 PassStateEntered {"name":"H","input":"{\"Error\":\"Bad\",\"Cause\":\"why\"}"}
              18<-17 PassStateExited {"name":"H","output":"{\"Error\":\"Bad\",\"Cause\":\"why\"}"}
              19<-18 ExecutionSucceeded {"output":"{\"Error\":\"Bad\",\"Cause\":\"why\"}"}
              cancel #1
              Succeeded {"Error":"Bad","Cause":"why"}
            succeed 1 {}
              refused: NotRunning
        "#]],
    );
}

#[test]
fn an_uncaught_failure_of_a_branch_keeps_its_name_and_can_be_redriven() {
    check(
        r#"{"StartAt":"P","States":{"P":{"Type":"Parallel","End":true,"Branches":[
            {"StartAt":"A","States":{"A":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","End":true}}},
            {"StartAt":"B","States":{"B":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","End":true}}}]}}}"#,
        r#"start {"x":1}
           succeed 1 "a"
           fail 2 Inner
           redrive
           succeed 3 "b""#,
        expect![[r#"
            start {"x":1}
              1<-0 ExecutionStarted {"input":"{\"x\":1}","roleArn":"arn:aws:iam::000000000000:role/role"}
              2<-0 ParallelStateEntered {"name":"P","input":"{\"x\":1}"}
              3<-2 ParallelStateStarted
              4<-3 TaskStateEntered {"name":"A","input":"{\"x\":1}"}
              5<-4 TaskScheduled {"resource":"invoke","resourceType":"lambda","region":"us-east-1","parameters":"{\"x\":1}"}
              6<-3 TaskStateEntered {"name":"B","input":"{\"x\":1}"}
              7<-6 TaskScheduled {"resource":"invoke","resourceType":"lambda","region":"us-east-1","parameters":"{\"x\":1}"}
              #1 call arn:aws:states:::lambda:invoke {"x":1}
              #2 call arn:aws:states:::lambda:invoke {"x":1}
            succeed 1 "a"
              8<-5 TaskStarted {"resource":"invoke","resourceType":"lambda"}
              9<-8 TaskSucceeded {"resource":"invoke","resourceType":"lambda","output":"\"a\""}
              10<-9 TaskStateExited {"name":"A","output":"\"a\""}
            fail 2 Inner
              11<-7 TaskStarted {"resource":"invoke","resourceType":"lambda"}
              12<-11 TaskFailed {"resource":"invoke","resourceType":"lambda","error":"Inner"}
              13<-12 ParallelStateFailed
              14<-13 ExecutionFailed {"error":"Inner"}
              Failed Some("Inner") None
            redrive
              15<-14 ExecutionRedriven {"redriveCount":1}
              16<-15 TaskScheduled {"resource":"invoke","resourceType":"lambda","region":"us-east-1","parameters":"{\"x\":1}"}
              #3 call arn:aws:states:::lambda:invoke {"x":1}
            succeed 3 "b"
              17<-16 TaskStarted {"resource":"invoke","resourceType":"lambda"}
              18<-17 TaskSucceeded {"resource":"invoke","resourceType":"lambda","output":"\"b\""}
              19<-18 TaskStateExited {"name":"B","output":"\"b\""}
              20<-19 ParallelStateSucceeded
              21<-19 ParallelStateExited {"name":"P","output":"[\"a\",\"b\"]"}
              22<-21 ExecutionSucceeded {"output":"[\"a\",\"b\"]"}
              Succeeded ["a","b"]
        "#]],
    );
}

#[test]
fn a_retry_runs_all_branches_again() {
    check(
        r#"{"StartAt":"P","States":{"P":{"Type":"Parallel","End":true,"Retry":[{"ErrorEquals":["States.BranchFailed"]}],"Branches":[
            {"StartAt":"A","States":{"A":{"Type":"Pass","Next":"A2"},"A2":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","End":true}}}]}}}"#,
        r#"start {}
           fail 1 Inner
           +1s
           succeed 2 "a""#,
        expect![[r#"
            start {}
              1<-0 ExecutionStarted {"input":"{}","roleArn":"arn:aws:iam::000000000000:role/role"}
              2<-0 ParallelStateEntered {"name":"P","input":"{}"}
              3<-2 ParallelStateStarted
              4<-3 PassStateEntered {"name":"A","input":"{}"}
              5<-4 PassStateExited {"name":"A","output":"{}"}
              6<-5 TaskStateEntered {"name":"A2","input":"{}"}
              7<-6 TaskScheduled {"resource":"invoke","resourceType":"lambda","region":"us-east-1","parameters":"{}"}
              #1 call arn:aws:states:::lambda:invoke {}
            fail 1 Inner
              8<-7 TaskStarted {"resource":"invoke","resourceType":"lambda"}
              9<-8 TaskFailed {"resource":"invoke","resourceType":"lambda","error":"Inner"}
              10<-9 ParallelStateFailed
            +1s
              at 1.000s
              11<-10 ParallelStateStarted
              12<-11 PassStateEntered {"name":"A","input":"{}"}
              13<-12 PassStateExited {"name":"A","output":"{}"}
              14<-13 TaskStateEntered {"name":"A2","input":"{}"}
              15<-14 TaskScheduled {"resource":"invoke","resourceType":"lambda","region":"us-east-1","parameters":"{}"}
              #2 call arn:aws:states:::lambda:invoke {}
            succeed 2 "a"
              16<-15 TaskStarted {"resource":"invoke","resourceType":"lambda"}
              17<-16 TaskSucceeded {"resource":"invoke","resourceType":"lambda","output":"\"a\""}
              18<-17 TaskStateExited {"name":"A2","output":"\"a\""}
              19<-18 ParallelStateSucceeded
              20<-18 ParallelStateExited {"name":"P","output":"[\"a\"]"}
              21<-20 ExecutionSucceeded {"output":"[\"a\"]"}
              Succeeded ["a"]
        "#]],
    );
}

#[test]
fn branches_read_outer_variables_and_cannot_assign_them() {
    check(
        r#"{"StartAt":"V","States":{"V":{"Type":"Pass","Assign":{"v":5},"Next":"P"},"P":{"Type":"Parallel","End":true,"Branches":[
            {"StartAt":"A","States":{"A":{"Type":"Pass","Parameters":{"v.$":"$v"},"Assign":{"own.$":"$v"},"End":true}}},
            {"StartAt":"B","States":{"B":{"Type":"Pass","Assign":{"v":6},"End":true}}}]}}}"#,
        "start {}",
        expect![[r#"
            start {}
              1<-0 ExecutionStarted {"input":"{}","roleArn":"arn:aws:iam::000000000000:role/role"}
              2<-0 PassStateEntered {"name":"V","input":"{}"}
              3<-2 PassStateExited {"name":"V","output":"{}","assignedVariables":{"v":"5"}}
              4<-3 ParallelStateEntered {"name":"P","input":"{}"}
              5<-4 ParallelStateStarted
              6<-5 PassStateEntered {"name":"A","input":"{}"}
              7<-6 PassStateExited {"name":"A","output":"{\"v\":5}","assignedVariables":{"own":"5"}}
              8<-5 PassStateEntered {"name":"B","input":"{}"}
              9<-8 ParallelStateFailed
              10<-9 ExecutionFailed {"error":"States.Runtime","cause":"An error occurred while executing the state 'B' (entered at the event id #8). The variable 'v' belongs to an outer scope and cannot be assigned"}
              Failed Some("States.Runtime") Some("An error occurred while executing the state 'B' (entered at the event id #8). The variable 'v' belongs to an outer scope and cannot be assigned")
        "#]],
    );
}
