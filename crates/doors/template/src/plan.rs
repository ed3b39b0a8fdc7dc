//! What makes one stack of another: a change for each resource, in order of execution.

use std::collections::BTreeSet;

use crate::stack::{Definition, DeletionPolicy, Resource, Stack};
use crate::types;

/// What is to be done about one resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// What.
    pub action: Action,
    /// The resource.
    pub logical_id: String,
    /// AWS's name of its type; of the old one's when it is deleted.
    pub type_name: &'static str,
    /// The physical id of the resource as it is before the change; of one that is created, the one that it will have.
    pub physical_id: Option<String>,
    /// The properties that differ, `Metadata` among them; everything that a new one has.
    pub what: Vec<String>,
    /// Whether the resource that is deleted or replaced stays, outside of the stack.
    pub retain: bool,
}

/// What is to be done about a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Make it.
    Create,
    /// Change it where it is.
    Update,
    /// Make another one in its place. The old one goes with the deletions at the end, unless both have the same
    /// physical id: then it goes before.
    Replace,
    /// Take it away.
    Delete,
    /// Nothing.
    None,
}

/// Compares the stacks. Whatever is made or changed comes first, in order of creation; then what is no longer wanted,
/// the last made first. What an API serves is said by its parts: when one of them changes, the API need not.
pub fn plan(old: &Stack, new: &Stack) -> Vec<Change> {
    let wanted = new.resources.iter().map(|resource| match old.resource(&resource.logical_id) {
        None => change(Action::Create, resource, resource.properties.keys().cloned().collect(), false),
        Some(known) => compare(known, resource),
    });
    let unwanted = old.resources.iter().rev().filter(|known| new.resource(&known.logical_id).is_none());
    let deleted = unwanted
        .map(|known| change(Action::Delete, known, Vec::new(), known.deletion_policy != DeletionPolicy::Delete));
    wanted.chain(deleted).collect()
}

/// What is to be done about a resource of which the template says what it said, now that these attributes of others, by
/// logical id and name, have other values than before.
pub fn follow(resource: &Resource, retold: &BTreeSet<(String, String)>) -> Action {
    let uses = |value: &&serde_json::Value| retold.iter().any(|attribute| mentions(value, attribute));
    let kind = types::find(resource.type_name);
    let mut action = Action::None;
    for (name, _) in resource.properties.iter().filter(|(_, value)| uses(value)) {
        match kind.is_some_and(|kind| kind.replaced_by.contains(&name.as_str())) {
            true => return Action::Replace,
            false => action = Action::Update,
        }
    }
    action
}

/// Whether a property has an attribute somewhere, in the form in which two templates are compared.
fn mentions(value: &serde_json::Value, attribute: &(String, String)) -> bool {
    match value {
        serde_json::Value::Array(items) => items.iter().any(|item| mentions(item, attribute)),
        serde_json::Value::Object(entries) => entries.iter().any(|(key, inner)| {
            let names = inner.as_array().map(Vec::as_slice);
            let is_it = matches!(names, Some([id, name]) if *id == attribute.0 && *name == attribute.1);
            (key == "Fn::GetAtt" && is_it) || mentions(inner, attribute)
        }),
        _ => false,
    }
}

fn compare(old: &Resource, new: &Resource) -> Change {
    let names: BTreeSet<&String> = old.properties.keys().chain(new.properties.keys()).collect();
    let mut what: Vec<String> =
        names.into_iter().filter(|name| old.properties.get(*name) != new.properties.get(*name)).cloned().collect();
    let is_another = old.type_name != new.type_name || is_replaced(old, new, &what);
    if old.metadata != new.metadata {
        what.push("Metadata".to_owned());
    }
    if is_another {
        return change(Action::Replace, old, what, new.update_replace_policy != DeletionPolicy::Delete);
    }
    let action = if what.is_empty() { Action::None } else { Action::Update };
    change(action, old, what, false)
}

fn is_replaced(old: &Resource, new: &Resource, what: &[String]) -> bool {
    // Nothing is known of what is only recorded but its name.
    let is_renamed = matches!(new.definition, Definition::Recorded(_)) && old.physical_id != new.physical_id;
    let kind = types::find(new.type_name);
    is_renamed || kind.is_some_and(|kind| what.iter().any(|name| kind.replaced_by.contains(&name.as_str())))
}

fn change(action: Action, resource: &Resource, what: Vec<String>, retain: bool) -> Change {
    let Resource { logical_id, type_name, physical_id, .. } = resource;
    Change { action, logical_id: logical_id.clone(), type_name, physical_id: physical_id.clone(), what, retain }
}
