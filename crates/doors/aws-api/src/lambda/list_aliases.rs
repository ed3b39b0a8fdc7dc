//! `ListAliases`: those of a function, or of one of its versions.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_ListAliases.html>

use serde::{Deserialize, Serialize};

use super::alias::{AliasConfiguration, version};
use super::pages::{ITEMS_MAX, Wanted};
use crate::codec::Integer;
use crate::error::ApiError;
use crate::operation::Context;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Input {
    function_name: String,
    function_version: Option<String>,
    marker: Option<String>,
    max_items: Option<Integer>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Output {
    #[serde(skip_serializing_if = "Option::is_none")]
    next_marker: Option<String>,
    aliases: Vec<AliasConfiguration>,
}

pub(super) async fn call(input: Input, cx: &Context<'_>) -> Result<Output, ApiError> {
    let function = cx.whole_function(&input.function_name)?;
    let of = input.function_version.as_deref().map(version).transpose()?;
    let aliases = cx.broker.list_aliases(&function).await.map_err(|refusal| cx.refused(refusal))?;
    let is_of = |version| of.is_none_or(|of| of == version);
    let stands_for = aliases
        .into_iter()
        .filter(|alias| is_of(alias.version) || alias.canary.is_some_and(|(version, _)| is_of(version)));
    let wanted = Wanted { marker: input.marker, max_items: input.max_items };
    let (page, next_marker) = wanted.cut(stands_for, ITEMS_MAX, |alias| alias.name.to_string())?;
    Ok(Output {
        next_marker,
        aliases: page.iter().map(|alias| AliasConfiguration::new(&function, alias, cx)).collect(),
    })
}
