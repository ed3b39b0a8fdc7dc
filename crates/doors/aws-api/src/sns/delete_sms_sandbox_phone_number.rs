//! `DeleteSMSSandboxPhoneNumber`: removes a number that was to be verified, or is.

use bongsu_broker::EntryChanges;
use serde::{Deserialize, Serialize};

use super::kept::Tries;
use super::{phone_number, sandbox};
use crate::codec::Text;
use crate::error::ApiError;
use crate::operation::Context;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Input<'a> {
    #[serde(borrow)]
    phone_number: Option<Text<'a>>,
}

#[derive(Debug, Serialize)]
pub(super) struct Output {}

pub(super) async fn call(input: Input<'_>, cx: &Context<'_>) -> Result<Output, ApiError> {
    let number = phone_number::read(input.phone_number, "phoneNumber")?;
    let path = sandbox::path(&number, cx);
    let mut tries = Tries::default();
    loop {
        let before = cx.kept(&path).await?.ok_or_else(sandbox::does_not_exist)?;
        let changes =
            EntryChanges { expected: vec![(path.clone(), Some(before))], removed: vec![path.clone()], put: Vec::new() };
        if tries.is_made(cx.broker.change_entries(cx.account()?, changes).await)? {
            return Ok(Output {});
        }
    }
}
