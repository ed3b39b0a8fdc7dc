//! What requests can say of which nothing is here: refused, so that nobody relies on it.

use serde_json::{Map, Value};

use super::refusal::invalid;
use crate::error::ApiError;
use crate::unavailable::{self, Unavailable};

const CONFIGURATION: &[&str] = &["CreateFunction", "UpdateFunctionConfiguration"];
const MAPPINGS: &[&str] = &["CreateEventSourceMapping", "UpdateEventSourceMapping"];
const NEW_MAPPINGS: &[&str] = &["CreateEventSourceMapping"];
const INVOCATIONS: &[&str] = &["Invoke", "InvokeWithResponseStream"];

pub(crate) const UNAVAILABLE: &Unavailable = &[
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
    match unavailable::find(UNAVAILABLE, operation, members) {
        Some((path, OF_STREAMS)) => Err(invalid(format!("Unsupported {path} {OF_STREAMS}"))),
        Some((_, why)) => Err(invalid(why)),
        None => Ok(()),
    }
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
