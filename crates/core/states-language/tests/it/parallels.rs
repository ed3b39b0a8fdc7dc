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
        expect![[]],
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
        expect![[]],
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
        expect![[]],
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
        expect![[]],
    );
}

#[test]
fn branches_read_outer_variables_and_cannot_assign_them() {
    check(
        r#"{"StartAt":"V","States":{"V":{"Type":"Pass","Assign":{"v":5},"Next":"P"},"P":{"Type":"Parallel","End":true,"Branches":[
            {"StartAt":"A","States":{"A":{"Type":"Pass","Parameters":{"v.$":"$v"},"Assign":{"own.$":"$v"},"End":true}}},
            {"StartAt":"B","States":{"B":{"Type":"Pass","Assign":{"v":6},"End":true}}}]}}}"#,
        "start {}",
        expect![[]],
    );
}
