//! `GetFunction`: everything about a version of a function, and where its code is.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_GetFunction.html>

use std::collections::BTreeMap;

use bongsu_broker::FunctionRef;
use serde::{Deserialize, Serialize};

use super::configuration::FunctionConfiguration;
use super::details::FunctionDetails;
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
    configuration: FunctionConfiguration,
    code: Location,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    tags: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    concurrency: Option<Concurrency>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Location {
    repository_type: &'static str,
    /// A directory of the server's machine.
    location: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Concurrency {
    reserved_concurrent_executions: u32,
}

pub(super) async fn call(input: Input, cx: &Context<'_>) -> Result<Output, ApiError> {
    let function = cx.own_function(&input.function_name, input.qualifier.as_deref())?;
    let described = cx.described(&function).await?;
    let latest = cx.described(&FunctionRef::latest(&function.name)).await?;
    let version = &described.function;
    let location = format!("file://{}", cx.config.code.locate(&version.code));
    Ok(Output {
        configuration: FunctionConfiguration::new(version, function.qualifier.as_deref(), cx),
        code: Location { repository_type: "S3", location },
        tags: FunctionDetails::of(&latest.function).tags,
        concurrency: described.reserved.map(|reserved| Concurrency { reserved_concurrent_executions: reserved }),
    })
}
