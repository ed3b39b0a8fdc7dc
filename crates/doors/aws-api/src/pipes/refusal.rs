//! What Pipes refuses, in its words, and how that is answered.

use bongsu_broker::Rejection;
use bongsu_runtime::Refusal;
use bytes::Bytes;
use http_body_util::Full;
use hyper::Response;
use hyper::header::{HeaderName, HeaderValue};
use hyper::http::request::Parts;
use serde::Serialize;
use tracing::debug;

use crate::error::{ApiError, ErrorKind, InvalidField};
use crate::operation::Context;
use crate::request_id::RequestId;
use crate::rest::{self, Output};

const ERROR_TYPE: HeaderName = HeaderName::from_static("x-amzn-errortype");
/// What errors that are about one say that it is.
const RESOURCE_TYPE: &str = "pipe";
/// The quota of pipes; AWS gives its quotas codes of its own.
const QUOTA_CODE: &str = "PipesPerAccount";

/// The members that the model gives errors.
#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct ErrorBody<'a> {
    message: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    field_list: Vec<Field<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resource_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resource_type: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    service_code: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    quota_code: Option<&'a str>,
}

#[derive(Serialize)]
struct Field<'a> {
    name: &'a str,
    message: &'a str,
}

pub(super) fn respond(error: &ApiError, head: &Parts, request_id: RequestId) -> Response<Full<Bytes>> {
    debug!(%request_id, kind = ?error.kind(), text = error.message(), "refused");
    // Paths are `/v1/pipes/{Name}` and what is done with it.
    let name = head.uri.path().split('/').nth(3);
    let is_of_quota = error.kind() == ErrorKind::PipesQuotaExceeded;
    let names_pipe = is_of_quota || error.kind() == ErrorKind::PipeExists;
    let body = ErrorBody {
        message: error.message(),
        field_list: error.fields().iter().map(|field| Field { name: &field.name, message: &field.text }).collect(),
        resource_id: name.filter(|_| names_pipe),
        resource_type: names_pipe.then_some(RESOURCE_TYPE),
        service_code: is_of_quota.then_some(super::PIPES.signing_name),
        quota_code: is_of_quota.then_some(QUOTA_CODE),
    };
    let body = serde_json::to_vec(&body).expect("strings are always JSON");
    let headers = vec![(ERROR_TYPE, HeaderValue::from_static(error.kind().shape()))];
    rest::respond(Output { status: rest::known(error.status()), headers, body: body.into() }, request_id)
}

/// A member's value is refused.
pub(super) fn invalid(member: &str, text: impl Into<String>) -> ApiError {
    let text = text.into();
    let field = InvalidField { name: member.to_owned(), text: text.clone() };
    ApiError::new(ErrorKind::PipeInvalid, text).about(vec![field])
}

pub(super) fn not_found(name: &str) -> ApiError {
    ApiError::new(ErrorKind::PipeNotFound, format!("Pipe {name} does not exist."))
}

/// What the broker refuses about the pipe of this name.
pub(super) fn refused(refusal: Refusal, name: &str) -> ApiError {
    let Refusal::Rejected(rejection) = refusal else { return ApiError::stopping() };
    match rejection {
        Rejection::PipeExists => ApiError::new(ErrorKind::PipeExists, format!("Pipe {name} already exists.")),
        Rejection::PipeDoesNotExist => not_found(name),
        Rejection::QueueDoesNotExist => invalid("Source", "The queue does not exist."),
        Rejection::TooManyPipes => {
            ApiError::new(ErrorKind::PipesQuotaExceeded, "The limit of pipes for this account has been reached.")
        }
        other => Refusal::Rejected(other).into(),
    }
}

impl Context<'_> {
    pub(super) fn pipe_arn(&self, name: &str) -> String {
        format!("arn:aws:pipes:{}:{}:pipe/{name}", self.config.region, self.config.account)
    }

    /// Refuses whoever is not of the account that has the pipes.
    pub(super) fn check_pipes_account(&self, name: &str) -> Result<(), ApiError> {
        if self.caller.account() == self.config.account.to_string() {
            return Ok(());
        }
        let operation = self.seen.operation.get().copied().unwrap_or_default();
        let text = format!(
            "User: {} is not authorized to perform: pipes:{operation} on resource: {} because no identity-based policy \
             allows the pipes:{operation} action",
            self.caller.arn(),
            self.pipe_arn(name)
        );
        Err(ApiError::new(ErrorKind::AccessDeniedException, text))
    }
}
