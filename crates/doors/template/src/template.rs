//! From the tree of a template to its [`Stack`]: sections, names, resources, and what they ask of each other.

use std::collections::BTreeMap;

use crate::error::{Fault, Faults, TemplateErrors};
use crate::events;
use crate::function::{self, FunctionResource};
use crate::http_api::{self, Gateway};
use crate::mapping;
use crate::node::{Entry, Node, Value};
use crate::parameters;
use crate::policy;
use crate::queue::{self, QueueResource};
use crate::reader::Reader;
use crate::scope::{Identity, Scope};
use crate::stack::{self, Ignored, Output, Stack};
use crate::subscription::{self, DeliveryPolicy};
use crate::topic::{self, TopicResource};
use crate::webhook::{self, WebhookMetadata};
use crate::{Inputs, names, yaml};

/// How many resources a template may have; CloudFormation's own limit.
pub const RESOURCES_MAX: usize = 500;

const SECTIONS: [&str; 10] = [
    "AWSTemplateFormatVersion",
    "Conditions",
    "Description",
    "Globals",
    "Mappings",
    "Metadata",
    "Outputs",
    "Parameters",
    "Resources",
    "Transform",
];
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
/// The only macro that is known.
const TRANSFORM: &str = "AWS::Serverless-2016-10-31";

/// A resource of the template, as far as it can be told without reading its properties.
pub(crate) struct Declared<'a> {
    pub(crate) logical_id: &'a str,
    pub(crate) line: u32,
    pub(crate) kind: Kind,
    type_name: &'a str,
    properties: Option<&'a Node>,
    metadata: Option<&'a Node>,
}

/// What kind of resource it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Queue,
    QueuePolicy {
        /// For one queue.
        inline: bool,
    },
    Topic,
    TopicPolicy {
        /// For one topic.
        inline: bool,
    },
    Subscription,
    Function,
    ServerlessFunction,
    Mapping,
    Api,
    Integration,
    Route,
    /// Accepted for AWS's sake, with the reason why it has no effect.
    Ignored(&'static str),
}

impl Kind {
    fn of(type_name: &str) -> Option<Kind> {
        Some(match type_name {
            "AWS::SQS::Queue" => Kind::Queue,
            "AWS::SQS::QueueInlinePolicy" => Kind::QueuePolicy { inline: true },
            "AWS::SQS::QueuePolicy" => Kind::QueuePolicy { inline: false },
            "AWS::SNS::Topic" => Kind::Topic,
            "AWS::SNS::TopicInlinePolicy" => Kind::TopicPolicy { inline: true },
            "AWS::SNS::TopicPolicy" => Kind::TopicPolicy { inline: false },
            "AWS::SNS::Subscription" => Kind::Subscription,
            "AWS::Lambda::Function" => Kind::Function,
            "AWS::Serverless::Function" => Kind::ServerlessFunction,
            "AWS::Lambda::EventSourceMapping" => Kind::Mapping,
            "AWS::ApiGatewayV2::Api" => Kind::Api,
            "AWS::ApiGatewayV2::Integration" => Kind::Integration,
            "AWS::ApiGatewayV2::Route" => Kind::Route,
            "AWS::ApiGatewayV2::Stage" => Kind::Ignored("routes are served without a stage"),
            "AWS::Lambda::Permission" => Kind::Ignored("permissions are not evaluated"),
            _ if type_name.starts_with("AWS::IAM::") => Kind::Ignored("roles and policies are not evaluated"),
            _ => return None,
        })
    }
}

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
    check_sections(root, faults);
    let mut scope = Scope::new(inputs);
    parameters::read(section(root, "Parameters", faults), &mut scope, faults);
    scope.mappings = section(root, "Mappings", faults).to_vec();
    read_conditions(section(root, "Conditions", faults), &mut scope, faults);
    let resources = section(root, "Resources", faults);
    if resources.is_empty() || resources.len() > RESOURCES_MAX {
        faults.at(root.line, format!("Resources must have 1 to {RESOURCES_MAX} entries"));
        return None;
    }
    let declared: Vec<Declared<'_>> =
        resources.iter().filter_map(|entry| declare(entry, resources, &mut scope, faults)).collect();
    name_resources(&declared, &mut scope, faults);
    let globals = read_globals(section(root, "Globals", faults), &scope, faults);

    let mut stack = read_resources(&declared, &globals, &scope, faults);
    stack.outputs =
        section(root, "Outputs", faults).iter().filter_map(|entry| read_output(entry, &scope, faults)).collect();
    check_names(&stack, faults);
    mapping::check(&stack.mappings, &stack.functions, &stack.queues, faults);
    subscription::check(&stack.subscriptions, &stack.functions, faults);
    policy::check(&stack.policies, faults);
    http_api::check(&stack.routes, &stack.queues, faults);
    stack.queues = stack::in_order_of_creation(stack.queues, faults);
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

fn check_sections(root: &Node, faults: &mut Faults) {
    for entry in root.as_map().unwrap_or_default() {
        if !SECTIONS.contains(&entry.key.as_str()) {
            faults.at(entry.line, format!("section {} is not supported", entry.key));
        }
    }
    let Some(transform) = root.get("Transform") else { return };
    let transforms = transform.as_list().unwrap_or(std::slice::from_ref(transform));
    for transform in transforms {
        if transform.as_text().is_none_or(|text| text.text != TRANSFORM) {
            faults.at(transform.line, format!("Transform: only {TRANSFORM} is supported"));
        }
    }
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

/// Conditions may use each other in any order: each round decides those whose conditions are known.
fn read_conditions(declared: &[Entry], scope: &mut Scope<'_>, faults: &mut Faults) {
    let mut waiting: Vec<&Entry> = declared.iter().collect();
    loop {
        let before = waiting.len();
        let mut failed: Vec<Fault> = Vec::new();
        waiting.retain(|entry| match scope.condition(&entry.node) {
            Ok(holds) => {
                scope.conditions.insert(entry.key.clone(), Some(holds));
                false
            }
            Err(fault) => {
                failed.push(fault);
                true
            }
        });
        if waiting.len() == before {
            failed.into_iter().for_each(|fault| faults.push(fault));
            break;
        }
    }
    scope.conditions.extend(waiting.into_iter().map(|entry| (entry.key.clone(), None)));
}

fn declare<'a>(entry: &'a Entry, all: &[Entry], scope: &mut Scope<'_>, faults: &mut Faults) -> Option<Declared<'a>> {
    let Entry { key: logical_id, line, node } = entry;
    faults.concern(Some(logical_id));
    let declared = declare_one(logical_id, *line, node, all, scope, faults);
    faults.concern(None);
    declared
}

fn declare_one<'a>(
    logical_id: &'a str,
    line: u32,
    node: &'a Node,
    all: &[Entry],
    scope: &mut Scope<'_>,
    faults: &mut Faults,
) -> Option<Declared<'a>> {
    if logical_id.is_empty() || !logical_id.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        faults.at(line, "a logical id consists of letters and digits");
    }
    let Some(attributes) = node.as_map() else {
        faults.at(line, format!("a resource must be a map, not {}", node.kind()));
        return None;
    };
    for attribute in attributes {
        if !RESOURCE_KEYS.contains(&attribute.key.as_str()) {
            faults.at(attribute.line, format!("{} is not supported", attribute.key));
        }
    }
    if let Some(depends_on) = node.get("DependsOn") {
        check_depends_on(depends_on, all, faults);
    }
    if let Some(condition) = node.get("Condition") {
        let name = condition.as_text().map_or("", |text| text.text.as_str());
        match scope.named_condition(name, condition.line) {
            Ok(true) => {}
            Ok(false) => {
                scope.excluded.insert(logical_id.to_owned(), name.to_owned());
                return None;
            }
            Err(fault) => faults.push(fault),
        }
    }
    let Some(type_node) = node.get("Type").and_then(|node| Some((node.line, node.as_text()?))) else {
        faults.at(line, "Type is missing");
        return None;
    };
    let (type_line, type_name) = (type_node.0, type_node.1.text.as_str());
    let Some(kind) = Kind::of(type_name) else {
        faults.at(type_line, format!("type {type_name} is not supported yet"));
        return None;
    };
    let (properties, metadata) = (node.get("Properties"), node.get("Metadata"));
    Some(Declared { logical_id, line, kind, type_name, properties, metadata })
}

fn check_depends_on(node: &Node, all: &[Entry], faults: &mut Faults) {
    for name in node.as_list().unwrap_or(std::slice::from_ref(node)) {
        match name.as_text() {
            Some(name) if all.iter().any(|entry| entry.key == name.text) => {}
            Some(unknown) => faults.at(name.line, format!("DependsOn: there is no resource {}", unknown.text)),
            None => faults.at(name.line, "DependsOn must be the name of a resource, or a list of names"),
        }
    }
}

/// Names may be made from the names of other resources: each round names those whose parts are known.
fn name_resources(declared: &[Declared<'_>], scope: &mut Scope<'_>, faults: &mut Faults) {
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
    // What is left gets some name, so that its fault is reported once and not at every reference too.
    let left: Vec<(String, Identity)> = waiting
        .into_iter()
        .map(|resource| {
            faults.concern(Some(resource.logical_id));
            (resource.logical_id.to_owned(), identify(resource, scope, faults))
        })
        .collect();
    faults.concern(None);
    scope.identities.extend(left);
}

fn identify(declared: &Declared<'_>, scope: &Scope<'_>, faults: &mut Faults) -> Identity {
    let mut property = |name: &str| {
        let node = scope.resolve(declared.properties?.get(name)?, faults)?;
        node.as_text().map(|text| text.text.clone())
    };
    let (inputs, logical_id) = (scope.inputs, declared.logical_id);
    match declared.kind {
        Kind::Queue => {
            let is_fifo = property("FifoQueue").is_some_and(|text| text.eq_ignore_ascii_case("true"));
            queue::identity(logical_id, property("QueueName"), is_fifo, inputs)
        }
        Kind::Topic => {
            let is_fifo = property("FifoTopic").is_some_and(|text| text.eq_ignore_ascii_case("true"));
            topic::identity(logical_id, property("TopicName"), is_fifo, inputs)
        }
        Kind::Subscription => {
            let name = names::id(inputs, logical_id, 10);
            Identity { name, reference: None, attributes: Vec::new() }
        }
        Kind::Function | Kind::ServerlessFunction => function::identity(logical_id, property("FunctionName"), inputs),
        Kind::Api => http_api::api_identity(logical_id, inputs),
        Kind::Mapping | Kind::Integration | Kind::Route | Kind::QueuePolicy { .. } | Kind::TopicPolicy { .. } => {
            let id = names::id(inputs, logical_id, 10);
            Identity { name: id.clone(), reference: Some(id), attributes: Vec::new() }
        }
        Kind::Ignored(_) => {
            let name = names::generated(inputs, logical_id, "", names::FUNCTION_NAME_MAX);
            let arn = format!("arn:aws:iam::{}:role/{name}", inputs.account);
            let attributes = if declared.type_name == "AWS::IAM::Role" { vec![("Arn", arn)] } else { Vec::new() };
            Identity { reference: Some(name.clone()), name, attributes }
        }
    }
}

/// The properties that SAM's `Globals` give every function.
fn read_globals(sections: &[Entry], scope: &Scope<'_>, faults: &mut Faults) -> Vec<Entry> {
    let mut globals = Vec::new();
    for Entry { key, line, node } in sections {
        match node.as_map() {
            Some(properties) if key == "Function" => globals.extend_from_slice(properties),
            _ => faults.at(*line, format!("Globals: {key} is not supported, Function is")),
        }
    }
    globals.retain(|property| {
        let is_known = function::GLOBAL_PROPERTIES.contains(&property.key.as_str());
        if !is_known {
            faults.at(property.line, format!("Globals: property {} is not supported", property.key));
        }
        is_known
    });
    resolve_properties(&globals, &function::IGNORED_PROPERTIES, scope, faults)
}

fn resolve_properties(entries: &[Entry], ignored: &[&str], scope: &Scope<'_>, faults: &mut Faults) -> Vec<Entry> {
    let entries = entries.iter().filter(|entry| !ignored.contains(&entry.key.as_str()));
    entries.filter_map(|entry| Some(entry.with(scope.resolve(&entry.node, faults)?))).collect()
}

/// What stands at the resource wins; maps are put together.
fn merge(mut own: Vec<Entry>, globals: &[Entry]) -> Vec<Entry> {
    for global in globals {
        match own.iter_mut().find(|entry| entry.key == global.key) {
            None => own.push(global.clone()),
            Some(entry) => {
                if let (Value::Map(inner), Some(global)) = (&mut entry.node.value, global.node.as_map()) {
                    *inner = merge(std::mem::take(inner), global);
                }
            }
        }
    }
    own
}

fn read_resources(declared: &[Declared<'_>], globals: &[Entry], scope: &Scope<'_>, faults: &mut Faults) -> Stack {
    let mut stack = Stack::default();
    let mut gateway = Gateway::default();
    let inputs = scope.inputs;
    // Routes point to integrations and APIs; everything else may come in any order.
    let mut in_order: Vec<&Declared<'_>> = declared.iter().collect();
    in_order.sort_by_key(|resource| resource.kind == Kind::Route);
    for resource in in_order {
        faults.concern(Some(resource.logical_id));
        let Metadata { webhook, delivery_policy } = read_metadata(resource, scope, faults).unwrap_or_default();
        let Some(identity) = scope.identities.get(resource.logical_id) else { continue };
        let ignored: &[&str] = match resource.kind {
            Kind::Function | Kind::ServerlessFunction => &function::IGNORED_PROPERTIES,
            Kind::Api => &http_api::IGNORED_API_PROPERTIES,
            Kind::Integration => &http_api::IGNORED_INTEGRATION_PROPERTIES,
            Kind::Route => &http_api::IGNORED_ROUTE_PROPERTIES,
            Kind::Mapping => &["Tags"],
            Kind::Queue | Kind::QueuePolicy { .. } | Kind::Topic | Kind::TopicPolicy { .. } | Kind::Subscription => &[],
            Kind::Ignored(why) => {
                let (logical_id, kind) = (resource.logical_id.to_owned(), resource.type_name.to_owned());
                stack.ignored.push(Ignored { logical_id, line: resource.line, kind, why });
                continue;
            }
        };
        let own = properties_of(resource, faults);
        let mut properties = resolve_properties(own, ignored, scope, faults);
        if resource.kind == Kind::ServerlessFunction {
            properties = merge(properties, globals);
        }
        let mut reader = Reader::new(resource.line, properties, faults);
        match resource.kind {
            Kind::Queue => stack.queues.push(queue::read(resource, identity, inputs, reader)),
            Kind::QueuePolicy { .. } | Kind::TopicPolicy { .. } => {
                stack.policies.extend(policy::read(resource, inputs, reader));
            }
            Kind::Topic => {
                let read = topic::read(resource, identity, inputs, reader);
                stack.topics.push(read.topic);
                stack.subscriptions.extend(read.subscriptions);
                stack.ignored.extend(read.ignored);
            }
            Kind::Subscription => {
                stack.subscriptions.extend(subscription::read(resource, delivery_policy.as_ref(), inputs, reader));
            }
            Kind::Function => stack.functions.extend(function::read(resource, identity, inputs, reader)),
            Kind::ServerlessFunction => {
                let events = events::read(resource, &identity.name, delivery_policy.as_ref(), inputs, &mut reader);
                stack.mappings.extend(events.mappings);
                stack.subscriptions.extend(events.subscriptions);
                stack.queues.extend(events.queues);
                stack.functions.extend(function::read(resource, identity, inputs, reader));
            }
            Kind::Mapping => stack.mappings.extend(mapping::read(resource, inputs, reader)),
            Kind::Api => {
                let name = http_api::read_api(reader).unwrap_or_default();
                if let Some((_, other)) = gateway.apis.iter().find(|(_, other)| **other == name) {
                    faults.at(resource.line, format!("another API is named {other} too"));
                }
                gateway.apis.insert(identity.name.clone(), name);
            }
            Kind::Integration => {
                let integration = http_api::read_integration(resource, inputs, reader);
                gateway.integrations.insert(identity.name.clone(), integration);
            }
            Kind::Route => stack.routes.extend(http_api::read_route(resource, &gateway, webhook, reader)),
            Kind::Ignored(_) => {}
        }
    }
    faults.concern(None);
    stack
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

/// What CloudFormation has no word for.
#[derive(Default)]
struct Metadata {
    /// Of a route.
    webhook: Option<WebhookMetadata>,
    /// Of a subscription, or of a function's subscriptions.
    delivery_policy: Option<DeliveryPolicy>,
}

/// `Metadata: Bongsu:`; all other metadata belongs to other tools.
fn read_metadata(declared: &Declared<'_>, scope: &Scope<'_>, faults: &mut Faults) -> Option<Metadata> {
    let ours = scope.resolve(declared.metadata?.get("Bongsu")?, faults)?;
    let mut reader = Reader::of(ours, "Bongsu", faults)?;
    let mut found = Metadata::default();
    match declared.kind {
        Kind::Route => {
            let line = reader.line_of("Webhook");
            found.webhook = reader.map("Webhook").and_then(|webhook| webhook::read(line, webhook));
        }
        Kind::Subscription | Kind::ServerlessFunction => {
            found.delivery_policy = DeliveryPolicy::read(&mut reader);
        }
        _ => {}
    }
    reader.finish();
    Some(found)
}

fn read_output(entry: &Entry, scope: &Scope<'_>, faults: &mut Faults) -> Option<Output> {
    let Entry { key: name, line, node } = entry;
    if let Some(condition) = node.get("Condition") {
        let name = condition.as_text().map_or("", |text| text.text.as_str());
        match scope.named_condition(name, condition.line) {
            Ok(true) => {}
            Ok(false) => return None,
            Err(fault) => {
                faults.push(fault);
                return None;
            }
        }
    }
    let Some(entries) = node.as_map() else {
        faults.at(*line, format!("output {name} must be a map, not {}", node.kind()));
        return None;
    };
    let entries = resolve_properties(entries, &["Condition", "Export"], scope, faults);
    let mut reader = Reader::new(*line, entries, faults);
    if !reader.has("Value") {
        reader.fault(*line, format!("output {name} has no Value"));
    }
    let (value, description) = (reader.text("Value"), reader.string("Description"));
    reader.finish();
    let value = value?;
    let value = if value.hidden { "****".to_owned() } else { value.text };
    Some(Output { name: name.clone(), line: *line, value, description })
}

/// Two resources of a kind cannot have the same name.
fn check_names(stack: &Stack, faults: &mut Faults) {
    let queues =
        stack.queues.iter().map(|QueueResource { logical_id, name, line, .. }| ("queue", name, logical_id, *line));
    let topics =
        stack.topics.iter().map(|TopicResource { logical_id, name, line, .. }| ("topic", name, logical_id, *line));
    let functions = stack
        .functions
        .iter()
        .map(|FunctionResource { logical_id, name, line, .. }| ("function", name, logical_id, *line));
    let mut seen: BTreeMap<(&str, &str), &str> = BTreeMap::new();
    for (kind, name, logical_id, line) in queues.chain(topics).chain(functions) {
        if let Some(first) = seen.insert((kind, name), logical_id) {
            faults.concern(Some(logical_id));
            faults.at(line, format!("the {kind} {name} is declared by resource {first} too"));
        }
    }
    faults.concern(None);
}
