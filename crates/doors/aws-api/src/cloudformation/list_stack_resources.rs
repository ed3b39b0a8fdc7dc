//! `ListStackResources`: lists the resources of a stack.

use serde::{Deserialize, Serialize};

use super::parameters::{no_page, stack};
use super::shapes::{ResourceDrift, StackResource};
use crate::codec::Text;
use crate::error::ApiError;
use crate::operation::Context;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Input<'a> {
    #[serde(borrow)]
    stack_name: Option<Text<'a>>,
    #[serde(borrow)]
    next_token: Option<Text<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Output {
    stack_resource_summaries: Vec<Summary>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Summary {
    logical_resource_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    physical_resource_id: Option<String>,
    resource_type: String,
    last_updated_timestamp: String,
    resource_status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    resource_status_reason: Option<String>,
    drift_information: ResourceDrift,
}

pub(super) async fn call(input: Input<'_>, cx: &Context<'_>) -> Result<Output, ApiError> {
    let stack = stack(input.stack_name)?;
    no_page(input.next_token.as_ref())?;
    let summary = |resource: StackResource| Summary {
        logical_resource_id: resource.logical_resource_id,
        physical_resource_id: resource.physical_resource_id,
        resource_type: resource.resource_type,
        last_updated_timestamp: resource.timestamp,
        resource_status: resource.resource_status,
        resource_status_reason: resource.resource_status_reason,
        drift_information: ResourceDrift::default(),
    };
    let resources = cx.stacks()?.resources(&stack)?;
    Ok(Output { stack_resource_summaries: resources.into_iter().map(summary).collect() })
}
