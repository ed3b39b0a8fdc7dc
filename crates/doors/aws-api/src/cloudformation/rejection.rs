//! The one table from the refusals of stacks to AWS's errors.

use super::engine::StackRefusal;
use crate::error::{ApiError, ErrorKind};

/// A fault of a parameter, or of the time it comes at.
pub(super) fn invalid(text: impl Into<String>) -> ApiError {
    ApiError::new(ErrorKind::ValidationError, text.into())
}

impl From<StackRefusal> for ApiError {
    fn from(refusal: StackRefusal) -> ApiError {
        match refusal {
            StackRefusal::Invalid(text) => invalid(text),
            StackRefusal::DoesNotExist(stack) => invalid(format!("Stack with id {stack} does not exist")),
            StackRefusal::Exists(stack) => {
                ApiError::new(ErrorKind::AlreadyExistsException, format!("Stack [{stack}] already exists"))
            }
            StackRefusal::ChangeSetDoesNotExist(name) => {
                ApiError::new(ErrorKind::ChangeSetNotFoundException, format!("ChangeSet [{name}] does not exist"))
            }
            StackRefusal::ChangeSetExists(name) => {
                ApiError::new(ErrorKind::AlreadyExistsException, format!("ChangeSet {name} already exists"))
            }
            StackRefusal::ChangeSetState(text) => ApiError::new(ErrorKind::InvalidChangeSetStatusException, text),
            StackRefusal::TooMany(text) => ApiError::new(ErrorKind::LimitExceededException, text),
            StackRefusal::Unavailable => ApiError::stopping(),
        }
    }
}

/// What operations that name a stack in brackets say of one that is not there.
pub(super) fn in_brackets(refusal: StackRefusal) -> ApiError {
    match refusal {
        StackRefusal::DoesNotExist(stack) => invalid(format!("Stack [{stack}] does not exist")),
        other => other.into(),
    }
}
