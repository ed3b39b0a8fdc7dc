//! `GET /_aws/sqs/messages`: shows a queue's messages without receiving them. AWS has no such operation.

use std::collections::BTreeMap;

use bongsu_broker::PeekedState;
use bongsu_runtime::Received;
use serde::{Deserialize, Serialize};

use super::Context;
use super::receive_message::shared_text;
use crate::attributes_digest::Digest;
use crate::codec::{Integer, Text};
use crate::error::ApiError;
use crate::message_attributes::MessageAttributes;
use crate::received::{SYSTEM_ATTRIBUTES, message_id};

/// Where messages are shown; the queue is named in `QueueUrl`, or behind it by region, account and name.
pub(crate) const PATH: &str = "/_aws/sqs/messages";

/// Whoever may receive a queue's messages may look at them.
pub(crate) const PERMISSION: &str = "ReceiveMessage";

/// Messages on a page.
const RESULTS_DEFAULT: usize = 100;
const RESULTS_MAX: i64 = 1000;
/// Bytes of contents on a page; a page has at least one message.
const PAGE_BYTES_MAX: u64 = 4 << 20;
/// How often a page looks further while it has found nothing that may be shown.
const LOOKS_MAX: usize = 10;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct Input<'a> {
    #[serde(borrow)]
    queue_url: Option<Text<'a>>,
    /// Messages in flight; shown unless this is `false`.
    show_invisible: Option<Switch>,
    /// Messages that wait for the end of their delay; shown unless this is `false`.
    show_delayed: Option<Switch>,
    max_results: Option<Integer>,
    #[serde(borrow)]
    next_token: Option<Text<'a>>,
}

/// `true` or `false`, in any case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Switch {
    #[serde(alias = "True", alias = "TRUE", alias = "1")]
    True,
    #[serde(alias = "False", alias = "FALSE", alias = "0")]
    False,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    messages: Vec<Message>,
    /// Asks for the messages after these.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

/// Without a receipt handle: who only looks can delete nothing.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Message {
    message_id: String,
    #[serde(rename = "MD5OfBody")]
    md5_of_body: Digest,
    #[serde(serialize_with = "shared_text")]
    body: bongsu_broker::Text,
    attributes: BTreeMap<&'static str, String>,
    #[serde(skip_serializing_if = "MessageAttributes::is_empty")]
    message_attributes: MessageAttributes,
    /// `visible`, `delayed` or `inflight`.
    state: &'static str,
    /// When it becomes visible, in milliseconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    visible_at: Option<u64>,
}

pub(crate) async fn call(input: Input<'_>, cx: &Context<'_>) -> Result<Output, ApiError> {
    let in_path = cx.path.strip_prefix(PATH).and_then(|rest| rest.strip_prefix('/'));
    let queue = match in_path {
        Some(named) => {
            let of_region = named.strip_prefix(&*cx.config.region).filter(|queue| queue.starts_with('/'));
            cx.queue(Some(of_region.ok_or_else(ApiError::queue_does_not_exist)?))?
        }
        None => cx.queue(input.queue_url.as_deref())?,
    };
    let max = match input.max_results {
        None => RESULTS_DEFAULT,
        Some(Integer(max @ 1..=RESULTS_MAX)) => max as usize,
        Some(Integer(max)) => {
            return Err(ApiError::invalid_value(max, "MaxResults", "Must be between 1 and 1000, if provided."));
        }
    };
    let token = input.next_token.as_deref();
    let from = token.map_or(Ok(0), str::parse);
    let from = from.map_err(|_| {
        ApiError::invalid_value(token.unwrap_or_default(), "NextToken", "Must come from the page before.")
    })?;
    let (hide_invisible, hide_delayed) =
        (input.show_invisible == Some(Switch::False), input.show_delayed == Some(Switch::False));
    let wanted = |state| match state {
        PeekedState::Visible => true,
        PeekedState::Delayed(_) => !hide_delayed,
        PeekedState::InFlight(_) => !hide_invisible,
    };
    let mut page = cx.broker.peek(queue.clone(), from, max, PAGE_BYTES_MAX, wanted).await?;
    for _ in 1..LOOKS_MAX {
        let Some(next) = page.next.filter(|_| page.messages.is_empty()) else { break };
        page = cx.broker.peek(queue.clone(), next, max, PAGE_BYTES_MAX, wanted).await?;
    }
    let messages = page.messages.into_iter().map(|(received, state)| message(received, state, cx));
    Ok(Output { messages: messages.collect::<Result<_, _>>()?, next_token: page.next.map(|next| next.to_string()) })
}

fn message(received: Received, state: PeekedState, cx: &Context<'_>) -> Result<Message, ApiError> {
    let was_received = received.delivery.handle.receive_count > 0;
    let has = |name: &str| was_received || name != "ApproximateFirstReceiveTimestamp";
    let system = SYSTEM_ATTRIBUTES.iter().filter(|(name, _)| has(name));
    let attributes = system.filter_map(|(name, value)| Some((*name, value(&received, &cx.config.region)?))).collect();
    let mut message_attributes = MessageAttributes::default();
    if !received.content.attributes.is_empty() {
        let decoded = MessageAttributes::decode(&mut &received.content.attributes[..]);
        message_attributes = decoded.map_err(|_| ApiError::internal_failure())?;
    }
    let (state, visible_at) = match state {
        PeekedState::Visible => ("visible", None),
        PeekedState::Delayed(until) => ("delayed", Some(until.0)),
        PeekedState::InFlight(until) => ("inflight", Some(until.0)),
    };
    Ok(Message {
        message_id: message_id(received.content.message_id),
        md5_of_body: Digest::from_bytes(received.content.body_md5),
        body: received.content.body,
        attributes,
        message_attributes,
        state,
        visible_at,
    })
}
