//! `DescribeStackResource`: tells of one resource of a stack.

use serde::{Deserialize, Serialize};

use super::parameters::{required, stack};
use super::rejection::invalid;
use super::shapes::ResourceDrift;
use crate::codec::Text;
use crate::error::ApiError;
use crate::operation::Context;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Input<'a> {
    #[serde(borrow)]
    stack_name: Option<Text<'a>>,
    #[serde(borrow)]
    logical_resource_id: Option<Text<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Output {
    stack_resource_detail: Detail,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Detail {
    stack_name: String,
    stack_id: String,
    logical_resource_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    physical_resource_id: Option<String>,
    resource_type: String,
    last_updated_timestamp: String,
    resource_status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    resource_status_reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    metadata: Option<String>,
    drift_information: ResourceDrift,
}

pub(super) async fn call(input: Input<'_>, cx: &Context<'_>) -> Result<Output, ApiError> {
    let stack = stack(input.stack_name)?;
    let wanted = required(input.logical_resource_id, "logicalResourceId")?;
    let found = cx.stacks()?.resources(&stack)?.into_iter().find(|resource| *resource.logical_resource_id == *wanted);
    let found = found.ok_or_else(|| invalid(format!("Resource {wanted} does not exist for stack {stack}")))?;
    let stack_resource_detail = Detail {
        stack_name: found.stack_name,
        stack_id: found.stack_id,
        logical_resource_id: found.logical_resource_id,
        physical_resource_id: found.physical_resource_id,
        resource_type: found.resource_type,
        last_updated_timestamp: found.timestamp,
        resource_status: found.resource_status,
        resource_status_reason: found.resource_status_reason,
        metadata: found.metadata,
        drift_information: ResourceDrift::default(),
    };
    Ok(Output { stack_resource_detail })
}
