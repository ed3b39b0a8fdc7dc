//! `GetTemplate`: tells the template of a stack, or of a change set, as it was given.

use serde::{Deserialize, Serialize};

use super::parameters::choice;
use super::rejection::invalid;
use crate::codec::Text;
use crate::error::ApiError;
use crate::operation::Context;

/// What `TemplateStage` can be, and whether macros have been carried out.
const STAGES: [(&str, bool); 2] = [("Original", false), ("Processed", true)];

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Input<'a> {
    #[serde(borrow)]
    stack_name: Option<Text<'a>>,
    #[serde(borrow)]
    change_set_name: Option<Text<'a>>,
    #[serde(borrow)]
    template_stage: Option<Text<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Output {
    template_body: String,
    stages_available: Vec<&'static str>,
}

pub(super) async fn call(input: Input<'_>, cx: &Context<'_>) -> Result<Output, ApiError> {
    let stacks = cx.stacks()?;
    if input.stack_name.is_none() && input.change_set_name.is_none() {
        return Err(invalid("StackName is required if ChangeSetName is not specified."));
    }
    if choice(input.template_stage.as_deref(), "templateStage", &STAGES)? == Some(true) {
        return Err(invalid("Only the stage Original is kept: a template is told as it was given"));
    }
    let template_body = stacks.template(input.stack_name.as_deref(), input.change_set_name.as_deref())?;
    Ok(Output { template_body, stages_available: vec!["Original"] })
}
