//! Checksums that clients send with content, in a header before it or in a trailer behind it.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html>

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bongsu_broker::{Checksum, ChecksumAlgorithm, ChecksumKind};
use crc_fast::CrcAlgorithm;
use hyper::header::{HeaderMap, HeaderName, HeaderValue};
use sha1::Sha1;
use sha2::{Digest, Sha256};

use crate::error::{Code, S3Error};
use crate::xml::Xml;

const PREFIX: &str = "x-amz-checksum-";
/// Headers that begin like checksums and are none.
const NO_CHECKSUMS: [&str; 3] = [ALGORITHM_HEADER, "x-amz-checksum-mode", TYPE_HEADER];
const SDK_ALGORITHM: HeaderName = HeaderName::from_static("x-amz-sdk-checksum-algorithm");
const TRAILER: HeaderName = HeaderName::from_static("x-amz-trailer");
/// Which algorithm is to be used.
pub(crate) const ALGORITHM_HEADER: &str = "x-amz-checksum-algorithm";
pub(crate) const ALGORITHM: HeaderName = HeaderName::from_static(ALGORITHM_HEADER);
/// What the checksum of an object in parts is of.
pub(crate) const TYPE_HEADER: &str = "x-amz-checksum-type";
pub(crate) const TYPE: HeaderName = HeaderName::from_static(TYPE_HEADER);

/// A checksum that a request claims for its content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Claimed {
    pub(crate) algorithm: ChecksumAlgorithm,
    /// `None`: it comes in the trailer.
    pub(crate) value: Option<String>,
}

impl Claimed {
    /// What the head says.
    ///
    /// # Errors
    ///
    /// `InvalidRequest` when it says something twice, or nothing that can be understood.
    pub(crate) fn of(headers: &HeaderMap) -> Result<Option<Claimed>, S3Error> {
        let mut claims = Vec::new();
        for (name, value) in headers {
            let name = name.as_str();
            if name.starts_with(PREFIX) && !NO_CHECKSUMS.contains(&name) {
                let algorithm = algorithm_of_header(name).ok_or_else(|| invalid_value(name))?;
                let value = value.to_str().ok().filter(|value| is_value(algorithm, value));
                claims.push(Claimed { algorithm, value: Some(value.ok_or_else(|| invalid_value(name))?.to_owned()) });
            }
        }
        for name in headers.get_all(TRAILER) {
            let name = name.to_str().unwrap_or_default().trim().to_ascii_lowercase();
            let algorithm = algorithm_of_header(&name)
                .ok_or_else(|| invalid_request("The value specified in the x-amz-trailer header is not supported"))?;
            claims.push(Claimed { algorithm, value: None });
        }
        if claims.len() > 1 {
            let text = "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.";
            return Err(invalid_request(text));
        }
        let claim = claims.pop();
        check_against_sdk(headers.get(SDK_ALGORITHM), claim.as_ref())?;
        Ok(claim)
    }
}

/// SDKs say besides which algorithm they were told to use.
fn check_against_sdk(said: Option<&HeaderValue>, claim: Option<&Claimed>) -> Result<(), S3Error> {
    let Some(said) = said else { return Ok(()) };
    let said = algorithm(said.to_str().unwrap_or_default())?;
    match claim {
        Some(claim) if claim.algorithm == said => Ok(()),
        Some(_) => Err(invalid_request("Value for x-amz-sdk-checksum-algorithm header is invalid.")),
        None => Err(invalid_request(
            "x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers \
             were found.",
        )),
    }
}

/// By its name: `CRC32`.
pub(crate) fn algorithm(name: &str) -> Result<ChecksumAlgorithm, S3Error> {
    let found = ChecksumAlgorithm::ALL.into_iter().find(|known| known.name().eq_ignore_ascii_case(name));
    found.ok_or_else(|| {
        invalid_request(
            "Checksum algorithm provided is unsupported. Please try again with any of the valid types: [CRC32, CRC32C, \
             CRC64NVME, SHA1, SHA256]",
        )
    })
}

fn algorithm_of_header(name: &str) -> Option<ChecksumAlgorithm> {
    let short = name.strip_prefix(PREFIX)?;
    ChecksumAlgorithm::ALL.into_iter().find(|known| known.name().eq_ignore_ascii_case(short))
}

/// `x-amz-checksum-crc32`
pub(crate) fn header(algorithm: ChecksumAlgorithm) -> HeaderName {
    match algorithm {
        ChecksumAlgorithm::Crc32 => HeaderName::from_static("x-amz-checksum-crc32"),
        ChecksumAlgorithm::Crc32c => HeaderName::from_static("x-amz-checksum-crc32c"),
        ChecksumAlgorithm::Crc64Nvme => HeaderName::from_static("x-amz-checksum-crc64nvme"),
        ChecksumAlgorithm::Sha1 => HeaderName::from_static("x-amz-checksum-sha1"),
        ChecksumAlgorithm::Sha256 => HeaderName::from_static("x-amz-checksum-sha256"),
    }
}

/// `ChecksumCRC32`, as answers in XML have it.
fn element(algorithm: ChecksumAlgorithm) -> &'static str {
    match algorithm {
        ChecksumAlgorithm::Crc32 => "ChecksumCRC32",
        ChecksumAlgorithm::Crc32c => "ChecksumCRC32C",
        ChecksumAlgorithm::Crc64Nvme => "ChecksumCRC64NVME",
        ChecksumAlgorithm::Sha1 => "ChecksumSHA1",
        ChecksumAlgorithm::Sha256 => "ChecksumSHA256",
    }
}

/// `COMPOSITE` or `FULL_OBJECT`.
pub(crate) fn type_name(kind: ChecksumKind) -> &'static str {
    if kind.composite { "COMPOSITE" } else { "FULL_OBJECT" }
}

/// Puts an object's checksum into an answer's headers.
pub(crate) fn tell(checksum: &Checksum, headers: &mut HeaderMap) {
    tell_value(checksum, headers);
    headers.insert(TYPE, HeaderValue::from_static(type_name(checksum.kind)));
}

/// The same for a part's, which is always of all its bytes.
pub(crate) fn tell_value(checksum: &Checksum, headers: &mut HeaderMap) {
    let value = HeaderValue::from_str(&checksum.value).expect("Base64 and digits are a header value");
    headers.insert(header(checksum.kind.algorithm), value);
}

/// Puts an object's checksum into a document, if it has one.
pub(crate) fn put(checksum: Option<&Checksum>, xml: &mut Xml) {
    put_value(checksum, xml);
    xml.optional("ChecksumType", checksum.map(|checksum| type_name(checksum.kind)));
}

/// The same for a part's.
pub(crate) fn put_value(checksum: Option<&Checksum>, xml: &mut Xml) {
    if let Some(checksum) = checksum {
        xml.text(element(checksum.kind.algorithm), &checksum.value);
    }
}

/// Whether this is the text of such a checksum.
fn is_value(algorithm: ChecksumAlgorithm, text: &str) -> bool {
    BASE64.decode(text).is_ok_and(|bytes| bytes.len() == length(algorithm))
}

/// In bytes.
fn length(algorithm: ChecksumAlgorithm) -> usize {
    match algorithm {
        ChecksumAlgorithm::Crc32 | ChecksumAlgorithm::Crc32c => 4,
        ChecksumAlgorithm::Crc64Nvme => 8,
        ChecksumAlgorithm::Sha1 => 20,
        ChecksumAlgorithm::Sha256 => 32,
    }
}

fn crc(algorithm: ChecksumAlgorithm) -> Option<CrcAlgorithm> {
    match algorithm {
        ChecksumAlgorithm::Crc32 => Some(CrcAlgorithm::Crc32IsoHdlc),
        ChecksumAlgorithm::Crc32c => Some(CrcAlgorithm::Crc32Iscsi),
        ChecksumAlgorithm::Crc64Nvme => Some(CrcAlgorithm::Crc64Nvme),
        ChecksumAlgorithm::Sha1 | ChecksumAlgorithm::Sha256 => None,
    }
}

/// Computes a checksum of what passes.
pub(crate) struct Hasher {
    algorithm: ChecksumAlgorithm,
    state: State,
}

enum State {
    Crc(crc_fast::Digest),
    Sha1(Sha1),
    Sha256(Sha256),
}

impl Hasher {
    pub(crate) fn new(algorithm: ChecksumAlgorithm) -> Hasher {
        let state = match crc(algorithm) {
            Some(crc) => State::Crc(crc_fast::Digest::new(crc)),
            None if algorithm == ChecksumAlgorithm::Sha1 => State::Sha1(Sha1::new()),
            None => State::Sha256(Sha256::new()),
        };
        Hasher { algorithm, state }
    }

    pub(crate) fn update(&mut self, bytes: &[u8]) {
        match &mut self.state {
            State::Crc(digest) => digest.update(bytes),
            State::Sha1(digest) => digest.update(bytes),
            State::Sha256(digest) => digest.update(bytes),
        }
    }

    /// In Base64.
    pub(crate) fn finish(self) -> String {
        match self.state {
            State::Crc(digest) => crc_text(self.algorithm, digest.finalize()),
            State::Sha1(digest) => BASE64.encode(digest.finalize()),
            State::Sha256(digest) => BASE64.encode(digest.finalize()),
        }
    }
}

fn crc_text(algorithm: ChecksumAlgorithm, crc: u64) -> String {
    BASE64.encode(&crc.to_be_bytes()[8 - length(algorithm)..])
}

fn crc_value(text: &str) -> Option<u64> {
    let bytes = BASE64.decode(text).ok()?;
    let mut whole = [0; 8];
    whole.get_mut(8usize.checked_sub(bytes.len())?..)?.copy_from_slice(&bytes);
    Some(u64::from_be_bytes(whole))
}

/// The checksum of an object in parts: of the parts' checksums, or of all their bytes, which for a CRC follows from the
/// parts' checksums and lengths. `None` if a part has none of this algorithm, or it cannot follow.
pub(crate) fn of_parts<'a>(
    kind: ChecksumKind,
    parts: impl Iterator<Item = (Option<&'a Checksum>, u64)>,
) -> Option<String> {
    let mut parts = parts.map(|(checksum, size)| {
        checksum.filter(|checksum| checksum.kind.algorithm == kind.algorithm).map(|checksum| (&*checksum.value, size))
    });
    if kind.composite {
        let (mut hasher, mut count) = (Hasher::new(kind.algorithm), 0);
        for part in parts {
            hasher.update(&BASE64.decode(part?.0).ok()?);
            count += 1;
        }
        return Some(format!("{}-{count}", hasher.finish()));
    }
    let crc = crc(kind.algorithm)?;
    let whole = parts.try_fold(None, |before: Option<u64>, part| {
        let (text, size) = part?;
        let here = crc_value(text)?;
        Some(Some(before.map_or(here, |before| crc_fast::checksum_combine(crc, before, here, size))))
    })?;
    Some(crc_text(kind.algorithm, whole?))
}

fn invalid_value(header: &str) -> S3Error {
    S3Error::new(Code::InvalidRequest).saying(format!("Value for {header} header is invalid."))
}

fn invalid_request(text: &'static str) -> S3Error {
    S3Error::new(Code::InvalidRequest).saying(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(algorithm: ChecksumAlgorithm, bytes: &[u8]) -> String {
        let mut hasher = Hasher::new(algorithm);
        hasher.update(bytes);
        hasher.finish()
    }

    fn claimed(headers: &[(&'static str, &'static str)]) -> Result<Option<Claimed>, Code> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, HeaderValue::from_static(value));
        }
        Claimed::of(&map).map_err(|error| error.code())
    }

    #[test]
    fn checksums_are_those_of_the_catalogue() {
        for (algorithm, hex) in [
            (ChecksumAlgorithm::Crc32, "cbf43926"),
            (ChecksumAlgorithm::Crc32c, "e3069283"),
            (ChecksumAlgorithm::Crc64Nvme, "ae8b14860a799888"),
            (ChecksumAlgorithm::Sha1, "f7c3bc1d808e04732adf679965ccc34ca7ae3441"),
            (ChecksumAlgorithm::Sha256, "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225"),
        ] {
            assert_eq!(of(algorithm, b"123456789"), BASE64.encode(hex::decode(hex).unwrap()), "{algorithm:?}");
        }
    }

    #[test]
    fn the_checksum_of_the_whole_follows_from_those_of_the_parts() {
        let parts: [&[u8]; 3] = [b"The quick brown ", b"fox", b" jumps over"];
        let whole = parts.concat();
        for algorithm in [ChecksumAlgorithm::Crc32, ChecksumAlgorithm::Crc32c, ChecksumAlgorithm::Crc64Nvme] {
            let kind = ChecksumKind { algorithm, composite: false };
            let checksum = |part| Checksum { kind, value: of(algorithm, part).into() };
            let given: Vec<_> = parts.iter().map(|part| (Some(checksum(part)), part.len() as u64)).collect();
            let given = given.iter().map(|(checksum, size)| (checksum.as_ref(), *size));
            assert_eq!(of_parts(kind, given), Some(of(algorithm, &whole)), "{algorithm:?}");
            assert_eq!(of_parts(kind, std::iter::once((None, 1))), None);
        }
    }

    #[test]
    fn a_composite_checksum_is_of_checksums() {
        let kind = ChecksumKind { algorithm: ChecksumAlgorithm::Sha256, composite: true };
        let part = Checksum { kind, value: of(kind.algorithm, b"a").into() };
        let parts = [(Some(&part), 1), (Some(&part), 1)].into_iter();
        let digest = Sha256::digest(b"a");
        let expected = BASE64.encode(Sha256::digest([digest, digest].concat()));
        assert_eq!(of_parts(kind, parts), Some(format!("{expected}-2")));
    }

    #[test]
    fn one_checksum_is_claimed_before_or_behind_the_content() {
        let crc32 = |value: Option<&str>| {
            Ok(Some(Claimed { algorithm: ChecksumAlgorithm::Crc32, value: value.map(str::to_owned) }))
        };
        assert_eq!(claimed(&[]), Ok(None));
        assert_eq!(claimed(&[("x-amz-checksum-crc32", "y/Q5Jg==")]), crc32(Some("y/Q5Jg==")));
        let sdk = ("x-amz-sdk-checksum-algorithm", "CRC32");
        assert_eq!(claimed(&[sdk, ("x-amz-trailer", "x-amz-checksum-crc32")]), crc32(None));
        for bad in [
            [("x-amz-checksum-crc32", "y/Q5Jg=="), ("x-amz-checksum-sha1", "98O8HYCOBHMq32eZZczDTKeuNEE=")],
            [("x-amz-checksum-crc32", "y/Q5Jg=="), ("x-amz-trailer", "x-amz-checksum-crc32")],
            [sdk, ("x-amz-checksum-crc32c", "4waSgw==")],
            [sdk, ("x-amz-checksum-mode", "ENABLED")],
            [sdk, ("x-amz-checksum-crc32", "no")],
            [sdk, ("x-amz-checksum-crc32", "4waSgw")],
            [sdk, ("x-amz-checksum-md5", "4waSgw==")],
            [sdk, ("x-amz-trailer", "x-amz-meta-a")],
        ] {
            assert_eq!(claimed(&bad), Err(Code::InvalidRequest), "{bad:?}");
        }
    }
}
