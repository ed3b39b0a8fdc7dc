//! `GetExecutionHistory`: every event of a standard execution.
//!
//! <https://docs.aws.amazon.com/step-functions/latest/apireference/API_GetExecutionHistory.html>

use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};

use super::pages;
use super::parameters::required;
use crate::codec::{Integer, Text};
use crate::error::ApiError;
use crate::operation::Context;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Input<'a> {
    #[serde(borrow)]
    execution_arn: Option<Text<'a>>,
    max_results: Option<Integer>,
    reverse_order: Option<bool>,
    #[serde(borrow)]
    next_token: Option<Text<'a>>,
    include_execution_data: Option<bool>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Output {
    events: Vec<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

pub(super) async fn call(input: Input<'_>, cx: &Context<'_>) -> Result<Output, ApiError> {
    let arn = required(input.execution_arn, "executionArn")?;
    let max = pages::max(input.max_results)?;
    let reverse = input.reverse_order.unwrap_or(false);
    let data = input.include_execution_data.unwrap_or(true);
    // The token is the number of the event to begin with.
    let from = pages::after(input.next_token)?.map(|token| token.parse::<u32>().map_err(|_| pages::invalid_token()));
    let described = cx.execution(&arn).await?;
    let from = from.transpose()?.unwrap_or(if reverse { described.events } else { 1 });
    let page = cx.broker.execution_history(described.summary.id, from, max, reverse, data).await?;
    let next = page.events.last().and_then(|last| match reverse {
        true => last.id.checked_sub(1).filter(|next| *next > 0),
        false => Some(last.id + 1).filter(|next| *next <= described.events),
    });
    let mut text = |id| page.texts.get(&id).cloned();
    let events = page.events.iter().map(|event| to_raw_value(&event.describe(data, &mut text)));
    let events = events.collect::<Result<_, _>>().map_err(|_| ApiError::internal_failure())?;
    Ok(Output { events, next_token: next.map(|next| pages::token(&next.to_string())) })
}
