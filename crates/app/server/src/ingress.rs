//! The front door's way into the broker.

use std::time::Duration;

use bongsu_aws_api::attributes_digest::Digest;
use bongsu_aws_api::received::{message_id, sequence_number};
use bongsu_broker::{Account, Outgoing, QueueName, Rejection, Seconds, SendOrigin, Text};
use bongsu_gateway::{BoxFuture, Enqueue, EnqueueError, Enqueued, WebhookMessage};
use bongsu_runtime::{Handle, Refusal};
use bytes::Bytes;

use crate::reason::reason;

/// Who a webhook's message says that it comes from.
const SENDER: &str = "webhook";

/// Puts webhooks into queues of one account.
pub(crate) struct Webhooks {
    pub(crate) broker: Handle,
    pub(crate) account: Account,
}

impl Enqueue for Webhooks {
    fn enqueue(&self, queue: &str, message: WebhookMessage) -> BoxFuture<'_, Result<Enqueued, EnqueueError>> {
        let queue = QueueName { account: self.account, name: queue.into() };
        Box::pin(async move {
            let body = Text::from_utf8(message.body);
            let body = body.map_err(|_| EnqueueError::Refused { reason: "The body is not UTF-8".into() })?;
            let digest = Digest::of_body(&body);
            let outgoing = Outgoing {
                body,
                body_md5: digest.to_bytes(),
                attributes: Bytes::new(),
                attributes_size: 0,
                delay: None,
                group: message.group.map(Text::from),
                deduplication_id: message.deduplication_id.map(Text::from),
                sender: Text::from(SENDER),
                trace_header: None,
                origin: SendOrigin::Webhook { redelivery_window: whole_seconds(message.redelivery_window) },
            };
            let mut results = self.broker.send(queue, vec![outgoing]).await.map_err(refused)?;
            let sent = results.pop().ok_or_else(|| refused(Refusal::Unavailable))?;
            let sent = sent.map_err(|rejection| refused(Refusal::Rejected(rejection)))?;
            Ok(Enqueued {
                message_id: message_id(sent.message_id),
                md5_of_body: digest.as_str().to_owned(),
                sequence_number: sent.fifo.then(|| sequence_number(sent.sequence)),
                duplicate: sent.duplicate,
            })
        })
    }
}

fn whole_seconds(duration: Duration) -> Seconds {
    Seconds(u32::try_from(duration.as_secs()).unwrap_or(u32::MAX))
}

/// What the sender cannot help is answered so that it tries again.
fn refused(refusal: Refusal) -> EnqueueError {
    match refusal {
        Refusal::Rejected(Rejection::MessageTooLong { bytes_max }) => {
            EnqueueError::Refused { reason: format!("The message is longer than the {bytes_max} bytes of its queue") }
        }
        refusal => EnqueueError::Unavailable { reason: reason(&refusal) },
    }
}
