//! The certificates that SNS signs with: where they may come from, and what they sign.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use ring::signature::{
    RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY, RSA_PKCS1_2048_8192_SHA256, RsaParameters, UnparsedPublicKey,
};
use x509_parser::pem::parse_x509_pem;

/// Certificates that are kept. AWS uses one a region and replaces it now and then; a new one then takes the place of all.
const CERTIFICATES_KEPT_MAX: usize = 16;

/// Where SNS's own addresses begin and end; between them is a region.
const HOST_BEGINS: &str = "https://sns.";
const HOST_ENDS: [&str; 2] = [".amazonaws.com", ".amazonaws.com.cn"];

/// Whose addresses are trusted: SNS's, and another server's if the route names it.
pub(super) struct Origins {
    pub(super) own: Option<String>,
}

impl Origins {
    /// Whether an address is of a server that is trusted: of whoever could have signed, not of whoever sent.
    pub(super) fn trust(&self, address: &str) -> bool {
        let is_own =
            self.own.as_ref().is_some_and(|own| address.strip_prefix(own).is_some_and(|rest| rest.starts_with('/')));
        let end_of_host = address.strip_prefix(HOST_BEGINS).and_then(|rest| rest.find('/'));
        let host = end_of_host.map(|end| &address[HOST_BEGINS.len()..HOST_BEGINS.len() + end]);
        let region = host.and_then(|host| HOST_ENDS.iter().find_map(|end| host.strip_suffix(end)));
        is_own || region.is_some_and(is_region)
    }
}

fn is_region(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    !text.is_empty() && text.bytes().all(is_plain)
}

/// What a certificate says of its key.
pub(super) struct Certificate {
    public_key: Vec<u8>,
    not_before_seconds: i64,
    not_after_seconds: i64,
}

/// Which hash a signature is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SignatureVersion {
    Sha1,
    Sha256,
}

impl Certificate {
    /// Reads PEM; `None` if there is no certificate in it.
    pub(super) fn read(pem: &[u8]) -> Option<Self> {
        let (_, pem) = parse_x509_pem(pem).ok()?;
        let certificate = pem.parse_x509().ok()?;
        let validity = certificate.validity();
        Some(Self {
            public_key: certificate.public_key().subject_public_key.data.to_vec(),
            not_before_seconds: validity.not_before.timestamp(),
            not_after_seconds: validity.not_after.timestamp(),
        })
    }

    /// Whether its key signed this text, and may sign at this time.
    pub(super) fn signed(&self, text: &str, signature: &[u8], version: SignatureVersion, now_ms: u64) -> bool {
        let algorithm: &RsaParameters = match version {
            SignatureVersion::Sha1 => &RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY,
            SignatureVersion::Sha256 => &RSA_PKCS1_2048_8192_SHA256,
        };
        let now_seconds = i64::try_from(now_ms / 1000).unwrap_or(i64::MAX);
        (self.not_before_seconds..=self.not_after_seconds).contains(&now_seconds)
            && UnparsedPublicKey::new(algorithm, &self.public_key).verify(text.as_bytes(), signature).is_ok()
    }
}

/// Certificates by their addresses. What stands at an address does not change.
#[derive(Default)]
pub(super) struct Certificates(Mutex<BTreeMap<String, Arc<Certificate>>>);

impl Certificates {
    pub(super) fn get(&self, address: &str) -> Option<Arc<Certificate>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(address).cloned()
    }

    pub(super) fn keep(&self, address: String, certificate: Certificate) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= CERTIFICATES_KEPT_MAX {
            kept.clear();
        }
        kept.insert(address, Arc::new(certificate));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_sns_are_trusted_and_those_that_look_like_them_are_not() {
        let origins = Origins { own: Some("http://127.0.0.1:4566".into()) };
        for address in [
            "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-ab.pem",
            "https://sns.ap-northeast-2.amazonaws.com/?Action=ConfirmSubscription",
            "https://sns.cn-north-1.amazonaws.com.cn/x.pem",
            "http://127.0.0.1:4566/x.pem",
        ] {
            assert!(origins.trust(address), "{address}");
        }
        for address in [
            "",
            "http://sns.us-east-1.amazonaws.com/x.pem",
            "https://sns.us-east-1.amazonaws.com",
            "https://sns.us-east-1.amazonaws.com.evil.example/x.pem",
            "https://sns.us-east-1.amazonaws.com:8443/x.pem",
            "https://sns.us-east-1.amazonaws.com@evil.example/x.pem",
            "https://sns.evil.example/.amazonaws.com/x.pem",
            "https://sns.a.b.amazonaws.com/x.pem",
            "https://sns..amazonaws.com/x.pem",
            "https://evil.example/https://sns.us-east-1.amazonaws.com/x.pem",
            "https://sns.us-east-1.amazonaws.com\\.evil.example/x.pem",
            "https://s3.amazonaws.com/x.pem",
            "http://127.0.0.1:4566",
            "http://127.0.0.1:45660/x.pem",
            "http://127.0.0.1:4566@evil.example/x.pem",
        ] {
            assert!(!origins.trust(address), "{address}");
        }
        assert!(!Origins { own: None }.trust("http://127.0.0.1:4566/x.pem"));
    }

    #[test]
    fn what_is_no_certificate_is_none() {
        for text in ["", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "<html>"] {
            assert!(Certificate::read(text.as_bytes()).is_none(), "{text}");
        }
    }
}
