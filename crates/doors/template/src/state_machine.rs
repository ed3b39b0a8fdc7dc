//! `AWS::StepFunctions::StateMachine` and `AWS::StepFunctions::Activity` → a machine with its definition, and work that
//! workers fetch.

use std::collections::BTreeMap;

use crate::Inputs;
use crate::machine_definition::{self, MachineDefinition};
use crate::metadata::{RATE_LIMIT_TAG, RATE_LIMITS};
use crate::names;
use crate::queue::tags;
use crate::reader::Reader;
use crate::scope::Identity;
use crate::stack::Definition;
use crate::types::{Naming, Read, Reading, ResourceType};

pub(crate) static TYPE: ResourceType = ResourceType {
    name: "AWS::StepFunctions::StateMachine",
    identity: |naming| {
        let mut identity = identity(naming, "StateMachineName", "stateMachine");
        identity.attributes.push(("StateMachineRevisionId", None));
        identity
    },
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
    /// In the Amazon States Language.
    pub definition: MachineDefinition,
    /// What is substituted in a definition that is read when the machine is deployed.
    pub substitutions: BTreeMap<String, String>,
    /// The role it is said to have; nothing is asked of it.
    pub role: String,
    /// Whether its executions are short, and have no history.
    pub express: bool,
    /// What is to be logged, if that is said.
    pub logging: Option<MachineLogging>,
    /// Whether its executions are to be traced, if that is said.
    pub tracing: Option<bool>,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
}

/// What is to be logged of a machine's executions, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MachineLogging {
    /// `ALL`, `ERROR`, `FATAL` or `OFF`.
    pub level: String,
    /// Whether inputs and outputs are part of it.
    pub includes_data: bool,
    /// The ARN of a group of logs, if there is one.
    pub log_group: Option<String>,
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
    let substitutions = reader.text_map("DefinitionSubstitutions");
    let definition = machine_definition::read(&mut reader, line, &substitutions);
    let role = reader.required("RoleArn");
    let express = reader.one_of("StateMachineType", &["EXPRESS", "STANDARD"]).is_some_and(|kind| kind == "EXPRESS");
    let logging = reader.map("LoggingConfiguration").map(read_logging);
    let tracing = reader.map("TracingConfiguration").map(|mut tracing| {
        let enabled = tracing.boolean("Enabled").unwrap_or(false);
        tracing.finish();
        enabled
    });
    let mut tags = tags(&mut reader);
    let of_state = |(state, rule)| (format!("{RATE_LIMIT_TAG}:{state}"), rule);
    tags.extend(metadata.rate_limits.into_iter().map(of_state));
    reader.finish();
    let (name, arn) = (identity.name.clone(), identity.reference.clone()?);
    let (definition, role) = (definition?, role?);
    Some(StateMachineResource { name, arn, definition, substitutions, role, express, logging, tracing, tags })
}

fn read_logging(mut logging: Reader<'_>) -> MachineLogging {
    let level = logging.one_of("Level", &["ALL", "ERROR", "FATAL", "OFF"]).unwrap_or_else(|| "OFF".to_owned());
    let includes_data = logging.boolean("IncludeExecutionData").unwrap_or(false);
    let destinations = logging.list("Destinations");
    if destinations.len() > 1 {
        logging.fault(logging.line_of("Destinations"), "a machine has one destination of logs");
    }
    let log_group = destinations.into_iter().next().and_then(|node| {
        let mut destination = logging.within(node, "a destination")?;
        let group = destination.map("CloudWatchLogsLogGroup").and_then(|mut group| {
            let arn = group.required("LogGroupArn");
            group.finish();
            arn
        });
        destination.finish();
        group
    });
    logging.finish();
    MachineLogging { level, includes_data, log_group }
}

fn read_activity(Reading { identity, mut reader, .. }: Reading<'_, '_>) -> ActivityResource {
    reader.required("Name");
    let tags = tags(&mut reader);
    reader.finish();
    let arn = identity.reference.clone().unwrap_or_default();
    ActivityResource { name: identity.name.clone(), arn, tags }
}
