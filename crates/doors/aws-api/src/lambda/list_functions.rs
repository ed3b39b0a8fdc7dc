//! `ListFunctions`: the latest versions of all functions, or all versions.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_ListFunctions.html>

use serde::{Deserialize, Serialize};

use super::configuration::FunctionConfiguration;
use super::list_versions_by_function::version_key;
use super::pages::{ITEMS_MAX, Wanted};
use crate::codec::Integer;
use crate::constraints::Constraints;
use crate::error::ApiError;
use crate::operation::Context;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Input {
    /// `ALL`, or nothing for the latest alone.
    function_version: Option<String>,
    marker: Option<String>,
    max_items: Option<Integer>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Output {
    #[serde(skip_serializing_if = "Option::is_none")]
    next_marker: Option<String>,
    functions: Vec<FunctionConfiguration>,
}

pub(super) async fn call(input: Input, cx: &Context<'_>) -> Result<Output, ApiError> {
    cx.check_account("*")?;
    let mut constraints = Constraints::default();
    constraints.choice("functionVersion", input.function_version.as_deref(), &["ALL"]);
    constraints.check()?;
    let latest = cx.broker.functions().await.map_err(|refusal| cx.refused(refusal))?.functions;
    let mut versions = Vec::new();
    for described in latest {
        match input.function_version {
            // Of one that goes meanwhile there is nothing to tell.
            Some(_) => versions.extend(cx.broker.list_versions(&described.function.name).await.unwrap_or_default()),
            None => versions.push(described.function),
        }
    }
    let wanted = Wanted { marker: input.marker, max_items: input.max_items };
    let key = |function: &std::sync::Arc<bongsu_broker::Function>| {
        format!("{}:{}", function.name, version_key(function.version))
    };
    versions.sort_by_key(&key);
    let (page, next_marker) = wanted.cut(versions, ITEMS_MAX, key)?;
    let qualifier =
        |version: &bongsu_broker::FunctionVersion| input.function_version.as_ref().map(|_| version.to_string());
    let told = |function: &std::sync::Arc<bongsu_broker::Function>| {
        FunctionConfiguration::new(function, qualifier(&function.version).as_deref(), cx)
    };
    Ok(Output { next_marker, functions: page.iter().map(told).collect() })
}
