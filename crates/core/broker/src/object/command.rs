//! What the doors ask of the object store, and what it answers.

use super::{
    BucketName, Checksum, ChecksumKind, ContentDraft, ETag, NotificationRule, ObjectKey, ObjectProperties, Segment,
    UploadId,
};
use crate::{Account, Destination, Place, Tags, Text, Timestamp};

/// One request about buckets or objects.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs, reason = "fields are named as in the operations they come from")]
pub enum ObjectCommand {
    /// Makes a bucket.
    CreateBucket { bucket: BucketName, owner: Account, tags: Tags },
    /// Deletes a bucket without objects, and its unfinished uploads.
    DeleteBucket { bucket: BucketName },
    /// Tells everything about a bucket.
    DescribeBucket { bucket: BucketName },
    /// Lists an account's buckets that start with `prefix` and come after `after`, at most `max`.
    ListBuckets { owner: Account, prefix: Box<str>, after: Option<Box<str>>, max: usize },
    /// Gives a bucket these tags, and no others.
    SetBucketTags { bucket: BucketName, tags: Tags },
    /// Gives a bucket these notification rules, and no others. `validate`: only if those who are to be told can be.
    SetNotificationRules { bucket: BucketName, rules: Vec<NotificationRule>, validate: bool, region: Box<str> },
    /// Tells somebody that a rule names them.
    SendTestEvent { bucket: BucketName, target: Destination, origin: EventOrigin },
    /// Puts an object, or puts it in the place of the one that is there.
    PutObject { bucket: BucketName, key: ObjectKey, draft: ObjectDraft, condition: Condition, origin: EventOrigin },
    /// Tells where an object is.
    FindObject { bucket: BucketName, key: ObjectKey },
    /// Deletes an object; without a condition, one that is not there does not matter.
    DeleteObject { bucket: BucketName, key: ObjectKey, condition: Condition, origin: EventOrigin },
    /// Gives an object these tags, and no others.
    TagObject { bucket: BucketName, key: ObjectKey, tags: Tags },
    /// Lists objects by their keys.
    ListObjects { bucket: BucketName, wanted: Wanted },
    /// Begins to put an object in parts.
    BeginUpload { bucket: BucketName, key: ObjectKey, draft: UploadDraft },
    /// Takes a part, in the place of the one with that number.
    PutPart { bucket: BucketName, key: ObjectKey, upload: UploadId, number: u32, part: PartDraft },
    /// Lists the parts of an upload with numbers above `after`, at most `max`.
    ListParts { bucket: BucketName, key: ObjectKey, upload: UploadId, after: u32, max: usize },
    /// Puts an object together from these parts, and lets go of the others.
    CompleteUpload {
        bucket: BucketName,
        key: ObjectKey,
        upload: UploadId,
        parts: Vec<ListedPart>,
        checksum: Option<Checksum>,
        condition: Condition,
        origin: EventOrigin,
    },
    /// Lets go of an upload and its parts.
    AbortUpload { bucket: BucketName, key: ObjectKey, upload: UploadId },
    /// Lists unfinished uploads by their keys.
    ListUploads { bucket: BucketName, prefix: Box<str>, after: Option<UploadMarker>, max: usize },
}

impl ObjectCommand {
    /// The bucket whose owner alone may have this done.
    pub(crate) fn bucket(&self) -> Option<&BucketName> {
        match self {
            ObjectCommand::CreateBucket { .. } | ObjectCommand::ListBuckets { .. } => None,
            ObjectCommand::DeleteBucket { bucket }
            | ObjectCommand::DescribeBucket { bucket }
            | ObjectCommand::SetBucketTags { bucket, .. }
            | ObjectCommand::SetNotificationRules { bucket, .. }
            | ObjectCommand::SendTestEvent { bucket, .. }
            | ObjectCommand::PutObject { bucket, .. }
            | ObjectCommand::FindObject { bucket, .. }
            | ObjectCommand::DeleteObject { bucket, .. }
            | ObjectCommand::TagObject { bucket, .. }
            | ObjectCommand::ListObjects { bucket, .. }
            | ObjectCommand::BeginUpload { bucket, .. }
            | ObjectCommand::PutPart { bucket, .. }
            | ObjectCommand::ListParts { bucket, .. }
            | ObjectCommand::CompleteUpload { bucket, .. }
            | ObjectCommand::AbortUpload { bucket, .. }
            | ObjectCommand::ListUploads { bucket, .. } => Some(bucket),
        }
    }

    /// The account that this is done for, where it is not about a bucket that is there.
    pub(crate) fn account(&self) -> Option<Account> {
        match self {
            ObjectCommand::CreateBucket { owner, .. } | ObjectCommand::ListBuckets { owner, .. } => Some(*owner),
            _ => None,
        }
    }

    /// Whether nothing changes, so that no room in the journal is needed.
    pub fn only_looks(&self) -> bool {
        matches!(
            self,
            ObjectCommand::DescribeBucket { .. }
                | ObjectCommand::ListBuckets { .. }
                | ObjectCommand::FindObject { .. }
                | ObjectCommand::ListObjects { .. }
                | ObjectCommand::ListParts { .. }
                | ObjectCommand::ListUploads { .. }
        )
    }

    /// Whether this lets go of something, and is let through although the disk is full.
    pub fn lets_go(&self) -> bool {
        matches!(
            self,
            ObjectCommand::DeleteBucket { .. } | ObjectCommand::DeleteObject { .. } | ObjectCommand::AbortUpload { .. }
        )
    }
}

/// Who made a change, as notifications tell it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventOrigin {
    /// The server's region, also for ARNs in the policies of queues.
    pub region: Text,
    /// The request's id.
    pub request_id: Text,
    /// What AWS calls `x-amz-id-2`.
    pub host_id: Text,
    /// Who asked: `AWS:AIDA…`.
    pub principal_id: Text,
    /// From where.
    pub source_ip: Text,
}

/// What must be so for an object to be put or deleted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Condition {
    /// Nothing.
    #[default]
    None,
    /// `If-None-Match: *`: no object of that key.
    Absent,
    /// `If-Match`: an object of that key with this ETag, in quotes or without.
    Match(Text),
}

/// An object on its way in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectDraft {
    /// What it is made of.
    pub content: ContentDraft,
    /// Of the content.
    pub etag: ETag,
    /// What is said about it.
    pub properties: ObjectProperties,
    /// One, if any came.
    pub checksum: Option<Checksum>,
    /// Its labels.
    pub tags: Tags,
    /// Whether it is a copy of another, rather than put.
    pub is_copy: bool,
}

/// An object that is to be put in parts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UploadDraft {
    /// What is said about the object.
    pub properties: ObjectProperties,
    /// Its labels.
    pub tags: Tags,
    /// Which checksum its parts come with, if any.
    pub checksum: Option<ChecksumKind>,
}

/// A part on its way in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartDraft {
    /// A new blob, which is durable already.
    pub segment: Segment,
    /// Of its content.
    pub md5: [u8; 16],
    /// One, if any came.
    pub checksum: Option<Checksum>,
}

/// A part that is to be in the object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListedPart {
    /// Which.
    pub number: u32,
    /// What it was when it was uploaded: its ETag.
    pub md5: [u8; 16],
}

/// Which objects are to be listed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// How their keys begin; empty for all.
    pub prefix: Box<str>,
    /// Keys that go on alike behind the prefix up to this are listed as one; empty for none.
    pub delimiter: Box<str>,
    /// Keys that come after this, and not what was listed as it.
    pub after: Option<Box<str>>,
    /// Keys, and beginnings of keys, at most.
    pub max: usize,
}

/// What the object store answers.
#[derive(Clone, Debug, PartialEq)]
pub enum ObjectReply {
    /// `DescribeBucket`.
    Bucket(Box<super::BucketDefinition>),
    /// `ListBuckets`, in order.
    Buckets(Vec<ListedBucket>),
    /// `PutObject`, `CompleteUpload` and `DeleteObject`.
    Changed(ObjectChanged),
    /// `FindObject`.
    Found(FoundObject),
    /// `ListObjects`.
    Objects(ObjectPage),
    /// `BeginUpload`.
    UploadBegan(UploadId),
    /// `ListParts`.
    Parts(PartPage),
    /// `ListUploads`.
    Uploads(UploadPage),
}

/// A bucket among others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedBucket {
    /// Its name.
    pub name: BucketName,
    /// When it was made.
    pub created_at: Timestamp,
}

/// What became of a change, and of telling it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ObjectChanged {
    /// The object's, unless it is gone.
    pub etag: Option<ETag>,
    /// When.
    pub modified_at: Timestamp,
    /// Whether somebody was to be told.
    pub told: Told,
}

/// Whether somebody was told of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// No rule is about it.
    Nobody,
    /// With the change itself, all or nothing.
    Somebody,
    /// The target is gone, or does not take it.
    InVain,
}

/// Where an object is: what the journal's record of it does not say, or not as it is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundObject {
    /// Where its [`super::ObjectRecord`] lies.
    pub place: Place,
    /// Its labels.
    pub tags: Tags,
    /// The position of the latest record that says something of it.
    pub latest_position: u64,
}

/// Objects in order of their keys.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ObjectPage {
    /// Those that are listed by themselves.
    pub objects: Vec<ListedObject>,
    /// Beginnings of keys, up to the delimiter.
    pub prefixes: Vec<Box<str>>,
    /// The last that is listed, if there are more: to be `after` the next time.
    pub next: Option<Box<str>>,
}

/// An object among others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedObject {
    /// Its name.
    pub key: ObjectKey,
    /// What changes with its content.
    pub etag: ETag,
    /// Bytes.
    pub size: u64,
    /// When it was put.
    pub modified_at: Timestamp,
}

/// Parts by their numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartPage {
    /// Which checksum they come with, if any.
    pub checksum: Option<ChecksumKind>,
    /// The parts.
    pub parts: Vec<UploadedPart>,
    /// Whether there are more.
    pub is_truncated: bool,
}

/// A part of an upload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UploadedPart {
    /// Which.
    pub number: u32,
    /// Of its content: its ETag.
    pub md5: [u8; 16],
    /// Bytes.
    pub size: u64,
    /// One, if any came.
    pub checksum: Option<Checksum>,
    /// When it was uploaded.
    pub modified_at: Timestamp,
}

/// Where a list of uploads goes on: behind all of a key, or behind one of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UploadMarker {
    /// The key.
    pub key: Box<str>,
    /// The upload.
    pub upload: Option<UploadId>,
}

/// Unfinished uploads by their keys, those of a key by their identities.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UploadPage {
    /// The uploads.
    pub uploads: Vec<ListedUpload>,
    /// Whether there are more: they come after the last of these.
    pub is_truncated: bool,
}

/// An unfinished upload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedUpload {
    /// The object's name.
    pub key: ObjectKey,
    /// The upload.
    pub id: UploadId,
    /// When it began.
    pub began_at: Timestamp,
    /// Which checksum its parts come with, if any.
    pub checksum: Option<ChecksumKind>,
}
