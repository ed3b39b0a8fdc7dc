//! `ListFunctionUrlConfigs`: of a function and its aliases.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_ListFunctionUrlConfigs.html>

use bongsu_broker::{FunctionRef, LATEST};
use serde::{Deserialize, Serialize};

use super::function_url::{FunctionUrlConfig, Kept};
use super::pages::{FEW_ITEMS_MAX, Wanted};
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
    function_url_configs: Vec<FunctionUrlConfig>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_marker: Option<String>,
}

pub(super) async fn call(input: Input, cx: &Context<'_>) -> Result<Output, ApiError> {
    let name = cx.whole_function(&input.function_name)?;
    cx.described(&FunctionRef::latest(&name)).await?;
    let kept: Vec<(String, Kept)> = cx.kept_below(&format!("function/{name}/url/")).await?;
    let wanted = Wanted { marker: input.marker, max_items: input.max_items };
    let (page, next_marker) = wanted.cut(kept, FEW_ITEMS_MAX, |(qualifier, _)| qualifier.clone())?;
    let told = page.into_iter().map(|(qualifier, kept)| {
        let qualifier = Some(qualifier).filter(|qualifier| qualifier != LATEST).map(Box::from);
        FunctionUrlConfig::new(&FunctionRef { name: name.clone(), qualifier }, kept, cx)
    });
    Ok(Output { function_url_configs: told.collect(), next_marker })
}
