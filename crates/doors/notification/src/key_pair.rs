//! An RSA key that signs with both versions, and its certificate.

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;
use ring::error::Unspecified;
use ring::rand::SystemRandom;
use ring::signature::RSA_PKCS1_SHA256;
use rsa::pkcs8::{DecodePrivateKey, EncodePrivateKey};
use rsa::traits::PublicKeyParts;
use rsa::{Pkcs1v15Sign, RsaPrivateKey};
use sha1::{Digest, Sha1};

use crate::Certificate;
use crate::certificate::pem_text;

/// The length of a signature: that of the key.
pub const SIGNATURE_BYTES: usize = 256;

const PRIVATE_KEY: &str = "PRIVATE KEY";
const CERTIFICATE: &str = "CERTIFICATE";

/// One key, held by two libraries: `ring` is three times as fast, but signs SHA-1 for nobody.
pub(crate) struct KeyPair {
    sha1: RsaPrivateKey,
    sha256: ring::signature::RsaKeyPair,
    certificate: Certificate,
}

impl KeyPair {
    /// A new key and its certificate, as the text of a key file.
    pub(crate) fn generate() -> Result<String, String> {
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).map_err(|error| format!("no randomness: {error}"))?;
        let key = RsaPrivateKey::new(&mut ChaCha20Rng::from_seed(seed), SIGNATURE_BYTES * 8);
        let pkcs8 = key.map_err(|error| error.to_string())?.to_pkcs8_der().map_err(|error| error.to_string())?;
        let certificate = Certificate::self_signed(pkcs8.as_bytes()).map_err(|error| error.to_string())?;
        Ok(pem_text(PRIVATE_KEY, pkcs8.as_bytes()) + certificate.pem())
    }

    /// Reads the text of a key file. The error says what is wrong with it, and never what is in it.
    pub(crate) fn parse(text: &[u8]) -> Result<KeyPair, String> {
        let blocks = pem::parse_many(text).map_err(|error| format!("it is not PEM: {error}"))?;
        let [key, certificate] = blocks.as_slice() else {
            return Err(format!("it has {} PEM blocks, not a private key and a certificate", blocks.len()));
        };
        if (key.tag(), certificate.tag()) != (PRIVATE_KEY, CERTIFICATE) {
            return Err(format!("it has no {PRIVATE_KEY} and {CERTIFICATE} in this order"));
        }
        let sha1 = RsaPrivateKey::from_pkcs8_der(key.contents()).map_err(|error| format!("the key: {error}"))?;
        if sha1.size() != SIGNATURE_BYTES {
            return Err(format!("the key has {} bits, not {}", sha1.size() * 8, SIGNATURE_BYTES * 8));
        }
        let sha256 = ring::signature::RsaKeyPair::from_pkcs8(key.contents());
        let sha256 = sha256.map_err(|error| format!("the key: {error}"))?;
        let pair = KeyPair { sha1, sha256, certificate: Certificate::of_der(certificate.contents().to_vec()) };
        pair.check_certificate()?;
        Ok(pair)
    }

    /// The certificate signed again has to be the certificate that is there, so that a changed bit in either shows.
    ///
    /// This holds the key's factors to account too: neither library looks at all of them when it reads a key.
    fn check_certificate(&self) -> Result<(), String> {
        let parts = self.certificate.signed_part();
        let (signed, signature) = parts.map_err(|error| format!("the certificate: {error}"))?;
        if self.try_sign_sha256(signed).is_ok_and(|again| again == signature) {
            return Ok(());
        }
        Err("the certificate is not one that the key signs".to_owned())
    }

    pub(crate) fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// PKCS #1 v1.5 over SHA-1.
    pub(crate) fn sign_sha1(&self, message: &[u8]) -> [u8; SIGNATURE_BYTES] {
        let signature = self.sha1.sign(Pkcs1v15Sign::new::<Sha1>(), &Sha1::digest(message));
        let signature = signature.expect("a key of 2048 bits that was checked signs every digest");
        signature.try_into().expect("a signature is as long as its key")
    }

    /// PKCS #1 v1.5 over SHA-256.
    pub(crate) fn sign_sha256(&self, message: &[u8]) -> [u8; SIGNATURE_BYTES] {
        self.try_sign_sha256(message).expect("a key of 2048 bits that was checked signs every message")
    }

    /// Deterministic: the random source is for other paddings.
    fn try_sign_sha256(&self, message: &[u8]) -> Result<[u8; SIGNATURE_BYTES], Unspecified> {
        let mut signature = [0; SIGNATURE_BYTES];
        self.sha256.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature)?;
        Ok(signature)
    }
}

#[cfg(test)]
mod tests {
    use sha2::Sha256;

    use super::*;

    #[test]
    fn both_libraries_sign_alike() {
        let pair = KeyPair::parse(KeyPair::generate().unwrap().as_bytes()).unwrap();
        for message in [b"".as_slice(), b"Message\nHello\n", &[0xff; 1000]] {
            let other = pair.sha1.sign(Pkcs1v15Sign::new::<Sha256>(), &Sha256::digest(message)).unwrap();
            assert_eq!(pair.sign_sha256(message).as_slice(), other);
            assert_eq!(pair.sign_sha256(message), pair.sign_sha256(message));
            assert_eq!(pair.sign_sha1(message), pair.sign_sha1(message));
        }
    }

    #[test]
    fn a_key_that_is_not_of_2048_bits_is_refused() {
        let key = RsaPrivateKey::new(&mut ChaCha20Rng::from_seed([1; 32]), 1024).unwrap().to_pkcs8_der().unwrap();
        let text = pem_text(PRIVATE_KEY, key.as_bytes()) + &pem_text(CERTIFICATE, b"none");
        assert_eq!(KeyPair::parse(text.as_bytes()).err().unwrap(), "the key has 1024 bits, not 2048");
    }
}
