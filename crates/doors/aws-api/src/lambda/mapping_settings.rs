//! What can be said of a mapping when it is made and changed later: read, checked and taken over.

use std::ops::RangeInclusive;

use bongsu_broker::{MAPPING_BATCH_MESSAGES_MAX, MappingDefinition, Seconds};
use bongsu_event_pattern::{FILTERS_MAX, Filters, InvalidPattern, PATTERN_CHARS_MAX};
use serde::{Deserialize, Serialize};

use super::details::{read, write};
use super::refusal::invalid;
use super::tagged::Tags;
use crate::codec::Integer;
use crate::constraints::Constraints;
use crate::error::ApiError;

pub(super) const BATCH_SIZE_DEFAULT: u32 = 10;
const FIFO_BATCH_SIZE_MAX: u32 = 10;
/// The largest batch that is not gathered for a while.
const BATCH_SIZE_AT_ONCE_MAX: u32 = 10;
const WINDOW_SECONDS: RangeInclusive<i64> = 0..=300;
const CONCURRENCY: RangeInclusive<i64> = 2..=1_000;
const POLLERS_MIN: RangeInclusive<i64> = 2..=200;
const POLLERS_MAX: RangeInclusive<i64> = 2..=2_000;
const POLLERS_DEFAULT: (u32, u32) = (2, 200);
const ITEM_FAILURES: &str = "ReportBatchItemFailures";

/// What the door keeps of a mapping besides what the broker knows.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub(super) struct MappingDetails {
    /// Since 1970, in milliseconds.
    pub(super) last_modified: u64,
    pub(super) kms_key: String,
    pub(super) metrics: Vec<String>,
    /// The least and the most.
    pub(super) pollers: Option<(u32, u32)>,
    pub(super) tags: Tags,
}

impl MappingDetails {
    pub(super) fn of(definition: &MappingDefinition) -> MappingDetails {
        read(&definition.details)
    }

    pub(super) fn to_json(&self) -> Box<str> {
        write(self)
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct FilterCriteriaInput {
    filters: Vec<FilterInput>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct FilterInput {
    pattern: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct ScalingInput {
    maximum_concurrency: Option<Integer>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct PollersInput {
    minimum_pollers: Option<Integer>,
    maximum_pollers: Option<Integer>,
    poller_group_name: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct MetricsInput {
    metrics: Vec<String>,
}

/// What a request says of a mapping; what it does not say stays as it is.
#[derive(Debug, Default)]
pub(super) struct MappingSettings {
    pub(super) enabled: Option<bool>,
    pub(super) batch_size: Option<Integer>,
    pub(super) window: Option<Integer>,
    pub(super) filter_criteria: Option<FilterCriteriaInput>,
    pub(super) response_types: Option<Vec<String>>,
    pub(super) scaling: Option<ScalingInput>,
    pub(super) pollers: Option<PollersInput>,
    pub(super) kms_key_arn: Option<String>,
    pub(super) metrics: Option<MetricsInput>,
}

/// An operation's input: the members here, and those of [`MappingSettings`].
macro_rules! mapping_input {
    ($($(#[$attribute:meta])* $field:ident: $type:ty,)*) => {
        #[derive(Debug, Default, serde::Deserialize)]
        #[serde(rename_all = "PascalCase", default)]
        pub(super) struct Input {
            $($(#[$attribute])* $field: $type,)*
            enabled: Option<bool>,
            batch_size: Option<crate::codec::Integer>,
            maximum_batching_window_in_seconds: Option<crate::codec::Integer>,
            filter_criteria: Option<super::mapping_settings::FilterCriteriaInput>,
            function_response_types: Option<Vec<String>>,
            scaling_config: Option<super::mapping_settings::ScalingInput>,
            provisioned_poller_config: Option<super::mapping_settings::PollersInput>,
            #[serde(rename = "KMSKeyArn")]
            kms_key_arn: Option<String>,
            metrics_config: Option<super::mapping_settings::MetricsInput>,
        }

        impl Input {
            fn settings(&mut self) -> super::mapping_settings::MappingSettings {
                super::mapping_settings::MappingSettings {
                    enabled: self.enabled,
                    batch_size: self.batch_size,
                    window: self.maximum_batching_window_in_seconds,
                    filter_criteria: self.filter_criteria.take(),
                    response_types: self.function_response_types.take(),
                    scaling: self.scaling_config.take(),
                    pollers: self.provisioned_poller_config.take(),
                    kms_key_arn: self.kms_key_arn.take(),
                    metrics: self.metrics_config.take(),
                }
            }
        }
    };
}

pub(super) use mapping_input;

impl MappingSettings {
    /// Finds what can be found wrong with the members one by one.
    pub(super) fn check(&self, constraints: &mut Constraints) {
        constraints.number("batchSize", self.batch_size, 1..=i64::from(MAPPING_BATCH_MESSAGES_MAX));
        constraints.number("maximumBatchingWindowInSeconds", self.window, WINDOW_SECONDS);
        let concurrency = self.scaling.as_ref().and_then(|scaling| scaling.maximum_concurrency);
        constraints.number("scalingConfig.maximumConcurrency", concurrency, CONCURRENCY);
        if let Some(pollers) = &self.pollers {
            constraints.number("provisionedPollerConfig.minimumPollers", pollers.minimum_pollers, POLLERS_MIN);
            constraints.number("provisionedPollerConfig.maximumPollers", pollers.maximum_pollers, POLLERS_MAX);
        }
        for kind in self.response_types.iter().flatten() {
            constraints.choice("functionResponseTypes", Some(kind), &[ITEM_FAILURES]);
        }
        for metric in self.metrics.iter().flat_map(|metrics| &metrics.metrics) {
            constraints.choice("metricsConfig.metrics", Some(metric), &["EventCount"]);
        }
        let patterns = self.filter_criteria.iter().flat_map(|criteria| &criteria.filters);
        for pattern in patterns.filter_map(|filter| filter.pattern.as_deref()) {
            constraints.length("filterCriteria.filters.member.pattern", Some(pattern), 0..=PATTERN_CHARS_MAX);
        }
    }

    /// Takes the settings over, after they were checked, and looks at how they go together.
    pub(super) fn apply(
        self,
        definition: &mut MappingDefinition,
        details: &mut MappingDetails,
    ) -> Result<(), ApiError> {
        let number = |given: Option<Integer>, before: u32| given.map_or(before, |Integer(number)| number as u32);
        definition.enabled = self.enabled.unwrap_or(definition.enabled);
        definition.batch_size = number(self.batch_size, definition.batch_size);
        definition.window = Seconds(number(self.window, definition.window.0));
        if let Some(kinds) = self.response_types {
            definition.report_batch_item_failures = !kinds.is_empty();
        }
        if let Some(ScalingInput { maximum_concurrency }) = self.scaling {
            definition.concurrency_max = maximum_concurrency.map(|Integer(number)| number as u32);
        }
        if let Some(criteria) = self.filter_criteria {
            definition.filters = patterns(criteria)?;
        }
        if let Some(pollers) = self.pollers {
            details.pollers = pollers.kept()?;
        }
        if let Some(MetricsInput { metrics }) = self.metrics {
            details.metrics = metrics;
        }
        details.kms_key = self.kms_key_arn.unwrap_or_else(|| std::mem::take(&mut details.kms_key));
        check_together(definition, details)
    }
}

impl PollersInput {
    fn kept(self) -> Result<Option<(u32, u32)>, ApiError> {
        if self.poller_group_name.is_some_and(|name| !name.is_empty()) {
            return Err(invalid("Unsupported PollerGroupName parameter for given event source mapping type."));
        }
        let number = |given: Option<Integer>| given.map(|Integer(number)| number as u32);
        let (least, most) = (number(self.minimum_pollers), number(self.maximum_pollers));
        if least.is_none() && most.is_none() {
            return Ok(None);
        }
        let (least, most) = (least.unwrap_or(POLLERS_DEFAULT.0), most.unwrap_or(POLLERS_DEFAULT.1));
        if least > most {
            return Err(invalid("MinimumPollers must be less than or equal to MaximumPollers."));
        }
        Ok(Some((least, most)))
    }
}

fn check_together(definition: &MappingDefinition, details: &MappingDetails) -> Result<(), ApiError> {
    let MappingDefinition { queue, batch_size, window, concurrency_max, .. } = definition;
    if queue.is_fifo() && *batch_size > FIFO_BATCH_SIZE_MAX {
        return Err(invalid(format!(
            "BatchSize must be between 1 and {FIFO_BATCH_SIZE_MAX} for FIFO queues: {batch_size} is not."
        )));
    }
    if queue.is_fifo() && window.0 > 0 {
        return Err(invalid("Batching window is not supported for FIFO queues."));
    }
    if *batch_size > BATCH_SIZE_AT_ONCE_MAX && window.0 == 0 {
        return Err(invalid(
            "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10",
        ));
    }
    if concurrency_max.is_some() && details.pollers.is_some() {
        return Err(invalid("MaximumConcurrency and ProvisionedPollerConfig cannot be set at the same time."));
    }
    Ok(())
}

fn patterns(criteria: FilterCriteriaInput) -> Result<Vec<Box<str>>, ApiError> {
    if criteria.filters.len() > FILTERS_MAX {
        return Err(invalid(format!("A mapping has at most {FILTERS_MAX} filters.")));
    }
    let patterns = criteria.filters.into_iter().map(|filter| filter.pattern.unwrap_or_default().into());
    let patterns: Vec<Box<str>> = patterns.collect();
    let unsound = |_: InvalidPattern| invalid("Invalid filter pattern definition.");
    Filters::parse(&patterns).map_err(unsound)?;
    Ok(patterns)
}

/// How the response types of a mapping are told.
pub(super) fn response_types(definition: &MappingDefinition) -> Vec<&'static str> {
    if definition.report_batch_item_failures { vec![ITEM_FAILURES] } else { Vec::new() }
}

#[cfg(test)]
mod tests {
    use bongsu_broker::{Account, FunctionRef, QueueName};

    use super::*;

    fn applied(queue: &str, settings: MappingSettings) -> Result<MappingDefinition, String> {
        let mut definition = MappingDefinition {
            queue: QueueName { account: Account(0), name: queue.into() },
            function: FunctionRef::latest("f"),
            batch_size: BATCH_SIZE_DEFAULT,
            window: Seconds(0),
            report_batch_item_failures: false,
            concurrency_max: None,
            enabled: true,
            filters: Vec::new(),
            details: "".into(),
        };
        let applied = settings.apply(&mut definition, &mut MappingDetails::default());
        applied.map(|()| definition).map_err(|error| error.message().to_owned())
    }

    #[test]
    fn settings_have_to_go_together() {
        let sized = |size, window| MappingSettings {
            batch_size: Some(Integer(size)),
            window: Some(Integer(window)),
            ..MappingSettings::default()
        };
        assert!(applied("q", sized(10_000, 1)).is_ok() && applied("q.fifo", sized(10, 0)).is_ok());
        let text = "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10";
        assert_eq!(applied("q", sized(11, 0)), Err(text.to_owned()));
        assert!(applied("q.fifo", sized(11, 1)).is_err() && applied("q.fifo", sized(1, 1)).is_err());
    }

    #[test]
    fn a_pattern_is_looked_at() {
        let filtered = |pattern: &str| MappingSettings {
            filter_criteria: Some(FilterCriteriaInput {
                filters: vec![FilterInput { pattern: Some(pattern.to_owned()) }],
            }),
            ..MappingSettings::default()
        };
        assert_eq!(applied("q", filtered(r#"{"body":["a"]}"#)).map(|mapping| mapping.filters.len()), Ok(1));
        for pattern in ["", "[]", r#"{"body":"a"}"#] {
            assert_eq!(applied("q", filtered(pattern)), Err("Invalid filter pattern definition.".to_owned()));
        }
    }
}
