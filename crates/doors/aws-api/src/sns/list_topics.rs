//! `ListTopics`: lists the caller's topics, in pages.

use serde::{Deserialize, Serialize};

use super::pages;
use crate::codec::Text;
use crate::error::ApiError;
use crate::operation::Context;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Input<'a> {
    #[serde(borrow)]
    next_token: Option<Text<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Output {
    topics: Vec<Topic>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Topic {
    topic_arn: String,
}

pub(super) async fn call(input: Input<'_>, cx: &Context<'_>) -> Result<Output, ApiError> {
    let after = pages::after(input.next_token)?.map(String::into_boxed_str);
    let mut topics = cx.broker.list_topics(cx.account()?, after, pages::WANTED).await?;
    let next_token = pages::cut(&mut topics, |topic| topic.name.to_string());
    let topics = topics.iter().map(|topic| Topic { topic_arn: topic.arn(&cx.config.region) }).collect();
    Ok(Output { topics, next_token })
}
