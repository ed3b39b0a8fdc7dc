//! Provisioned concurrency: kept and told; processes are kept warm by use alone.

use bongsu_broker::{FunctionRef, FunctionVersion};
use serde::{Deserialize, Serialize};

use super::refusal::invalid;
use super::times;
use crate::error::{ApiError, ErrorKind};
use crate::operation::Context;

/// What is kept.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Provisioned {
    pub(super) requested: u32,
    pub(super) last_modified: u64,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ProvisionedConcurrency {
    #[serde(skip_serializing_if = "Option::is_none")]
    function_arn: Option<String>,
    requested_provisioned_concurrent_executions: u32,
    available_provisioned_concurrent_executions: u32,
    allocated_provisioned_concurrent_executions: u32,
    status: &'static str,
    last_modified: String,
}

impl Provisioned {
    pub(super) fn ready(&self) -> ProvisionedConcurrency {
        self.told("READY", self.requested)
    }

    pub(super) fn in_progress(&self) -> ProvisionedConcurrency {
        self.told("IN_PROGRESS", 0)
    }

    fn told(&self, status: &'static str, allocated: u32) -> ProvisionedConcurrency {
        ProvisionedConcurrency {
            function_arn: None,
            requested_provisioned_concurrent_executions: self.requested,
            available_provisioned_concurrent_executions: allocated,
            allocated_provisioned_concurrent_executions: allocated,
            status,
            last_modified: times::written(self.last_modified),
        }
    }
}

impl ProvisionedConcurrency {
    /// As a list has it.
    pub(super) fn of(self, arn: String) -> ProvisionedConcurrency {
        ProvisionedConcurrency { function_arn: Some(arn), ..self }
    }
}

pub(super) fn path(function: &FunctionRef) -> String {
    format!("function/{}/provisioned/{}", function.name, function.qualifier())
}

impl Context<'_> {
    /// The version or alias that a request is about, which must not be the one that changes.
    pub(super) async fn provisionable(&self, function: &str, qualifier: Option<&str>) -> Result<FunctionRef, ApiError> {
        let function = self.own_function(function, qualifier)?;
        if FunctionVersion::parse(function.qualifier()) == Some(FunctionVersion::Latest) {
            return Err(invalid("Provisioned Concurrency Configs cannot be applied to unpublished function versions."));
        }
        self.described(&function).await?;
        Ok(function)
    }

    pub(super) async fn provisioned(&self, function: &FunctionRef) -> Result<Provisioned, ApiError> {
        let missing = || {
            let text = "No Provisioned Concurrency Config found for this function";
            ApiError::new(ErrorKind::ProvisionedConcurrencyConfigNotFoundException, text)
        };
        Ok(self.stored(&path(function)).await?.ok_or_else(missing)?.value)
    }
}
