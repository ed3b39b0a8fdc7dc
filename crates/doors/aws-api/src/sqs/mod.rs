//! Amazon SQS: one file an operation, and the one table that names them.

mod add_permission;
mod batch;
mod cancel_message_move_task;
mod change_message_visibility;
mod change_message_visibility_batch;
mod create_queue;
mod delete_message;
mod delete_message_batch;
mod delete_queue;
mod get_queue_attributes;
mod get_queue_url;
mod list_dead_letter_source_queues;
mod list_message_move_tasks;
mod list_queue_tags;
mod list_queues;
mod move_tasks;
mod outgoing;
mod pages;
mod parameters;
pub(crate) mod peek_messages;
mod purge_queue;
mod receive_message;
pub(crate) mod rejection;
mod remove_permission;
mod send_message;
mod send_message_batch;
mod set_queue_attributes;
mod start_message_move_task;
mod tag_queue;
mod tags;
mod untag_queue;

#[cfg(test)]
pub(crate) use get_queue_attributes::names as attribute_names;
pub(crate) use send_message::outgoing_of;

use bongsu_broker::{QueueName, Rejection};
use bongsu_runtime::Refusal;
use hyper::header::HOST;

use crate::codec::SQS;
use crate::error::{ApiError, ErrorKind};
use crate::operation::{Context, operations};

operations! {
    SQS, first_fault;
    "AddPermission" => add_permission,
    "CancelMessageMoveTask" => cancel_message_move_task,
    "ChangeMessageVisibility" => change_message_visibility,
    "ChangeMessageVisibilityBatch" => change_message_visibility_batch,
    "CreateQueue" => create_queue,
    "DeleteMessage" => delete_message,
    "DeleteMessageBatch" => delete_message_batch,
    "DeleteQueue" => delete_queue,
    "GetQueueAttributes" => get_queue_attributes,
    "GetQueueUrl" => get_queue_url,
    "ListDeadLetterSourceQueues" => list_dead_letter_source_queues,
    "ListMessageMoveTasks" => list_message_move_tasks,
    "ListQueueTags" => list_queue_tags,
    "ListQueues" => list_queues,
    "PurgeQueue" => purge_queue,
    "ReceiveMessage" => receive_message,
    "RemovePermission" => remove_permission,
    "SendMessage" => send_message,
    "SendMessageBatch" => send_message_batch,
    "SetQueueAttributes" => set_queue_attributes,
    "StartMessageMoveTask" => start_message_move_task,
    "TagQueue" => tag_queue,
    "UntagQueue" => untag_queue,
}

impl Context<'_> {
    /// The queue that a request names by its URL, by its bare name, or by the path it was sent to.
    fn queue(&self, url: Option<&str>) -> Result<QueueName, ApiError> {
        let url =
            url.filter(|url| !url.is_empty()).or_else(|| parameters::is_queue_path(self.path).then_some(self.path));
        let own = self.account()?;
        let queue = parameters::queue_of_url(url.ok_or_else(ApiError::queue_does_not_exist)?, own)?;
        self.seen.queue.get_or_init(|| queue.clone());
        Ok(queue)
    }

    fn arn(&self, queue: &QueueName) -> String {
        queue.arn(&self.config.region)
    }

    /// The URL by which this client can reach the queue: the public one, or the host as the client itself used it.
    fn url(&self, queue: &QueueName) -> String {
        if let Some(base) = &self.config.public_url {
            return format!("{base}/{}/{}", queue.account, queue.name);
        }
        let host = self.headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or(&self.config.host);
        format!("http://{host}/{}/{}", queue.account, queue.name)
    }

    /// Refuses operations that AWS does not offer at a queue's URL.
    fn not_at_a_queue(&self, operation: &str) -> Result<(), ApiError> {
        if parameters::is_queue_path(self.path) { Err(ApiError::unknown_operation(operation)) } else { Ok(()) }
    }
}

/// AWS looks for the queue, and whether the caller may use it so, before it looks at anything else: whatever is wrong
/// besides, that is said first.
pub(crate) async fn first_fault(cx: &Context<'_>, fault: ApiError) -> ApiError {
    let Some(queue) = cx.seen.queue.get().filter(|_| fault.kind() != ErrorKind::AccessDeniedException) else {
        return fault;
    };
    match cx.broker.describe_queue(queue.clone()).await {
        Err(refusal @ Refusal::Rejected(Rejection::QueueDoesNotExist | Rejection::AccessDenied { .. })) => {
            refusal.into()
        }
        _ => fault,
    }
}
