//! `CheckIfPhoneNumberIsOptedOut`: tells that it is not, because nobody can answer to messages that are not sent.

use serde::{Deserialize, Serialize};

use super::phone_number;
use crate::codec::Text;
use crate::error::ApiError;
use crate::operation::Context;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Input<'a> {
    #[serde(borrow)]
    phone_number: Option<Text<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Output {
    is_opted_out: bool,
}

pub(super) async fn call(input: Input<'_>, _: &Context<'_>) -> Result<Output, ApiError> {
    phone_number::read(input.phone_number, "phoneNumber")?;
    Ok(Output { is_opted_out: false })
}
