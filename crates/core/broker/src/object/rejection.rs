//! Why the object store refuses.

use crate::Text;

/// Why a command about buckets or objects was refused. A refused command changed nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ObjectRejection {
    /// No bucket of that name.
    BucketDoesNotExist,
    /// Another account has a bucket of that name.
    BucketExists,
    /// The account has a bucket of that name.
    BucketOwned,
    /// A bucket with objects in it is not deleted.
    BucketNotEmpty,
    /// The account would have more buckets than an account may have.
    TooManyBuckets,
    /// No object of that key.
    KeyDoesNotExist,
    /// The object is not as the condition says: there is one (`If-None-Match`), or it is another (`If-Match`).
    PreconditionFailed {
        /// Whether the condition was `If-None-Match`.
        if_none_match: bool,
    },
    /// An upload in parts that has a condition was overtaken: somebody put or deleted the object after it began.
    ConditionalRequestConflict {
        /// Whether the condition was `If-None-Match`.
        if_none_match: bool,
    },
    /// Content that was to be shared with another object is gone; its bytes have to be put anew.
    ContentGone,
    /// More than [`crate::OBJECT_PIECE_BYTES_MAX`] in one piece.
    TooLarge,
    /// More metadata than [`crate::METADATA_BYTES_MAX`].
    MetadataTooLarge,
    /// More headers than [`crate::OBJECT_HEADERS_BYTES_MAX`].
    HeadersTooLarge,
    /// More tags than [`crate::OBJECT_TAGS_MAX`], or of a bucket than [`crate::TAGS_MAX`].
    TooManyTags,
    /// No upload of that identity for that key: it never was, has been completed, or was aborted.
    UploadDoesNotExist,
    /// The bucket would have more unfinished uploads than [`crate::UPLOADS_MAX`].
    TooManyUploads,
    /// A part's number must lie between 1 and [`crate::PARTS_MAX`].
    PartNumberInvalid,
    /// Parts must be listed by rising numbers, and there must be one.
    PartsOutOfOrder,
    /// A part that is listed was not uploaded, or is another by now.
    PartInvalid {
        /// Its number.
        number: u32,
    },
    /// A part other than the last is smaller than [`crate::PART_BYTES_MIN`].
    PartTooSmall {
        /// Its number.
        number: u32,
        /// Its bytes.
        size: u64,
    },
    /// More notification rules than [`crate::NOTIFICATION_RULES_MAX`].
    TooManyRules,
    /// Two notification rules could be about the same change.
    RulesOverlap,
    /// Two notification rules have the same id.
    RuleIdTaken {
        /// It.
        id: Box<str>,
    },
    /// What a notification rule names cannot be told anything.
    RuleTargetInvalid {
        /// The rule's id.
        id: Box<str>,
        /// A whole sentence.
        reason: Text,
    },
}
