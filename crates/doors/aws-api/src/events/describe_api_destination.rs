//! `DescribeApiDestination`: a destination, and whether it can be called.
//!
//! <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_DescribeApiDestination.html>

use serde::{Deserialize, Serialize};

use super::Destination;
use super::destination::Described;
use super::kept::Kept;
use super::parameters::name;
use crate::codec::Text;
use crate::error::ApiError;
use crate::operation::Context;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Input<'a> {
    #[serde(borrow)]
    name: Option<Text<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Output {
    #[serde(flatten)]
    described: Described,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
}

pub(super) async fn call(input: Input<'_>, cx: &Context<'_>) -> Result<Output, ApiError> {
    let name = name(input.name)?;
    let kept = Kept::of_caller(cx)?;
    let mut destination = kept.get::<Destination>(&name).await?.document;
    let description = destination.description.take().filter(|description| !description.is_empty());
    Ok(Output { described: Described::of(destination, &kept).await?, description })
}
