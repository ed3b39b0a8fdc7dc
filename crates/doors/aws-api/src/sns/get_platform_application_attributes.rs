//! `GetPlatformApplicationAttributes`: tells what an app is set to. Its credentials are not told.

use serde::{Deserialize, Serialize};

use super::kept::{self, KeptAttributes};
use super::platform_application::{PlatformApplication, told};
use crate::codec::Text;
use crate::error::ApiError;
use crate::operation::Context;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Input<'a> {
    #[serde(borrow)]
    platform_application_arn: Option<Text<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Output {
    attributes: KeptAttributes,
}

pub(super) async fn call(input: Input<'_>, cx: &Context<'_>) -> Result<Output, ApiError> {
    let application = PlatformApplication::of_arn(input.platform_application_arn.as_deref(), cx)?;
    Ok(Output { attributes: told(kept::decode(&application.value(cx).await?)?) })
}
