//! Signatures and keys, compared in constant time.

use hmac::{Hmac, KeyInit, Mac};
use ring::signature::{ED25519, UnparsedPublicKey};
use sha1::Sha1;
use sha2::{Sha256, Sha512};

use super::Secret;

/// How a sender shows that it knows a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Algorithm {
    HmacSha256,
    HmacSha1,
    HmacSha512,
    /// The key is the public half.
    Ed25519,
    /// It sends the key itself, and nothing is signed.
    Token,
}

impl Algorithm {
    /// The key that made one of the signatures of the message, which comes in parts.
    pub(super) fn signer<'k>(
        self,
        keys: &'k [Secret],
        message: &[&[u8]],
        signatures: &[Vec<u8>],
    ) -> Option<&'k Secret> {
        match self {
            Self::HmacSha256 => find(keys, signatures, |key| hmac::<Hmac<Sha256>>(key, message)),
            Self::HmacSha1 => find(keys, signatures, |key| hmac::<Hmac<Sha1>>(key, message)),
            Self::HmacSha512 => find(keys, signatures, |key| hmac::<Hmac<Sha512>>(key, message)),
            Self::Ed25519 => {
                let message = message.concat();
                let is_signed = |key: &Secret, signature: &[u8]| {
                    UnparsedPublicKey::new(&ED25519, key.bytes()).verify(&message, signature).is_ok()
                };
                keys.iter().find(|key| signatures.iter().any(|signature| is_signed(key, signature)))
            }
            Self::Token => keys.iter().find(|key| signatures.iter().any(|signature| key.equals(signature))),
        }
    }
}

/// The message is read once a key, however many signatures there are.
fn find<'k, M: Mac + Clone>(
    keys: &'k [Secret],
    signatures: &[Vec<u8>],
    mac_by: impl Fn(&Secret) -> M,
) -> Option<&'k Secret> {
    keys.iter().find(|key| {
        let mac = mac_by(key);
        signatures.iter().any(|signature| mac.clone().verify_slice(signature).is_ok())
    })
}

fn hmac<M: Mac + KeyInit>(key: &Secret, message: &[&[u8]]) -> M {
    let mut mac = <M as KeyInit>::new_from_slice(key.bytes()).expect("HMAC takes keys of every length");
    message.iter().for_each(|part| mac.update(part));
    mac
}

/// The hexadecimal HMAC-SHA256 of a text.
pub(super) fn hmac_sha256_hex(key: &Secret, text: &str) -> String {
    hex::encode(hmac::<Hmac<Sha256>>(key, &[text.as_bytes()]).finalize().into_bytes())
}
