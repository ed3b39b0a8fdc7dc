//! `GetAccountSettings`: what functions may take together, and what they do take.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_GetAccountSettings.html>

use bongsu_broker::CONCURRENCY_DEFAULT;
use serde::{Deserialize, Serialize};

use super::details::FunctionDetails;
use super::put_function_concurrency::reserved_by;
use crate::error::ApiError;
use crate::operation::Context;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Input {}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Output {
    account_limit: AccountLimit,
    account_usage: AccountUsage,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct AccountLimit {
    total_code_size: u64,
    code_size_unzipped: u64,
    code_size_zipped: u64,
    concurrent_executions: u32,
    unreserved_concurrent_executions: u32,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct AccountUsage {
    total_code_size: u64,
    function_count: usize,
}

pub(super) async fn call(_: Input, cx: &Context<'_>) -> Result<Output, ApiError> {
    cx.check_account("*")?;
    let functions = cx.broker.functions().await.map_err(|refusal| cx.refused(refusal))?.functions;
    let total_code_size = functions.iter().map(|described| FunctionDetails::of(&described.function).code_size).sum();
    Ok(Output {
        account_limit: AccountLimit {
            total_code_size: 75 << 30,
            code_size_unzipped: 250 << 20,
            code_size_zipped: 50 << 20,
            concurrent_executions: CONCURRENCY_DEFAULT,
            unreserved_concurrent_executions: CONCURRENCY_DEFAULT.saturating_sub(reserved_by(cx, None).await?),
        },
        account_usage: AccountUsage { total_code_size, function_count: functions.len() },
    })
}
