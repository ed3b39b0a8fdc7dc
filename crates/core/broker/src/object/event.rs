//! What somebody is told of a change, as AWS writes it.
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html>

use std::fmt::Write;

use super::{BucketDefinition, ETag, EventOrigin, ObjectEvent, ObjectKey};
use crate::Timestamp;

/// The subject of what is published to a topic.
pub(crate) const TOLD_SUBJECT: &str = "Amazon S3 Notification";

/// The notification of one change. Of an object that is gone, neither size nor ETag are told.
pub(crate) fn change_text(
    bucket: &BucketDefinition,
    rule_id: &str,
    event: ObjectEvent,
    key: &ObjectKey,
    content: Option<(u64, ETag)>,
    version: u64,
    at: Timestamp,
    origin: &EventOrigin,
) -> String {
    let mut object = format!(r#""key":{}"#, quoted(&url_encoded(key)));
    if let Some((size, etag)) = content {
        object += &format!(r#","size":{size},"eTag":"{etag}""#);
    }
    let fields = [
        r#""eventVersion":"2.1","eventSource":"aws:s3""#.to_owned(),
        format!(r#""awsRegion":{}"#, quoted(&origin.region)),
        format!(r#""eventTime":"{}""#, at.iso_8601()),
        format!(r#""eventName":"{}""#, event.name()),
        format!(r#""userIdentity":{{"principalId":{}}}"#, quoted(&origin.principal_id)),
        format!(r#""requestParameters":{{"sourceIPAddress":{}}}"#, quoted(&origin.source_ip)),
        format!(
            r#""responseElements":{{"x-amz-request-id":{},"x-amz-id-2":{}}}"#,
            quoted(&origin.request_id),
            quoted(&origin.host_id)
        ),
        format!(
            r#""s3":{{"s3SchemaVersion":"1.0","configurationId":{},"bucket":{},"object":{{{object},"sequencer":"{version:018X}"}}}}"#,
            quoted(rule_id),
            bucket_text(bucket)
        ),
    ];
    format!(r#"{{"Records":[{{{}}}]}}"#, fields.join(","))
}

fn bucket_text(bucket: &BucketDefinition) -> String {
    let (name, owner) = (&bucket.name, bucket.owner);
    format!(r#"{{"name":"{name}","ownerIdentity":{{"principalId":"{owner}"}},"arn":"{}"}}"#, name.arn())
}

/// What a target gets when it is named in a rule.
pub(crate) fn test_text(bucket: &BucketDefinition, at: Timestamp, origin: &EventOrigin) -> String {
    format!(
        r#"{{"Service":"Amazon S3","Event":"s3:TestEvent","Time":"{}","Bucket":"{}","RequestId":{},"HostId":{}}}"#,
        at.iso_8601(),
        bucket.name,
        quoted(&origin.request_id),
        quoted(&origin.host_id)
    )
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// As forms are, but for slashes, which stay.
fn url_encoded(key: &str) -> String {
    let mut encoded = String::with_capacity(key.len());
    for byte in key.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'.' | b'-' | b'_' | b'*' | b'/' => {
                encoded.push(char::from(byte))
            }
            b' ' => encoded.push('+'),
            _ => write!(encoded, "%{byte:02X}").expect("a string takes everything"),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::super::BucketName;
    use super::*;
    use crate::{Account, Text};

    fn bucket() -> BucketDefinition {
        let (name, created_at) = (BucketName::parse("photos").unwrap(), Timestamp(0));
        BucketDefinition { name, owner: Account(7), created_at, tags: Vec::new(), rules: Vec::new() }
    }

    fn origin() -> EventOrigin {
        EventOrigin {
            region: Text::from("us-east-1"),
            request_id: Text::from("R"),
            host_id: Text::from("H"),
            principal_id: Text::from("AWS:me\""),
            source_ip: Text::from("127.0.0.1"),
        }
    }

    #[test]
    fn a_change_is_told_as_aws_tells_it() {
        let key = ObjectKey::parse("a b/ü+1.jpg").unwrap();
        let told = |event, content| {
            change_text(&bucket(), "rule", event, &key, content, 0x12ab, Timestamp(1_767_323_045_078), &origin())
        };
        expect![[r#"{"Records":[{"eventVersion":"2.1","eventSource":"aws:s3","awsRegion":"us-east-1","eventTime":"2026-01-02T03:04:05.078Z","eventName":"ObjectCreated:Put","userIdentity":{"principalId":"AWS:me\""},"requestParameters":{"sourceIPAddress":"127.0.0.1"},"responseElements":{"x-amz-request-id":"R","x-amz-id-2":"H"},"s3":{"s3SchemaVersion":"1.0","configurationId":"rule","bucket":{"name":"photos","ownerIdentity":{"principalId":"000000000007"},"arn":"arn:aws:s3:::photos"},"object":{"key":"a+b/%C3%BC%2B1.jpg","size":3,"eTag":"00000000000000000000000000000000","sequencer":"0000000000000012AB"}}}]}"#]]
            .assert_eq(&told(ObjectEvent::Put, Some((3, ETag::of_whole([0; 16])))));
        let gone = told(ObjectEvent::Delete, None);
        assert!(gone.contains(r#""eventName":"ObjectRemoved:Delete""#));
        assert!(gone.contains(r#""object":{"key":"a+b/%C3%BC%2B1.jpg","sequencer":"0000000000000012AB"}"#));
        let is_json = |text: &str| serde_json::from_str::<serde_json::Value>(text).is_ok();
        assert!(is_json(&gone) && is_json(&test_text(&bucket(), Timestamp(0), &origin())));
    }
}
