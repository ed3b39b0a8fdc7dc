//! Hands one message on: to a function, a queue or a topic.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, bail};
use bongsu_client::lambda::Invoked;
use bongsu_client::sns::Publish;
use bongsu_client::sqs::{MessageAttribute, Outgoing, QueueRef, Received};
use bongsu_client::{CallError, Client};
use serde_json::Value;

use super::destination::Destination;
use super::event;
use super::notification::Notification;
use super::patience::Patience;

/// The one system attribute that senders may set.
const TRACE_HEADER: &str = "AWSTraceHeader";
/// What of a function's error is told.
const ERROR_CHARACTERS_MAX: usize = 300;

/// Refusals that have nothing to do with the message: the next one would meet the same.
const REFUSALS_OF_ALL: &[&str] = &[
    "ResourceNotFoundException",
    "NotFound",
    "QueueDoesNotExist",
    "AccessDenied",
    "AccessDeniedException",
    "AuthorizationError",
    "MissingAuthenticationToken",
    "MissingAuthenticationTokenException",
    "InvalidClientTokenId",
    "UnrecognizedClientException",
    "ExpiredToken",
    "ExpiredTokenException",
    "SignatureDoesNotMatch",
    "InvalidSignatureException",
    "UnknownOperationException",
    "InvalidAction",
];

/// The queue that messages come from.
pub(crate) struct Source {
    pub(crate) url: String,
    pub(crate) arn: String,
}

impl Source {
    pub(crate) fn is_fifo(&self) -> bool {
        is_fifo(&self.arn)
    }

    /// Of `arn:PARTITION:sqs:REGION:ACCOUNT:NAME`.
    fn part(&self, number: usize) -> &str {
        self.arn.split(':').nth(number).unwrap_or_default()
    }
}

/// Where messages go.
pub(crate) enum Target {
    Function { client: Client, name: String },
    Topic { client: Client, arn: String },
    Queue { client: Client, url: String },
}

/// Why a message was not handed on.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Others may still be.
    OfMessage(String),
    /// No other will be.
    OfTarget(CallError),
}

impl Target {
    /// A queue must be there; the others show it with the first message.
    pub(crate) async fn find(destination: Destination, source: &Source, client: &Client) -> Result<Self> {
        Ok(match destination {
            Destination::Function(name) => Self::Function { client: client.of_service("lambda"), name },
            Destination::TopicArn(arn) => Self::Topic { client: client.of_service("sns"), arn },
            Destination::Topic(name) => {
                let [partition, region, account] = [1, 3, 4].map(|number| source.part(number));
                let arn = format!("arn:{partition}:sns:{region}:{account}:{name}");
                Self::Topic { client: client.of_service("sns"), arn }
            }
            Destination::Queue(queue) => {
                let url = QueueRef::from(queue.as_str()).url(client).await.with_context(|| queue.clone())?;
                let arn = client.queue_attribute(&url, "QueueArn").await.with_context(|| queue.clone())?;
                if arn == source.arn {
                    bail!("{queue} is where the messages come from");
                }
                Self::Queue { client: client.clone(), url }
            }
        })
    }

    /// Hands a message on, with patience for a target that cannot take it now.
    pub(crate) async fn hand_on(&self, message: &Received, source: &Source) -> Result<(), Failure> {
        let mut patience = Patience::new();
        loop {
            let error = match self.try_hand_on(message, source).await {
                Ok(outcome) => return outcome.map_err(Failure::OfMessage),
                Err(error) => error,
            };
            if patience.after(&error).await {
                continue;
            }
            let is_of_all = match &error {
                CallError::Unreachable(_) | CallError::NotUnderstood(_) => true,
                // An answer without AWS's code is of somebody who does not know the service.
                CallError::Refused(refusal) => {
                    refusal.code.starts_with("HTTP ") || REFUSALS_OF_ALL.contains(&refusal.code.as_str())
                }
                CallError::Unanswered(_) | CallError::Unavailable(_) => false,
            };
            return Err(if is_of_all { Failure::OfTarget(error) } else { Failure::OfMessage(error.to_string()) });
        }
    }

    /// The inner error is what a function says of the message.
    async fn try_hand_on(&self, message: &Received, source: &Source) -> Result<Result<(), String>, CallError> {
        match self {
            Self::Function { client, name } => {
                let event = match Notification::read(&message.body) {
                    Some(notification) => event::of_topic(&notification),
                    None => event::of_queue(message, &source.arn, source.part(3)),
                };
                Ok(judge(client.invoke(name, &event).await?, &message.message_id))
            }
            Self::Topic { client, arn } => {
                let notification = Notification::read(&message.body);
                client.publish(&publish(message, notification.as_ref(), arn)).await.map(|_| Ok(()))
            }
            Self::Queue { client, url } => client.send(&outgoing(message, url)).await.map(Ok),
        }
    }
}

/// A function fails by an error, or by naming the message among a batch's failures.
fn judge(invoked: Invoked, message_id: &str) -> Result<(), String> {
    match invoked {
        Invoked::Failed(error) => Err(shown(&error)),
        Invoked::Returned(answer) => {
            let answer: Value = serde_json::from_slice(&answer).unwrap_or_default();
            let failures = answer["batchItemFailures"].as_array().map(Vec::as_slice).unwrap_or_default();
            let is_failed = failures.iter().any(|failure| failure["itemIdentifier"] == message_id);
            if is_failed { Err("the function names it in batchItemFailures".to_owned()) } else { Ok(()) }
        }
    }
}

fn shown(error: &[u8]) -> String {
    let error: Value = serde_json::from_slice(error).unwrap_or_default();
    let text = |member: &str| error[member].as_str().unwrap_or_default();
    let whole = format!("the function failed: {} {}", text("errorType"), text("errorMessage"));
    whole.trim_end().chars().take(ERROR_CHARACTERS_MAX).collect::<String>().replace(char::is_control, " ")
}

/// What a notification in the queue once published, or else the message itself.
fn publish<'a>(message: &'a Received, notification: Option<&'a Notification>, topic_arn: &'a str) -> Publish<'a> {
    Publish {
        topic_arn,
        message: notification.map_or(&message.body, |notification| &notification.message),
        subject: notification.and_then(|notification| notification.subject.as_deref()),
        attributes: match notification {
            Some(Notification { message_attributes, .. }) => {
                message_attributes.iter().map(|(name, value)| (name.as_str(), value.to_message_attribute())).collect()
            }
            None => message.message_attributes.iter().map(|(name, value)| (name.as_str(), value.clone())).collect(),
        },
        group_id: group_id(message, topic_arn),
        deduplication_id: deduplication_id(message, topic_arn),
    }
}

fn outgoing<'a>(message: &'a Received, queue_url: &'a str) -> Outgoing<'a> {
    let trace = message.attribute(TRACE_HEADER).map(|header| MessageAttribute {
        data_type: "String".to_owned(),
        string_value: Some(header.to_owned()),
        binary_value: None,
    });
    Outgoing {
        queue_url,
        message_body: &message.body,
        message_attributes: message.message_attributes.iter().map(|(name, value)| (name.as_str(), value)).collect(),
        message_system_attributes: trace.map(|trace| BTreeMap::from([(TRACE_HEADER, trace)])).unwrap_or_default(),
        message_group_id: group_id(message, queue_url),
        message_deduplication_id: deduplication_id(message, queue_url),
    }
}

/// The message's group; one that has none is a group of its own where groups are needed.
fn group_id<'a>(message: &'a Received, target: &str) -> Option<&'a str> {
    message.attribute("MessageGroupId").or_else(|| is_fifo(target).then_some(message.message_id.as_str()))
}

/// The message's own id, where there is deduplication: the id under which it once came would make it a duplicate of
/// itself for five minutes; a second try after a crash is one.
fn deduplication_id<'a>(message: &'a Received, target: &str) -> Option<&'a str> {
    is_fifo(target).then_some(message.message_id.as_str())
}

fn is_fifo(name: &str) -> bool {
    name.ends_with(".fifo")
}

#[cfg(test)]
mod tests {
    use super::super::notification::tests::ENVELOPE;
    use super::*;

    fn message(body: &str) -> Received {
        let text = MessageAttribute {
            data_type: "String".to_owned(),
            string_value: Some("v".to_owned()),
            ..MessageAttribute::default()
        };
        Received {
            message_id: "id".to_owned(),
            body: body.to_owned(),
            attributes: [(TRACE_HEADER.to_owned(), "Root=1".to_owned())].into(),
            message_attributes: [("own".to_owned(), text)].into(),
            ..Received::default()
        }
    }

    #[test]
    fn a_topic_gets_what_was_once_published() {
        let (message, notification) = (message(ENVELOPE), Notification::read(ENVELOPE).unwrap());
        let again = publish(&message, Some(&notification), "arn:t");
        assert_eq!((again.message, again.subject, again.group_id), ("Hello", Some("Hi"), None));
        assert_eq!(again.attributes.iter().map(|(name, _)| *name).collect::<Vec<_>>(), ["b", "n"]);
    }

    #[test]
    fn a_topic_gets_any_other_message_as_it_is() {
        let message = message("plain");
        let published = publish(&message, None, "arn:t");
        assert_eq!((published.message, published.subject, published.attributes[0].0), ("plain", None, "own"));
    }

    #[test]
    fn a_queue_gets_the_message_with_its_attributes() {
        let message = message("plain");
        let sent = outgoing(&message, "http://h/0/q");
        assert_eq!((sent.message_body, sent.message_group_id, sent.message_deduplication_id), ("plain", None, None));
        assert_eq!(sent.message_system_attributes[TRACE_HEADER].string_value.as_deref(), Some("Root=1"));
        assert_eq!(sent.message_attributes["own"].string_value.as_deref(), Some("v"));
    }

    #[test]
    fn where_order_is_kept_a_message_brings_a_group_and_an_id() {
        let mut message = message("plain");
        let sent = outgoing(&message, "http://h/0/q.fifo");
        assert_eq!((sent.message_group_id, sent.message_deduplication_id), (Some("id"), Some("id")));
        message.attributes.insert("MessageGroupId".to_owned(), "g".to_owned());
        message.attributes.insert("MessageDeduplicationId".to_owned(), "d".to_owned());
        let published = publish(&message, None, "arn:t.fifo");
        assert_eq!((published.group_id, published.deduplication_id), (Some("g"), Some("id")));
    }

    #[test]
    fn a_function_says_whether_it_succeeded() {
        let returned = |answer: &str| judge(Invoked::Returned(answer.as_bytes().to_vec()), "id");
        for answer in ["", "null", "\"text\"", "{}", r#"{"batchItemFailures":[{"itemIdentifier":"other"}]}"#] {
            assert_eq!(returned(answer), Ok(()), "{answer}");
        }
        assert!(returned(r#"{"batchItemFailures":[{"itemIdentifier":"id"}]}"#).is_err());
        let error = br#"{"errorType":"ValueError","errorMessage":"no\ngood"}"#.to_vec();
        assert_eq!(judge(Invoked::Failed(error), "id"), Err("the function failed: ValueError no good".to_owned()));
    }
}
