//! `ListLayerVersions`: the newest first.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_ListLayerVersions.html>

use serde::{Deserialize, Serialize};

use super::layer::{LayerVersionItem, parse};
use super::pages::{FEW_ITEMS_MAX, Wanted};
use crate::codec::Integer;
use crate::error::ApiError;
use crate::operation::Context;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Input {
    layer_name: String,
    compatible_runtime: Option<String>,
    compatible_architecture: Option<String>,
    marker: Option<String>,
    max_items: Option<Integer>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Output {
    #[serde(skip_serializing_if = "Option::is_none")]
    next_marker: Option<String>,
    layer_versions: Vec<LayerVersionItem>,
}

pub(super) async fn call(input: Input, cx: &Context<'_>) -> Result<Output, ApiError> {
    cx.check_account("layer:*")?;
    let (name, _) = parse(&input.layer_name, cx)?;
    let (runtime, architecture) = (input.compatible_runtime.as_deref(), input.compatible_architecture.as_deref());
    let versions = cx.layer_versions(&name).await?.into_iter();
    let fitting = versions.filter(|(_, version)| version.is_for(runtime, architecture));
    let wanted = Wanted { marker: input.marker, max_items: input.max_items };
    // So that the names of the newest come first.
    let name_of = |(number, _): &(u32, _)| format!("{:010}", u32::MAX - number);
    let (page, next_marker) = wanted.cut(fitting, FEW_ITEMS_MAX, name_of)?;
    let told = page.into_iter().map(|(number, version)| version.item(&name, number, cx));
    Ok(Output { next_marker, layer_versions: told.collect() })
}
