//! How events are treated: what a request says of it, and what is told.

use std::ops::RangeInclusive;

use bongsu_broker::{Destination, FunctionRef, InvokeConfig, Seconds};
use serde::{Deserialize, Serialize};

use super::destination;
use super::details::{read, write};
use super::refusal::{invalid, not_found};
use super::times;
use crate::codec::Integer;
use crate::constraints::Constraints;
use crate::error::ApiError;
use crate::operation::Context;

const RETRIES: RangeInclusive<i64> = 0..=2;
const AGE_SECONDS: RangeInclusive<i64> = 60..=21_600;

#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Destinations {
    on_success: OnOutcome,
    on_failure: OnOutcome,
}

#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase", default)]
struct OnOutcome {
    #[serde(skip_serializing_if = "Option::is_none")]
    destination: Option<String>,
}

/// What a request says.
#[derive(Debug, Default)]
pub(super) struct Asked {
    pub(super) retries: Option<Integer>,
    pub(super) age: Option<Integer>,
    pub(super) destinations: Option<Destinations>,
}

/// What is kept besides what the broker knows: which of it was said, and when.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(default)]
struct Details {
    retries: bool,
    age: bool,
    last_modified: u64,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct EventInvokeConfig {
    last_modified: f64,
    function_arn: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    maximum_retry_attempts: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    maximum_event_age_in_seconds: Option<u32>,
    destination_config: Destinations,
}

impl EventInvokeConfig {
    pub(super) fn new(name: &str, qualifier: &str, config: &InvokeConfig, cx: &Context<'_>) -> EventInvokeConfig {
        let details: Details = read(&config.details);
        let told = |to: &Option<Destination>| OnOutcome { destination: to.as_ref().map(|to| destination::arn(to, cx)) };
        EventInvokeConfig {
            last_modified: times::seconds(details.last_modified),
            function_arn: cx.function_arn(&format!("{name}:{qualifier}")),
            maximum_retry_attempts: details.retries.then_some(config.retries_max),
            maximum_event_age_in_seconds: details.age.then_some(config.age_max.0),
            destination_config: Destinations {
                on_success: told(&config.on_success),
                on_failure: told(&config.on_failure),
            },
        }
    }
}

impl Asked {
    /// What holds when this is said about what held before.
    pub(super) fn over(
        self,
        before: InvokeConfig,
        function: &FunctionRef,
        cx: &Context<'_>,
    ) -> Result<InvokeConfig, ApiError> {
        let mut constraints = Constraints::default();
        let retries = constraints.number("maximumRetryAttempts", self.retries, RETRIES);
        let age = constraints.number("maximumEventAgeInSeconds", self.age, AGE_SECONDS);
        constraints.check()?;
        if retries.is_none() && age.is_none() && self.destinations.is_none() {
            return Err(invalid("You must specify at least one of error handling or destination setting."));
        }
        let (on_success, on_failure) = match self.destinations {
            None => (before.on_success, before.on_failure),
            Some(Destinations { on_success, on_failure }) => {
                (on_success.parse(function, cx)?, on_failure.parse(function, cx)?)
            }
        };
        let said: Details = read(&before.details);
        let details = Details {
            retries: said.retries || retries.is_some(),
            age: said.age || age.is_some(),
            last_modified: cx.config.clock.now().0,
        };
        Ok(InvokeConfig {
            retries_max: retries.unwrap_or(before.retries_max),
            age_max: age.map_or(before.age_max, Seconds),
            on_success,
            on_failure,
            details: write(&details),
        })
    }
}

impl OnOutcome {
    fn parse(self, function: &FunctionRef, cx: &Context<'_>) -> Result<Option<Destination>, ApiError> {
        let Some(arn) = self.destination.filter(|arn| !arn.is_empty()) else { return Ok(None) };
        let invalid_arn = || {
            invalid(format!(
                "The provided destination {arn} is invalid: it is not the ARN of a standard queue, of a standard topic or \
                 of a function of this account and region."
            ))
        };
        match destination::parse(&arn, cx).ok_or_else(invalid_arn)? {
            Destination::Queue(queue) if queue.is_fifo() => Err(invalid_arn()),
            Destination::Topic(topic) if topic.is_fifo() => Err(invalid_arn()),
            Destination::Function(other) if other.name == function.name => {
                Err(invalid("You can't specify the function as a destination for itself."))
            }
            destination => Ok(Some(destination)),
        }
    }
}

impl Context<'_> {
    /// What was said of events by this name.
    pub(super) async fn invoke_config(&self, function: &FunctionRef) -> Result<InvokeConfig, ApiError> {
        let missing = || {
            let arn = self.function_arn(&format!("{}:{}", function.name, function.qualifier()));
            not_found(format!("The function {arn} doesn't have an EventInvokeConfig"))
        };
        let configs = self.broker.list_invoke_configs(&function.name).await;
        let configs = configs.map_err(|refusal| self.refused(refusal))?;
        let found = configs.into_iter().find(|(qualifier, _)| **qualifier == *function.qualifier());
        Ok(found.ok_or_else(missing)?.1)
    }

    pub(super) async fn put_invoke_config(
        &self,
        function: FunctionRef,
        config: InvokeConfig,
    ) -> Result<EventInvokeConfig, ApiError> {
        let told = EventInvokeConfig::new(&function.name, function.qualifier(), &config, self);
        let put = self.broker.put_invoke_config(function, Some(config)).await;
        put.map_err(|refusal| self.refused(refusal))?;
        Ok(told)
    }
}
