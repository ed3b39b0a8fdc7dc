//! `PutFunctionConcurrency`: reserves so many invocations at once for a function; none at all stops it.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_PutFunctionConcurrency.html>

use bongsu_broker::CONCURRENCY_DEFAULT;
use serde::{Deserialize, Serialize};

use super::refusal::invalid;
use crate::codec::Integer;
use crate::constraints::Constraints;
use crate::error::ApiError;
use crate::operation::Context;

/// What must stay for functions that nothing is reserved for.
const UNRESERVED_MIN: u32 = 100;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Input {
    function_name: String,
    reserved_concurrent_executions: Option<Integer>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Output {
    reserved_concurrent_executions: u32,
}

pub(super) async fn call(input: Input, cx: &Context<'_>) -> Result<Output, ApiError> {
    let mut constraints = Constraints::default();
    if input.reserved_concurrent_executions.is_none() {
        constraints.missing("reservedConcurrentExecutions");
    }
    let reserved = input.reserved_concurrent_executions;
    let reserved = constraints.number("reservedConcurrentExecutions", reserved, 0..=i64::from(u32::MAX)).unwrap_or(0);
    constraints.check()?;
    let name = cx.whole_function(&input.function_name)?;
    let others = reserved_by(cx, Some(&name)).await?;
    if reserved > 0 && others.saturating_add(reserved) > CONCURRENCY_DEFAULT - UNRESERVED_MIN {
        return Err(invalid(format!(
            "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below \
             its minimum value of [{UNRESERVED_MIN}]."
        )));
    }
    cx.broker.set_concurrency(&name, Some(reserved)).await.map_err(|refusal| cx.refused(refusal))?;
    Ok(Output { reserved_concurrent_executions: reserved })
}

/// What is reserved by all functions, but for one.
pub(super) async fn reserved_by(cx: &Context<'_>, but_for: Option<&str>) -> Result<u32, ApiError> {
    let functions = cx.broker.functions().await.map_err(|refusal| cx.refused(refusal))?.functions;
    let others = functions.iter().filter(|described| Some(&*described.function.name) != but_for);
    Ok(others.filter_map(|described| described.reserved).fold(0, u32::saturating_add))
}
