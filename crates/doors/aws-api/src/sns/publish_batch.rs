//! `PublishBatch`: gives up to ten messages to everybody who wants them, together in one append.
//!
//! What is wrong with attributes, with the rules of FIFO topics or with the structure of one message fails them all; an
//! empty message, a bad subject or a bad id fails alone.

use bongsu_broker::Rejection;
use bongsu_runtime::Refusal;
use serde::{Deserialize, Serialize};

use super::parameters::required;
use super::publication::{Fault, MessageInput};
use crate::codec::Text;
use crate::error::{ApiError, ErrorKind};
use crate::operation::Context;
use crate::received::{message_id, sequence_number};

/// Entries a request.
const ENTRIES_MAX: usize = bongsu_broker::BATCH_MESSAGES_MAX;
/// Longest entry id.
const ENTRY_ID_LENGTH_MAX: usize = 80;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Input<'a> {
    #[serde(borrow)]
    topic_arn: Option<Text<'a>>,
    #[serde(borrow)]
    publish_batch_request_entries: Option<Vec<MessageInput<'a>>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Output {
    failed: Vec<Failed>,
    successful: Vec<Successful>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Failed {
    id: String,
    code: &'static str,
    message: String,
    sender_fault: bool,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Successful {
    message_id: String,
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    sequence_number: Option<String>,
}

pub(super) async fn call(input: Input<'_>, cx: &Context<'_>) -> Result<Output, ApiError> {
    let mut entries = input.publish_batch_request_entries.unwrap_or_default();
    check_count(entries.len())?;
    let topic = cx.topic(input.topic_arn.as_deref(), "TopicArn")?;
    let ids = check_ids(&entries)?;
    let path = |number| format!("publishBatchRequestEntries.{number}.member.");
    let checked = (1..).zip(&mut entries).map(|(number, entry)| entry.attributes(&path(number)));
    let attributes = checked.collect::<Result<Vec<_>, ApiError>>()?;
    let mut output = Output { failed: Vec::new(), successful: Vec::new() };
    let (mut publications, mut accepted) = (Vec::with_capacity(ids.len()), Vec::with_capacity(ids.len()));
    for (number, ((entry, attributes), id)) in (1..).zip(entries.into_iter().zip(&attributes).zip(ids)) {
        match entry.prepare(attributes, &path(number), cx) {
            Ok(publication) => {
                publications.push(publication);
                accepted.push(id);
            }
            Err(Fault::OfMessage(error)) => output.failed.push(Failed::new(id, &error)),
            Err(Fault::OfRequest(error)) => return Err(error),
        }
    }
    let published = cx.broker.publish(topic, publications, &cx.config.region).await.map_err(in_batch)?;
    output.successful.extend(accepted.into_iter().zip(published).map(|(id, published)| Successful {
        message_id: message_id(published.message_id),
        id,
        sequence_number: published.sequence.map(sequence_number),
    }));
    Ok(output)
}

impl Failed {
    fn new(id: String, error: &ApiError) -> Failed {
        let kind = error.kind();
        Failed { id, code: kind.code(), message: error.message().to_owned(), sender_fault: kind.is_sender_fault() }
    }
}

/// A batch of one is too long in the words for batches as well.
fn in_batch(refusal: Refusal) -> ApiError {
    match refusal {
        Refusal::Rejected(Rejection::PublishTooLong { .. }) => {
            Refusal::Rejected(Rejection::PublishTooLong { batch: true }).into()
        }
        other => other.into(),
    }
}

fn check_count(entries: usize) -> Result<(), ApiError> {
    match entries {
        0 => {
            Err(ApiError::new(ErrorKind::EmptyBatchRequestException, "The batch request doesn't contain any entries."))
        }
        1..=ENTRIES_MAX => Ok(()),
        _ => Err(ApiError::new(
            ErrorKind::TooManyEntriesInBatchRequestException,
            "The batch request contains more entries than permissible.",
        )),
    }
}

fn check_ids(entries: &[MessageInput<'_>]) -> Result<Vec<String>, ApiError> {
    let id = |(number, entry): (usize, &MessageInput<'_>)| {
        let path = format!("publishBatchRequestEntries.{}.member.id", number + 1);
        required(entry.id.as_ref(), &path).map(Text::to_string)
    };
    let ids = entries.iter().enumerate().map(id).collect::<Result<Vec<_>, ApiError>>()?;
    if (1..ids.len()).any(|number| ids[..number].contains(&ids[number])) {
        return Err(ApiError::new(
            ErrorKind::BatchEntryIdsNotDistinctException,
            "Two or more batch entries in the request have the same Id.",
        ));
    }
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    for id in &ids {
        let fault = match id {
            id if id.len() > ENTRY_ID_LENGTH_MAX => "is too long",
            id if id.is_empty() || !id.bytes().all(is_allowed) => "contains an impermissible character",
            _ => continue,
        };
        let text = format!("The Id of a batch entry in the batch request {fault}: {id}");
        return Err(ApiError::new(ErrorKind::InvalidBatchEntryIdException, text));
    }
    Ok(ids)
}
