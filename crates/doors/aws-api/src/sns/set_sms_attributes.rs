//! `SetSMSAttributes`: says how the account's text messages would be sent.

use bongsu_broker::EntryChanges;
use serde::{Deserialize, Serialize};

use super::kept::{self, Tries};
use super::parameters::required;
use super::sms_attributes;
use crate::codec::TextMap;
use crate::error::ApiError;
use crate::operation::Context;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Input<'a> {
    #[serde(borrow)]
    attributes: Option<TextMap<'a>>,
}

#[derive(Debug, Serialize)]
pub(super) struct Output {}

pub(super) async fn call(input: Input<'_>, cx: &Context<'_>) -> Result<Output, ApiError> {
    let given = required(input.attributes, "attributes")?.into_strings();
    given.iter().try_for_each(|(name, value)| sms_attributes::check(name, value))?;
    let path = sms_attributes::path(cx);
    let mut tries = Tries::default();
    loop {
        let before = cx.kept(&path).await?;
        let mut attributes = sms_attributes::read(before.as_deref())?;
        kept::overlay(&mut attributes, given.clone());
        let changes = EntryChanges {
            expected: vec![(path.clone(), before)],
            put: vec![(path.clone(), kept::encode(&attributes))],
            removed: Vec::new(),
        };
        if tries.is_made(cx.broker.change_entries(cx.account()?, changes).await)? {
            return Ok(Output {});
        }
    }
}
