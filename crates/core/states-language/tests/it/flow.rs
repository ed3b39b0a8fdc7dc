//! States that need nothing from outside: Pass, Choice, Wait, Succeed, Fail, and what flows between them.

use expect_test::expect;

use crate::story::{check, outcome, single};

#[test]
fn a_pass_hands_its_input_on() {
    check(
        r#"{"StartAt":"Hello","States":{"Hello":{"Type":"Pass","End":true}}}"#,
        r#"start {"a": 1}"#,
        expect![[r#"
        start {"a": 1}
          1<-0 ExecutionStarted {"input":"{\"a\": 1}","roleArn":"arn:aws:iam::000000000000:role/role"}
          2<-0 PassStateEntered {"name":"Hello","input":"{\"a\": 1}"}
          3<-2 PassStateExited {"name":"Hello","output":"{\"a\": 1}"}
          4<-3 ExecutionSucceeded {"output":"{\"a\": 1}"}
          Succeeded {"a": 1}
    "#]],
    );
}

#[test]
fn a_wait_is_a_deadline() {
    check(
        r#"{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":30,"Next":"D"},"D":{"Type":"Succeed"}}}"#,
        "start {}
         +29s
         +1s",
        expect![[r#"
            start {}
              1<-0 ExecutionStarted {"input":"{}","roleArn":"arn:aws:iam::000000000000:role/role"}
              2<-0 WaitStateEntered {"name":"W","input":"{}"}
            +29s
            +1s
              at 30.000s
              3<-2 WaitStateExited {"name":"W","output":"{}"}
              4<-3 SucceedStateEntered {"name":"D","input":"{}"}
              5<-4 SucceedStateExited {"name":"D","output":"{}"}
              6<-5 ExecutionSucceeded {"output":"{}"}
              Succeeded {}
        "#]],
    );
}

#[test]
fn a_fail_state_ends_with_its_error() {
    check(
        r#"{"StartAt":"F","States":{"F":{"Type":"Fail","ErrorPath":"$.e","Cause":"because"}}}"#,
        r#"start {"e":"Bad"}"#,
        expect![[r#"
            start {"e":"Bad"}
              1<-0 ExecutionStarted {"input":"{\"e\":\"Bad\"}","roleArn":"arn:aws:iam::000000000000:role/role"}
              2<-0 FailStateEntered {"name":"F","input":"{\"e\":\"Bad\"}"}
              3<-2 ExecutionFailed {"error":"Bad","cause":"because"}
              Failed Some("Bad") Some("because")
        "#]],
    );
    check(
        r#"{"StartAt":"F","States":{"F":{"Type":"Fail"}}}"#,
        "start {}",
        expect![[r#"
        start {}
          1<-0 ExecutionStarted {"input":"{}","roleArn":"arn:aws:iam::000000000000:role/role"}
          2<-0 FailStateEntered {"name":"F","input":"{}"}
          3<-2 ExecutionFailed {}
          Failed None None
    "#]],
    );
}

#[test]
fn a_missing_path_fails_the_execution() {
    check(
        r#"{"StartAt":"pass","States":{"pass":{"Type":"Pass","Parameters":{"value.$":"$.x"},"End":true}}}"#,
        r#"start {"a":{"b":2}}"#,
        expect![[r#"
            start {"a":{"b":2}}
              1<-0 ExecutionStarted {"input":"{\"a\":{\"b\":2}}","roleArn":"arn:aws:iam::000000000000:role/role"}
              2<-0 PassStateEntered {"name":"pass","input":"{\"a\":{\"b\":2}}"}
              3<-2 ExecutionFailed {"error":"States.Runtime","cause":"An error occurred while executing the state 'pass' (entered at the event id #2). The JSONPath '$.x' specified for the field 'value.$' could not be found in the input '{\"a\":{\"b\":2}}'"}
              Failed Some("States.Runtime") Some("An error occurred while executing the state 'pass' (entered at the event id #2). The JSONPath '$.x' specified for the field 'value.$' could not be found in the input '{\"a\":{\"b\":2}}'")
        "#]],
    );
}

#[test]
fn a_stopped_execution_is_aborted() {
    check(
        r#"{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":30,"End":true}}}"#,
        "start {}
         stop
         stop",
        expect![[r#"
            start {}
              1<-0 ExecutionStarted {"input":"{}","roleArn":"arn:aws:iam::000000000000:role/role"}
              2<-0 WaitStateEntered {"name":"W","input":"{}"}
            stop
              3<-0 ExecutionAborted {}
              Aborted None None
            stop
              refused: NotRunning
        "#]],
    );
}

#[test]
fn an_execution_that_takes_too_long_times_out() {
    check(
        r#"{"StartAt":"W","TimeoutSeconds":5,"States":{"W":{"Type":"Wait","Seconds":30,"End":true}}}"#,
        "start {}
         +30s",
        expect![[r#"
            start {}
              1<-0 ExecutionStarted {"input":"{}","roleArn":"arn:aws:iam::000000000000:role/role"}
              2<-0 WaitStateEntered {"name":"W","input":"{}"}
            +30s
              at 5.000s
              3<-0 ExecutionTimedOut {"error":"States.Timeout"}
              TimedOut Some("States.Timeout") None
        "#]],
    );
}

#[test]
fn the_result_goes_into_the_raw_input_and_output_path_comes_last() {
    let pass =
        |fields: &str| outcome(&single(&format!(r#"{{"Type":"Pass",{fields},"End":true}}"#)), r#"{"a":{"b":2},"c":3}"#);
    assert_eq!(pass(r#""InputPath":"$.a""#), r#"{"b":2}"#);
    assert_eq!(pass(r#""InputPath":"$.a","ResultPath":"$.r""#), r#"{"a":{"b":2},"c":3,"r":{"b":2}}"#);
    assert_eq!(pass(r#""Result":9,"ResultPath":"$.a.n.m""#), r#"{"a":{"b":2,"n":{"m":9}},"c":3}"#);
    assert_eq!(pass(r#""Result":9,"ResultPath":"$.a","OutputPath":"$.a""#), "9");
    assert_eq!(pass(r#""InputPath":null"#), "{}");
    assert_eq!(pass(r#""OutputPath":null"#), "{}");
    assert_eq!(pass(r#""Result":9,"ResultPath":null"#), r#"{"a":{"b":2},"c":3}"#);
    assert_eq!(
        pass(r#""Parameters":{"x.$":"$.a.b","y":{"z.$":"$.c"},"l":[{"k.$":"$.c"}],"who.$":"$$.State.Name"}"#),
        r#"{"x":2,"y":{"z":3},"l":[{"k":3}],"who":"S"}"#
    );
}

#[test]
fn what_cannot_be_found_has_aws_sentences() {
    let pass = |fields: &str| outcome(&single(&format!(r#"{{"Type":"Pass",{fields},"End":true}}"#)), r#"{"a":1}"#);
    let at = "An error occurred while executing the state 'S' (entered at the event id #2).";
    assert_eq!(
        pass(r#""InputPath":"$.x""#),
        format!("States.Runtime: {at} Invalid path '$.x' : No results for path: $['x']")
    );
    assert_eq!(
        pass(r#""OutputPath":"$.x.b""#),
        format!("States.Runtime: {at} Invalid path '$.x.b' : Missing property in path $['x']")
    );
    assert_eq!(
        pass(r#""ResultPath":"$.a.b""#),
        format!("States.ResultPathMatchFailure: {at} Unable to apply ReferencePath $.a.b to input 1")
    );
}

#[test]
fn variables_are_seen_by_later_states_and_computed_from_old_ones() {
    check(
        r#"{"StartAt":"A","States":{
            "A":{"Type":"Pass","Assign":{"x.$":"$.n","y":1},"Next":"B"},
            "B":{"Type":"Pass","Assign":{"x.$":"$y","y.$":"$x"},"Next":"C"},
            "C":{"Type":"Pass","Parameters":{"x.$":"$x","y.$":"$y"},"End":true}}}"#,
        r#"start {"n":7}"#,
        expect![[r#"
            start {"n":7}
              1<-0 ExecutionStarted {"input":"{\"n\":7}","roleArn":"arn:aws:iam::000000000000:role/role"}
              2<-0 PassStateEntered {"name":"A","input":"{\"n\":7}"}
              3<-2 PassStateExited {"name":"A","output":"{\"n\":7}","assignedVariables":{"x":"7","y":"1"}}
              4<-3 PassStateEntered {"name":"B","input":"{\"n\":7}"}
              5<-4 PassStateExited {"name":"B","output":"{\"n\":7}","assignedVariables":{"x":"1","y":"7"}}
              6<-5 PassStateEntered {"name":"C","input":"{\"n\":7}"}
              7<-6 PassStateExited {"name":"C","output":"{\"x\":1,\"y\":7}"}
              8<-7 ExecutionSucceeded {"output":"{\"x\":1,\"y\":7}"}
              Succeeded {"x":1,"y":7}
        "#]],
    );
}

#[test]
fn the_first_rule_that_holds_decides() {
    let choice = r#"{"StartAt":"C","States":{
        "C":{"Type":"Choice","Default":"D","Choices":[
            {"Variable":"$.n","NumericLessThan":3,"Next":"small"},
            {"And":[{"Variable":"$.s","IsPresent":true},{"Not":{"Variable":"$.s","StringMatches":"x*"}}],"Next":"text"},
            {"Or":[{"Variable":"$.t","TimestampGreaterThan":"2026-01-01T00:00:00+09:00"}],"Next":"late"}]},
        "small":{"Type":"Pass","Result":"small","End":true},
        "text":{"Type":"Pass","Result":"text","End":true},
        "late":{"Type":"Pass","Result":"late","End":true},
        "D":{"Type":"Pass","Result":"default","End":true}}}"#;
    assert_eq!(outcome(choice, r#"{"n":1}"#), r#""small""#);
    assert_eq!(outcome(choice, r#"{"n":"1","s":"abc"}"#), r#""text""#);
    assert_eq!(outcome(choice, r#"{"n":5,"s":"xbc","t":"2026-01-01T00:00:00Z"}"#), r#""late""#);
    assert_eq!(outcome(choice, r#"{"n":5,"s":"xbc","t":"2025-12-31T00:00:00Z"}"#), r#""default""#);
    assert_eq!(
        outcome(choice, r#"{"s":"xbc"}"#),
        "States.Runtime: An error occurred while executing the state 'C' (entered at the event id #2). \
         Invalid path '$.n': The choice state's condition path references an invalid value."
    );
}

#[test]
fn a_choice_without_a_match_says_so() {
    check(
        r#"{"StartAt":"C","States":{"C":{"Type":"Choice","Choices":[{"Variable":"$.n","IsNull":true,"Next":"E"}]},"E":{"Type":"Succeed"}}}"#,
        r#"start {"n":1}"#,
        expect![[r#"
            start {"n":1}
              1<-0 ExecutionStarted {"input":"{\"n\":1}","roleArn":"arn:aws:iam::000000000000:role/role"}
              2<-0 ChoiceStateEntered {"name":"C","input":"{\"n\":1}"}
              3<-2 ExecutionFailed {"error":"States.NoChoiceMatched","cause":"An error occurred while executing the state 'C' (entered at the event id #2). Failed to transition out of the state. The state does not point to a next state."}
              Failed Some("States.NoChoiceMatched") Some("An error occurred while executing the state 'C' (entered at the event id #2). Failed to transition out of the state. The state does not point to a next state.")
        "#]],
    );
}

#[test]
fn a_timestamp_that_is_none_has_aws_sentence() {
    let wait = single(r#"{"Type":"Wait","TimestampPath":"$.x","End":true}"#);
    assert_eq!(
        outcome(&wait, r#"{"x":"tomorrow"}"#),
        "States.Runtime: An error occurred while executing the state 'S' (entered at the event id #2). \
         The TimestampPath parameter does not reference a valid ISO-8601 extended offset date-time format string: $.x == tomorrow"
    );
    assert_eq!(outcome(&wait, r#"{"x":"2020-01-01T00:00:00Z"}"#), r#"{"x":"2020-01-01T00:00:00Z"}"#);
}

#[test]
fn an_endless_loop_fails_when_its_history_is_full() {
    let endless = r#"{"StartAt":"A","States":{"A":{"Type":"Pass","Next":"B"},"B":{"Type":"Pass","Next":"A"}}}"#;
    let world = crate::story::play(bongsu_states_language::Kind::Standard, endless, "start {}");
    assert_eq!(world.events.len(), 25_000);
    assert_eq!(world.events.last().unwrap().kind(), "ExecutionFailed");
}

#[test]
fn an_endless_loop_of_an_express_machine_gives_way_to_others() {
    let endless = r#"{"StartAt":"A","States":{"A":{"Type":"Pass","Next":"B"},"B":{"Type":"Pass","Next":"A"}}}"#;
    let mut world = crate::story::World::new(bongsu_states_language::Kind::Express, endless);
    assert!(world.step(bongsu_states_language::Input::Start { input: "{}" }), "it is to be taken up again");
    assert!(world.live.is_runnable());
    world.line("+300s");
    assert_eq!(world.live.status(), bongsu_states_language::Status::TimedOut);
}

#[test]
fn data_that_nests_too_deeply_fails_the_state() {
    let deeper = r#"{"StartAt":"A","States":{"A":{"Type":"Pass","Parameters":{"x.$":"$"},"Next":"B"},
        "B":{"Type":"Wait","Seconds":0,"Next":"A"}}}"#;
    let told = outcome(deeper, "{}");
    assert!(told.starts_with("States.DataLimitExceeded: "), "{told}");
    let variable = r#"{"StartAt":"A","States":{"A":{"Type":"Pass","Assign":{"v":{}},"Next":"B"},
        "B":{"Type":"Pass","Assign":{"v":{"x.$":"$v"}},"Next":"C"},"C":{"Type":"Pass","Next":"B"}}}"#;
    let told = outcome(variable, "{}");
    assert!(told.starts_with("States.DataLimitExceeded: "), "{told}");
}

#[test]
fn every_operator_compares_values_of_its_type_alone() {
    let families = [
        ("String", r#""b""#, [r#""a""#, r#""b""#, r#""c""#], "7"),
        ("Numeric", "2", ["1.5", "2.0", "1e3"], r#""2""#),
        (
            "Timestamp",
            r#""2026-01-01T00:00:00Z""#,
            [r#""2025-12-31T23:59:59.999Z""#, r#""2026-01-01T09:00:00+09:00""#, r#""2026-01-01T00:00:01Z""#],
            r#""soon""#,
        ),
    ];
    let orders = [
        ("Equals", [false, true, false]),
        ("LessThan", [true, false, false]),
        ("GreaterThan", [false, false, true]),
        ("LessThanEquals", [true, true, false]),
        ("GreaterThanEquals", [false, true, true]),
    ];
    for (family, right, values, other) in families {
        for (order, verdicts) in orders {
            for (value, verdict) in values.iter().zip(verdicts).chain([(&other, false)]) {
                let operator = format!("{family}{order}");
                assert_eq!(decided(&operator, right, value, "null"), verdict, "{value} {operator} {right}");
                let operator = format!("{family}{order}Path");
                assert_eq!(decided(&operator, r#""$.other""#, value, right), verdict, "{value} {operator} {right}");
            }
        }
    }
    for (operator, right, value, verdict) in [
        ("BooleanEquals", "true", "true", true),
        ("BooleanEquals", "true", "false", false),
        ("BooleanEquals", "true", r#""true""#, false),
        ("BooleanEqualsPath", r#""$.other""#, "false", true),
        ("StringMatches", r#""lo*.t\\*t""#, r#""log.t*t""#, true),
        ("IsNull", "true", "null", true),
        ("IsNull", "false", "null", false),
        ("IsPresent", "true", "null", true),
        ("IsNumeric", "true", "1", true),
        ("IsString", "false", "1", true),
        ("IsBoolean", "true", "1", false),
        ("IsTimestamp", "true", r#""2026-01-01T00:00:00Z""#, true),
    ] {
        assert_eq!(decided(operator, right, value, "false"), verdict, "{value} {operator} {right}");
    }
    assert!(!decided_without_variable("IsPresent", "true"));
    assert!(decided_without_variable("IsPresent", "false"));
}

fn choice(operator: &str, right: &str) -> String {
    format!(
        r#"{{"StartAt":"C","States":{{"C":{{"Type":"Choice","Default":"no","Choices":[{{"Variable":"$.v","{operator}":{right},"Next":"yes"}}]}},
            "yes":{{"Type":"Pass","Result":true,"End":true}},"no":{{"Type":"Pass","Result":false,"End":true}}}}}}"#
    )
}

fn decided(operator: &str, right: &str, value: &str, other: &str) -> bool {
    match outcome(&choice(operator, right), &format!(r#"{{"v":{value},"other":{other}}}"#)).as_str() {
        "true" => true,
        "false" => false,
        told => panic!("{told}"),
    }
}

fn decided_without_variable(operator: &str, right: &str) -> bool {
    outcome(&choice(operator, right), "{}") == "true"
}

/// The interpreter of AWS keeps integers and doubles apart, as Java's libraries for JSON do.
#[test]
fn a_number_that_was_written_with_a_point_keeps_it() {
    let state = single(
        r#"{"Type":"Pass","End":true,"Parameters":{"one.$":"$.n","half.$":"$.h","text.$":"States.Format('{}', $.n)",
            "json.$":"States.JsonToString($.list)","sum.$":"States.MathAdd($.n, 1)","fixed":3.0}}"#,
    );
    assert_eq!(
        outcome(&state, r#"{"n":2.0,"h":2.50,"list":[1.0,1,1e2]}"#),
        r#"{"one":2.0,"half":2.5,"text":"2.0","json":"[1.0,1,100.0]","sum":3,"fixed":3.0}"#
    );
    let choice = r#"{"StartAt":"C","States":{"C":{"Type":"Choice","Choices":[{"Variable":"$","NumericEquals":2,"Next":"Y"}]},
        "Y":{"Type":"Pass","Result":"two","End":true}}}"#;
    assert_eq!(outcome(choice, "2.0"), r#""two""#);
}
