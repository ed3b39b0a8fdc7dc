//! What a request says of a pipe's source, enrichment and target: read, kept and told in the same words.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::codec::Integer;
use crate::unavailable::Unavailable;

const BOTH: &[&str] = &["CreatePipe", "UpdatePipe"];
const SOURCES: &str = "Pipes read SQS queues here, and nothing else.";
const TARGETS: &str = "Pipes lead to Lambda functions, Step Functions state machines, SQS queues, SNS topics and API \
                       destinations here, and nowhere else.";
const LOGS: &str = "Pipes write no logs of their own here: what fails stands in the server's log.";

/// Of which nothing is here.
pub(crate) const UNAVAILABLE: &Unavailable = &[
    ("KmsKeyIdentifier", BOTH, "KMS does not exist here: pipes are kept as they are."),
    ("LogConfiguration.CloudwatchLogsLogDestination", BOTH, LOGS),
    ("LogConfiguration.FirehoseLogDestination", BOTH, LOGS),
    ("LogConfiguration.IncludeExecutionData", BOTH, LOGS),
    ("LogConfiguration.S3LogDestination", BOTH, LOGS),
    ("SourceParameters.ActiveMQBrokerParameters", BOTH, SOURCES),
    ("SourceParameters.DynamoDBStreamParameters", BOTH, SOURCES),
    ("SourceParameters.KinesisStreamParameters", BOTH, SOURCES),
    ("SourceParameters.ManagedStreamingKafkaParameters", BOTH, SOURCES),
    ("SourceParameters.RabbitMQBrokerParameters", BOTH, SOURCES),
    ("SourceParameters.SelfManagedKafkaParameters", BOTH, SOURCES),
    ("TargetParameters.BatchJobParameters", BOTH, TARGETS),
    ("TargetParameters.CloudWatchLogsParameters", BOTH, TARGETS),
    ("TargetParameters.EcsTaskParameters", BOTH, TARGETS),
    ("TargetParameters.EventBridgeEventBusParameters", BOTH, TARGETS),
    ("TargetParameters.KinesisStreamParameters", BOTH, TARGETS),
    ("TargetParameters.RedshiftDataParameters", BOTH, TARGETS),
    ("TargetParameters.SageMakerPipelineParameters", BOTH, TARGETS),
    ("TargetParameters.TimestreamParameters", BOTH, TARGETS),
];

/// What is said of other sources, enrichments and targets.
pub(super) const OTHER_SOURCE: &str = SOURCES;
pub(super) const OTHER_ENRICHMENT: &str =
    "Events are enriched by Lambda functions, EXPRESS state machines and API destinations here.";
pub(super) const OTHER_TARGET: &str = TARGETS;
pub(super) const NO_LOGS: &str = LOGS;

/// Structures that are read, kept and told alike; members that are not given are not told.
macro_rules! parameters {
    ($($(#[$about:meta])* $name:ident { $($(#[$of:meta])* $field:ident: $type:ty,)* })*) => {
        $($(#[$about])*
        #[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
        #[serde(rename_all = "PascalCase", default)]
        pub(super) struct $name {
            $($(#[$of])* #[serde(skip_serializing_if = "Option::is_none")] pub(super) $field: Option<$type>,)*
        })*
    };
}

parameters! {
    /// Where events come from.
    SourceParameters {
        filter_criteria: FilterCriteria,
        sqs_queue_parameters: SqsSourceParameters,
    }
    /// How a queue is read.
    SqsSourceParameters {
        batch_size: Integer,
        maximum_batching_window_in_seconds: Integer,
    }
    /// Which events are let through.
    FilterCriteria {
        filters: Vec<Filter>,
    }
    /// One of the patterns of which an event has to match any.
    Filter {
        pattern: String,
    }
    /// What asks for more about an event.
    EnrichmentParameters {
        input_template: String,
        http_parameters: HttpParameters,
    }
    /// What is added to a call of an API destination.
    HttpParameters {
        path_parameter_values: Vec<String>,
        header_parameters: BTreeMap<String, String>,
        query_string_parameters: BTreeMap<String, String>,
    }
    /// Where events go.
    TargetParameters {
        input_template: String,
        lambda_function_parameters: InvocationParameters,
        step_function_state_machine_parameters: InvocationParameters,
        sqs_queue_parameters: SqsTargetParameters,
        http_parameters: HttpParameters,
    }
    /// Whether the end of what is invoked is waited for.
    InvocationParameters {
        invocation_type: String,
    }
    /// What a message has besides its body.
    SqsTargetParameters {
        message_group_id: String,
        message_deduplication_id: String,
    }
    /// Whether a pipe writes logs; it does not.
    LogConfiguration {
        level: String,
    }
}

impl SourceParameters {
    /// Takes over what is given. A block for a queue is replaced as a whole.
    pub(super) fn update(&mut self, given: SourceParameters) {
        replace(&mut self.filter_criteria, given.filter_criteria);
        replace(&mut self.sqs_queue_parameters, given.sqs_queue_parameters);
        let is_empty = |criteria: &FilterCriteria| criteria.filters.as_ref().is_none_or(Vec::is_empty);
        self.filter_criteria = self.filter_criteria.take().filter(|criteria| !is_empty(criteria));
    }

    pub(super) fn patterns(&self) -> Vec<String> {
        let filters = self.filter_criteria.iter().filter_map(|criteria| criteria.filters.as_ref()).flatten();
        filters.map(|filter| filter.pattern.clone().unwrap_or_default()).collect()
    }
}

impl EnrichmentParameters {
    /// Takes over what is given. An empty template removes the one that is there.
    pub(super) fn update(&mut self, given: EnrichmentParameters) {
        replace(&mut self.input_template, given.input_template);
        replace(&mut self.http_parameters, given.http_parameters);
        self.input_template = self.input_template.take().filter(|template| !template.is_empty());
    }
}

impl TargetParameters {
    /// Takes over what is given. An empty template removes the one that is there.
    pub(super) fn update(&mut self, given: TargetParameters) {
        replace(&mut self.input_template, given.input_template);
        replace(&mut self.lambda_function_parameters, given.lambda_function_parameters);
        replace(&mut self.step_function_state_machine_parameters, given.step_function_state_machine_parameters);
        replace(&mut self.sqs_queue_parameters, given.sqs_queue_parameters);
        replace(&mut self.http_parameters, given.http_parameters);
        self.input_template = self.input_template.take().filter(|template| !template.is_empty());
    }

    /// Leaves what every target has.
    pub(super) fn for_another_target(&mut self) {
        *self = TargetParameters { input_template: self.input_template.take(), ..TargetParameters::default() };
    }
}

fn replace<T>(kept: &mut Option<T>, given: Option<T>) {
    if given.is_some() {
        *kept = given;
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn target(value: Value) -> TargetParameters {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn an_update_replaces_whole_blocks_and_leaves_the_others() {
        let mut kept = target(json!({
            "InputTemplate": "<$.body>",
            "SqsQueueParameters": { "MessageGroupId": "g", "MessageDeduplicationId": "d" },
        }));
        kept.update(target(json!({ "SqsQueueParameters": { "MessageGroupId": "h" } })));
        let expected = json!({ "InputTemplate": "<$.body>", "SqsQueueParameters": { "MessageGroupId": "h" } });
        assert_eq!(serde_json::to_value(&kept).unwrap(), expected);
        kept.update(target(json!({ "InputTemplate": "" })));
        assert_eq!(kept.input_template, None);
    }

    #[test]
    fn an_empty_list_of_filters_removes_them() {
        let source = |value: Value| serde_json::from_value::<SourceParameters>(value).unwrap();
        let mut kept = source(json!({ "FilterCriteria": { "Filters": [{ "Pattern": "{}" }] } }));
        kept.update(source(json!({ "SqsQueueParameters": { "BatchSize": 1 } })));
        assert_eq!(kept.patterns(), ["{}"]);
        kept.update(source(json!({ "FilterCriteria": { "Filters": [] } })));
        assert_eq!(serde_json::to_value(&kept).unwrap(), json!({ "SqsQueueParameters": { "BatchSize": 1 } }));
    }
}
