//! `UntagResource`: removes tags of a machine or an activity; those that are not there do not matter.
//!
//! <https://docs.aws.amazon.com/step-functions/latest/apireference/API_UntagResource.html>

use serde::Deserialize;

use super::Nothing;
use super::parameters::required;
use crate::codec::Text;
use crate::error::ApiError;
use crate::operation::Context;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Input<'a> {
    #[serde(borrow)]
    resource_arn: Option<Text<'a>>,
    tag_keys: Option<Vec<String>>,
}

pub(super) async fn call(input: Input<'_>, cx: &Context<'_>) -> Result<Nothing, ApiError> {
    let arn = required(input.resource_arn, "resourceArn")?;
    cx.check_tagged(&arn).await?;
    cx.untag_states(&arn, &input.tag_keys.unwrap_or_default()).await?;
    Ok(Nothing {})
}
