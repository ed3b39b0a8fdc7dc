//! States that are tested by themselves.

use bongsu_states_language::{Mock, StateTest, TestStatus, Tested, Timestamp, Untestable, test_state};

fn test(definition: &str, state: Option<&str>, mock: Option<Mock<'_>>) -> Result<Tested, Untestable> {
    let test = StateTest {
        definition,
        state,
        input: r#"{"a":{"b":1}}"#,
        variables: Some(r#"{"v":5}"#),
        context: Some(r#"{"State":{"Name":"given"}}"#),
        mock,
    };
    test_state(&test, Timestamp(0), &mut || 7)
}

#[test]
fn a_pass_shows_what_becomes_of_its_data() {
    let pass = r#"{"Type":"Pass","InputPath":"$.a","Parameters":{"x.$":"$.b","v.$":"$v","n.$":"$$.State.Name"},"ResultPath":"$.r","Next":"After"}"#;
    let tested = test(pass, None, None).unwrap();
    assert_eq!(tested.status, TestStatus::Succeeded);
    assert_eq!(tested.next.as_deref(), Some("After"));
    assert_eq!(tested.output.as_deref(), Some(r#"{"a":{"b":1},"r":{"x":1,"v":5,"n":"given"}}"#));
    let shown = |key: &str| tested.inspection.iter().find(|(known, _)| *known == key).map(|(_, value)| value.as_str());
    assert_eq!(shown("input"), Some(r#"{"a":{"b":1}}"#));
    assert_eq!(shown("afterInputPath"), Some(r#"{"b":1}"#));
    assert_eq!(shown("afterParameters"), Some(r#"{"x":1,"v":5,"n":"given"}"#));
}

#[test]
fn a_task_asks_or_takes_a_pretended_answer() {
    let task = r#"{"Type":"Task","Resource":"arn:aws:states:::http:invoke","Parameters":{"n.$":"$.a.b"},
        "Retry":[{"ErrorEquals":["Again"]}],"Catch":[{"ErrorEquals":["Bad"],"Next":"H"}],"ResultPath":null,"End":true}"#;
    let tested = test(task, None, None).unwrap();
    assert_eq!(tested.status, TestStatus::Asks);
    assert_eq!(tested.call.unwrap().1, r#"{"n":1}"#);
    let tested = test(task, None, Some(Mock::Result("7"))).unwrap();
    assert_eq!((tested.status, tested.output.as_deref()), (TestStatus::Succeeded, Some(r#"{"a":{"b":1}}"#)));
    let error = |name| Some(Mock::Error { error: Some(name), cause: Some("why") });
    let tested = test(task, None, error("Again")).unwrap();
    assert_eq!((tested.status, tested.problem.cause.as_deref()), (TestStatus::Retriable, Some("why")));
    let tested = test(task, None, error("Bad")).unwrap();
    assert_eq!((tested.status, tested.next.as_deref()), (TestStatus::CaughtError, Some("H")));
    let tested = test(task, None, error("Other")).unwrap();
    assert_eq!((tested.status, tested.problem.error.as_deref()), (TestStatus::Failed, Some("Other")));
}

#[test]
fn a_state_is_found_at_any_level() {
    let machine = r#"{"StartAt":"M","States":{"M":{"Type":"Map","ItemsPath":"$.a","ItemProcessor":{"StartAt":"W","States":{
        "W":{"Type":"Wait","Seconds":9,"Next":"X"},"X":{"Type":"Fail","Error":"E"}}},"End":true}}}"#;
    assert_eq!(test(machine, Some("W"), None).unwrap().next.as_deref(), Some("X"));
    assert_eq!(test(machine, Some("X"), None).unwrap().status, TestStatus::Failed);
    assert_eq!(test(machine, Some("Y"), None), Err(Untestable::NoSuchState));
    assert_eq!(test(machine, Some("M"), Some(Mock::Result("[1]"))).unwrap().output.as_deref(), Some("[1]"));
    assert!(matches!(test("{}", None, None), Err(Untestable::Definition(_))));
}
