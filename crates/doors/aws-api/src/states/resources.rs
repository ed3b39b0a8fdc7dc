//! What tasks can call here: a definition that names anything else is refused, in AWS's words.

use bongsu_states_language::{Definition, Diagnostic, Kind, Resource, Severity};
use serde_json::Value;

use super::tasks::OBJECT_ACTIONS;
use super::tasks::sdk::Service;

/// What else is wrong with a definition that the language itself finds right. One that it does not is not looked at.
pub(super) fn unknown(definition: &str, kind: Kind) -> Vec<Diagnostic> {
    let Ok(parsed) = Definition::parse(definition, kind) else { return Vec::new() };
    let states: Vec<&str> =
        parsed.resources().filter(|(_, resource)| !is_known(resource)).map(|(state, _)| state).collect();
    if states.is_empty() {
        return Vec::new();
    }
    let document: Value = serde_json::from_str(definition).unwrap_or_default();
    let mut found = Vec::new();
    in_machine(&document, "", &states, &mut found);
    found
}

fn is_known(resource: &Resource) -> bool {
    match resource {
        Resource::Lambda { .. } | Resource::Activity { .. } => true,
        Resource::Service { service, action, .. } => matches!(
            (&**service, &**action),
            ("lambda" | "http", "invoke") | ("sqs", "sendMessage") | ("sns", "publish") | ("states", "startExecution")
        ),
        Resource::AwsSdk { service, action, .. } if &**service == "s3" => OBJECT_ACTIONS.contains(&&**action),
        Resource::AwsSdk { service, action, .. } => {
            Service::find(service).is_some_and(|service| service.operation(action).is_some())
        }
    }
}

/// Looks for the states of these names, in branches and iterations too.
fn in_machine(machine: &Value, location: &str, states: &[&str], found: &mut Vec<Diagnostic>) {
    for (name, state) in machine.get("States").and_then(Value::as_object).into_iter().flatten() {
        let location = format!("{location}/States/{name}");
        if let Some(resource) =
            state.get("Resource").and_then(Value::as_str).filter(|_| states.contains(&name.as_str()))
        {
            found.push(unrecognized(resource, format!("{location}/Resource")));
        }
        for (index, branch) in state.get("Branches").and_then(Value::as_array).into_iter().flatten().enumerate() {
            in_machine(branch, &format!("{location}/Branches[{index}]"), states, found);
        }
        for processor in ["ItemProcessor", "Iterator"] {
            if let Some(machine) = state.get(processor) {
                in_machine(machine, &format!("{location}/{processor}"), states, found);
            }
        }
    }
}

fn unrecognized(resource: &str, location: String) -> Diagnostic {
    Diagnostic {
        severity: Severity::Error,
        code: "SCHEMA_VALIDATION_FAILED",
        message: format!(
            "The resource provided {resource} is not recognized. The value is not a valid resource ARN, or the resource is \
             not available in this region."
        ),
        location: Some(location),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn locations(resource: &str) -> Vec<String> {
        let definition = format!(
            r#"{{"StartAt":"P","States":{{"P":{{"Type":"Parallel","End":true,"Branches":[{{"StartAt":"T","States":{{
                "T":{{"Type":"Task","Resource":"{resource}","End":true}}}}}}]}}}}}}"#
        );
        unknown(&definition, Kind::Standard).into_iter().filter_map(|found| found.location).collect()
    }

    #[test]
    fn what_nothing_here_does_is_refused_with_its_place() {
        for resource in [
            "arn:aws:states:::events:putEvents",
            "arn:aws:states:::aws-sdk:dynamodb:getItem",
            "arn:aws:states:::aws-sdk:sqs:burnQueue",
            "arn:aws:states:::aws-sdk:s3:createBucket",
        ] {
            assert_eq!(locations(resource), ["/States/P/Branches[0]/States/T/Resource"], "{resource}");
        }
    }

    #[test]
    fn what_is_done_here_is_taken() {
        for resource in [
            "arn:aws:lambda:us-east-1:000000000000:function:f",
            "arn:aws:states:us-east-1:000000000000:activity:a",
            "arn:aws:states:::lambda:invoke.waitForTaskToken",
            "arn:aws:states:::sqs:sendMessage",
            "arn:aws:states:::sns:publish",
            "arn:aws:states:::http:invoke",
            "arn:aws:states:::states:startExecution.sync:2",
            "arn:aws:states:::aws-sdk:sfn:startSyncExecution",
            "arn:aws:states:::aws-sdk:s3:getObject",
        ] {
            assert_eq!(locations(resource), Vec::<String>::new(), "{resource}");
        }
        assert_eq!(unknown("{", Kind::Standard), []);
    }
}
