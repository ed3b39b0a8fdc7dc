//! `CreateApiDestination`: names an endpoint of somebody else's API, how it is called, and how often.
//!
//! <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_CreateApiDestination.html>

use serde::Deserialize;

use super::Destination;
use super::destination::{DestinationSettings, Told};
use super::kept::Kept;
use super::parameters::{description, name, required};
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
    let settings = DestinationSettings::check(
        Some(required(input.connection_arn, "connectionArn")?),
        Some(required(input.invocation_endpoint, "invocationEndpoint")?),
        Some(required(input.http_method, "httpMethod")?),
        input.invocation_rate_limit_per_second,
        &kept,
    );
    let settings = settings.await?;
    let mut destination = Destination::new(name, cx.request_id.to_string(), cx.config.clock.now().0);
    destination.description = description;
    settings.apply(&mut destination);
    kept.create(&destination).await?;
    Told::of(&destination, &kept).await
}
