//! `DescribeStackResources`: tells of the resources of a stack, or of the stack that has a resource.

use serde::{Deserialize, Serialize};

use super::rejection::invalid;
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
    logical_resource_id: Option<Text<'a>>,
    #[serde(borrow)]
    physical_resource_id: Option<Text<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Output {
    stack_resources: Vec<Told>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Told {
    stack_name: String,
    stack_id: String,
    logical_resource_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    physical_resource_id: Option<String>,
    resource_type: String,
    timestamp: String,
    resource_status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    resource_status_reason: Option<String>,
    drift_information: ResourceDrift,
}

pub(super) async fn call(input: Input<'_>, cx: &Context<'_>) -> Result<Output, ApiError> {
    let stacks = cx.stacks()?;
    let stack = match (input.stack_name, input.physical_resource_id) {
        (Some(stack), None) => stack.into_string(),
        (None, Some(id)) => {
            stacks.stack_of_resource(&id).ok_or_else(|| invalid(format!("Stack for {id} does not exist")))?
        }
        _ => return Err(invalid("Only one of StackName and PhysicalResourceId must be specified")),
    };
    let wanted = input.logical_resource_id;
    let is_wanted = |resource: &StackResource| wanted.as_deref().is_none_or(|id| id == resource.logical_resource_id);
    let resources: Vec<StackResource> = stacks.resources(&stack)?.into_iter().filter(is_wanted).collect();
    if let Some(wanted) = wanted.as_deref().filter(|_| resources.is_empty()) {
        return Err(invalid(format!("Resource {wanted} does not exist for stack {stack}")));
    }
    let told = |resource: StackResource| Told {
        stack_name: resource.stack_name,
        stack_id: resource.stack_id,
        logical_resource_id: resource.logical_resource_id,
        physical_resource_id: resource.physical_resource_id,
        resource_type: resource.resource_type,
        timestamp: resource.timestamp,
        resource_status: resource.resource_status,
        resource_status_reason: resource.resource_status_reason,
        drift_information: ResourceDrift::default(),
    };
    Ok(Output { stack_resources: resources.into_iter().map(told).collect() })
}
