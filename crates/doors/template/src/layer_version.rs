//! `AWS::Lambda::LayerVersion` → a layer to publish.

use crate::function::{self, Code};
use crate::names;
use crate::scope::Identity;
use crate::stack::Definition;
use crate::types::{Read, Reading, ResourceType};

/// The longest name of a layer.
const LAYER_NAME_MAX: usize = 64;

/// Every change publishes another version; the number is known when it is published.
pub(crate) static TYPE: ResourceType = ResourceType {
    name: "AWS::Lambda::LayerVersion",
    identity: |naming| {
        let given = naming.text("LayerName");
        let name = given.unwrap_or_else(|| names::generated(naming.inputs, naming.logical_id, "", LAYER_NAME_MAX));
        Identity { name, reference: None, attributes: vec![("LayerVersionArn", None)] }
    },
    read: Read::Properties(|reading| read(reading).map(Definition::LayerVersion)),
    metadata: &[],
    told: &[],
    replaced_by: &[
        "CompatibleArchitectures",
        "CompatibleRuntimes",
        "Content",
        "Description",
        "LayerName",
        "LicenseInfo",
    ],
};

/// A layer to publish a version of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayerVersionResource {
    /// The layer's name.
    pub name: String,
    /// Where its files are; never [`Code::Inline`].
    pub content: Code,
    /// The runtimes it is said to be for.
    pub compatible_runtimes: Vec<String>,
    /// What it is said to be built for.
    pub compatible_architectures: Vec<String>,
    /// Its `Description`.
    pub description: Option<String>,
    /// Its `LicenseInfo`.
    pub license: Option<String>,
}

fn read(Reading { identity, mut reader, .. }: Reading<'_, '_>) -> Option<LayerVersionResource> {
    reader.text("LayerName");
    if !names::is_layer_name(&identity.name) {
        reader.fault(reader.line_of("LayerName"), "LayerName must be letters, digits, hyphens or underscores");
    }
    let content = function::code(&mut reader, "Content", None);
    if matches!(content, Some(Code::Inline(_))) {
        reader.fault(reader.line_of("Content"), "property ZipFile is not supported");
    }
    let compatible_runtimes = reader.strings("CompatibleRuntimes");
    let compatible_architectures = reader.strings("CompatibleArchitectures");
    let (description, license) = (reader.string("Description"), reader.string("LicenseInfo"));
    reader.finish();
    Some(LayerVersionResource {
        name: identity.name.clone(),
        content: content?,
        compatible_runtimes,
        compatible_architectures,
        description,
        license,
    })
}
