//! `DeleteChangeSet`: forgets a change set. One that does not exist is forgotten already.

use serde::{Deserialize, Serialize};

use super::parameters::required;
use super::rejection::in_brackets;
use crate::codec::Text;
use crate::error::ApiError;
use crate::operation::Context;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Input<'a> {
    #[serde(borrow)]
    change_set_name: Option<Text<'a>>,
    #[serde(borrow)]
    stack_name: Option<Text<'a>>,
}

#[derive(Debug, Serialize)]
pub(super) struct Output {}

pub(super) async fn call(input: Input<'_>, cx: &Context<'_>) -> Result<Output, ApiError> {
    let name = required(input.change_set_name, "changeSetName")?;
    let deleting = cx.stacks()?.delete_change_set(input.stack_name.as_deref(), &name);
    deleting.await.map_err(in_brackets)?;
    Ok(Output {})
}
