//! A function's configuration as clients get it.

use std::collections::BTreeMap;

use bongsu_broker::{Account, Function};
use bongsu_runtime::Refusal;
use serde::Serialize;

use super::capacity::CapacityProviderConfig;
use super::destination;
use super::details::{FunctionDetails, Logging};
use super::times;
use crate::operation::Context;
use crate::request_id::uuid_text;

/// The ARN of `NAME` or `NAME:QUALIFIER`.
pub fn function_arn(region: &str, account: Account, name: &str) -> String {
    format!("arn:aws:lambda:{region}:{account}:function:{name}")
}

/// What the model calls `FunctionConfiguration`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct FunctionConfiguration {
    function_name: String,
    function_arn: String,
    runtime: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    role: String,
    handler: String,
    code_size: u64,
    description: String,
    timeout: u32,
    memory_size: u32,
    last_modified: String,
    code_sha256: String,
    version: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    vpc_config: Option<VpcConfig>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dead_letter_config: Option<DeadLetterConfig>,
    #[serde(skip_serializing_if = "Option::is_none")]
    environment: Option<Environment>,
    #[serde(rename = "KMSKeyArn", skip_serializing_if = "String::is_empty")]
    kms_key_arn: String,
    tracing_config: TracingConfig,
    revision_id: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    layers: Vec<Layer>,
    state: &'static str,
    last_update_status: &'static str,
    package_type: &'static str,
    architectures: Vec<String>,
    ephemeral_storage: EphemeralStorage,
    snap_start: SnapStart,
    logging_config: LoggingConfig,
    #[serde(skip_serializing_if = "Option::is_none")]
    capacity_provider_config: Option<CapacityProviderConfig>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct VpcConfig {
    subnet_ids: Vec<String>,
    security_group_ids: Vec<String>,
    vpc_id: &'static str,
    ipv6_allowed_for_dual_stack: bool,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct DeadLetterConfig {
    target_arn: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Environment {
    variables: BTreeMap<String, String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct TracingConfig {
    mode: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Layer {
    arn: String,
    code_size: u64,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct EphemeralStorage {
    size: u32,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct SnapStart {
    apply_on: &'static str,
    optimization_status: &'static str,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct LoggingConfig {
    log_format: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    application_log_level: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    system_log_level: Option<String>,
    log_group: String,
}

impl FunctionConfiguration {
    /// Of a version; its ARN has the qualifier by which it was asked for, if there was one.
    pub(super) fn new(function: &Function, qualifier: Option<&str>, cx: &Context<'_>) -> FunctionConfiguration {
        let details = FunctionDetails::of(function);
        let name =
            qualifier.map_or_else(|| function.name.to_string(), |qualifier| format!("{}:{qualifier}", function.name));
        let variables = function.environment.iter().map(|(name, value)| (name.to_string(), value.to_string()));
        let variables: BTreeMap<_, _> = variables.collect();
        let target = function.dead_letters.as_ref().map(|target| destination::arn(target, cx));
        let vpc = details.vpc;
        let vpc_config = (!vpc.subnets.is_empty() || !vpc.security_groups.is_empty()).then_some(VpcConfig {
            subnet_ids: vpc.subnets,
            security_group_ids: vpc.security_groups,
            vpc_id: "",
            ipv6_allowed_for_dual_stack: vpc.ipv6,
        });
        FunctionConfiguration {
            function_arn: cx.function_arn(&name),
            function_name: function.name.to_string(),
            runtime: function.runtime.to_string(),
            role: details.role,
            handler: function.handler.to_string(),
            code_size: details.code_size,
            description: details.description,
            timeout: function.timeout_seconds,
            memory_size: function.memory_mb,
            last_modified: times::written(details.last_modified),
            code_sha256: function.code_digest.to_string(),
            version: function.version.to_string(),
            vpc_config,
            dead_letter_config: target.map(|target_arn| DeadLetterConfig { target_arn }),
            environment: (!variables.is_empty()).then_some(Environment { variables }),
            kms_key_arn: details.kms_key,
            tracing_config: TracingConfig { mode: details.tracing },
            revision_id: revision_id(function.revision),
            layers: details.layers.into_iter().map(|layer| Layer { arn: layer.arn, code_size: layer.size }).collect(),
            state: "Active",
            last_update_status: "Successful",
            package_type: "Zip",
            architectures: details.architectures,
            ephemeral_storage: EphemeralStorage { size: details.ephemeral_storage_mb },
            snap_start: SnapStart {
                apply_on: if details.snap_start { "PublishedVersions" } else { "None" },
                optimization_status: "Off",
            },
            logging_config: logging(details.logging, &function.name),
            capacity_provider_config: CapacityProviderConfig::of(
                details.capacity_provider,
                details.concurrency_per_process,
            ),
        }
    }
}

fn logging(logging: Logging, function: &str) -> LoggingConfig {
    let level = |level: Option<String>| logging.is_json.then(|| level.unwrap_or_else(|| "INFO".to_owned()));
    LoggingConfig {
        log_format: if logging.is_json { "JSON" } else { "Text" },
        application_log_level: level(logging.application_level),
        system_log_level: level(logging.system_level),
        log_group: logging.group.unwrap_or_else(|| format!("/aws/lambda/{function}")),
    }
}

/// A revision as clients get it: a UUID.
pub(super) fn revision_id(revision: u128) -> String {
    String::from_utf8_lossy(&uuid_text(revision)).into_owned()
}

/// The revision that a client has read; one that is none is never the current one.
pub(super) fn revision(id: Option<&str>) -> Option<u128> {
    id.map(|id| u128::from_str_radix(&id.replace('-', ""), 16).unwrap_or_default())
}

impl Context<'_> {
    /// A version by the name that a client uses.
    pub(super) async fn described(
        &self,
        function: &bongsu_broker::FunctionRef,
    ) -> Result<bongsu_broker::FunctionDescription, crate::error::ApiError> {
        let described: Result<_, Refusal> = self.broker.describe_function(function.clone()).await;
        described.map_err(|refusal| self.refused(refusal))
    }
}
