//! `SendTaskHeartbeat`: says by its token that a task is still worked on.
//!
//! <https://docs.aws.amazon.com/step-functions/latest/apireference/API_SendTaskHeartbeat.html>

use bongsu_broker::{TaskAnswer, WorkflowCommand};
use serde::Deserialize;

use super::Nothing;
use super::activities::token;
use super::parameters::required;
use super::rejection::refused_task;
use crate::codec::Text;
use crate::error::ApiError;
use crate::operation::Context;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Input<'a> {
    #[serde(borrow)]
    task_token: Option<Text<'a>>,
}

pub(super) async fn call(input: Input<'_>, cx: &Context<'_>) -> Result<Nothing, ApiError> {
    let token = token(&required(input.task_token, "taskToken")?)?;
    let answer = TaskAnswer::Heartbeat;
    let command = WorkflowCommand::AnswerTask { token, answer };
    cx.broker.workflow(command).await.map_err(refused_task)?;
    Ok(Nothing {})
}
