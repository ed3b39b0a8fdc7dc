//! `ListPhoneNumbersOptedOut`: lists the numbers that want no messages. There are none.

use serde::{Deserialize, Serialize};

use super::pages;
use crate::codec::Text;
use crate::error::ApiError;
use crate::operation::Context;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Input<'a> {
    #[serde(borrow)]
    next_token: Option<Text<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Output {
    phone_numbers: Vec<String>,
}

pub(super) async fn call(input: Input<'_>, _: &Context<'_>) -> Result<Output, ApiError> {
    pages::after(input.next_token)?;
    Ok(Output { phone_numbers: Vec::new() })
}
