//! `DescribeChangeSet`: tells what a change set would do.

use serde::Deserialize;

use super::parameters::{no_page, required};
use super::shapes::ChangeSetDescription;
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
    #[serde(borrow)]
    next_token: Option<Text<'a>>,
    include_property_values: Option<bool>,
}

pub(super) async fn call(input: Input<'_>, cx: &Context<'_>) -> Result<ChangeSetDescription, ApiError> {
    let name = required(input.change_set_name, "changeSetName")?;
    no_page(input.next_token.as_ref())?;
    let mut described = cx.stacks()?.change_set(input.stack_name.as_deref(), &name)?;
    if input.include_property_values != Some(true) {
        for change in &mut described.changes {
            (change.resource_change.before_context, change.resource_change.after_context) = (None, None);
        }
    }
    Ok(described)
}
