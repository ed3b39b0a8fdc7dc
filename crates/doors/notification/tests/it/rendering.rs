//! The exact bytes: key order, spacing, what is left out.

use bongsu_notification::{
    Addresses, Attribute, Confirmation, ConfirmationKind, Notification, SignatureVersion, Signatures, SigningKey,
    Value, render_http, render_lambda_event, render_sqs,
};

const EXAMPLE: Notification<'static> = Notification {
    message_id: 0x11111111_2222_3333_4444_555555555555,
    topic_arn: "arn:aws:sns:us-east-1:000000000000:demo",
    subscription_arn: "arn:aws:sns:us-east-1:000000000000:demo:66666666-7777-8888-9999-aaaaaaaaaaaa",
    subject: Some("Hi"),
    message: "Hello",
    timestamp_ms: 1_767_323_045_678,
    sequence_number: None,
    signature_version: Some(SignatureVersion::V1),
    attributes: &[Attribute { name: "n", data_type: "Number", value: Value::Text("1") }],
    replayed: false,
    trace_header: None,
};
const FIFO: Notification<'static> =
    Notification { sequence_number: Some("10000000000000000001"), signature_version: None, ..EXAMPLE };
const PLAIN: Notification<'static> = Notification { subject: None, attributes: &[], ..EXAMPLE };

const ATTRIBUTES: &[Attribute<'static>] = &[
    Attribute { name: "n", data_type: "Number", value: Value::Text("1") },
    Attribute { name: "b", data_type: "Binary.png", value: Value::Binary(&[0, 0xff, 1]) },
    Attribute { name: "list", data_type: "String.Array", value: Value::Text(r#"["a",1]"#) },
];

struct Fixture {
    signatures: Signatures,
    addresses: Addresses,
}

impl Fixture {
    fn new() -> Fixture {
        Fixture {
            signatures: Signatures::new(SigningKey::ephemeral()),
            addresses: Addresses::at("https://sns.us-east-1.amazonaws.com"),
        }
    }

    fn sqs(&self, notification: &Notification<'_>) -> String {
        render_sqs(notification, &self.signatures, &self.addresses).expect("a key")
    }

    fn http(&self, notification: &Notification<'_>) -> String {
        render_http(notification, &self.signatures, &self.addresses).expect("a key")
    }

    /// Puts this key's signature and certificate in the place of `<signature>` and `<certificate>`.
    fn fill(&self, version: SignatureVersion, canonical: &str, expected: &str) -> String {
        let certificate = self.signatures.certificate().expect("a key");
        expected
            .replace("<signature>", &self.signatures.sign(version, canonical).expect("a key"))
            .replace("<certificate>", &self.addresses.certificate_url(certificate))
    }

    fn check(&self, notification: &Notification<'_>, rendered: &str, expected: &str) {
        let version = notification.signature_version.unwrap_or_default();
        assert_eq!(rendered, self.fill(version, &notification.canonical(), expected));
    }
}

#[test]
fn a_queue_gets_one_line_in_the_recorded_order() {
    let fixture = Fixture::new();
    fixture.check(
        &EXAMPLE,
        &fixture.sqs(&EXAMPLE),
        r#"{"Type":"Notification","MessageId":"11111111-2222-3333-4444-555555555555","TopicArn":"arn:aws:sns:us-east-1:000000000000:demo","Subject":"Hi","Message":"Hello","Timestamp":"2026-01-02T03:04:05.678Z","SignatureVersion":"1","Signature":"<signature>","SigningCertURL":"<certificate>","UnsubscribeURL":"https://sns.us-east-1.amazonaws.com/?Action=Unsubscribe&SubscriptionArn=arn:aws:sns:us-east-1:000000000000:demo:66666666-7777-8888-9999-aaaaaaaaaaaa","MessageAttributes":{"n":{"Type":"Number","Value":"1"}}}"#,
    );
}

#[test]
fn what_was_not_given_is_absent() {
    let fixture = Fixture::new();
    fixture.check(
        &PLAIN,
        &fixture.sqs(&PLAIN),
        r#"{"Type":"Notification","MessageId":"11111111-2222-3333-4444-555555555555","TopicArn":"arn:aws:sns:us-east-1:000000000000:demo","Message":"Hello","Timestamp":"2026-01-02T03:04:05.678Z","SignatureVersion":"1","Signature":"<signature>","SigningCertURL":"<certificate>","UnsubscribeURL":"https://sns.us-east-1.amazonaws.com/?Action=Unsubscribe&SubscriptionArn=arn:aws:sns:us-east-1:000000000000:demo:66666666-7777-8888-9999-aaaaaaaaaaaa"}"#,
    );
}

#[test]
fn a_fifo_topic_numbers_and_does_not_sign() {
    let fixture = Fixture::new();
    assert_eq!(
        fixture.sqs(&FIFO),
        r#"{"Type":"Notification","MessageId":"11111111-2222-3333-4444-555555555555","SequenceNumber":"10000000000000000001","TopicArn":"arn:aws:sns:us-east-1:000000000000:demo","Subject":"Hi","Message":"Hello","Timestamp":"2026-01-02T03:04:05.678Z","UnsubscribeURL":"https://sns.us-east-1.amazonaws.com/?Action=Unsubscribe&SubscriptionArn=arn:aws:sns:us-east-1:000000000000:demo:66666666-7777-8888-9999-aaaaaaaaaaaa","MessageAttributes":{"n":{"Type":"Number","Value":"1"}}}"#
    );
}

#[test]
fn an_endpoint_gets_lines_with_attributes_on_one_each() {
    let fixture = Fixture::new();
    let notification =
        Notification { attributes: ATTRIBUTES, signature_version: Some(SignatureVersion::V2), ..EXAMPLE };
    let expected = r#"{
  "Type" : "Notification",
  "MessageId" : "11111111-2222-3333-4444-555555555555",
  "TopicArn" : "arn:aws:sns:us-east-1:000000000000:demo",
  "Subject" : "Hi",
  "Message" : "Hello",
  "Timestamp" : "2026-01-02T03:04:05.678Z",
  "SignatureVersion" : "2",
  "Signature" : "<signature>",
  "SigningCertURL" : "<certificate>",
  "UnsubscribeURL" : "https://sns.us-east-1.amazonaws.com/?Action=Unsubscribe&SubscriptionArn=arn:aws:sns:us-east-1:000000000000:demo:66666666-7777-8888-9999-aaaaaaaaaaaa",
  "MessageAttributes" : {
    "n" : {"Type":"Number","Value":"1"},
    "b" : {"Type":"Binary.png","Value":"AP8B"},
    "list" : {"Type":"String.Array","Value":"[\"a\",1]"}
  }
}"#;
    fixture.check(&notification, &fixture.http(&notification), expected);
}

#[test]
fn lines_without_attributes_end_after_the_last_key() {
    assert!(Fixture::new().http(&PLAIN).ends_with("66666666-7777-8888-9999-aaaaaaaaaaaa\"\n}"));
}

#[test]
fn a_replayed_notification_says_so_in_envelope_and_attributes() {
    let fixture = Fixture::new();
    let replayed = fixture.sqs(&Notification { replayed: true, ..PLAIN });
    let end = r#","Replayed":"true","MessageAttributes":{"Replayed":{"Type":"String","Value":"true"}}}"#;
    assert!(replayed.ends_with(end), "{replayed}");
    // The rest, the signature among it, is as it was.
    assert_eq!(replayed.replace(end, "}"), fixture.sqs(&PLAIN));
}

#[test]
fn a_function_gets_one_record_with_null_and_nothing_left_out() {
    let fixture = Fixture::new();
    let event = render_lambda_event(&PLAIN, &fixture.signatures, &fixture.addresses).unwrap();
    fixture.check(
        &PLAIN,
        &event,
        r#"{"Records":[{"EventSource":"aws:sns","EventVersion":"1.0","EventSubscriptionArn":"arn:aws:sns:us-east-1:000000000000:demo:66666666-7777-8888-9999-aaaaaaaaaaaa","Sns":{"Type":"Notification","MessageId":"11111111-2222-3333-4444-555555555555","TopicArn":"arn:aws:sns:us-east-1:000000000000:demo","Subject":null,"Message":"Hello","Timestamp":"2026-01-02T03:04:05.678Z","SignatureVersion":"1","Signature":"<signature>","SigningCertUrl":"<certificate>","UnsubscribeUrl":"https://sns.us-east-1.amazonaws.com/?Action=Unsubscribe&SubscriptionArn=arn:aws:sns:us-east-1:000000000000:demo:66666666-7777-8888-9999-aaaaaaaaaaaa","MessageAttributes":{}}}]}"#,
    );
}

#[test]
fn a_function_of_a_version_2_topic_gets_version_1() {
    let fixture = Fixture::new();
    let event = |version| {
        let notification = Notification { signature_version: Some(version), attributes: ATTRIBUTES, ..EXAMPLE };
        render_lambda_event(&notification, &fixture.signatures, &fixture.addresses).unwrap()
    };
    assert_eq!(event(SignatureVersion::V2), event(SignatureVersion::V1));
    assert!(event(SignatureVersion::V2).contains(r#""b":{"Type":"Binary.png","Value":"AP8B"}"#));
}

#[test]
fn a_confirmation_has_its_token_and_url() {
    let fixture = Fixture::new();
    let confirmation = Confirmation {
        kind: ConfirmationKind::Subscription,
        message_id: EXAMPLE.message_id,
        topic_arn: EXAMPLE.topic_arn,
        token: "abc",
        timestamp_ms: EXAMPLE.timestamp_ms,
        signature_version: SignatureVersion::V2,
    };
    let expected = r#"{
  "Type" : "SubscriptionConfirmation",
  "MessageId" : "11111111-2222-3333-4444-555555555555",
  "Token" : "abc",
  "TopicArn" : "arn:aws:sns:us-east-1:000000000000:demo",
  "Message" : "You have chosen to subscribe to the topic arn:aws:sns:us-east-1:000000000000:demo.\nTo confirm the subscription, visit the SubscribeURL included in this message.",
  "SubscribeURL" : "https://sns.us-east-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn=arn:aws:sns:us-east-1:000000000000:demo&Token=abc",
  "Timestamp" : "2026-01-02T03:04:05.678Z",
  "SignatureVersion" : "2",
  "Signature" : "<signature>",
  "SigningCertURL" : "<certificate>"
}"#;
    assert_eq!(
        confirmation.render(&fixture.signatures, &fixture.addresses).unwrap(),
        fixture.fill(SignatureVersion::V2, &confirmation.canonical(&fixture.addresses), expected)
    );
}

#[test]
fn the_same_notification_is_the_same_bytes_also_for_a_key_read_again() {
    let directory = tempfile::tempdir().unwrap();
    let notification = Notification { attributes: ATTRIBUTES, ..EXAMPLE };
    let rendered = || {
        let signatures = Signatures::new(SigningKey::open(directory.path()).unwrap());
        let addresses = Addresses::default();
        [render_sqs, render_http, render_lambda_event].map(|render| {
            let first = render(&notification, &signatures, &addresses).unwrap();
            assert_eq!(render(&notification, &signatures, &addresses).unwrap(), first);
            first
        })
    };
    assert_eq!(rendered(), rendered());
}

#[test]
fn whatever_is_in_a_text_comes_out_of_the_json_again() {
    let fixture = Fixture::new();
    let every_control_character: String = (0..0x20_u8).chain([0x7f]).map(char::from).collect();
    for text in [
        "a \"quoted\" subject \\ with a backslash",
        "\",\"Message\":\"forged\"}",
        &every_control_character,
        "line\r\nline\nType\nSubscriptionConfirmation\n",
        "\u{2028}\u{2029}\u{feff}\u{fffd}\u{ffff}\u{10ffff}",
        "봉수 \u{1F525} e\u{301}",
        "</script>&amp;'",
        "",
    ] {
        let attributes = [Attribute { name: text, data_type: text, value: Value::Text(text) }];
        let notification = Notification { subject: Some(text), message: text, attributes: &attributes, ..EXAMPLE };
        for rendered in [fixture.sqs(&notification), fixture.http(&notification)] {
            let read: serde_json::Value = serde_json::from_str(&rendered).unwrap();
            assert_eq!(read["Subject"], text);
            assert_eq!(read["Message"], text);
            assert_eq!(read["MessageAttributes"][text]["Value"], text);
            assert!(rendered.lines().count() == 1 || rendered.lines().count() == 15, "a text has no line of its own");
        }
    }
}
