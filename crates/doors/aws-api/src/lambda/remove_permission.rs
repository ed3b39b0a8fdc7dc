//! `RemovePermission`: takes a statement back.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_RemovePermission.html>

use bongsu_broker::Rejection;
use bongsu_runtime::Refusal;
use serde::Deserialize;

use super::permission::path;
use super::refusal::not_found;
use crate::error::ApiError;
use crate::operation::Context;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Input {
    function_name: String,
    statement_id: String,
    qualifier: Option<String>,
    revision_id: Option<String>,
}

pub(super) async fn call(input: Input, cx: &Context<'_>) -> Result<(), ApiError> {
    let function = cx.own_function(&input.function_name, input.qualifier.as_deref())?;
    cx.described(&function).await?;
    let statements = cx.statements(&function.name, function.qualifier.as_deref()).await?;
    if !statements.has(&input.statement_id) {
        return Err(not_found(format!("Statement {} is not found in resource policy.", input.statement_id)));
    }
    if input.revision_id.is_some_and(|revision| revision != statements.revision()) {
        return Err(cx.refused(Refusal::Rejected(Rejection::RevisionChanged)));
    }
    let place = path(&function.name, function.qualifier.as_deref());
    cx.forget(&format!("{place}/{}", input.statement_id)).await
}
