//! `RedriveExecution`: takes an execution up again at the states where it had failed.
//!
//! <https://docs.aws.amazon.com/step-functions/latest/apireference/API_RedriveExecution.html>

use bongsu_broker::WorkflowCommand;
use serde::{Deserialize, Serialize};

use super::parameters::required;
use super::time::Time;
use crate::codec::Text;
use crate::error::ApiError;
use crate::operation::Context;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Input<'a> {
    #[serde(borrow)]
    execution_arn: Option<Text<'a>>,
    /// A repeated redrive finds the execution running, and is refused.
    #[serde(borrow)]
    client_token: Option<Text<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Output {
    redrive_date: Time,
}

pub(super) async fn call(input: Input<'_>, cx: &Context<'_>) -> Result<Output, ApiError> {
    let arn = required(input.execution_arn, "executionArn")?;
    drop(input.client_token);
    let id = cx.execution(&arn).await?.summary.id;
    let redrive_date = Time(cx.told_time(WorkflowCommand::RedriveExecution { id }, &arn).await?);
    Ok(Output { redrive_date })
}
