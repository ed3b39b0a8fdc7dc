//! Buckets and objects: what becomes of what is asked of the object store.

mod buckets;
mod contents;
mod telling;
mod uploads;

use crate::object::{Bucket, Object};
use crate::{Broker, Fact, ObjectFact};
use crate::{
    BucketId, BucketName, Condition, Decision, Entropy, METADATA_BYTES_MAX, OBJECT_HEADERS_BYTES_MAX, OBJECT_TAGS_MAX,
    ObjectCommand, ObjectProperties, ObjectRejection, ObjectReply, Rejection, Reply, Tags, Text,
};

/// What changes in a bucket within a millisecond has numbers of its own. That numbers rise with time keeps them rising
/// when a bucket is deleted and made anew.
const VERSIONS_A_MILLISECOND: u64 = 1 << 20;

impl Broker {
    pub(super) fn decide_object(&self, command: ObjectCommand, entropy: &mut Entropy) -> Result<Decision, Rejection> {
        Ok(match command {
            ObjectCommand::CreateBucket { bucket, owner, tags } => {
                self.decide_create_bucket(bucket, owner, tags, entropy)?
            }
            ObjectCommand::DeleteBucket { bucket } => self.decide_delete_bucket(&bucket)?,
            ObjectCommand::DescribeBucket { bucket } => self.decide_describe_bucket(&bucket)?,
            ObjectCommand::ListBuckets { owner, prefix, after, max } => {
                self.decide_list_buckets(owner, &prefix, after.as_deref(), max)
            }
            ObjectCommand::SetBucketTags { bucket, tags } => self.decide_set_bucket_tags(&bucket, tags)?,
            ObjectCommand::SetNotificationRules { bucket, rules, validate, region } => {
                self.decide_set_notification_rules(&bucket, rules, validate, &region)?
            }
            ObjectCommand::SendTestEvent { bucket, target, origin } => {
                self.decide_send_test_event(&bucket, &target, &origin, entropy)?
            }
            ObjectCommand::PutObject { bucket, key, draft, condition, origin } => {
                self.decide_put_object(&bucket, key, draft, &condition, &origin, entropy)?
            }
            ObjectCommand::FindObject { bucket, key } => self.decide_find_object(&bucket, &key)?,
            ObjectCommand::DeleteObject { bucket, key, condition, origin } => {
                self.decide_delete_object(&bucket, key, &condition, &origin, entropy)?
            }
            ObjectCommand::TagObject { bucket, key, tags } => self.decide_tag_object(&bucket, key, tags)?,
            ObjectCommand::ListObjects { bucket, wanted } => {
                told(ObjectReply::Objects(self.bucket(&bucket)?.1.list(&wanted)))
            }
            ObjectCommand::BeginUpload { bucket, key, draft } => {
                self.decide_begin_upload(&bucket, key, draft, entropy)?
            }
            ObjectCommand::PutPart { bucket, key, upload, number, part } => {
                self.decide_put_part(&bucket, key, upload, number, part)?
            }
            ObjectCommand::ListParts { bucket, key, upload, after, max } => {
                self.decide_list_parts(&bucket, &key, upload, after, max)?
            }
            ObjectCommand::CompleteUpload { bucket, key, upload, parts, checksum, condition, origin } => {
                self.decide_complete_upload(&bucket, key, upload, &parts, checksum, &condition, &origin, entropy)?
            }
            ObjectCommand::AbortUpload { bucket, key, upload } => self.decide_abort_upload(&bucket, key, upload)?,
            ObjectCommand::ListUploads { bucket, prefix, after, max } => {
                told(ObjectReply::Uploads(self.bucket(&bucket)?.1.list_uploads(&prefix, after.as_ref(), max)))
            }
        })
    }

    pub(crate) fn bucket(&self, name: &BucketName) -> Result<(BucketId, &Bucket), Rejection> {
        Ok(self.objects.bucket(name).ok_or(ObjectRejection::BucketDoesNotExist)?)
    }

    /// The number of what changes next in a bucket.
    fn next_version(&self, bucket: &Bucket) -> u64 {
        bucket.next_version.max(self.now().0.saturating_mul(VERSIONS_A_MILLISECOND))
    }
}

fn told(reply: ObjectReply) -> Decision {
    Decision::reply(Reply::Object(reply))
}

fn happened(fact: ObjectFact) -> Decision {
    Decision::fact(Fact::Object { fact })
}

fn check_condition(condition: &Condition, object: Option<&Object>) -> Result<(), ObjectRejection> {
    match (condition, object) {
        (Condition::None, _) | (Condition::Absent, None) => Ok(()),
        (Condition::Absent, Some(_)) => Err(ObjectRejection::PreconditionFailed { if_none_match: true }),
        (Condition::Match(_), None) => Err(ObjectRejection::KeyDoesNotExist),
        (Condition::Match(etag), Some(object)) if object.etag.is(etag) => Ok(()),
        (Condition::Match(_), Some(_)) => Err(ObjectRejection::PreconditionFailed { if_none_match: false }),
    }
}

fn check_description(properties: &ObjectProperties, tags: &Tags) -> Result<(), ObjectRejection> {
    let bytes = |pairs: &[(Text, Text)]| pairs.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>();
    if bytes(&properties.metadata) > METADATA_BYTES_MAX {
        return Err(ObjectRejection::MetadataTooLarge);
    }
    if bytes(&properties.headers) > OBJECT_HEADERS_BYTES_MAX {
        return Err(ObjectRejection::HeadersTooLarge);
    }
    check_tags(tags)
}

fn check_tags(tags: &Tags) -> Result<(), ObjectRejection> {
    if tags.len() > OBJECT_TAGS_MAX { Err(ObjectRejection::TooManyTags) } else { Ok(()) }
}
