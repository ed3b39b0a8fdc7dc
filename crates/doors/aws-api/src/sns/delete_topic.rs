//! `DeleteTopic`: deletes a topic with its subscriptions, and what was still to be delivered to them. One that is not there
//! does not matter.

use serde::Deserialize;

use crate::codec::Text;
use crate::error::{ApiError, ErrorKind};
use crate::operation::Context;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Input<'a> {
    #[serde(borrow)]
    topic_arn: Option<Text<'a>>,
}

pub(super) async fn call(input: Input<'_>, cx: &Context<'_>) -> Result<(), ApiError> {
    let topic = cx.topic(input.topic_arn.as_deref(), "TopicArn")?;
    let has_archive = topic.is_fifo()
        && cx.broker.describe_topic(topic.clone()).await.is_ok_and(|t| t.definition.attributes.archive.is_some());
    if has_archive {
        let text = "Invalid state: the topic has an ArchivePolicy, which must be removed before it can be deleted";
        return Err(ApiError::new(ErrorKind::InvalidStateException, text));
    }
    Ok(cx.broker.delete_topic(topic).await?)
}
