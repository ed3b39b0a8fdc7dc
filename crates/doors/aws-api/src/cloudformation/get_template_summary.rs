//! `GetTemplateSummary`: tells what a template asks for, or the template of a stack.

use serde::{Deserialize, Serialize};

use super::parameters::{template, unsupported};
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
    #[serde(borrow)]
    stack_name: Option<Text<'a>>,
    #[serde(borrow)]
    stack_set_name: Option<Text<'a>>,
    #[serde(borrow)]
    call_as: Option<Text<'a>>,
    template_summary_config: Option<Config>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Config {
    treat_unrecognized_resource_types_as_warnings: Option<bool>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Output {
    parameters: Vec<Parameter>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    resource_types: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    metadata: Option<String>,
    declared_transforms: Vec<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Parameter {
    parameter_key: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    default_value: Option<String>,
    parameter_type: String,
    no_echo: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    parameter_constraints: Constraints,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Constraints {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    allowed_values: Vec<String>,
}

pub(super) async fn call(input: Input<'_>, cx: &Context<'_>) -> Result<Output, ApiError> {
    let stacks = cx.stacks()?;
    unsupported("StackSetName", input.stack_set_name.is_some())?;
    unsupported("CallAs", input.call_as.is_some())?;
    let warns = input.template_summary_config.and_then(|config| config.treat_unrecognized_resource_types_as_warnings);
    unsupported("TreatUnrecognizedResourceTypesAsWarnings", warns == Some(true))?;
    let text = match (template(input.template_body, input.template_url, cx).await?, input.stack_name) {
        (Some(text), None) => text,
        (None, Some(stack)) => stacks.template(Some(&stack), None)?,
        _ => return Err(invalid("One of TemplateBody, TemplateURL and StackName must be specified.")),
    };
    let summary = stacks.summarize(&text)?;
    let parameter = |declared: ParameterDeclaration| Parameter {
        parameter_key: declared.key,
        default_value: declared.default,
        parameter_type: declared.kind,
        no_echo: declared.no_echo,
        description: declared.description,
        parameter_constraints: Constraints { allowed_values: declared.allowed_values },
    };
    Ok(Output {
        parameters: summary.parameters.into_iter().map(parameter).collect(),
        description: summary.description,
        resource_types: summary.resource_types,
        version: summary.version,
        metadata: summary.metadata,
        declared_transforms: summary.declared_transforms,
    })
}
