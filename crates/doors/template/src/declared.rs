//! A resource as it is declared: its type, condition and policies, and the name it will have.

use crate::DeletionPolicy;
use crate::error::Faults;
use crate::node::{Entry, Node};
use crate::scope::{Identity, Scope};
use crate::types::{self, Naming, Read, ResourceType};

const RESOURCE_KEYS: [&str; 8] = [
    "Condition",
    "CreationPolicy",
    "DeletionPolicy",
    "DependsOn",
    "Metadata",
    "Properties",
    "Type",
    "UpdateReplacePolicy",
];

/// A resource of the template, as far as it can be told without reading its properties.
pub(crate) struct Declared<'a> {
    pub(crate) logical_id: &'a str,
    pub(crate) line: u32,
    pub(crate) kind: &'static ResourceType,
    pub(crate) properties: Option<&'a Node>,
    pub(crate) metadata: Option<&'a Node>,
    /// As the template says, SAM's names followed.
    pub(crate) depends_on: Vec<String>,
    pub(crate) deletion_policy: DeletionPolicy,
    pub(crate) update_replace_policy: DeletionPolicy,
}

/// `None` when its condition leaves it out, or it is too faulty to go on with.
pub(crate) fn read<'a>(
    entry: &'a Entry,
    all: &[Entry],
    scope: &mut Scope<'_>,
    faults: &mut Faults,
) -> Option<Declared<'a>> {
    faults.concern(Some(&entry.key));
    let declared = read_one(entry, all, scope, faults);
    faults.concern(None);
    declared
}

fn read_one<'a>(
    Entry { key: logical_id, line, node }: &'a Entry,
    all: &[Entry],
    scope: &mut Scope<'_>,
    faults: &mut Faults,
) -> Option<Declared<'a>> {
    if logical_id.starts_with("Fn::ForEach") {
        faults.at(*line, "Fn::ForEach is not supported");
        return None;
    }
    if logical_id.is_empty() || !logical_id.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        faults.at(*line, "a logical id consists of letters and digits");
    }
    let Some(attributes) = node.as_map() else {
        faults.at(*line, format!("a resource must be a map, not {}", node.kind()));
        return None;
    };
    for attribute in attributes {
        if !RESOURCE_KEYS.contains(&attribute.key.as_str()) {
            faults.at(attribute.line, format!("{} is not supported", attribute.key));
        }
    }
    let depends_on = node.get("DependsOn").map(|names| depends_on(names, all, scope, faults)).unwrap_or_default();
    match scope.holds(node.get("Condition")) {
        Ok(true) => {}
        Ok(false) => {
            let name = node.get("Condition").and_then(Node::as_text).map(|text| text.text.clone());
            scope.excluded.insert(logical_id.clone(), name.unwrap_or_default());
            return None;
        }
        Err(fault) => faults.push(fault),
    }
    let Some((type_line, type_name)) = node.get("Type").and_then(|node| Some((node.line, &node.as_text()?.text)))
    else {
        faults.at(*line, "Type is missing");
        return None;
    };
    let Some(kind) = types::find(type_name) else {
        faults.at(type_line, format!("type {type_name} is not supported{}", instead_of(type_name)));
        return None;
    };
    Some(Declared {
        logical_id,
        line: *line,
        kind,
        properties: node.get("Properties"),
        metadata: node.get("Metadata"),
        depends_on,
        deletion_policy: deletion_policy(node, "DeletionPolicy", scope, faults),
        update_replace_policy: deletion_policy(node, "UpdateReplacePolicy", scope, faults),
    })
}

/// What to do where a type is missed.
fn instead_of(type_name: &str) -> &'static str {
    match type_name {
        "AWS::CloudFormation::Stack" | "AWS::Serverless::Application" => {
            ": deploy the inner template as a stack of its own, and share values by Export and Fn::ImportValue"
        }
        _ => " yet",
    }
}

fn depends_on(node: &Node, all: &[Entry], scope: &Scope<'_>, faults: &mut Faults) -> Vec<String> {
    let mut names = Vec::new();
    for name in node.as_list().unwrap_or(std::slice::from_ref(node)) {
        let Some(text) = name.as_text().map(|text| &text.text) else {
            faults.at(name.line, "DependsOn must be the name of a resource, or a list of names");
            continue;
        };
        let text = scope.aliases.get(text).unwrap_or(text);
        if all.iter().any(|entry| entry.key == *text) {
            names.push(text.clone());
        } else {
            faults.at(name.line, format!("DependsOn: there is no resource {text}"));
        }
    }
    names
}

fn deletion_policy(node: &Node, name: &str, scope: &Scope<'_>, faults: &mut Faults) -> DeletionPolicy {
    let Some(given) = node.get(name).and_then(|node| scope.resolve(node, faults)) else {
        return DeletionPolicy::default();
    };
    match given.as_text().map(|text| text.text.as_str()) {
        Some("Delete") => DeletionPolicy::Delete,
        Some("Retain") => DeletionPolicy::Retain,
        Some("RetainExceptOnCreate") if name == "DeletionPolicy" => DeletionPolicy::RetainExceptOnCreate,
        Some("Snapshot") => {
            faults.at(given.line, format!("{name}: nothing here makes snapshots; Delete or Retain it"));
            DeletionPolicy::default()
        }
        _ => {
            faults.at(given.line, format!("{name} must be Delete or Retain"));
            DeletionPolicy::default()
        }
    }
}

/// Names may be made from the names of other resources: each round names those whose parts are known.
pub(crate) fn name(declared: &[Declared<'_>], scope: &mut Scope<'_>, faults: &mut Faults) {
    let mut waiting: Vec<&Declared<'_>> = declared.iter().collect();
    loop {
        let before = waiting.len();
        waiting.retain(|resource| {
            let mut found = Faults::default();
            let identity = identify(resource, scope, &mut found);
            if found.is_empty() {
                scope.identities.insert(resource.logical_id.to_owned(), identity);
            }
            !found.is_empty()
        });
        if waiting.len() == before {
            break;
        }
    }
    // What is left gets some name, so that its fault is reported once and not at every reference too. It will be found
    // again where the properties are read, if they are.
    for resource in waiting {
        let mut found = Faults::default();
        let is_recorded = matches!(resource.kind.read, Read::Recorded(_));
        faults.concern(Some(resource.logical_id));
        let identity = identify(resource, scope, if is_recorded { faults } else { &mut found });
        scope.identities.insert(resource.logical_id.to_owned(), identity);
    }
    faults.concern(None);
}

fn identify(resource: &Declared<'_>, scope: &Scope<'_>, faults: &mut Faults) -> Identity {
    let Declared { logical_id, properties, .. } = *resource;
    (resource.kind.identity)(&mut Naming { logical_id, inputs: scope.inputs, properties, scope, faults })
}
