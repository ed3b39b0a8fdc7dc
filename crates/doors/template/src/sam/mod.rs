//! SAM → CloudFormation: `AWS::Serverless` resources become the resources that SAM makes of them, under SAM's names.
//!
//! Like SAM itself this happens before references are followed: what a property says is passed on as it is written.

mod api;
mod auth;
mod build;
mod events;
mod function;
mod globals;
mod layer;
mod machine;
mod schedules;

use std::collections::BTreeMap;

use build::{Bag, Made};
use globals::Globals;

use crate::error::Faults;
use crate::node::{Entry, Node, Value};
use crate::scope::Scope;
use crate::stack::Ignored;
use crate::yaml::NODES_MAX;

/// The macro that a template asks for.
pub(crate) const TRANSFORM: &str = "AWS::Serverless-2016-10-31";

/// Without the macro there are none of its resources.
pub(crate) fn refuse(written: &[Entry], globals: &[Entry], faults: &mut Faults) {
    if let Some(first) = globals.first() {
        faults.at(first.line, format!("Globals need Transform: {TRANSFORM}"));
    }
    for entry in written {
        let Some(kind) = type_of(&entry.node).filter(|kind| kind.starts_with("AWS::Serverless::")) else { continue };
        faults.concern(Some(&entry.key));
        faults.at(entry.line, format!("{kind} needs Transform: {TRANSFORM}"));
    }
    faults.concern(None);
}

/// Every resource as plain CloudFormation, and what of SAM's has no effect.
pub(crate) fn expand(
    written: &[Entry],
    globals: &[Entry],
    scope: &mut Scope<'_>,
    faults: &mut Faults,
) -> (Vec<Entry>, Vec<Ignored>) {
    let globals = Globals::read(globals, faults);
    let unnamed_apis = written.iter().filter(|entry| api::is_unnamed(entry, &globals)).count();
    let mut expansion = Expansion {
        scope,
        faults,
        globals,
        written,
        unnamed_apis,
        made: Vec::new(),
        ignored: Vec::new(),
        operations: BTreeMap::new(),
        notifications: Vec::new(),
        nodes: 0,
    };
    for entry in written {
        expansion.faults.concern(Some(&entry.key));
        match type_of(&entry.node) {
            Some("AWS::Serverless::Function") => function::expand(&mut expansion, entry),
            Some("AWS::Serverless::LayerVersion") => layer::expand(&mut expansion, entry),
            Some("AWS::Serverless::StateMachine") => machine::expand(&mut expansion, entry),
            // Their routes are known when all functions have been seen.
            Some(api::HTTP | api::REST) => {}
            _ => expansion.made.push(entry.clone()),
        }
    }
    api::expand(&mut expansion);
    expansion.notify();
    expansion.faults.concern(None);
    expansion.check_names();
    (expansion.made, expansion.ignored)
}

/// Resources on their way from SAM to CloudFormation.
struct Expansion<'x, 'a> {
    scope: &'x mut Scope<'a>,
    faults: &'x mut Faults,
    globals: Globals,
    written: &'x [Entry],
    /// How many APIs have no name of their own.
    unnamed_apis: usize,
    made: Vec<Entry>,
    ignored: Vec<Ignored>,
    /// What functions and state machines ask of an API, by its logical id.
    operations: BTreeMap<String, Vec<Operation>>,
    /// What functions ask of buckets.
    notifications: Vec<Notification>,
    /// How many values have been made; globals that are copied into many functions end here.
    nodes: usize,
}

/// What a function wants to hear of a bucket.
struct Notification {
    /// The function's logical id.
    function: String,
    /// The bucket's logical id.
    bucket: String,
    /// An entry of `LambdaConfigurations`.
    configuration: Node,
}

/// A method of a path, and the operation in OpenAPI's words.
struct Operation {
    path: String,
    method: String,
    line: u32,
    node: Node,
    /// What it says of who may ask for it.
    auth: Option<Entry>,
}

/// A SAM resource that is taken apart.
struct Source<'a> {
    logical_id: &'a str,
    line: u32,
    node: &'a Node,
    /// Its properties, merged with the globals.
    bag: Bag,
}

impl Expansion<'_, '_> {
    /// `None` when its condition leaves it out, or it is too faulty: then it goes on as a resource of this type, so that
    /// whoever reads it says so.
    fn source<'e>(&mut self, entry: &'e Entry, section: &str, plain_type: &str) -> Option<Source<'e>> {
        let Entry { key: logical_id, line, node } = entry;
        let properties = match node.get("Properties").map(|node| (&node.value, node)) {
            None | Some((Value::Null, _)) => Some(&[][..]),
            Some((_, node)) => node.as_map(),
        };
        self.spend(*line, 1)?;
        let holds = self.scope.holds(node.get("Condition")).unwrap_or(false);
        let (Some(properties), true) = (properties, holds && node.as_map().is_some()) else {
            let mut made = Made::new(logical_id, *line, plain_type);
            made.attributes = node.as_map().unwrap_or_default().to_vec();
            made.attributes.retain(|entry| entry.key != "Type");
            self.made.push(made.entry());
            return None;
        };
        let merged = self.globals.merged(section, properties);
        self.spend(*line, merged.iter().map(|entry| entry.node.size()).sum())?;
        Some(Source { logical_id, line: *line, node, bag: Bag::new(*line, merged) })
    }

    /// `None` when there is too much already, which has been reported.
    fn spend(&mut self, line: u32, nodes: usize) -> Option<()> {
        let before = self.nodes;
        self.nodes = before.saturating_add(nodes);
        if self.nodes <= NODES_MAX {
            return Some(());
        }
        if before <= NODES_MAX {
            self.faults.at(line, format!("the template has more than {NODES_MAX} values once SAM is expanded"));
        }
        None
    }

    /// Follows what SAM has to know before it can make anything: parameters and mappings, but no resources.
    fn known(&mut self, node: &Node) -> Option<Node> {
        self.scope.resolve(node, self.faults).filter(|node| !matches!(node.value, Value::Broken))
    }

    fn known_text(&mut self, entry: Option<Entry>) -> Option<String> {
        let Entry { key, line, node } = entry?;
        let node = self.known(&node)?;
        if node.as_text().is_none() {
            self.faults.at(line, format!("{key} must be a single value, not {}", node.kind()));
        }
        node.as_text().map(|text| text.text.clone())
    }

    fn known_truth(&mut self, entry: Option<Entry>) -> Option<bool> {
        let (name, line) = entry.as_ref().map(|entry| (entry.key.clone(), entry.line))?;
        match self.known_text(entry)?.as_str() {
            "true" | "True" | "TRUE" => Some(true),
            "false" | "False" | "FALSE" => Some(false),
            other => {
                self.faults.at(line, format!("{name} must be true or false, not {other}"));
                None
            }
        }
    }

    /// What was made for a resource keeps its condition.
    fn make(&mut self, source: &Source<'_>, mut made: Made) {
        made.attributes.extend(source.attribute("Condition"));
        let entry = made.entry();
        if self.spend(source.line, entry.node.size()).is_some() {
            self.made.push(entry);
        }
    }

    /// Adds what functions want to hear to the buckets that they want to hear it from.
    fn notify(&mut self) {
        for Notification { function, bucket, configuration } in std::mem::take(&mut self.notifications) {
            let line = configuration.line;
            self.faults.concern(Some(&function));
            let found = self.made.iter_mut().find(|entry| entry.key == bucket);
            match found.filter(|entry| type_of(&entry.node) == Some("AWS::S3::Bucket")) {
                Some(entry) => {
                    let path = ["Properties", "NotificationConfiguration", "LambdaConfigurations"];
                    build::push(&mut entry.node, &path, configuration);
                }
                None => {
                    self.faults
                        .at(line, format!("Bucket must be !Ref of an AWS::S3::Bucket of this template: {bucket}"));
                }
            }
        }
    }

    fn check_names(&mut self) {
        for (index, entry) in self.made.iter().enumerate() {
            if let Some(first) = self.made[..index].iter().find(|other| other.key == entry.key) {
                let reason = format!("SAM makes a resource {} too, for what stands in line {}", entry.key, first.line);
                self.faults.at(entry.line, reason);
            }
        }
    }
}

impl Source<'_> {
    /// An attribute that stands beside `Properties`.
    fn attribute(&self, name: &str) -> Option<Entry> {
        self.node.as_map()?.iter().find(|entry| entry.key == name).cloned()
    }

    /// What stands under `Metadata: Bongsu:`.
    fn ours(&self, name: &str) -> Option<&Entry> {
        let ours = self.node.get("Metadata")?.get("Bongsu")?;
        ours.as_map()?.iter().find(|entry| entry.key == name)
    }
}

fn type_of(node: &Node) -> Option<&str> {
    node.get("Type")?.as_text().map(|text| text.text.as_str())
}

/// The logical id that `!Ref` or a bare text names.
fn named(node: &Node) -> Option<&str> {
    node.get("Ref").unwrap_or(node).as_text().map(|text| text.text.as_str())
}
