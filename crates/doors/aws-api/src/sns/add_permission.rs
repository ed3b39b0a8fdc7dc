//! `AddPermission`: lets other accounts do some things with a topic, by a statement added to its policy.

use bongsu_broker::{Account, PermissionAdded};
use serde::Deserialize;

use super::parameters::{invalid, required};
use crate::codec::Text;
use crate::error::ApiError;
use crate::operation::Context;

/// What a topic's owner can let others do.
const GRANTABLE: [&str; 9] = [
    "Publish",
    "Subscribe",
    "Receive",
    "GetTopicAttributes",
    "SetTopicAttributes",
    "AddPermission",
    "RemovePermission",
    "DeleteTopic",
    "ListSubscriptionsByTopic",
];

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Input<'a> {
    #[serde(borrow)]
    topic_arn: Option<Text<'a>>,
    #[serde(borrow)]
    label: Option<Text<'a>>,
    #[serde(borrow, rename = "AWSAccountId")]
    account_ids: Option<Vec<Text<'a>>>,
    #[serde(borrow, rename = "ActionName")]
    actions: Option<Vec<Text<'a>>>,
}

pub(super) async fn call(input: Input<'_>, cx: &Context<'_>) -> Result<(), ApiError> {
    let topic = cx.topic(input.topic_arn.as_deref(), "TopicArn")?;
    let label = required(input.label.filter(|label| !label.is_empty()), "label")?;
    let account_ids = required(input.account_ids.filter(|ids| !ids.is_empty()), "aWSAccountId")?;
    let actions = required(input.actions.filter(|actions| !actions.is_empty()), "actionName")?;
    if account_ids.iter().any(|id| id.parse::<Account>().is_err()) {
        return Err(invalid("AWSAccountId"));
    }
    if actions.iter().any(|action| !GRANTABLE.contains(&&**action)) {
        return Err(invalid("Policy statement action out of service scope!"));
    }
    let added = PermissionAdded {
        label: (*label).into(),
        accounts: account_ids.iter().map(|id| Box::from(&**id)).collect(),
        actions: actions.iter().map(|action| format!("SNS:{}", &**action).into()).collect(),
        resource: topic.arn(&cx.config.region).into(),
    };
    Ok(cx.broker.add_topic_permission(topic, added).await?)
}
