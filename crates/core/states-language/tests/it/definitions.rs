//! Definitions: what is accepted, and what is refused in AWS's words.

use bongsu_states_language::{Definition, Kind, Severity, invalid_definition, validate};

use crate::story::single;

fn refusal(kind: Kind, text: &str) -> String {
    invalid_definition(&Definition::parse(text, kind).unwrap_err())
}

/// What is said of the only state of a machine.
fn of_state(state: &str) -> String {
    let text = refusal(Kind::Standard, &single(state));
    text.strip_prefix("Invalid State Machine Definition: '").unwrap().strip_suffix('\'').unwrap().to_string()
}

#[test]
fn what_is_missing_is_named() {
    let refused = |text: &str| refusal(Kind::Standard, text);
    assert_eq!(
        refused(r#"{"StartAt":"A"}"#),
        "Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: These fields are required: [States] at /'"
    );
    assert_eq!(
        refused("{}"),
        "Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: These fields are required: [States, StartAt] at /'"
    );
    assert_eq!(
        refused(""),
        "Invalid State Machine Definition: 'INVALID_JSON_DESCRIPTION: Definition must be a valid JSON object'"
    );
    assert!(refused("{x").contains(r#" at [Source: (String)"{x"; line: 1, column: 2]"#), "{}", refused("{x"));
    assert!(refused(r#"{"StartAt":"A","States":{}}"#).contains("Value cannot be empty at /States"));
}

#[test]
fn fields_are_judged_where_they_stand() {
    let schema = |text: &str| format!("SCHEMA_VALIDATION_FAILED: {text}");
    for (state, expected) in [
        (
            r#"{"Type":"Nap"}"#,
            "The field 'Type' should have one of these values: [Task, Wait, Pass, Succeed, Fail, Choice, Parallel, Map] at /States/S/Type",
        ),
        (r#"{"Type":"Task","End":true}"#, "These fields are required: [Resource] at /States/S"),
        (
            r#"{"Type":"Task","Resource":"arn:aws:states:::dynamodb:query","End":true}"#,
            "The resource provided arn:aws:states:::dynamodb:query is not recognized. The value is not a valid resource ARN, or the resource is not available in this region. at /States/S/Resource",
        ),
        (
            r#"{"Type":"Task","Resource":"arn:aws:states:::http:invoke","Credentials":{},"End":true}"#,
            "The field 'RoleArn' is required but was missing at /States/S/Credentials",
        ),
        (r#"{"Type":"Parallel","Branches":[],"End":true}"#, "Value cannot be empty at /States/S/Branches"),
        (r#"{"Type":"Pass","End":true,"Wings":2}"#, "Field 'Wings' is not supported at /States/S/Wings"),
        (
            r#"{"Type":"Pass","End":true,"Output":1}"#,
            "The field 'Output' is not supported here when the query language is 'JSONPath' at /States/S/Output",
        ),
        (r#"{"Type":"Pass"}"#, "One of these fields is required: [Next, End] at /States/S"),
        (
            r#"{"Type":"Pass","Parameters":{"a.$":"x"},"End":true}"#,
            "The value for the field 'a.$' must be a valid JSONPath or a valid intrinsic function call at /States/S/Parameters",
        ),
        (
            r#"{"Type":"Pass","ResultPath":"$.a[*]","End":true}"#,
            "Value is not a Reference Path: $.a[*] at /States/S/ResultPath",
        ),
        (
            r#"{"Type":"Wait","Timestamp":"tomorrow","End":true}"#,
            "Value is not a valid RFC3339 timestamp at /States/S/Timestamp",
        ),
        (
            r#"{"Type":"Wait","Seconds":100000000,"End":true}"#,
            "Value must be an integer from 0 to 99999999 at /States/S/Seconds",
        ),
        (
            r#"{"Type":"Wait","End":true}"#,
            "Exactly one of these fields is required: [Seconds, Timestamp, SecondsPath, TimestampPath] at /States/S",
        ),
        (
            r#"{"Type":"Pass","Assign":{"states":1},"End":true}"#,
            "'states' is not a valid variable name at /States/S/Assign",
        ),
        (
            r#"{"Type":"Task","Resource":"arn:aws:states:::http:invoke","TimeoutSeconds":5,"HeartbeatSeconds":5,"End":true}"#,
            "The field 'HeartbeatSeconds' must be smaller than 'TimeoutSeconds' at /States/S",
        ),
        (
            r#"{"Type":"Task","Resource":"arn:aws:states:::http:invoke","Retry":[{"ErrorEquals":["States.ALL","X"]}],"End":true}"#,
            "The error name 'States.ALL' must appear alone, and in the last element at /States/S/Retry[0]/ErrorEquals",
        ),
        (
            r#"{"Type":"Task","Resource":"arn:aws:states:::http:invoke","Retry":[{"ErrorEquals":["States.Oops"]}],"End":true}"#,
            "The error name 'States.Oops' is reserved and not known at /States/S/Retry[0]/ErrorEquals",
        ),
    ] {
        assert_eq!(of_state(state), schema(expected), "{state}");
    }
}

#[test]
fn transitions_lead_to_states_of_their_level() {
    let machine = r#"{"StartAt":"A","States":{"A":{"Type":"Pass","Next":"B"},"C":{"Type":"Succeed"}}}"#;
    assert_eq!(
        refusal(Kind::Standard, machine),
        "Invalid State Machine Definition: 'MISSING_TRANSITION_TARGET: Missing 'Next' target: B at /States/A/Next, \
         MISSING_TRANSITION_TARGET: State \"C\" is not reachable. at /States/C'"
    );
    let machine = r#"{"StartAt":"A","States":{"A":{"Type":"Parallel","End":true,"Branches":[{"StartAt":"A","States":{"A":{"Type":"Succeed"}}}]}}}"#;
    assert!(refusal(Kind::Standard, machine).contains("Duplicate State name: A at /States/A/Branches[0]/States/A"));
}

#[test]
fn express_machines_wait_for_nobody() {
    let task = |resource: &str| {
        refusal(Kind::Express, &single(&format!(r#"{{"Type":"Task","Resource":"{resource}","End":true}}"#)))
    };
    assert!(task("arn:aws:states:::sqs:sendMessage.waitForTaskToken").contains(
        "SCHEMA_VALIDATION_FAILED: Express state machine does not support '.waitForTaskToken' service integration  at /States/S/Resource"
    ));
    assert!(
        task("arn:aws:states:::states:startExecution.sync:2")
            .contains("Express state machine does not support '.sync' service integration at /States/S/Resource")
    );
    assert!(
        task("arn:aws:states:us-east-1:000000000000:activity:a")
            .contains("Express state machine does not support Activity ARN at /States/S/Resource")
    );
}

#[test]
fn a_jsonata_machine_has_no_jsonpath_states() {
    let machine = r#"{"QueryLanguage":"JSONata","StartAt":"S","States":{"S":{"Type":"Pass","QueryLanguage":"JSONPath","End":true}}}"#;
    assert!(refusal(Kind::Standard, machine).contains(
        "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine at /States/S/QueryLanguage"
    ));
}

#[test]
fn a_machine_that_never_ends_is_only_strange() {
    let machine = r#"{"StartAt":"A","States":{"A":{"Type":"Pass","Next":"A"}}}"#;
    let diagnostics = validate(machine, Kind::Standard);
    assert_eq!(diagnostics.len(), 1);
    assert_eq!(diagnostics[0].severity, Severity::Warning);
    assert!(Definition::parse(machine, Kind::Standard).is_ok());
}

#[test]
fn all_that_is_wrong_is_said_at_once() {
    let machine = r#"{"StartAt":"Z","States":{"A":{"Type":"Pass","Next":"B","X":1},"B":{"Type":"Wait","Seconds":"x","End":true}}}"#;
    assert_eq!(validate(machine, Kind::Standard).len(), 3);
}
