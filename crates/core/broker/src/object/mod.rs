//! Buckets and the objects in them: names and types here, what changes them in `state`, what is decided in
//! `decide/objects/`.

pub(crate) mod command;
mod content;
mod event;
pub(crate) mod fact;
mod keep;
mod listing;
mod name;
mod rejection;
mod rule;
mod state;

pub use command::{
    Condition, EventOrigin, FoundObject, ListedBucket, ListedObject, ListedPart, ListedUpload, ObjectChanged,
    ObjectCommand, ObjectDraft, ObjectPage, ObjectReply, PartDraft, PartPage, Told, UploadDraft, UploadMarker,
    UploadPage, UploadedPart, Wanted,
};
pub use content::{
    Checksum, ChecksumAlgorithm, ChecksumKind, ContentDraft, ETag, INLINE_BYTES_MAX, METADATA_BYTES_MAX,
    OBJECT_HEADERS_BYTES_MAX, OBJECT_PIECE_BYTES_MAX, OBJECT_TAGS_MAX, ObjectContent, ObjectProperties, ObjectRecord,
    PART_BYTES_MIN, PARTS_MAX, Segment,
};
pub use fact::{BucketDefinition, ObjectFact, Part, UploadDefinition};
pub use name::{BlobId, BucketId, BucketName, OBJECT_KEY_BYTES_MAX, ObjectKey, UploadId};
pub use rejection::ObjectRejection;
pub use rule::{EventPattern, NOTIFICATION_RULES_MAX, NotificationRule, ObjectEvent};
pub use state::ObjectStatistics;

pub(crate) use event::{TOLD_SUBJECT, change_text, test_text};
pub(crate) use state::{Bucket, Object, Objects, Upload};

/// Buckets that an account may have, as at AWS unless more are asked for.
pub const BUCKETS_MAX: usize = 10_000;
/// Unfinished uploads that a bucket may have. What is said about each is held in memory.
pub const UPLOADS_MAX: usize = 10_000;
/// Objects, parts or uploads that one page of a list has at most.
pub const LISTED_MAX: usize = 1_000;
