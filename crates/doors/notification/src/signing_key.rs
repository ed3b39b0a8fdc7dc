//! The key with which topics sign, made when it is first needed and kept in the data directory.
//!
//! Version 1 is what every topic signs with by default, and it is over SHA-1. No library that is quick at RSA signs
//! SHA-1 any more through a safe interface, so that `rsa` does it and `ring` does version 2: see
//! `docs/adr/0006-signing-notifications.md`.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};

use crate::key_pair::{KeyPair, SIGNATURE_BYTES};
use crate::{Certificate, SignatureVersion, key_file};

/// The name of the file in the data directory: PEM with the private key (PKCS #8), then the certificate.
pub const KEY_FILE_NAME: &str = "signing-key.pem";

/// An RSA key of 2048 bits and its certificate.
pub struct SigningKey {
    /// `None`: kept in memory.
    path: Option<PathBuf>,
    pair: OnceLock<KeyPair>,
    /// Held while the key is made, so that it is made once.
    making: Mutex<()>,
}

/// Nothing can be signed.
#[derive(Debug, thiserror::Error)]
pub enum SigningKeyError {
    /// The file is there but is not what was written. It is left alone: the certificate's address is in messages that
    /// were sent, and only the operator knows whether there is a copy.
    #[error("the signing key {} is damaged: {reason}; restore it from a copy, or move it away for a new one", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The file cannot be read.
    #[error("the signing key {} cannot be read: {source}", path.display())]
    NotRead {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A new key could not be kept, and is not used: the next signature tries again.
    #[error("the signing key {} cannot be written: {source}", path.display())]
    NotWritten {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// No key could be made: the next signature tries again.
    #[error("no signing key can be made: {0}")]
    NotMade(String),
}

impl SigningKey {
    /// The key in `directory`, which has to exist by the first signature, and is this process's alone.
    ///
    /// A key that is there is read and checked. One that is not there is made by the first signature, or the first
    /// request for the certificate.
    pub fn open(directory: &Path) -> Result<SigningKey, SigningKeyError> {
        let path = directory.join(KEY_FILE_NAME);
        let pair = read(&path)?.map_or_else(OnceLock::new, OnceLock::from);
        Ok(SigningKey { path: Some(path), pair, making: Mutex::new(()) })
    }

    /// A key that is kept nowhere, made when it is first needed.
    pub fn ephemeral() -> SigningKey {
        SigningKey { path: None, pair: OnceLock::new(), making: Mutex::new(()) }
    }

    /// What subscribers check signatures with.
    pub fn certificate(&self) -> Result<&Certificate, SigningKeyError> {
        Ok(self.pair()?.certificate())
    }

    /// The signature of `message`. The same message has the same signature, always.
    pub fn sign(&self, version: SignatureVersion, message: &[u8]) -> Result<[u8; SIGNATURE_BYTES], SigningKeyError> {
        let pair = self.pair()?;
        Ok(match version {
            SignatureVersion::V1 => pair.sign_sha1(message),
            SignatureVersion::V2 => pair.sign_sha256(message),
        })
    }

    fn pair(&self) -> Result<&KeyPair, SigningKeyError> {
        if let Some(pair) = self.pair.get() {
            return Ok(pair);
        }
        let _making = self.making.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(pair) = self.pair.get() {
            return Ok(pair);
        }
        let pair = self.make()?;
        Ok(self.pair.get_or_init(|| pair))
    }

    fn make(&self) -> Result<KeyPair, SigningKeyError> {
        // A file that has appeared is not replaced.
        if let Some(path) = &self.path
            && let Some(pair) = read(path)?
        {
            return Ok(pair);
        }
        let text = KeyPair::generate().map_err(SigningKeyError::NotMade)?;
        let pair = KeyPair::parse(text.as_bytes()).map_err(SigningKeyError::NotMade)?;
        if let Some(path) = &self.path {
            key_file::create(path, &text)
                .map_err(|source| SigningKeyError::NotWritten { path: path.clone(), source })?;
        }
        Ok(pair)
    }
}

fn read(path: &Path) -> Result<Option<KeyPair>, SigningKeyError> {
    let contents = key_file::read(path).map_err(|source| SigningKeyError::NotRead { path: path.to_owned(), source })?;
    let Some(contents) = contents else { return Ok(None) };
    let pair =
        KeyPair::parse(&contents).map_err(|reason| SigningKeyError::Damaged { path: path.to_owned(), reason })?;
    Ok(Some(pair))
}
