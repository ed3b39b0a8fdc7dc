//! `GetCallerIdentity`: whose key signed the request. Everybody may ask.

use serde::{Deserialize, Serialize};

use crate::sigv4::Caller;

#[derive(Deserialize)]
pub(crate) struct Input {}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output<'a> {
    arn: &'a str,
    user_id: &'a str,
    account: &'a str,
}

pub(crate) fn call(Input {}: Input, caller: &Caller) -> Output<'_> {
    Output { arn: caller.arn(), user_id: caller.user_id(), account: caller.account() }
}
