//! `DeleteFunction`: with everything that belongs to it, or one of its versions.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_DeleteFunction.html>

use bongsu_broker::{FunctionRef, FunctionVersion};
use serde::Deserialize;

use super::code::sweep;
use super::refusal::invalid;
use crate::error::ApiError;
use crate::operation::Context;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Input {
    function_name: String,
    qualifier: Option<String>,
}

pub(super) async fn call(input: Input, cx: &Context<'_>) -> Result<(), ApiError> {
    let FunctionRef { name, qualifier } = cx.own_function(&input.function_name, input.qualifier.as_deref())?;
    let version = match qualifier.as_deref().map(FunctionVersion::parse) {
        None => None,
        Some(Some(FunctionVersion::Number(number))) => Some(number),
        Some(Some(FunctionVersion::Latest)) => {
            return Err(invalid("$LATEST version cannot be deleted without deleting the function."));
        }
        Some(None) => {
            return Err(invalid("Deletion of aliases is not currently supported. Use DeleteAlias instead."));
        }
    };
    cx.broker.delete_function(&name, version).await.map_err(|refusal| cx.refused(refusal))?;
    cx.config.functions.deleted(&name, version.map(FunctionVersion::Number));
    match version {
        None => cx.forget(&format!("function/{name}")).await?,
        Some(version) => {
            for kind in ["policy", "provisioned"] {
                cx.forget(&format!("function/{name}/{kind}/{version}")).await?;
            }
        }
    }
    sweep(cx.config, &cx.broker);
    cx.serve_urls().await
}
