//! `DeleteStateMachineVersion`: deletes a version that no alias names; executions go on.
//!
//! <https://docs.aws.amazon.com/step-functions/latest/apireference/API_DeleteStateMachineVersion.html>

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
    state_machine_version_arn: Option<Text<'a>>,
}

pub(super) async fn call(input: Input<'_>, cx: &Context<'_>) -> Result<Nothing, ApiError> {
    let arn = required(input.state_machine_version_arn, "stateMachineVersionArn")?;
    let (name, version) = arn::qualified(&arn)?;
    let number = version.parse().map_err(|_| arn::invalid_arn("Resource type not valid in this context: alias"))?;
    let command = WorkflowCommand::DeleteMachineVersion { name, number };
    cx.broker.workflow(command).await.map_err(|refusal| refused(refusal, &arn))?;
    Ok(Nothing {})
}
