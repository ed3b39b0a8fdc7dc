//! `GetLayerVersion`: everything about a version of a layer.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_GetLayerVersion.html>

use serde::Deserialize;

use super::layer::{LayerVersionOutput, number, parse};
use crate::codec::Integer;
use crate::error::ApiError;
use crate::operation::Context;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Input {
    layer_name: String,
    version_number: Option<Integer>,
}

pub(super) async fn call(input: Input, cx: &Context<'_>) -> Result<LayerVersionOutput, ApiError> {
    cx.check_account("layer:*")?;
    let ((name, _), version) = (parse(&input.layer_name, cx)?, number(input.version_number));
    Ok(cx.layer_version(&name, version).await?.output(&name, version, cx))
}
