//! `PutProvisionedConcurrencyConfig`: kept and told.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_PutProvisionedConcurrencyConfig.html>

use serde::Deserialize;

use super::kept::encode;
use super::provisioned_concurrency::{Provisioned, ProvisionedConcurrency, path};
use crate::codec::Integer;
use crate::constraints::Constraints;
use crate::error::ApiError;
use crate::operation::Context;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Input {
    function_name: String,
    qualifier: Option<String>,
    provisioned_concurrent_executions: Option<Integer>,
}

pub(super) async fn call(input: Input, cx: &Context<'_>) -> Result<ProvisionedConcurrency, ApiError> {
    let mut constraints = Constraints::default();
    if input.provisioned_concurrent_executions.is_none() {
        constraints.missing("provisionedConcurrentExecutions");
    }
    let wanted = input.provisioned_concurrent_executions;
    let wanted = constraints.number("provisionedConcurrentExecutions", wanted, 1..=i64::from(u32::MAX));
    constraints.check()?;
    let function = cx.provisionable(&input.function_name, input.qualifier.as_deref()).await?;
    let kept = Provisioned { requested: wanted.unwrap_or_default(), last_modified: cx.config.clock.now().0 };
    let put = vec![(cx.entry_path(&path(&function)), encode(&kept))];
    cx.change(bongsu_broker::EntryChanges { put, ..Default::default() }).await?;
    Ok(kept.in_progress())
}
