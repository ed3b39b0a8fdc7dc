//! `VerifySMSSandboxPhoneNumber`: marks a number as verified. Any password will do, because none was sent.

use bongsu_broker::EntryChanges;
use serde::{Deserialize, Serialize};

use super::kept::Tries;
use super::parameters::{invalid, required};
use super::{phone_number, sandbox};
use crate::codec::Text;
use crate::error::ApiError;
use crate::operation::Context;

/// Digits of a password.
const PASSWORD_LENGTH: std::ops::RangeInclusive<usize> = 5..=8;

/// No `Debug`: a password is a secret.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Input<'a> {
    #[serde(borrow)]
    phone_number: Option<Text<'a>>,
    #[serde(borrow)]
    one_time_password: Option<Text<'a>>,
}

#[derive(Debug, Serialize)]
pub(super) struct Output {}

pub(super) async fn call(input: Input<'_>, cx: &Context<'_>) -> Result<Output, ApiError> {
    let number = phone_number::read(input.phone_number, "phoneNumber")?;
    let password = required(input.one_time_password, "oneTimePassword")?;
    if !PASSWORD_LENGTH.contains(&password.len()) || !password.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(invalid("OneTimePassword"));
    }
    let path = sandbox::path(&number, cx);
    let mut tries = Tries::default();
    loop {
        let before = cx.kept(&path).await?.ok_or_else(sandbox::does_not_exist)?;
        let changes = EntryChanges {
            expected: vec![(path.clone(), Some(before))],
            put: vec![(path.clone(), sandbox::with_status(sandbox::VERIFIED))],
            removed: Vec::new(),
        };
        if tries.is_made(cx.broker.change_entries(cx.account()?, changes).await)? {
            return Ok(Output {});
        }
    }
}
