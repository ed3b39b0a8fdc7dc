//! A subscriber that checks what it gets, with nothing but the JSON and the certificate: it shares no code with the signer.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::signature::{
    RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY, RSA_PKCS1_2048_8192_SHA256, RsaParameters, UnparsedPublicKey,
};
use serde_json::Value;
use x509_parser::pem::parse_x509_pem;

const NOTIFICATION: &[&str] = &["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"];
const CONFIRMATION: &[&str] = &["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"];

/// Whether the signature in `body` is the certificate's.
pub(crate) fn is_genuine(body: &Value, certificate_pem: &str) -> bool {
    let keys = if body["Type"] == "Notification" { NOTIFICATION } else { CONFIRMATION };
    let signed: String =
        keys.iter().filter_map(|key| body[key].as_str().map(|value| format!("{key}\n{value}\n"))).collect();
    let signature = STANDARD.decode(body["Signature"].as_str().expect("a signature")).expect("base64");
    let algorithm: &RsaParameters = match body["SignatureVersion"].as_str() {
        Some("1") => &RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY,
        Some("2") => &RSA_PKCS1_2048_8192_SHA256,
        other => panic!("signature version {other:?}"),
    };
    let (_, pem) = parse_x509_pem(certificate_pem.as_bytes()).expect("PEM");
    let certificate = pem.parse_x509().expect("X.509");
    UnparsedPublicKey::new(algorithm, &certificate.public_key().subject_public_key.data)
        .verify(signed.as_bytes(), &signature)
        .is_ok()
}
