//! The answers of the front door, in the words of API Gateway.

use std::{
    hash::{BuildHasher, RandomState},
    sync::atomic::{AtomicU64, Ordering::Relaxed},
};

use base64::{Engine, prelude::BASE64_URL_SAFE};
use bongsu_http::Response;
use bytes::Bytes;
use http_body_util::Full;
use hyper::{
    StatusCode,
    header::{CONTENT_TYPE, HeaderName, HeaderValue},
};
use serde::Serialize;

use crate::{Enqueued, providers::Answer};

const REQUEST_ID: HeaderName = HeaderName::from_static("apigw-requestid");
/// API Gateway's request ids are that many bytes in base64: sixteen characters.
const REQUEST_ID_BYTES: usize = 11;

const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// Names requests: unique, and unrelated to anything a client could guess from.
pub(crate) struct RequestIds {
    keys: [RandomState; 2],
    next: AtomicU64,
}

/// One request's name.
pub(crate) struct RequestId([u8; 16]);

impl RequestIds {
    pub(crate) fn new() -> Self {
        Self { keys: [RandomState::new(), RandomState::new()], next: AtomicU64::new(0) }
    }

    pub(crate) fn draw(&self) -> RequestId {
        let number = self.next.fetch_add(1, Relaxed);
        let [high, low] = self.keys.each_ref().map(|key| u128::from(key.hash_one(number)));
        RequestId((high << 64 | low).to_be_bytes())
    }
}

impl RequestId {
    /// As SQS writes it: a random UUID.
    fn as_uuid(&self) -> String {
        let mut bytes = self.0;
        bytes[6] = bytes[6] & 0x0f | 0x40;
        bytes[8] = bytes[8] & 0x3f | 0x80;
        let digits = hex::encode(bytes);
        [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]].join("-")
    }

    /// Marks an answer as API Gateway does.
    pub(crate) fn mark(&self, mut answer: Response) -> Response {
        let id = BASE64_URL_SAFE.encode(&self.0[..REQUEST_ID_BYTES]);
        answer.headers_mut().insert(REQUEST_ID, id.parse().expect("base64 is a valid header"));
        answer
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
                    md5_of_message_attributes: None,
                    md5_of_message_body: &enqueued.md5_of_body,
                    md5_of_message_system_attributes: None,
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

/// What a provider's sender wants to hear.
pub(crate) fn of_provider(answer: Answer) -> Response {
    with_type(answer.status, HeaderValue::from_static(answer.content_type), answer.body.into())
}

fn json(status: StatusCode, body: &impl Serialize) -> Response {
    let body = serde_json::to_vec(body).expect("texts under fixed names always serialise");
    with_type(status, JSON, body.into())
}

fn with_type(status: StatusCode, kind: HeaderValue, body: Bytes) -> Response {
    let mut answer = Response::new(Full::new(body));
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, kind);
    answer
}

#[derive(Serialize)]
struct Message<'a> {
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
