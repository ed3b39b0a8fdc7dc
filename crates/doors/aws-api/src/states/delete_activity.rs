//! `DeleteActivity`: deletes an activity; tasks that wait for its workers wait until their time is over.
//!
//! <https://docs.aws.amazon.com/step-functions/latest/apireference/API_DeleteActivity.html>

use bongsu_broker::WorkflowCommand;
use serde::Deserialize;

use super::parameters::required;
use super::rejection::refused;
use super::{Nothing, arn};
use crate::codec::Text;
use crate::error::ApiError;
use crate::operation::Context;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Input<'a> {
    #[serde(borrow)]
    activity_arn: Option<Text<'a>>,
}

pub(super) async fn call(input: Input<'_>, cx: &Context<'_>) -> Result<Nothing, ApiError> {
    let arn = required(input.activity_arn, "activityArn")?;
    let command = WorkflowCommand::DeleteActivity { name: arn::activity(&arn)? };
    cx.broker.workflow(command).await.map_err(|refusal| refused(refusal, &arn))?;
    cx.forget_states_tags(&arn).await?;
    Ok(Nothing {})
}
