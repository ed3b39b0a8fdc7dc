//! `GetEventSourceMapping`: everything about a mapping.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_GetEventSourceMapping.html>

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
    Ok(EventSourceMapping::new(&cx.mapping_of(&input.uuid).await?, cx))
}
