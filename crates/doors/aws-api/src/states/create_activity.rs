//! `CreateActivity`: makes an activity; one that is there is found.
//!
//! <https://docs.aws.amazon.com/step-functions/latest/apireference/API_CreateActivity.html>

use bongsu_broker::{WorkflowCommand, WorkflowReply};
use serde::{Deserialize, Serialize};

use super::machines::Settings;
use super::parameters::{check_name, required};
use super::rejection::refused;
use super::tags::{self, Tag};
use super::time::Time;
use crate::codec::Text;
use crate::error::ApiError;
use crate::operation::Context;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Input<'a> {
    #[serde(borrow)]
    name: Option<Text<'a>>,
    tags: Option<Vec<Tag>>,
    encryption_configuration: Option<serde_json::Value>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Output {
    activity_arn: String,
    creation_date: Time,
}

pub(super) async fn call(input: Input<'_>, cx: &Context<'_>) -> Result<Output, ApiError> {
    let name = required(input.name, "name")?;
    check_name(&name)?;
    Settings { encryption_configuration: input.encryption_configuration, ..Settings::default() }.check()?;
    let tags = tags::check(input.tags.unwrap_or_default())?;
    let arn = cx.activity_arn(&name);
    cx.check_rate_limits(&arn, &tags).await?;
    let command = WorkflowCommand::CreateActivity { name: name.as_ref().into() };
    let reply = cx.broker.workflow(command).await.map_err(|refusal| refused(refusal, &arn))?;
    let Some(WorkflowReply::Activity(activity)) = reply else { return Err(ApiError::internal_failure()) };
    if !tags.is_empty() {
        cx.tag_states(&arn, tags).await?;
    }
    Ok(Output { activity_arn: arn, creation_date: Time(activity.created_at) })
}
