//! `ListQueues`: lists the caller's queues, by page if asked to.

use serde::{Deserialize, Serialize};

use super::Context;
use super::pages::Page;
use crate::codec::{Integer, Text};
use crate::error::ApiError;

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
    let mut page = Page::read(input.max_results, input.next_token)?;
    let prefix = input.queue_name_prefix.unwrap_or_default().into_string();
    let names = cx.broker.list_queues(cx.account()?, prefix, page.after.take(), page.wanted()).await?;
    let (queue_urls, next_token) = page.fill(names, cx);
    Ok(Output { queue_urls, next_token })
}
