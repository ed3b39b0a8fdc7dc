//! `UpdateSchedule`: makes of a schedule what the request says; what it does not say is as by default.
//!
//! <https://docs.aws.amazon.com/scheduler/latest/APIReference/API_UpdateSchedule.html>

use super::refusal::{TRIES_MAX, too_busy};
pub(super) use super::schedule::{Input, Output};
use crate::error::ApiError;
use crate::operation::Context;

pub(super) async fn call(input: Input, cx: &Context<'_>) -> Result<Output, ApiError> {
    let wanted = input.read(cx)?;
    let output = Output { schedule_arn: wanted.definition.arn.to_string() };
    for _ in 0..TRIES_MAX {
        let found = cx.described_schedule(&wanted.name).await?;
        if wanted.put(Some(&found), cx).await? {
            return Ok(output);
        }
    }
    Err(too_busy())
}
