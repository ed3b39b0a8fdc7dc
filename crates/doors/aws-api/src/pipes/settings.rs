//! What can be said of a pipe when it is made and when it is changed: checked member by member, and then as a whole.

use std::ops::RangeInclusive;

use bongsu_broker::{MachineRef, Pipe, QueueName, Seconds};
use bongsu_event_pattern::{FILTERS_MAX, Filters, InvalidPattern, PATTERN_CHARS_MAX};

use super::details::{Details, FIRE_AND_FORGET, REQUEST_RESPONSE};
use super::ends::End;
use super::parameters::{
    EnrichmentParameters, HttpParameters, InvocationParameters, LogConfiguration, NO_LOGS, OTHER_ENRICHMENT,
    OTHER_TARGET, SourceParameters, TargetParameters,
};
use super::path::Path;
use super::refusal::invalid;
use super::template::{InputTemplate, TEMPLATE_CHARS_MAX};
use super::{hold, limit, tags};
use crate::codec::Integer;
use crate::constraints::Constraints;
use crate::error::{ApiError, ErrorKind};
use crate::events;
use crate::operation::Context;

const NAME_LENGTH: RangeInclusive<usize> = 1..=64;
const NAME_PATTERN: &str = r"[\.\-_A-Za-z0-9]+";
const ARN_LENGTH: RangeInclusive<usize> = 1..=1600;
const DESCRIPTION_LENGTH: RangeInclusive<usize> = 0..=512;
const ID_LENGTH: RangeInclusive<usize> = 0..=100;
const HTTP_LENGTH: RangeInclusive<usize> = 0..=512;
const BATCH_SIZE: RangeInclusive<i64> = 1..=10_000;
const WINDOW_SECONDS: RangeInclusive<i64> = 0..=300;
const LEVELS: &[&str] = &["OFF", "ERROR", "INFO", "TRACE"];
const STATES: &[&str] = &["RUNNING", "STOPPED"];

/// Messages a batch when nothing is said, and the most that a FIFO queue gives and that queues and topics take at once.
const BATCH_SIZE_USUAL: u32 = 10;

/// What a request says of a pipe; what it does not say stays as it is.
#[derive(Debug, Default)]
pub(super) struct Settings {
    pub(super) description: Option<String>,
    pub(super) desired_state: Option<String>,
    pub(super) source: Option<String>,
    pub(super) source_parameters: Option<SourceParameters>,
    pub(super) enrichment: Option<String>,
    pub(super) enrichment_parameters: Option<EnrichmentParameters>,
    pub(super) target: Option<String>,
    pub(super) target_parameters: Option<TargetParameters>,
    pub(super) role_arn: Option<String>,
    pub(super) log_configuration: Option<LogConfiguration>,
}

/// An operation's input: the members here, and those of [`Settings`].
macro_rules! pipe_input {
    ($($field:ident: $type:ty,)*) => {
        #[derive(Debug, Default, serde::Deserialize)]
        #[serde(rename_all = "PascalCase", default)]
        pub(super) struct Input {
            name: String,
            description: Option<String>,
            desired_state: Option<String>,
            source_parameters: Option<super::parameters::SourceParameters>,
            enrichment: Option<String>,
            enrichment_parameters: Option<super::parameters::EnrichmentParameters>,
            target: Option<String>,
            target_parameters: Option<super::parameters::TargetParameters>,
            role_arn: Option<String>,
            log_configuration: Option<super::parameters::LogConfiguration>,
            $($field: $type,)*
        }

        impl Input {
            fn settings(&mut self) -> super::settings::Settings {
                super::settings::Settings {
                    description: self.description.take(),
                    desired_state: self.desired_state.take(),
                    source: None,
                    source_parameters: self.source_parameters.take(),
                    enrichment: self.enrichment.take(),
                    enrichment_parameters: self.enrichment_parameters.take(),
                    target: self.target.take(),
                    target_parameters: self.target_parameters.take(),
                    role_arn: self.role_arn.take(),
                    log_configuration: self.log_configuration.take(),
                }
            }
        }
    };
}

pub(super) use pipe_input;

/// Finds what can be found wrong with the name of a pipe.
pub(super) fn check_name(constraints: &mut Constraints, name: &str) {
    constraints.length("name", Some(name), NAME_LENGTH);
    let is_matched = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte));
    constraints.pattern("name", name, NAME_PATTERN, is_matched && !name.is_empty());
}

/// All faults, if there are any.
pub(super) fn checked(constraints: Constraints) -> Result<(), ApiError> {
    constraints.check_as(ErrorKind::PipeInvalid)
}

impl Settings {
    /// Finds what can be found wrong with the members one by one.
    pub(super) fn check(&self, constraints: &mut Constraints) {
        constraints.length("description", self.description.as_deref(), DESCRIPTION_LENGTH);
        constraints.choice("desiredState", self.desired_state.as_deref(), STATES);
        constraints.length("source", self.source.as_deref(), ARN_LENGTH);
        constraints.length("enrichment", self.enrichment.as_deref(), 0..=*ARN_LENGTH.end());
        constraints.length("target", self.target.as_deref(), ARN_LENGTH);
        constraints.length("roleArn", self.role_arn.as_deref(), ARN_LENGTH);
        if let Some(logs) = &self.log_configuration {
            match logs.level.as_deref() {
                None => constraints.missing("logConfiguration.level"),
                level => constraints.choice("logConfiguration.level", level, LEVELS),
            }
        }
        self.source_parameters.iter().for_each(|source| check_source(source, constraints));
        if let Some(parameters) = &self.enrichment_parameters {
            check_template("enrichmentParameters", parameters.input_template.as_deref(), constraints);
            check_http("enrichmentParameters", parameters.http_parameters.as_ref(), constraints);
        }
        self.target_parameters.iter().for_each(|target| check_target(target, constraints));
    }

    /// Takes the settings over, after they were checked. Tells whether the pipe is to run, if that is said.
    pub(super) fn apply(self, details: &mut Details) -> Result<Option<bool>, ApiError> {
        if self.log_configuration.is_some_and(|logs| logs.level.is_some_and(|level| level != "OFF")) {
            return Err(invalid("LogConfiguration", NO_LOGS));
        }
        let replace = |kept: &mut String, given: Option<String>| *kept = given.unwrap_or(std::mem::take(kept));
        replace(&mut details.description, self.description);
        replace(&mut details.source, self.source);
        replace(&mut details.role, self.role_arn);
        if self.enrichment.as_ref().is_some_and(|given| *given != details.enrichment) {
            details.enrichment_parameters.http_parameters = None;
        }
        replace(&mut details.enrichment, self.enrichment);
        if details.enrichment.is_empty() {
            details.enrichment_parameters = EnrichmentParameters::default();
        }
        if self.target.as_ref().is_some_and(|given| *given != details.target) {
            details.target_parameters.for_another_target();
        }
        replace(&mut details.target, self.target);
        details.source_parameters.update(self.source_parameters.unwrap_or_default());
        details.enrichment_parameters.update(self.enrichment_parameters.unwrap_or_default());
        details.target_parameters.update(self.target_parameters.unwrap_or_default());
        Ok(self.desired_state.map(|state| state == STATES[0]))
    }
}

fn check_source(source: &SourceParameters, constraints: &mut Constraints) {
    const QUEUE: &str = "sourceParameters.sqsQueueParameters";
    if let Some(queue) = &source.sqs_queue_parameters {
        constraints.number(&format!("{QUEUE}.batchSize"), queue.batch_size, BATCH_SIZE);
        let window = queue.maximum_batching_window_in_seconds;
        constraints.number(&format!("{QUEUE}.maximumBatchingWindowInSeconds"), window, WINDOW_SECONDS);
    }
    let path = "sourceParameters.filterCriteria.filters.member.pattern";
    for pattern in source.patterns() {
        constraints.length(path, Some(&pattern), 0..=PATTERN_CHARS_MAX);
    }
}

fn check_target(target: &TargetParameters, constraints: &mut Constraints) {
    check_template("targetParameters", target.input_template.as_deref(), constraints);
    check_http("targetParameters", target.http_parameters.as_ref(), constraints);
    for (block, given) in [
        ("lambdaFunctionParameters", &target.lambda_function_parameters),
        ("stepFunctionStateMachineParameters", &target.step_function_state_machine_parameters),
    ] {
        let kind = given.as_ref().and_then(|given: &InvocationParameters| given.invocation_type.as_deref());
        let path = format!("targetParameters.{block}.invocationType");
        constraints.choice(&path, kind, &[REQUEST_RESPONSE, FIRE_AND_FORGET]);
    }
    if let Some(queue) = &target.sqs_queue_parameters {
        const QUEUE: &str = "targetParameters.sqsQueueParameters";
        constraints.length(&format!("{QUEUE}.messageGroupId"), queue.message_group_id.as_deref(), ID_LENGTH);
        let id = queue.message_deduplication_id.as_deref();
        constraints.length(&format!("{QUEUE}.messageDeduplicationId"), id, ID_LENGTH);
    }
}

fn check_template(block: &str, template: Option<&str>, constraints: &mut Constraints) {
    constraints.length(&format!("{block}.inputTemplate"), template, 0..=TEMPLATE_CHARS_MAX);
}

fn check_http(block: &str, parameters: Option<&HttpParameters>, constraints: &mut Constraints) {
    let Some(parameters) = parameters else { return };
    for (member, map) in [
        ("headerParameters", &parameters.header_parameters),
        ("queryStringParameters", &parameters.query_string_parameters),
    ] {
        for text in map.iter().flatten().flat_map(|(name, value)| [name, value]) {
            constraints.length(&format!("{block}.httpParameters.{member}"), Some(text), HTTP_LENGTH);
        }
    }
}

impl Context<'_> {
    /// The pipe that these details make, after all was looked at that they name.
    pub(super) async fn pipe(&self, name: &str, details: &Details, enabled: bool) -> Result<Pipe, ApiError> {
        tags::check(&details.tags)?;
        let queue = self.source_queue(&details.source).map_err(|fault| invalid("Source", fault))?;
        let (batch_size, window) = batch(&queue, details)?;
        check_patterns(&details.source_parameters.patterns())?;
        let mut one_by_one = self.check_enrichment(details).await?;
        let target = self.end(&details.target, OTHER_TARGET).map_err(|fault| invalid("Target", fault))?;
        check_blocks(&target, details)?;
        let is_standard = self.check_target(&target, details, batch_size).await?;
        one_by_one |= matches!(target, End::ApiDestination(_));
        limit::rule(&details.tags)?;
        let holds = hold::asked(&details.tags)?;
        if holds && !is_standard {
            return Err(invalid("Tags", hold::ONLY_STANDARD));
        }
        Ok(Pipe {
            name: name.into(),
            queue,
            // An API destination gets one event a call.
            batch_size: if one_by_one { 1 } else { batch_size },
            window: if one_by_one { Seconds(0) } else { window },
            enabled,
            holds,
            concurrency_max: None,
            details: details.to_json(),
        })
    }

    /// Whether there is such an enrichment, and whether it takes one event at a time.
    async fn check_enrichment(&self, details: &Details) -> Result<bool, ApiError> {
        const MEMBER: &str = "Enrichment";
        let EnrichmentParameters { input_template, http_parameters } = &details.enrichment_parameters;
        if details.enrichment.is_empty() {
            return Ok(false);
        }
        check_syntax("EnrichmentParameters.InputTemplate", input_template.as_deref())?;
        let enrichment = self.end(&details.enrichment, OTHER_ENRICHMENT).map_err(|fault| invalid(MEMBER, fault))?;
        let is_destination = matches!(enrichment, End::ApiDestination(_));
        if http_parameters.is_some() && !is_destination {
            return Err(invalid("EnrichmentParameters.HttpParameters", "HttpParameters are for API destinations."));
        }
        match &enrichment {
            End::Function(_) | End::ApiDestination(_) => self.check_end(&enrichment, MEMBER).await?,
            End::Machine(machine) if self.is_express(machine, &details.enrichment, MEMBER).await? => {}
            End::Machine(_) => {
                return Err(invalid(MEMBER, "Only an EXPRESS state machine can enrich events: its end is waited for."));
            }
            End::Queue(_) | End::Topic(_) => {
                return Err(invalid(MEMBER, OTHER_ENRICHMENT));
            }
        }
        Ok(is_destination)
    }

    /// Whether there is such a target that takes what it is to get, and whether it is a standard state machine.
    async fn check_target(&self, target: &End, details: &Details, batch_size: u32) -> Result<bool, ApiError> {
        const MEMBER: &str = "Target";
        check_syntax("TargetParameters.InputTemplate", details.target_parameters.input_template.as_deref())?;
        match target {
            End::Machine(machine) => {
                let is_express = self.is_express(machine, &details.target, MEMBER).await?;
                if !is_express && details.waits() {
                    return Err(invalid(
                        "TargetParameters.StepFunctionStateMachineParameters.InvocationType",
                        "A STANDARD state machine can be invoked with FIRE_AND_FORGET only.",
                    ));
                }
                return Ok(!is_express);
            }
            End::Queue(queue) => {
                let parameters = details.target_parameters.sqs_queue_parameters.clone().unwrap_or_default();
                let group = parameters.message_group_id.filter(|group| !group.is_empty());
                if queue.is_fifo() && group.is_none() {
                    let member = "TargetParameters.SqsQueueParameters.MessageGroupId";
                    return Err(invalid(member, "A FIFO queue takes messages with a MessageGroupId only."));
                }
            }
            End::Topic(topic) if topic.is_fifo() => {
                let text = "A FIFO topic cannot be a target: there is nothing to say a MessageGroupId with.";
                return Err(invalid(MEMBER, text));
            }
            End::Topic(_) | End::Function(_) | End::ApiDestination(_) => {}
        }
        if matches!(target, End::Queue(_) | End::Topic(_)) && batch_size > BATCH_SIZE_USUAL {
            let text = format!("The target takes at most {BATCH_SIZE_USUAL} events at once.");
            return Err(invalid("SourceParameters.SqsQueueParameters.BatchSize", text));
        }
        self.check_end(target, MEMBER).await?;
        Ok(false)
    }

    /// Whether there is such a thing; of machines another question is asked.
    async fn check_end(&self, end: &End, member: &str) -> Result<(), ApiError> {
        let is_there = match end {
            End::Function(function) => self.broker.describe_function(function.clone()).await.is_ok(),
            End::Queue(queue) => self.broker.describe_queue(queue.clone()).await.is_ok(),
            End::Topic(topic) => self.broker.describe_topic(topic.clone()).await.is_ok(),
            End::ApiDestination(arn) => self.has_api_destination(arn).await?,
            End::Machine(_) => true,
        };
        if is_there { Ok(()) } else { Err(invalid(member, format!("The {member} does not exist."))) }
    }

    async fn is_express(&self, machine: &MachineRef, arn: &str, member: &str) -> Result<bool, ApiError> {
        let express = self.machine_is_express(machine.clone(), arn).await;
        express.map_err(|_| invalid(member, format!("The {member} does not exist.")))
    }
}

/// How many messages make a batch, and how long they are gathered.
fn batch(queue: &QueueName, details: &Details) -> Result<(u32, Seconds), ApiError> {
    const BLOCK: &str = "SourceParameters.SqsQueueParameters";
    let given = details.source_parameters.sqs_queue_parameters.clone().unwrap_or_default();
    let number = |given: Option<Integer>, usual: u32| given.map_or(usual, |Integer(number)| number as u32);
    let size = number(given.batch_size, BATCH_SIZE_USUAL);
    let window = number(given.maximum_batching_window_in_seconds, 0);
    if queue.is_fifo() && size > BATCH_SIZE_USUAL {
        let text = format!("A batch of a FIFO queue has at most {BATCH_SIZE_USUAL} messages.");
        return Err(invalid(&format!("{BLOCK}.BatchSize"), text));
    }
    if queue.is_fifo() && window > 0 {
        let member = format!("{BLOCK}.MaximumBatchingWindowInSeconds");
        return Err(invalid(&member, "Batching window is not supported for FIFO queues."));
    }
    Ok((size, Seconds(window)))
}

fn check_patterns(patterns: &[String]) -> Result<(), ApiError> {
    const MEMBER: &str = "SourceParameters.FilterCriteria";
    if patterns.len() > FILTERS_MAX {
        return Err(invalid(MEMBER, format!("A pipe has at most {FILTERS_MAX} filters.")));
    }
    let unsound = |fault: InvalidPattern| invalid(MEMBER, format!("Invalid filter pattern. {}", fault.reason()));
    Filters::parse(patterns).map(drop).map_err(unsound)
}

fn check_syntax(member: &str, template: Option<&str>) -> Result<(), ApiError> {
    let unreadable = |placeholder| invalid(member, format!("Invalid placeholder in the template: {placeholder}"));
    template.map_or(Ok(()), |template| InputTemplate::parse(template).map(drop).map_err(unreadable))
}

/// Blocks of parameters are for the kind of target that they name.
fn check_blocks(target: &End, details: &Details) -> Result<(), ApiError> {
    let parameters = &details.target_parameters;
    for (block, is_given, fits) in [
        (
            "LambdaFunctionParameters",
            parameters.lambda_function_parameters.is_some(),
            matches!(target, End::Function(_)),
        ),
        (
            "StepFunctionStateMachineParameters",
            parameters.step_function_state_machine_parameters.is_some(),
            matches!(target, End::Machine(_)),
        ),
        ("SqsQueueParameters", parameters.sqs_queue_parameters.is_some(), matches!(target, End::Queue(_))),
        ("HttpParameters", parameters.http_parameters.is_some(), matches!(target, End::ApiDestination(_))),
    ] {
        if is_given && !fits {
            return Err(invalid(&format!("TargetParameters.{block}"), format!("{block} do not fit the target.")));
        }
    }
    let queue = parameters.sqs_queue_parameters.clone().unwrap_or_default();
    let mut dynamic = vec![
        ("SqsQueueParameters.MessageGroupId", queue.message_group_id),
        ("SqsQueueParameters.MessageDeduplicationId", queue.message_deduplication_id),
    ];
    let http = parameters.http_parameters.iter().chain(&details.enrichment_parameters.http_parameters);
    for HttpParameters { path_parameter_values, header_parameters, query_string_parameters } in http {
        let values = path_parameter_values.iter().flatten();
        let values = values.chain(header_parameters.iter().flatten().map(|(_, value)| value));
        let values = values.chain(query_string_parameters.iter().flatten().map(|(_, value)| value));
        dynamic.extend(values.map(|value| ("HttpParameters", Some(value.clone()))));
    }
    for (member, headers) in [
        ("TargetParameters", parameters.http_parameters.as_ref()),
        ("EnrichmentParameters", details.enrichment_parameters.http_parameters.as_ref()),
    ] {
        let headers = headers.and_then(|http| http.header_parameters.clone()).unwrap_or_default();
        let unusable = |fault| invalid(&format!("{member}.HttpParameters"), fault);
        events::HttpParameters { headers, ..events::HttpParameters::default() }.check().map_err(unusable)?;
    }
    for (member, value) in dynamic {
        let unreadable = value.filter(|value| Path::is_meant(value) && Path::parse(value).is_none());
        if let Some(value) = unreadable {
            return Err(invalid(&format!("TargetParameters.{member}"), format!("{value} is not a path.")));
        }
    }
    Ok(())
}
