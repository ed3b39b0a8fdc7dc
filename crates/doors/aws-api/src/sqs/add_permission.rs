//! `AddPermission`: lets other accounts do some things with a queue, by a statement added to its policy.

use bongsu_broker::{Account, PermissionAdded};
use serde::Deserialize;

use super::Context;
use super::parameters::is_entry_id;
use crate::codec::Text;
use crate::error::{ApiError, ErrorKind};

/// Actions in one statement.
const ACTIONS_MAX: usize = 7;

/// What a queue's owner can let others do; batches go with the single operation.
const GRANTABLE: [&str; 9] = [
    "*",
    "SendMessage",
    "ReceiveMessage",
    "DeleteMessage",
    "ChangeMessageVisibility",
    "GetQueueAttributes",
    "GetQueueUrl",
    "ListDeadLetterSourceQueues",
    "PurgeQueue",
];

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Input<'a> {
    #[serde(borrow)]
    queue_url: Option<Text<'a>>,
    #[serde(borrow)]
    label: Option<Text<'a>>,
    #[serde(borrow, rename = "AWSAccountIds")]
    account_ids: Option<Vec<Text<'a>>>,
    #[serde(borrow)]
    actions: Option<Vec<Text<'a>>>,
}

pub(super) async fn call(input: Input<'_>, cx: &Context<'_>) -> Result<(), ApiError> {
    let queue = cx.queue(input.queue_url.as_deref())?;
    let label = read_label(input.label)?;
    let account_ids = input.account_ids.unwrap_or_default();
    if account_ids.is_empty() || account_ids.iter().any(|id| id.parse::<Account>().is_err()) {
        let given = account_ids.iter().map(|id| &**id).collect::<Vec<&str>>().join(", ");
        return Err(ApiError::invalid_value(format!("[{given}]"), "PrincipalId", "Unable to verify."));
    }
    let actions = input.actions.filter(|actions| !actions.is_empty());
    let actions = actions.ok_or_else(|| ApiError::missing_parameter("Actions"))?;
    if actions.len() > ACTIONS_MAX {
        let text = format!("{} Actions were found, maximum allowed is {ACTIONS_MAX}.", actions.len());
        return Err(ApiError::new(ErrorKind::OverLimit, text));
    }
    actions.iter().try_for_each(|action| check_action(action))?;
    let added = PermissionAdded {
        label: label.into_string().into(),
        accounts: account_ids.iter().map(|id| Box::from(&**id)).collect(),
        actions: actions.iter().map(|action| format!("SQS:{}", &**action).into()).collect(),
        resource: cx.arn(&queue).into(),
    };
    cx.broker.add_permission(queue, added).await?;
    Ok(())
}

/// Labels keep to the same rule as the ids of a batch's entries.
pub(super) fn read_label(label: Option<Text<'_>>) -> Result<Text<'_>, ApiError> {
    let label = label.filter(|label| !label.is_empty()).ok_or_else(|| ApiError::missing_parameter("Label"))?;
    if is_entry_id(&label) {
        return Ok(label);
    }
    let reason = "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length.";
    Err(ApiError::invalid_value(&label, "Label", reason))
}

fn check_action(action: &str) -> Result<(), ApiError> {
    if GRANTABLE.contains(&action) {
        return Ok(());
    }
    let reason = if super::NAMES.contains(&action) && !action.ends_with("Batch") {
        "Only the queue owner is allowed to invoke this action."
    } else {
        "Please refer to the appropriate WSDL for a list of valid actions. "
    };
    Err(ApiError::invalid_value(format!("SQS:{action}"), "ActionName", reason))
}
