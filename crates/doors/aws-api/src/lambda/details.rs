//! What the door keeps of a function besides what the broker knows: as JSON in the function's details.

use std::collections::BTreeMap;

use bongsu_broker::{Alias, Function};
use serde::{Deserialize, Serialize};

use super::capacity::CapacityProvider;

/// What every function has unless something else is said, in MB.
pub(super) const EPHEMERAL_STORAGE_MB_DEFAULT: u32 = 512;

/// Of one version; the latest version's tags are the function's.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct FunctionDetails {
    pub(super) role: String,
    pub(super) description: String,
    pub(super) code_size: u64,
    /// Since 1970, in milliseconds.
    pub(super) last_modified: u64,
    pub(super) architectures: Vec<String>,
    pub(super) ephemeral_storage_mb: u32,
    pub(super) kms_key: String,
    pub(super) tracing: String,
    pub(super) logging: Logging,
    pub(super) vpc: Vpc,
    pub(super) layers: Vec<LayerUse>,
    pub(super) snap_start: bool,
    /// How many invocations a process has at a time.
    pub(super) concurrency_per_process: u32,
    pub(super) capacity_provider: Option<CapacityProvider>,
    pub(super) tags: BTreeMap<String, String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Logging {
    pub(super) is_json: bool,
    pub(super) application_level: Option<String>,
    pub(super) system_level: Option<String>,
    /// The usual one unless another is named.
    pub(super) group: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Vpc {
    pub(super) subnets: Vec<String>,
    pub(super) security_groups: Vec<String>,
    pub(super) ipv6: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct LayerUse {
    pub(super) arn: String,
    pub(super) size: u64,
}

impl Default for FunctionDetails {
    /// What is told of a function that did not come through this door.
    fn default() -> FunctionDetails {
        FunctionDetails {
            role: String::new(),
            description: String::new(),
            code_size: 0,
            last_modified: 0,
            architectures: vec!["x86_64".to_owned()],
            ephemeral_storage_mb: EPHEMERAL_STORAGE_MB_DEFAULT,
            kms_key: String::new(),
            tracing: "PassThrough".to_owned(),
            logging: Logging::default(),
            vpc: Vpc::default(),
            layers: Vec::new(),
            snap_start: false,
            concurrency_per_process: 1,
            capacity_provider: None,
            tags: BTreeMap::new(),
        }
    }
}

impl FunctionDetails {
    pub(super) fn of(function: &Function) -> FunctionDetails {
        read(&function.details)
    }

    pub(super) fn to_json(&self) -> Box<str> {
        write(self)
    }
}

/// What is kept of an alias.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct AliasDetails {
    pub(super) description: String,
}

impl AliasDetails {
    pub(super) fn of(alias: &Alias) -> AliasDetails {
        read(&alias.details)
    }
}

/// Details that say nothing, or nothing that is known here, are the default.
pub(super) fn read<T: Default + for<'de> Deserialize<'de>>(details: &str) -> T {
    serde_json::from_str(details).unwrap_or_default()
}

pub(super) fn write<T: Serialize>(details: &T) -> Box<str> {
    serde_json::to_string(details).expect("text and numbers are JSON").into()
}

/// What the door keeps of a function that whoever runs it wants to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuntimeSettings {
    /// How large the function's `/tmp` may be, in MB.
    pub ephemeral_storage_mb: u32,
    /// How many invocations a process has at a time: 1 to 1,600.
    pub concurrency_per_process: u32,
    /// How the function is to write its log.
    pub log_format: LogFormat,
}

/// How a function is to write its log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// Lines as they come.
    Text,
    /// An object a line.
    Json {
        /// The least level that is to be written, such as `INFO`.
        level: String,
    },
}

impl RuntimeSettings {
    /// Of this version of a function.
    pub fn of(function: &Function) -> RuntimeSettings {
        let details = FunctionDetails::of(function);
        let FunctionDetails { ephemeral_storage_mb, concurrency_per_process, logging, .. } = details;
        let level = || logging.application_level.clone().unwrap_or_else(|| "INFO".to_owned());
        let log_format = if logging.is_json { LogFormat::Json { level: level() } } else { LogFormat::Text };
        RuntimeSettings { ephemeral_storage_mb, concurrency_per_process, log_format }
    }
}
