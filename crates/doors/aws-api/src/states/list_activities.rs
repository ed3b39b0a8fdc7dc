//! `ListActivities`: by name.
//!
//! <https://docs.aws.amazon.com/step-functions/latest/apireference/API_ListActivities.html>

use bongsu_broker::{WorkflowCommand, WorkflowReply};
use serde::{Deserialize, Serialize};

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
    activities: Vec<Activity>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Activity {
    activity_arn: String,
    name: String,
    creation_date: Time,
}

pub(super) async fn call(input: Input<'_>, cx: &Context<'_>) -> Result<Output, ApiError> {
    let max = pages::max(input.max_results)?;
    let after = pages::after(input.next_token)?.map(String::into_boxed_str);
    let reply = cx.broker.workflow(WorkflowCommand::ListActivities { after, max: max + 1 }).await?;
    let Some(WorkflowReply::Activities(mut activities)) = reply else { return Err(ApiError::internal_failure()) };
    let next_token = pages::cut(&mut activities, max, |activity| activity.name.to_string());
    let told = activities.iter().map(|activity| Activity {
        activity_arn: cx.activity_arn(&activity.name),
        name: activity.name.to_string(),
        creation_date: Time(activity.created_at),
    });
    Ok(Output { activities: told.collect(), next_token })
}
