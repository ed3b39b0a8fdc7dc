//! `ListEventSourceMappings`: of a function, of a queue, or all.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_ListEventSourceMappings.html>

use serde::{Deserialize, Serialize};

use super::event_source_mapping::EventSourceMapping;
use super::mapping_uuid::mapping_uuid;
use super::pages::{ITEMS_MAX, Wanted};
use crate::codec::Integer;
use crate::error::ApiError;
use crate::operation::Context;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Input {
    event_source_arn: Option<String>,
    function_name: Option<String>,
    marker: Option<String>,
    max_items: Option<Integer>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Output {
    #[serde(skip_serializing_if = "Option::is_none")]
    next_marker: Option<String>,
    event_source_mappings: Vec<EventSourceMapping>,
}

pub(super) async fn call(input: Input, cx: &Context<'_>) -> Result<Output, ApiError> {
    cx.check_account("event-source-mapping:*")?;
    let function = input.function_name.map(|function| cx.fed_function(&function)).transpose()?;
    let source = input.event_source_arn;
    let mappings = cx.mappings().await?.into_iter().filter(|mapping| {
        let of_function = function.as_ref().is_none_or(|function| *function == mapping.definition.function);
        let of_source = source.as_ref().is_none_or(|arn| *arn == mapping.definition.queue.arn(&cx.config.region));
        of_function && of_source
    });
    let wanted = Wanted { marker: input.marker, max_items: input.max_items };
    let (page, next_marker) = wanted.cut(mappings, ITEMS_MAX, |mapping| mapping_uuid(mapping.id))?;
    let told = page.iter().map(|mapping| EventSourceMapping::new(mapping, cx));
    Ok(Output { next_marker, event_source_mappings: told.collect() })
}
