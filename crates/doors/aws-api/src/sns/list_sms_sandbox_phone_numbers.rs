//! `ListSMSSandboxPhoneNumbers`: lists numbers that are to be verified, and those that are, in pages.

use serde::{Deserialize, Serialize};

use super::{kept, pages, sandbox};
use crate::codec::{Integer, Text};
use crate::error::ApiError;
use crate::operation::Context;

/// Most numbers that one answer may be asked to have.
const RESULTS_MAX: i64 = 100;

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
    phone_numbers: Vec<Number>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Number {
    phone_number: String,
    status: String,
}

pub(super) async fn call(input: Input<'_>, cx: &Context<'_>) -> Result<Output, ApiError> {
    let prefix = sandbox::prefix(cx);
    let wanted = pages::wanted(input.max_results, RESULTS_MAX)?;
    let (found, next_token) = pages::entries(&prefix, input.next_token, wanted, cx).await?;
    let number = |(number, value): (String, bytes::Bytes)| {
        let status = kept::decode(&value)?.remove(sandbox::STATUS).unwrap_or_default();
        Ok(Number { phone_number: number, status })
    };
    let phone_numbers = found.into_iter().map(number).collect::<Result<_, ApiError>>()?;
    Ok(Output { phone_numbers, next_token })
}
