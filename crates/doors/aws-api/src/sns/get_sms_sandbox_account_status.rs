//! `GetSMSSandboxAccountStatus`: tells whether only verified numbers can be published to. All can.

use serde::{Deserialize, Serialize};

use crate::error::ApiError;
use crate::operation::Context;

#[derive(Debug, Default, Deserialize)]
pub(super) struct Input {}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Output {
    is_in_sandbox: bool,
}

pub(super) async fn call(_: Input, _: &Context<'_>) -> Result<Output, ApiError> {
    Ok(Output { is_in_sandbox: false })
}
