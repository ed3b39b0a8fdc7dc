//! `PublishStateMachineVersion`: makes a version of the newest revision; one that has a version keeps that.
//!
//! <https://docs.aws.amazon.com/step-functions/latest/apireference/API_PublishStateMachineVersion.html>

use bongsu_broker::{WorkflowCommand, WorkflowReply};
use serde::{Deserialize, Serialize};

use super::arn;
use super::machines::revision_id;
use super::parameters::required;
use super::rejection::refused;
use super::time::Time;
use crate::codec::Text;
use crate::error::{ApiError, ErrorKind};
use crate::operation::Context;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Input<'a> {
    #[serde(borrow)]
    state_machine_arn: Option<Text<'a>>,
    #[serde(borrow)]
    revision_id: Option<Text<'a>>,
    #[serde(borrow)]
    description: Option<Text<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Output {
    creation_date: Time,
    state_machine_version_arn: String,
}

pub(super) async fn call(input: Input<'_>, cx: &Context<'_>) -> Result<Output, ApiError> {
    let arn = required(input.state_machine_arn, "stateMachineArn")?;
    let name = arn::unqualified(&arn)?;
    let machine = bongsu_broker::MachineRef { name: name.clone(), qualifier: None };
    let revision = cx.described_machine(machine, &arn).await?.machine.revision;
    if input.revision_id.is_some_and(|wanted| *wanted != *revision_id(revision)) {
        let text = format!(
            "Failed to publish the State Machine version for revision. The current State Machine revision is {}.",
            revision_id(revision)
        );
        return Err(ApiError::new(ErrorKind::ConflictException, text));
    }
    let description = input.description.unwrap_or_default().as_ref().into();
    let command = WorkflowCommand::PublishMachineVersion { name, revision: Some(revision), description };
    match cx.broker.workflow(command).await.map_err(|refusal| refused(refusal, &arn))? {
        Some(WorkflowReply::Version(version)) => Ok(Output {
            creation_date: Time(version.published_at),
            state_machine_version_arn: format!("{arn}:{}", version.number),
        }),
        _ => Err(ApiError::internal_failure()),
    }
}
