//! What the batch operations share: the checks of the whole request, and the form of a failed entry.

use serde::Serialize;

use super::parameters::is_entry_id;
use crate::codec::Text;
use crate::error::{ApiError, ErrorKind};

/// Entries a request.
const ENTRIES_MAX: usize = bongsu_broker::BATCH_MESSAGES_MAX;

/// What became of the entries, each kind in the order of the request.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct BatchOutput<T> {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    successful: Vec<T>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    failed: Vec<FailedEntry>,
}

impl<T> BatchOutput<T> {
    pub(super) fn new() -> BatchOutput<T> {
        BatchOutput { successful: Vec::new(), failed: Vec::new() }
    }

    /// Adds the outcome of one entry; `succeeded` is what a success looks like to the client.
    pub(super) fn add<V>(&mut self, id: String, outcome: Result<V, ApiError>, succeeded: impl FnOnce(String, V) -> T) {
        match outcome {
            Ok(value) => self.successful.push(succeeded(id, value)),
            Err(error) => self.failed.push(FailedEntry::new(id, &error)),
        }
    }
}

/// An entry that was refused on its own.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct FailedEntry {
    id: String,
    sender_fault: bool,
    code: &'static str,
    message: String,
}

impl FailedEntry {
    fn new(id: String, error: &ApiError) -> FailedEntry {
        let kind = error.kind();
        FailedEntry { id, sender_fault: kind.is_sender_fault(), code: kind.code(), message: error.message().to_owned() }
    }
}

/// Checks number and ids of the entries, in AWS's order, and returns the ids.
pub(super) fn entry_ids<'a, T>(
    entries: Option<&'a Vec<T>>,
    entry_name: &str,
    id: impl Fn(&'a T) -> Option<&'a Text<'a>>,
) -> Result<Vec<String>, ApiError> {
    let entries = entries.ok_or_else(|| ApiError::missing_parameter("Entries"))?;
    if entries.is_empty() {
        let text = format!("There should be at least one {entry_name} in the request.");
        return Err(ApiError::new(ErrorKind::EmptyBatchRequest, text));
    }
    if entries.len() > ENTRIES_MAX {
        let text = format!("Maximum number of entries per request are {ENTRIES_MAX}. You have sent {}.", entries.len());
        return Err(ApiError::new(ErrorKind::TooManyEntriesInBatchRequest, text));
    }
    let ids: Vec<String> = entries.iter().map(|entry| id(entry).map(Text::to_string).unwrap_or_default()).collect();
    if !ids.iter().all(|id| is_entry_id(id)) {
        let text = "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at \
                    most 80 letters long.";
        return Err(ApiError::new(ErrorKind::InvalidBatchEntryId, text));
    }
    match ids.iter().enumerate().find(|(number, id)| ids[..*number].contains(id)) {
        Some((_, id)) => Err(ApiError::new(ErrorKind::BatchEntryIdsNotDistinct, format!("Id {id} repeated."))),
        None => Ok(ids),
    }
}
