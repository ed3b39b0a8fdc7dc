//! `ListVersionsByFunction`: the latest version first, then by rising numbers.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_ListVersionsByFunction.html>

use bongsu_broker::FunctionVersion;
use serde::{Deserialize, Serialize};

use super::configuration::FunctionConfiguration;
use super::pages::{ITEMS_MAX, Wanted};
use crate::codec::Integer;
use crate::error::ApiError;
use crate::operation::Context;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Input {
    function_name: String,
    marker: Option<String>,
    max_items: Option<Integer>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Output {
    #[serde(skip_serializing_if = "Option::is_none")]
    next_marker: Option<String>,
    versions: Vec<FunctionConfiguration>,
}

pub(super) async fn call(input: Input, cx: &Context<'_>) -> Result<Output, ApiError> {
    let name = cx.whole_function(&input.function_name)?;
    let versions = cx.broker.list_versions(&name).await.map_err(|refusal| cx.refused(refusal))?;
    let wanted = Wanted { marker: input.marker, max_items: input.max_items };
    let (page, next_marker) = wanted.cut(versions, ITEMS_MAX, |version| version_key(version.version))?;
    let versions =
        page.iter().map(|function| FunctionConfiguration::new(function, Some(&function.version.to_string()), cx));
    Ok(Output { next_marker, versions: versions.collect() })
}

/// By which versions stand in their order as text.
pub(super) fn version_key(version: FunctionVersion) -> String {
    match version {
        // Before every digit; a marker of nothing would end a client's reading.
        FunctionVersion::Latest => "$LATEST".to_owned(),
        FunctionVersion::Number(number) => format!("{number:010}"),
    }
}
