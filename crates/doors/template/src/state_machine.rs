//! `AWS::StepFunctions::StateMachine` and `AWS::StepFunctions::Activity` → a machine with its definition, and work that
//! workers fetch.

use std::collections::BTreeMap;

use crate::Inputs;
use crate::json::Scalars;
use crate::metadata::{RATE_LIMIT_TAG, RATE_LIMITS};
use crate::names;
use crate::queue::tags;
use crate::scope::Identity;
use crate::stack::Definition;
use crate::types::{Naming, Read, Reading, ResourceType};

pub(crate) static TYPE: ResourceType = ResourceType {
    name: "AWS::StepFunctions::StateMachine",
    identity: |naming| identity(naming, "StateMachineName", "stateMachine"),
    read: Read::Properties(|reading| read_machine(reading).map(Definition::StateMachine)),
    metadata: &[RATE_LIMITS],
    told: &[
        ("EncryptionConfiguration", "definitions and data are kept as they are"),
        (
            "LoggingConfiguration",
            "the history of a standard execution is there either way, and an express one leaves none",
        ),
        ("TracingConfiguration", "executions are not traced"),
    ],
    replaced_by: &["StateMachineName", "StateMachineType"],
};

pub(crate) static ACTIVITY: ResourceType = ResourceType {
    name: "AWS::StepFunctions::Activity",
    identity: |naming| identity(naming, "Name", "activity"),
    read: Read::Properties(|reading| Some(Definition::Activity(read_activity(reading)))),
    metadata: &[],
    told: &[("EncryptionConfiguration", "inputs are kept as they are")],
    replaced_by: &["Name"],
};

/// The longest name, in characters.
const NAME_MAX: usize = 80;

/// A state machine to create.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateMachineResource {
    /// Its name.
    pub name: String,
    /// What `Ref` gives.
    pub arn: String,
    /// In the Amazon States Language, with what is substituted in it.
    pub definition: String,
    /// The role it is said to have; nothing is asked of it.
    pub role: String,
    /// Whether its executions are short, and have no history.
    pub express: bool,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
}

/// An activity to create.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActivityResource {
    /// Its name.
    pub name: String,
    /// What `Ref` gives.
    pub arn: String,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
}

fn identity(naming: &mut Naming<'_, '_>, property: &str, kind: &str) -> Identity {
    let Inputs { region, account, .. } = naming.inputs;
    let (region, account) = (region.clone(), account.clone());
    let given = naming.text(property);
    let name = given.unwrap_or_else(|| names::generated(naming.inputs, naming.logical_id, "", NAME_MAX));
    let arn = format!("arn:aws:states:{region}:{account}:{kind}:{name}");
    Identity::new(name.clone(), arn.clone(), vec![("Arn", arn), ("Name", name)])
}

fn read_machine(Reading { line, identity, mut reader, metadata, .. }: Reading<'_, '_>) -> Option<StateMachineResource> {
    reader.text("StateMachineName");
    let given: Vec<&str> = ["Definition", "DefinitionS3Location", "DefinitionString"]
        .into_iter()
        .filter(|name| reader.has(name))
        .collect();
    if given.len() != 1 {
        reader.fault(line, "a state machine has one of Definition and DefinitionString");
    }
    if reader.has("DefinitionS3Location") {
        let line = reader.line_of("DefinitionS3Location");
        reader.pass(&["DefinitionS3Location"]);
        reader.fault(line, "DefinitionS3Location is not supported; give the definition in the template");
    }
    let string = reader.json("DefinitionString", Scalars::AsWritten);
    let definition = reader.json("Definition", Scalars::Unquoted).or(string);
    let substitutions = reader.text_map("DefinitionSubstitutions");
    let role = reader.required("RoleArn");
    let express = reader.one_of("StateMachineType", &["EXPRESS", "STANDARD"]).is_some_and(|kind| kind == "EXPRESS");
    let mut tags = tags(&mut reader);
    let of_state = |(state, rule)| (format!("{RATE_LIMIT_TAG}:{state}"), rule);
    tags.extend(metadata.rate_limits.into_iter().map(of_state));
    reader.finish();
    let definition = substituted(definition?, &substitutions);
    let arn = identity.reference.clone()?;
    Some(StateMachineResource { name: identity.name.clone(), arn, definition, role: role?, express, tags })
}

/// With values for `${name}`. Names that have none stay as they are: JSONata and texts may have such, too.
fn substituted(mut definition: String, substitutions: &BTreeMap<String, String>) -> String {
    for (name, value) in substitutions {
        let quoted = serde_json::Value::from(value.as_str()).to_string();
        // Inside of a text of JSON, whose quotes are there already.
        definition = definition.replace(&format!("${{{name}}}"), &quoted[1..quoted.len() - 1]);
    }
    definition
}

fn read_activity(Reading { identity, mut reader, .. }: Reading<'_, '_>) -> ActivityResource {
    reader.required("Name");
    let tags = tags(&mut reader);
    reader.finish();
    let arn = identity.reference.clone().unwrap_or_default();
    ActivityResource { name: identity.name.clone(), arn, tags }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn substitutions_stand_in_texts() {
        let values = BTreeMap::from([("Queue".to_owned(), "a\"b".to_owned())]);
        let definition = r#"{"QueueUrl":"${Queue}","Other":"${Other}"}"#.to_owned();
        assert_eq!(substituted(definition, &values), r#"{"QueueUrl":"a\"b","Other":"${Other}"}"#);
    }
}
