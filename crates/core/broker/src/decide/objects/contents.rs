//! Putting, finding, tagging and deleting objects.

use super::telling::Change;
use super::{check_condition, check_description, check_tags, happened, told};
use crate::{
    Broker, BucketName, Condition, ContentDraft, Decision, Entropy, EventOrigin, Fact, FoundObject, INLINE_BYTES_MAX,
    ObjectChanged, ObjectContent, ObjectDraft, ObjectEvent, ObjectFact, ObjectKey, ObjectRecord, ObjectRejection,
    ObjectReply, Rejection, Reply, Tags, Told,
};

impl Broker {
    pub(super) fn decide_put_object(
        &self,
        name: &BucketName,
        key: ObjectKey,
        draft: ObjectDraft,
        condition: &Condition,
        origin: &EventOrigin,
        entropy: &mut Entropy,
    ) -> Result<Decision, Rejection> {
        let (id, bucket) = self.bucket(name)?;
        check_description(&draft.properties, &draft.tags)?;
        check_condition(condition, bucket.objects.get(&key))?;
        let object = ObjectRecord {
            key,
            version: self.next_version(bucket),
            modified_at: self.now(),
            etag: draft.etag,
            properties: draft.properties,
            checksum: draft.checksum,
            tags: draft.tags.into_iter().collect(),
            content: self.take_content(draft.content)?,
        };
        let event = if draft.is_copy { ObjectEvent::Copy } else { ObjectEvent::Put };
        let change = Change { event, key: &object.key, content: Some((object.content.size(), object.etag)) };
        let (told, mut tidings) = self.tell(bucket, change, object.version, origin, entropy);
        let etag = Some(object.etag);
        tidings.insert(0, Fact::Object { fact: ObjectFact::ObjectPut { bucket: id, object } });
        Ok(self.changed(etag, told, tidings))
    }

    fn take_content(&self, content: ContentDraft) -> Result<ObjectContent, ObjectRejection> {
        match content {
            ContentDraft::Inline(bytes) => {
                assert!(bytes.len() <= INLINE_BYTES_MAX, "larger content is staged as a blob");
                Ok(ObjectContent::Inline(bytes))
            }
            ContentDraft::Staged(segment) => Ok(ObjectContent::Blobs(vec![segment])),
            ContentDraft::Shared(segments) => {
                match segments.iter().all(|segment| self.objects.has_blob(segment.blob)) {
                    true => Ok(ObjectContent::Blobs(segments)),
                    false => Err(ObjectRejection::ContentGone),
                }
            }
        }
    }

    pub(super) fn changed(&self, etag: Option<crate::ETag>, told: Told, facts: Vec<Fact>) -> Decision {
        let changed = ObjectChanged { etag, modified_at: self.now(), told };
        Decision { facts, reply: Reply::Object(ObjectReply::Changed(changed)), effects: Vec::new() }
    }

    pub(super) fn decide_find_object(&self, name: &BucketName, key: &ObjectKey) -> Result<Decision, Rejection> {
        let (_, bucket) = self.bucket(name)?;
        let object = bucket.objects.get(key).ok_or(ObjectRejection::KeyDoesNotExist)?;
        let (place, tags, latest_position) = (object.place, object.tags(), object.latest_position());
        Ok(told(ObjectReply::Found(FoundObject { place, tags, latest_position })))
    }

    pub(super) fn decide_delete_object(
        &self,
        name: &BucketName,
        key: ObjectKey,
        condition: &Condition,
        origin: &EventOrigin,
        entropy: &mut Entropy,
    ) -> Result<Decision, Rejection> {
        let (id, bucket) = self.bucket(name)?;
        let object = bucket.objects.get(&key);
        check_condition(condition, object)?;
        if object.is_none() {
            return Ok(self.changed(None, Told::Nobody, Vec::new()));
        }
        let version = self.next_version(bucket);
        let change = Change { event: ObjectEvent::Delete, key: &key, content: None };
        let (told, mut tidings) = self.tell(bucket, change, version, origin, entropy);
        tidings.insert(0, Fact::Object { fact: ObjectFact::ObjectDeleted { bucket: id, key, version } });
        Ok(self.changed(None, told, tidings))
    }

    pub(super) fn decide_tag_object(
        &self,
        name: &BucketName,
        key: ObjectKey,
        tags: Tags,
    ) -> Result<Decision, Rejection> {
        let (id, bucket) = self.bucket(name)?;
        if !bucket.objects.contains_key(&key) {
            return Err(ObjectRejection::KeyDoesNotExist.into());
        }
        check_tags(&tags)?;
        Ok(happened(ObjectFact::ObjectTagged { bucket: id, key, tags: tags.into_iter().collect() }))
    }
}
