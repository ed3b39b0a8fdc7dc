//! S3's rules: the signature covers what a header says of the body, and the body may come in chunks that are signed too.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html>

use std::fmt;

use hmac::Mac;
use hyper::header::{HeaderMap, HeaderName};
use hyper::{Method, Uri};
use sha2::{Digest, Sha256};

use super::authorization::Authorization;
use super::canonical::{CONTENT_SHA256, Rules, Signed, UNSIGNED_PAYLOAD};
use super::credentials::{Credential, HmacSha256};
use super::presigned::Presigned;
use super::{Caller, Claim, Mode, Verifier, credential_of, foreign_page, in_development, refusal, stated};
use crate::error::ApiError;

/// The service in scopes.
pub const SIGNING_NAME: &str = "s3";

const SIGNED_CHUNKS: &str = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD";
const SIGNED_CHUNKS_TRAILER: &str = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER";
const UNSIGNED_CHUNKS_TRAILER: &str = "STREAMING-UNSIGNED-PAYLOAD-TRAILER";
/// Headers that decide what S3 does.
const AMZ_PREFIX: &str = "x-amz-";

/// A request to S3 from a known caller, and what its head says of its body.
#[derive(Debug)]
pub struct VerifiedRequest {
    /// Who calls.
    pub caller: Caller,
    /// What must be true of the body.
    pub payload: Payload,
}

/// What the head of a request says of its body.
#[derive(Debug)]
pub enum Payload {
    /// Nothing.
    Unsigned,
    /// It has this SHA-256.
    Digest([u8; 32]),
    /// It comes in chunks, `aws-chunked`.
    Chunks {
        /// How they are signed, if they are, and anybody checks.
        signatures: Option<Box<ChunkSignatures>>,
        /// Whether headers follow the last.
        has_trailer: bool,
    },
}

/// Why a request to S3 is refused before it is looked at.
#[derive(Debug, PartialEq, Eq)]
pub enum S3Refusal {
    /// Its clock and ours differ by more than [`SKEW_SECONDS_MAX`](super::SKEW_SECONDS_MAX).
    Skewed,
    /// The time for which its URL was good is over, or has not begun.
    Expired,
    /// It is signed for another region.
    WrongRegion {
        /// The region it is signed for.
        given: String,
        /// The region that this is.
        expected: String,
    },
    /// It does not say what its body is.
    NoContentSha256,
    /// What it says of its body is neither a digest nor a way to send it.
    ContentSha256Unknown,
    /// It has headers that decide what it does, and that its signature does not cover: their names.
    HeadersNotSigned(String),
    /// As any other service refuses it.
    Usual(ApiError),
}

impl From<ApiError> for S3Refusal {
    fn from(error: ApiError) -> S3Refusal {
        S3Refusal::Usual(error)
    }
}

/// Whether a request says that it is signed for S3, or for some other service; `None` if it does not say.
pub fn is_signed_for_s3(uri: &Uri, headers: &HeaderMap) -> Option<bool> {
    Claim::of(uri, headers).and_then(|claim| claim.service().map(|service| service == SIGNING_NAME))
}

impl Verifier {
    /// Verifies the head of a request to S3 as it was received. The body is verified by whoever reads it, with what
    /// comes back from here.
    ///
    /// # Errors
    ///
    /// As [`Verifier::verify`], and for the reasons that are S3's own.
    pub fn verify_s3(
        &self,
        method: &Method,
        uri: &Uri,
        headers: &HeaderMap,
        now_epoch_seconds: u64,
    ) -> Result<VerifiedRequest, S3Refusal> {
        let (credentials, region) = match &*self.mode {
            Mode::Development { .. } if foreign_page::sent(method, headers) => {
                return Err(foreign_page::refusal().into());
            }
            Mode::Development { caller } => {
                let payload = Payload::read(content_sha256(headers).unwrap_or(UNSIGNED_PAYLOAD), None)?;
                return Ok(VerifiedRequest { caller: in_development(caller, uri, headers), payload });
            }
            Mode::Verifying { credentials, region } => (credentials, region),
        };
        let presigned = uri.query().map_or(Ok(None), Presigned::read)?;
        let authorization = stated(headers, presigned.as_ref())?;
        let authorization = authorization.ok_or_else(|| refusal::no_credentials(SIGNING_NAME, uri, headers))?;
        let credential = credential_of(&authorization, credentials)?;
        check(&authorization, region, now_epoch_seconds)?;
        authorization.check_signed_headers(headers)?;
        check_all_is_signed(&authorization, headers)?;
        let content_sha256 = match content_sha256(headers) {
            Some(stated) => stated,
            // Whoever makes a URL seldom knows what will be sent to it.
            None if presigned.is_some() => UNSIGNED_PAYLOAD,
            None => return Err(S3Refusal::NoContentSha256),
        };
        let covered = match presigned.is_some() && !is_named(&authorization, CONTENT_SHA256.as_str()) {
            true => UNSIGNED_PAYLOAD,
            false => content_sha256,
        };
        let (path, query) = (uri.path(), uri.query().unwrap_or_default());
        let rules = Rules::S3 { content_sha256: covered };
        let signed = Signed { method, path, query, headers, rules, names: authorization.signed_headers };
        credential.verify(&authorization, &signed.string_to_sign(&authorization.time, authorization.scope.rest))?;
        let signatures = ChunkSignatures::after(&authorization, credential);
        let payload = Payload::read(content_sha256, Some(signatures))?;
        Ok(VerifiedRequest { caller: credential.caller.clone(), payload })
    }
}

/// What a header that is no text says is nothing that is known.
fn content_sha256(headers: &HeaderMap) -> Option<&str> {
    headers.get(CONTENT_SHA256).map(|value| value.to_str().unwrap_or_default())
}

fn check(authorization: &Authorization<'_>, region: &str, now: u64) -> Result<(), S3Refusal> {
    let given = authorization.scope.region;
    if given != region {
        return Err(S3Refusal::WrongRegion { given: given.to_owned(), expected: region.to_owned() });
    }
    authorization.scope.check(region, SIGNING_NAME, &authorization.time)?;
    let is_url = authorization.good_for.is_some();
    authorization.check_time(now).map_err(|_| if is_url { S3Refusal::Expired } else { S3Refusal::Skewed })
}

/// A URL that was signed for one thing must not do another because somebody adds a header to it.
fn check_all_is_signed(authorization: &Authorization<'_>, headers: &HeaderMap) -> Result<(), S3Refusal> {
    // Says of the body what is true of it, or the body is refused.
    let may_be_missing = |name: &str| name == CONTENT_SHA256 && authorization.good_for.is_some();
    let mut missing: Vec<&str> = headers.keys().map(HeaderName::as_str).collect();
    missing.retain(|name| name.starts_with(AMZ_PREFIX) && !is_named(authorization, name) && !may_be_missing(name));
    missing.sort_unstable();
    if missing.is_empty() { Ok(()) } else { Err(S3Refusal::HeadersNotSigned(missing.join(", "))) }
}

fn is_named(authorization: &Authorization<'_>, header: &str) -> bool {
    authorization.signed_headers.split(';').any(|name| name == header)
}

impl Payload {
    fn read(stated: &str, signatures: Option<ChunkSignatures>) -> Result<Payload, S3Refusal> {
        let signatures = signatures.map(Box::new);
        Ok(match stated {
            UNSIGNED_PAYLOAD => Payload::Unsigned,
            UNSIGNED_CHUNKS_TRAILER => Payload::Chunks { signatures: None, has_trailer: true },
            SIGNED_CHUNKS => Payload::Chunks { signatures, has_trailer: false },
            SIGNED_CHUNKS_TRAILER => Payload::Chunks { signatures, has_trailer: true },
            digits => {
                let mut digest = [0; 32];
                hex::decode_to_slice(digits, &mut digest).map_err(|_| S3Refusal::ContentSha256Unknown)?;
                Payload::Digest(digest)
            }
        })
    }
}

/// Checks the signatures of chunks one after the other: each covers the one before.
pub struct ChunkSignatures {
    key: HmacSha256,
    time: String,
    scope: String,
    /// 64 digits.
    previous: String,
}

impl fmt::Debug for ChunkSignatures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ChunkSignatures({} {})", self.time, self.scope)
    }
}

impl ChunkSignatures {
    fn after(authorization: &Authorization<'_>, credential: &Credential) -> ChunkSignatures {
        ChunkSignatures {
            key: credential.signing_key(&authorization.scope),
            time: authorization.time.as_str().to_owned(),
            scope: authorization.scope.rest.to_owned(),
            previous: hex::encode(authorization.signature),
        }
    }

    /// Whether this is the signature of the next chunk, whose data has this digest.
    #[must_use]
    pub fn admit_chunk(&mut self, data: &[u8; 32], signature: &str) -> bool {
        let nothing = hex::encode(Sha256::digest(b""));
        self.admit(
            &format!("AWS4-HMAC-SHA256-PAYLOAD\n{}\n{}\n{}\n{nothing}\n", self.time, self.scope, self.previous),
            data,
            signature,
        )
    }

    /// Whether this is the signature of the headers after the last chunk: `name:value` and a line feed each.
    #[must_use]
    pub fn admit_trailer(&mut self, headers: &[u8], signature: &str) -> bool {
        let digest = Sha256::digest(headers).into();
        self.admit(
            &format!("AWS4-HMAC-SHA256-TRAILER\n{}\n{}\n{}\n", self.time, self.scope, self.previous),
            &digest,
            signature,
        )
    }

    fn admit(&mut self, before: &str, digest: &[u8; 32], signature: &str) -> bool {
        let mut given = [0; 32];
        if hex::decode_to_slice(signature, &mut given).is_err() {
            return false;
        }
        let signed = self.key.clone().chain_update(before).chain_update(hex::encode(digest));
        signature.clone_into(&mut self.previous);
        signed.verify_slice(&given).is_ok()
    }
}

#[cfg(test)]
mod tests;
