//! `DeleteEventSourceMapping`: the queue does not feed the function any more; what runs ends as it would have.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_DeleteEventSourceMapping.html>

use serde::Deserialize;

use super::event_source_mapping::EventSourceMapping;
use crate::error::ApiError;
use crate::operation::Context;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Input {
    #[serde(rename = "UUID")]
    uuid: String,
}

pub(super) async fn call(input: Input, cx: &Context<'_>) -> Result<EventSourceMapping, ApiError> {
    let mapping = cx.mapping_of(&input.uuid).await?;
    cx.broker.delete_mapping(mapping.id).await.map_err(|refusal| cx.refused(refusal))?;
    Ok(EventSourceMapping::in_state(&mapping, "Deleting", cx))
}
