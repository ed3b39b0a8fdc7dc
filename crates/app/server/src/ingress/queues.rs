//! Messages out of requests.

use std::collections::BTreeMap;
use std::time::Duration;

use bongsu_aws_api::attributes_digest::Digest;
use bongsu_aws_api::codec::Text as WireText;
use bongsu_aws_api::message_attributes::{MessageAttributeValue, MessageAttributes, TRACE_HEADER, Value};
use bongsu_aws_api::received::{message_id, sequence_number};
use bongsu_broker::{Account, Outgoing, QueueName, Rejection, Seconds, SendOrigin, Text};
use bongsu_gateway::{BoxFuture, Enqueue, EnqueueError, Enqueued, NewMessage};
use bongsu_runtime::{Handle, Refusal};
use bytes::Bytes;

use crate::reason::reason;

/// Who a webhook's message says that it comes from.
const WEBHOOK: &str = "webhook";
/// Who another request's message says that it comes from.
const API: &str = "api";

/// Puts requests into queues of one account.
pub(super) struct Queues {
    pub(super) broker: Handle,
    pub(super) account: Account,
}

impl Enqueue for Queues {
    fn enqueue(&self, queue: &str, message: NewMessage) -> BoxFuture<'_, Result<Enqueued, EnqueueError>> {
        let queue = QueueName { account: self.account, name: queue.into() };
        Box::pin(async move {
            let body = Text::from_utf8(message.body);
            let body = body.map_err(|_| EnqueueError::Refused { reason: "The body is not UTF-8".into() })?;
            let digest = Digest::of_body(&body);
            let attributes = read(message.attributes.as_deref(), "MessageAttributes", MessageAttributes::check)?;
            let system = message.system_attributes.as_deref();
            let system = read(system, "MessageSystemAttributes", MessageAttributes::check_system)?;
            let mut encoded = Vec::new();
            if !attributes.is_empty() {
                attributes.encode(&mut encoded);
            }
            let trace_header = match system.get(TRACE_HEADER).map(|attribute| &attribute.value) {
                Some(Value::Text(text)) => Some(Text::from(text.as_str())),
                _ => None,
            };
            let (sender, origin) = match message.redelivery_window {
                Some(window) => (WEBHOOK, SendOrigin::Webhook { redelivery_window: whole_seconds(window) }),
                None => (API, SendOrigin::Api),
            };
            let outgoing = Outgoing {
                body,
                body_md5: digest.to_bytes(),
                attributes: Bytes::from(encoded),
                attributes_size: attributes.size_bytes(),
                delay: message.delay_seconds.map(Seconds),
                group: message.group.map(Text::from),
                deduplication_id: message.deduplication_id.map(Text::from),
                sender: Text::from(sender),
                trace_header,
                origin,
            };
            let mut results = self.broker.send(queue, vec![outgoing]).await.map_err(refused)?;
            let sent = results.pop().ok_or_else(|| refused(Refusal::Unavailable))?;
            let sent = sent.map_err(|rejection| refused(Refusal::Rejected(rejection)))?;
            let digest_of = |it: &MessageAttributes| (!it.is_empty()).then(|| it.digest().as_str().to_owned());
            Ok(Enqueued {
                message_id: message_id(sent.message_id),
                md5_of_body: digest.as_str().to_owned(),
                md5_of_attributes: digest_of(&attributes),
                md5_of_system_attributes: digest_of(&system),
                sequence_number: sent.fifo.then(|| sequence_number(sent.sequence)),
                duplicate: sent.duplicate,
            })
        })
    }
}

/// Attributes as `SendMessage` takes them, in JSON.
fn read(
    json: Option<&str>,
    name: &str,
    check: fn(
        BTreeMap<WireText<'_>, MessageAttributeValue<'_>>,
    ) -> Result<MessageAttributes, bongsu_aws_api::error::ApiError>,
) -> Result<MessageAttributes, EnqueueError> {
    let Some(json) = json else { return Ok(MessageAttributes::default()) };
    let wire = serde_json::from_str(json)
        .map_err(|fault| EnqueueError::Refused { reason: format!("{name} is no JSON of attributes: {fault}") })?;
    check(wire).map_err(|error| EnqueueError::Refused { reason: error.message().to_owned() })
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
        Refusal::Rejected(
            rejection @ (Rejection::DelayOnFifo { .. } | Rejection::DeduplicationIdOnStandard { .. }),
        ) => EnqueueError::Refused { reason: reason(&Refusal::Rejected(rejection)) },
        refusal => EnqueueError::Unavailable { reason: reason(&refusal) },
    }
}
