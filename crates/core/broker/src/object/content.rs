//! What an object is: its content, where that lies, and what is said about it.

use std::fmt;
use std::ops::Range;

use bytes::Bytes;
use md5::{Digest, Md5};

use super::{BlobId, ObjectKey};
use crate::wire::{Malformed, Wire, wire_struct};
use crate::{Tag, Text, Timestamp};

/// The largest content that stands in the journal's record of its object; a larger one is a blob.
pub const INLINE_BYTES_MAX: usize = 64 << 10;
/// The largest object that is put in one piece, and the largest part of one: 5 GiB.
pub const OBJECT_PIECE_BYTES_MAX: u64 = 5 << 30;
/// The smallest part of an object, but for the last: 5 MiB.
pub const PART_BYTES_MIN: u64 = 5 << 20;
/// The highest number that a part of an upload may have.
pub const PARTS_MAX: u32 = 10_000;
/// Bytes of the names and values of a user's metadata.
pub const METADATA_BYTES_MAX: usize = 2 << 10;
/// Bytes of the names and values of the headers that are kept with an object.
pub const OBJECT_HEADERS_BYTES_MAX: usize = 8 << 10;
/// Tags that an object may have.
pub const OBJECT_TAGS_MAX: usize = 10;

/// What changes when an object's content does: an MD5, or the MD5 of the MD5s of its parts and their number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ETag {
    /// Of the content, or of the parts' MD5s one after the other.
    pub md5: [u8; 16],
    /// Zero for an object that was put in one piece.
    pub parts: u32,
}

wire_struct!(ETag { md5, parts });

impl ETag {
    /// Of an object that was put in one piece.
    pub fn of_whole(md5: [u8; 16]) -> ETag {
        ETag { md5, parts: 0 }
    }

    /// Of an object that was put in parts.
    pub(crate) fn of_parts<'a>(parts: impl Iterator<Item = &'a [u8; 16]>) -> ETag {
        let (mut hash, mut count) = (Md5::new(), 0);
        for md5 in parts {
            hash.update(md5);
            count += 1;
        }
        ETag { md5: hash.finalize().into(), parts: count }
    }

    /// Whether a header's text, with or without quotes, is this.
    pub fn is(&self, text: &str) -> bool {
        let bare = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text);
        bare == self.to_string()
    }
}

impl fmt::Display for ETag {
    /// Without quotes.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut digits = [0; 32];
        hex::encode_to_slice(self.md5, &mut digits).expect("a byte has two digits");
        f.write_str(std::str::from_utf8(&digits).expect("digits are text"))?;
        if self.parts > 0 { write!(f, "-{}", self.parts) } else { Ok(()) }
    }
}

/// A piece of an object's content: a whole blob.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Which file.
    pub blob: BlobId,
    /// Its bytes.
    pub length: u64,
}

wire_struct!(Segment { blob, length });

/// An object's content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ObjectContent {
    /// In the journal's record itself: at most [`INLINE_BYTES_MAX`].
    Inline(Bytes),
    /// One blob after the other.
    Blobs(Vec<Segment>),
}

impl ObjectContent {
    /// In bytes.
    pub fn size(&self) -> u64 {
        match self {
            ObjectContent::Inline(bytes) => bytes.len() as u64,
            ObjectContent::Blobs(segments) => segments.iter().map(|segment| segment.length).sum(),
        }
    }

    /// Where a part lies, if it was put in parts; the first part of any other content is the whole.
    pub fn part(&self, number: u32) -> Option<Range<u64>> {
        let index = usize::try_from(number).ok()?.checked_sub(1)?;
        match self {
            ObjectContent::Blobs(segments) => {
                let length = segments.get(index)?.length;
                let start = segments[..index].iter().map(|segment| segment.length).sum();
                Some(start..start + length)
            }
            ObjectContent::Inline(bytes) => (index == 0).then_some(0..bytes.len() as u64),
        }
    }

    pub(crate) fn segments(&self) -> &[Segment] {
        match self {
            ObjectContent::Inline(_) => &[],
            ObjectContent::Blobs(segments) => segments,
        }
    }
}

impl Wire for ObjectContent {
    fn put(&self, out: &mut Vec<u8>) {
        match self {
            ObjectContent::Inline(bytes) => {
                out.push(0);
                bytes.put(out);
            }
            ObjectContent::Blobs(segments) => {
                out.push(1);
                segments.put(out);
            }
        }
    }

    fn take(from: &mut Bytes) -> Result<ObjectContent, Malformed> {
        match u8::take(from)? {
            0 => Ok(ObjectContent::Inline(Wire::take(from)?)),
            1 => Ok(ObjectContent::Blobs(Wire::take(from)?)),
            _ => Err(Malformed("a kind of content that this version does not know")),
        }
    }
}

/// Content on its way into an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ContentDraft {
    /// At most [`INLINE_BYTES_MAX`].
    Inline(Bytes),
    /// A new blob, which is durable already.
    Staged(Segment),
    /// The blobs of another object, which keeps them too.
    Shared(Vec<Segment>),
}

/// How a checksum is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum ChecksumAlgorithm {
    Crc32,
    Crc32c,
    Crc64Nvme,
    Sha1,
    Sha256,
}

impl ChecksumAlgorithm {
    /// All there are, each at the place of its number in a fact.
    pub const ALL: [ChecksumAlgorithm; 5] = [
        ChecksumAlgorithm::Crc32,
        ChecksumAlgorithm::Crc32c,
        ChecksumAlgorithm::Crc64Nvme,
        ChecksumAlgorithm::Sha1,
        ChecksumAlgorithm::Sha256,
    ];

    /// As AWS writes it: `CRC32`, `CRC32C`, `CRC64NVME`, `SHA1`, `SHA256`.
    pub fn name(self) -> &'static str {
        match self {
            ChecksumAlgorithm::Crc32 => "CRC32",
            ChecksumAlgorithm::Crc32c => "CRC32C",
            ChecksumAlgorithm::Crc64Nvme => "CRC64NVME",
            ChecksumAlgorithm::Sha1 => "SHA1",
            ChecksumAlgorithm::Sha256 => "SHA256",
        }
    }
}

impl Wire for ChecksumAlgorithm {
    fn put(&self, out: &mut Vec<u8>) {
        out.push(*self as u8);
    }

    fn take(from: &mut Bytes) -> Result<ChecksumAlgorithm, Malformed> {
        let number = usize::from(u8::take(from)?);
        ChecksumAlgorithm::ALL.get(number).copied().ok_or(Malformed("a checksum that this version does not know"))
    }
}

/// What a checksum is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChecksumKind {
    /// How it is computed.
    pub algorithm: ChecksumAlgorithm,
    /// Whether it is of the checksums of the parts, rather than of the whole object.
    pub composite: bool,
}

wire_struct!(ChecksumKind { algorithm, composite });

/// A checksum that came with content. The door has compared it; here it is kept and told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checksum {
    /// Of what, and how.
    pub kind: ChecksumKind,
    /// As headers have it: Base64, with the number of parts behind a composite one.
    pub value: Text,
}

wire_struct!(Checksum { kind, value });

/// What is said about an object besides its content. The core keeps it and does not look inside.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ObjectProperties {
    /// Headers that are told as they came, such as `content-type` and `cache-control`, by their lower-case names.
    pub headers: Vec<(Text, Text)>,
    /// What a user says: `x-amz-meta-`, without that prefix.
    pub metadata: Vec<(Text, Text)>,
}

wire_struct!(ObjectProperties { headers, metadata });

/// An object as the journal has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectRecord {
    /// Its name.
    pub key: ObjectKey,
    /// Rises with every change in the bucket.
    pub version: u64,
    /// When it was put.
    pub modified_at: Timestamp,
    /// What changes with the content.
    pub etag: ETag,
    /// What is said about it.
    pub properties: ObjectProperties,
    /// One, if any came.
    pub checksum: Option<Checksum>,
    /// Labels, by their keys; those of an earlier record may have been changed since.
    pub tags: Vec<Tag>,
    /// What it is made of.
    pub content: ObjectContent,
}

wire_struct!(ObjectRecord { key, version, modified_at, etag, properties, checksum, tags, content });

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_etag_is_told_as_text_and_known_with_or_without_quotes() {
        let whole = ETag::of_whole(Md5::digest(b"hello").into());
        assert_eq!(whole.to_string(), "5d41402abc4b2a76b9719d911017c592");
        assert!(whole.is("5d41402abc4b2a76b9719d911017c592") && whole.is("\"5d41402abc4b2a76b9719d911017c592\""));
        assert!(!whole.is("\"5d41402abc4b2a76b9719d911017c592") && !whole.is("*") && !whole.is(""));
        let parts = ETag::of_parts([Md5::digest(b"a").into(), Md5::digest(b"b").into()].iter());
        assert_eq!(parts.to_string(), "96e024ba2074fe77e8e965ba43a704be-2");
    }

    #[test]
    fn algorithms_stand_at_the_place_of_their_number() {
        for (number, algorithm) in ChecksumAlgorithm::ALL.into_iter().enumerate() {
            assert_eq!(algorithm as usize, number);
        }
    }
}
