//! `ListOriginationNumbers`: lists the numbers that the account's messages come from. There are none.

use serde::{Deserialize, Serialize};

use super::pages;
use crate::codec::{Integer, Text};
use crate::error::ApiError;
use crate::operation::Context;

/// Most numbers that one answer may be asked to have.
const RESULTS_MAX: i64 = 30;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Input<'a> {
    #[serde(borrow)]
    next_token: Option<Text<'a>>,
    max_results: Option<Integer>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Output {
    phone_numbers: Vec<String>,
}

pub(super) async fn call(input: Input<'_>, _: &Context<'_>) -> Result<Output, ApiError> {
    pages::after(input.next_token)?;
    pages::wanted(input.max_results, RESULTS_MAX)?;
    Ok(Output { phone_numbers: Vec::new() })
}
