//! `DeleteLayerVersion`: functions that use it keep it; one that is not there does not matter.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_DeleteLayerVersion.html>

use serde::Deserialize;

use super::code::sweep;
use super::layer::{number, parse, version_path};
use crate::codec::Integer;
use crate::error::ApiError;
use crate::operation::Context;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Input {
    layer_name: String,
    version_number: Option<Integer>,
}

pub(super) async fn call(input: Input, cx: &Context<'_>) -> Result<(), ApiError> {
    cx.check_account("layer:*")?;
    let (name, _) = parse(&input.layer_name, cx)?;
    cx.forget(&version_path(&name, number(input.version_number))).await?;
    sweep(cx.config, &cx.broker);
    Ok(())
}
