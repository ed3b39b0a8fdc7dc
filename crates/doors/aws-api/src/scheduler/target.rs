//! A schedule's target: who gets what, as requests say it and as answers do.

use bongsu_broker::{
    Account, Destination, FunctionRef, MachineRef, QueueName, SCHEDULE_AGE, SCHEDULE_INPUT_BYTES_MAX, SCHEDULE_RETRIES,
    ScheduleDestination, ScheduleTarget, Seconds, TopicName,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::refusal::invalid;
use crate::codec::Integer;
use crate::constraints::Constraints;
use crate::error::ApiError;
use crate::operation::Context;
use crate::states::SdkService;

const ARN_CHARS_MAX: usize = 1_600;
const GROUP_CHARS_MAX: usize = 128;
const SERVED: &str = "queues, topics, functions, state machines, and universal targets of these services are";
const UNIVERSAL: &str = "arn:aws:scheduler:::aws-sdk:";
const FIFO_SUFFIX: &str = ".fifo";
const ROLE_PATTERN: &str = "^arn:aws[a-z-]*:iam::\\d{12}:role\\/[\\w+=,.@\\/-]+$";
/// What the names of operations begin with that only read: no schedule has a use for them.
const READING: [&str; 12] =
    ["get", "describe", "list", "poll", "receive", "search", "scan", "query", "select", "read", "lookup", "validate"];
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct TargetInput {
    arn: Option<String>,
    role_arn: Option<String>,
    dead_letter_config: DeadLetterConfig,
    retry_policy: RetryPolicyInput,
    input: Option<String>,
    sqs_parameters: SqsParameters,
}

#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase", default)]
struct DeadLetterConfig {
    #[serde(skip_serializing_if = "Option::is_none")]
    arn: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct RetryPolicyInput {
    maximum_event_age_in_seconds: Option<Integer>,
    maximum_retry_attempts: Option<Integer>,
}

#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase", default)]
struct SqsParameters {
    #[serde(skip_serializing_if = "Option::is_none")]
    message_group_id: Option<String>,
}

/// A target as it is told.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct TargetOutput {
    arn: String,
    role_arn: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    dead_letter_config: Option<DeadLetterConfig>,
    retry_policy: RetryPolicy,
    #[serde(skip_serializing_if = "Option::is_none")]
    input: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sqs_parameters: Option<SqsParameters>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct RetryPolicy {
    maximum_event_age_in_seconds: u32,
    maximum_retry_attempts: u32,
}

impl TargetInput {
    pub(super) fn check(&self, constraints: &mut Constraints) {
        let required = [("target.arn", &self.arn), ("target.roleArn", &self.role_arn)];
        for (path, arn) in required {
            match arn {
                None => constraints.missing(path),
                Some(arn) => constraints.length(path, Some(arn), 1..=ARN_CHARS_MAX),
            }
        }
        if let Some(role) = &self.role_arn {
            constraints.pattern("target.roleArn", role, ROLE_PATTERN, is_role(role));
        }
        let RetryPolicyInput { maximum_event_age_in_seconds, maximum_retry_attempts } = self.retry_policy;
        constraints.number("target.retryPolicy.maximumEventAgeInSeconds", maximum_event_age_in_seconds, 60..=86_400);
        constraints.number("target.retryPolicy.maximumRetryAttempts", maximum_retry_attempts, 0..=185);
        let group = self.sqs_parameters.message_group_id.as_deref();
        constraints.length("target.sqsParameters.messageGroupId", group, 1..=GROUP_CHARS_MAX);
        constraints.length("target.input", self.input.as_deref(), 1..=usize::MAX);
    }

    /// The role, and what the broker is to know; what is to be checked was.
    pub(super) fn read(self, cx: &Context<'_>) -> Result<(String, ScheduleTarget), ApiError> {
        let arn = self.arn.unwrap_or_default();
        let destination = destination(&arn, cx)?;
        let group = self.sqs_parameters.message_group_id;
        check_group(&destination, group.as_deref())?;
        if let Some(input) = &self.input {
            check_input(&destination, input)?;
        } else if matches!(destination, ScheduleDestination::Operation { .. }) {
            return Err(invalid("A universal target needs an Input: the parameters of the operation."));
        }
        let dead_letters = self.dead_letter_config.arn.map(|arn| dead_letters(&arn, cx)).transpose()?;
        let RetryPolicyInput { maximum_event_age_in_seconds, maximum_retry_attempts } = self.retry_policy;
        let number = |Integer(number): Integer| u32::try_from(number).unwrap_or_default();
        let target = ScheduleTarget {
            destination,
            input: self.input.map(Into::into),
            group: group.map(Into::into),
            retries_max: maximum_retry_attempts.map_or(SCHEDULE_RETRIES, number),
            age_max: maximum_event_age_in_seconds.map_or(SCHEDULE_AGE, |seconds| Seconds(number(seconds))),
            dead_letters,
        };
        Ok((self.role_arn.unwrap_or_default(), target))
    }
}

fn is_role(arn: &str) -> bool {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let ["arn", partition, "iam", "", account, resource] = parts[..] else { return false };
    let is_account = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
    let name = resource.strip_prefix("role/").unwrap_or_default();
    let is_named = !name.is_empty()
        && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '+' | '=' | ',' | '.' | '@' | '/' | '-'));
    partition.starts_with("aws") && is_account && is_named
}

fn destination(arn: &str, cx: &Context<'_>) -> Result<ScheduleDestination, ApiError> {
    if let Some(operation) = arn.strip_prefix(UNIVERSAL) {
        return universal(operation);
    }
    let not_here = || invalid(format!("Provided Arn {arn} is not in correct format, or no target here: {SERVED}."));
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let ["arn", _, service, region, account, resource] = parts[..] else { return Err(not_here()) };
    let account: Account = account.parse().map_err(|()| not_here())?;
    let is_here = region == cx.config.region;
    let is_own = is_here && account == cx.config.account;
    let parts: Vec<&str> = resource.split(':').collect();
    let qualified = |qualifier: &[&str]| qualifier.first().map(|qualifier| Box::from(*qualifier));
    match (service, &parts[..]) {
        ("sqs", [name]) if is_here => Some(QueueName { account, name: (*name).into() })
            .filter(QueueName::is_valid)
            .map(ScheduleDestination::from)
            .ok_or_else(not_here),
        ("sns", [name]) if is_here => Some(TopicName { account, name: (*name).into() })
            .filter(TopicName::is_valid)
            .map(ScheduleDestination::from)
            .ok_or_else(not_here),
        ("lambda", ["function", name, qualifier @ ..]) if is_own && !name.is_empty() && qualifier.len() <= 1 => {
            Ok(FunctionRef { name: (*name).into(), qualifier: qualified(qualifier) }.into())
        }
        ("states", ["stateMachine", name, qualifier @ ..]) if is_own && !name.is_empty() && qualifier.len() <= 1 => {
            Ok(ScheduleDestination::Machine(MachineRef { name: (*name).into(), qualifier: qualified(qualifier) }))
        }
        _ => Err(not_here()),
    }
}

fn universal(operation: &str) -> Result<ScheduleDestination, ApiError> {
    let (service, action) = operation.split_once(':').unwrap_or((operation, ""));
    if READING.iter().any(|begin| action.starts_with(begin)) {
        return Err(invalid(format!("The operation {action} only reads: it is no target of a schedule.")));
    }
    match SdkService::find(service).and_then(|service| service.operation(action)) {
        Some(_) => Ok(ScheduleDestination::Operation { service: service.into(), action: action.into() }),
        None => Err(invalid(format!("The operation {service}:{action} is not available here."))),
    }
}

fn check_group(destination: &ScheduleDestination, group: Option<&str>) -> Result<(), ApiError> {
    match destination {
        ScheduleDestination::Told(Destination::Queue(queue)) => {
            match queue.name.ends_with(FIFO_SUFFIX) && group.is_none() {
                true => Err(invalid("SqsParameters with a MessageGroupId are required for a FIFO queue.")),
                false => Ok(()),
            }
        }
        _ if group.is_some() => Err(invalid("SqsParameters are for queues.")),
        ScheduleDestination::Told(Destination::Topic(topic)) if topic.name.ends_with(FIFO_SUFFIX) => Err(invalid(
            "A FIFO topic needs a message group, which only the universal target aws-sdk:sns:publish can give.",
        )),
        _ => Ok(()),
    }
}

/// Queues and topics take any text.
fn check_input(destination: &ScheduleDestination, input: &str) -> Result<(), ApiError> {
    if input.len() > SCHEDULE_INPUT_BYTES_MAX {
        return Err(invalid(format!("Input has at most {SCHEDULE_INPUT_BYTES_MAX} bytes.")));
    }
    let json: Result<Value, _> = serde_json::from_str(input);
    match (destination, json) {
        (ScheduleDestination::Told(Destination::Queue(_) | Destination::Topic(_)), _) => Ok(()),
        (ScheduleDestination::Operation { .. }, Ok(Value::Object(_))) => Ok(()),
        (ScheduleDestination::Operation { .. }, _) => Err(invalid("Input of a universal target is a JSON object.")),
        (_, Ok(_)) => Ok(()),
        (_, Err(_)) => Err(invalid("Input for this target is JSON.")),
    }
}

fn dead_letters(arn: &str, cx: &Context<'_>) -> Result<QueueName, ApiError> {
    match destination(arn, cx) {
        Ok(ScheduleDestination::Told(Destination::Queue(queue))) if !queue.name.ends_with(FIFO_SUFFIX) => Ok(queue),
        _ => Err(invalid(format!("DeadLetterConfig names a standard queue here, not {arn}."))),
    }
}

impl TargetOutput {
    pub(super) fn of(target: &ScheduleTarget, role: &str, cx: &Context<'_>) -> TargetOutput {
        TargetOutput {
            arn: arn_of(&target.destination, cx),
            role_arn: role.to_owned(),
            dead_letter_config: target
                .dead_letters
                .as_ref()
                .map(|queue| DeadLetterConfig { arn: Some(queue.arn(&cx.config.region)) }),
            retry_policy: RetryPolicy {
                maximum_event_age_in_seconds: target.age_max.0,
                maximum_retry_attempts: target.retries_max,
            },
            input: target.input.as_deref().map(str::to_owned),
            sqs_parameters: target
                .group
                .as_deref()
                .map(|group| SqsParameters { message_group_id: Some(group.to_owned()) }),
        }
    }
}

pub(super) fn arn_of(destination: &ScheduleDestination, cx: &Context<'_>) -> String {
    let (region, account) = (&cx.config.region, cx.config.account);
    match destination {
        ScheduleDestination::Told(Destination::Queue(queue)) => queue.arn(region),
        ScheduleDestination::Told(Destination::Topic(topic)) => topic.arn(region),
        ScheduleDestination::Told(Destination::Function(function)) => {
            format!("arn:aws:lambda:{region}:{account}:function:{function}")
        }
        ScheduleDestination::Machine(machine) => {
            let arn = cx.machine_arn(&machine.name);
            machine.qualifier.iter().fold(arn, |arn, qualifier| format!("{arn}:{qualifier}"))
        }
        ScheduleDestination::Operation { service, action } => format!("{UNIVERSAL}{service}:{action}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_universal_target_is_an_operation_that_does_something_here() {
        for (operation, is_taken) in [
            ("sqs:sendMessage", true),
            ("sfn:startExecution", true),
            ("scheduler:deleteSchedule", true),
            ("sqs:receiveMessage", false),
            ("lambda:listFunctions", false),
            ("sqs:burnQueue", false),
            ("ecs:runTask", false),
            ("sqs", false),
        ] {
            assert_eq!(universal(operation).is_ok(), is_taken, "{operation}");
        }
    }

    #[test]
    fn a_role_is_an_arn_of_one() {
        assert!(is_role("arn:aws:iam::123456789012:role/service-role/r@x"));
        for arn in ["arn:aws:iam::1:role/r", "arn:aws:iam::123456789012:user/r", "arn:aws:iam::123456789012:role/", "r"]
        {
            assert!(!is_role(arn), "{arn}");
        }
    }
}
