//! What the operations on message move tasks share: queue ARNs and task handles.

use base64::prelude::{BASE64_STANDARD, Engine};
use bongsu_broker::{MoveTaskId, QueueName};
use serde::{Deserialize, Serialize};

use super::Context;
use crate::codec::Text;
use crate::error::{ApiError, ErrorKind};
use crate::received::uuid;

/// What a task handle says, in JSON and then in base64.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct TaskHandle {
    task_id: String,
    source_arn: String,
}

/// A required ARN of a queue here.
pub(super) fn source(arn: Option<Text<'_>>, cx: &Context<'_>) -> Result<QueueName, ApiError> {
    let arn = arn.filter(|arn| !arn.is_empty()).ok_or_else(|| ApiError::missing_parameter("SourceArn"))?;
    queue_of_arn(&arn, "SourceArn", cx)
}

/// The queue that an ARN names; one of another region or service is a queue that does not exist.
pub(super) fn queue_of_arn(arn: &str, parameter: &str, cx: &Context<'_>) -> Result<QueueName, ApiError> {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let ["arn", partition, service, region, account, name] = parts[..] else { return Err(no_arn(parameter)) };
    if partition.is_empty() || service.is_empty() || name.is_empty() {
        return Err(no_arn(parameter));
    }
    match account.parse() {
        Ok(account) if service == "sqs" && *region == *cx.config.region => Ok(QueueName { account, name: name.into() }),
        _ => Err(resource_does_not_exist(parameter)),
    }
}

fn no_arn(parameter: &str) -> ApiError {
    ApiError::invalid_parameter(format!(
        "You must use this format to specify the {parameter}: \
         arn:<partition>:<service>:<region>:<account-id>:<resource-id>"
    ))
}

pub(super) fn resource_does_not_exist(parameter: &str) -> ApiError {
    let text = format!("The resource that you specified for the {parameter} parameter doesn't exist.");
    ApiError::new(ErrorKind::ResourceNotFoundException, text)
}

pub(super) fn task_handle(id: MoveTaskId, source: &QueueName, cx: &Context<'_>) -> String {
    let handle = TaskHandle { task_id: uuid(id.0), source_arn: cx.arn(source) };
    BASE64_STANDARD.encode(serde_json::to_vec(&handle).expect("two strings are always JSON"))
}

pub(super) fn read_task_handle(handle: &str, cx: &Context<'_>) -> Result<(MoveTaskId, QueueName), ApiError> {
    let invalid = || ApiError::invalid_parameter("Value for parameter TaskHandle is invalid.");
    let json = BASE64_STANDARD.decode(handle).map_err(|_| invalid())?;
    let handle: TaskHandle = serde_json::from_slice(&json).map_err(|_| invalid())?;
    let digits = handle.task_id.replace('-', "");
    let id = u128::from_str_radix(&digits, 16).ok().filter(|id| uuid(*id) == handle.task_id).ok_or_else(invalid)?;
    Ok((MoveTaskId(id), queue_of_arn(&handle.source_arn, "SourceArn", cx)?))
}
