//! Map: iterations over a list, inline and distributed.

use bongsu_states_language::{Input, Kind, STEP_BYTES_MAX, Status};
use expect_test::expect;

use crate::story::{World, check, outcome, single};

#[test]
fn iterations_run_one_after_the_other_if_asked_to() {
    check(
        r#"{"StartAt":"M","States":{"M":{"Type":"Map","ItemsPath":"$.l","MaxConcurrency":1,"End":true,
            "ItemSelector":{"v.$":"$$.Map.Item.Value","i.$":"$$.Map.Item.Index","all.$":"$.k"},
            "ItemProcessor":{"StartAt":"I","States":{"I":{"Type":"Pass","End":true}}}}}}"#,
        r#"start {"l":["a","b"],"k":1}"#,
        expect![[r#"
            start {"l":["a","b"],"k":1}
              1<-0 ExecutionStarted {"input":"{\"l\":[\"a\",\"b\"],\"k\":1}","roleArn":"arn:aws:iam::000000000000:role/role"}
              2<-0 MapStateEntered {"name":"M","input":"{\"l\":[\"a\",\"b\"],\"k\":1}"}
              3<-2 MapStateStarted {"length":2}
              4<-3 MapIterationStarted {"name":"M","index":0}
              5<-4 PassStateEntered {"name":"I","input":"{\"v\":\"a\",\"i\":0,\"all\":1}"}
              6<-5 PassStateExited {"name":"I","output":"{\"v\":\"a\",\"i\":0,\"all\":1}"}
              7<-6 MapIterationSucceeded {"name":"M","index":0}
              8<-6 MapIterationStarted {"name":"M","index":1}
              9<-8 PassStateEntered {"name":"I","input":"{\"v\":\"b\",\"i\":1,\"all\":1}"}
              10<-9 PassStateExited {"name":"I","output":"{\"v\":\"b\",\"i\":1,\"all\":1}"}
              11<-10 MapIterationSucceeded {"name":"M","index":1}
              12<-11 MapStateSucceeded
              13<-11 MapStateExited {"name":"M","output":"[{\"v\":\"a\",\"i\":0,\"all\":1},{\"v\":\"b\",\"i\":1,\"all\":1}]"}
              14<-13 ExecutionSucceeded {"output":"[{\"v\":\"a\",\"i\":0,\"all\":1},{\"v\":\"b\",\"i\":1,\"all\":1}]"}
              Succeeded [{"v":"a","i":0,"all":1},{"v":"b","i":1,"all":1}]
        "#]],
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
        expect![[r#"
            start [1,2,3]
              1<-0 ExecutionStarted {"input":"[1,2,3]","roleArn":"arn:aws:iam::000000000000:role/role"}
              2<-0 MapStateEntered {"name":"M","input":"[1,2,3]"}
              3<-2 MapStateStarted {"length":3}
              4<-3 MapIterationStarted {"name":"M","index":0}
              5<-3 MapIterationStarted {"name":"M","index":1}
              6<-4 TaskStateEntered {"name":"I","input":"1"}
              7<-6 TaskScheduled {"resource":"invoke","resourceType":"lambda","region":"us-east-1","parameters":"1"}
              8<-5 TaskStateEntered {"name":"I","input":"2"}
              9<-8 TaskScheduled {"resource":"invoke","resourceType":"lambda","region":"us-east-1","parameters":"2"}
              #1 call arn:aws:states:::lambda:invoke 1
              #2 call arn:aws:states:::lambda:invoke 2
            succeed 2 "b"
              10<-9 TaskStarted {"resource":"invoke","resourceType":"lambda"}
              11<-10 TaskSucceeded {"resource":"invoke","resourceType":"lambda","output":"\"b\""}
              12<-11 TaskStateExited {"name":"I","output":"\"b\""}
              13<-12 MapIterationSucceeded {"name":"M","index":1}
              14<-12 MapIterationStarted {"name":"M","index":2}
              15<-14 TaskStateEntered {"name":"I","input":"3"}
              16<-15 TaskScheduled {"resource":"invoke","resourceType":"lambda","region":"us-east-1","parameters":"3"}
              #3 call arn:aws:states:::lambda:invoke 3
            succeed 3 "c"
              17<-16 TaskStarted {"resource":"invoke","resourceType":"lambda"}
              18<-17 TaskSucceeded {"resource":"invoke","resourceType":"lambda","output":"\"c\""}
              19<-18 TaskStateExited {"name":"I","output":"\"c\""}
              20<-19 MapIterationSucceeded {"name":"M","index":2}
            succeed 1 "a"
              21<-7 TaskStarted {"resource":"invoke","resourceType":"lambda"}
              22<-21 TaskSucceeded {"resource":"invoke","resourceType":"lambda","output":"\"a\""}
              23<-22 TaskStateExited {"name":"I","output":"\"a\""}
              24<-23 MapIterationSucceeded {"name":"M","index":0}
              25<-24 MapStateSucceeded
              26<-24 MapStateExited {"name":"M","output":"[\"a\",\"b\",\"c\"]"}
              27<-26 ExecutionSucceeded {"output":"[\"a\",\"b\",\"c\"]"}
              Succeeded ["a","b","c"]
        "#]],
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
        expect![[r#"
            start [1,2,3]
              1<-0 ExecutionStarted {"input":"[1,2,3]","roleArn":"arn:aws:iam::000000000000:role/role"}
              2<-0 MapStateEntered {"name":"M","input":"[1,2,3]"}
              3<-2 MapStateStarted {"length":3}
              4<-3 MapIterationStarted {"name":"M","index":0}
              5<-3 MapIterationStarted {"name":"M","index":1}
              6<-4 TaskStateEntered {"name":"I","input":"1"}
              7<-6 TaskScheduled {"resource":"invoke","resourceType":"lambda","region":"us-east-1","parameters":"1"}
              8<-5 TaskStateEntered {"name":"I","input":"2"}
              9<-8 TaskScheduled {"resource":"invoke","resourceType":"lambda","region":"us-east-1","parameters":"2"}
              #1 call arn:aws:states:::lambda:invoke 1
              #2 call arn:aws:states:::lambda:invoke 2
            fail 1 Bad
              10<-7 TaskStarted {"resource":"invoke","resourceType":"lambda"}
              11<-10 TaskFailed {"resource":"invoke","resourceType":"lambda","error":"Bad"}
              12<-11 MapIterationFailed {"name":"M","index":0}
              13<-9 TaskStateAborted
              14<-13 MapIterationAborted {"name":"M","index":1}
              15<-12 MapStateFailed
              16<-15 MapStateExited {"name":"M","output":"{\"Error\":\"Bad\",\"Cause\":\"\"}"}
              17<-16 SucceedStateEntered {"name":"H","input":"{\"Error\":\"Bad\",\"Cause\":\"\"}"}
              18<-17 SucceedStateExited {"name":"H","output":"{\"Error\":\"Bad\",\"Cause\":\"\"}"}
              19<-18 ExecutionSucceeded {"output":"{\"Error\":\"Bad\",\"Cause\":\"\"}"}
              cancel #2
              Succeeded {"Error":"Bad","Cause":""}
        "#]],
    );
}

#[test]
fn no_items_give_no_results() {
    let map = single(
        r#"{"Type":"Map","ItemsPath":"$.l","End":true,"ItemProcessor":{"StartAt":"I","States":{"I":{"Type":"Pass","End":true}}}}"#,
    );
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
        expect![[r#"
            start {"l":[1,2,3,4,5],"k":0}
              1<-0 ExecutionStarted {"input":"{\"l\":[1,2,3,4,5],\"k\":0}","roleArn":"arn:aws:iam::000000000000:role/role"}
              2<-0 MapStateEntered {"name":"M","input":"{\"l\":[1,2,3,4,5],\"k\":0}"}
              3<-2 MapStateStarted {"length":3}
              4<-3 MapRunStarted {"mapRunArn":"arn:aws:states:us-east-1:000000000000:mapRun:machine/run:14057b7e-f767-414f-9a08-ee1184ba6d32"}
              #1 call arn:aws:states:::lambda:invoke {"BatchInput":{"k":0},"Items":[1,2]}
              #2 call arn:aws:states:::lambda:invoke {"BatchInput":{"k":0},"Items":[3,4]}
            fail 1 Bad
              #3 call arn:aws:states:::lambda:invoke {"BatchInput":{"k":0},"Items":[5]}
            succeed 2 "b"
            succeed 3 "c"
              5<-4 MapRunSucceeded
              6<-5 MapStateSucceeded
              7<-5 MapStateExited {"name":"M","output":"[\"b\",\"c\"]"}
              8<-7 ExecutionSucceeded {"output":"[\"b\",\"c\"]"}
              Succeeded ["b","c"]
        "#]],
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
        expect![[r#"
            start [1,2,3]
              1<-0 ExecutionStarted {"input":"[1,2,3]","roleArn":"arn:aws:iam::000000000000:role/role"}
              2<-0 MapStateEntered {"name":"M","input":"[1,2,3]"}
              3<-2 MapStateStarted {"length":3}
              4<-3 MapRunStarted {"mapRunArn":"arn:aws:states:us-east-1:000000000000:mapRun:machine/M:14057b7e-f767-414f-9a08-ee1184ba6d32"}
              #1 call arn:aws:states:::lambda:invoke 1
              #2 call arn:aws:states:::lambda:invoke 2
              #3 call arn:aws:states:::lambda:invoke 3
            fail 1 Bad
            fail 2 Bad
              5<-4 MapRunFailed {"error":"States.ExceedToleratedFailureThreshold","cause":"The specified tolerated failure threshold was exceeded"}
              6<-5 MapStateFailed
              7<-6 ExecutionFailed {"error":"States.ExceedToleratedFailureThreshold","cause":"The specified tolerated failure threshold was exceeded"}
              cancel #3
              Failed Some("States.ExceedToleratedFailureThreshold") Some("The specified tolerated failure threshold was exceeded")
            redrive
              8<-7 ExecutionRedriven {"redriveCount":1}
              9<-8 MapRunRedriven {"mapRunArn":"arn:aws:states:us-east-1:000000000000:mapRun:machine/M:14057b7e-f767-414f-9a08-ee1184ba6d32","redriveCount":1}
              #4 call arn:aws:states:::lambda:invoke 1
              #5 call arn:aws:states:::lambda:invoke 2
              #6 call arn:aws:states:::lambda:invoke 3
            succeed 4 1
            succeed 5 2
            succeed 6 3
              10<-9 MapRunSucceeded
              11<-10 MapStateSucceeded
              12<-10 MapStateExited {"name":"M","output":"[1,2,3]"}
              13<-12 ExecutionSucceeded {"output":"[1,2,3]"}
              Succeeded [1,2,3]
        "#]],
    );
}

#[test]
fn children_of_a_distributed_map_see_no_outer_variables() {
    let machine = |mode: &str| {
        format!(
            r#"{{"StartAt":"V","States":{{"V":{{"Type":"Pass","Assign":{{"v":5}},"Next":"M"}},"M":{{"Type":"Map","End":true,
            "ItemProcessor":{{"ProcessorConfig":{{"Mode":{mode}}},"StartAt":"A","States":{{
                "A":{{"Type":"Pass","Parameters":{{"v.$":"$v"}},"End":true}}}}}}}}}}}}"#
        )
    };
    assert_eq!(outcome(&machine(r#""INLINE""#), "[1]"), r#"[{"v":5}]"#);
    let told = outcome(&machine(r#""DISTRIBUTED","ExecutionType":"STANDARD""#), "[1]");
    assert!(told.starts_with("States.ExceedToleratedFailureThreshold"), "{told}");
}

#[test]
fn large_inputs_of_iterations_are_made_a_few_at_a_time() {
    let large = "x".repeat(100_000);
    let machine = r#"{"StartAt":"M","States":{"M":{"Type":"Map","ItemsPath":"$.l","ItemSelector":{"x.$":"$.x","i.$":"$$.Map.Item.Value"},"End":true,
        "ItemProcessor":{"StartAt":"A","States":{"A":{"Type":"Pass","OutputPath":"$.i","End":true}}}}}}"#;
    let mut world = World::new(Kind::Standard, machine);
    let numbers: Vec<String> = (0..100).map(|number| number.to_string()).collect();
    world.input(Input::Start { input: &format!(r#"{{"x":"{large}","l":[{}]}}"#, numbers.join(",")) });
    assert_eq!(world.live.status(), Status::Succeeded);
    assert!(world.steps.len() >= 10, "{}", world.steps.len());
    assert!(world.steps.iter().all(|step| step.len() < 2 * STEP_BYTES_MAX));
}

#[test]
fn a_failure_deep_below_is_redriven_where_it_happened() {
    check(
        r#"{"StartAt":"M","States":{"M":{"Type":"Map","MaxConcurrency":1,"End":true,"ItemProcessor":{"StartAt":"P","States":{
            "P":{"Type":"Parallel","End":true,"Branches":[
                {"StartAt":"A","States":{"A":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","End":true}}},
                {"StartAt":"B","States":{"B":{"Type":"Pass","End":true}}}]}}}}}}"#,
        r#"start [1,2]
           succeed 1 "a"
           fail 2 Bad
           redrive
           succeed 3 "b""#,
        expect![[r#"
            start [1,2]
              1<-0 ExecutionStarted {"input":"[1,2]","roleArn":"arn:aws:iam::000000000000:role/role"}
              2<-0 MapStateEntered {"name":"M","input":"[1,2]"}
              3<-2 MapStateStarted {"length":2}
              4<-3 MapIterationStarted {"name":"M","index":0}
              5<-4 ParallelStateEntered {"name":"P","input":"1"}
              6<-5 ParallelStateStarted
              7<-6 TaskStateEntered {"name":"A","input":"1"}
              8<-7 TaskScheduled {"resource":"invoke","resourceType":"lambda","region":"us-east-1","parameters":"1"}
              9<-6 PassStateEntered {"name":"B","input":"1"}
              10<-9 PassStateExited {"name":"B","output":"1"}
              #1 call arn:aws:states:::lambda:invoke 1
            succeed 1 "a"
              11<-8 TaskStarted {"resource":"invoke","resourceType":"lambda"}
              12<-11 TaskSucceeded {"resource":"invoke","resourceType":"lambda","output":"\"a\""}
              13<-12 TaskStateExited {"name":"A","output":"\"a\""}
              14<-13 ParallelStateSucceeded
              15<-13 ParallelStateExited {"name":"P","output":"[\"a\",1]"}
              16<-15 MapIterationSucceeded {"name":"M","index":0}
              17<-15 MapIterationStarted {"name":"M","index":1}
              18<-17 ParallelStateEntered {"name":"P","input":"2"}
              19<-18 ParallelStateStarted
              20<-19 TaskStateEntered {"name":"A","input":"2"}
              21<-20 TaskScheduled {"resource":"invoke","resourceType":"lambda","region":"us-east-1","parameters":"2"}
              22<-19 PassStateEntered {"name":"B","input":"2"}
              23<-22 PassStateExited {"name":"B","output":"2"}
              #2 call arn:aws:states:::lambda:invoke 2
            fail 2 Bad
              24<-21 TaskStarted {"resource":"invoke","resourceType":"lambda"}
              25<-24 TaskFailed {"resource":"invoke","resourceType":"lambda","error":"Bad"}
              26<-25 ParallelStateFailed
              27<-26 MapIterationFailed {"name":"M","index":1}
              28<-27 MapStateFailed
              29<-28 ExecutionFailed {"error":"Bad"}
              Failed Some("Bad") None
            redrive
              30<-29 ExecutionRedriven {"redriveCount":1}
              31<-30 TaskScheduled {"resource":"invoke","resourceType":"lambda","region":"us-east-1","parameters":"2"}
              #3 call arn:aws:states:::lambda:invoke 2
            succeed 3 "b"
              32<-31 TaskStarted {"resource":"invoke","resourceType":"lambda"}
              33<-32 TaskSucceeded {"resource":"invoke","resourceType":"lambda","output":"\"b\""}
              34<-33 TaskStateExited {"name":"A","output":"\"b\""}
              35<-34 ParallelStateSucceeded
              36<-34 ParallelStateExited {"name":"P","output":"[\"b\",2]"}
              37<-36 MapIterationSucceeded {"name":"M","index":1}
              38<-37 MapStateSucceeded
              39<-37 MapStateExited {"name":"M","output":"[[\"a\",1],[\"b\",2]]"}
              40<-39 ExecutionSucceeded {"output":"[[\"a\",1],[\"b\",2]]"}
              Succeeded [["a",1],["b",2]]
        "#]],
    );
}

#[test]
fn an_endless_child_fails_when_its_own_history_would_be_full() {
    let machine = r#"{"StartAt":"M","States":{"M":{"Type":"Map","ToleratedFailureCount":1,"End":true,
        "ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},"StartAt":"A","States":{
            "A":{"Type":"Choice","Choices":[{"Variable":"$","NumericEquals":1,"Next":"B"}],"Default":"C"},
            "B":{"Type":"Pass","Next":"A"},"C":{"Type":"Pass","End":true}}}}}}"#;
    assert_eq!(outcome(machine, "[1,2]"), "[2]");
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
        expect![[r#"
            start {"k":"items.json"}
              1<-0 ExecutionStarted {"input":"{\"k\":\"items.json\"}","roleArn":"arn:aws:iam::000000000000:role/role"}
              2<-0 MapStateEntered {"name":"M","input":"{\"k\":\"items.json\"}"}
              3<-2 MapStateStarted {"length":0}
              4<-3 MapRunStarted {"mapRunArn":"arn:aws:states:us-east-1:000000000000:mapRun:machine/M:14057b7e-f767-414f-9a08-ee1184ba6d32"}
              #1 read Object(Json { pointer: None }) {"Bucket":"b","Key":"items.json"}
            succeed 1 [{"n":1},{"n":2},{"n":3}]
              5<-4 MapRunSucceeded
              #2 write {"Bucket":"b","Prefix":"p"} [{"Index":0,"Input":"{\"n\":1}","Output":"{\"n\":1}","Status":"SUCCEEDED"},{"Index":1,"Input":"{\"n\":2}","Output":"{\"n\":2}","Status":"SUCCEEDED"}]
            succeed 2 {"Bucket":"b","Key":"p/manifest.json"}
              6<-5 MapStateSucceeded
              7<-5 MapStateExited {"name":"M","output":"{\"MapRunArn\":\"arn:aws:states:us-east-1:000000000000:mapRun:machine/M:14057b7e-f767-414f-9a08-ee1184ba6d32\",\"ResultWriterDetails\":{\"Bucket\":\"b\",\"Key\":\"p/manifest.json\"}}"}
              8<-7 ExecutionSucceeded {"output":"{\"MapRunArn\":\"arn:aws:states:us-east-1:000000000000:mapRun:machine/M:14057b7e-f767-414f-9a08-ee1184ba6d32\",\"ResultWriterDetails\":{\"Bucket\":\"b\",\"Key\":\"p/manifest.json\"}}"}
              Succeeded {"MapRunArn":"arn:aws:states:us-east-1:000000000000:mapRun:machine/M:14057b7e-f767-414f-9a08-ee1184ba6d32","ResultWriterDetails":{"Bucket":"b","Key":"p/manifest.json"}}
        "#]],
    );
    check(
        r#"{"StartAt":"M","States":{"M":{"Type":"Map","End":true,
            "ItemReader":{"Resource":"arn:aws:states:::s3:listObjectsV2","Parameters":{"Bucket":"b"}},
            "ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},"StartAt":"I","States":{"I":{"Type":"Pass","End":true}}}}}}"#,
        r#"start {}
           succeed 1 {"no":"list"}"#,
        expect![[r#"
            start {}
              1<-0 ExecutionStarted {"input":"{}","roleArn":"arn:aws:iam::000000000000:role/role"}
              2<-0 MapStateEntered {"name":"M","input":"{}"}
              3<-2 MapStateStarted {"length":0}
              4<-3 MapRunStarted {"mapRunArn":"arn:aws:states:us-east-1:000000000000:mapRun:machine/M:14057b7e-f767-414f-9a08-ee1184ba6d32"}
              #1 read Listing {"Bucket":"b"}
            succeed 1 {"no":"list"}
              5<-4 MapRunFailed {"error":"States.ItemReaderFailed","cause":"Attempting to map over non-iterable node."}
              6<-5 MapStateFailed
              7<-6 ExecutionFailed {"error":"States.ItemReaderFailed","cause":"Attempting to map over non-iterable node."}
              Failed Some("States.ItemReaderFailed") Some("Attempting to map over non-iterable node.")
        "#]],
    );
}

#[test]
fn a_run_that_begins_and_ends_in_one_step_leaves_no_children_behind() {
    let mut world = World::new(
        Kind::Standard,
        r#"{"StartAt":"O","States":{
            "O":{"Type":"Map","ItemsPath":"$$.Execution.Input","Next":"E",
                "Retry":[{"ErrorEquals":["A"],"MaxAttempts":2}],"Catch":[{"ErrorEquals":["States.ALL"],"Next":"E"}],
                "ItemProcessor":{"StartAt":"T","States":{
                    "T":{"Type":"Wait","Seconds":5,"Next":"M"},
                    "M":{"Type":"Map","ItemsPath":"$$.Execution.Input","ToleratedFailureCount":0,"Next":"F",
                        "Retry":[{"ErrorEquals":["A","States.Timeout"],"MaxAttempts":2}],
                        "Catch":[{"ErrorEquals":["States.ALL"],"Next":"F"}],
                        "ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},"StartAt":"P",
                            "States":{"P":{"Type":"Pass","Next":"N"},"N":{"Type":"Fail","Error":"A"}}}},
                    "F":{"Type":"Fail","Error":"A"}}}},
            "E":{"Type":"Fail","Error":"A"}}}"#,
    );
    for line in ["start [1,2,3]", "+10s", "+10s", "+10s", "+10s"] {
        world.line(line);
    }
    assert_eq!(world.live.status(), Status::Failed);
}
