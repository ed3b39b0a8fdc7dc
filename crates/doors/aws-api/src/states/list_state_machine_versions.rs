//! `ListStateMachineVersions`: the newest first.
//!
//! <https://docs.aws.amazon.com/step-functions/latest/apireference/API_ListStateMachineVersions.html>

use bongsu_broker::{WorkflowCommand, WorkflowReply};
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
    state_machine_versions: Vec<Version>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Version {
    state_machine_version_arn: String,
    creation_date: Time,
}

pub(super) async fn call(input: Input<'_>, cx: &Context<'_>) -> Result<Output, ApiError> {
    let arn = required(input.state_machine_arn, "stateMachineArn")?;
    let name = arn::unqualified(&arn)?;
    let max = pages::max(input.max_results)?;
    let before = pages::after(input.next_token)?.map(|token| token.parse().map_err(|_| pages::invalid_token()));
    let command = WorkflowCommand::ListMachineVersions { name, before: before.transpose()?, max: max + 1 };
    let reply = cx.broker.workflow(command).await.map_err(|refusal| refused(refusal, &arn))?;
    let Some(WorkflowReply::Versions(mut versions)) = reply else { return Err(ApiError::internal_failure()) };
    let next_token = pages::cut(&mut versions, max, |version| version.number.to_string());
    let told = versions.iter().map(|version| Version {
        state_machine_version_arn: format!("{arn}:{}", version.number),
        creation_date: Time(version.published_at),
    });
    Ok(Output { state_machine_versions: told.collect(), next_token })
}
