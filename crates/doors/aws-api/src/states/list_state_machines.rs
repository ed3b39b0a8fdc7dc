//! `ListStateMachines`: by name.
//!
//! <https://docs.aws.amazon.com/step-functions/latest/apireference/API_ListStateMachines.html>

use bongsu_broker::{WorkflowCommand, WorkflowReply};
use serde::{Deserialize, Serialize};

use super::machines::type_of;
use super::pages;
use super::time::Time;
use crate::codec::{Integer, Text};
use crate::error::ApiError;
use crate::operation::Context;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Input<'a> {
    max_results: Option<Integer>,
    #[serde(borrow)]
    next_token: Option<Text<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Output {
    state_machines: Vec<Machine>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Machine {
    state_machine_arn: String,
    name: String,
    r#type: &'static str,
    creation_date: Time,
}

pub(super) async fn call(input: Input<'_>, cx: &Context<'_>) -> Result<Output, ApiError> {
    let max = pages::max(input.max_results)?;
    let after = pages::after(input.next_token)?.map(String::into_boxed_str);
    let command = WorkflowCommand::ListMachines { after, max: max + 1 };
    let Some(WorkflowReply::Machines(mut machines)) = cx.broker.workflow(command).await? else {
        return Err(ApiError::internal_failure());
    };
    let next_token = pages::cut(&mut machines, max, |machine| machine.name.to_string());
    let told = machines.iter().map(|machine| Machine {
        state_machine_arn: machine.arn.to_string(),
        name: machine.name.to_string(),
        r#type: type_of(machine),
        creation_date: Time(machine.created_at),
    });
    Ok(Output { state_machines: told.collect(), next_token })
}
