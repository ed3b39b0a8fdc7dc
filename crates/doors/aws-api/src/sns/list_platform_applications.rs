//! `ListPlatformApplications`: lists the caller's apps, in pages.

use serde::{Deserialize, Serialize};

use super::kept::{self, KeptAttributes};
use super::pages;
use super::platform_application::{PlatformApplication, told};
use crate::codec::Text;
use crate::error::ApiError;
use crate::operation::Context;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Input<'a> {
    #[serde(borrow)]
    next_token: Option<Text<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Output {
    platform_applications: Vec<Application>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Application {
    platform_application_arn: String,
    attributes: KeptAttributes,
}

pub(super) async fn call(input: Input<'_>, cx: &Context<'_>) -> Result<Output, ApiError> {
    let prefix = PlatformApplication::prefix(cx);
    let (found, next_token) = pages::entries(&prefix, input.next_token, pages::PAGE_ITEMS, cx).await?;
    let application = |(words, value): (String, bytes::Bytes)| {
        let platform_application_arn = PlatformApplication::of_words(words).arn(cx)?;
        Ok(Application { platform_application_arn, attributes: told(kept::decode(&value)?) })
    };
    let platform_applications = found.into_iter().map(application).collect::<Result<_, ApiError>>()?;
    Ok(Output { platform_applications, next_token })
}
