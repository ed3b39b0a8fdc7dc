//! `DeleteApiDestination`: forgets a destination.
//!
//! <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_DeleteApiDestination.html>

use serde::Deserialize;

use super::kept::Kept;
use super::parameters::name;
use super::{Destination, Nothing};
use crate::codec::Text;
use crate::error::ApiError;
use crate::operation::Context;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Input<'a> {
    #[serde(borrow)]
    name: Option<Text<'a>>,
}

pub(super) async fn call(input: Input<'_>, cx: &Context<'_>) -> Result<Nothing, ApiError> {
    let name = name(input.name)?;
    let kept = Kept::of_caller(cx)?;
    kept.remove(&kept.get::<Destination>(&name).await?).await?;
    Ok(Nothing {})
}
