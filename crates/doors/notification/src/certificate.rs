//! The certificate with which subscribers check signatures.

use pem::{EncodeConfig, LineEnding, Pem};
use rcgen::{CertificateParams, DnType, KeyPair, KeyUsagePurpose, PKCS_RSA_SHA256, date_time_ymd};
use rsa::pkcs8::der::asn1::BitStringRef;
use rsa::pkcs8::der::{self, Decode, Reader, SliceReader, Tag};
use sha2::{Digest, Sha256};

/// The name AWS's certificate has. Some validators compare it, as the common name or among the alternative names.
const NAME: &str = "sns.amazonaws.com";

/// No clock is asked: a key made on a machine whose clock is wrong has to be good on others.
const VALID_FROM_YEAR: i32 = 2020;
const VALID_UNTIL_YEAR: i32 = 2120;

/// `sha256WithRSAEncryption` as a certificate names it (RFC 4055), in DER.
const SHA256_WITH_RSA: [u8; 15] = *b"\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b\x05\x00";

/// An X.509 certificate in its two forms, and where it is served.
#[derive(Debug)]
pub struct Certificate {
    der: Vec<u8>,
    pem: String,
    path: String,
}

impl Certificate {
    pub(crate) fn of_der(der: Vec<u8>) -> Certificate {
        let pem = pem_text("CERTIFICATE", &der);
        let path = format!("/SimpleNotificationService-{}.pem", hex::encode(&Sha256::digest(&der)[..16]));
        Certificate { der, pem, path }
    }

    /// Made for a private key in PKCS #8, and signed with it: nobody vouches for it but the address it is served at.
    pub(crate) fn self_signed(pkcs8: &[u8]) -> Result<Certificate, rcgen::Error> {
        let key = KeyPair::from_pkcs8_der_and_sign_algo(&pkcs8.into(), &PKCS_RSA_SHA256)?;
        let mut params = CertificateParams::new([NAME.to_owned()])?;
        params.distinguished_name.push(DnType::CommonName, NAME);
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.not_before = date_time_ymd(VALID_FROM_YEAR, 1, 1);
        params.not_after = date_time_ymd(VALID_UNTIL_YEAR, 1, 1);
        Ok(Certificate::of_der(params.self_signed(&key)?.der().to_vec()))
    }

    /// PEM: what is served.
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// `/SimpleNotificationService-<32 hex digits>.pem`, after the certificate's digest.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// What is signed in it (`TBSCertificate`), and the signature; an error unless nothing else is in it.
    pub(crate) fn signed_part(&self) -> der::Result<(&[u8], &[u8])> {
        let mut reader = SliceReader::new(&self.der)?;
        let parts = reader.sequence(|certificate| -> der::Result<_> {
            let to_be_signed = certificate.tlv_bytes()?;
            if certificate.tlv_bytes()? != SHA256_WITH_RSA {
                return Err(Tag::Sequence.value_error().into());
            }
            let signature = BitStringRef::decode(certificate)?;
            Ok((to_be_signed, signature.as_bytes().ok_or(Tag::BitString.value_error())?))
        })?;
        reader.finish()?;
        Ok(parts)
    }
}

/// One PEM block with lines that end in LF on every platform.
pub(crate) fn pem_text(tag: &str, der: &[u8]) -> String {
    pem::encode_config(&Pem::new(tag, der), EncodeConfig::new().set_line_ending(LineEnding::LF))
}
