//! `UpdateStateMachineAlias`: changes where an alias leads, or what is said about it.
//!
//! <https://docs.aws.amazon.com/step-functions/latest/apireference/API_UpdateStateMachineAlias.html>

use bongsu_broker::{MachineAlias, WorkflowCommand, WorkflowReply};
use serde::{Deserialize, Serialize};

use super::aliases::{Route, check_description, routes};
use super::describe_state_machine_alias::alias;
use super::parameters::{invalid, required};
use super::rejection::refused;
use super::time::Time;
use crate::codec::Text;
use crate::error::ApiError;
use crate::operation::Context;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Input<'a> {
    #[serde(borrow)]
    state_machine_alias_arn: Option<Text<'a>>,
    #[serde(borrow)]
    description: Option<Text<'a>>,
    routing_configuration: Option<Vec<Route>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Output {
    update_date: Time,
}

pub(super) async fn call(input: Input<'_>, cx: &Context<'_>) -> Result<Output, ApiError> {
    let arn = required(input.state_machine_alias_arn, "stateMachineAliasArn")?;
    input.description.as_deref().map_or(Ok(()), check_description)?;
    let (machine, before) = alias(&arn, cx).await?;
    let routes = match input.routing_configuration {
        None => before.routes,
        Some(given) => match routes(&given)? {
            (of, routes) if of == machine => routes,
            _ => {
                return Err(invalid(
                    "Routing configuration must contain version ARNs of the alias's own state machine",
                ));
            }
        },
    };
    let description = input.description.map_or(before.description, |description| description.as_ref().into());
    let alias = MachineAlias { routes, description, ..before };
    let command = WorkflowCommand::PutMachineAlias { machine, alias, replace: true };
    match cx.broker.workflow(command).await.map_err(|refusal| refused(refusal, &arn))? {
        Some(WorkflowReply::Alias(alias)) => Ok(Output { update_date: Time(alias.updated_at) }),
        _ => Err(ApiError::internal_failure()),
    }
}
