//! What is told of stacks over the wire, from what is kept of them.

use bongsu_aws_api::cloudformation::shapes::{
    Change, ChangeSetDescription, Export, Output, Parameter, Stack, StackDrift, StackEvent, StackResource, Tag,
};
use bongsu_broker::Timestamp;

use super::record::{ChangeSet, Event, EventStatus, OnFailure, Record, Source};
use super::status::StackStatus;

pub(super) fn stack(record: &Record) -> Stack {
    let labels = shown_source(record).map(|source| source.labels.clone()).unwrap_or_default();
    Stack {
        stack_id: record.id.clone(),
        stack_name: record.name.clone(),
        change_set_id: record.change_set_id.clone(),
        description: labels.description,
        parameters: parameters(labels.parameters),
        creation_time: time(record.created_at),
        deletion_time: record.deleted_at.map(time),
        last_updated_time: record.updated_at.map(time),
        stack_status: record.status.name(),
        stack_status_reason: record.reason.clone(),
        disable_rollback: record.settings.disable_rollback,
        notification_arns: labels.notification_arns,
        timeout_in_minutes: record.settings.timeout_minutes,
        capabilities: labels.capabilities,
        outputs: record.outputs.iter().cloned().map(output).collect(),
        role_arn: labels.role_arn,
        tags: tags(labels.tags),
        enable_termination_protection: record.settings.protected,
        drift_information: StackDrift::default(),
    }
}

/// The template that is told of: the one that is being deployed, unless it is being taken back.
pub(in crate::stacks) fn shown_source(record: &Record) -> Option<&Source> {
    use StackStatus::{UpdateRollbackCleanup, UpdateRollbackComplete, UpdateRollbackFailed, UpdateRollbackInProgress};
    match record.status {
        UpdateRollbackInProgress | UpdateRollbackCleanup | UpdateRollbackFailed | UpdateRollbackComplete => {
            record.deployed.as_ref()
        }
        _ => record.source(),
    }
}

/// The latest first.
pub(super) fn events(record: &Record) -> Vec<StackEvent> {
    let told = |event: &Event| StackEvent {
        stack_id: record.id.clone(),
        event_id: event.id.clone(),
        stack_name: record.name.clone(),
        logical_resource_id: event.logical_id.clone(),
        physical_resource_id: event.physical_id.clone(),
        resource_type: event.type_name.clone(),
        timestamp: time(event.at),
        resource_status: match event.status {
            EventStatus::Stack(status) => status.name(),
            EventStatus::Resource(status) => status.name(),
        },
        resource_status_reason: event.reason.clone(),
        client_request_token: event.token.clone(),
    };
    record.events.iter().rev().map(told).collect()
}

/// By logical ids.
pub(super) fn resources(record: &Record) -> Vec<StackResource> {
    let mut told: Vec<StackResource> = record
        .resources
        .iter()
        .map(|known| StackResource {
            stack_id: record.id.clone(),
            stack_name: record.name.clone(),
            logical_resource_id: known.logical_id.clone(),
            physical_resource_id: known.physical_id.clone(),
            resource_type: known.type_name.clone(),
            timestamp: time(known.at),
            resource_status: known.status.name(),
            resource_status_reason: known.reason.clone(),
            metadata: None,
        })
        .collect();
    told.sort_by(|a, b| a.logical_resource_id.cmp(&b.logical_resource_id));
    told
}

pub(super) fn change_set(record: &Record, change_set: &ChangeSet, changes: Vec<Change>) -> ChangeSetDescription {
    let labels = change_set.source.labels.clone();
    let (execution_status, status) = match change_set.fault {
        None => ("AVAILABLE", "CREATE_COMPLETE"),
        Some(_) => ("UNAVAILABLE", "FAILED"),
    };
    ChangeSetDescription {
        change_set_name: change_set.name.clone(),
        change_set_id: change_set.id.clone(),
        stack_id: record.id.clone(),
        stack_name: record.name.clone(),
        description: change_set.description.clone(),
        parameters: parameters(labels.parameters),
        creation_time: time(change_set.created_at),
        execution_status,
        status,
        status_reason: change_set.fault.clone(),
        notification_arns: labels.notification_arns,
        capabilities: labels.capabilities,
        tags: tags(labels.tags),
        changes,
        include_nested_stacks: false,
        on_stack_failure: change_set.on_failure.map(|on_failure| match on_failure {
            OnFailure::RollBack => "ROLLBACK",
            OnFailure::Delete => "DELETE",
            OnFailure::DoNothing => "DO_NOTHING",
        }),
    }
}

pub(super) fn exports(record: &Record) -> Vec<Export> {
    let export = |(name, value): (&str, &str)| Export {
        exporting_stack_id: record.id.clone(),
        name: name.to_owned(),
        value: value.to_owned(),
    };
    record.exports().map(export).collect()
}

fn output(kept: super::record::OutputRecord) -> Output {
    Output { output_key: kept.name, output_value: kept.value, description: kept.description, export_name: kept.export }
}

fn parameters(kept: Vec<(String, String)>) -> Vec<Parameter> {
    kept.into_iter().map(|(parameter_key, parameter_value)| Parameter { parameter_key, parameter_value }).collect()
}

fn tags(kept: Vec<(String, String)>) -> Vec<Tag> {
    kept.into_iter().map(|(key, value)| Tag { key, value }).collect()
}

fn time(at: u64) -> String {
    Timestamp(at).iso_8601()
}
