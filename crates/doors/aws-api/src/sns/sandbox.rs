//! Phone numbers that an account would have to verify before it could send to them, if this server sent anything.

use super::kept;
use crate::error::{ApiError, ErrorKind};
use crate::operation::Context;

pub(super) const STATUS: &str = "Status";
pub(super) const PENDING: &str = "Pending";
pub(super) const VERIFIED: &str = "Verified";

/// Where the numbers are kept, by what their paths begin with.
pub(super) fn prefix(cx: &Context<'_>) -> Box<str> {
    cx.path("sandbox/")
}

pub(super) fn path(number: &str, cx: &Context<'_>) -> Box<str> {
    cx.path(&format!("sandbox/{number}"))
}

/// What is kept of a number.
pub(super) fn with_status(status: &str) -> bytes::Bytes {
    kept::encode(&[(STATUS.to_owned(), status.to_owned())].into())
}

pub(super) fn does_not_exist() -> ApiError {
    ApiError::new(ErrorKind::TaggedResourceNotFound, "Phone number does not exist")
}
