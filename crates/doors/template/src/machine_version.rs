//! `AWS::StepFunctions::StateMachineVersion` and `AWS::StepFunctions::StateMachineAlias` → what a machine is at one time,
//! and a name for one or two of those.

use crate::error::Faults;
use crate::names;
use crate::node::{Node, Value};
use crate::reader::Reader;
use crate::scope::{Identity, Scope};
use crate::stack::{Definition, Reference};
use crate::types::{Naming, Read, Reading, ResourceType};

pub(crate) static VERSION: ResourceType = ResourceType {
    name: "AWS::StepFunctions::StateMachineVersion",
    // Its aliases are named after the machine.
    identity: |naming| Identity {
        name: naming.text("StateMachineArn").unwrap_or_default(),
        reference: None,
        attributes: vec![("Arn", None)],
    },
    read: Read::Properties(|reading| read_version(reading).map(Definition::MachineVersion)),
    metadata: &[],
    told: &[],
    replaced_by: &["Description", "StateMachineArn", "StateMachineRevisionId"],
};

pub(crate) static ALIAS: ResourceType = ResourceType {
    name: "AWS::StepFunctions::StateMachineAlias",
    identity: |naming| {
        let name =
            naming.text("Name").unwrap_or_else(|| names::generated(naming.inputs, naming.logical_id, "", NAME_MAX));
        match machine_of(naming) {
            Some(machine) => {
                let arn = format!("{machine}:{name}");
                Identity::new(name, arn.clone(), vec![("Arn", arn)])
            }
            None => Identity { name, reference: None, attributes: vec![("Arn", None)] },
        }
    },
    read: Read::Properties(|reading| read_alias(reading).map(Definition::MachineAlias)),
    metadata: &[],
    told: &[],
    replaced_by: &["Name"],
};

/// The longest name of an alias, in characters.
const NAME_MAX: usize = 80;
/// How many versions an alias leads to.
const ROUTES_MAX: usize = 2;
/// All executions.
const WHOLE_WEIGHT: u32 = 100;

/// A version to publish.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MachineVersionResource {
    /// The ARN of the machine.
    pub machine: String,
    /// The revision that it is to be of; the newest unless given.
    pub revision: Option<Reference>,
    /// Its `Description`.
    pub description: Option<String>,
}

/// An alias to create.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MachineAliasResource {
    /// The alias.
    pub name: String,
    /// Its `Description`.
    pub description: Option<String>,
    /// The ARNs of one or two versions, and how many of a hundred executions each gets.
    pub routes: Vec<(Reference, u32)>,
}

fn read_version(Reading { mut reader, .. }: Reading<'_, '_>) -> Option<MachineVersionResource> {
    let machine = reader.required("StateMachineArn");
    let (revision, description) = (reader.reference("StateMachineRevisionId"), reader.string("Description"));
    reader.finish();
    Some(MachineVersionResource { machine: machine?, revision, description })
}

fn read_alias(Reading { identity, line, mut reader, .. }: Reading<'_, '_>) -> Option<MachineAliasResource> {
    reader.text("Name");
    let description = reader.string("Description");
    let (is_routed, is_preferred) = (reader.has("RoutingConfiguration"), reader.has("DeploymentPreference"));
    if is_routed == is_preferred {
        reader.fault(line, "an alias has one of RoutingConfiguration and DeploymentPreference");
    }
    let mut routes = Vec::new();
    for node in reader.list("RoutingConfiguration") {
        let Some(mut route) = reader.within(node, "a route") else { continue };
        route.require("StateMachineVersionArn");
        route.require("Weight");
        let pair = (route.reference("StateMachineVersionArn"), route.whole("Weight", 0..=WHOLE_WEIGHT));
        route.finish();
        if let (Some(version), Some(weight)) = pair {
            routes.push((version, weight));
        }
    }
    let sum: u32 = routes.iter().map(|(_, weight)| weight).sum();
    if is_routed && (routes.len() > ROUTES_MAX || sum != WHOLE_WEIGHT) {
        reader.fault(
            reader.line_of("RoutingConfiguration"),
            format!("RoutingConfiguration must have one or two versions, with weights that make {WHOLE_WEIGHT}"),
        );
    }
    if let Some(preference) = reader.map("DeploymentPreference") {
        routes.extend(read_preference(preference).map(|version| (version, WHOLE_WEIGHT)));
    }
    reader.finish();
    Some(MachineAliasResource { name: identity.name.clone(), description, routes })
}

/// The version that it is to lead to. How fast it would get there is checked; it is there at once.
fn read_preference(mut preference: Reader<'_>) -> Option<Reference> {
    preference.require("StateMachineVersionArn");
    preference.require("Type");
    let version = preference.reference("StateMachineVersionArn");
    let kind = preference.one_of("Type", &["ALL_AT_ONCE", "CANARY", "LINEAR"]);
    let is_gradual = kind.is_some_and(|kind| kind != "ALL_AT_ONCE");
    for (name, range) in [("Percentage", 1..=99), ("Interval", 1..=2100)] {
        preference.whole(name, range);
        if is_gradual {
            preference.require(name);
        }
    }
    preference.strings("Alarms");
    preference.finish();
    version
}

/// The ARN of the machine whose versions an alias leads to, as far as that can be told before they are published.
fn machine_of(naming: &mut Naming<'_, '_>) -> Option<String> {
    let Naming { properties, scope, faults, .. } = naming;
    let properties = (*properties)?;
    let routes = properties.get("RoutingConfiguration").and_then(Node::as_list);
    let route = routes.and_then(<[Node]>::first).or_else(|| properties.get("DeploymentPreference"))?;
    machine_of_version(route.get("StateMachineVersionArn")?, scope, faults)
}

fn machine_of_version(version: &Node, scope: &Scope<'_>, faults: &mut Faults) -> Option<String> {
    match scope.resolve(version, faults)?.value {
        Value::Text(arn) => arn.text.rsplit_once(':').map(|(machine, _)| machine.to_owned()),
        Value::Later(version, _) => scope.identities.get(&version).map(|identity| identity.name.clone()),
        _ => None,
    }
}
