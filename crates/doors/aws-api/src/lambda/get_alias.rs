//! `GetAlias`: everything about an alias.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_GetAlias.html>

use serde::Deserialize;

use super::alias::AliasConfiguration;
use crate::error::ApiError;
use crate::operation::Context;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Input {
    function_name: String,
    name: String,
}

pub(super) async fn call(input: Input, cx: &Context<'_>) -> Result<AliasConfiguration, ApiError> {
    let function = cx.whole_function(&input.function_name)?;
    Ok(AliasConfiguration::new(&function, &cx.alias(&function, &input.name).await?, cx))
}
