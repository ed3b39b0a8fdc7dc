//! `SetPlatformApplicationAttributes`: changes some of what an app is set to. New credentials are not kept either.

use bongsu_broker::EntryChanges;
use serde::Deserialize;

use super::kept::{self, Tries};
use super::parameters::required;
use super::platform_application::{PlatformApplication, read_attributes};
use crate::codec::{Text, TextMap};
use crate::error::ApiError;
use crate::operation::Context;

/// No `Debug`: attributes hold credentials.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Input<'a> {
    #[serde(borrow)]
    platform_application_arn: Option<Text<'a>>,
    #[serde(borrow)]
    attributes: Option<TextMap<'a>>,
}

pub(super) async fn call(input: Input<'_>, cx: &Context<'_>) -> Result<(), ApiError> {
    let application = PlatformApplication::of_arn(input.platform_application_arn.as_deref(), cx)?;
    let given = read_attributes(required(input.attributes, "attributes")?)?;
    let path = application.path(cx);
    let mut tries = Tries::default();
    loop {
        let before = application.value(cx).await?;
        let mut attributes = kept::decode(&before)?;
        kept::overlay(&mut attributes, given.clone());
        let changes = EntryChanges {
            expected: vec![(path.clone(), Some(before))],
            put: vec![(path.clone(), kept::encode(&attributes))],
            removed: Vec::new(),
        };
        if tries.is_made(cx.broker.change_entries(cx.account()?, changes).await)? {
            return Ok(());
        }
    }
}
