//! `SQS-SendMessage` of HTTP APIs: a request becomes a message, and the answer leaves once that is durable.
//!
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-aws-services-reference.html>

use std::collections::BTreeMap;

use bongsu_http::Response;
use bytes::Bytes;
use serde::de::IgnoredAny;

use super::{Event, mappings, response::ResponseChanges};
use crate::{
    BodyKind, NewMessage, Outside, Selector, answer,
    call::Call,
    failure::Failure,
    identifier::{identifier, is_identifier},
    mapping::Mapping,
    providers::Refusal,
};

/// What one SQS message holds. API Gateway would take 10 MB and then fail to send it.
pub const MESSAGE_BYTES_MAX: usize = 1024 * 1024;

/// The `RequestParameters` of `SQS-SendMessage`. The queue is named apart; `QueueUrl` and `Region` only say it again.
pub const MESSAGE_PARAMETERS: [&str; 8] = [
    "DelaySeconds",
    "MessageAttributes",
    "MessageBody",
    "MessageDeduplicationId",
    "MessageGroupId",
    "MessageSystemAttributes",
    "QueueUrl",
    "Region",
];

/// How long a message may be delayed.
const DELAY_SECONDS_MAX: u32 = 900;

/// How a message is made of a request.
pub(crate) struct Message {
    queue: String,
    /// `None` is the body as it came.
    body: Option<Mapping>,
    rest: BTreeMap<String, Mapping>,
    responses: ResponseChanges,
}

impl Message {
    pub(super) fn new(
        queue: &str,
        parameters: &BTreeMap<String, String>,
        responses: &BTreeMap<u16, BTreeMap<String, String>>,
        is_webhook: bool,
    ) -> Result<Self, String> {
        let mut rest = mappings(parameters, &MESSAGE_PARAMETERS)?;
        let body = rest.remove("MessageBody");
        if body.is_none() && !is_webhook {
            return Err("the request parameter MessageBody is missing".into());
        }
        let body = body.filter(|body| !body.is_body());
        Ok(Self { queue: queue.into(), body, rest, responses: ResponseChanges::of_http(responses)? })
    }

    fn is_fifo(&self) -> bool {
        self.queue.ends_with(".fifo")
    }

    pub(super) fn lacks_group(&self) -> bool {
        self.is_fifo() && !self.rest.contains_key("MessageGroupId")
    }

    pub(super) fn sends_whole_body(&self) -> bool {
        self.body.is_none()
    }

    pub(super) async fn run(
        &self,
        call: &Call<'_>,
        event: Option<Event<'_>>,
        outside: &Outside,
    ) -> Result<Response, Failure> {
        let message = self.message(call, event)?;
        let enqueued = outside.queues.enqueue(&self.queue, message).await?;
        if let Some(own) = event.and_then(|event| event.verified.answer()) {
            return Ok(answer::of_provider(own));
        }
        let mut answer = answer::taken(&enqueued, call.id);
        self.responses.apply(call, &mut answer)?;
        Ok(answer)
    }

    /// Everything that a queue would refuse is refused here, with a reason.
    fn message(&self, call: &Call<'_>, event: Option<Event<'_>>) -> Result<NewMessage, Failure> {
        let body = body(self.body.as_ref(), call, event)?;
        let (group, deduplication_id) = ids(&self.rest, call, event, self.is_fifo())?;
        let delay = value(&self.rest, "DelaySeconds", call)?.map(|text| {
            let delay = text.parse().ok().filter(|delay| *delay <= DELAY_SECONDS_MAX);
            let reason = || Failure::Unfit(format!("DelaySeconds is a number of at most {DELAY_SECONDS_MAX}"));
            delay.ok_or_else(reason)
        });
        Ok(NewMessage {
            body,
            group,
            deduplication_id,
            delay_seconds: delay.transpose()?,
            attributes: value(&self.rest, "MessageAttributes", call)?,
            system_attributes: value(&self.rest, "MessageSystemAttributes", call)?,
            redelivery_window: event.map(|event| event.verified.redelivery_window()),
        })
    }
}

/// The body of a message or notification: what the mapping says, or else the request's own.
pub(super) fn body(mapping: Option<&Mapping>, call: &Call<'_>, event: Option<Event<'_>>) -> Result<Bytes, Failure> {
    if let Some(event) = event {
        check_body(call.body, event.ready.body())?;
    }
    let Some(mapping) = mapping else {
        check_body(call.body, BodyKind::Text)?;
        return Ok(call.body.clone());
    };
    let text = mapping.value(call).ok_or_else(|| Failure::Unfit("The message's body is not there".into()))?;
    if text.len() > MESSAGE_BYTES_MAX {
        return Err(Failure::TooLarge { limit: MESSAGE_BYTES_MAX });
    }
    check_body(text.as_bytes(), BodyKind::Text)?;
    Ok(text.into())
}

/// Group and deduplication id: what a webhook's route names, in its metadata or else among the parameters, and where that
/// is not there what the provider knows by itself.
pub(super) fn ids(
    parameters: &BTreeMap<String, Mapping>,
    call: &Call<'_>,
    event: Option<Event<'_>>,
    is_fifo: bool,
) -> Result<(Option<String>, Option<String>), Failure> {
    let Some(event) = event else {
        return Ok((id(parameters, "MessageGroupId", call)?, id(parameters, "MessageDeduplicationId", call)?));
    };
    let (webhook, verified) = (&event.ready.webhook, event.verified);
    let named = |selector: Option<&Selector>, parameter: &str, default: Option<&str>| {
        let found = match selector {
            Some(selector) => verified.select(selector),
            None => parameters.get(parameter).and_then(|mapping| mapping.value(call)),
        };
        // An event of a kind that the route's author did not think of is better kept than refused.
        match (found.or_else(|| default.map(str::to_owned)), selector) {
            (Some(id), _) => Ok(Some(identifier(id))),
            (None, Some(selector)) => Err(Refusal::NothingSelected { selector: selector.clone() }.into()),
            (None, None) if parameters.contains_key(parameter) => Err(missing(parameter)),
            (None, None) => Ok(None),
        }
    };
    let is_asked = is_fifo || webhook.group.is_some() || parameters.contains_key("MessageGroupId");
    let default_group = verified.default_group().filter(|_| is_asked);
    let group = named(webhook.group.as_ref(), "MessageGroupId", default_group)?;
    let deduplication = webhook.deduplication.as_ref();
    let id = named(deduplication, "MessageDeduplicationId", verified.default_deduplication())?;
    Ok((group, id))
}

/// What a parameter says of this request. What is asked for and is not there fails the request.
pub(super) fn value(
    parameters: &BTreeMap<String, Mapping>,
    name: &str,
    call: &Call<'_>,
) -> Result<Option<String>, Failure> {
    let Some(mapping) = parameters.get(name) else { return Ok(None) };
    mapping.value(call).map(Some).ok_or_else(|| missing(name))
}

fn missing(name: &str) -> Failure {
    Failure::Unfit(format!("{name} is not there"))
}

fn id(parameters: &BTreeMap<String, Mapping>, name: &str, call: &Call<'_>) -> Result<Option<String>, Failure> {
    match value(parameters, name, call)? {
        Some(id) if !is_identifier(&id) => {
            let reason = format!("{name} is 1 to 128 letters, digits and punctuation characters");
            Err(Failure::Unfit(reason))
        }
        id => Ok(id),
    }
}

fn check_body(body: &[u8], kind: BodyKind) -> Result<(), Refusal> {
    let text = str::from_utf8(body).map_err(|_| Refusal::BodyUnfit("The body is not UTF-8"))?;
    if text.is_empty() {
        return Err(Refusal::BodyUnfit("The body is empty"));
    }
    // Checks the grammar alone, without recursion: what a number or an escape means is the consumer's business.
    if kind == BodyKind::Json && serde_json::from_str::<IgnoredAny>(text).is_err() {
        return Err(Refusal::BodyUnfit("The body is not JSON"));
    }
    if text.bytes().any(is_forbidden_control) || text.contains('\u{fffe}') || text.contains('\u{ffff}') {
        return Err(Refusal::BodyUnfit("The body has characters that SQS does not take"));
    }
    Ok(())
}

/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html>
fn is_forbidden_control(byte: u8) -> bool {
    byte < b' ' && !matches!(byte, b'\t' | b'\n' | b'\r')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_message_can_hold_passes() {
        let json = [r#"{"a":1}"#, "7", "\"\u{e000}\u{fffd}\u{10000}\u{7f}\"", " [1e999, \"\\ud800\"]\r\n\t"];
        for body in json {
            assert_eq!(check_body(body.as_bytes(), BodyKind::Json), Ok(()), "{body}");
        }
        assert_eq!(check_body(b"payload=%7B%7D", BodyKind::Text), Ok(()));
        for (body, reason) in [
            ("", "The body is empty"),
            ("a=b", "The body is not JSON"),
            ("{} {}", "The body is not JSON"),
            ("{\"a\":", "The body is not JSON"),
            ("\"\u{fffe}\"", "The body has characters that SQS does not take"),
            ("\"\u{ffff}\"", "The body has characters that SQS does not take"),
        ] {
            assert_eq!(check_body(body.as_bytes(), BodyKind::Json), Err(Refusal::BodyUnfit(reason)), "{body}");
        }
        for control in (0..32u8).filter(|byte| !b"\t\n\r".contains(byte)) {
            assert!(check_body(&[b'a', control], BodyKind::Text).is_err(), "{control}");
        }
        assert!(check_body(b"\xff", BodyKind::Text).is_err());
        assert!(check_body(b"\xed\xa0\x80", BodyKind::Text).is_err());
    }

    #[test]
    fn nesting_costs_no_stack() {
        let deep = "[".repeat(MESSAGE_BYTES_MAX / 2) + &"]".repeat(MESSAGE_BYTES_MAX / 2);
        assert_eq!(check_body(deep.as_bytes(), BodyKind::Json), Ok(()));
    }
}
