//! `hmac`: a header that carries an HMAC of the raw body, as GitHub, Shopify, Meta, Linear and many others send it.
//!
//! | option | meaning | unless given |
//! | --- | --- | --- |
//! | `Header` | the header's name, for GitHub `X-Hub-Signature-256` | required |
//! | `Prefix` | what stands before the signature, for GitHub `sha256=` | nothing |
//! | `Encoding` | `hex` or `base64` | `hex` |
//! | `Hash` | `sha256`, `sha1` or `sha512` | `sha256` |
//!
//! The signature says nothing about when it was made, and equal bodies have equal signatures: only the route can name a
//! deduplication id (for GitHub `$request.header.X-GitHub-Delivery`); without one the queue's own setting decides.

use base64::{Engine, prelude::BASE64_STANDARD};
use hyper::header::HeaderName;

use super::{Provider, Received, Refusal, Secret, Settings, SettingsError, Unverified, signature::Hash};

struct Hmac {
    header: HeaderName,
    prefix: String,
    encoding: Encoding,
    hash: Hash,
    secrets: Vec<Secret>,
}

#[derive(Clone, Copy)]
enum Encoding {
    Hex,
    Base64,
}

pub(super) fn make(settings: &Settings<'_>) -> Result<Box<dyn Provider>, SettingsError> {
    settings.only_options(&["Header", "Prefix", "Encoding", "Hash"])?;
    let header = settings.option("Header").and_then(|name| name.parse().ok());
    Ok(Box::new(Hmac {
        header: header.ok_or_else(|| SettingsError("the provider `hmac` needs the name of a `Header`".into()))?,
        prefix: settings.option("Prefix").unwrap_or_default().into(),
        encoding: settings.choice("Encoding", &[("hex", Encoding::Hex), ("base64", Encoding::Base64)])?,
        hash: settings.choice("Hash", &[("sha256", Hash::Sha256), ("sha1", Hash::Sha1), ("sha512", Hash::Sha512)])?,
        secrets: settings.secrets()?,
    }))
}

impl Provider for Hmac {
    fn receive<'a>(&self, request: Unverified<'a>, _: u64) -> Result<Received<'a>, Refusal> {
        let name = self.header.as_str();
        let malformed = || Refusal::HeaderMalformed(name.into());
        let encoded = request.header(name)?.strip_prefix(self.prefix.as_str()).ok_or_else(malformed)?;
        let signature = match self.encoding {
            Encoding::Hex => hex::decode(encoded).ok(),
            Encoding::Base64 => BASE64_STANDARD.decode(encoded).ok(),
        };
        let signature = signature.ok_or_else(malformed)?;
        if !self.hash.is_signed(&self.secrets, &[request.body], &signature) {
            return Err(Refusal::SignatureWrong);
        }
        Ok(Received::Event(request.verified()))
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use hyper::HeaderMap;

    use super::*;
    use crate::Webhook;

    const GITHUB: &[(&str, &str)] = &[("Header", "X-Hub-Signature-256"), ("Prefix", "sha256=")];
    const SHOPIFY: &[(&str, &str)] = &[("Header", "X-Shopify-Hmac-Sha256"), ("Encoding", "base64")];

    fn webhook(options: &[(&str, &str)], secrets: &[&str]) -> Webhook {
        Webhook {
            provider: "hmac".into(),
            secrets: secrets.iter().map(|secret| (*secret).into()).collect(),
            options: options.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect(),
            ..Webhook::default()
        }
    }

    fn receive(webhook: &Webhook, header: Option<(&str, &str)>, body: &'static str) -> Result<(), Refusal> {
        let headers: HeaderMap =
            header.into_iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
        let body = Bytes::from_static(body.as_bytes());
        let provider = super::super::make(webhook).unwrap();
        provider.receive(Unverified::new(&headers, &body), 0).map(|received| {
            assert!(matches!(received, Received::Event(_)));
        })
    }

    /// GitHub's published example.
    const SECRET: &str = "It's a Secret to Everybody";
    const BODY: &str = "Hello, World!";
    const SIGNATURE: &str = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";

    #[test]
    fn githubs_signature_is_believed() {
        let header = Some(("x-hub-signature-256", SIGNATURE));
        assert_eq!(receive(&webhook(GITHUB, &[SECRET]), header, BODY), Ok(()));
        assert_eq!(receive(&webhook(GITHUB, &["new", SECRET]), header, BODY), Ok(()));
        let upper = SIGNATURE.to_uppercase().replace("SHA", "sha");
        assert_eq!(receive(&webhook(GITHUB, &[SECRET]), Some(("x-hub-signature-256", &upper)), BODY), Ok(()));
    }

    #[test]
    fn shopifys_base64_and_metas_hex_are_believed() {
        let signature = "VnKUjZsLuN5iZWjn5EntcBVCF9kMN43LglzCE1/GSeY=";
        let header = Some(("X-Shopify-Hmac-Sha256", signature));
        assert_eq!(receive(&webhook(SHOPIFY, &["hush"]), header, r#"{"id":1}"#), Ok(()));
        let signature = "sha256=ae958d6f00b134dd32b95a9a76bedaaeb068c0949769358355023f7d1a0c580b";
        let header = Some(("X-Hub-Signature-256", signature));
        assert_eq!(receive(&webhook(GITHUB, &["app-secret"]), header, r#"{"object":"page"}"#), Ok(()));
    }

    /// The test cases 2 of RFC 2202 and RFC 4231.
    #[test]
    fn sha1_and_sha512_are_believed() {
        let sha512 = "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554\
                      9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737";
        for (hash, signature) in [("sha1", "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"), ("sha512", sha512)] {
            let webhook = webhook(&[("Header", "x"), ("Hash", hash)], &["Jefe"]);
            assert_eq!(receive(&webhook, Some(("x", signature)), "what do ya want for nothing?"), Ok(()));
        }
    }

    #[test]
    fn anything_else_is_refused() {
        let webhook = webhook(GITHUB, &[SECRET]);
        let name = "x-hub-signature-256";
        let malformed = Refusal::HeaderMalformed(name.into());
        assert_eq!(receive(&webhook, None, BODY), Err(Refusal::HeaderMissing(name.into())));
        for value in ["", "sha256", "sha1=00", "sha256=xyz", "sha256=0", &SIGNATURE[7..]] {
            assert_eq!(receive(&webhook, Some((name, value)), BODY), Err(malformed.clone()), "{value}");
        }
        for value in ["sha256=", "sha256=75", &SIGNATURE[..69], &format!("{SIGNATURE}00")] {
            assert_eq!(receive(&webhook, Some((name, value)), BODY), Err(Refusal::SignatureWrong), "{value}");
        }
        assert_eq!(receive(&webhook, Some((name, SIGNATURE)), "Hello, World?"), Err(Refusal::SignatureWrong));
        let other = self::webhook(GITHUB, &["another secret"]);
        assert_eq!(receive(&other, Some((name, SIGNATURE)), BODY), Err(Refusal::SignatureWrong));
    }

    #[test]
    fn settings_that_verify_nothing_are_refused() {
        for (options, secrets) in [
            (GITHUB, &[][..]),
            (GITHUB, &[""]),
            (GITHUB, &["good", ""]),
            (&[], &["s"]),
            (&[("Header", "not a header")], &["s"]),
            (&[("Header", "x"), ("Hash", "md5")], &["s"]),
            (&[("Header", "x"), ("Encoding", "utf-8")], &["s"]),
            (&[("Header", "x"), ("Hedaer", "y")], &["s"]),
        ] {
            assert!(super::super::make(&webhook(options, secrets)).is_err(), "{options:?}");
        }
    }
}
