//! The shapes that several operations answer or take, as the service model has them.

use serde::{Deserialize, Serialize};

use crate::codec::{Integer, Text};

/// A stack, as `DescribeStacks` tells of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
#[allow(missing_docs, reason = "the members are AWS's and mean what AWS says")]
pub struct Stack {
    pub stack_id: String,
    pub stack_name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub change_set_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    pub parameters: Vec<Parameter>,
    pub creation_time: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deletion_time: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_updated_time: Option<String>,
    pub stack_status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stack_status_reason: Option<String>,
    pub disable_rollback: bool,
    #[serde(rename = "NotificationARNs")]
    pub notification_arns: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout_in_minutes: Option<u32>,
    pub capabilities: Vec<String>,
    pub outputs: Vec<Output>,
    #[serde(rename = "RoleARN", skip_serializing_if = "Option::is_none")]
    pub role_arn: Option<String>,
    pub tags: Vec<Tag>,
    pub enable_termination_protection: bool,
    pub drift_information: StackDrift,
}

/// Nothing looks for drift.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
#[allow(missing_docs, reason = "the members are AWS's and mean what AWS says")]
pub struct StackDrift {
    pub stack_drift_status: &'static str,
}

impl Default for StackDrift {
    fn default() -> StackDrift {
        StackDrift { stack_drift_status: "NOT_CHECKED" }
    }
}

/// A parameter of a deployment, with `****` for one that is not shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
#[allow(missing_docs, reason = "the members are AWS's and mean what AWS says")]
pub struct Parameter {
    pub parameter_key: String,
    pub parameter_value: String,
}

/// An output of a stack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
#[allow(missing_docs, reason = "the members are AWS's and mean what AWS says")]
pub struct Output {
    pub output_key: String,
    pub output_value: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub export_name: Option<String>,
}

/// A tag of a stack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
#[allow(missing_docs, reason = "the members are AWS's and mean what AWS says")]
pub struct Tag {
    pub key: String,
    pub value: String,
}

/// Something that happened to a stack or to a resource of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
#[allow(missing_docs, reason = "the members are AWS's and mean what AWS says")]
pub struct StackEvent {
    pub stack_id: String,
    pub event_id: String,
    pub stack_name: String,
    pub logical_resource_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub physical_resource_id: Option<String>,
    pub resource_type: String,
    pub timestamp: String,
    pub resource_status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource_status_reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_request_token: Option<String>,
}

/// A resource of a stack; each operation that tells of it picks its members.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the members are AWS's and mean what AWS says")]
pub struct StackResource {
    pub stack_id: String,
    pub stack_name: String,
    pub logical_resource_id: String,
    pub physical_resource_id: Option<String>,
    pub resource_type: String,
    pub timestamp: String,
    pub resource_status: &'static str,
    pub resource_status_reason: Option<String>,
    /// What stands under `Metadata: Bongsu:`, as JSON.
    pub metadata: Option<String>,
}

/// Nothing looks for drift of resources either.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ResourceDrift {
    stack_resource_drift_status: &'static str,
}

impl Default for ResourceDrift {
    fn default() -> ResourceDrift {
        ResourceDrift { stack_resource_drift_status: "NOT_CHECKED" }
    }
}

/// What a change set would do, and whether it can.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
#[allow(missing_docs, reason = "the members are AWS's and mean what AWS says")]
pub struct ChangeSetDescription {
    pub change_set_name: String,
    pub change_set_id: String,
    pub stack_id: String,
    pub stack_name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    pub parameters: Vec<Parameter>,
    pub creation_time: String,
    pub execution_status: &'static str,
    pub status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status_reason: Option<String>,
    #[serde(rename = "NotificationARNs")]
    pub notification_arns: Vec<String>,
    pub capabilities: Vec<String>,
    pub tags: Vec<Tag>,
    pub changes: Vec<Change>,
    pub include_nested_stacks: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_stack_failure: Option<&'static str>,
}

/// One change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
#[allow(missing_docs, reason = "the members are AWS's and mean what AWS says")]
pub struct Change {
    #[serde(rename = "Type")]
    pub kind: &'static str,
    pub resource_change: ResourceChange,
}

/// What would become of a resource.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
#[allow(missing_docs, reason = "the members are AWS's and mean what AWS says")]
pub struct ResourceChange {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy_action: Option<&'static str>,
    pub action: &'static str,
    pub logical_resource_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub physical_resource_id: Option<String>,
    pub resource_type: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replacement: Option<&'static str>,
    pub scope: Vec<&'static str>,
    pub details: Vec<ChangeDetail>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before_context: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after_context: Option<String>,
}

/// A property that would change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
#[allow(missing_docs, reason = "the members are AWS's and mean what AWS says")]
pub struct ChangeDetail {
    pub target: ChangeTarget,
    pub evaluation: &'static str,
    pub change_source: &'static str,
}

/// Which property.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
#[allow(missing_docs, reason = "the members are AWS's and mean what AWS says")]
pub struct ChangeTarget {
    pub attribute: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    pub requires_recreation: &'static str,
}

/// A value that a stack has for all others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
#[allow(missing_docs, reason = "the members are AWS's and mean what AWS says")]
pub struct Export {
    pub exporting_stack_id: String,
    pub name: String,
    pub value: String,
}

/// What can be said of a template before it is deployed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "the members are AWS's and mean what AWS says")]
pub struct TemplateSummary {
    pub parameters: Vec<ParameterDeclaration>,
    pub description: Option<String>,
    /// In the order of the template.
    pub resource_types: Vec<String>,
    pub version: Option<String>,
    /// The section, as JSON.
    pub metadata: Option<String>,
    pub declared_transforms: Vec<String>,
}

/// A parameter as the template declares it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "the members are AWS's and mean what AWS says")]
pub struct ParameterDeclaration {
    pub key: String,
    pub default: Option<String>,
    pub kind: String,
    pub no_echo: bool,
    pub description: Option<String>,
    pub allowed_values: Vec<String>,
}

/// A parameter in a request.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct ParameterInput<'a> {
    #[serde(borrow)]
    pub(super) parameter_key: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) parameter_value: Option<Text<'a>>,
    pub(super) use_previous_value: Option<bool>,
    #[serde(borrow)]
    pub(super) resolved_value: Option<Text<'a>>,
}

/// A tag in a request.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct TagInput<'a> {
    #[serde(borrow)]
    pub(super) key: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) value: Option<Text<'a>>,
}

/// Alarms that AWS would watch.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct RollbackConfiguration<'a> {
    #[serde(borrow)]
    pub(super) rollback_triggers: Option<Vec<RollbackTrigger<'a>>>,
    pub(super) monitoring_time_in_minutes: Option<Integer>,
}

/// One of them.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct RollbackTrigger<'a> {
    #[serde(borrow, rename = "Arn")]
    _arn: Option<Text<'a>>,
    #[serde(borrow, rename = "Type")]
    _kind: Option<Text<'a>>,
}

/// How AWS would deploy.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct DeploymentConfig<'a> {
    #[serde(borrow)]
    pub(super) mode: Option<Text<'a>>,
    pub(super) disable_rollback: Option<bool>,
}
