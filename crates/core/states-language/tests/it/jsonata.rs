//! States whose query language is JSONata.

use bongsu_states_language::{Definition, Kind, invalid_definition};
use expect_test::expect;

use crate::story::{check, outcome, play};

/// A machine of one JSONata state.
fn single(state: &str) -> String {
    format!(r#"{{"QueryLanguage":"JSONata","StartAt":"S","States":{{"S":{state}}}}}"#)
}

#[test]
fn a_task_shapes_what_it_sends_and_what_it_gives() {
    check(
        r#"{"StartAt":"T","States":{
            "T":{"Type":"Task","QueryLanguage":"JSONata","Resource":"arn:aws:states:::lambda:invoke","TimeoutSeconds":"{% $states.input.t %}",
                "Arguments":{"FunctionName":"f","Payload":"{% $states.input.items[price > 2] %}","at":["{% $states.context.State.Name %}"]},
                "Assign":{"code":"{% $states.result.StatusCode %}"},
                "Output":"{% $merge([$states.input, {'r': $states.result.Payload}]) %}","Next":"P"},
            "P":{"Type":"Pass","Parameters":{"code.$":"$code"},"End":true}}}"#,
        r#"start {"t":9,"items":[{"price":1},{"price":3}]}
           succeed 1 {"StatusCode":200,"Payload":"ok"}"#,
        expect![[r#"
            start {"t":9,"items":[{"price":1},{"price":3}]}
              1<-0 ExecutionStarted {"input":"{\"t\":9,\"items\":[{\"price\":1},{\"price\":3}]}","roleArn":"arn:aws:iam::000000000000:role/role"}
              2<-0 TaskStateEntered {"name":"T","input":"{\"t\":9,\"items\":[{\"price\":1},{\"price\":3}]}"}
              3<-2 TaskScheduled {"resource":"invoke","resourceType":"lambda","region":"us-east-1","parameters":"{\"FunctionName\":\"f\",\"Payload\":{\"price\":3},\"at\":[\"T\"]}","timeoutInSeconds":9}
              #1 call arn:aws:states:::lambda:invoke {"FunctionName":"f","Payload":{"price":3},"at":["T"]}
            succeed 1 {"StatusCode":200,"Payload":"ok"}
              4<-3 TaskStarted {"resource":"invoke","resourceType":"lambda"}
              5<-4 TaskSucceeded {"resource":"invoke","resourceType":"lambda","output":"{\"StatusCode\":200,\"Payload\":\"ok\"}"}
              6<-5 TaskStateExited {"name":"T","output":"{\"t\":9,\"items\":[{\"price\":1},{\"price\":3}],\"r\":\"ok\"}","assignedVariables":{"code":"200"}}
              7<-6 PassStateEntered {"name":"P","input":"{\"t\":9,\"items\":[{\"price\":1},{\"price\":3}],\"r\":\"ok\"}"}
              8<-7 PassStateExited {"name":"P","output":"{\"code\":200}"}
              9<-8 ExecutionSucceeded {"output":"{\"code\":200}"}
              Succeeded {"code":200}
        "#]],
    );
}

#[test]
fn the_default_output_is_the_result_or_the_input() {
    assert_eq!(outcome(&single(r#"{"Type":"Pass","End":true}"#), r#"{"a":1}"#), r#"{"a":1}"#);
    assert_eq!(
        outcome(&single(r#"{"Type":"Succeed","Output":{"x":"{% $states.input.a + 1 %}"}}"#), r#"{"a":1}"#),
        r#"{"x":2}"#
    );
    let task = single(r#"{"Type":"Task","Resource":"arn:aws:states:::http:invoke","End":true}"#);
    check(
        &task,
        "start {}\nsucceed 1 [1]",
        expect![[r#"
        start {}
          1<-0 ExecutionStarted {"input":"{}","roleArn":"arn:aws:iam::000000000000:role/role"}
          2<-0 TaskStateEntered {"name":"S","input":"{}"}
          3<-2 TaskScheduled {"resource":"invoke","resourceType":"http","region":"us-east-1","parameters":"{}"}
          #1 call arn:aws:states:::http:invoke {}
        succeed 1 [1]
          4<-3 TaskStarted {"resource":"invoke","resourceType":"http"}
          5<-4 TaskSucceeded {"resource":"invoke","resourceType":"http","output":"[1]"}
          6<-5 TaskStateExited {"name":"S","output":"[1]"}
          7<-6 ExecutionSucceeded {"output":"[1]"}
          Succeeded [1]
    "#]],
    );
}

#[test]
fn an_expression_that_fails_is_told_aside() {
    check(
        &single(
            r#"{"Type":"Map","Items":"{% 1 %}","End":true,"ItemProcessor":{"StartAt":"I","States":{"I":{"Type":"Pass","End":true}}}}"#,
        ),
        "start {}",
        expect![[r#"
            start {}
              1<-0 ExecutionStarted {"input":"{}","roleArn":"arn:aws:iam::000000000000:role/role"}
              2<-0 MapStateEntered {"name":"S","input":"{}"}
              3<-0 EvaluationFailed {"error":"States.QueryEvaluationError","cause":"An error occurred while executing the state 'S' (entered at the event id #2). The JSONata expression '1' specified for the field 'Items' returned an unexpected result type. Expected 'array', but was 'number' for value: 1","location":"Items","state":"S"}
              4<-2 MapStateFailed
              5<-4 ExecutionFailed {"error":"States.QueryEvaluationError","cause":"An error occurred while executing the state 'S' (entered at the event id #2). The JSONata expression '1' specified for the field 'Items' returned an unexpected result type. Expected 'array', but was 'number' for value: 1"}
              Failed Some("States.QueryEvaluationError") Some("An error occurred while executing the state 'S' (entered at the event id #2). The JSONata expression '1' specified for the field 'Items' returned an unexpected result type. Expected 'array', but was 'number' for value: 1")
        "#]],
    );
    check(
        &single(
            r#"{"Type":"Task","Resource":"arn:aws:states:::http:invoke","Arguments":{"a":{"b":"{% $states.input.nothing %}"}},"End":true}"#,
        ),
        "start {}",
        expect![[r#"
            start {}
              1<-0 ExecutionStarted {"input":"{}","roleArn":"arn:aws:iam::000000000000:role/role"}
              2<-0 TaskStateEntered {"name":"S","input":"{}"}
              3<-0 EvaluationFailed {"error":"States.QueryEvaluationError","cause":"An error occurred while executing the state 'S' (entered at the event id #2). The JSONata expression '$states.input.nothing' specified for the field 'Arguments/a/b' returned nothing (undefined).","location":"Arguments/a/b","state":"S"}
              4<-2 ExecutionFailed {"error":"States.QueryEvaluationError","cause":"An error occurred while executing the state 'S' (entered at the event id #2). The JSONata expression '$states.input.nothing' specified for the field 'Arguments/a/b' returned nothing (undefined)."}
              Failed Some("States.QueryEvaluationError") Some("An error occurred while executing the state 'S' (entered at the event id #2). The JSONata expression '$states.input.nothing' specified for the field 'Arguments/a/b' returned nothing (undefined).")
        "#]],
    );
    let told = outcome(&single(r#"{"Type":"Pass","Output":"{% 'a' + 1 %}","End":true}"#), "{}");
    assert!(told.contains("specified for the field 'Output' threw an error during evaluation. T2001: "), "{told}");
    let told = outcome(&single(r#"{"Type":"Pass","Output":"{% $sum %}","End":true}"#), "{}");
    assert!(told.contains("unsupported result type: function"), "{told}");
}

#[test]
fn an_evaluation_error_is_caught_with_its_output() {
    check(
        r#"{"QueryLanguage":"JSONata","StartAt":"T","States":{
            "T":{"Type":"Task","Resource":"arn:aws:states:::http:invoke","Arguments":"{% $error('no') %}","End":true,
                "Catch":[{"ErrorEquals":["States.QueryEvaluationError"],"Assign":{"e":"{% $states.errorOutput.Error %}"},
                    "Output":{"was":"{% $states.input %}"},"Next":"H"}]},
            "H":{"Type":"Pass","Output":"{% [$e, $states.input.was] %}","End":true}}}"#,
        r#"start {"a":1}"#,
        expect![[r#"
            start {"a":1}
              1<-0 ExecutionStarted {"input":"{\"a\":1}","roleArn":"arn:aws:iam::000000000000:role/role"}
              2<-0 TaskStateEntered {"name":"T","input":"{\"a\":1}"}
              3<-0 EvaluationFailed {"error":"States.QueryEvaluationError","cause":"An error occurred while executing the state 'T' (entered at the event id #2). The JSONata expression '$error('no')' specified for the field 'Arguments' threw an error during evaluation. D3137: no","location":"Arguments","state":"T"}
              4<-2 TaskStateExited {"name":"T","output":"{\"was\":{\"a\":1}}","assignedVariables":{"e":"\"States.QueryEvaluationError\""}}
              5<-4 PassStateEntered {"name":"H","input":"{\"was\":{\"a\":1}}"}
              6<-5 PassStateExited {"name":"H","output":"[\"States.QueryEvaluationError\",{\"a\":1}]"}
              7<-6 ExecutionSucceeded {"output":"[\"States.QueryEvaluationError\",{\"a\":1}]"}
              Succeeded ["States.QueryEvaluationError",{"a":1}]
        "#]],
    );
}

#[test]
fn conditions_decide_and_rules_have_their_own_output() {
    let choice = r#"{"QueryLanguage":"JSONata","StartAt":"C","States":{
        "C":{"Type":"Choice","Default":"E","Output":"default","Assign":{"v":0},"Choices":[
            {"Condition":"{% $states.input.n > 3 %}","Next":"E","Output":"{% $states.input.n * 2 %}","Assign":{"v":1}},
            {"Condition":"{% $states.input.n = 'x' ? 7 : false %}","Next":"E"}]},
        "E":{"Type":"Pass","Output":["{% $states.input %}","{% $v %}"],"End":true}}}"#;
    assert_eq!(outcome(choice, r#"{"n":4}"#), "[8,1]");
    assert_eq!(outcome(choice, r#"{"n":1}"#), r#"["default",0]"#);
    let told = outcome(choice, r#"{"n":"x"}"#);
    assert!(told.starts_with("States.QueryEvaluationError: "), "{told}");
}

#[test]
fn a_map_has_its_item_in_the_context() {
    let map = single(
        r#"{"Type":"Map","Items":"{% $states.input.l %}","MaxConcurrency":"{% 1 + 1 %}","End":true,
            "ItemSelector":{"v":"{% $states.context.Map.Item.Value %}","i":"{% $states.context.Map.Item.Index %}","k":"{% $states.input.k %}"},
            "Output":"{% $states.result.v %}",
            "ItemProcessor":{"StartAt":"I","States":{"I":{"Type":"Wait","Seconds":"{% 0 %}","Output":{"v":"{% $states.input.v * 10 + $states.context.Map.Item.Index %}"},"End":true}}}}"#,
    );
    assert_eq!(outcome(&map, r#"{"l":[1,2,3],"k":0}"#), "[10,21,32]");
}

#[test]
fn the_functions_of_the_states_language_are_there() {
    let pass = |expression: &str| {
        outcome(&single(&format!(r#"{{"Type":"Pass","Output":"{{% {expression} %}}","End":true}}"#)), "{}")
    };
    assert_eq!(pass("$partition([1,2,3], 2)"), "[[1,2],[3]]");
    assert_eq!(pass("$range(0, 10, 5)"), "[0,5,10]");
    assert_eq!(pass("$hash('input', 'MD5')"), r#""a43c1b0aa53a0c908810c06ab1ff3967""#);
    assert_eq!(pass("$parse('[1]')"), "[1]");
    assert_eq!(pass("$length($uuid())"), "36");
    assert_eq!(pass("$random(7) = $random(7)"), "true");
    assert_eq!(pass("$now()"), r#""2026-01-01T00:00:00.000Z""#);
}

#[test]
fn what_cannot_be_parsed_is_refused() {
    let refused = |state: &str| invalid_definition(&Definition::parse(&single(state), Kind::Standard).unwrap_err());
    assert!(refused(r#"{"Type":"Pass","Output":{"a":"{% 1 + %}"},"End":true}"#).contains("at /States/S/Output/a"));
    assert!(refused(r#"{"Type":"Pass","InputPath":"$.a","End":true}"#).contains(
        "The field 'InputPath' is not supported here when the query language is 'JSONata' at /States/S/InputPath"
    ));
    assert!(
        refused(r#"{"Type":"Wait","SecondsPath":"$.a","End":true}"#)
            .contains("Exactly one of these fields is required: [Seconds, Timestamp]")
    );
}

#[test]
fn expressions_that_take_long_let_others_have_their_turn_in_between() {
    let machine = r#"{"QueryLanguage":"JSONata","StartAt":"A","States":{
        "A":{"Type":"Pass","Output":"{% $sum([1..9000].($ + 1)) %}","Next":"B"},
        "B":{"Type":"Map","Items":"{% [1..40] %}","ItemSelector":"{% $sum([1..9000].($ + 1)) %}","Next":"C",
            "ItemProcessor":{"StartAt":"I","States":{"I":{"Type":"Pass","End":true}}}},
        "C":{"Type":"Choice","Choices":[{"Condition":"{% $sum([1..9000].($ + 1)) = 0 %}","Next":"A"}],"Default":"D"},
        "D":{"Type":"Succeed","Output":"{% $count($states.input) %}"}}}"#;
    let world = play(Kind::Standard, machine, "start {}");
    assert!(world.told.ends_with("Succeeded 40\n"));
    // 42 evaluations of 36,000 steps each, of which three fit into a step of the execution.
    assert!(world.steps.len() >= 14, "{} steps", world.steps.len());
}

#[test]
fn an_expression_without_end_fails_its_state() {
    let state = r#"{"Type":"Pass","Output":"{% ($f := function($n) { $f($n + 1) }; $f(0)) %}","End":true}"#;
    let outcome = outcome(&single(state), "{}");
    assert!(outcome.starts_with("States.QueryEvaluationError") && outcome.contains("U1002"), "{outcome}");
}
