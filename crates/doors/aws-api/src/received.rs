//! How a received message looks to clients and functions: id, handle, system attributes.

use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use base64::prelude::Engine;
use bongsu_broker::ReceiptHandle;
use bongsu_runtime::Received;

use crate::request_id::uuid_text;

/// The value of a system attribute, if the message has it; the region is for ARNs.
pub(crate) type SystemAttribute = fn(&Received, &str) -> Option<String>;

/// One row a system attribute: its name and its value.
pub(crate) const SYSTEM_ATTRIBUTES: &[(&str, SystemAttribute)] = &[
    ("SenderId", |message, _| Some(message.content.sender.to_string())),
    ("SentTimestamp", |message, _| Some(message.delivery.sent_at.to_string())),
    ("ApproximateReceiveCount", |message, _| Some(message.delivery.handle.receive_count.to_string())),
    ("ApproximateFirstReceiveTimestamp", |message, _| Some(message.delivery.first_received_at.to_string())),
    ("SequenceNumber", |message, _| is_fifo(message).then(|| sequence_number(message.delivery.handle.sequence))),
    ("MessageDeduplicationId", |message, _| {
        message.content.deduplication_id.as_ref().filter(|_| is_fifo(message)).map(|id| id.to_string())
    }),
    ("MessageGroupId", |message, _| message.content.group.as_ref().map(|group| group.to_string())),
    ("AWSTraceHeader", |message, _| message.content.trace_header.as_ref().map(|header| header.to_string())),
    ("DeadLetterQueueSourceArn", |message, region| message.delivery.source.as_ref().map(|source| source.arn(region))),
];

/// The system attributes that the message has, under AWS's names.
pub fn system_attributes<'a>(
    message: &'a Received,
    region: &'a str,
) -> impl Iterator<Item = (&'static str, String)> + 'a {
    SYSTEM_ATTRIBUTES.iter().filter_map(move |(name, value)| Some((*name, value(message, region)?)))
}

fn is_fifo(message: &Received) -> bool {
    message.delivery.handle.queue.is_fifo()
}

/// Twenty digits, like AWS's, so that comparing texts compares numbers.
pub fn sequence_number(sequence: u64) -> String {
    /// The first number; AWS's begin with similar digits.
    const FIRST: u64 = 10_000_000_000_000_000_000;
    (FIRST + sequence).to_string()
}

/// A message id.
pub fn message_id(id: bongsu_broker::MessageId) -> String {
    uuid(id.0)
}

/// A UUID's usual text.
pub(crate) fn uuid(number: u128) -> String {
    std::str::from_utf8(&uuid_text(number)).expect("digits and hyphens are ASCII").to_owned()
}

/// A receipt handle.
pub fn receipt_handle(handle: ReceiptHandle) -> String {
    URL_SAFE_NO_PAD.encode(handle.to_bytes())
}

/// Reads a receipt handle that [`receipt_handle`] wrote.
pub(crate) fn read_receipt_handle(text: &str) -> Option<ReceiptHandle> {
    ReceiptHandle::from_bytes(&URL_SAFE_NO_PAD.decode(text).ok()?)
}
