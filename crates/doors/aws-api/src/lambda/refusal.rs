//! What Lambda refuses, in its words: from the broker's rejections and for the operations, and how that is answered.

use bongsu_broker::Rejection;
use bongsu_runtime::Refusal;
use bytes::Bytes;
use http_body_util::Full;
use hyper::Response;
use hyper::header::{HeaderName, HeaderValue, RETRY_AFTER};
use serde::Serialize;
use tracing::debug;

use super::mapping_uuid::mapping_uuid;
use crate::error::{ApiError, ErrorKind};
use crate::operation::Context;
use crate::request_id::RequestId;
use crate::rest::{self, Output};

const ERROR_TYPE: HeaderName = HeaderName::from_static("x-amzn-errortype");
/// How soon a throttled caller may come again, in seconds.
const RETRY_AFTER_SECONDS: HeaderValue = HeaderValue::from_static("1");

/// The members that the model gives errors. `Message` has its capital where the model has it.
#[derive(Serialize)]
struct ErrorBody<'a> {
    #[serde(rename = "Reason", skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    #[serde(rename = "Type")]
    fault: &'static str,
    #[serde(rename = "Message", skip_serializing_if = "Option::is_none")]
    capital_message: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'a str>,
}

pub(super) fn respond(error: &ApiError, request_id: RequestId) -> Response<Full<Bytes>> {
    debug!(%request_id, kind = ?error.kind(), text = error.message(), "refused");
    let has_capital = error.kind() == ErrorKind::FunctionResourceNotFound;
    let reason = match error.kind() {
        ErrorKind::TooManyRequestsException => Some("ConcurrentInvocationLimitExceeded"),
        ErrorKind::TooManyReservedRequests => Some("ReservedFunctionConcurrentInvocationLimitExceeded"),
        _ => None,
    };
    let body = ErrorBody {
        reason,
        fault: if error.kind().is_sender_fault() { "User" } else { "Service" },
        capital_message: has_capital.then_some(error.message()),
        message: (!has_capital).then_some(error.message()),
    };
    let body = serde_json::to_vec(&body).expect("strings are always JSON");
    let mut headers = vec![(ERROR_TYPE, HeaderValue::from_static(error.kind().shape()))];
    headers.extend(reason.map(|_| (RETRY_AFTER, RETRY_AFTER_SECONDS)));
    rest::respond(Output { status: rest::known(error.status()), headers, body: body.into() }, request_id)
}

pub(super) fn invalid(text: impl Into<String>) -> ApiError {
    ApiError::new(ErrorKind::FunctionParameterInvalid, text.into())
}

pub(super) fn conflict(text: impl Into<String>) -> ApiError {
    ApiError::new(ErrorKind::ResourceConflictException, text.into())
}

pub(super) fn not_found(text: impl Into<String>) -> ApiError {
    ApiError::new(ErrorKind::FunctionResourceNotFound, text.into())
}

/// Something that is known by a UUID, or not at all.
pub(super) fn resource_not_found() -> ApiError {
    not_found("The resource you requested does not exist.")
}

/// Others change the same thing again and again.
pub(super) fn too_busy() -> ApiError {
    conflict("The operation cannot be performed at this time. An update is in progress for resource.")
}

/// How often a change is made anew because others came in between.
pub(super) const TRIES_MAX: usize = 10;

impl Context<'_> {
    pub(super) fn function_not_found(&self, name: &str) -> ApiError {
        not_found(format!("Function not found: {}", self.function_arn(name)))
    }

    /// What the broker refuses about functions.
    pub(crate) fn refused(&self, refusal: Refusal) -> ApiError {
        let Refusal::Rejected(rejection) = refusal else { return ApiError::stopping() };
        let arn = |name: &str| self.function_arn(name);
        match rejection {
            Rejection::FunctionDoesNotExist { name } => self.function_not_found(&name),
            Rejection::FunctionExists { name } => conflict(format!("Function already exist: {name}")),
            Rejection::AliasExists { name } => conflict(format!("Alias already exists: {}", arn(&name))),
            Rejection::AliasDoesNotExist { name } => not_found(format!("Cannot find alias arn: {}", arn(&name))),
            Rejection::RevisionChanged => ApiError::new(
                ErrorKind::PreconditionFailedException,
                "The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to \
                 retrieve the latest Revision Id",
            ),
            Rejection::VersionHasAlias => conflict(
                "Version has aliases pointing to it. Delete the aliases or let them stand for another version.",
            ),
            Rejection::FunctionBusy => ApiError::new(ErrorKind::TooManyRequestsException, "Rate Exceeded."),
            Rejection::TooManyInvocations => {
                ApiError::new(ErrorKind::TooManyRequestsException, "Too many events wait for the function.")
            }
            Rejection::TooManyFunctions | Rejection::TooManyVersions | Rejection::TooManyAliases => {
                let what = match rejection {
                    Rejection::TooManyFunctions => "functions",
                    Rejection::TooManyVersions => "versions of the function",
                    _ => "aliases of the function",
                };
                ApiError::new(ErrorKind::CodeStorageExceededException, format!("There are too many {what}."))
            }
            Rejection::MappingExists { id } => conflict(format!(
                "An event source mapping with this event source and function already exists. Please update or delete \
                 the existing mapping with UUID {}",
                mapping_uuid(id)
            )),
            Rejection::MappingDoesNotExist => resource_not_found(),
            Rejection::QueueDoesNotExist => invalid(
                "Error occurred while ReceiveMessage. SQS Error Code: AWS.SimpleQueueService.NonExistentQueue. SQS \
                 Error Message: The specified queue does not exist.",
            ),
            Rejection::EntryChanged => too_busy(),
            Rejection::EntryTooLong => invalid("The configuration is too long to be kept."),
            Rejection::TooManyEntries => {
                ApiError::new(ErrorKind::CodeStorageExceededException, "The account has too many of these.")
            }
            other => Refusal::Rejected(other).into(),
        }
    }
}
