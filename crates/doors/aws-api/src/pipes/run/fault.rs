//! Why a batch, or some of its events, did not get through.

use std::fmt;

use crate::error::ApiError;
use crate::pipes::template::Unfilled;

/// A reason, for the log.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fault(pub(super) String);

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<ApiError> for Fault {
    fn from(error: ApiError) -> Fault {
        Fault(error.to_string())
    }
}

impl From<Unfilled> for Fault {
    fn from(unfilled: Unfilled) -> Fault {
        Fault(unfilled.to_string())
    }
}
