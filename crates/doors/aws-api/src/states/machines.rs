//! Machines as answers tell them, and the settings that are kept beside their definitions.

use bongsu_broker::{MachineRef, StateMachine, WorkflowCommand, WorkflowReply};
use bongsu_states_language::{Kind, invalid_definition};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::parameters::invalid;
use super::rejection::refused;
use super::resources;
use crate::error::{ApiError, ErrorKind};
use crate::operation::Context;

/// The longest definition: AWS's quota.
pub(super) const DEFINITION_BYTES_MAX: usize = 1 << 20;

/// What is kept and told, and changes nothing: logs of standard executions are their histories.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Settings {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) logging_configuration: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) tracing_configuration: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) encryption_configuration: Option<Value>,
}

impl Settings {
    pub(super) fn text(&self) -> Box<str> {
        serde_json::to_string(self).expect("texts are JSON").into()
    }

    pub(super) fn of(machine: &StateMachine) -> Settings {
        serde_json::from_str(&machine.details).unwrap_or_default()
    }

    /// As a machine tells them to which nothing was said.
    pub(super) fn told(self) -> Settings {
        let logging = self.logging_configuration;
        let tracing = self.tracing_configuration;
        Settings {
            logging_configuration: logging
                .or_else(|| Some(serde_json::json!({ "includeExecutionData": false, "level": "OFF" }))),
            tracing_configuration: tracing.or_else(|| Some(serde_json::json!({ "enabled": false }))),
            encryption_configuration: self.encryption_configuration,
        }
    }

    pub(super) fn check(&self) -> Result<(), ApiError> {
        if let Some(logging) = &self.logging_configuration {
            let level = logging.get("level").map_or(Some("OFF"), Value::as_str);
            if !matches!(level, Some("ALL" | "ERROR" | "FATAL" | "OFF")) {
                let text = "Invalid Logging Configuration: 'level is ALL, ERROR, FATAL or OFF'";
                return Err(ApiError::new(ErrorKind::InvalidLoggingConfiguration, text));
            }
        }
        if let Some(encryption) = &self.encryption_configuration
            && encryption.get("type").and_then(Value::as_str) == Some("CUSTOMER_MANAGED_KMS_KEY")
        {
            let text = "Invalid Encryption Configuration: 'this server has no keys'";
            return Err(ApiError::new(ErrorKind::InvalidEncryptionConfiguration, text));
        }
        Ok(())
    }
}

pub(super) fn check_definition_length(definition: &str) -> Result<(), ApiError> {
    match definition.len() > DEFINITION_BYTES_MAX {
        true => Err(invalid(format!(
            "1 validation error detected: Value at 'definition' failed to satisfy constraint: Member must have length less than or equal to {DEFINITION_BYTES_MAX}"
        ))),
        false => Ok(()),
    }
}

/// Refuses a definition whose tasks call what is not here.
pub(super) fn check_resources(definition: &str, kind: Kind) -> Result<(), ApiError> {
    let unknown = resources::unknown(definition, kind);
    match unknown.is_empty() {
        true => Ok(()),
        false => Err(ApiError::new(ErrorKind::InvalidDefinition, invalid_definition(&unknown))),
    }
}

/// As `type` has it.
pub(super) fn type_of(machine: &StateMachine) -> &'static str {
    if machine.express { "EXPRESS" } else { "STANDARD" }
}

/// A revision as its id is told.
pub(super) fn revision_id(revision: u128) -> String {
    crate::received::message_id(bongsu_broker::MessageId(revision))
}

impl Context<'_> {
    pub(super) async fn described_machine(
        &self,
        machine: MachineRef,
        arn: &str,
    ) -> Result<bongsu_broker::MachineDescription, ApiError> {
        let command = WorkflowCommand::DescribeMachine { machine };
        match self.broker.workflow(command).await.map_err(|refusal| refused(refusal, arn))? {
            Some(WorkflowReply::Machine(described)) => Ok(*described),
            _ => Err(ApiError::internal_failure()),
        }
    }

    /// Whether the executions of a machine are express ones.
    pub(crate) async fn machine_is_express(&self, machine: MachineRef, arn: &str) -> Result<bool, ApiError> {
        Ok(self.described_machine(machine, arn).await?.machine.express)
    }
}
