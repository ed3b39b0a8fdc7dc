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
mod rejection;
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

use bongsu_broker::{QueueName, Rejection, Text as Shared};
use bongsu_runtime::{Handle, Refusal};
use bytes::Bytes;
use hyper::header::{HOST, HeaderMap};
use serde::Deserialize;

use crate::codec::{Envelope, Params, Protocol, SQS, Text, json};
#[cfg(test)]
use crate::compat::shapes::{self, Shape};
use crate::error::{ApiError, ErrorKind};
use crate::observation::Seen;
use crate::service::Config;
use crate::sigv4::Caller;

/// Where an operation's input comes from.
#[derive(Clone, Copy)]
pub(crate) enum Source<'a> {
    Json(&'a [u8]),
    Query(&'a Params<'a>),
}

impl<'a> Source<'a> {
    fn decode<T: Deserialize<'a>>(self, operation: &str) -> Result<T, ApiError> {
        match self {
            Source::Json(body) => json::decode(body),
            Source::Query(params) => params.decode(&SQS, operation),
        }
    }
}

/// What an operation may use besides its input.
pub(crate) struct Context<'a> {
    /// Asks on behalf of the caller.
    pub(crate) broker: Handle,
    /// Only a verified request has one.
    pub(crate) caller: &'a Caller,
    pub(crate) config: &'a Config,
    pub(crate) headers: &'a HeaderMap,
    /// Where a Query request was sent to: may be a queue's path.
    pub(crate) path: &'a str,
    pub(crate) body: &'a Bytes,
    /// Where it is noted what becomes known of the request.
    pub(crate) seen: &'a Seen,
}

/// One row an operation: its name, its module.
macro_rules! operations {
    ($($name:literal => $module:ident,)*) => {
        /// Reads the input, calls the operation, and writes its output in the protocol of the request.
        pub(crate) async fn call(
            source: Source<'_>,
            cx: &Context<'_>,
            protocol: Protocol,
            envelope: Envelope<'_>,
        ) -> Result<Vec<u8>, ApiError> {
            match envelope.operation {
                $($name => match $module::call(source.decode(envelope.operation)?, cx).await {
                    Ok(output) => protocol.encode(&output, envelope),
                    Err(error) => Err(cx.first_fault(error).await),
                },)*
                unknown => Err(ApiError::unknown_operation(unknown)),
            }
        }

        /// The names of all operations.
        pub(crate) const NAMES: &[&str] = &[$($name),*];

        /// What each operation takes.
        #[cfg(test)]
        pub(crate) fn inputs() -> Vec<(&'static str, Shape)> {
            vec![$(($name, shapes::trace(|tracer, cx| {
                let input = Deserialize::deserialize(tracer)?;
                cx.map_or(Ok(()), |cx| Ok(drop($module::call(input, cx))))
            }))),*]
        }
    };
}

operations! {
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

/// The operation of this name, if there is one.
pub(crate) fn find(name: &str) -> Option<&'static str> {
    NAMES.binary_search(&name).ok().map(|place| NAMES[place])
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

    /// AWS looks for the queue, and whether the caller may use it so, before it looks at anything else: whatever is wrong
    /// besides, that is said first.
    pub(crate) async fn first_fault(&self, fault: ApiError) -> ApiError {
        let Some(queue) = self.seen.queue.get().filter(|_| fault.kind() != ErrorKind::AccessDeniedException) else {
            return fault;
        };
        match self.broker.describe_queue(queue.clone()).await {
            Err(refusal @ Refusal::Rejected(Rejection::QueueDoesNotExist | Rejection::AccessDenied { .. })) => {
                refusal.into()
            }
            _ => fault,
        }
    }

    /// The caller's account, which owns what the caller creates.
    fn account(&self) -> Result<bongsu_broker::Account, ApiError> {
        self.caller.account().parse().map_err(|()| ApiError::internal_failure())
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

    /// Text as the broker takes it: a slice of the request's body if it stands there as it is, otherwise a copy.
    fn share(&self, text: Text<'_>) -> Shared {
        let offset = (text.as_ptr() as usize).wrapping_sub(self.body.as_ptr() as usize);
        if offset < self.body.len() && text.len() <= self.body.len() - offset {
            let shared = Shared::from_utf8(self.body.slice(offset..offset + text.len()));
            return shared.unwrap_or_else(|_| Shared::from(text.into_string()));
        }
        Shared::from(text.into_string())
    }

    /// Refuses operations that AWS does not offer at a queue's URL.
    fn not_at_a_queue(&self, operation: &str) -> Result<(), ApiError> {
        if parameters::is_queue_path(self.path) { Err(ApiError::unknown_operation(operation)) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_stand_in_order_and_once() {
        assert!(NAMES.is_sorted_by(|a, b| a < b));
    }
}
