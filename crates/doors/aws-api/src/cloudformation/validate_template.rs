//! `ValidateTemplate`: says whether a text is a template, and which parameters it takes.

use serde::{Deserialize, Serialize};

use super::parameters::template;
use super::rejection::invalid;
use super::shapes::ParameterDeclaration;
use crate::codec::Text;
use crate::error::ApiError;
use crate::operation::Context;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Input<'a> {
    #[serde(borrow)]
    template_body: Option<Text<'a>>,
    #[serde(borrow, rename = "TemplateURL")]
    template_url: Option<Text<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Output {
    parameters: Vec<Parameter>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    declared_transforms: Vec<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Parameter {
    parameter_key: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    default_value: Option<String>,
    no_echo: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
}

pub(super) async fn call(input: Input<'_>, cx: &Context<'_>) -> Result<Output, ApiError> {
    let stacks = cx.stacks()?;
    let text = template(input.template_body, input.template_url, cx).await?;
    let text = text.ok_or_else(|| invalid("Either Template URL or Template Body must be specified."))?;
    let summary = stacks.summarize(&text)?;
    let parameter = |declared: ParameterDeclaration| Parameter {
        parameter_key: declared.key,
        default_value: declared.default,
        no_echo: declared.no_echo,
        description: declared.description,
    };
    Ok(Output {
        parameters: summary.parameters.into_iter().map(parameter).collect(),
        description: summary.description,
        declared_transforms: summary.declared_transforms,
    })
}
