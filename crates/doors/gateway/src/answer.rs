//! The answers of the front door, in the words of API Gateway.

use bongsu_http::Response;
use bytes::Bytes;
use http_body_util::Full;
use hyper::{
    StatusCode,
    header::{CONTENT_TYPE, HeaderName, HeaderValue, WWW_AUTHENTICATE},
};
use serde::Serialize;

use crate::{Enqueued, call::Kind, providers::Answer, request_id::RequestId};

const HTTP_REQUEST_ID: HeaderName = HeaderName::from_static("apigw-requestid");
const REST_REQUEST_ID: HeaderName = HeaderName::from_static("x-amz-apigw-id");
const REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");

pub(crate) const JSON: HeaderValue = HeaderValue::from_static("application/json");
const TEXT: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");

/// Marks an answer with the request's id, as each kind of API does.
pub(crate) fn mark(answer: &mut Response, id: &RequestId, kind: Kind) {
    let mut insert = |name, text: String| {
        let value = HeaderValue::from_str(&text).expect("digits, letters and base64 are a header value");
        answer.headers_mut().insert(name, value);
    };
    match kind {
        Kind::Http => insert(HTTP_REQUEST_ID, id.short()),
        Kind::FunctionUrl => insert(REQUEST_ID, id.as_uuid()),
        Kind::Rest => {
            insert(REQUEST_ID, id.as_uuid());
            insert(REST_REQUEST_ID, id.short());
        }
    }
}

/// The answer where there is no route.
pub(crate) fn nothing(kind: Kind) -> Response {
    match kind {
        Kind::Http => message(StatusCode::NOT_FOUND, "Not Found"),
        Kind::Rest => message(StatusCode::FORBIDDEN, "Missing Authentication Token"),
        Kind::FunctionUrl => capital_message(StatusCode::NOT_FOUND, "Not Found"),
    }
}

/// The answer of API Gateway's SQS integration to a message that was taken.
pub(crate) fn taken(enqueued: &Enqueued, id: &RequestId) -> Response {
    json(
        StatusCode::OK,
        &Taken {
            send_message_response: SendMessageResponse {
                response_metadata: ResponseMetadata { request_id: &id.as_uuid() },
                send_message_result: SendMessageResult {
                    md5_of_message_attributes: enqueued.md5_of_attributes.as_deref(),
                    md5_of_message_body: &enqueued.md5_of_body,
                    md5_of_message_system_attributes: enqueued.md5_of_system_attributes.as_deref(),
                    message_id: &enqueued.message_id,
                    sequence_number: enqueued.sequence_number.as_deref(),
                },
            },
        },
    )
}

/// A refusal in API Gateway's envelope.
pub(crate) fn message(status: StatusCode, message: &str) -> Response {
    json(status, &Message { message })
}

/// A refusal in the envelope of functions' own addresses.
pub(crate) fn capital_message(status: StatusCode, message: &str) -> Response {
    json(status, &CapitalMessage { message })
}

/// A refusal for which a REST API has no words.
pub(crate) fn no_message(status: StatusCode) -> Response {
    with_type(status, JSON, Bytes::from_static(br#"{"message":null}"#))
}

/// Says in a refusal what would have been accepted.
pub(crate) fn challenge(mut answer: Response, challenge: &str) -> Response {
    if let Ok(challenge) = HeaderValue::from_str(challenge) {
        answer.headers_mut().insert(WWW_AUTHENTICATE, challenge);
    }
    answer
}

/// What a provider's sender wants to hear.
pub(crate) fn of_provider(answer: &Answer) -> Response {
    let Answer { status, content_type, body } = answer;
    with_type(*status, HeaderValue::from_static(content_type), body.clone().into())
}

/// A plain text.
pub(crate) fn text(status: StatusCode, text: String) -> Response {
    with_type(status, TEXT, text.into())
}

pub(crate) fn with_type(status: StatusCode, kind: HeaderValue, body: Bytes) -> Response {
    let mut answer = Response::new(Full::new(body));
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, kind);
    answer
}

fn json(status: StatusCode, body: &impl Serialize) -> Response {
    let body = serde_json::to_vec(body).expect("texts under fixed names always serialise");
    with_type(status, JSON, body.into())
}

#[derive(Serialize)]
struct Message<'a> {
    message: &'a str,
}

#[derive(Serialize)]
struct CapitalMessage<'a> {
    #[serde(rename = "Message")]
    message: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Taken<'a> {
    send_message_response: SendMessageResponse<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct SendMessageResponse<'a> {
    response_metadata: ResponseMetadata<'a>,
    send_message_result: SendMessageResult<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct ResponseMetadata<'a> {
    request_id: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct SendMessageResult<'a> {
    #[serde(rename = "MD5OfMessageAttributes")]
    md5_of_message_attributes: Option<&'a str>,
    #[serde(rename = "MD5OfMessageBody")]
    md5_of_message_body: &'a str,
    #[serde(rename = "MD5OfMessageSystemAttributes")]
    md5_of_message_system_attributes: Option<&'a str>,
    message_id: &'a str,
    sequence_number: Option<&'a str>,
}
