//! `GetPolicy`: all statements about a name of a function.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_GetPolicy.html>

use serde::{Deserialize, Serialize};

use super::permission::no_policy;
use crate::error::ApiError;
use crate::operation::Context;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Input {
    function_name: String,
    qualifier: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Output {
    /// As JSON.
    policy: String,
    revision_id: String,
}

pub(super) async fn call(input: Input, cx: &Context<'_>) -> Result<Output, ApiError> {
    let function = cx.own_function(&input.function_name, input.qualifier.as_deref())?;
    cx.described(&function).await?;
    let statements = cx.statements(&function.name, function.qualifier.as_deref()).await?;
    if statements.is_empty() {
        return Err(no_policy());
    }
    Ok(Output { policy: statements.text(), revision_id: statements.revision() })
}
