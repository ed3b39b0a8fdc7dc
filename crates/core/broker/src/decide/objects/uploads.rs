//! Putting objects in parts.

use super::telling::Change;
use super::{check_condition, check_description, happened, told};
use crate::object::{Bucket, Object, Upload};
use crate::{
    Broker, BucketId, BucketName, Checksum, Condition, Decision, ETag, Entropy, EventOrigin, Fact, LISTED_MAX,
    ListedPart, ObjectContent, ObjectEvent, ObjectFact, ObjectKey, ObjectRecord, ObjectRejection, ObjectReply,
    PART_BYTES_MIN, PARTS_MAX, Part, PartDraft, PartPage, Rejection, Reply, UPLOADS_MAX, UploadDefinition, UploadDraft,
    UploadId, UploadedPart,
};

impl Broker {
    pub(super) fn decide_begin_upload(
        &self,
        name: &BucketName,
        key: ObjectKey,
        draft: UploadDraft,
        entropy: &mut Entropy,
    ) -> Result<Decision, Rejection> {
        let (id, bucket) = self.bucket(name)?;
        check_description(&draft.properties, &draft.tags)?;
        if bucket.uploads.len() >= UPLOADS_MAX {
            return Err(ObjectRejection::TooManyUploads.into());
        }
        let definition = UploadDefinition {
            began_at: self.now(),
            version: bucket.next_version,
            deleted_since: false,
            properties: draft.properties,
            tags: draft.tags.into_iter().collect(),
            checksum: draft.checksum,
        };
        // Uploads of a key are listed in the order in which they began, and nobody guesses the next one's identity.
        let upload = UploadId(u128::from(self.now().0) << 64 | u128::from(entropy.next_u64()));
        let fact = ObjectFact::UploadDefined { bucket: id, key, upload, definition };
        let reply = Reply::Object(ObjectReply::UploadBegan(upload));
        Ok(Decision { facts: vec![Fact::Object { fact }], reply, effects: Vec::new() })
    }

    fn upload(
        &self,
        name: &BucketName,
        key: &ObjectKey,
        id: UploadId,
    ) -> Result<(BucketId, &Bucket, &Upload), Rejection> {
        let (bucket_id, bucket) = self.bucket(name)?;
        let upload = bucket.uploads.get(&(key.clone(), id)).ok_or(ObjectRejection::UploadDoesNotExist)?;
        Ok((bucket_id, bucket, upload))
    }

    pub(super) fn decide_put_part(
        &self,
        name: &BucketName,
        key: ObjectKey,
        upload: UploadId,
        number: u32,
        part: PartDraft,
    ) -> Result<Decision, Rejection> {
        let (bucket, ..) = self.upload(name, &key, upload)?;
        if !(1..=PARTS_MAX).contains(&number) {
            return Err(ObjectRejection::PartNumberInvalid.into());
        }
        let PartDraft { segment, md5, checksum } = part;
        let part = Part { segment, md5, checksum, modified_at: self.now() };
        Ok(happened(ObjectFact::PartPut { bucket, key, upload, number, part }))
    }

    pub(super) fn decide_list_parts(
        &self,
        name: &BucketName,
        key: &ObjectKey,
        upload: UploadId,
        after: u32,
        max: usize,
    ) -> Result<Decision, Rejection> {
        let (_, _, upload) = self.upload(name, key, upload)?;
        let mut behind = upload.parts.range(after.saturating_add(1)..).map(|(number, placed)| {
            let Part { segment, md5, checksum, modified_at } = placed.value.clone();
            UploadedPart { number: *number, md5, size: segment.length, checksum, modified_at }
        });
        let max = max.min(LISTED_MAX);
        let parts = behind.by_ref().take(max).collect();
        let is_truncated = max > 0 && behind.next().is_some();
        Ok(told(ObjectReply::Parts(PartPage { checksum: upload.definition().checksum, parts, is_truncated })))
    }

    pub(super) fn decide_complete_upload(
        &self,
        name: &BucketName,
        key: ObjectKey,
        id: UploadId,
        listed: &[ListedPart],
        checksum: Option<Checksum>,
        condition: &Condition,
        origin: &EventOrigin,
        entropy: &mut Entropy,
    ) -> Result<Decision, Rejection> {
        let (bucket_id, bucket, upload) = self.upload(name, &key, id)?;
        let segments = take_parts(upload, listed)?.map(|part| part.segment).collect();
        check_condition_since(upload.definition(), condition, bucket.objects.get(&key))?;
        let UploadDefinition { properties, tags, .. } = upload.definition().clone();
        let object = ObjectRecord {
            key: key.clone(),
            version: self.next_version(bucket),
            modified_at: self.now(),
            etag: ETag::of_parts(listed.iter().map(|part| &part.md5)),
            properties,
            checksum,
            tags,
            content: ObjectContent::Blobs(segments),
        };
        let content = Some((object.content.size(), object.etag));
        let change = Change { event: ObjectEvent::CompleteMultipartUpload, key: &key, content };
        let (told, tidings) = self.tell(bucket, change, object.version, origin, entropy);
        let etag = Some(object.etag);
        // In this order, so that the parts that the object has are never nobody's.
        let put = ObjectFact::ObjectPut { bucket: bucket_id, object };
        let ended = ObjectFact::UploadEnded { bucket: bucket_id, key, upload: id };
        let facts = [put, ended].map(|fact| Fact::Object { fact }).into_iter().chain(tidings).collect();
        Ok(self.changed(etag, told, facts))
    }

    pub(super) fn decide_abort_upload(
        &self,
        name: &BucketName,
        key: ObjectKey,
        upload: UploadId,
    ) -> Result<Decision, Rejection> {
        let (bucket, ..) = self.upload(name, &key, upload)?;
        Ok(happened(ObjectFact::UploadEnded { bucket, key, upload }))
    }
}

/// The parts of an upload that are listed, if they are as they were listed.
fn take_parts<'a>(
    upload: &'a Upload,
    listed: &'a [ListedPart],
) -> Result<impl Iterator<Item = &'a Part>, ObjectRejection> {
    if listed.is_empty() || !listed.is_sorted_by(|one, next| one.number < next.number) {
        return Err(ObjectRejection::PartsOutOfOrder);
    }
    for (index, ListedPart { number, md5 }) in listed.iter().enumerate() {
        let part = upload.parts.get(number).map(|placed| &placed.value).filter(|part| part.md5 == *md5);
        let size = part.ok_or(ObjectRejection::PartInvalid { number: *number })?.segment.length;
        if size < PART_BYTES_MIN && index + 1 < listed.len() {
            return Err(ObjectRejection::PartTooSmall { number: *number, size });
        }
    }
    Ok(listed.iter().map(|listed| &upload.parts[&listed.number].value))
}

/// As for an object that is put in one piece; but what happened to the object since the upload began, the condition
/// cannot have seen.
fn check_condition_since(
    upload: &UploadDefinition,
    condition: &Condition,
    object: Option<&Object>,
) -> Result<(), ObjectRejection> {
    check_condition(condition, object)?;
    match (condition, object) {
        (Condition::Absent, _) if upload.deleted_since => {
            Err(ObjectRejection::ConditionalRequestConflict { if_none_match: true })
        }
        (Condition::Match(_), Some(object)) if object.version >= upload.version => {
            Err(ObjectRejection::ConditionalRequestConflict { if_none_match: false })
        }
        _ => Ok(()),
    }
}
