//! AWS's words for requests that do not show who calls.

use std::borrow::Cow;

use hyper::Uri;
use hyper::header::{HOST, HeaderMap};

use crate::error::{ApiError, ErrorKind};

/// Amazon SQS takes a request without a signature for anybody's, and denies it; other services ask for one.
pub(super) fn no_credentials(service: &str, uri: &Uri, headers: &HeaderMap) -> ApiError {
    if service != "sqs" {
        let text = "Request is missing Authentication Token";
        return ApiError::new(ErrorKind::MissingAuthenticationTokenException, text);
    }
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let text = format!("Access to the resource {host}{} is denied.", uri.path());
    ApiError::new(ErrorKind::AccessDeniedException, text)
}

pub(super) fn unknown_token() -> ApiError {
    ApiError::new(ErrorKind::UnrecognizedClientException, "The security token included in the request is invalid.")
}

pub(super) fn mismatch() -> ApiError {
    refused(
        "The request signature we calculated does not match the signature you provided. \
         Check your AWS Secret Access Key and signing method. Consult the service documentation for details.",
    )
}

pub(super) fn refused(text: impl Into<Cow<'static, str>>) -> ApiError {
    ApiError::new(ErrorKind::InvalidSignatureException, text)
}

pub(super) fn incomplete(text: impl Into<Cow<'static, str>>) -> ApiError {
    ApiError::new(ErrorKind::IncompleteSignatureException, text)
}
