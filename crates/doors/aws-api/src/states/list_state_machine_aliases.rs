//! `ListStateMachineAliases`: of a machine, or of one of its versions.
//!
//! <https://docs.aws.amazon.com/step-functions/latest/apireference/API_ListStateMachineAliases.html>

use bongsu_broker::{MACHINE_ALIASES_MAX, MachineAlias, WorkflowCommand, WorkflowReply};
use serde::{Deserialize, Serialize};

use super::parameters::required;
use super::rejection::refused;
use super::time::Time;
use super::{arn, pages};
use crate::codec::{Integer, Text};
use crate::error::ApiError;
use crate::operation::Context;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Input<'a> {
    #[serde(borrow)]
    state_machine_arn: Option<Text<'a>>,
    max_results: Option<Integer>,
    #[serde(borrow)]
    next_token: Option<Text<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Output {
    state_machine_aliases: Vec<Alias>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Alias {
    state_machine_alias_arn: String,
    creation_date: Time,
}

pub(super) async fn call(input: Input<'_>, cx: &Context<'_>) -> Result<Output, ApiError> {
    let arn = required(input.state_machine_arn, "stateMachineArn")?;
    let machine = arn::machine(&arn)?;
    let version: Option<u32> = machine
        .qualifier
        .as_ref()
        .map(|version| version.parse())
        .transpose()
        .map_err(|_| arn::invalid_arn("Resource type not valid in this context: alias"))?;
    let max = pages::max(input.max_results)?;
    let after = pages::after(input.next_token)?.map(String::into_boxed_str);
    let machine_arn = cx.machine_arn(&machine.name);
    let command = WorkflowCommand::ListMachineAliases { machine: machine.name, after, max: MACHINE_ALIASES_MAX };
    let reply = cx.broker.workflow(command).await.map_err(|refusal| refused(refusal, &arn))?;
    let Some(WorkflowReply::Aliases(mut aliases)) = reply else { return Err(ApiError::internal_failure()) };
    let leads_there =
        |alias: &MachineAlias| version.is_none_or(|version| alias.routes.iter().any(|(routed, _)| *routed == version));
    aliases.retain(leads_there);
    let next_token = pages::cut(&mut aliases, max, |alias| alias.name.to_string());
    let told = aliases.iter().map(|alias| Alias {
        state_machine_alias_arn: format!("{machine_arn}:{}", alias.name),
        creation_date: Time(alias.created_at),
    });
    Ok(Output { state_machine_aliases: told.collect(), next_token })
}
