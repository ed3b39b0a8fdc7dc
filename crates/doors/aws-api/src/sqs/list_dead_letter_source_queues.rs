//! `ListDeadLetterSourceQueues`: lists the queues whose messages go to this one when they were received too often.

use serde::{Deserialize, Serialize};

use super::Context;
use super::pages::Page;
use crate::codec::{Integer, Text};
use crate::error::ApiError;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Input<'a> {
    #[serde(borrow)]
    queue_url: Option<Text<'a>>,
    /// Without it there is one answer of at most 1,000 queues, and no token.
    max_results: Option<Integer>,
    #[serde(borrow)]
    next_token: Option<Text<'a>>,
}

#[derive(Debug, Serialize)]
pub(super) struct Output {
    /// In lower case, as AWS has it.
    #[serde(rename = "queueUrls")]
    queue_urls: Vec<String>,
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

pub(super) async fn call(input: Input<'_>, cx: &Context<'_>) -> Result<Output, ApiError> {
    let queue = cx.queue(input.queue_url.as_deref())?;
    let mut page = Page::read(input.max_results, input.next_token)?;
    let names = cx.broker.list_dead_letter_sources(queue, page.after.take(), page.wanted()).await?;
    let (queue_urls, next_token) = page.fill(names, cx);
    Ok(Output { queue_urls, next_token })
}
