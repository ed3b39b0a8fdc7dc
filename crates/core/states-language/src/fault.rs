//! What can go wrong inside a state: the error's name and AWS's sentence.

use std::fmt;

/// An error that the machine itself raises. What tasks raise has their own names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) error: &'static str,
    pub(crate) text: String,
    /// The field of the expression that failed, in JSONata states.
    pub(crate) location: Option<Box<str>>,
}

pub(crate) const ALL: &str = "States.ALL";
pub(crate) const RUNTIME: &str = "States.Runtime";
pub(crate) const TIMEOUT: &str = "States.Timeout";
pub(crate) const HEARTBEAT_TIMEOUT: &str = "States.HeartbeatTimeout";
pub(crate) const TASK_FAILED: &str = "States.TaskFailed";
pub(crate) const DATA_LIMIT_EXCEEDED: &str = "States.DataLimitExceeded";
pub(crate) const INTRINSIC_FAILURE: &str = "States.IntrinsicFailure";
pub(crate) const NO_CHOICE_MATCHED: &str = "States.NoChoiceMatched";
pub(crate) const QUERY_EVALUATION: &str = "States.QueryEvaluationError";
pub(crate) const RESULT_PATH_MATCH: &str = "States.ResultPathMatchFailure";
pub(crate) const ITEM_READER_FAILED: &str = "States.ItemReaderFailed";
pub(crate) const RESULT_WRITER_FAILED: &str = "States.ResultWriterFailed";
pub(crate) const TOLERANCE_EXCEEDED: &str = "States.ExceedToleratedFailureThreshold";

impl Fault {
    pub(crate) fn new(error: &'static str, text: impl fmt::Display) -> Fault {
        Fault { error, text: text.to_string(), location: None }
    }

    /// `States.Runtime`, which nothing retries and nothing catches.
    pub(crate) fn runtime(text: impl fmt::Display) -> Fault {
        Fault::new(RUNTIME, text)
    }

    /// Of the JSONata expression of a field.
    pub(crate) fn query(field: &str, text: impl fmt::Display) -> Fault {
        Fault { error: QUERY_EVALUATION, text: text.to_string(), location: Some(field.into()) }
    }
}
