//! `ListApiDestinations`: by name, in pages.
//!
//! <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_ListApiDestinations.html>

use serde::{Deserialize, Serialize};

use super::Destination;
use super::destination::Described;
use super::kept::{DOCUMENTS_MAX, Kept};
use super::pages;
use crate::codec::{Integer, Text};
use crate::error::ApiError;
use crate::operation::Context;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Input<'a> {
    #[serde(borrow)]
    name_prefix: Option<Text<'a>>,
    #[serde(borrow)]
    connection_arn: Option<Text<'a>>,
    #[serde(borrow)]
    next_token: Option<Text<'a>>,
    limit: Option<Integer>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Output {
    api_destinations: Vec<Described>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

pub(super) async fn call(input: Input<'_>, cx: &Context<'_>) -> Result<Output, ApiError> {
    let limit = pages::limit(input.limit)?;
    let after = pages::after(input.next_token)?;
    let kept = Kept::of_caller(cx)?;
    let prefix = input.name_prefix.unwrap_or_default();
    let mut found = kept.list::<Destination>(&prefix, after.as_deref(), DOCUMENTS_MAX).await?;
    let connection = input.connection_arn.as_deref();
    found.retain(|destination| connection.is_none_or(|arn| destination.connection_arn == arn));
    let next_token = pages::cut(&mut found, limit);
    let mut api_destinations = Vec::with_capacity(found.len());
    for destination in found {
        api_destinations.push(Described::of(destination, &kept).await?);
    }
    Ok(Output { api_destinations, next_token })
}
