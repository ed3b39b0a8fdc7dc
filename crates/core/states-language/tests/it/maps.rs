//! Map: iterations over a list, inline and distributed.

use expect_test::expect;

use crate::story::{check, outcome, single};

#[test]
fn iterations_run_one_after_the_other_if_asked_to() {
    check(
        r#"{"StartAt":"M","States":{"M":{"Type":"Map","ItemsPath":"$.l","MaxConcurrency":1,"End":true,
            "ItemSelector":{"v.$":"$$.Map.Item.Value","i.$":"$$.Map.Item.Index","all.$":"$.k"},
            "ItemProcessor":{"StartAt":"I","States":{"I":{"Type":"Pass","End":true}}}}}}"#,
        r#"start {"l":["a","b"],"k":1}"#,
        expect![[]],
    );
}

#[test]
fn a_free_place_is_taken_by_the_next_iteration() {
    check(
        r#"{"StartAt":"M","States":{"M":{"Type":"Map","MaxConcurrency":2,"End":true,
            "Iterator":{"StartAt":"I","States":{"I":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","End":true}}}}}}"#,
        r#"start [1,2,3]
           succeed 2 "b"
           succeed 3 "c"
           succeed 1 "a""#,
        expect![[]],
    );
}

#[test]
fn an_iteration_that_fails_ends_the_others() {
    check(
        r#"{"StartAt":"M","States":{"M":{"Type":"Map","MaxConcurrency":2,"End":true,
            "Catch":[{"ErrorEquals":["States.ALL"],"Next":"H"}],
            "ItemProcessor":{"StartAt":"I","States":{"I":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","End":true}}}},
            "H":{"Type":"Succeed"}}}"#.replace(r#""MaxConcurrency":2,"End":true"#, r#""MaxConcurrency":2,"Next":"H""#).as_str(),
        r#"start [1,2,3]
           fail 1 Bad"#,
        expect![[]],
    );
}

#[test]
fn no_items_give_no_results() {
    let map = single(r#"{"Type":"Map","ItemsPath":"$.l","End":true,"ItemProcessor":{"StartAt":"I","States":{"I":{"Type":"Pass","End":true}}}}"#);
    assert_eq!(outcome(&map, r#"{"l":[]}"#), "[]");
    assert_eq!(
        outcome(&map, r#"{"l":7}"#),
        "States.Runtime: An error occurred while executing the state 'S' (entered at the event id #2). \
         Reference path \"$.l\" must point to array."
    );
}

#[test]
fn a_distributed_map_hides_its_childrens_history() {
    check(
        r#"{"StartAt":"M","States":{"M":{"Type":"Map","Label":"run","MaxConcurrency":2,"ToleratedFailureCount":1,"End":true,
            "ItemBatcher":{"MaxItemsPerBatch":2,"BatchInput":{"k.$":"$.k"}},"ItemsPath":"$.l",
            "ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},"StartAt":"I","States":{
                "I":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","End":true}}}}}}"#,
        r#"start {"l":[1,2,3,4,5],"k":0}
           fail 1 Bad
           succeed 2 "b"
           succeed 3 "c""#,
        expect![[]],
    );
}

#[test]
fn too_many_failures_end_a_distributed_map() {
    check(
        r#"{"StartAt":"M","States":{"M":{"Type":"Map","ToleratedFailurePercentage":40,"End":true,
            "ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"EXPRESS"},"StartAt":"I","States":{
                "I":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","End":true}}}}}}"#,
        "start [1,2,3]
         fail 1 Bad
         fail 2 Bad
         redrive
         succeed 4 1
         succeed 5 2
         succeed 6 3",
        expect![[]],
    );
}

#[test]
fn items_are_read_and_results_are_written() {
    check(
        r#"{"StartAt":"M","States":{"M":{"Type":"Map","End":true,
            "ItemReader":{"Resource":"arn:aws:states:::s3:getObject","ReaderConfig":{"InputType":"JSON","MaxItems":2},"Parameters":{"Bucket":"b","Key.$":"$.k"}},
            "ResultWriter":{"Resource":"arn:aws:states:::s3:putObject","Parameters":{"Bucket":"b","Prefix":"p"}},
            "ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},"StartAt":"I","States":{"I":{"Type":"Pass","End":true}}}}}}"#,
        r#"start {"k":"items.json"}
           succeed 1 [{"n":1},{"n":2},{"n":3}]
           succeed 2 {"Bucket":"b","Key":"p/manifest.json"}"#,
        expect![[]],
    );
    check(
        r#"{"StartAt":"M","States":{"M":{"Type":"Map","End":true,
            "ItemReader":{"Resource":"arn:aws:states:::s3:listObjectsV2","Parameters":{"Bucket":"b"}},
            "ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},"StartAt":"I","States":{"I":{"Type":"Pass","End":true}}}}}}"#,
        r#"start {}
           succeed 1 {"no":"list"}"#,
        expect![[]],
    );
}
