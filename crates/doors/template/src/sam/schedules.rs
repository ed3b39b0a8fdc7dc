//! Events by the clock, of functions and of state machines: rules, schedules, and what goes with them.

use super::Expansion;
use super::build::{self, Bag, Made};
use super::events::{Event, Target};
use crate::node::{Entry, Node, Value};

/// A rule with one target, whose id ends like this.
pub(super) fn rule<T: Target>(
    expansion: &mut Expansion<'_, '_>,
    event: &mut Event<'_, T>,
    id_suffix: &str,
    role: Option<Entry>,
) {
    let line = event.line;
    let state = state(expansion, event);
    let dead_letter = dead_letter(expansion, event);
    let mut target = vec![
        build::entry(line, "Arn", event.target.arn(line)),
        build::entry(line, "Id", build::text(line, format!("{}{id_suffix}", event.logical_id))),
    ];
    target.extend(["Input", "RetryPolicy"].iter().filter_map(|name| event.bag.take(name)));
    target.extend(role);
    target.extend(dead_letter);
    let target = Node { line, value: Value::Map(target) };
    let rule = event
        .made("", "AWS::Events::Rule")
        .with_taken("ScheduleExpression", event.bag.take("Schedule"))
        .with_all(&mut event.bag, &["Description", "Name"])
        .with_taken("State", state)
        .with("Targets", build::list(line, vec![target]));
    expansion.make(event.source, rule);
}

/// The role that is named, or one of the event's own.
pub(super) fn role<T>(expansion: &mut Expansion<'_, '_>, event: &mut Event<'_, T>) -> Entry {
    let line = event.line;
    event.bag.drop(&["PermissionsBoundary"]);
    event.bag.take("RoleArn").unwrap_or_else(|| {
        let made = event.made("Role", "AWS::IAM::Role");
        let arn = build::get_att(line, &made.logical_id, "Arn");
        expansion.make(event.source, made);
        build::entry(line, "RoleArn", arn)
    })
}

/// `Enabled: false` or `State: DISABLED`.
fn state<T>(expansion: &mut Expansion<'_, '_>, event: &mut Event<'_, T>) -> Option<Entry> {
    let (state, enabled) = (event.bag.take("State"), event.bag.take("Enabled"));
    match (state, enabled) {
        (Some(_), Some(enabled)) => {
            expansion.faults.at(enabled.line, "there is a State too");
            None
        }
        (None, Some(enabled)) => {
            let line = enabled.line;
            let state = match expansion.known_text(Some(enabled))?.as_str() {
                "true" | "True" => "ENABLED",
                "false" | "False" => "DISABLED",
                other => {
                    expansion.faults.at(line, format!("Enabled must be true or false, not {other}"));
                    return None;
                }
            };
            Some(build::entry(line, "State", build::text(line, state)))
        }
        (state, None) => state,
    }
}

/// A queue that is named, or one of the event's own.
fn dead_letter<T>(expansion: &mut Expansion<'_, '_>, event: &mut Event<'_, T>) -> Option<Entry> {
    let config = event.bag.take("DeadLetterConfig")?;
    let Some(mut bag) = Bag::of(&config.node) else { return Some(config) };
    let (arn, kind, id) = (bag.take("Arn"), bag.take("Type"), bag.take("QueueLogicalId"));
    bag.finish(expansion.faults);
    if arn.is_some() {
        let node = Node { line: config.node.line, value: Value::Map(arn.into_iter().collect()) };
        return Some(Entry { node, ..config });
    }
    if expansion.known_text(kind).as_deref() != Some("SQS") {
        expansion.faults.at(config.line, "DeadLetterConfig needs an Arn, or the Type SQS");
        return None;
    }
    let id = expansion.known_text(id).unwrap_or_else(|| format!("{}Queue", event.logical_id));
    let arn = build::get_att(config.line, &id, "Arn");
    expansion.make(event.source, Made::new(id, config.line, "AWS::SQS::Queue"));
    Some(Entry { node: build::map(config.line, [("Arn", arn)]), ..config })
}

/// A schedule of EventBridge Scheduler.
pub(super) fn schedule<T: Target>(expansion: &mut Expansion<'_, '_>, event: &mut Event<'_, T>) {
    let line = event.line;
    let dead_letter = dead_letter(expansion, event);
    let omit = event.bag.take("OmitName");
    let is_unnamed = expansion.known_text(omit).is_some_and(|omit| omit.eq_ignore_ascii_case("true"));
    let name = match event.bag.take("Name") {
        None if !is_unnamed => Some(build::entry(line, "Name", build::text(line, &event.logical_id))),
        name => name,
    };
    let role = role(expansion, event);
    let mut target = vec![build::entry(line, "Arn", event.target.arn(line)), role];
    target.extend(["Input", "RetryPolicy"].iter().filter_map(|name| event.bag.take(name)));
    target.extend(dead_letter);
    let window = event.bag.take("FlexibleTimeWindow").unwrap_or_else(|| {
        build::entry(line, "FlexibleTimeWindow", build::map(line, [("Mode", build::text(line, "OFF"))]))
    });
    let made = event
        .made("", "AWS::Scheduler::Schedule")
        .with_taken("Name", name)
        .with_taken("FlexibleTimeWindow", Some(window))
        .with_all(
            &mut event.bag,
            &[
                "Description",
                "EndDate",
                "GroupName",
                "KmsKeyArn",
                "ScheduleExpression",
                "ScheduleExpressionTimezone",
                "StartDate",
                "State",
            ],
        )
        .with("Target", Node { line, value: Value::Map(target) });
    expansion.make(event.source, made);
}
