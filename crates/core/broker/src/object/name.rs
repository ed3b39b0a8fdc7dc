//! What buckets, objects, uploads and blobs are called.

use std::fmt;

use crate::wire::{Malformed, Wire, wire_struct};

const BUCKET_NAME_BYTES: std::ops::RangeInclusive<usize> = 3..=63;
/// Longest key, in bytes of UTF-8.
pub const OBJECT_KEY_BYTES_MAX: usize = 1024;

/// How clients address a bucket. Unique while the bucket exists, over all accounts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct BucketName(Box<str>);

wire_struct!(BucketName(Box<str>));

impl BucketName {
    /// `None`: not a name that a bucket may have.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html>
    pub fn parse(name: &str) -> Option<BucketName> {
        let is_label = |label: &str| {
            let alphabet = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
            !label.is_empty() && label.bytes().all(alphabet) && !label.starts_with('-') && !label.ends_with('-')
        };
        let is_valid = BUCKET_NAME_BYTES.contains(&name.len())
            && name.split('.').all(is_label)
            && name.parse::<std::net::Ipv4Addr>().is_err();
        is_valid.then(|| BucketName(name.into()))
    }

    /// `arn:aws:s3:::<name>`.
    pub fn arn(&self) -> String {
        format!("arn:aws:s3:::{}", self.0)
    }
}

impl std::ops::Deref for BucketName {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for BucketName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A bucket's own number: random, never used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct BucketId(pub u64);

wire_struct!(BucketId(u64));

/// An object's name in its bucket: 1 to [`OBJECT_KEY_BYTES_MAX`] bytes. Ordered by its bytes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ObjectKey(Box<str>);

impl ObjectKey {
    /// `None`: empty, or too long.
    pub fn parse(key: &str) -> Option<ObjectKey> {
        (1..=OBJECT_KEY_BYTES_MAX).contains(&key.len()).then(|| ObjectKey(key.into()))
    }
}

impl Wire for ObjectKey {
    fn put(&self, out: &mut Vec<u8>) {
        self.0.put(out);
    }

    fn take(from: &mut bytes::Bytes) -> Result<ObjectKey, Malformed> {
        let key = <Box<str> as Wire>::take(from)?;
        ObjectKey::parse(&key).ok_or(Malformed("not a key of an object"))
    }
}

impl std::ops::Deref for ObjectKey {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl std::borrow::Borrow<str> for ObjectKey {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ObjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The identity of an upload in parts, shown as 32 hexadecimal digits: when it began, and then 64 random bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct UploadId(pub u128);

wire_struct!(UploadId(u128));

impl UploadId {
    /// Reads back what was shown.
    pub fn parse(text: &str) -> Option<UploadId> {
        parse_hex(text).map(UploadId)
    }
}

impl fmt::Display for UploadId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

/// The name of a file that holds content: a random UUID, shown as 32 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlobId(pub u128);

wire_struct!(BlobId(u128));

impl BlobId {
    /// Reads back what was shown.
    pub fn parse(text: &str) -> Option<BlobId> {
        parse_hex(text).map(BlobId)
    }
}

impl fmt::Display for BlobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

/// Exactly 32 lower-case digits, so that each number has one text.
fn parse_hex(text: &str) -> Option<u128> {
    let number = u128::from_str_radix(text, 16).ok()?;
    (format!("{number:032x}") == text).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bucket_names_keep_to_the_rules() {
        for name in ["abc", "a-b", "a.b.c", "0ab", "192.168.0", &"x".repeat(63)] {
            assert_eq!(BucketName::parse(name).unwrap().to_string(), name);
        }
        let bad = ["", "ab", "Abc", "a_b", "a..b", ".ab", "ab.", "-ab", "ab-", "a.-b", "192.168.0.1", &"x".repeat(64)];
        for name in bad {
            assert_eq!(BucketName::parse(name), None, "{name}");
        }
    }

    #[test]
    fn keys_are_counted_in_bytes() {
        assert!(ObjectKey::parse(&"é".repeat(512)).is_some() && ObjectKey::parse("/").is_some());
        assert!(ObjectKey::parse(&"é".repeat(513)).is_none() && ObjectKey::parse("").is_none());
    }

    #[test]
    fn an_upload_survives_its_text() {
        let id = UploadId(0xab);
        assert_eq!(UploadId::parse(&id.to_string()), Some(id));
        for other in ["", "ab", "000000000000000000000000000000AB", "+00000000000000000000000000000ab"] {
            assert_eq!(UploadId::parse(other), None, "{other}");
        }
    }
}
