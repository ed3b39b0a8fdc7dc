//! A mapping as clients get it.

use bongsu_broker::{FunctionRef, LATEST, Mapping, MappingDefinition, MappingId, QueueName};
use serde::Serialize;

use super::mapping_settings::{MappingDetails, response_types};
use super::mapping_uuid::{mapping_of_uuid, mapping_uuid};
use super::refusal::{invalid, resource_not_found};
use super::times;
use crate::error::ApiError;
use crate::operation::Context;

/// What the model calls `EventSourceMappingConfiguration`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct EventSourceMapping {
    #[serde(rename = "UUID")]
    uuid: String,
    event_source_mapping_arn: String,
    event_source_arn: String,
    function_arn: String,
    batch_size: u32,
    maximum_batching_window_in_seconds: u32,
    function_response_types: Vec<&'static str>,
    last_modified: f64,
    state: &'static str,
    state_transition_reason: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    filter_criteria: Option<FilterCriteria>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scaling_config: Option<Scaling>,
    #[serde(skip_serializing_if = "Option::is_none")]
    provisioned_poller_config: Option<Pollers>,
    #[serde(rename = "KMSKeyArn", skip_serializing_if = "String::is_empty")]
    kms_key_arn: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    metrics_config: Option<Metrics>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct FilterCriteria {
    filters: Vec<Filter>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Filter {
    pattern: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Scaling {
    maximum_concurrency: u32,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Pollers {
    minimum_pollers: u32,
    maximum_pollers: u32,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Metrics {
    metrics: Vec<String>,
}

impl EventSourceMapping {
    /// As it stands: enabled or not.
    pub(super) fn new(mapping: &Mapping, cx: &Context<'_>) -> EventSourceMapping {
        let state = if mapping.definition.enabled { "Enabled" } else { "Disabled" };
        EventSourceMapping::in_state(mapping, state, cx)
    }

    /// With what is told of a change that has just been made.
    pub(super) fn in_state(mapping: &Mapping, state: &'static str, cx: &Context<'_>) -> EventSourceMapping {
        let definition = &mapping.definition;
        let details = MappingDetails::of(definition);
        let uuid = mapping_uuid(mapping.id);
        let filters = definition.filters.iter().map(|pattern| Filter { pattern: pattern.to_string() });
        let config = cx.config;
        EventSourceMapping {
            event_source_mapping_arn: format!(
                "arn:aws:lambda:{}:{}:event-source-mapping:{uuid}",
                config.region, config.account
            ),
            uuid,
            event_source_arn: definition.queue.arn(&config.region),
            function_arn: cx.function_arn(&definition.function.to_string()),
            batch_size: definition.batch_size,
            maximum_batching_window_in_seconds: definition.window.0,
            function_response_types: response_types(definition),
            last_modified: times::seconds(details.last_modified),
            state,
            state_transition_reason: "USER_INITIATED",
            filter_criteria: (!definition.filters.is_empty()).then(|| FilterCriteria { filters: filters.collect() }),
            scaling_config: definition.concurrency_max.map(|most| Scaling { maximum_concurrency: most }),
            provisioned_poller_config: details
                .pollers
                .map(|(least, most)| Pollers { minimum_pollers: least, maximum_pollers: most }),
            kms_key_arn: details.kms_key,
            metrics_config: (!details.metrics.is_empty()).then_some(Metrics { metrics: details.metrics }),
        }
    }
}

impl Context<'_> {
    /// All mappings, by their UUIDs.
    pub(super) async fn mappings(&self) -> Result<Vec<Mapping>, ApiError> {
        let mut mappings = self.broker.functions().await.map_err(|refusal| self.refused(refusal))?.mappings;
        mappings.sort_by_key(|mapping| mapping_uuid(mapping.id));
        Ok(mappings)
    }

    pub(super) async fn mapping(&self, id: MappingId) -> Result<Mapping, ApiError> {
        self.mappings().await?.into_iter().find(|mapping| mapping.id == id).ok_or_else(resource_not_found)
    }

    /// The mapping that a request names.
    pub(super) async fn mapping_of(&self, uuid: &str) -> Result<Mapping, ApiError> {
        self.check_account(&format!("event-source-mapping:{uuid}"))?;
        self.mapping(mapping_of_uuid(uuid).ok_or_else(resource_not_found)?).await
    }

    /// The queue of an event source's ARN.
    pub(super) fn source(&self, arn: Option<&str>) -> Result<QueueName, ApiError> {
        let parts: Vec<&str> = arn.unwrap_or_default().split(':').collect();
        let unrecognized = || invalid("Unrecognized event source.");
        let ["arn", _, "sqs", region, account, name] = parts[..] else { return Err(unrecognized()) };
        let queue = QueueName { account: account.parse().map_err(|()| unrecognized())?, name: name.into() };
        if region != self.config.region || queue.account != self.config.account {
            // Only queues of the account itself feed its functions.
            return Err(self.refused(bongsu_broker::Rejection::QueueDoesNotExist.into()));
        }
        Ok(queue)
    }

    /// The function that a queue is to feed.
    pub(super) fn fed_function(&self, function: &str) -> Result<FunctionRef, ApiError> {
        let function = self.own_function(function, None)?;
        // The latest version is meant by its name, too.
        let qualifier = function.qualifier.filter(|qualifier| **qualifier != *LATEST);
        Ok(FunctionRef { qualifier, ..function })
    }

    /// Looks at what a mapping connects.
    pub(super) async fn check_ends(&self, definition: &MappingDefinition) -> Result<(), ApiError> {
        let described = self.broker.describe_function(definition.function.clone()).await;
        let function = described.map_err(|_| invalid("Function does not exist"))?.function;
        let queue = self.broker.describe_queue(definition.queue.clone()).await;
        let queue = queue.map_err(|refusal| self.refused(refusal))?;
        let (visible_after, timeout) = (queue.attributes.visibility_timeout.0, function.timeout_seconds);
        if visible_after < timeout {
            return Err(invalid(format!(
                "Queue visibility timeout: {visible_after} seconds is less than Function timeout: {timeout} seconds"
            )));
        }
        Ok(())
    }

    /// What is told when the queue feeds the function already.
    pub(super) fn fed_already(&self, definition: &MappingDefinition, id: MappingId) -> ApiError {
        super::refusal::conflict(format!(
            "The event source arn (\" {} \") and function (\" {} \") provided mapping already exists. Please update or \
             delete the existing mapping with UUID {}",
            definition.queue.arn(&self.config.region),
            definition.function,
            mapping_uuid(id)
        ))
    }
}
