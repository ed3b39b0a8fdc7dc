//! `DeleteStateMachine`: deletes a state machine with its versions and aliases; executions go on.
//!
//! <https://docs.aws.amazon.com/step-functions/latest/apireference/API_DeleteStateMachine.html>

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
    state_machine_arn: Option<Text<'a>>,
}

pub(super) async fn call(input: Input<'_>, cx: &Context<'_>) -> Result<Nothing, ApiError> {
    let arn = required(input.state_machine_arn, "stateMachineArn")?;
    let command = WorkflowCommand::DeleteMachine { name: arn::unqualified(&arn)? };
    cx.broker.workflow(command).await.map_err(|refusal| refused(refusal, &arn))?;
    cx.forget_states_tags(&arn).await?;
    Ok(Nothing {})
}
