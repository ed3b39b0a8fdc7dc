//! `PublishVersion`: gives the latest version a number under which it stays as it is.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_PublishVersion.html>

use std::collections::BTreeMap;
use std::sync::Arc;

use bongsu_broker::{Function, FunctionRef};
use serde::Deserialize;

use super::configuration::{FunctionConfiguration, revision};
use super::details::FunctionDetails;
use super::refusal::invalid;
use crate::error::ApiError;
use crate::operation::Context;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Input {
    function_name: String,
    /// The digest that the code is to have.
    #[serde(rename = "CodeSha256")]
    code_sha256: Option<String>,
    description: Option<String>,
    revision_id: Option<String>,
}

pub(super) async fn call(input: Input, cx: &Context<'_>) -> Result<FunctionConfiguration, ApiError> {
    let name = cx.whole_function(&input.function_name)?;
    let revision = revision(input.revision_id.as_deref());
    let latest = cx.described(&FunctionRef::latest(&name)).await?.function;
    if let Some(wanted) = input.code_sha256.filter(|wanted| !wanted.is_empty() && **wanted != *latest.code_digest) {
        return Err(invalid(format!(
            "CodeSHA256 ({wanted}) is different from current CodeSHA256 in $LATEST ({}). Please try again with the \
             CodeSHA256 in $LATEST.",
            latest.code_digest
        )));
    }
    let version = publish(&name, revision, input.description, cx).await?;
    Ok(FunctionConfiguration::new(&version, Some(&version.version.to_string()), cx))
}

/// Publishes the latest version, if it is of this revision.
pub(super) async fn publish(
    name: &str,
    revision: Option<u128>,
    description: Option<String>,
    cx: &Context<'_>,
) -> Result<Arc<Function>, ApiError> {
    let latest = cx.described(&FunctionRef::latest(name)).await?.function;
    let details = FunctionDetails::of(&latest);
    let description = description.filter(|text| !text.is_empty()).unwrap_or_else(|| details.description.clone());
    // Tags are the function's.
    let details = FunctionDetails { description, tags: BTreeMap::new(), ..details };
    let published = cx.broker.publish_version(name, revision, Some(details.to_json())).await;
    Ok(published.map_err(|refusal| cx.refused(refusal))?.function)
}
