//! Why a request was not worked on, and what its sender is told, in the words of each kind of API.

use bongsu_http::{BodyError, Response};
use hyper::StatusCode;

use crate::{
    EnqueueError, ForwardError, InvokeError,
    answer::{self, message},
    call::Kind,
    providers::Refusal,
};

/// Where whoever signed wrongly may read more.
const FORBIDDEN: &str = "Forbidden. For troubleshooting Function URL authorization issues, see: \
    https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html";

/// Why a request for a route was not taken, or its integration had no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error(transparent)]
    Body(#[from] BodyError),
    #[error("the headers are longer than {limit} bytes")]
    HeadersTooLarge { limit: usize },
    #[error("the route's requests are throttled")]
    Throttled,
    #[error("too many large bodies are being read")]
    Busy,
    #[error("nobody who may has signed the request")]
    Forbidden,
    #[error("the request is not authorized: {reason}")]
    Unauthorized { reason: &'static str, challenge: Option<String> },
    #[error("the token has none of the route's scopes")]
    OutOfScope { challenge: String },
    #[error("the authorizer denies the request")]
    Denied { is_explicit: bool },
    #[error("the authorizer failed: {0}")]
    Authorizer(String),
    #[error("the request has no key of a usage plan of this stage")]
    NoKey,
    #[error("the key's quota is used up")]
    QuotaUsed,
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error("{0}")]
    Unfit(String),
    #[error("what is sent on would be longer than {limit} bytes")]
    TooLarge { limit: usize },
    #[error("no template is for the request's content type")]
    NoTemplate,
    #[error(transparent)]
    Enqueue(#[from] EnqueueError),
    #[error(transparent)]
    Invoke(#[from] InvokeError),
    #[error(transparent)]
    Forward(#[from] ForwardError),
    #[error("the function's answer is wrong: {0}")]
    Returned(&'static str),
    #[error("the integration is wrong: {0}")]
    Integration(String),
}

impl Failure {
    pub(crate) fn answer(&self, kind: Kind) -> Response {
        let (status, text) = self.told(kind);
        let status = StatusCode::from_u16(status).expect("the table holds HTTP status codes");
        match (kind, self) {
            (Kind::Rest, Self::Denied { .. }) => answer::capital_message(status, &text),
            (Kind::Rest, Self::Authorizer(_)) => answer::no_message(status),
            (_, Self::Unauthorized { challenge: Some(challenge), .. } | Self::OutOfScope { challenge }) => {
                answer::challenge(message(status, &text), challenge)
            }
            (Kind::FunctionUrl, Self::Invoke(InvokeError::FunctionError(_)) | Self::Returned(_)) => {
                answer::text(status, text)
            }
            (Kind::FunctionUrl, _) => answer::capital_message(status, &text),
            _ => message(status, &text),
        }
    }

    /// The status and what is told beside it. What is wrong inside is nobody else's business.
    fn told(&self, kind: Kind) -> (u16, String) {
        let (status, text) = match self {
            Self::Body(BodyError::TooLarge { .. }) | Self::TooLarge { .. } => (413, "Request Too Long"),
            Self::Body(BodyError::TimedOut) => (408, "Request Timeout"),
            Self::Body(BodyError::Broken) => (400, "Bad Request"),
            Self::HeadersTooLarge { .. } => (431, "Request Header Fields Too Large"),
            Self::Busy => (503, "Service Unavailable"),
            Self::Throttled => (429, "Too Many Requests"),
            Self::Forbidden => (403, FORBIDDEN),
            Self::Unauthorized { .. } => (401, "Unauthorized"),
            Self::Denied { is_explicit } if kind == Kind::Rest => (403, denied(*is_explicit)),
            Self::Denied { .. } | Self::OutOfScope { .. } | Self::NoKey => (403, "Forbidden"),
            Self::QuotaUsed => (429, "Limit Exceeded"),
            Self::Authorizer(_) => (500, "Internal Server Error"),
            Self::Refused(refusal) => return (refusal.status().as_u16(), self.to_string()),
            Self::Unfit(reason) => (400, reason.as_str()),
            Self::NoTemplate => (415, "Unsupported Media Type"),
            Self::Enqueue(EnqueueError::Refused { reason }) => (400, reason.as_str()),
            Self::Enqueue(EnqueueError::Unavailable { .. }) => (503, "Service Unavailable"),
            Self::Integration(_) => (500, "Internal server error"),
            Self::Returned(_) => Self::function_failed(kind),
            Self::Forward(error) => match (error, kind) {
                (ForwardError::Forbidden(_), Kind::Rest) => (500, "Internal server error"),
                (ForwardError::Forbidden(_), _) => (500, "Internal Server Error"),
                (ForwardError::Unreachable(_), Kind::Rest) => (504, "Network error communicating with endpoint"),
                (ForwardError::TimedOut, Kind::Rest) => (504, "Endpoint request timed out"),
                (ForwardError::TimedOut, _) => (504, "Gateway Timeout"),
                (ForwardError::Unfit(_), Kind::Rest) => (502, "Internal server error"),
                (ForwardError::Unfit(_), _) => (502, "Bad Gateway"),
                (ForwardError::Unreachable(_) | ForwardError::Busy, _) => (503, "Service Unavailable"),
            },
            Self::Invoke(error) => match (error, kind) {
                (InvokeError::FunctionError(_), _) => Self::function_failed(kind),
                (InvokeError::TimedOut, Kind::Rest) => (504, "Endpoint request timed out"),
                (InvokeError::TooManyRequests, Kind::FunctionUrl) => (429, "Rate Exceeded."),
                (InvokeError::TooManyRequests | InvokeError::NotFound, Kind::Rest) => (500, "Internal server error"),
                (InvokeError::NotFound, Kind::Http) => (500, "Internal Server Error"),
                (InvokeError::NotFound, Kind::FunctionUrl) => (404, "Not Found"),
                (InvokeError::TooManyRequests, Kind::Http) | (InvokeError::TimedOut | InvokeError::Unavailable, _) => {
                    (503, "Service Unavailable")
                }
            },
        };
        (status, text.to_owned())
    }

    /// Never the error's own text.
    fn function_failed(kind: Kind) -> (u16, &'static str) {
        match kind {
            Kind::Rest => (502, "Internal server error"),
            Kind::Http => (500, "Internal Server Error"),
            Kind::FunctionUrl => (502, "Internal Server Error"),
        }
    }
}

/// As REST APIs say it.
fn denied(is_explicit: bool) -> &'static str {
    match is_explicit {
        true => "User is not authorized to access this resource with an explicit deny in an identity-based policy",
        false => "User is not authorized to access this resource",
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http_body_util::BodyExt;

    use super::*;

    async fn told(failure: &Failure, kind: Kind) -> String {
        let (head, body) = failure.answer(kind).into_parts();
        let Ok(body) = body.collect().await;
        format!("{} {}", head.status.as_u16(), str::from_utf8(&body.to_bytes()).unwrap())
    }

    #[tokio::test]
    async fn each_kind_of_api_has_its_own_words() {
        let message = |status: u16, text: &str| format!(r#"{status} {{"message":"{text}"}}"#);
        let capital = |status: u16, text: &str| format!(r#"{status} {{"Message":"{text}"}}"#);
        let error = || InvokeError::FunctionError(Bytes::from_static(br#"{"errorMessage":"secret"}"#));
        for (failure, http, rest, url) in [
            (
                Failure::Invoke(error()),
                message(500, "Internal Server Error"),
                message(502, "Internal server error"),
                "502 Internal Server Error".to_owned(),
            ),
            (
                Failure::Returned("its body is no text"),
                message(500, "Internal Server Error"),
                message(502, "Internal server error"),
                "502 Internal Server Error".to_owned(),
            ),
            (
                InvokeError::TimedOut.into(),
                message(503, "Service Unavailable"),
                message(504, "Endpoint request timed out"),
                capital(503, "Service Unavailable"),
            ),
            (
                InvokeError::TooManyRequests.into(),
                message(503, "Service Unavailable"),
                message(500, "Internal server error"),
                capital(429, "Rate Exceeded."),
            ),
            (
                InvokeError::NotFound.into(),
                message(500, "Internal Server Error"),
                message(500, "Internal server error"),
                capital(404, "Not Found"),
            ),
            (
                InvokeError::Unavailable.into(),
                message(503, "Service Unavailable"),
                message(503, "Service Unavailable"),
                capital(503, "Service Unavailable"),
            ),
            (
                Failure::Throttled,
                message(429, "Too Many Requests"),
                message(429, "Too Many Requests"),
                capital(429, "Too Many Requests"),
            ),
            (
                Failure::TooLarge { limit: 6 },
                message(413, "Request Too Long"),
                message(413, "Request Too Long"),
                capital(413, "Request Too Long"),
            ),
            (Failure::Forbidden, message(403, FORBIDDEN), message(403, FORBIDDEN), capital(403, FORBIDDEN)),
        ] {
            assert_eq!(told(&failure, Kind::Http).await, http);
            assert_eq!(told(&failure, Kind::Rest).await, rest);
            assert_eq!(told(&failure, Kind::FunctionUrl).await, url);
        }
    }
}
