//! `CreateSchedule`: makes a schedule; asked again with the same token, it tells of the one that was made.
//!
//! <https://docs.aws.amazon.com/scheduler/latest/APIReference/API_CreateSchedule.html>

use super::refusal::{TRIES_MAX, too_busy};
pub(super) use super::schedule::{Input, Output};
use crate::error::ApiError;
use crate::operation::Context;

pub(super) async fn call(input: Input, cx: &Context<'_>) -> Result<Output, ApiError> {
    let wanted = input.read(cx)?;
    let output = Output { schedule_arn: wanted.definition.arn.to_string() };
    for _ in 0..TRIES_MAX {
        match cx.known_schedule(&wanted.name).await? {
            Some(found) if wanted.is_made(&found)? => return Ok(output),
            Some(_) => return Err(wanted.exists()),
            None if wanted.put(None, cx).await? => return Ok(output),
            None => {}
        }
    }
    Err(too_busy())
}
