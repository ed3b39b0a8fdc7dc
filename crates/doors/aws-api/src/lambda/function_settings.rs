//! What can be said of a function when it is made and changed later: read, checked and taken over.

use std::collections::BTreeMap;

use bongsu_broker::{Destination, Function, RESERVED_VARIABLES};
use serde::Deserialize;

use super::capacity::CapacityInput;
use super::destination;
use super::details::{FunctionDetails, Logging, Vpc};
use super::layer;
use super::refusal::invalid;
use super::runtime;
use crate::codec::Integer;
use crate::constraints::Constraints;
use crate::error::ApiError;
use crate::operation::Context;

/// How long one invocation may take, in seconds.
const TIMEOUT_SECONDS_MAX: i64 = 900;
const MEMORY_MB: std::ops::RangeInclusive<i64> = 128..=10_240;
const EPHEMERAL_STORAGE_MB: std::ops::RangeInclusive<i64> = 512..=10_240;
const DESCRIPTION_LENGTH_MAX: usize = 256;
const HANDLER_LENGTH_MAX: usize = 128;
const LAYERS_MAX: usize = 5;
/// All variables of a function, names and values.
const ENVIRONMENT_BYTES_MAX: usize = 4 << 10;
const ROLE_PATTERN: &str = r"arn:(aws[a-zA-Z-]*)?:iam::\d{12}:role/?[a-zA-Z_0-9+=,.@\-_/]+";

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct VpcInput {
    subnet_ids: Vec<String>,
    security_group_ids: Vec<String>,
    #[serde(rename = "Ipv6AllowedForDualStack")]
    ipv6: bool,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct EnvironmentInput {
    variables: BTreeMap<String, String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct DeadLetterInput {
    target_arn: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct TracingInput {
    mode: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct EphemeralStorageInput {
    size: Option<Integer>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct SnapStartInput {
    apply_on: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct LoggingInput {
    log_format: Option<String>,
    application_log_level: Option<String>,
    system_log_level: Option<String>,
    log_group: Option<String>,
}

/// What a request says of a function's settings; what it does not say stays as it is.
#[derive(Clone, Debug, Default)]
pub(super) struct Settings {
    pub(super) role: Option<String>,
    pub(super) handler: Option<String>,
    pub(super) description: Option<String>,
    pub(super) timeout: Option<Integer>,
    pub(super) memory_size: Option<Integer>,
    pub(super) runtime: Option<String>,
    pub(super) vpc_config: Option<VpcInput>,
    pub(super) environment: Option<EnvironmentInput>,
    pub(super) dead_letter_config: Option<DeadLetterInput>,
    pub(super) kms_key_arn: Option<String>,
    pub(super) tracing_config: Option<TracingInput>,
    pub(super) layers: Option<Vec<String>>,
    pub(super) ephemeral_storage: Option<EphemeralStorageInput>,
    pub(super) snap_start: Option<SnapStartInput>,
    pub(super) logging_config: Option<LoggingInput>,
    pub(super) capacity_provider_config: Option<CapacityInput>,
}

/// An operation's input: the members here, and those of [`Settings`].
macro_rules! settings_input {
    ($($field:ident: $type:ty,)*) => {
        #[derive(Debug, Default, serde::Deserialize)]
        #[serde(rename_all = "PascalCase", default)]
        pub(super) struct Input {
            $($field: $type,)*
            role: Option<String>,
            handler: Option<String>,
            description: Option<String>,
            timeout: Option<crate::codec::Integer>,
            memory_size: Option<crate::codec::Integer>,
            runtime: Option<String>,
            vpc_config: Option<super::function_settings::VpcInput>,
            environment: Option<super::function_settings::EnvironmentInput>,
            dead_letter_config: Option<super::function_settings::DeadLetterInput>,
            #[serde(rename = "KMSKeyArn")]
            kms_key_arn: Option<String>,
            tracing_config: Option<super::function_settings::TracingInput>,
            layers: Option<Vec<String>>,
            ephemeral_storage: Option<super::function_settings::EphemeralStorageInput>,
            snap_start: Option<super::function_settings::SnapStartInput>,
            logging_config: Option<super::function_settings::LoggingInput>,
            capacity_provider_config: Option<super::capacity::CapacityInput>,
        }

        impl Input {
            fn settings(&mut self) -> super::function_settings::Settings {
                super::function_settings::Settings {
                    role: self.role.take(),
                    handler: self.handler.take(),
                    description: self.description.take(),
                    timeout: self.timeout,
                    memory_size: self.memory_size,
                    runtime: self.runtime.take(),
                    vpc_config: self.vpc_config.take(),
                    environment: self.environment.take(),
                    dead_letter_config: self.dead_letter_config.take(),
                    kms_key_arn: self.kms_key_arn.take(),
                    tracing_config: self.tracing_config.take(),
                    layers: self.layers.take(),
                    ephemeral_storage: self.ephemeral_storage.take(),
                    snap_start: self.snap_start.take(),
                    logging_config: self.logging_config.take(),
                    capacity_provider_config: self.capacity_provider_config.take(),
                }
            }
        }
    };
}

pub(super) use settings_input;

impl Settings {
    /// Finds what can be found wrong with the members one by one.
    pub(super) fn check(&self, constraints: &mut Constraints) {
        if let Some(role) = &self.role {
            constraints.pattern("role", role, ROLE_PATTERN, is_role(role));
        }
        if let Some(handler) = &self.handler {
            constraints.length("handler", Some(handler), 0..=HANDLER_LENGTH_MAX);
            constraints.pattern("handler", handler, r"[^\s]+", !handler.contains(char::is_whitespace));
        }
        constraints.length("description", self.description.as_deref(), 0..=DESCRIPTION_LENGTH_MAX);
        constraints.number("timeout", self.timeout, 1..=TIMEOUT_SECONDS_MAX);
        constraints.number("memorySize", self.memory_size, MEMORY_MB);
        let size = self.ephemeral_storage.as_ref().and_then(|storage| storage.size);
        constraints.number("ephemeralStorage.size", size, EPHEMERAL_STORAGE_MB);
        let mode = self.tracing_config.as_ref().and_then(|tracing| tracing.mode.as_deref());
        constraints.choice("tracingConfig.mode", mode, &["Active", "PassThrough"]);
        let apply_on = self.snap_start.as_ref().and_then(|snap_start| snap_start.apply_on.as_deref());
        constraints.choice("snapStart.applyOn", apply_on, &["None", "PublishedVersions"]);
        if let Some(capacity) = &self.capacity_provider_config {
            capacity.check(constraints);
        }
        if let Some(logging) = &self.logging_config {
            constraints.choice("loggingConfig.logFormat", logging.log_format.as_deref(), &["JSON", "Text"]);
            let level = logging.application_log_level.as_deref();
            let levels = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"];
            constraints.choice("loggingConfig.applicationLogLevel", level, &levels);
            let level = logging.system_log_level.as_deref();
            constraints.choice("loggingConfig.systemLogLevel", level, &["DEBUG", "INFO", "WARN"]);
        }
    }

    /// Takes the settings over, after they were checked.
    pub(super) async fn apply(
        self,
        function: &mut Function,
        details: &mut FunctionDetails,
        cx: &Context<'_>,
    ) -> Result<(), ApiError> {
        if let Some(runtime) = self.runtime {
            runtime::check(&runtime)?;
            function.runtime = runtime.into();
        }
        if let Some(handler) = self.handler {
            function.handler = handler.into();
        }
        if let Some(Integer(seconds)) = self.timeout {
            function.timeout_seconds = seconds as u32;
        }
        if let Some(Integer(size)) = self.memory_size {
            function.memory_mb = size as u32;
        }
        if let Some(EnvironmentInput { variables }) = self.environment {
            check_variables(&variables)?;
            function.environment = variables.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        }
        if let Some(DeadLetterInput { target_arn }) = self.dead_letter_config {
            function.dead_letters = dead_letters(target_arn.as_deref().unwrap_or_default(), cx)?;
        }
        if let Some(layers) = self.layers {
            if layers.len() > LAYERS_MAX {
                return Err(invalid(format!("Function cannot have more than {LAYERS_MAX} layers.")));
            }
            (function.layers, details.layers) = layer::resolve(&layers, cx).await?;
        }
        details.role = self.role.unwrap_or_else(|| std::mem::take(&mut details.role));
        details.description = self.description.unwrap_or_else(|| std::mem::take(&mut details.description));
        details.kms_key = self.kms_key_arn.unwrap_or_else(|| std::mem::take(&mut details.kms_key));
        if let Some(mode) = self.tracing_config.and_then(|tracing| tracing.mode) {
            details.tracing = mode;
        }
        if let Some(Integer(size)) = self.ephemeral_storage.and_then(|storage| storage.size) {
            details.ephemeral_storage_mb = size as u32;
        }
        if let Some(apply_on) = self.snap_start.and_then(|snap_start| snap_start.apply_on) {
            details.snap_start = apply_on == "PublishedVersions";
        }
        if let Some(vpc) = self.vpc_config {
            details.vpc = Vpc { subnets: vpc.subnet_ids, security_groups: vpc.security_group_ids, ipv6: vpc.ipv6 };
        }
        if let Some(capacity) = self.capacity_provider_config {
            capacity.apply(details);
        }
        if let Some(logging) = self.logging_config {
            details.logging = logging.over(std::mem::take(&mut details.logging))?;
        }
        Ok(())
    }
}

impl LoggingInput {
    fn over(self, before: Logging) -> Result<Logging, ApiError> {
        let is_json = self.log_format.map_or(before.is_json, |format| format == "JSON");
        if !is_json && (self.application_log_level.is_some() || self.system_log_level.is_some()) {
            return Err(invalid("To specify a log level, use the JSON log format."));
        }
        Ok(Logging {
            is_json,
            application_level: self.application_log_level.or(before.application_level).filter(|_| is_json),
            system_level: self.system_log_level.or(before.system_level).filter(|_| is_json),
            group: self.log_group.or(before.group),
        })
    }
}

fn is_role(arn: &str) -> bool {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let ["arn", partition, "iam", "", account, resource] = parts[..] else { return false };
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"_+=,.@-/".contains(&byte);
    let name = resource.strip_prefix("role").map(|rest| rest.strip_prefix('/').unwrap_or(rest));
    partition.starts_with("aws")
        && account.len() == 12
        && account.bytes().all(|byte| byte.is_ascii_digit())
        && name.is_some_and(|name| !name.is_empty() && name.bytes().all(is_name))
}

fn check_variables(variables: &BTreeMap<String, String>) -> Result<(), ApiError> {
    const UNABLE: &str =
        "Lambda was unable to configure your environment variables because the environment variables you have provided";
    let is_name = |name: &str| {
        name.starts_with(|first: char| first.is_ascii_alphabetic())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    let reserved: Vec<&str> =
        variables.keys().map(String::as_str).filter(|name| RESERVED_VARIABLES.contains(name)).collect();
    if !reserved.is_empty() {
        return Err(invalid(format!(
            "{UNABLE} contains reserved keys that are currently not supported for modification. Reserved keys used in \
             this request: {}",
            reserved.join(", ")
        )));
    }
    if let Some(name) = variables.keys().find(|name| !is_name(name) || variables[*name].contains('\0')) {
        let mut constraints = Constraints::default();
        constraints.pattern("environment.variables", name, "[a-zA-Z]([a-zA-Z0-9_])+", false);
        return constraints.check();
    }
    let bytes: usize = variables.iter().map(|(name, value)| name.len() + value.len()).sum();
    if bytes > ENVIRONMENT_BYTES_MAX {
        return Err(invalid(format!("{UNABLE} exceeded the 4KB limit.")));
    }
    Ok(())
}

/// A standard queue or topic; an empty ARN means none.
fn dead_letters(arn: &str, cx: &Context<'_>) -> Result<Option<Destination>, ApiError> {
    if arn.is_empty() {
        return Ok(None);
    }
    match destination::parse(arn, cx) {
        Some(Destination::Queue(queue)) if !queue.is_fifo() => Ok(Some(Destination::Queue(queue))),
        Some(Destination::Topic(topic)) if !topic.is_fifo() => Ok(Some(Destination::Topic(topic))),
        _ => Err(invalid(format!("The DeadLetterConfig target {arn} is not the ARN of a standard queue or topic."))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_is_an_arn_of_iam() {
        for role in ["arn:aws:iam::000000000000:role/r", "arn:aws-cn:iam::123456789012:role/path/to+r"] {
            assert!(is_role(role), "{role}");
        }
        for other in
            ["r1", "arn:aws:iam::1:role/r", "arn:aws:iam::000000000000:user/u", "arn:aws:iam::000000000000:role/"]
        {
            assert!(!is_role(other), "{other}");
        }
    }

    #[test]
    fn variables_keep_to_the_rules() {
        let check = |name: &str, value: &str| check_variables(&[(name.to_owned(), value.to_owned())].into());
        assert!(check("A", "b").is_ok() && check("A", &"x".repeat(4095)).is_ok());
        for (name, value) in [("AWS_REGION", "x"), ("1A", "x"), ("A-B", "x"), ("A", &*"x".repeat(4096)), ("A", "\0")] {
            assert!(check(name, value).is_err(), "{name}");
        }
    }

    #[test]
    fn levels_belong_to_the_json_format() {
        let level = |format: &str| LoggingInput {
            log_format: Some(format.to_owned()),
            application_log_level: Some("DEBUG".to_owned()),
            ..LoggingInput::default()
        };
        assert!(level("Text").over(Logging::default()).is_err());
        let json = level("JSON").over(Logging::default()).unwrap();
        assert_eq!((json.is_json, json.application_level.as_deref()), (true, Some("DEBUG")));
        let text = LoggingInput { log_format: Some("Text".to_owned()), ..LoggingInput::default() };
        assert_eq!(text.over(json).unwrap(), Logging::default());
    }
}
