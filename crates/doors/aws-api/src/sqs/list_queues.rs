//! `ListQueues`: lists the caller's queues, by page if asked to.

use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use base64::prelude::Engine;
use serde::{Deserialize, Serialize};

use super::Context;
use crate::codec::{Integer, Text};
use crate::error::ApiError;

/// Queues in one answer at most.
const PAGE_MAX: usize = 1000;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Input<'a> {
    #[serde(borrow)]
    queue_name_prefix: Option<Text<'a>>,
    /// Without it there is one answer of at most 1,000 queues, and no token.
    max_results: Option<Integer>,
    #[serde(borrow)]
    next_token: Option<Text<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Output {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    queue_urls: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

pub(super) async fn call(input: Input<'_>, cx: &Context<'_>) -> Result<Output, ApiError> {
    cx.not_at_a_queue("ListQueues")?;
    let max = match input.max_results {
        None => PAGE_MAX,
        Some(Integer(max)) if (1..=PAGE_MAX as i64).contains(&max) => max as usize,
        Some(_) => {
            let text = "Value for parameter MaxResults is invalid. Reason: MaxResults must be an integer between 1 and \
                        1000.";
            return Err(ApiError::invalid_parameter(text));
        }
    };
    let after = input.next_token.map(|token| read_token(&token)).transpose()?;
    let prefix = input.queue_name_prefix.unwrap_or_default().into_string();
    // One more than the page holds tells whether there is a next one.
    let mut names = cx.broker.list_queues(cx.account()?, prefix, after, max + 1).await?;
    let is_more = names.len() > max;
    names.truncate(max);
    let next_token = names.last().filter(|_| is_more && input.max_results.is_some());
    Ok(Output {
        next_token: next_token.map(|last| URL_SAFE_NO_PAD.encode(last.name.as_bytes())),
        queue_urls: names.iter().map(|name| cx.url(name)).collect(),
    })
}

fn read_token(token: &str) -> Result<String, ApiError> {
    let name = URL_SAFE_NO_PAD.decode(token).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    name.ok_or_else(|| ApiError::invalid_parameter("Invalid or expired next token."))
}
