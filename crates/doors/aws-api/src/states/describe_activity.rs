//! `DescribeActivity`: when an activity was made.
//!
//! <https://docs.aws.amazon.com/step-functions/latest/apireference/API_DescribeActivity.html>

use serde::{Deserialize, Serialize};

use super::parameters::required;
use super::time::Time;
use crate::codec::Text;
use crate::error::ApiError;
use crate::operation::Context;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Input<'a> {
    #[serde(borrow)]
    activity_arn: Option<Text<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Output {
    activity_arn: String,
    name: String,
    creation_date: Time,
}

pub(super) async fn call(input: Input<'_>, cx: &Context<'_>) -> Result<Output, ApiError> {
    let arn = required(input.activity_arn, "activityArn")?;
    let activity = cx.activity(&arn).await?;
    Ok(Output {
        activity_arn: cx.activity_arn(&activity.name),
        name: activity.name.to_string(),
        creation_date: Time(activity.created_at),
    })
}
