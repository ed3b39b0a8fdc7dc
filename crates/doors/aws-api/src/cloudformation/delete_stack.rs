//! `DeleteStack`: begins to delete a stack. One that does not exist is deleted already.

use serde::Deserialize;

use super::engine::DeleteOptions;
use super::parameters::{choice, stack, texts, unsupported};
use super::shapes::DeploymentConfig;
use crate::codec::Text;
use crate::error::ApiError;
use crate::operation::Context;

/// What `DeletionMode` can be, and whether it leaves behind what cannot be deleted.
const MODES: [(&str, bool); 2] = [("STANDARD", false), ("FORCE_DELETE_STACK", true)];

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Input<'a> {
    #[serde(borrow)]
    stack_name: Option<Text<'a>>,
    #[serde(borrow)]
    retain_resources: Option<Vec<Text<'a>>>,
    #[serde(borrow, rename = "RoleARN")]
    _role_arn: Option<Text<'a>>,
    #[serde(borrow)]
    client_request_token: Option<Text<'a>>,
    #[serde(borrow)]
    deletion_mode: Option<Text<'a>>,
    #[serde(borrow)]
    deployment_config: Option<DeploymentConfig<'a>>,
}

pub(super) async fn call(input: Input<'_>, cx: &Context<'_>) -> Result<(), ApiError> {
    let stacks = cx.stacks()?;
    let stack = stack(input.stack_name)?;
    let disables = |config: &DeploymentConfig<'_>| config.disable_rollback == Some(true);
    unsupported("DisableRollback for a deletion", input.deployment_config.as_ref().is_some_and(disables))?;
    let options = DeleteOptions {
        retained: texts(input.retain_resources.unwrap_or_default()),
        forced: choice(input.deletion_mode.as_deref(), "deletionMode", &MODES)?.unwrap_or(false),
        token: input.client_request_token.map(Text::into_string),
    };
    Ok(stacks.delete(&stack, options).await?)
}
