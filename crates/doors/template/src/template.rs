//! From the text of a template to its [`Stack`]: the sections, one after the other.

use std::collections::BTreeMap;

use crate::declared::{self, Declared};
use crate::error::{Faults, TemplateErrors};
use crate::node::{Entry, Node, Value};
use crate::reader::Reader;
use crate::resources;
use crate::scope::Scope;
use crate::stack::{Definition, Output, Reference, Resource, Stack};
use crate::{Inputs, conditions, mapping, names, parameters, policy, sam, subscription, yaml};

/// How many resources a template may have, those that SAM generates included; CloudFormation's own limit.
pub const RESOURCES_MAX: usize = 500;

const VERSION_SECTION: &str = "AWSTemplateFormatVersion";
/// The only one there has ever been.
const VERSION: &str = "2010-09-09";
const SECTIONS: [&str; 11] = [
    VERSION_SECTION,
    "Conditions",
    "Description",
    "Globals",
    "Mappings",
    "Metadata",
    "Outputs",
    "Parameters",
    "Resources",
    "Rules",
    "Transform",
];
/// The macros that are known.
const TRANSFORMS: [&str; 2] = [sam::TRANSFORM, LANGUAGE_EXTENSIONS];
const LANGUAGE_EXTENSIONS: &str = "AWS::LanguageExtensions";

/// Reads a CloudFormation or SAM template, YAML or JSON.
///
/// Pure: nothing but the arguments matters, and no file or network is touched.
///
/// # Errors
/// All faults that could be found, each with its line, when the template or a parameter is not as it must be, or uses
/// what is not supported. Nothing in the text makes it panic.
pub fn parse(text: &str, file_name: &str, inputs: &Inputs) -> Result<Stack, TemplateErrors> {
    let mut faults = Faults::default();
    let stack = match yaml::read(text) {
        Ok(root) => read(&root, inputs, &mut faults),
        Err(fault) => {
            faults.push(fault);
            None
        }
    };
    faults.into_result(file_name)?;
    Ok(stack.unwrap_or_default())
}

fn read(root: &Node, inputs: &Inputs, faults: &mut Faults) -> Option<Stack> {
    check_inputs(inputs, faults);
    if root.as_map().is_none() {
        faults.at(root.line, format!("a template must be a map, not {}", root.kind()));
        return None;
    }
    let transforms = check_sections(root, faults);
    let mut scope = Scope::new(inputs);
    scope.language_extensions = transforms.contains(&LANGUAGE_EXTENSIONS);
    let parameters = parameters::read(section(root, "Parameters", faults), &mut scope, faults);
    scope.mappings = section(root, "Mappings", faults).to_vec();
    conditions::read(section(root, "Conditions", faults), &mut scope, faults);
    conditions::check_rules(section(root, "Rules", faults), &scope, faults);
    let written = section(root, "Resources", faults);
    let globals = section(root, "Globals", faults);
    if !transforms.contains(&sam::TRANSFORM) {
        sam::refuse(written, globals, faults);
    }
    let (expanded, of_sam) = sam::expand(written, globals, &mut scope, faults);
    if expanded.is_empty() || expanded.len() > RESOURCES_MAX {
        faults.at(root.line, format!("Resources must have 1 to {RESOURCES_MAX} entries"));
        return None;
    }
    let declared: Vec<Declared<'_>> =
        expanded.iter().filter_map(|entry| declared::read(entry, &expanded, &mut scope, faults)).collect();
    declared::name(&declared, &mut scope, faults);

    let (resources, mut ignored) = resources::read(&declared, &scope, faults);
    // Nobody needs to be told of a resource that nobody wrote.
    let is_written = |id: &str| written.iter().any(|entry| entry.key == id);
    ignored.retain(|ignored| !ignored.kind.starts_with("AWS::") || is_written(&ignored.logical_id));
    ignored.extend(of_sam);
    ignored.sort_by_key(|ignored| ignored.line);
    let outputs = section(root, "Outputs", faults);
    let outputs = outputs.iter().filter_map(|entry| read_output(entry, &scope, faults)).collect();
    let description = root.get("Description").and_then(Node::as_text).map(|text| text.text.clone());
    let imports = scope.imports.take();
    let stack = Stack { description, parameters, resources, outputs, imports, ignored };
    check_names(&stack, faults);
    mapping::check(&stack, faults);
    subscription::check(&stack, faults);
    policy::check(&stack, faults);
    Some(stack)
}

fn check_inputs(inputs: &Inputs, faults: &mut Faults) {
    if !names::is_stack_name(&inputs.stack_name) {
        faults.outside("the stack's name must begin with a letter, then letters, digits and -, at most 128");
    }
    if !names::is_region(&inputs.region) {
        faults.outside("the region must consist of lower-case letters, digits and -");
    }
    if !names::is_account(&inputs.account) {
        faults.outside("the account must be twelve digits");
    }
}

/// The macros that the template asks for.
fn check_sections<'n>(root: &'n Node, faults: &mut Faults) -> Vec<&'n str> {
    for entry in root.as_map().unwrap_or_default() {
        if !SECTIONS.contains(&entry.key.as_str()) {
            faults.at(entry.line, format!("section {} is not supported", entry.key));
        }
    }
    if let Some(description) = root.get("Description").filter(|node| node.as_text().is_none()) {
        faults.at(description.line, format!("Description must be a text, not {}", description.kind()));
    }
    let version = root.get(VERSION_SECTION).filter(|node| node.as_text().is_none_or(|text| text.text != VERSION));
    if let Some(node) = version {
        faults.at(node.line, format!("{VERSION_SECTION} must be {VERSION}"));
    }
    let Some(transform) = root.get("Transform") else { return Vec::new() };
    let given = transform.as_list().unwrap_or(std::slice::from_ref(transform));
    let known = |node: &'n Node| node.as_text().map(|text| text.text.as_str()).filter(|text| TRANSFORMS.contains(text));
    for transform in given.iter().filter(|transform| known(transform).is_none()) {
        faults.at(transform.line, format!("Transform: only {} are supported", TRANSFORMS.join(" and ")));
    }
    given.iter().filter_map(known).collect()
}

/// The entries of a section; none when it is absent or empty.
fn section<'n>(root: &'n Node, name: &str, faults: &mut Faults) -> &'n [Entry] {
    match root.get(name) {
        None | Some(Node { value: Value::Null, .. }) => &[],
        Some(node) => node.as_map().unwrap_or_else(|| {
            faults.at(node.line, format!("{name} must be a map, not {}", node.kind()));
            &[]
        }),
    }
}

fn read_output(entry: &Entry, scope: &Scope<'_>, faults: &mut Faults) -> Option<Output> {
    let Entry { key: name, line, node } = entry;
    match scope.holds(node.get("Condition")) {
        Ok(true) => {}
        Ok(false) => return None,
        Err(fault) => {
            faults.push(fault);
            return None;
        }
    }
    let Some(entries) = node.as_map() else {
        faults.at(*line, format!("output {name} must be a map, not {}", node.kind()));
        return None;
    };
    let entries = scope.resolve_entries(entries, faults);
    let hidden = entries.iter().any(|entry| entry.key == "Value" && entry.node.is_hidden());
    let mut reader = Reader::new(*line, entries, faults);
    reader.pass(&["Condition"]);
    if !reader.has("Value") {
        reader.fault(*line, format!("output {name} has no Value"));
    }
    let (value, description) = (reader.reference("Value"), reader.string("Description"));
    let export = reader.map("Export").and_then(|mut export| {
        let name = export.required("Name");
        export.finish();
        name
    });
    reader.finish();
    let value = if hidden { Reference::Known("****".to_owned()) } else { value? };
    Some(Output { name: name.clone(), line: *line, value, description, export })
}

/// Two resources of a kind cannot have the same name, and two outputs cannot be exported under one.
fn check_names(stack: &Stack, faults: &mut Faults) {
    let mut seen: BTreeMap<(&str, &str), &str> = BTreeMap::new();
    for Resource { logical_id, line, definition, .. } in &stack.resources {
        let (kind, name) = match definition {
            Definition::Queue(queue) => ("queue", &queue.name),
            Definition::Topic(topic) => ("topic", &topic.name),
            Definition::Function(function) => ("function", &function.name),
            Definition::Bucket(bucket) => ("bucket", &bucket.name),
            Definition::Schedule(schedule) => ("schedule", &schedule.name),
            Definition::StateMachine(machine) => ("state machine", &machine.name),
            Definition::Activity(activity) => ("activity", &activity.name),
            Definition::Pipe(pipe) => ("pipe", &pipe.name),
            Definition::Connection(connection) => ("connection", &connection.name),
            Definition::ApiDestination(destination) => ("API destination", &destination.name),
            Definition::Api(api) => ("API", &api.name),
            _ => continue,
        };
        if let Some(first) = seen.insert((kind, name), logical_id) {
            faults.concern(Some(logical_id));
            faults.at(*line, format!("the {kind} {name} is declared by resource {first} too"));
        }
    }
    faults.concern(None);
    let mut exported: BTreeMap<&str, &str> = BTreeMap::new();
    for Output { name, line, export, .. } in &stack.outputs {
        let Some(export) = export else { continue };
        if let Some(first) = exported.insert(export, name) {
            faults.at(*line, format!("output {name}: {export} is the export of output {first} too"));
        }
    }
}
