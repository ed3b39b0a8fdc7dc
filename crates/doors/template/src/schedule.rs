//! `AWS::Events::Rule` with a schedule, and `AWS::Scheduler::Schedule` → what is sent when.

use bongsu_schedule::{Schedule, Zone};

use crate::names;
use crate::reader::Reader;
use crate::scope::Identity;
use crate::stack::Definition;
use crate::types::{Naming, Read, Reading, ResourceType};
use crate::{Inputs, Target};

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
        let (region, account) = (&naming.inputs.region, &naming.inputs.account);
        let arn = format!("arn:aws:scheduler:{region}:{account}:schedule/default/{name}");
        Identity::named(name, vec![("Arn", arn)])
    },
    read: Read::Properties(|reading| read_schedule(reading).map(Definition::Schedule)),
    metadata: &[],
    told: &[("GroupName", "schedules are not grouped"), ("KmsKeyArn", "inputs are kept as they are")],
    replaced_by: &["Name"],
};

/// The longest name of a schedule.
const NAME_MAX: usize = 64;
/// How many targets a rule may have.
const TARGETS_MAX: usize = 5;
/// How long AWS lets a window be.
const WINDOW_MINUTES: std::ops::RangeInclusive<u32> = 1..=1440;
/// How often AWS lets something be tried again.
const RETRY_ATTEMPTS_MAX: u32 = 185;
/// How long AWS lets something be tried.
const EVENT_AGE_SECONDS: std::ops::RangeInclusive<u32> = 60..=86_400;

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
    /// Whether the event says that it comes from the scheduler, and not from a rule.
    pub of_scheduler: bool,
}

/// Who gets what when the time has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScheduleTarget {
    /// Who.
    pub target: Target,
    /// What: JSON, or of a schedule to a queue or a topic any text; AWS's event of a schedule unless given.
    pub input: Option<String>,
    /// The group of the message, for a FIFO queue.
    pub message_group: Option<String>,
    /// The ARN of the queue for what could not be sent.
    pub dead_letter: Option<String>,
    /// How often it is tried again, 0 to 185.
    pub retry_attempts_max: Option<u32>,
    /// How long it is tried, 60 to 86,400 seconds.
    pub event_age_max_seconds: Option<u32>,
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
        of_scheduler: false,
    })
}

fn read_schedule(Reading { identity, inputs, mut reader, .. }: Reading<'_, '_>) -> Option<ScheduleResource> {
    reader.pass(&["Description", "Name"]);
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
        of_scheduler: true,
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

/// Where an input need not be JSON.
#[derive(Clone, Copy, PartialEq, Eq)]
enum TextInput {
    Never,
    ToQueuesAndTopics,
}

fn read_target(mut reader: Reader<'_>, inputs: &Inputs, texts: TextInput) -> Option<ScheduleTarget> {
    reader.pass(&["RoleArn"]);
    let target = reader.required("Arn").and_then(|arn| {
        let found = names::target(&arn, inputs);
        found.map_err(|reason| reader.fault(reader.line_of("Arn"), format!("Arn: {reason}"))).ok()
    });
    let input = reader.string("Input");
    let takes_text = texts == TextInput::ToQueuesAndTopics && !matches!(target, Some(Target::Function(_)));
    let is_json = |input: &String| serde_json::from_str::<serde_json::Value>(input).is_ok();
    if !takes_text && input.as_ref().is_some_and(|input| !is_json(input)) {
        reader.fault(reader.line_of("Input"), "Input must be JSON");
    }
    let message_group = reader.map("SqsParameters").and_then(|mut parameters| {
        let group = parameters.string("MessageGroupId");
        parameters.finish();
        group
    });
    let dead_letter = reader.map("DeadLetterConfig").and_then(|mut config| {
        let arn = config.string("Arn");
        match arn.as_ref().map(|arn| names::queue_of_arn(arn, inputs)) {
            Some(Err(reason)) => config.fault(config.line_of("Arn"), format!("Arn: {reason}")),
            Some(Ok(name)) if name.ends_with(names::FIFO_SUFFIX) => {
                config.fault(config.line_of("Arn"), format!("Arn: {name} is FIFO, and dead letters have no group"));
            }
            _ => {}
        }
        config.finish();
        arn
    });
    let (mut retry_attempts_max, mut event_age_max_seconds) = (None, None);
    if let Some(mut policy) = reader.map("RetryPolicy") {
        retry_attempts_max = policy.whole("MaximumRetryAttempts", 0..=RETRY_ATTEMPTS_MAX);
        event_age_max_seconds = policy.whole("MaximumEventAgeInSeconds", EVENT_AGE_SECONDS);
        policy.finish();
    }
    if let Some(Target::Queue(name)) = &target
        && name.ends_with(names::FIFO_SUFFIX)
        && message_group.is_none()
    {
        reader.fault(reader.line_of("Arn"), format!("the FIFO queue {name} needs SqsParameters: MessageGroupId"));
    }
    reader.finish();
    Some(ScheduleTarget {
        target: target?,
        input,
        message_group,
        dead_letter,
        retry_attempts_max,
        event_age_max_seconds,
    })
}
