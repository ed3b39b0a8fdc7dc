//! `GetActivityTask`: hands a worker the next task of an activity; waits up to a minute for one.
//!
//! <https://docs.aws.amazon.com/step-functions/latest/apireference/API_GetActivityTask.html>

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::parameters::required;
use super::rejection::refused;
use crate::codec::Text;
use crate::error::ApiError;
use crate::operation::Context;

/// As long as AWS lets a worker wait.
const WAIT: Duration = Duration::from_secs(60);

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Input<'a> {
    #[serde(borrow)]
    activity_arn: Option<Text<'a>>,
    #[serde(borrow)]
    worker_name: Option<Text<'a>>,
}

/// Without a task, neither is there.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Output {
    #[serde(skip_serializing_if = "Option::is_none")]
    task_token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    input: Option<String>,
}

pub(super) async fn call(input: Input<'_>, cx: &Context<'_>) -> Result<Output, ApiError> {
    let arn = required(input.activity_arn, "activityArn")?;
    cx.activity(&arn).await?;
    let worker = input.worker_name.map(|name| cx.share(name));
    let task = cx.broker.activity_task(&arn, worker, WAIT).await.map_err(|refusal| refused(refusal, &arn))?;
    Ok(match task {
        None => Output { task_token: None, input: None },
        Some(task) => Output { task_token: Some(task.token.to_string()), input: Some(task.input.to_string()) },
    })
}
