//! What requests can say of which nothing is here: refused, so that nobody relies on it.

use serde_json::{Map, Value};

use super::refusal::invalid;
use crate::error::ApiError;

const CONFIGURATION: &[&str] = &["CreateFunction", "UpdateFunctionConfiguration"];
const MAPPINGS: &[&str] = &["CreateEventSourceMapping", "UpdateEventSourceMapping"];
const NEW_MAPPINGS: &[&str] = &["CreateEventSourceMapping"];
const INVOCATIONS: &[&str] = &["Invoke", "InvokeWithResponseStream"];

/// Members by path, the operations that have them, and what is told.
pub(crate) const UNAVAILABLE: &[(&str, &[&str], &str)] = &[
    ("AcceleratorConfig", CONFIGURATION, "There are no accelerators here."),
    ("AmazonManagedKafkaEventSourceConfig", MAPPINGS, OF_STREAMS),
    ("BisectBatchOnFunctionError", MAPPINGS, OF_STREAMS),
    ("Code.S3ObjectStorageMode", &["CreateFunction"], REFERENCES),
    ("Code.SourceKMSKeyArn", &["CreateFunction"], KEYS),
    ("CodeSigningConfigArn", &["CreateFunction"], "Code is not signed here."),
    ("Content.S3ObjectStorageMode", &["PublishLayerVersion"], REFERENCES),
    ("DestinationConfig", MAPPINGS, "Unsupported DestinationConfig parameter for given event source mapping type."),
    ("DocumentDBEventSourceConfig", MAPPINGS, OF_STREAMS),
    ("DurableConfig", CONFIGURATION, "There are no durable executions here."),
    ("DurableExecutionName", &["Invoke"], "There are no durable executions here."),
    ("FileSystemConfigs", CONFIGURATION, "File systems are not mounted here."),
    ("ImageConfig", CONFIGURATION, "Container images are not available here."),
    ("LoggingConfig", MAPPINGS, OF_STREAMS),
    ("MaximumRecordAgeInSeconds", MAPPINGS, OF_STREAMS),
    ("MaximumRetryAttempts", MAPPINGS, OF_STREAMS),
    ("ParallelizationFactor", MAPPINGS, OF_STREAMS),
    (
        "PublishTo",
        &["CreateFunction", "PublishVersion", "UpdateFunctionCode"],
        "$LATEST.PUBLISHED is not available here.",
    ),
    ("Queues", NEW_MAPPINGS, OF_STREAMS),
    ("RuntimeConfig", CONFIGURATION, "Runtimes are this machine's, of the version that it has."),
    ("S3ObjectStorageMode", &["UpdateFunctionCode"], REFERENCES),
    ("SelfManagedEventSource", NEW_MAPPINGS, OF_STREAMS),
    ("SelfManagedKafkaEventSourceConfig", MAPPINGS, OF_STREAMS),
    ("SourceAccessConfigurations", MAPPINGS, OF_STREAMS),
    ("SourceKMSKeyArn", &["UpdateFunctionCode"], KEYS),
    ("StartingPosition", NEW_MAPPINGS, "StartingPosition is not valid for SQS event sources."),
    ("StartingPositionTimestamp", NEW_MAPPINGS, OF_STREAMS),
    ("TenancyConfig", &["CreateFunction"], "Functions have no tenants here."),
    ("TenantId", INVOCATIONS, "Functions have no tenants here."),
    ("Topics", NEW_MAPPINGS, OF_STREAMS),
    ("TumblingWindowInSeconds", MAPPINGS, OF_STREAMS),
];

const OF_STREAMS: &str = "parameter for given event source mapping type.";
const REFERENCES: &str = "Code is always copied here.";
const KEYS: &str = "KMS does not exist here: archives are not encrypted.";

/// Refuses a request that says something of the kind. What is empty says nothing.
pub(super) fn check(operation: &str, members: &Map<String, Value>) -> Result<(), ApiError> {
    for (path, operations, why) in UNAVAILABLE {
        if operations.contains(&operation) && says_something(path, members) {
            return Err(invalid(match *why {
                OF_STREAMS => format!("Unsupported {path} {OF_STREAMS}"),
                why => why.to_owned(),
            }));
        }
    }
    Ok(())
}

fn says_something(path: &str, members: &Map<String, Value>) -> bool {
    let value = match path.split_once('.') {
        Some((outer, inner)) => members.get(outer).and_then(|outer| outer.get(inner)),
        None => members.get(path),
    };
    value.is_some_and(|value| match value {
        Value::Null | Value::Bool(false) => false,
        Value::String(text) => !text.is_empty() && text != "COPY",
        Value::Array(elements) => !elements.is_empty(),
        Value::Object(members) => members.values().any(|value| !value.is_null() && *value != Value::Array(Vec::new())),
        _ => true,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_not_here_is_refused_unless_it_says_nothing() {
        let check = |operation: &str, value: Value| {
            check(operation, value.as_object().unwrap()).map_err(|error| error.message().to_owned())
        };
        let text = "Unsupported TumblingWindowInSeconds parameter for given event source mapping type.";
        assert_eq!(check("CreateEventSourceMapping", json!({ "TumblingWindowInSeconds": 0 })), Err(text.to_owned()));
        assert_eq!(check("UpdateFunctionCode", json!({ "TumblingWindowInSeconds": 0 })), Ok(()));
        let text = "Unsupported DestinationConfig parameter for given event source mapping type.";
        let config = json!({ "DestinationConfig": { "OnFailure": { "Destination": "arn" } } });
        assert_eq!(check("UpdateEventSourceMapping", config.clone()), Err(text.to_owned()));
        assert_eq!(check("PutFunctionEventInvokeConfig", config), Ok(()));
        assert!(check("CreateFunction", json!({ "Code": { "SourceKMSKeyArn": "arn" } })).is_err());
        for empty in [
            json!({ "FileSystemConfigs": [], "ImageConfig": {}, "CodeSigningConfigArn": "", "DurableConfig": null }),
            json!({ "Code": { "S3ObjectStorageMode": "COPY" }, "ImageConfig": { "Command": [] } }),
        ] {
            assert_eq!(check("CreateFunction", empty), Ok(()));
        }
    }
}
