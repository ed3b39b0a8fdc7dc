//! `CreateStateMachineAlias`: makes a name for one version, or for two in proportion.
//!
//! <https://docs.aws.amazon.com/step-functions/latest/apireference/API_CreateStateMachineAlias.html>

use bongsu_broker::{MachineAlias, Timestamp, WorkflowCommand, WorkflowReply};
use serde::{Deserialize, Serialize};

use super::aliases::{Route, check_description, routes};
use super::parameters::{check_name, invalid, required};
use super::rejection::refused;
use super::time::Time;
use crate::codec::Text;
use crate::error::ApiError;
use crate::operation::Context;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Input<'a> {
    #[serde(borrow)]
    description: Option<Text<'a>>,
    #[serde(borrow)]
    name: Option<Text<'a>>,
    routing_configuration: Option<Vec<Route>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Output {
    state_machine_alias_arn: String,
    creation_date: Time,
}

pub(super) async fn call(input: Input<'_>, cx: &Context<'_>) -> Result<Output, ApiError> {
    let name = required(input.name, "name")?;
    check_name(&name)?;
    if name.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(invalid("An alias is not named by a number"));
    }
    let description = input.description.unwrap_or_default();
    check_description(&description)?;
    let (machine, routes) = routes(&input.routing_configuration.unwrap_or_default())?;
    let machine_arn = cx.machine_arn(&machine);
    let (created_at, updated_at) = (Timestamp(0), Timestamp(0));
    let (name, description) = (name.as_ref().into(), description.as_ref().into());
    let alias = MachineAlias { name, description, routes, created_at, updated_at };
    let command = WorkflowCommand::PutMachineAlias { machine, alias, replace: false };
    match cx.broker.workflow(command).await.map_err(|refusal| refused(refusal, &machine_arn))? {
        Some(WorkflowReply::Alias(alias)) => Ok(Output {
            state_machine_alias_arn: format!("{machine_arn}:{}", alias.name),
            creation_date: Time(alias.created_at),
        }),
        _ => Err(ApiError::internal_failure()),
    }
}
