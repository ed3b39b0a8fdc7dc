//! What destinations and dead-letter queues are told of an event that has ended.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html>

use bongsu_aws_api::attributes_digest::Digest;
use bongsu_aws_api::lambda::function_arn;
use bongsu_aws_api::message_attributes::{MessageAttribute, MessageAttributes, Value};
use bongsu_aws_api::received::message_id;
use bongsu_broker::{
    Account, Destination, FunctionVersion, InvocationCondition, InvocationRecord, LATEST, MessageId, Outgoing,
    Publication, QueuedInvocation, SendOrigin, Text, Timestamp,
};
use bongsu_policy::iso_8601;
use bongsu_runtime::{Concluded, EventEnd};
use bytes::Bytes;
use serde::Serialize;
use serde_json::value::RawValue;

/// What a dead-letter queue's message says of the status: the function was run, and failed.
const ERROR_CODE: &str = "200";
/// How much of an error's text a dead-letter queue's message says, in bytes.
const ERROR_MESSAGE_BYTES_MAX: usize = 1024;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Record<'a> {
    version: &'static str,
    timestamp: String,
    request_context: RequestContext,
    request_payload: &'a RawValue,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_context: Option<ResponseContext>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_payload: Option<Box<RawValue>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RequestContext {
    request_id: String,
    function_arn: String,
    condition: &'static str,
    approximate_invoke_count: u32,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ResponseContext {
    status_code: u16,
    executed_version: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    function_error: Option<&'static str>,
}

/// Where and when records are written.
pub(crate) struct Writer<'a> {
    pub(crate) region: &'a str,
    pub(crate) account: Account,
    pub(crate) now: Timestamp,
    /// Of the event that a function gets which is told.
    pub(crate) next_request_id: u128,
}

impl Writer<'_> {
    /// A record for the destination, and the event itself for the dead-letter queue.
    pub(crate) fn records(&self, concluded: &Concluded) -> Vec<(Destination, InvocationRecord)> {
        let conclusion = &concluded.conclusion;
        let mut records = Vec::new();
        if let Some(destination) = &conclusion.destination {
            let record = self.record(concluded);
            records.push((destination.clone(), self.addressed(destination, record, &MessageAttributes::default())));
        }
        if let Some(target) = &conclusion.dead_letters {
            let attributes = dead_letter_attributes(concluded);
            let event = concluded.invocation.payload.clone();
            records.push((target.clone(), self.addressed(target, event, &attributes)));
        }
        records
    }

    fn record(&self, concluded: &Concluded) -> Text {
        let conclusion = &concluded.conclusion;
        let function = format!("{}:{}", concluded.function.name, concluded.function.qualifier());
        let (response_context, response_payload) = match response(concluded) {
            Some((version, payload, failed)) => {
                let executed_version = version.map_or_else(|| LATEST.to_owned(), |version| version.to_string());
                let function_error = failed.then_some("Unhandled");
                (Some(ResponseContext { status_code: 200, executed_version, function_error }), Some(payload))
            }
            None => (None, None),
        };
        let written = serde_json::to_string(&Record {
            version: "1.0",
            timestamp: written(self.now),
            request_context: RequestContext {
                request_id: message_id(MessageId(concluded.invocation.request_id)),
                function_arn: function_arn(self.region, self.account, &function),
                condition: conclusion.condition.name(),
                approximate_invoke_count: conclusion.attempts,
            },
            request_payload: &as_json(concluded.invocation.payload.as_bytes()),
            response_context,
            response_payload,
        });
        Text::from(written.expect("text and numbers are JSON"))
    }

    fn addressed(&self, to: &Destination, body: Text, attributes: &MessageAttributes) -> InvocationRecord {
        let mut encoded = Vec::new();
        if !attributes.is_empty() {
            attributes.encode(&mut encoded);
        }
        let (attributes_size, encoded) = (attributes.size_bytes(), Bytes::from(encoded));
        match to {
            Destination::Queue(_) => InvocationRecord::Message(Outgoing {
                body_md5: Digest::of_body(&body).to_bytes(),
                body,
                attributes: encoded,
                attributes_size,
                delay: None,
                group: None,
                deduplication_id: None,
                sender: Text::from(self.account.to_string()),
                trace_header: None,
                origin: SendOrigin::Api,
            }),
            Destination::Topic(_) => InvocationRecord::Publication(Publication {
                message_bytes: body.len(),
                body,
                bodies: Vec::new(),
                subject: None,
                attributes: encoded,
                attributes_size,
                attributes_count: attributes.len(),
                facets: attributes.facets(),
                group: None,
                deduplication_id: None,
                trace_header: None,
            }),
            Destination::Function(function) => InvocationRecord::Event(QueuedInvocation {
                qualifier: function.qualifier.clone(),
                request_id: self.next_request_id,
                payload: body,
                trace_header: None,
            }),
        }
    }
}

/// The version that was run last, what it answered, and whether that was an error; nothing if it may not run at all.
fn response(concluded: &Concluded) -> Option<(Option<FunctionVersion>, Box<RawValue>, bool)> {
    if concluded.conclusion.condition == InvocationCondition::ZeroReservedConcurrency {
        return None;
    }
    let (function, end) = concluded.end.as_ref()?;
    match end {
        EventEnd::Returned(payload) => Some((Some(function.version), as_json(payload), false)),
        EventEnd::Failed(payload) => Some((Some(function.version), as_json(payload), true)),
        EventEnd::NotRun => None,
    }
}

/// JSON as it is; anything else as a string.
fn as_json(payload: &[u8]) -> Box<RawValue> {
    let text = String::from_utf8_lossy(payload).into_owned();
    let quoted = |text: &str| serde_json::value::to_raw_value(text).expect("a string is JSON");
    match serde_json::from_str::<&RawValue>(&text) {
        Ok(_) => RawValue::from_string(text.trim().to_owned()).expect("it was just read"),
        Err(_) => quoted(&text),
    }
}

fn dead_letter_attributes(concluded: &Concluded) -> MessageAttributes {
    let text = |name: &str, data_type: &str, value: String| MessageAttribute {
        name: name.to_owned(),
        data_type: data_type.to_owned(),
        value: Value::Text(value),
    };
    MessageAttributes::default()
        .with(text("RequestID", "String", message_id(MessageId(concluded.invocation.request_id))))
        .with(text("ErrorCode", "Number", ERROR_CODE.to_owned()))
        .with(text("ErrorMessage", "String", error_message(concluded)))
}

/// The function's own words if it had any; never empty, and nothing that a message may not hold.
fn error_message(concluded: &Concluded) -> String {
    #[derive(serde::Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Error {
        error_message: String,
    }
    let own = match &concluded.end {
        Some((_, EventEnd::Failed(payload))) => serde_json::from_slice::<Error>(payload).ok(),
        _ => None,
    };
    let own = own.map(|error| error.error_message.replace(|c: char| c.is_control() && !c.is_whitespace(), " "));
    let message =
        own.filter(|text| !text.is_empty()).unwrap_or_else(|| concluded.conclusion.condition.name().to_owned());
    let end = message.floor_char_boundary(ERROR_MESSAGE_BYTES_MAX);
    message[..end].to_owned()
}

/// `2026-01-01T00:00:00.000Z`
fn written(time: Timestamp) -> String {
    let whole = iso_8601(time.0);
    format!("{}.{:03}Z", whole.trim_end_matches('Z'), time.0 % 1000)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use bongsu_broker::{Conclusion, Function, FunctionRef, QueueName};

    use super::*;

    fn queue() -> Destination {
        Destination::Queue(QueueName { account: Account(0), name: "told".into() })
    }

    fn function() -> Arc<Function> {
        Arc::new(Function {
            name: "f".into(),
            version: FunctionVersion::Number(3),
            revision: 1,
            runtime: "python3.13".into(),
            handler: "app.handler".into(),
            code: "code".into(),
            code_digest: "".into(),
            layers: Vec::new(),
            timeout_seconds: 3,
            memory_mb: 128,
            environment: Vec::new(),
            dead_letters: None,
            details: "".into(),
        })
    }

    fn concluded(condition: InvocationCondition, attempts: u32, end: Option<EventEnd>) -> Concluded {
        let dead_letters = (condition != InvocationCondition::Success).then(queue);
        Concluded {
            function: FunctionRef { name: "f".into(), qualifier: Some("live".into()) },
            invocation: QueuedInvocation {
                qualifier: Some("live".into()),
                request_id: 1,
                payload: Text::from("{ \"a\":1 }"),
                trace_header: None,
            },
            queued_at: Timestamp(0),
            conclusion: Conclusion { condition, attempts, destination: Some(queue()), dead_letters },
            end: end.map(|end| (function(), end)),
        }
    }

    fn told(concluded: &Concluded) -> Vec<Outgoing> {
        let writer = Writer { region: "r", account: Account(0), now: Timestamp(1_767_225_600_007), next_request_id: 9 };
        let records = writer.records(concluded).into_iter().map(|(_, record)| match record {
            InvocationRecord::Message(outgoing) => outgoing,
            other => panic!("a message for a queue, not {other:?}"),
        });
        records.collect()
    }

    #[test]
    fn a_success_is_told_with_what_was_asked_and_answered() {
        let end = EventEnd::Returned(Bytes::from_static(b"{\"b\": 2}"));
        let told = told(&concluded(InvocationCondition::Success, 1, Some(end)));
        let record = concat!(
            r#"{"version":"1.0","timestamp":"2026-01-01T00:00:00.007Z","#,
            r#""requestContext":{"requestId":"00000000-0000-0000-0000-000000000001","#,
            r#""functionArn":"arn:aws:lambda:r:000000000000:function:f:live","condition":"Success","#,
            r#""approximateInvokeCount":1},"requestPayload":{ "a":1 },"#,
            r#""responseContext":{"statusCode":200,"executedVersion":"3"},"responsePayload":{"b": 2}}"#,
        );
        assert_eq!(told.iter().map(|outgoing| &*outgoing.body).collect::<Vec<_>>(), [record]);
    }

    #[test]
    fn a_failure_is_told_to_both_and_the_dead_letter_is_the_event() {
        let end = EventEnd::Failed(Bytes::from_static(br#"{"errorMessage":"no\u0007","errorType":"E"}"#));
        let told = told(&concluded(InvocationCondition::RetriesExhausted, 3, Some(end)));
        assert!(told[0].body.contains(r#""condition":"RetriesExhausted","approximateInvokeCount":3"#));
        assert!(told[0].body.contains(r#""functionError":"Unhandled"},"responsePayload":{"errorMessage":"no"#));
        assert_eq!(&*told[1].body, "{ \"a\":1 }");
        let attributes = MessageAttributes::decode(&mut &told[1].attributes[..]).expect("just written");
        let attributes: Vec<_> = attributes.iter().map(|a| (&*a.name, &*a.data_type, a.value.clone())).collect();
        let text = |text: &str| Value::Text(text.to_owned());
        let expected = [
            ("ErrorCode", "Number", text("200")),
            ("ErrorMessage", "String", text("no ")),
            ("RequestID", "String", text("00000000-0000-0000-0000-000000000001")),
        ];
        assert_eq!(attributes, expected);
    }

    #[test]
    fn a_function_that_may_not_run_has_answered_nothing() {
        let told = told(&concluded(InvocationCondition::ZeroReservedConcurrency, 0, None));
        assert!(
            told[0].body.ends_with(r#""approximateInvokeCount":0},"requestPayload":{ "a":1 }}"#),
            "{}",
            told[0].body
        );
    }
}
