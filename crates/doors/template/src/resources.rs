//! From declared resources to the stack's: resolved, put in order, typed.

use std::collections::{BTreeMap, BTreeSet};

use crate::api::Gateway;
use crate::declared::Declared;
use crate::error::Faults;
use crate::json;
use crate::metadata;
use crate::node::{Entry, Node, Value};
use crate::order;
use crate::reader::Reader;
use crate::scope::Scope;
use crate::stack::{Definition, Ignored, Resource};
use crate::types::{Read, Reading};

/// What somebody proves to be allowed by, besides what `Metadata` has.
const SECRET_PROPERTIES: [(&str, &str); 2] =
    [("AWS::ApiGateway::ApiKey", "Value"), ("AWS::Events::Connection", "AuthParameters")];

/// A resource whose references have been followed.
struct Resolved<'a> {
    declared: &'a Declared<'a>,
    properties: Vec<Entry>,
    /// What stands under `Metadata: Bongsu:`.
    metadata: Option<Node>,
    needs: BTreeSet<String>,
}

/// All resources in order of creation, and what has no effect.
pub(crate) fn read(declared: &[Declared<'_>], scope: &Scope<'_>, faults: &mut Faults) -> (Vec<Resource>, Vec<Ignored>) {
    let resolved: Vec<Resolved<'_>> = declared.iter().map(|declared| resolve(declared, scope, faults)).collect();
    let needs: Vec<(&str, &BTreeSet<String>)> =
        resolved.iter().map(|resource| (resource.declared.logical_id, &resource.needs)).collect();
    let in_order = order::of_creation(&needs).unwrap_or_else(|circle| {
        let first = declared.iter().find(|resource| circle.first().is_some_and(|id| id == resource.logical_id));
        let line = first.map_or(1, |resource| resource.line);
        faults.at(line, format!("Circular dependency between resources: [{}]", circle.join(", ")));
        (0..resolved.len()).collect()
    });
    let (mut resources, mut ignored, mut gateway) = (Vec::new(), Vec::new(), Gateway::default());
    for position in in_order {
        let resource = &resolved[position];
        faults.concern(Some(resource.declared.logical_id));
        resources.extend(read_one(resource, scope, &mut gateway, &mut ignored, faults));
    }
    faults.concern(None);
    gateway.complete(&mut resources, faults);
    mark_versions(&mut resources, scope);
    (resources, ignored)
}

/// Functions are told that versions are made of them, and versions that they are SAM's, which follow the code.
fn mark_versions(resources: &mut [Resource], scope: &Scope<'_>) {
    let mut published = BTreeSet::new();
    for Resource { logical_id, definition, .. } in resources.iter_mut() {
        if let Definition::Version(version) = definition {
            version.follows_code = scope.aliases.values().any(|id| id == logical_id);
            published.insert(version.function.clone());
        }
    }
    for resource in resources {
        if let Definition::Function(function) = &mut resource.definition {
            function.is_published = published.contains(&function.name);
        }
    }
}

fn resolve<'a>(declared: &'a Declared<'a>, scope: &Scope<'_>, faults: &mut Faults) -> Resolved<'a> {
    faults.concern(Some(declared.logical_id));
    scope.take_uses();
    let properties = match declared.kind.read {
        Read::Recorded(_) => Vec::new(),
        Read::Properties(_) => scope.resolve_entries(properties_of(declared, faults), faults),
    };
    let metadata =
        declared.metadata.and_then(|metadata| metadata.get("Bongsu")).and_then(|ours| scope.resolve(ours, faults));
    let mut needs = scope.take_uses();
    needs.extend(declared.depends_on.iter().filter(|name| scope.identities.contains_key(*name)).cloned());
    faults.concern(None);
    Resolved { declared, properties, metadata, needs }
}

fn properties_of<'a>(declared: &Declared<'a>, faults: &mut Faults) -> &'a [Entry] {
    match declared.properties {
        None | Some(Node { value: Value::Null, .. }) => &[],
        Some(node) => node.as_map().unwrap_or_else(|| {
            faults.at(node.line, format!("Properties must be a map, not {}", node.kind()));
            &[]
        }),
    }
}

fn read_one(
    Resolved { declared, properties, metadata, needs }: &Resolved<'_>,
    scope: &Scope<'_>,
    gateway: &mut Gateway,
    ignored: &mut Vec<Ignored>,
    faults: &mut Faults,
) -> Option<Resource> {
    let Declared { logical_id, line, kind, .. } = **declared;
    let identity = scope.identities.get(logical_id)?;
    let mut tell = |line: u32, kind: &str, why: &'static str| {
        ignored.push(Ignored { logical_id: logical_id.to_owned(), line, kind: kind.to_owned(), why });
    };
    let definition = match kind.read {
        Read::Recorded(why) => {
            tell(line, kind.name, why);
            Definition::Recorded(why)
        }
        Read::Properties(read) => {
            let read_metadata = metadata::read(metadata.as_ref(), kind, faults);
            let mut reader = Reader::new(line, properties.clone(), faults);
            for (property, why) in kind.told.iter().filter(|(property, _)| reader.has(property)) {
                tell(reader.line_of(property), property, why);
            }
            kind.told.iter().for_each(|(property, _)| reader.pass(&[property]));
            let inputs = scope.inputs;
            read(Reading { logical_id, line, identity, inputs, reader, metadata: read_metadata, gateway })?
        }
    };
    let known = identity.attributes.iter().filter_map(|(name, value)| Some(((*name).to_owned(), value.clone()?)));
    let attributes: BTreeMap<String, String> = known.collect();
    Some(Resource {
        logical_id: logical_id.to_owned(),
        line,
        type_name: kind.name,
        physical_id: identity.reference.clone(),
        depends_on: needs.iter().cloned().collect(),
        attributes,
        deletion_policy: declared.deletion_policy,
        update_replace_policy: declared.update_replace_policy,
        properties: comparable(&hidden(kind.name, properties)),
        metadata: metadata.as_ref().and_then(Node::as_map).map(comparable).unwrap_or_default(),
        definition,
    })
}

/// Properties that are not to be shown, whether a parameter is `NoEcho` or they stand in the template.
fn hidden(type_name: &str, properties: &[Entry]) -> Vec<Entry> {
    let mut properties = properties.to_vec();
    for entry in properties.iter_mut().filter(|entry| SECRET_PROPERTIES.contains(&(type_name, entry.key.as_str()))) {
        metadata::hide(&mut entry.node);
    }
    properties
}

/// The entries in the form in which two templates are compared, without anything secret.
fn comparable(entries: &[Entry]) -> serde_json::Map<String, serde_json::Value> {
    let mut entries = entries.to_vec();
    metadata::hide_secrets(&mut entries);
    entries.iter().map(|entry| (entry.key.clone(), json::comparable(&entry.node))).collect()
}
