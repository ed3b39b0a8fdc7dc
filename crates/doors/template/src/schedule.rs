//! `AWS::Events::Rule` with a schedule, `AWS::Scheduler::Schedule` and its groups → what is sent when.

use std::collections::BTreeMap;

use bongsu_schedule::{Schedule, Zone};

use crate::names;
use crate::queue::tags;
use crate::reader::Reader;
use crate::schedule_target::{ScheduleTarget, TextInput, read_target};
use crate::scope::Identity;
use crate::stack::Definition;
use crate::types::{Naming, Read, Reading, ResourceType};

pub(crate) static RULE: ResourceType = ResourceType {
    name: "AWS::Events::Rule",
    identity: |naming| {
        let name = named(naming);
        let arn = format!("arn:aws:events:{}:{}:rule/{name}", naming.inputs.region, naming.inputs.account);
        Identity::named(name, vec![("Arn", arn)])
    },
    read: Read::Properties(|reading| read_rule(reading).map(Definition::Schedule)),
    metadata: &[],
    told: &[("RoleArn", "roles are not evaluated")],
    replaced_by: &["EventBusName", "Name"],
};

pub(crate) static SCHEDULE: ResourceType = ResourceType {
    name: "AWS::Scheduler::Schedule",
    identity: |naming| {
        let name = named(naming);
        let group = naming.text("GroupName").unwrap_or_else(|| DEFAULT_GROUP.to_owned());
        let (region, account) = (&naming.inputs.region, &naming.inputs.account);
        let arn = format!("arn:aws:scheduler:{region}:{account}:schedule/{group}/{name}");
        Identity::named(name, vec![("Arn", arn)])
    },
    read: Read::Properties(|reading| read_schedule(reading).map(Definition::Schedule)),
    metadata: &[],
    told: &[("KmsKeyArn", "inputs are kept as they are")],
    replaced_by: &["GroupName", "Name"],
};

pub(crate) static GROUP: ResourceType = ResourceType {
    name: "AWS::Scheduler::ScheduleGroup",
    identity: |naming| {
        let name = named(naming);
        let (region, account) = (&naming.inputs.region, &naming.inputs.account);
        let arn = format!("arn:aws:scheduler:{region}:{account}:schedule-group/{name}");
        Identity::named(name, vec![("Arn", arn), ("State", "ACTIVE".to_owned())])
    },
    read: Read::Properties(|reading| Some(Definition::ScheduleGroup(read_group(reading)))),
    metadata: &[],
    told: &[],
    replaced_by: &["Name"],
};

/// The group of schedules that name none.
const DEFAULT_GROUP: &str = "default";
/// The longest name of a schedule and of a group.
const NAME_MAX: usize = 64;
/// How many targets a rule may have.
const TARGETS_MAX: usize = 5;
/// How long AWS lets a window be.
const WINDOW_MINUTES: std::ops::RangeInclusive<u32> = 1..=1440;

/// A schedule to create.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScheduleResource {
    /// Its name.
    pub name: String,
    /// `rate(…)`, `cron(…)` or `at(…)`.
    pub expression: String,
    /// The IANA time zone that the expression is in; UTC unless given.
    pub timezone: Option<String>,
    /// Whether it starts out running.
    pub enabled: bool,
    /// When it begins: a time in UTC as ISO 8601 has it, perhaps with a fraction and a `Z`.
    pub start: Option<String>,
    /// When it ends, written in the same way.
    pub end: Option<String>,
    /// Within how many minutes of its times it sends, each time at another moment: 1 to 1,440; at its times unless given.
    pub window_minutes: Option<u32>,
    /// Who gets something; at least one.
    pub targets: Vec<ScheduleTarget>,
    /// What only schedules of the scheduler have; rules have none.
    pub scheduler: Option<SchedulerDetails>,
}

/// What EventBridge Scheduler knows of a schedule, and EventBridge does not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchedulerDetails {
    /// The name of the group that it is in.
    pub group: String,
    /// For people.
    pub description: Option<String>,
    /// Told, and not used.
    pub kms_key: Option<String>,
}

/// A group of schedules to create.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScheduleGroupResource {
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
}

fn named(naming: &mut Naming<'_, '_>) -> String {
    naming.text("Name").unwrap_or_else(|| names::generated(naming.inputs, naming.logical_id, "", NAME_MAX))
}

fn read_rule(Reading { identity, inputs, mut reader, .. }: Reading<'_, '_>) -> Option<ScheduleResource> {
    reader.pass(&["Description", "Name"]);
    for property in ["EventPattern", "EventBusName"] {
        let is_default = property == "EventBusName" && reader.string(property).is_none_or(|name| name == "default");
        if reader.has(property) && !is_default {
            let line = reader.line_of(property);
            reader.pass(&[property]);
            reader.fault(line, format!("{property} is not supported: there is no event bus, rules are schedules"));
            return None;
        }
    }
    let expression = expression(&mut reader, None);
    if expression.as_ref().is_some_and(|expression| expression.starts_with("at(")) {
        reader
            .fault(reader.line_of("ScheduleExpression"), "a rule has rate(…) or cron(…); at(…) is for AWS::Scheduler");
    }
    let enabled = reader.one_of("State", &["ENABLED", "DISABLED"]).is_none_or(|state| state == "ENABLED");
    let mut targets = Vec::new();
    for node in reader.list("Targets") {
        let Some(mut target) = reader.within(node, "a target") else { continue };
        target.required("Id");
        targets.extend(read_target(target, inputs, TextInput::Never));
    }
    if targets.len() > TARGETS_MAX {
        reader.fault(reader.line_of("Targets"), format!("a rule has at most {TARGETS_MAX} targets"));
    }
    reader.finish();
    let name = identity.name.clone();
    let expression = expression?;
    Some(ScheduleResource {
        name,
        expression,
        timezone: None,
        enabled,
        start: None,
        end: None,
        window_minutes: None,
        targets,
        scheduler: None,
    })
}

fn read_group(Reading { identity, mut reader, .. }: Reading<'_, '_>) -> ScheduleGroupResource {
    reader.pass(&["Name"]);
    let tags = tags(&mut reader);
    reader.finish();
    let attribute = identity.attributes.iter().find(|(name, _)| *name == "Arn");
    let arn = attribute.and_then(|(_, arn)| arn.clone()).unwrap_or_default();
    ScheduleGroupResource { name: identity.name.clone(), arn, tags }
}

fn read_schedule(Reading { identity, inputs, mut reader, .. }: Reading<'_, '_>) -> Option<ScheduleResource> {
    reader.pass(&["Name"]);
    let group = reader.string("GroupName").unwrap_or_else(|| DEFAULT_GROUP.to_owned());
    let [description, kms_key] = ["Description", "KmsKeyArn"].map(|name| reader.string(name));
    let timezone = reader.string("ScheduleExpressionTimezone");
    let expression = expression(&mut reader, timezone.as_deref());
    let enabled = reader.one_of("State", &["ENABLED", "DISABLED"]).is_none_or(|state| state == "ENABLED");
    let [start, end] = ["StartDate", "EndDate"].map(|name| date(&mut reader, name));
    reader.require("FlexibleTimeWindow");
    let window_minutes = reader.map("FlexibleTimeWindow").and_then(window);
    reader.require("Target");
    let target = reader.map("Target").and_then(|target| read_target(target, inputs, TextInput::ToQueuesAndTopics));
    reader.finish();
    let name = identity.name.clone();
    let (expression, targets) = (expression?, vec![target?]);
    Some(ScheduleResource {
        name,
        expression,
        timezone,
        enabled,
        start,
        end,
        window_minutes,
        targets,
        scheduler: Some(SchedulerDetails { group, description, kms_key }),
    })
}

/// How many minutes it has.
fn window(mut window: Reader<'_>) -> Option<u32> {
    window.require("Mode");
    let is_flexible = window.one_of("Mode", &["OFF", "FLEXIBLE"]).is_some_and(|mode| mode == "FLEXIBLE");
    let minutes = window.whole("MaximumWindowInMinutes", WINDOW_MINUTES);
    if is_flexible {
        window.require("MaximumWindowInMinutes");
    } else if window.has("MaximumWindowInMinutes") {
        window.fault(window.line_of("MaximumWindowInMinutes"), "MaximumWindowInMinutes is for the Mode FLEXIBLE");
    }
    window.finish();
    minutes
}

/// Checks the expression in its time zone.
fn expression(reader: &mut Reader<'_>, timezone: Option<&str>) -> Option<String> {
    let zone = timezone.map_or(Ok(Zone::UTC), Zone::parse);
    let zone_line = reader.line_of("ScheduleExpressionTimezone");
    let zone = zone.map_err(|fault| reader.fault(zone_line, format!("ScheduleExpressionTimezone: {fault}"))).ok();
    let expression = reader.required("ScheduleExpression")?;
    if let Err(fault) = Schedule::parse_in(&expression, zone?) {
        reader.fault(reader.line_of("ScheduleExpression"), format!("ScheduleExpression: {fault}"));
        return None;
    }
    Some(expression)
}

/// `2030-01-01T00:00:00Z`, with or without parts of a second and the `Z`: both are UTC.
fn date(reader: &mut Reader<'_>, name: &str) -> Option<String> {
    let date = reader.string(name)?;
    let utc = date.strip_suffix('Z').unwrap_or(&date);
    let (seconds, parts) = utc.split_once('.').unwrap_or((utc, ""));
    if Schedule::parse(&format!("at({seconds})")).is_err() || !parts.bytes().all(|byte| byte.is_ascii_digit()) {
        reader.fault(reader.line_of(name), format!("{name} must be a time such as 2030-01-01T00:00:00Z, not {date}"));
        return None;
    }
    Some(date)
}
