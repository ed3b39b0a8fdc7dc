//! `DescribeStateMachineForExecution`: the definition by which an execution runs, whatever became of its machine.
//!
//! <https://docs.aws.amazon.com/step-functions/latest/apireference/API_DescribeStateMachineForExecution.html>

use serde::{Deserialize, Serialize};

use super::machines::{Settings, revision_id};
use super::parameters::{one_of, required};
use super::time::Time;
use crate::codec::Text;
use crate::error::{ApiError, ErrorKind};
use crate::operation::Context;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Input<'a> {
    #[serde(borrow)]
    execution_arn: Option<Text<'a>>,
    #[serde(borrow)]
    included_data: Option<Text<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Output {
    state_machine_arn: String,
    name: String,
    definition: String,
    role_arn: String,
    update_date: Time,
    #[serde(flatten)]
    settings: Settings,
    revision_id: String,
}

pub(super) async fn call(input: Input<'_>, cx: &Context<'_>) -> Result<Output, ApiError> {
    let arn = required(input.execution_arn, "executionArn")?;
    one_of(input.included_data.as_deref(), "includedData", &[("ALL_DATA", ()), ("METADATA_ONLY", ())])?;
    let missing = || ApiError::new(ErrorKind::ExecutionDoesNotExist, format!("Execution Does Not Exist: '{arn}'"));
    let machine = cx.execution(&arn).await?.machine.ok_or_else(missing)?;
    Ok(Output {
        state_machine_arn: machine.arn.to_string(),
        name: machine.name.to_string(),
        definition: machine.definition.to_string(),
        role_arn: machine.role.to_string(),
        update_date: Time(machine.revised_at),
        settings: Settings::of(&machine).told(),
        revision_id: revision_id(machine.revision),
    })
}
