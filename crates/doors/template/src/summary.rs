//! What can be said of a template before it is deployed, and before its parameters have values.

use crate::error::{Faults, TemplateErrors};
use crate::json::comparable;
use crate::node::{Entry, Node};
use crate::template::RESOURCES_MAX;
use crate::yaml;

/// A template at first sight: nothing in it is resolved.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// `AWSTemplateFormatVersion`.
    pub version: Option<String>,
    /// Its `Description`.
    pub description: Option<String>,
    /// The parameters that it declares, in its order.
    pub parameters: Vec<ParameterSummary>,
    /// The types of its resources, each once, in its order.
    pub resource_types: Vec<String>,
    /// The macros that it names.
    pub transforms: Vec<String>,
    /// The section `Metadata`, as JSON.
    pub metadata: Option<String>,
}

/// A parameter as it is declared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ParameterSummary {
    /// Its key.
    pub name: String,
    /// Its `Type`.
    pub kind: String,
    /// Its `Default`.
    pub default: Option<String>,
    /// Whether its value is not to be shown.
    pub no_echo: bool,
    /// Its `Description`.
    pub description: Option<String>,
    /// Its `AllowedValues`.
    pub allowed_values: Vec<String>,
}

/// Looks at a template.
///
/// # Errors
/// What keeps the text from being a template: it is neither YAML nor JSON, or has no resources.
pub fn summarize(text: &str, file_name: &str) -> Result<Summary, TemplateErrors> {
    let mut faults = Faults::default();
    let summary = match yaml::read(text) {
        Ok(root) => read(&root, &mut faults),
        Err(fault) => {
            faults.push(fault);
            Summary::default()
        }
    };
    faults.into_result(file_name)?;
    Ok(summary)
}

fn read(root: &Node, faults: &mut Faults) -> Summary {
    let resources = entries(root, "Resources");
    if resources.is_empty() || resources.len() > RESOURCES_MAX {
        faults.at(root.line, format!("Resources must have 1 to {RESOURCES_MAX} entries"));
    }
    let mut resource_types: Vec<String> = Vec::new();
    for resource in resources {
        match text(&resource.node, "Type") {
            Some(kind) if !resource_types.contains(&kind) => resource_types.push(kind),
            Some(_) => {}
            None => faults.at(resource.line, format!("resource {} has no Type", resource.key)),
        }
    }
    Summary {
        version: text(root, "AWSTemplateFormatVersion"),
        description: text(root, "Description"),
        parameters: entries(root, "Parameters").iter().map(parameter).collect(),
        resource_types,
        transforms: root.get("Transform").map(texts).unwrap_or_default(),
        metadata: root.get("Metadata").map(|metadata| comparable(metadata).to_string()),
    }
}

fn parameter(entry: &Entry) -> ParameterSummary {
    let Entry { key, node, .. } = entry;
    ParameterSummary {
        name: key.clone(),
        kind: text(node, "Type").unwrap_or_default(),
        default: text(node, "Default"),
        no_echo: text(node, "NoEcho").is_some_and(|text| text.eq_ignore_ascii_case("true")),
        description: text(node, "Description"),
        allowed_values: node.get("AllowedValues").map(texts).unwrap_or_default(),
    }
}

fn entries<'n>(node: &'n Node, name: &str) -> &'n [Entry] {
    node.get(name).and_then(Node::as_map).unwrap_or_default()
}

fn text(node: &Node, name: &str) -> Option<String> {
    node.get(name)?.as_text().map(|text| text.text.clone())
}

/// The texts of a list, or the one text that stands for it.
fn texts(node: &Node) -> Vec<String> {
    let nodes = node.as_list().unwrap_or(std::slice::from_ref(node));
    nodes.iter().filter_map(Node::as_text).map(|text| text.text.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_is_seen_without_values_of_its_parameters() {
        let template = "
AWSTemplateFormatVersion: '2010-09-09'
Transform: AWS::Serverless-2016-10-31
Description: Beacons
Parameters:
  Name: { Type: String, AllowedValues: [a, b], Description: Which }
  Secret: { Type: String, NoEcho: true, Default: hush }
Resources:
  Second: { Type: 'AWS::SQS::Queue', Properties: { QueueName: !Ref Name } }
  First: { Type: 'AWS::SNS::Topic' }
  Third: { Type: 'AWS::SQS::Queue' }
";
        let summary = summarize(template, "T").unwrap();
        assert_eq!(summary.version.as_deref(), Some("2010-09-09"));
        assert_eq!(summary.transforms, ["AWS::Serverless-2016-10-31"]);
        assert_eq!(summary.resource_types, ["AWS::SQS::Queue", "AWS::SNS::Topic"]);
        let [name, secret] = &summary.parameters[..] else { panic!("two parameters") };
        assert_eq!(
            (name.allowed_values.join(" "), name.default.as_deref(), name.no_echo),
            ("a b".to_owned(), None, false)
        );
        assert_eq!((secret.default.as_deref(), secret.no_echo), (Some("hush"), true));
    }

    #[test]
    fn what_is_no_template_is_refused() {
        for (text, expected) in [
            ("Resources: [", "T:"),
            ("Description: nothing", "T:1: Resources must have 1 to 500 entries"),
            ("Resources:\n  A: {}", "T:2: resource A has no Type"),
        ] {
            let refused = summarize(text, "T").unwrap_err().to_string();
            assert!(refused.starts_with(expected), "{refused}");
        }
    }
}
