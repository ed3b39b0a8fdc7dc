//! `AWS::Lambda::Version` and `AWS::Lambda::Alias` → what freezes a function, and what names a frozen one.

use crate::mapping::function_reference;
use crate::names;
use crate::reader::Reader;
use crate::scope::Identity;
use crate::stack::{Definition, Reference};
use crate::types::{Naming, Read, Reading, ResourceType};

/// Processes start when they are needed, and stay warm.
const PROVISIONED: (&str, &str) = ("ProvisionedConcurrencyConfig", "processes are started when they are needed");

pub(crate) static VERSION: ResourceType = ResourceType {
    name: "AWS::Lambda::Version",
    identity: |naming| Identity {
        name: names::id(naming.inputs, naming.logical_id, 10),
        reference: None,
        attributes: vec![("FunctionArn", None), ("Version", None)],
    },
    read: Read::Properties(|reading| read_version(reading).map(Definition::Version)),
    metadata: &[],
    told: &[PROVISIONED, ("RuntimePolicy", "the runtimes are those of this machine")],
    replaced_by: &["CodeSha256", "Description", "FunctionName"],
};

pub(crate) static TYPE: ResourceType = ResourceType {
    name: "AWS::Lambda::Alias",
    identity,
    read: Read::Properties(|reading| read_alias(reading).map(Definition::Alias)),
    metadata: &[],
    told: &[PROVISIONED],
    replaced_by: &["FunctionName", "Name"],
};

/// A version to publish.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionResource {
    /// The name of the function.
    pub function: String,
    /// Its `Description`.
    pub description: Option<String>,
    /// What the code's SHA-256 must be, in Base64.
    pub code_sha256: Option<String>,
    /// Whether another is published when the function's code is another (`AutoPublishAlias`), and not only when the template
    /// says something else.
    pub follows_code: bool,
}

/// An alias to create.
#[derive(Clone, Debug, PartialEq)]
pub struct AliasResource {
    /// The name of the function.
    pub function: String,
    /// The alias.
    pub name: String,
    /// The number of the version, or `$LATEST`.
    pub version: Reference,
    /// Its `Description`.
    pub description: Option<String>,
    /// Other versions and the share of invocations that they get, 0 to 1 each.
    pub weights: Vec<(Reference, f64)>,
}

/// `Ref` gives the alias's ARN.
fn identity(naming: &mut Naming<'_, '_>) -> Identity {
    let function = naming.text("FunctionName").unwrap_or_default();
    let function = names::function_reference(&function, naming.inputs).map_or(function, |function| function.name);
    let name = naming.text("Name").unwrap_or_default();
    let arn = format!("{}:{name}", names::function_arn(naming.inputs, &function));
    Identity::new(name, arn.clone(), vec![("AliasArn", arn)])
}

fn read_version(Reading { inputs, mut reader, .. }: Reading<'_, '_>) -> Option<VersionResource> {
    let function = function_reference(&mut reader, "FunctionName", inputs);
    let (description, code_sha256) = (reader.string("Description"), reader.string("CodeSha256"));
    reader.finish();
    // Known when the whole template is read.
    Some(VersionResource { function: function?.name, description, code_sha256, follows_code: false })
}

fn read_alias(Reading { identity, inputs, mut reader, .. }: Reading<'_, '_>) -> Option<AliasResource> {
    let function = function_reference(&mut reader, "FunctionName", inputs);
    let name = identity.name.clone();
    reader.required("Name");
    if reader.has("Name") && !names::is_alias(&name) {
        reader.fault(
            reader.line_of("Name"),
            "Name must be letters, digits, hyphens or underscores, at most 128, and not a number",
        );
    }
    reader.require("FunctionVersion");
    let version = reader.reference("FunctionVersion");
    let description = reader.string("Description");
    let weights = weights(&mut reader);
    reader.finish();
    Some(AliasResource { function: function?.name, name, version: version?, description, weights })
}

fn weights(reader: &mut Reader<'_>) -> Vec<(Reference, f64)> {
    let Some(mut routing) = reader.map("RoutingConfig") else { return Vec::new() };
    let mut weights = Vec::new();
    for node in routing.list("AdditionalVersionWeights") {
        let Some(mut weight) = routing.within(node, "a weight") else { continue };
        weight.require("FunctionVersion");
        weight.require("FunctionWeight");
        let pair = (weight.reference("FunctionVersion"), weight.decimal("FunctionWeight", 0.0..=1.0));
        weight.finish();
        if let (Some(version), Some(share)) = pair {
            weights.push((version, share));
        }
    }
    routing.finish();
    weights
}
