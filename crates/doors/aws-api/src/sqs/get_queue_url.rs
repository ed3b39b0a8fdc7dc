//! `GetQueueUrl`: tells a queue's URL by its name.

use bongsu_broker::{QueueName, Rejection};
use bongsu_runtime::Refusal;
use serde::{Deserialize, Serialize};

use super::Context;
use crate::codec::Text;
use crate::error::ApiError;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Input<'a> {
    #[serde(borrow)]
    queue_name: Option<Text<'a>>,
    #[serde(borrow, rename = "QueueOwnerAWSAccountId")]
    queue_owner: Option<Text<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Output {
    queue_url: String,
}

pub(super) async fn call(input: Input<'_>, cx: &Context<'_>) -> Result<Output, ApiError> {
    let name = input.queue_name.ok_or_else(name_is_missing)?;
    let own = cx.account()?;
    let account = match input.queue_owner.as_deref().filter(|owner| !owner.is_empty()) {
        Some(owner) => owner.parse().map_err(|()| ApiError::queue_does_not_exist())?,
        None => own,
    };
    let queue = QueueName { account, name: (*name).into() };
    match cx.broker.describe_queue(queue.clone()).await {
        Ok(_) => Ok(Output { queue_url: cx.url(&queue) }),
        // A queue that the caller has no access to looks as if it did not exist.
        Err(Refusal::Rejected(Rejection::AccessDenied { .. })) if account != own => {
            Err(ApiError::queue_does_not_exist())
        }
        Err(refusal) => Err(refusal.into()),
    }
}

pub(super) fn name_is_missing() -> ApiError {
    ApiError::invalid_parameter("Value for parameter QueueName is invalid. Reason: Must specify a queue name.")
}
