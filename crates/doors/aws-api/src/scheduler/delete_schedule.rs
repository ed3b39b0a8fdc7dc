//! `DeleteSchedule`: a schedule goes, and with it what it could not send yet.
//!
//! <https://docs.aws.amazon.com/scheduler/latest/APIReference/API_DeleteSchedule.html>

use serde::{Deserialize, Serialize};

use super::names::{ScheduleName, check_token};
use super::refusal::refused;
use super::tags::check;
use crate::constraints::Constraints;
use crate::error::ApiError;
use crate::operation::Context;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Input {
    name: Option<String>,
    group_name: Option<String>,
    /// A schedule that is gone cannot go again: nothing depends on it.
    client_token: Option<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct Output {}

pub(super) async fn call(input: Input, cx: &Context<'_>) -> Result<Output, ApiError> {
    let mut constraints = Constraints::default();
    let name = ScheduleName::read(input.name, input.group_name, &mut constraints);
    check_token(&mut constraints, input.client_token.as_deref());
    check(constraints)?;
    cx.check_scheduler(&name.key())?;
    cx.described_schedule(&name).await?;
    cx.broker.delete_schedule(&name.key()).await.map_err(refused)?;
    Ok(Output {})
}
