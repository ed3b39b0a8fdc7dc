//! The target of a rule or a schedule → who gets what.

use crate::reader::Reader;
use crate::{Inputs, Target, names};

/// How often AWS lets something be tried again.
const RETRY_ATTEMPTS_MAX: u32 = 185;
/// How long AWS lets something be tried.
const EVENT_AGE_SECONDS: std::ops::RangeInclusive<u32> = 60..=86_400;
/// How the ARN of an operation begins that a schedule calls.
const UNIVERSAL: &str = "arn:aws:scheduler:::aws-sdk:";

/// Who gets what when the time has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScheduleTarget {
    /// Its ARN as it was given.
    pub arn: String,
    /// Who.
    pub target: Scheduled,
    /// The role that it is said to be done in; nothing is asked of it.
    pub role: Option<String>,
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

/// Who gets what a schedule sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scheduled {
    /// A function, a queue or a topic.
    Told(Target),
    /// A state machine: an execution of it begins.
    Machine {
        /// The machine's name.
        name: String,
        /// A version's number or an alias.
        qualifier: Option<String>,
    },
    /// An operation of a service, which only a schedule of the scheduler calls.
    Operation,
}

/// Where an input need not be JSON.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum TextInput {
    Never,
    ToQueuesAndTopics,
}

pub(crate) fn read_target(mut reader: Reader<'_>, inputs: &Inputs, texts: TextInput) -> Option<ScheduleTarget> {
    let role = reader.string("RoleArn");
    if texts == TextInput::ToQueuesAndTopics && !role.as_ref().is_some_and(|role| role.contains(":role/")) {
        reader.fault(reader.line_of("RoleArn"), "RoleArn must be the ARN of a role");
    }
    let arn = reader.required("Arn");
    let target = arn.as_ref().and_then(|arn| {
        let found = scheduled(arn, inputs, texts);
        found.map_err(|reason| reader.fault(reader.line_of("Arn"), format!("Arn: {reason}"))).ok()
    });
    let input = reader.string("Input");
    let takes_text = texts == TextInput::ToQueuesAndTopics
        && matches!(target, None | Some(Scheduled::Told(Target::Queue(_) | Target::Topic(_))));
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
    if target == Some(Scheduled::Operation) && input.is_none() {
        reader.fault(reader.line_of("Arn"), "an operation needs an Input: its parameters");
    }
    if let Some(Scheduled::Told(Target::Queue(name))) = &target
        && name.ends_with(names::FIFO_SUFFIX)
        && message_group.is_none()
    {
        reader.fault(reader.line_of("Arn"), format!("the FIFO queue {name} needs SqsParameters: MessageGroupId"));
    }
    reader.finish();
    Some(ScheduleTarget {
        arn: arn?,
        target: target?,
        role,
        input,
        message_group,
        dead_letter,
        retry_attempts_max,
        event_age_max_seconds,
    })
}

/// Rules call no operations.
fn scheduled(arn: &str, inputs: &Inputs, texts: TextInput) -> Result<Scheduled, String> {
    let machines = format!("arn:aws:states:{}:{}:stateMachine:", inputs.region, inputs.account);
    if let Some(machine) = arn.strip_prefix(&machines) {
        let (name, qualifier) = machine.split_once(':').map_or((machine, None), |(name, of)| (name, Some(of)));
        return Ok(Scheduled::Machine { name: name.to_owned(), qualifier: qualifier.map(str::to_owned) });
    }
    if arn.starts_with(UNIVERSAL) && texts == TextInput::ToQueuesAndTopics {
        return Ok(Scheduled::Operation);
    }
    match arn.split(':').nth(2) {
        Some("lambda" | "sqs" | "sns") => names::target(arn, inputs).map(Scheduled::Told),
        _ => {
            Err("the ARN of a function, queue, topic or state machine of this region and account is needed".to_owned())
        }
    }
}
