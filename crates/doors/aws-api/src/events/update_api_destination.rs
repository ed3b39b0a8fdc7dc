//! `UpdateApiDestination`: changes what is named of a destination.
//!
//! <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_UpdateApiDestination.html>

use serde::Deserialize;

use super::Destination;
use super::destination::{DestinationSettings, Told};
use super::kept::Kept;
use super::parameters::{description, name};
use crate::codec::{Integer, Text};
use crate::error::ApiError;
use crate::operation::Context;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Input<'a> {
    #[serde(borrow)]
    name: Option<Text<'a>>,
    #[serde(borrow)]
    description: Option<Text<'a>>,
    #[serde(borrow)]
    connection_arn: Option<Text<'a>>,
    #[serde(borrow)]
    invocation_endpoint: Option<Text<'a>>,
    #[serde(borrow)]
    http_method: Option<Text<'a>>,
    invocation_rate_limit_per_second: Option<Integer>,
}

pub(super) async fn call(input: Input<'_>, cx: &Context<'_>) -> Result<Told, ApiError> {
    let name = name(input.name)?;
    let description = description(input.description)?;
    let kept = Kept::of_caller(cx)?;
    let mut found = kept.get::<Destination>(&name).await?;
    let settings = DestinationSettings::check(
        input.connection_arn,
        input.invocation_endpoint,
        input.http_method,
        input.invocation_rate_limit_per_second,
        &kept,
    );
    settings.await?.apply(&mut found.document);
    found.document.description = description.or(found.document.description.take());
    found.document.changed_at = cx.config.clock.now().0;
    let destination = kept.replace(found).await?;
    Told::of(&destination, &kept).await
}
