//! The record of a delivery that has ended, as a topic's delivery status log has it.

use md5::{Digest, Md5};
use serde::Serialize;

use crate::json;
use crate::text::{LogTime, Uuid};

/// The target of the log lines that hold these records and nothing else.
pub const DELIVERY_STATUS_TARGET: &str = "delivery_status";

/// How much of what an endpoint answered is logged: strangers do not fill the log.
pub const PROVIDER_RESPONSE_BYTES_MAX: usize = 1024;

/// How the delivery of a notification to one subscription ended.
#[derive(Clone, Copy, Debug)]
pub struct DeliveryStatus<'a> {
    /// The notification.
    pub message_id: u128,
    /// Its message; the log has its MD5 alone.
    pub message: &'a str,
    /// The topic.
    pub topic_arn: &'a str,
    /// When it was published, in milliseconds since 1970.
    pub timestamp_ms: u64,
    /// Of this delivery alone.
    pub delivery_id: u128,
    /// The subscription's endpoint. A password in it is not logged.
    pub destination: &'a str,
    /// The last answer, or what kept it from coming. Cut off after [`PROVIDER_RESPONSE_BYTES_MAX`].
    pub provider_response: &'a str,
    /// From the publish to the end, in milliseconds.
    pub dwell_time_ms: u64,
    /// How often it was tried.
    pub attempts: u32,
    /// Of the last answer; absent if there was none.
    pub status_code: Option<u16>,
    /// Accepted, or given up.
    pub succeeded: bool,
}

#[derive(Serialize)]
struct Record<'a> {
    notification: Published<'a>,
    delivery: Delivered<'a>,
    status: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Published<'a> {
    #[serde(rename = "messageMD5Sum")]
    message_md5_sum: String,
    message_id: Uuid,
    topic_arn: &'a str,
    timestamp: LogTime,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Delivered<'a> {
    delivery_id: Uuid,
    destination: &'a str,
    provider_response: &'a str,
    dwell_time_ms: u64,
    attempts: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    status_code: Option<u16>,
}

impl DeliveryStatus<'_> {
    /// JSON on one line.
    pub fn render(&self) -> String {
        let response_end = self.provider_response.floor_char_boundary(PROVIDER_RESPONSE_BYTES_MAX);
        json::on_one_line(&Record {
            notification: Published {
                message_md5_sum: hex::encode(Md5::digest(self.message)),
                message_id: Uuid(self.message_id),
                topic_arn: self.topic_arn,
                timestamp: LogTime(self.timestamp_ms),
            },
            delivery: Delivered {
                delivery_id: Uuid(self.delivery_id),
                destination: &without_password(self.destination),
                provider_response: &self.provider_response[..response_end],
                dwell_time_ms: self.dwell_time_ms,
                attempts: self.attempts,
                status_code: self.status_code,
            },
            status: if self.succeeded { "SUCCESS" } else { "FAILURE" },
        })
    }
}

/// `https://user:secret@host/` as `https://user:****@host/`.
fn without_password(destination: &str) -> String {
    let hidden = || {
        let (scheme, rest) = destination.split_once("://")?;
        let authority_end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (credentials, _) = rest[..authority_end].rsplit_once('@')?;
        let (user, _) = credentials.split_once(':')?;
        Some(format!("{scheme}://{user}:****{}", &rest[credentials.len()..]))
    };
    hidden().unwrap_or_else(|| destination.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notification::tests::EXAMPLE;

    const DELIVERED: DeliveryStatus<'static> = DeliveryStatus {
        message_id: EXAMPLE.message_id,
        message: "Hello",
        topic_arn: EXAMPLE.topic_arn,
        timestamp_ms: EXAMPLE.timestamp_ms,
        delivery_id: 1,
        destination: "https://example.com/hook",
        provider_response: "{\"ok\":true}",
        dwell_time_ms: 61,
        attempts: 1,
        status_code: Some(200),
        succeeded: true,
    };

    #[test]
    fn a_success_has_the_documented_members() {
        assert_eq!(
            DELIVERED.render(),
            r#"{"notification":{"messageMD5Sum":"8b1a9953c4611296a827abf8c47804d7","messageId":"11111111-2222-3333-4444-555555555555","topicArn":"arn:aws:sns:us-east-1:000000000000:demo","timestamp":"2026-01-02 03:04:05.678"},"delivery":{"deliveryId":"00000000-0000-0000-0000-000000000001","destination":"https://example.com/hook","providerResponse":"{\"ok\":true}","dwellTimeMs":61,"attempts":1,"statusCode":200},"status":"SUCCESS"}"#
        );
    }

    #[test]
    fn a_failure_without_an_answer_has_no_status_code() {
        let failed = DeliveryStatus { status_code: None, succeeded: false, attempts: 4, ..DELIVERED }.render();
        assert!(failed.ends_with(r#""attempts":4},"status":"FAILURE"}"#), "{failed}");
    }

    #[test]
    fn a_long_answer_is_cut_between_characters() {
        let answer = format!("{}{}", "x".repeat(PROVIDER_RESPONSE_BYTES_MAX - 1), "\u{1F525}".repeat(1000));
        let record = DeliveryStatus { provider_response: &answer, ..DELIVERED }.render();
        let shown = format!("\"providerResponse\":\"{}\",", "x".repeat(PROVIDER_RESPONSE_BYTES_MAX - 1));
        assert!(record.contains(&shown));
    }

    #[test]
    fn a_password_in_the_destination_is_not_logged() {
        for (destination, shown) in [
            ("https://user:secret@example.com/a?b=c", "https://user:****@example.com/a?b=c"),
            ("https://user:se@cret@example.com", "https://user:****@example.com"),
            ("https://example.com/path:with@signs", "https://example.com/path:with@signs"),
            ("https://user@example.com:8443/", "https://user@example.com:8443/"),
            ("arn:aws:lambda:us-east-1:000000000000:function:f", "arn:aws:lambda:us-east-1:000000000000:function:f"),
        ] {
            assert_eq!(without_password(destination), shown);
        }
    }
}
