//! Signs each text once, however many subscribers it goes to.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha1::Sha1;
use sha2::{Digest as _, Sha256};

use crate::{Certificate, SigningKey, SigningKeyError};

/// How many signatures are remembered at most, at half a kilobyte each: the consumers of one queue may be half as many
/// notifications behind those of another. What was not used for long is forgotten, and signed again when it is asked for.
pub const SIGNATURES_KEPT_MAX: usize = 32_768;

/// The hash that a signature is over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SignatureVersion {
    /// `1`: SHA-1. A topic's default.
    #[default]
    V1,
    /// `2`: SHA-256. Takes a third of the time.
    V2,
}

impl SignatureVersion {
    /// 1 or 2, and `None` for everything else: a FIFO topic, which has 0, does not sign.
    pub fn of(number: u8) -> Option<SignatureVersion> {
        match number {
            1 => Some(SignatureVersion::V1),
            2 => Some(SignatureVersion::V2),
            _ => None,
        }
    }

    /// As the attribute and the envelope spell it.
    pub fn as_str(self) -> &'static str {
        match self {
            SignatureVersion::V1 => "1",
            SignatureVersion::V2 => "2",
        }
    }

    fn digest(self, text: &str) -> Digest {
        match self {
            SignatureVersion::V1 => Digest::Sha1(Sha1::digest(text).into()),
            SignatureVersion::V2 => Digest::Sha256(Sha256::digest(text).into()),
        }
    }
}

/// A [`SigningKey`] that remembers what it signed.
pub struct Signatures {
    key: SigningKey,
    kept: Mutex<Kept>,
}

/// A signature depends on nothing but the digest of what is signed. A message id would not do: under one id, subscribers
/// of different protocols may read different messages.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Digest {
    Sha1([u8; 20]),
    Sha256([u8; 32]),
}

/// Two generations: when the newer one has half of what may be kept, it becomes the older one.
#[derive(Default)]
struct Kept {
    newer: HashMap<Digest, Arc<str>>,
    older: HashMap<Digest, Arc<str>>,
}

impl Signatures {
    /// Nothing is signed yet.
    pub fn new(key: SigningKey) -> Signatures {
        Signatures { key, kept: Mutex::default() }
    }

    /// What subscribers check signatures with.
    pub fn certificate(&self) -> Result<&Certificate, SigningKeyError> {
        self.key.certificate()
    }

    /// The signature of `text` in base64.
    pub fn sign(&self, version: SignatureVersion, text: &str) -> Result<Arc<str>, SigningKeyError> {
        let digest = version.digest(text);
        if let Some(signature) = self.kept().get(&digest) {
            return Ok(signature);
        }
        // Not under the lock: two threads may sign the same, and nobody waits for somebody else's signature.
        let signature: Arc<str> = STANDARD.encode(self.key.sign(version, text.as_bytes())?).into();
        self.kept().insert(digest, signature.clone());
        Ok(signature)
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn get(&mut self, digest: &Digest) -> Option<Arc<str>> {
        if let Some(signature) = self.newer.get(digest) {
            return Some(signature.clone());
        }
        let signature = self.older.remove(digest)?;
        self.insert(*digest, signature.clone());
        Some(signature)
    }

    fn insert(&mut self, digest: Digest, signature: Arc<str>) {
        if self.newer.len() >= SIGNATURES_KEPT_MAX / 2 {
            self.older = std::mem::take(&mut self.newer);
        }
        self.newer.insert(digest, signature);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(number: usize) -> Digest {
        SignatureVersion::V2.digest(&number.to_string())
    }

    #[test]
    fn a_version_is_spelled_as_its_number() {
        for number in 0..=u8::MAX {
            let spelled = SignatureVersion::of(number).map(SignatureVersion::as_str);
            assert_eq!(spelled, ["1", "2"].into_iter().find(|spelled| *spelled == number.to_string()));
        }
    }

    #[test]
    fn no_more_than_the_limit_is_remembered_and_the_newest_half_always_is() {
        let mut kept = Kept::default();
        for number in 0..3 * SIGNATURES_KEPT_MAX {
            kept.insert(digest(number), number.to_string().into());
            assert!(kept.newer.len() + kept.older.len() <= SIGNATURES_KEPT_MAX);
        }
        for number in 2 * SIGNATURES_KEPT_MAX + SIGNATURES_KEPT_MAX / 2..3 * SIGNATURES_KEPT_MAX {
            assert_eq!(kept.get(&digest(number)).as_deref(), Some(number.to_string().as_str()));
        }
        assert_eq!(kept.get(&digest(0)), None);
    }

    #[test]
    fn what_is_used_again_and_again_stays() {
        let mut kept = Kept::default();
        kept.insert(digest(0), "first".into());
        for number in 1..2 * SIGNATURES_KEPT_MAX {
            kept.insert(digest(number), "other".into());
            assert_eq!(kept.get(&digest(0)).as_deref(), Some("first"));
            assert!(kept.newer.len() + kept.older.len() <= SIGNATURES_KEPT_MAX);
        }
    }

    #[test]
    fn a_text_is_signed_once_for_each_version() {
        let signatures = Signatures::new(SigningKey::ephemeral());
        let first = signatures.sign(SignatureVersion::V1, "a").unwrap();
        assert!(Arc::ptr_eq(&first, &signatures.sign(SignatureVersion::V1, "a").unwrap()));
        assert_ne!(first, signatures.sign(SignatureVersion::V2, "a").unwrap());
        assert_ne!(first, signatures.sign(SignatureVersion::V1, "b").unwrap());
    }
}
