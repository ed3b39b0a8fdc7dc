//! `CreatePlatformApplication`: registers an app on telephones, or finds it. Its credentials are not kept.

use bongsu_broker::EntryChanges;
use serde::{Deserialize, Serialize};

use super::kept::{self, KeptAttributes, Tries};
use super::parameters::{invalid, required};
use super::platform_application::{PlatformApplication, read_attributes};
use crate::codec::{Text, TextMap};
use crate::error::ApiError;
use crate::operation::Context;

/// No `Debug`: attributes hold credentials.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Input<'a> {
    #[serde(borrow)]
    name: Option<Text<'a>>,
    #[serde(borrow)]
    platform: Option<Text<'a>>,
    #[serde(borrow)]
    attributes: Option<TextMap<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Output {
    platform_application_arn: String,
}

pub(super) async fn call(input: Input<'_>, cx: &Context<'_>) -> Result<Output, ApiError> {
    let name = required(input.name, "name")?;
    let platform = required(input.platform, "platform")?;
    let given = required(input.attributes, "attributes")?;
    let application = PlatformApplication::new(&platform, &name)?;
    let mut attributes = KeptAttributes::new();
    kept::overlay(&mut attributes, read_attributes(given)?);
    let path = application.path(cx);
    let mut tries = Tries::default();
    loop {
        if let Some(known) = cx.kept(&path).await? {
            if kept::decode(&known)? != attributes {
                let reason = "Platform application already exists with different attributes";
                return Err(invalid(&format!("Attributes Reason: {reason}")));
            }
            return Ok(Output { platform_application_arn: application.arn(cx)? });
        }
        let changes = EntryChanges {
            expected: vec![(path.clone(), None)],
            put: vec![(path.clone(), kept::encode(&attributes))],
            removed: Vec::new(),
        };
        if tries.is_made(cx.broker.change_entries(cx.account()?, changes).await)? {
            return Ok(Output { platform_application_arn: application.arn(cx)? });
        }
    }
}
