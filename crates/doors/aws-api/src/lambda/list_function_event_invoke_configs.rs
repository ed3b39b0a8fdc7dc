//! `ListFunctionEventInvokeConfigs`: what was said of a function's events, by qualifier.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_ListFunctionEventInvokeConfigs.html>

use serde::{Deserialize, Serialize};

use super::invoke_config::EventInvokeConfig;
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
    function_event_invoke_configs: Vec<EventInvokeConfig>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_marker: Option<String>,
}

pub(super) async fn call(input: Input, cx: &Context<'_>) -> Result<Output, ApiError> {
    let name = cx.whole_function(&input.function_name)?;
    let configs = cx.broker.list_invoke_configs(&name).await.map_err(|refusal| cx.refused(refusal))?;
    let wanted = Wanted { marker: input.marker, max_items: input.max_items };
    let (page, next_marker) = wanted.cut(configs, FEW_ITEMS_MAX, |(qualifier, _)| qualifier.to_string())?;
    let told = page.iter().map(|(qualifier, config)| EventInvokeConfig::new(&name, qualifier, config, cx));
    Ok(Output { function_event_invoke_configs: told.collect(), next_marker })
}
