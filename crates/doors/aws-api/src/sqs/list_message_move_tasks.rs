//! `ListMessageMoveTasks`: tells how the newest tasks of a dead-letter queue stand.

use bongsu_broker::{MoveTaskDescription, MoveTaskStatus};
use serde::{Deserialize, Serialize};

use super::Context;
use super::move_tasks::{source, task_handle};
use crate::codec::{Integer, Text};
use crate::error::ApiError;

/// Tasks in one answer at most.
const RESULTS_MAX: i64 = 10;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Input<'a> {
    #[serde(borrow)]
    source_arn: Option<Text<'a>>,
    /// 1 to 10; 1 unless given.
    max_results: Option<Integer>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Output {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    results: Vec<Task>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Task {
    /// Only while it can be cancelled.
    #[serde(skip_serializing_if = "Option::is_none")]
    task_handle: Option<String>,
    status: &'static str,
    source_arn: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    destination_arn: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_number_of_messages_per_second: Option<u32>,
    approximate_number_of_messages_moved: u64,
    approximate_number_of_messages_to_move: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure_reason: Option<&'static str>,
    /// In milliseconds.
    started_timestamp: u64,
}

pub(super) async fn call(input: Input<'_>, cx: &Context<'_>) -> Result<Output, ApiError> {
    let source = source(input.source_arn, cx)?;
    let max = match input.max_results {
        None => 1,
        Some(Integer(max @ 1..=RESULTS_MAX)) => max as usize,
        Some(Integer(max)) => {
            return Err(ApiError::invalid_value(max, "MaxResults", "Must be between 1 and 10, if provided."));
        }
    };
    let tasks = cx.broker.list_move_tasks(source, max).await?;
    Ok(Output { results: tasks.into_iter().map(|task| Task::new(task, cx)).collect() })
}

impl Task {
    fn new(task: MoveTaskDescription, cx: &Context<'_>) -> Task {
        let (status, failure_reason) = match task.status {
            MoveTaskStatus::Running => ("RUNNING", None),
            MoveTaskStatus::Completed => ("COMPLETED", None),
            MoveTaskStatus::Cancelled => ("CANCELLED", None),
            MoveTaskStatus::Failed(failure) => ("FAILED", Some(failure.reason())),
        };
        let is_running = task.status == MoveTaskStatus::Running;
        Task {
            task_handle: is_running.then(|| task_handle(task.id, &task.source, cx)),
            status,
            source_arn: cx.arn(&task.source),
            destination_arn: task.destination.map(|queue| cx.arn(&queue)),
            max_number_of_messages_per_second: task.messages_per_second,
            approximate_number_of_messages_moved: task.moved,
            approximate_number_of_messages_to_move: task.to_move,
            failure_reason,
            started_timestamp: task.started_at.0,
        }
    }
}
