//! `ListEndpointsByPlatformApplication`: lists the telephones that have an app, in pages.

use serde::{Deserialize, Serialize};

use super::kept::{self, KeptAttributes};
use super::pages;
use super::platform_application::PlatformApplication;
use super::platform_endpoint::PlatformEndpoint;
use crate::codec::Text;
use crate::error::ApiError;
use crate::operation::Context;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Input<'a> {
    #[serde(borrow)]
    platform_application_arn: Option<Text<'a>>,
    #[serde(borrow)]
    next_token: Option<Text<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Output {
    endpoints: Vec<Endpoint>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Endpoint {
    endpoint_arn: String,
    attributes: KeptAttributes,
}

pub(super) async fn call(input: Input<'_>, cx: &Context<'_>) -> Result<Output, ApiError> {
    let application = PlatformApplication::of_arn(input.platform_application_arn.as_deref(), cx)?;
    application.value(cx).await?;
    let prefix = format!("{}/", application.endpoints_path(cx));
    let (found, next_token) = pages::entries(&prefix, input.next_token, pages::PAGE_ITEMS, cx).await?;
    let endpoint = |(id, value): (String, bytes::Bytes)| {
        let endpoint_arn = PlatformEndpoint { application: application.clone(), id }.arn(cx)?;
        Ok(Endpoint { endpoint_arn, attributes: kept::decode(&value)? })
    };
    let endpoints = found.into_iter().map(endpoint).collect::<Result<_, ApiError>>()?;
    Ok(Output { endpoints, next_token })
}
