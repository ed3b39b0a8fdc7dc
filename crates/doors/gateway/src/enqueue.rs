//! What the front door needs of the broker.

use std::{future::Future, pin::Pin, time::Duration};

use bytes::Bytes;

/// A future that may be sent to another thread, behind a pointer.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Puts webhooks into queues; the application implements it over the runtime's handle.
pub trait Enqueue: Send + Sync + 'static {
    /// Resolves to `Ok` only when the message is durable. Dropping the future may or may not leave the message behind.
    fn enqueue(&self, queue: &str, message: WebhookMessage) -> BoxFuture<'_, Result<Enqueued, EnqueueError>>;
}

/// A verified webhook, ready to become a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookMessage {
    /// The request's body, byte for byte: UTF-8, not empty, without characters that SQS forbids, 1 MiB at most.
    pub body: Bytes,
    /// A valid `MessageGroupId`.
    pub group: Option<String>,
    /// A valid `MessageDeduplicationId`. Without one a FIFO queue's own `ContentBasedDeduplication` decides.
    pub deduplication_id: Option<String>,
    /// How long the sender may repeat this webhook: a repeated id must be swallowed that long. At least five minutes.
    pub redelivery_window: Duration,
}

/// The message that now stands for the webhook; the first one's, when this was a repetition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enqueued {
    /// The message's id.
    pub message_id: String,
    /// Lower-case hexadecimal MD5 of the body just sent.
    pub md5_of_body: String,
    /// Of FIFO queues only.
    pub sequence_number: Option<String>,
    /// Whether the deduplication id had been seen, so that nothing new was put into the queue.
    pub duplicate: bool,
}

/// Why there is no message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EnqueueError {
    /// This webhook will never be taken: the sender gets 400 with the reason.
    #[error("{reason}")]
    Refused {
        /// Told to the sender.
        reason: String,
    },
    /// It may be taken later: the sender gets 503 and tries again.
    #[error("{reason}")]
    Unavailable {
        /// Logged, not told.
        reason: String,
    },
}
