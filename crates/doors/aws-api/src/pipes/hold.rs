//! The tag by which the messages of a batch belong to the execution that they started until it has ended.

use super::details::Tags;
use super::refusal::invalid;
use crate::error::ApiError;

/// The tag's key; its value is `true` or `false`.
const TAG: &str = "bongsu:hold-group";

/// What is told of a pipe that cannot do so.
pub(super) const ONLY_STANDARD: &str =
    "bongsu:hold-group is for pipes whose target is a STANDARD state machine: only those have executions that last.";

/// Whether it is asked for.
pub(super) fn asked(tags: &Tags) -> Result<bool, ApiError> {
    match tags.get(TAG).map(String::as_str) {
        None | Some("false") => Ok(false),
        Some("true") => Ok(true),
        Some(other) => Err(invalid("Tags", format!("{TAG} is true or false, not {other}."))),
    }
}
