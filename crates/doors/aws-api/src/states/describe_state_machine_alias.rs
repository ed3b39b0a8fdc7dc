//! `DescribeStateMachineAlias`: where an alias leads.
//!
//! <https://docs.aws.amazon.com/step-functions/latest/apireference/API_DescribeStateMachineAlias.html>

use bongsu_broker::{MachineAlias, MachineRef, WorkflowRejection};
use serde::{Deserialize, Serialize};

use super::aliases::{RouteTold, told};
use super::arn;
use super::parameters::required;
use super::rejection::rejected;
use super::time::Time;
use crate::codec::Text;
use crate::error::{ApiError, ErrorKind};
use crate::operation::Context;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Input<'a> {
    #[serde(borrow)]
    state_machine_alias_arn: Option<Text<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Output {
    state_machine_alias_arn: String,
    name: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    description: String,
    routing_configuration: Vec<RouteTold>,
    creation_date: Time,
    update_date: Time,
}

pub(super) async fn call(input: Input<'_>, cx: &Context<'_>) -> Result<Output, ApiError> {
    let arn = required(input.state_machine_alias_arn, "stateMachineAliasArn")?;
    let (machine, alias) = alias(&arn, cx).await?;
    Ok(Output {
        state_machine_alias_arn: arn.into_string(),
        name: alias.name.to_string(),
        description: alias.description.to_string(),
        routing_configuration: told(&cx.machine_arn(&machine), &alias),
        creation_date: Time(alias.created_at),
        update_date: Time(alias.updated_at),
    })
}

/// An alias and its machine.
pub(super) async fn alias(arn: &str, cx: &Context<'_>) -> Result<(Box<str>, MachineAlias), ApiError> {
    let (name, qualifier) = arn::qualified(arn)?;
    let missing = || rejected(WorkflowRejection::AliasDoesNotExist { alias: qualifier.clone() }, arn);
    let machine = MachineRef { name: name.clone(), qualifier: Some(qualifier.clone()) };
    let described = cx.described_machine(machine, arn).await;
    let described = described.map_err(|error| match error.kind() {
        ErrorKind::StateMachineDoesNotExist => missing(),
        _ => error,
    })?;
    Ok((name, described.alias.ok_or_else(missing)?))
}
