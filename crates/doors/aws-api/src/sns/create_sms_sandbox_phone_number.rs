//! `CreateSMSSandboxPhoneNumber`: adds a number that is to be verified. No password is sent to it.

use bongsu_broker::{EntryChanges, Rejection};
use bongsu_runtime::Refusal;
use serde::{Deserialize, Serialize};

use super::parameters::invalid;
use super::{phone_number, sandbox};
use crate::codec::Text;
use crate::error::ApiError;
use crate::operation::Context;

/// What the message with the password could be written in.
const LANGUAGES: [&str; 13] = [
    "en-US", "en-GB", "es-419", "es-ES", "de-DE", "fr-CA", "fr-FR", "it-IT", "ja-JP", "pt-BR", "kr-KR", "zh-CN",
    "zh-TW",
];

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Input<'a> {
    #[serde(borrow)]
    phone_number: Option<Text<'a>>,
    #[serde(borrow)]
    language_code: Option<Text<'a>>,
}

#[derive(Debug, Serialize)]
pub(super) struct Output {}

pub(super) async fn call(input: Input<'_>, cx: &Context<'_>) -> Result<Output, ApiError> {
    let number = phone_number::read(input.phone_number, "phoneNumber")?;
    if input.language_code.is_some_and(|language| !LANGUAGES.contains(&&*language)) {
        return Err(invalid("LanguageCode"));
    }
    let path = sandbox::path(&number, cx);
    let changes = EntryChanges {
        expected: vec![(path.clone(), None)],
        put: vec![(path, sandbox::with_status(sandbox::PENDING))],
        removed: Vec::new(),
    };
    match cx.broker.change_entries(cx.account()?, changes).await {
        // The number is there already: asking again sends another password, if anything.
        Ok(()) | Err(Refusal::Rejected(Rejection::EntryChanged)) => Ok(Output {}),
        Err(refusal) => Err(refusal.into()),
    }
}
