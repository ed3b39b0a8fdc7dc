//! `AWS::Serverless::StateMachine` → the machine, its role, version and alias; and its events.

use super::build::{self, Bag, Made};
use super::events::{self, Event, Target};
use super::{Expansion, Source, function, schedules};
use crate::node::{Entry, Node, Value};
use crate::stack::Ignored;

const TYPE: &str = "AWS::StepFunctions::StateMachine";
/// What both know, by SAM's name and by CloudFormation's.
const RENAMED: [(&str, &str); 4] = [
    ("Logging", "LoggingConfiguration"),
    ("Name", "StateMachineName"),
    ("Tracing", "TracingConfiguration"),
    ("Type", "StateMachineType"),
];
/// What a role is made of; nothing is asked of it.
const OF_ROLE: [&str; 3] = ["PermissionsBoundary", "Policies", "RolePath"];
const KINDS: [&str; 3] = ["Api", "Schedule", "ScheduleV2"];
/// What a machine's metadata may say of its events.
const WEBHOOK: &str = "Webhook";

/// Who is started: the machine, or its alias.
struct Started {
    logical_id: String,
}

impl Target for Started {
    fn arn(&self, line: u32) -> Node {
        build::reference(line, &self.logical_id)
    }
}

pub(super) fn expand(expansion: &mut Expansion<'_, '_>, entry: &Entry) {
    let Some(mut source) = expansion.source(entry, "StateMachine", TYPE) else { return };
    let logical_id = source.logical_id;
    let events = source.bag.take("Events");
    let (alias, as_target) = (source.bag.take("AutoPublishAlias"), source.bag.take("UseAliasAsEventTarget"));
    let alias = expansion.known_text(alias);
    let as_target_line = as_target.as_ref().map_or(source.line, |entry| entry.line);
    let as_target = expansion.known_truth(as_target).unwrap_or(false);
    let preference = source.bag.take("DeploymentPreference");
    if alias.is_none() {
        let unusable = [as_target.then_some(as_target_line), preference.as_ref().map(|entry| entry.line)];
        for (line, name) in unusable.into_iter().zip(["UseAliasAsEventTarget", "DeploymentPreference"]) {
            line.into_iter().for_each(|line| expansion.faults.at(line, format!("{name} needs AutoPublishAlias")));
        }
    }
    source.bag.drop(&["PropagateTags"]);
    make_machine(expansion, &mut source);
    let mut started = Started { logical_id: logical_id.to_owned() };
    if let Some(name) = &alias {
        let alias = make_alias(expansion, &source, name, preference);
        if as_target {
            started.logical_id = alias;
        }
    }
    expand_events(expansion, &source, &started, events);
    source.bag.finish(expansion.faults);
}

fn make_machine(expansion: &mut Expansion<'_, '_>, source: &mut Source<'_>) {
    let Source { logical_id, line, ref mut bag, .. } = *source;
    let given = bag.take("Role");
    let role = Made::new(format!("{logical_id}Role"), line, "AWS::IAM::Role").with_all(bag, &OF_ROLE);
    let (definition, uri) = (bag.take("Definition"), bag.take("DefinitionUri"));
    let mut made = Made::new(logical_id, line, TYPE)
        .with_taken("Definition", definition)
        .with_taken("DefinitionS3Location", uri.map(|uri| location(expansion, uri)))
        .with_taken("Tags", bag.take("Tags").map(function::tags))
        .with_all(bag, &["DefinitionSubstitutions"]);
    for (from, to) in RENAMED {
        made = made.with_taken(to, bag.take(from));
    }
    made = match &given {
        Some(_) => made.with_taken("RoleArn", given.clone()),
        None => made.with("RoleArn", build::get_att(line, &role.logical_id, "Arn")),
    };
    let kept = ["DependsOn", "DeletionPolicy", "UpdateReplacePolicy"];
    made.attributes.extend(kept.iter().filter_map(|name| source.attribute(name)));
    if let Some(mut metadata) = source.attribute("Metadata") {
        // What says who may start it goes to what is made of the events.
        if let Value::Map(entries) = &mut metadata.node.value
            && let Some(ours) = entries.iter_mut().find(|entry| entry.key == "Bongsu")
            && let Value::Map(ours) = &mut ours.node.value
        {
            ours.retain(|entry| entry.key != WEBHOOK);
        }
        made.attributes.push(metadata);
    }
    if given.is_none() {
        expansion.make(source, role);
    }
    expansion.make(source, made);
}

/// A path, `s3://bucket/key` or a map.
fn location(expansion: &mut Expansion<'_, '_>, uri: Entry) -> Entry {
    let line = uri.line;
    let Some(known) = expansion.known(&uri.node) else { return uri };
    let object = known.as_text().and_then(|text| text.text.strip_prefix("s3://")?.split_once('/'));
    let node = match object {
        Some((bucket, key)) => {
            build::map(line, [("Bucket", build::text(line, bucket)), ("Key", build::text(line, key))])
        }
        None => known,
    };
    Entry { node, ..uri }
}

/// The version of what the machine is now, and the alias that leads to it; the alias's logical id.
fn make_alias(expansion: &mut Expansion<'_, '_>, source: &Source<'_>, name: &str, preference: Option<Entry>) -> String {
    let Source { logical_id, line, .. } = *source;
    let mut version = Made::new(format!("{logical_id}Version"), line, "AWS::StepFunctions::StateMachineVersion")
        .with("StateMachineArn", build::reference(line, logical_id))
        .with("StateMachineRevisionId", build::get_att(line, logical_id, "StateMachineRevisionId"));
    for policy in ["DeletionPolicy", "UpdateReplacePolicy"] {
        let given = source.attribute(policy).map(|given| given.node);
        version = version.with_attribute(policy, given.unwrap_or_else(|| build::text(line, "Retain")));
    }
    let mut deployment =
        vec![build::entry(line, "StateMachineVersionArn", build::reference(line, &version.logical_id))];
    match preference.map(|preference| (preference.line, Bag::of(&preference.node), preference)) {
        None => deployment.push(build::entry(line, "Type", build::text(line, "ALL_AT_ONCE"))),
        Some((line, Some(mut given), preference)) => {
            let why = "an alias moves to its new version at once";
            expansion.ignored.push(Ignored { logical_id: logical_id.to_owned(), line, kind: preference.key, why });
            deployment.extend(["Alarms", "Interval", "Percentage", "Type"].iter().filter_map(|name| given.take(name)));
            given.finish(expansion.faults);
        }
        Some((line, None, preference)) => {
            let reason = format!("DeploymentPreference must be a map, not {}", preference.node.kind());
            expansion.faults.at(line, reason);
        }
    }
    let alias = Made::new(build::id(&[logical_id, "Alias", name]), line, "AWS::StepFunctions::StateMachineAlias")
        .with("Name", build::text(line, name))
        .with("DeploymentPreference", Node { line, value: Value::Map(deployment) });
    let (aliases, alias_id) = (&mut expansion.scope.aliases, alias.logical_id.clone());
    aliases.insert(format!("{logical_id}.Version"), version.logical_id.clone());
    aliases.insert(format!("{logical_id}.Alias"), alias_id.clone());
    expansion.make(source, version);
    expansion.make(source, alias);
    alias_id
}

fn expand_events(expansion: &mut Expansion<'_, '_>, source: &Source<'_>, started: &Started, given: Option<Entry>) {
    let mut has_routes = false;
    if let Some(given) = &given {
        let Some(entries) = given.node.as_map() else {
            let reason = format!("Events must be a map, not {}", given.node.kind());
            return expansion.faults.at(given.line, reason);
        };
        for entry in entries {
            let Some((kind, mut event)) = events::opened(expansion, source, started, entry, &KINDS) else { continue };
            match kind.as_str() {
                "Api" => {
                    has_routes = true;
                    route(expansion, &mut event);
                }
                "Schedule" => schedule(expansion, &mut event),
                _ => schedules::schedule(expansion, &mut event),
            }
            event.bag.finish(expansion.faults);
        }
    }
    if let Some(webhook) = source.ours(WEBHOOK).filter(|_| !has_routes) {
        expansion.faults.at(webhook.line, "Webhook: the state machine has no event of type Api that it is for");
    }
}

/// A rule that starts it, in a role.
fn schedule(expansion: &mut Expansion<'_, '_>, event: &mut Event<'_, Started>) {
    let role = schedules::role(expansion, event);
    schedules::rule(expansion, event, "StepFunctionsTarget", Some(role));
}

/// A method of a REST API that starts an execution with the request's body.
fn route(expansion: &mut Expansion<'_, '_>, event: &mut Event<'_, Started>) {
    let line = event.line;
    let auth = event.bag.take("Auth");
    let unescape = event.bag.take("UnescapeMappingTemplate");
    let unescape = expansion.known_truth(unescape).unwrap_or(false);
    let role = schedules::role(expansion, event);
    // What the stage is called, the API says.
    event.bag.drop(&["Stage"]);
    let Some(place) = events::place(expansion, event, false) else { return };
    let escaped = "$util.escapeJavaScript($input.json('$'))";
    let input = if unescape { format!(r#"{escaped}.replaceAll("\\'","'")"#) } else { escaped.to_owned() };
    let text = |text: &str| build::text(line, text);
    let template = build::list(
        line,
        vec![
            text(&format!(r#"{{"input": "{input}", "stateMachineArn": "${{Machine}}"}}"#)),
            build::map(line, [("Machine", event.target.arn(line))]),
        ],
    );
    let status = |status: &str| build::map(line, [("statusCode", text(status))]);
    let integration = build::map(
        line,
        [
            ("type", text("aws")),
            ("httpMethod", text("POST")),
            (
                "uri",
                build::sub(
                    line,
                    "arn:${AWS::Partition}:apigateway:${AWS::Region}:states:action/StartExecution".to_owned(),
                ),
            ),
            ("credentials", role.node),
            ("requestTemplates", build::map(line, [("application/json", build::map(line, [("Fn::Sub", template)]))])),
            ("responses", build::map(line, [("200", status("200")), ("400", status("400"))])),
        ],
    );
    events::add_operation(expansion, event, place, integration, auth);
}
