//! `DeletePlatformApplication`: removes an app with all its endpoints; one that is not there does not matter.

use bongsu_broker::EntryChanges;
use serde::Deserialize;

use super::platform_application::PlatformApplication;
use crate::codec::Text;
use crate::error::ApiError;
use crate::operation::Context;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Input<'a> {
    #[serde(borrow)]
    platform_application_arn: Option<Text<'a>>,
}

pub(super) async fn call(input: Input<'_>, cx: &Context<'_>) -> Result<(), ApiError> {
    let application = PlatformApplication::of_arn(input.platform_application_arn.as_deref(), cx)?;
    let removed = vec![application.path(cx), application.endpoints_path(cx), application.tokens_path(cx)];
    Ok(cx.broker.change_entries(cx.account()?, EntryChanges { removed, ..EntryChanges::default() }).await?)
}
