//! `ListProvisionedConcurrencyConfigs`: of all versions and aliases of a function.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_ListProvisionedConcurrencyConfigs.html>

use bongsu_broker::FunctionRef;
use serde::{Deserialize, Serialize};

use super::pages::{FEW_ITEMS_MAX, Wanted};
use super::provisioned_concurrency::{Provisioned, ProvisionedConcurrency};
use crate::codec::Integer;
use crate::error::ApiError;
use crate::operation::Context;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Input {
    function_name: String,
    marker: Option<String>,
    max_items: Option<Integer>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Output {
    provisioned_concurrency_configs: Vec<ProvisionedConcurrency>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_marker: Option<String>,
}

pub(super) async fn call(input: Input, cx: &Context<'_>) -> Result<Output, ApiError> {
    let name = cx.whole_function(&input.function_name)?;
    cx.described(&FunctionRef::latest(&name)).await?;
    let kept: Vec<(String, Provisioned)> = cx.kept_below(&format!("function/{name}/provisioned/")).await?;
    let wanted = Wanted { marker: input.marker, max_items: input.max_items };
    let (page, next_marker) = wanted.cut(kept, FEW_ITEMS_MAX, |(qualifier, _)| qualifier.clone())?;
    let arn = |qualifier: String| cx.function_arn(&format!("{name}:{qualifier}"));
    let told = page.into_iter().map(|(qualifier, kept)| kept.ready().of(arn(qualifier)));
    Ok(Output { provisioned_concurrency_configs: told.collect(), next_marker })
}
