//! A notification on its way to one subscription, and the text of it that is signed.

use crate::headers::{Delivery, Header, headers};
use crate::text::{Time, Uuid};
use crate::{Addresses, SignatureVersion};

/// What a topic published, as one subscription gets it.
#[derive(Clone, Copy, Debug)]
pub struct Notification<'a> {
    /// The same for all subscribers and every attempt. In a queue, the SQS message has another id of its own.
    pub message_id: u128,
    /// The topic that published.
    pub topic_arn: &'a str,
    /// The subscription that receives.
    pub subscription_arn: &'a str,
    /// Absent when none was given.
    pub subject: Option<&'a str>,
    /// What this subscriber's protocol gets to read, when the publisher gave every protocol its own.
    pub message: &'a str,
    /// When it was published, in milliseconds since 1970.
    pub timestamp_ms: u64,
    /// FIFO topics number their notifications: as the publisher was told.
    pub sequence_number: Option<&'a str>,
    /// The topic's version; `None` for a FIFO topic, which does not sign.
    pub signature_version: Option<SignatureVersion>,
    /// In the order in which they are shown, each name once.
    pub attributes: &'a [Attribute<'a>],
    /// Sent again from the topic's archive: an attribute says so, which replaces one of the same name.
    pub replayed: bool,
    /// The publisher's `X-Amzn-Trace-Id`, which web servers get as it is.
    pub trace_header: Option<&'a str>,
}

/// A message attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attribute<'a> {
    /// Its name.
    pub name: &'a str,
    /// `String`, `String.Array`, `Number` or `Binary`, with or without a label.
    pub data_type: &'a str,
    /// Its value.
    pub value: Value<'a>,
}

/// The value of a message attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value<'a> {
    /// Shown as it is.
    Text(&'a str),
    /// Shown in base64.
    Binary(&'a [u8]),
}

/// Marks what was sent again from an archive. Raw deliveries, which are not rendered here, carry it too.
pub const REPLAYED: Attribute<'static> =
    Attribute { name: "Replayed", data_type: "String", value: Value::Text("true") };

impl<'a> Notification<'a> {
    /// What is signed: each key and its value on lines of their own. Attributes are not part of it.
    pub fn canonical(&self) -> String {
        let subject = self.subject.map(|subject| format!("Subject\n{subject}\n")).unwrap_or_default();
        format!(
            "Message\n{}\nMessageId\n{}\n{subject}Timestamp\n{}\nTopicArn\n{}\nType\nNotification\n",
            self.message,
            Uuid(self.message_id),
            Time(self.timestamp_ms),
            self.topic_arn,
        )
    }

    /// The attributes that are shown, in order.
    pub fn shown_attributes(&self) -> impl Iterator<Item = Attribute<'a>> + Clone {
        let replayed = self.replayed;
        let given = self.attributes.iter().copied().filter(move |given| !replayed || given.name != REPLAYED.name);
        given.chain(replayed.then_some(REPLAYED))
    }

    /// The headers of a delivery over HTTP, but for `Host` and `Content-Length`.
    ///
    /// `raw`: the body is the message alone. `content_type`: what the delivery policy asks for.
    pub fn headers(&self, raw: bool, content_type: Option<&str>) -> Vec<Header> {
        headers(&Delivery {
            kind: "Notification",
            message_id: self.message_id,
            topic_arn: self.topic_arn,
            subscription_arn: Some(self.subscription_arn),
            raw,
            content_type,
            trace_header: self.trace_header,
        })
    }

    pub(crate) fn unsubscribe_url(&self, addresses: &Addresses) -> String {
        addresses.unsubscribe_url(self.subscription_arn)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use sha1::Sha1;
    use sha2::{Digest, Sha256};

    use super::*;

    pub(crate) const EXAMPLE: Notification<'static> = Notification {
        message_id: 0x11111111_2222_3333_4444_555555555555,
        topic_arn: "arn:aws:sns:us-east-1:000000000000:demo",
        subscription_arn: "arn:aws:sns:us-east-1:000000000000:demo:66666666-7777-8888-9999-aaaaaaaaaaaa",
        subject: Some("Hi"),
        message: "Hello\nWorld",
        timestamp_ms: 1_767_323_045_678,
        sequence_number: None,
        signature_version: Some(SignatureVersion::V1),
        attributes: &[],
        replayed: false,
        trace_header: None,
    };

    /// Checks length and digests of a canonical string.
    pub(crate) fn check(canonical: &str, bytes: usize, sha1: &str, sha256: &str) {
        assert_eq!(canonical.len(), bytes);
        assert_eq!(hex::encode(Sha1::digest(canonical)), sha1);
        assert_eq!(hex::encode(Sha256::digest(canonical)), sha256);
    }

    #[test]
    fn the_canonical_string_has_each_key_and_value_on_a_line() {
        assert_eq!(
            EXAMPLE.canonical(),
            "Message\nHello\nWorld\nMessageId\n11111111-2222-3333-4444-555555555555\nSubject\nHi\n\
             Timestamp\n2026-01-02T03:04:05.678Z\nTopicArn\narn:aws:sns:us-east-1:000000000000:demo\nType\nNotification\n"
        );
        check(
            &EXAMPLE.canonical(),
            180,
            "68a2f17804772d2e04ba7d78e25101d8be29db80",
            "45624368630da21cf3f939d879bfc6a0bd4d9879bd8750cc1205297357d1d230",
        );
    }

    #[test]
    fn an_absent_subject_is_not_signed() {
        check(
            &Notification { subject: None, ..EXAMPLE }.canonical(),
            169,
            "eaf047f2f5d452d9df6501e37b9b44f9c7feb12b",
            "36a227e510eeb599d082d976f871936d84ede263a2800a04cefccbc9d21b6acb",
        );
    }

    #[test]
    fn what_is_not_signed_does_not_change_the_canonical_string() {
        let attributes = [Attribute { name: "n", data_type: "Number", value: Value::Text("1") }];
        let other = Notification {
            subscription_arn: "arn:aws:sns:us-east-1:000000000000:demo:other",
            sequence_number: Some("9"),
            signature_version: Some(SignatureVersion::V2),
            attributes: &attributes,
            replayed: true,
            trace_header: None,
            ..EXAMPLE
        };
        assert_eq!(other.canonical(), EXAMPLE.canonical());
    }

    #[test]
    fn values_are_signed_as_they_are() {
        let message = "\u{1F525} \"봉수\"\r\n\u{0}\u{1}\t\\u0041 &amp; Type\nNotification";
        let canonical = Notification { message, ..EXAMPLE }.canonical();
        assert!(canonical.starts_with(&format!("Message\n{message}\nMessageId\n")));
    }

    #[test]
    fn a_replayed_notification_says_so_once() {
        let attributes = [
            Attribute { name: "Replayed", data_type: "Binary", value: Value::Binary(b"mine") },
            Attribute { name: "z", data_type: "String", value: Value::Text("1") },
        ];
        let original = Notification { attributes: &attributes, ..EXAMPLE };
        assert!(original.shown_attributes().eq(attributes));
        let replayed = Notification { replayed: true, ..original };
        assert!(replayed.shown_attributes().eq([attributes[1], REPLAYED]));
    }
}
