//! What the scheduler refuses, in its words: from the broker's rejections and for the operations, and how that is answered.

use bongsu_broker::Rejection;
use bongsu_runtime::Refusal;
use bytes::Bytes;
use http_body_util::Full;
use hyper::Response;
use hyper::header::{HeaderName, HeaderValue};
use serde::Serialize;
use tracing::debug;

use crate::error::{ApiError, ErrorKind};
use crate::request_id::RequestId;
use crate::rest::{self, Output};

const ERROR_TYPE: HeaderName = HeaderName::from_static("x-amzn-errortype");

/// How often a change is made anew because others came in between.
pub(super) const TRIES_MAX: usize = 10;

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct ErrorBody<'a> {
    message: &'a str,
}

pub(super) fn respond(error: &ApiError, request_id: RequestId) -> Response<Full<Bytes>> {
    debug!(%request_id, kind = ?error.kind(), text = error.message(), "refused");
    let body = serde_json::to_vec(&ErrorBody { message: error.message() }).expect("strings are always JSON");
    let headers = vec![(ERROR_TYPE, HeaderValue::from_static(error.kind().shape()))];
    rest::respond(Output { status: rest::known(error.status()), headers, body: body.into() }, request_id)
}

pub(super) fn invalid(text: impl Into<String>) -> ApiError {
    ApiError::new(ErrorKind::ScheduleInvalid, text.into())
}

pub(super) fn conflict(text: impl Into<String>) -> ApiError {
    ApiError::new(ErrorKind::ScheduleConflict, text.into())
}

pub(super) fn not_found(text: impl Into<String>) -> ApiError {
    ApiError::new(ErrorKind::ScheduleNotFound, text.into())
}

fn too_many(text: &'static str) -> ApiError {
    ApiError::new(ErrorKind::TooManySchedules, text)
}

pub(super) fn too_many_groups() -> ApiError {
    too_many("The account has as many schedule groups as it may have.")
}

/// Others change the same thing again and again.
pub(super) fn too_busy() -> ApiError {
    conflict("The schedule or its group is being changed. Please try again.")
}

/// What the broker refuses about schedules.
pub(super) fn refused(refusal: Refusal) -> ApiError {
    let Refusal::Rejected(rejection) = refusal else { return ApiError::stopping() };
    match rejection {
        Rejection::ScheduleInvalid { reason } => invalid(reason),
        Rejection::TooManySchedules | Rejection::TooManyEntries => {
            too_many("The account has as many schedules as it may have.")
        }
        Rejection::EntryChanged => too_busy(),
        Rejection::EntryTooLong => invalid("The schedule's description, role and key are too long to be kept."),
        other => Refusal::Rejected(other).into(),
    }
}
