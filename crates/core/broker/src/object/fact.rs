//! Facts about buckets and objects, as the journal holds them.

use bytes::Bytes;

use super::{
    BucketId, BucketName, Checksum, ChecksumKind, NotificationRule, ObjectKey, ObjectProperties, ObjectRecord, Segment,
    UploadId,
};
use crate::fact::wire_enum;
use crate::wire::{Malformed, Wire, wire_struct};
use crate::{Account, Tag, Timestamp};

/// What happened to a bucket or an object.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "fields are named as in the types they are made of")]
pub enum ObjectFact {
    /// A bucket exists from now on, or is from now on like this. What changes in it has numbers from `next_version` on.
    BucketDefined { bucket: BucketId, definition: BucketDefinition, next_version: u64 },
    /// A bucket is gone, and its unfinished uploads.
    BucketDeleted { bucket: BucketId },
    /// An object is there, in the place of the one that was. Cleaning writes it again with the tags of then.
    ObjectPut { bucket: BucketId, object: ObjectRecord },
    /// An object is gone.
    ObjectDeleted { bucket: BucketId, key: ObjectKey, version: u64 },
    /// An object has these tags from now on, and no others.
    ObjectTagged { bucket: BucketId, key: ObjectKey, tags: Vec<Tag> },
    /// An upload in parts began, or is like this now.
    UploadDefined { bucket: BucketId, key: ObjectKey, upload: UploadId, definition: UploadDefinition },
    /// A part of an upload is there, in the place of the one that was.
    PartPut { bucket: BucketId, key: ObjectKey, upload: UploadId, number: u32, part: Part },
    /// An upload is over. Those of its parts that no object has are gone.
    UploadEnded { bucket: BucketId, key: ObjectKey, upload: UploadId },
}

wire_enum!(ObjectFact {
    1 => BucketDefined { bucket, definition, next_version }
    2 => BucketDeleted { bucket }
    3 => ObjectPut { bucket, object }
    4 => ObjectDeleted { bucket, key, version }
    5 => ObjectTagged { bucket, key, tags }
    6 => UploadDefined { bucket, key, upload, definition }
    7 => PartPut { bucket, key, upload, number, part }
    8 => UploadEnded { bucket, key, upload }
} and reads {});

/// What was said about a bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BucketDefinition {
    /// Its name.
    pub name: BucketName,
    /// Whose it is.
    pub owner: Account,
    /// When it was made.
    pub created_at: Timestamp,
    /// Labels, by their keys.
    pub tags: Vec<Tag>,
    /// Who is told of changes.
    pub rules: Vec<NotificationRule>,
}

wire_struct!(BucketDefinition { name, owner, created_at, tags, rules });

/// What was said about an upload when it began, and whether it was overtaken since.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UploadDefinition {
    /// When it began.
    pub began_at: Timestamp,
    /// Objects from this number on were put after it began.
    pub version: u64,
    /// Whether an object of its key was deleted after it began.
    pub deleted_since: bool,
    /// What is said about the object.
    pub properties: ObjectProperties,
    /// The object's labels.
    pub tags: Vec<Tag>,
    /// Which checksum its parts come with, if any.
    pub checksum: Option<ChecksumKind>,
}

wire_struct!(UploadDefinition { began_at, version, deleted_since, properties, tags, checksum });

/// A part of an upload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Where it lies.
    pub segment: Segment,
    /// Of its content.
    pub md5: [u8; 16],
    /// One, if any came.
    pub checksum: Option<Checksum>,
    /// When it was uploaded.
    pub modified_at: Timestamp,
}

wire_struct!(Part { segment, md5, checksum, modified_at });

#[cfg(test)]
pub(crate) mod tests;
