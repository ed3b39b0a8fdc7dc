//! Signatures made with a shared secret, compared in constant time.

use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::{Sha256, Sha512};

use super::Secret;

/// The hash inside an HMAC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hash {
    Sha256,
    Sha1,
    Sha512,
}

impl Hash {
    /// Whether one of the secrets makes this signature of the message, which comes in parts.
    pub(super) fn is_signed(self, secrets: &[Secret], message: &[&[u8]], signature: &[u8]) -> bool {
        let matches = match self {
            Self::Sha256 => matches::<Hmac<Sha256>>,
            Self::Sha1 => matches::<Hmac<Sha1>>,
            Self::Sha512 => matches::<Hmac<Sha512>>,
        };
        secrets.iter().any(|secret| matches(secret, message, signature))
    }
}

fn matches<M: Mac + KeyInit>(secret: &Secret, message: &[&[u8]], signature: &[u8]) -> bool {
    let mut mac = <M as KeyInit>::new_from_slice(&secret.0).expect("HMAC takes keys of every length");
    message.iter().for_each(|part| mac.update(part));
    mac.verify_slice(signature).is_ok()
}
