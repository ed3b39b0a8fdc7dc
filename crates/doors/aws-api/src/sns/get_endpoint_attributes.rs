//! `GetEndpointAttributes`: tells what is known of a telephone that has an app.

use serde::{Deserialize, Serialize};

use super::kept::{self, KeptAttributes};
use super::platform_endpoint::PlatformEndpoint;
use crate::codec::Text;
use crate::error::ApiError;
use crate::operation::Context;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Input<'a> {
    #[serde(borrow)]
    endpoint_arn: Option<Text<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Output {
    attributes: KeptAttributes,
}

pub(super) async fn call(input: Input<'_>, cx: &Context<'_>) -> Result<Output, ApiError> {
    let endpoint = PlatformEndpoint::of_arn(input.endpoint_arn.as_deref(), "EndpointArn", "endpointArn", cx)?;
    Ok(Output { attributes: kept::decode(&endpoint.value(cx).await?)? })
}
