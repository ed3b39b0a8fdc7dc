//! What can be said of a template before it is deployed, in the door's words.

use bongsu_aws_api::cloudformation::StackRefusal;
use bongsu_aws_api::cloudformation::shapes::{ParameterDeclaration, TemplateSummary};
use bongsu_template::{ParameterSummary, Summary, summarize};

pub(super) fn of(template: &str) -> Result<TemplateSummary, StackRefusal> {
    let summary = summarize(template, "template");
    let Summary { version, description, parameters, resource_types, transforms, metadata } =
        summary.map_err(|faults| StackRefusal::Invalid(format!("Template format error: {faults}")))?;
    let declared = |parameter: ParameterSummary| ParameterDeclaration {
        key: parameter.name,
        default: parameter.default,
        kind: parameter.kind,
        no_echo: parameter.no_echo,
        description: parameter.description,
        allowed_values: parameter.allowed_values,
    };
    Ok(TemplateSummary {
        parameters: parameters.into_iter().map(declared).collect(),
        description,
        resource_types,
        version,
        metadata,
        declared_transforms: transforms,
    })
}
