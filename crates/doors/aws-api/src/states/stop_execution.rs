//! `StopExecution`: ends a standard execution; what ended before stays as it is.
//!
//! <https://docs.aws.amazon.com/step-functions/latest/apireference/API_StopExecution.html>

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
    #[serde(borrow)]
    error: Option<Text<'a>>,
    #[serde(borrow)]
    cause: Option<Text<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Output {
    stop_date: Time,
}

pub(super) async fn call(input: Input<'_>, cx: &Context<'_>) -> Result<Output, ApiError> {
    let arn = required(input.execution_arn, "executionArn")?;
    let id = cx.execution(&arn).await?.summary.id;
    let (error, cause) = (input.error.map(|text| cx.share(text)), input.cause.map(|text| cx.share(text)));
    let stop_date = Time(cx.told_time(WorkflowCommand::StopExecution { id, error, cause }, &arn).await?);
    Ok(Output { stop_date })
}
