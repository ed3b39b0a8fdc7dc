//! Signatures and the certificate, checked by others' code.

use std::thread;

use bongsu_notification::{
    Addresses, Attribute, Confirmation, ConfirmationKind, Notification, SignatureVersion, Signatures, SigningKey,
    Value, render_http, render_lambda_event, render_sqs,
};
use x509_parser::oid_registry::OID_PKCS1_SHA256WITHRSA;
use x509_parser::pem::parse_x509_pem;
use x509_parser::prelude::X509Version;
use x509_parser::public_key::PublicKey;

use crate::verifier::is_genuine;

const NOTIFICATION: Notification<'static> = Notification {
    message_id: 1,
    topic_arn: "arn:aws:sns:us-east-1:000000000000:demo",
    subscription_arn: "arn:aws:sns:us-east-1:000000000000:demo:1",
    subject: Some("a \"subject\""),
    message: "봉수 \u{1F525}\r\n\u{0}\u{7f} line\nType\nNotification\n",
    timestamp_ms: 1_767_323_045_678,
    sequence_number: None,
    signature_version: Some(SignatureVersion::V1),
    attributes: &[Attribute { name: "n", data_type: "String", value: Value::Text("not signed") }],
    replayed: false,
    trace_header: None,
};
const VERSIONS: [SignatureVersion; 2] = [SignatureVersion::V1, SignatureVersion::V2];

fn signatures() -> Signatures {
    Signatures::new(SigningKey::ephemeral())
}

fn parse(json: &str) -> serde_json::Value {
    serde_json::from_str(json).expect("JSON")
}

#[test]
fn a_subscriber_accepts_what_was_sent_and_nothing_that_was_changed() {
    let (signatures, addresses) = (signatures(), Addresses::default());
    let pem = signatures.certificate().unwrap().pem();
    for version in VERSIONS {
        for subject in [NOTIFICATION.subject, None] {
            let notification = Notification { signature_version: Some(version), subject, ..NOTIFICATION };
            for render in [render_sqs, render_http] {
                let body = parse(&render(&notification, &signatures, &addresses).unwrap());
                assert_eq!(body["SignatureVersion"], version.as_str());
                assert!(is_genuine(&body, pem));
                for signed in ["Message", "MessageId", "Subject", "Timestamp", "TopicArn"] {
                    let mut forged = body.clone();
                    forged[signed] = "forged".into();
                    assert!(!is_genuine(&forged, pem), "{signed}");
                }
                let mut changed = body.clone();
                changed["MessageAttributes"]["n"]["Value"] = "attributes are not signed".into();
                changed["UnsubscribeURL"] = "nor are addresses".into();
                assert!(is_genuine(&changed, pem));
            }
        }
    }
}

#[test]
fn another_keys_signature_is_not_accepted() {
    let body = parse(&render_sqs(&NOTIFICATION, &signatures(), &Addresses::default()).unwrap());
    assert!(!is_genuine(&body, signatures().certificate().unwrap().pem()));
}

#[test]
fn a_functions_record_is_signed_with_version_1() {
    let signatures = signatures();
    let notification = Notification { signature_version: Some(SignatureVersion::V2), ..NOTIFICATION };
    let event = parse(&render_lambda_event(&notification, &signatures, &Addresses::default()).unwrap());
    let record = &event["Records"][0]["Sns"];
    assert_eq!(record["SignatureVersion"], "1");
    assert!(is_genuine(record, signatures.certificate().unwrap().pem()));
}

#[test]
fn confirmations_are_signed_with_their_token_and_url() {
    let (signatures, addresses) = (signatures(), Addresses::default());
    let pem = signatures.certificate().unwrap().pem();
    for version in VERSIONS {
        for kind in [
            ConfirmationKind::Subscription,
            ConfirmationKind::Unsubscribe { subscription_arn: NOTIFICATION.subscription_arn },
        ] {
            let confirmation = Confirmation {
                kind,
                message_id: 2,
                topic_arn: NOTIFICATION.topic_arn,
                token: "2336412f37fb687f5d51e6e2",
                timestamp_ms: NOTIFICATION.timestamp_ms,
                signature_version: version,
            };
            let body = parse(&confirmation.render(&signatures, &addresses).unwrap());
            assert!(is_genuine(&body, pem));
            for signed in ["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"] {
                let mut forged = body.clone();
                forged[signed] = "forged".into();
                assert!(!is_genuine(&forged, pem), "{signed}");
            }
        }
    }
}

#[test]
fn a_message_under_one_id_that_differs_by_protocol_has_a_signature_each() {
    let (signatures, addresses) = (signatures(), Addresses::default());
    let pem = signatures.certificate().unwrap().pem();
    for message in ["for queues", "for functions"] {
        let notification = Notification { message, ..NOTIFICATION };
        assert!(is_genuine(&parse(&render_sqs(&notification, &signatures, &addresses).unwrap()), pem));
    }
}

#[test]
fn threads_that_sign_at_once_agree_on_key_and_signature() {
    let directory = tempfile::tempdir().unwrap();
    let signatures = Signatures::new(SigningKey::open(directory.path()).unwrap());
    let addresses = Addresses::default();
    let render = || render_sqs(&NOTIFICATION, &signatures, &addresses).unwrap();
    let bodies: Vec<String> = thread::scope(|scope| {
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(render)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(bodies.iter().all(|body| *body == bodies[0]));
    assert!(is_genuine(&parse(&bodies[0]), signatures.certificate().unwrap().pem()));
}

#[test]
fn the_certificate_is_one_that_validators_take() {
    let signatures = signatures();
    let (rest, pem) = parse_x509_pem(signatures.certificate().unwrap().pem().as_bytes()).unwrap();
    assert!(rest.is_empty());
    let certificate = pem.parse_x509().unwrap();
    assert_eq!(certificate.version(), X509Version::V3);
    assert_eq!(certificate.signature_algorithm.algorithm, OID_PKCS1_SHA256WITHRSA);
    assert_eq!(certificate.subject().to_string(), "CN=sns.amazonaws.com");
    assert_eq!(certificate.issuer(), certificate.subject());
    let names = certificate.subject_alternative_name().unwrap().unwrap();
    assert_eq!(names.value.general_names[0].to_string(), "DNSName(sns.amazonaws.com)");
    assert!(!certificate.is_ca());
    let PublicKey::RSA(key) = certificate.public_key().parsed().unwrap() else { panic!("not RSA") };
    assert_eq!((key.key_size(), key.try_exponent().unwrap()), (2048, 65537));
    let validity = certificate.validity();
    assert!(validity.not_before.timestamp() < 1_600_000_000 && validity.not_after.timestamp() > 4_000_000_000);
}

#[test]
fn the_certificates_path_is_made_of_its_digest() {
    let signatures = signatures();
    let path = signatures.certificate().unwrap().path().to_owned();
    let digest = path.strip_prefix("/SimpleNotificationService-").unwrap().strip_suffix(".pem").unwrap();
    assert_eq!(digest.len(), 32);
    assert!(digest.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')));
    assert_eq!(signatures.certificate().unwrap().path(), path);
}
