//! `ListLayers`: with the newest version of each.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_ListLayers.html>

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::layer::{LayerVersion, LayerVersionItem};
use super::pages::{FEW_ITEMS_MAX, Wanted};
use crate::codec::Integer;
use crate::error::ApiError;
use crate::operation::Context;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Input {
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
    layers: Vec<Layer>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Layer {
    layer_name: String,
    layer_arn: String,
    latest_matching_version: LayerVersionItem,
}

pub(super) async fn call(input: Input, cx: &Context<'_>) -> Result<Output, ApiError> {
    cx.check_account("layer:*")?;
    let (runtime, architecture) = (input.compatible_runtime.as_deref(), input.compatible_architecture.as_deref());
    let mut newest: BTreeMap<String, (u32, LayerVersion)> = BTreeMap::new();
    for (path, version) in cx.kept_below::<LayerVersion>("layer/").await? {
        let Some((name, number)) = path.split_once('/') else { continue };
        if version.is_for(runtime, architecture) {
            // Versions come by rising numbers.
            newest.insert(name.to_owned(), (number.parse().unwrap_or_default(), version));
        }
    }
    let wanted = Wanted { marker: input.marker, max_items: input.max_items };
    let (page, next_marker) = wanted.cut(newest, FEW_ITEMS_MAX, |(name, _)| name.clone())?;
    let told = page.into_iter().map(|(name, (number, version))| Layer {
        layer_arn: cx.layer_arn(&name),
        latest_matching_version: version.item(&name, number, cx),
        layer_name: name,
    });
    Ok(Output { next_marker, layers: told.collect() })
}
