//! A request's body on its way in: taken out of its chunks, and compared with everything that the request says of it.

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bongsu_aws_api::sigv4::s3::Payload;
use bongsu_broker::{Checksum, ChecksumKind};
use bongsu_http::Pieces;
use bytes::{Bytes, BytesMut};
use http_body_util::combinators::UnsyncBoxBody;
use hyper::body::Body as _;
use hyper::header::{HeaderMap, HeaderName};
use md5::Md5;
use sha2::{Digest, Sha256};

use crate::checksum::{Claimed, Hasher, header};
use crate::chunked::{ChunkDecoder, ChunkFault, Trailer};
use crate::error::{Code, S3Error};

/// Largest body that is a document: the names of a thousand objects, with every byte of them escaped.
const DOCUMENT_BYTES_MAX: u64 = 8 << 20;

const CONTENT_MD5: HeaderName = HeaderName::from_static("content-md5");
const DECODED_LENGTH: HeaderName = HeaderName::from_static("x-amz-decoded-content-length");

/// A body as it arrives.
pub(crate) type Body = UnsyncBoxBody<Bytes, Box<dyn Error + Send + Sync>>;

/// How far the reading of a body has come.
#[derive(Default)]
pub(crate) struct Progress {
    waited_micros: AtomicU64,
    is_read: AtomicBool,
}

impl Progress {
    /// Of a body that may be there.
    pub(crate) fn of(body: &Body) -> Progress {
        Progress { is_read: body.is_end_stream().into(), ..Progress::default() }
    }

    /// How long the client let us wait: its time, not ours.
    pub(crate) fn waited(&self) -> Duration {
        Duration::from_micros(self.waited_micros.load(Relaxed))
    }

    /// Whether nothing of the body is still to come.
    pub(crate) fn is_read(&self) -> bool {
        self.is_read.load(Relaxed)
    }
}

/// A body that is read piece by piece, and then compared.
pub(crate) struct Incoming {
    pieces: Pieces<Body>,
    progress: Arc<Progress>,
    /// What was read and not taken yet.
    arrived: Bytes,
    decoder: Option<ChunkDecoder>,
    /// How many bytes it will be, taken out of its chunks, and how many it was so far.
    length: Option<u64>,
    taken: u64,
    sha256: Option<(Sha256, [u8; 32])>,
    md5: Option<[u8; 16]>,
    checksum: Option<(Hasher, Claimed)>,
}

impl Incoming {
    /// What is to be compared, from what the head says, and the checksum that it claims.
    ///
    /// # Errors
    ///
    /// `InvalidDigest` or `InvalidRequest` when it says what cannot be understood.
    pub(crate) fn new(
        pieces: Pieces<Body>,
        payload: Payload,
        claimed: Option<Claimed>,
        headers: &HeaderMap,
        progress: Arc<Progress>,
    ) -> Result<Incoming, S3Error> {
        let (mut decoder, mut sha256) = (None, None);
        match payload {
            Payload::Unsigned => {}
            Payload::Digest(digest) => sha256 = Some((Sha256::new(), digest)),
            Payload::Chunks { signatures, has_trailer } => decoder = Some(ChunkDecoder::new(signatures, has_trailer)),
        }
        let length = match &decoder {
            None => pieces.announced(),
            Some(_) => headers.get(DECODED_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok()),
        };
        if claimed.as_ref().is_some_and(|claimed| claimed.value.is_none()) && decoder.is_none() {
            let text = "x-amz-trailer is only of use where the body comes in chunks.";
            return Err(S3Error::new(Code::InvalidRequest).saying(text));
        }
        Ok(Incoming {
            pieces,
            progress,
            arrived: Bytes::new(),
            decoder,
            length,
            taken: 0,
            sha256,
            md5: content_md5(headers)?,
            checksum: claimed.map(|claimed| (Hasher::new(claimed.algorithm), claimed)),
        })
    }

    /// How many bytes it will be.
    ///
    /// # Errors
    ///
    /// `MissingContentLength` when the request does not say so.
    pub(crate) fn length(&self) -> Result<u64, S3Error> {
        self.length.ok_or_else(|| Code::MissingContentLength.into())
    }

    /// Whether the request says something by which a broken body would be noticed.
    pub(crate) fn has_digest(&self) -> bool {
        self.md5.is_some() || self.checksum.is_some()
    }

    /// The next bytes, at least one; `None` after the last.
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>, S3Error> {
        loop {
            if let Some(data) = self.take_arrived()? {
                self.taken += data.len() as u64;
                if self.length.is_some_and(|length| self.taken > length) {
                    return Err(Code::IncompleteBody.into());
                }
                if let Some((digest, _)) = &mut self.sha256 {
                    digest.update(&data);
                }
                if let Some((hasher, _)) = &mut self.checksum {
                    hasher.update(&data);
                }
                return Ok(Some(data));
            }
            let asked = Instant::now();
            let piece = self.pieces.next().await;
            self.progress.waited_micros.fetch_add(asked.elapsed().as_micros() as u64, Relaxed);
            match piece? {
                Some(piece) => self.arrived = piece,
                None => {
                    self.progress.is_read.store(true, Relaxed);
                    return Ok(None);
                }
            }
        }
    }

    fn take_arrived(&mut self) -> Result<Option<Bytes>, S3Error> {
        match &mut self.decoder {
            Some(decoder) => decoder.next(&mut self.arrived).map_err(S3Error::from),
            None => Ok(Some(std::mem::take(&mut self.arrived)).filter(|arrived| !arrived.is_empty())),
        }
    }

    /// Compares all that was read, whose MD5 this is; the checksum that came with it.
    ///
    /// # Errors
    ///
    /// When something differs from what the request says.
    pub(crate) fn finish(self, md5: [u8; 16]) -> Result<Option<Checksum>, S3Error> {
        let trailer = match self.decoder {
            Some(decoder) => decoder.finish()?,
            None => Trailer::new(),
        };
        if self.length.is_some_and(|length| self.taken != length) {
            return Err(Code::IncompleteBody.into());
        }
        if self.sha256.is_some_and(|(digest, expected)| <[u8; 32]>::from(digest.finalize()) != expected) {
            return Err(Code::XAmzContentSHA256Mismatch.into());
        }
        if self.md5.is_some_and(|expected| expected != md5) {
            return Err(Code::BadDigest.into());
        }
        let Some((hasher, Claimed { algorithm, value })) = self.checksum else { return Ok(None) };
        let name = header(algorithm);
        let behind = || trailer.into_iter().find(|(given, _)| name == given.as_str()).map(|(_, value)| value);
        let Some(expected) = value.or_else(behind) else {
            let text = "The trailer that x-amz-trailer announces is missing.";
            return Err(S3Error::new(Code::InvalidRequest).saying(text));
        };
        let computed = hasher.finish();
        if computed != expected {
            let text = format!("The {} you specified did not match the calculated checksum.", algorithm.name());
            return Err(S3Error::new(Code::BadDigest).saying(text));
        }
        Ok(Some(Checksum { kind: ChecksumKind { algorithm, composite: false }, value: computed.into() }))
    }

    /// Reads it whole, where it is a document.
    ///
    /// # Errors
    ///
    /// `EntityTooLarge` when it is longer than a document can be; or when something differs.
    pub(crate) async fn document(mut self) -> Result<Bytes, S3Error> {
        let mut whole = BytesMut::new();
        while let Some(data) = self.next().await? {
            if whole.len() as u64 + data.len() as u64 > DOCUMENT_BYTES_MAX {
                return Err(Code::EntityTooLarge.into());
            }
            whole.extend_from_slice(&data);
        }
        self.finish(Md5::digest(&whole).into())?;
        Ok(whole.freeze())
    }
}

fn content_md5(headers: &HeaderMap) -> Result<Option<[u8; 16]>, S3Error> {
    let Some(given) = headers.get(CONTENT_MD5) else { return Ok(None) };
    let bytes = BASE64.decode(given).ok().and_then(|bytes| bytes.try_into().ok());
    bytes.map(Some).ok_or_else(|| Code::InvalidDigest.into())
}

impl From<ChunkFault> for S3Error {
    fn from(fault: ChunkFault) -> S3Error {
        match fault {
            ChunkFault::Malformed => S3Error::new(Code::InvalidRequest).saying("The body is not aws-chunked."),
            ChunkFault::Incomplete => Code::IncompleteBody.into(),
            ChunkFault::WrongSignature => Code::SignatureDoesNotMatch.into(),
        }
    }
}
