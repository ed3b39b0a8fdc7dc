//! The buckets and objects of a broker, and how facts change them.
//!
//! Of an object, memory holds what lists and conditions need; the rest stands in its record.

use std::collections::BTreeMap;

use super::{BlobId, BucketDefinition, BucketId, BucketName, ETag, ObjectFact, ObjectKey, ObjectRecord, Part};
use super::{UploadDefinition, UploadId};
use crate::function::Placed;
use crate::{Place, Tag, Tags, Timestamp};

/// All buckets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Objects {
    pub(crate) buckets: BTreeMap<BucketId, Bucket>,
    pub(crate) by_name: BTreeMap<BucketName, BucketId>,
    /// How many objects and parts have a blob.
    blobs: BTreeMap<BlobId, u32>,
    /// Blobs that nobody has any more since [`Objects::take_freed`] was last called.
    freed: Vec<BlobId>,
    /// Bytes of the records that are still needed.
    alive_bytes: u64,
}

/// The object store in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ObjectStatistics {
    /// Buckets that there are.
    pub buckets: usize,
    /// Objects in all of them.
    pub objects: usize,
    /// Bytes of their contents. Copies count each, although they share theirs.
    pub bytes: u64,
    /// Uploads in parts that have not ended.
    pub uploads: usize,
}

/// A bucket; during a replay, its objects may stand before its definition, which cleaning wrote again further on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Bucket {
    definition: Option<Placed<BucketDefinition>>,
    pub(crate) next_version: u64,
    pub(crate) objects: BTreeMap<ObjectKey, Object>,
    /// Of all objects.
    pub(crate) bytes: u64,
    pub(crate) uploads: BTreeMap<(ObjectKey, UploadId), Upload>,
}

/// An object: what its record says and is asked for often, and what has changed since.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Object {
    pub(crate) place: Place,
    pub(crate) version: u64,
    pub(crate) modified_at: Timestamp,
    pub(crate) size: u64,
    pub(crate) etag: ETag,
    pub(crate) blobs: Box<[BlobId]>,
    /// Most objects never had any.
    labels: Option<Box<Labels>>,
}

/// The tags that an object has now.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Labels {
    tags: Tags,
    /// The record that says so.
    position: u64,
}

/// An upload in parts; during a replay, parts may stand before its definition.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Upload {
    definition: Option<Placed<UploadDefinition>>,
    pub(crate) parts: BTreeMap<u32, Placed<Part>>,
}

impl Bucket {
    /// What was said about it.
    pub(crate) fn definition(&self) -> &BucketDefinition {
        &self.placed().expect("only a replay sees a bucket without its definition").value
    }

    pub(super) fn placed(&self) -> Option<&Placed<BucketDefinition>> {
        self.definition.as_ref()
    }

    #[cfg(test)]
    pub(crate) fn place(&self) -> Place {
        self.placed().expect("it has a definition").place
    }
}

impl Object {
    pub(super) fn new(record: &ObjectRecord, place: Place) -> Object {
        Object {
            place,
            version: record.version,
            modified_at: record.modified_at,
            size: record.content.size(),
            etag: record.etag,
            blobs: record.content.segments().iter().map(|segment| segment.blob).collect(),
            labels: (!record.tags.is_empty()).then(|| Labels::boxed(&record.tags, place)),
        }
    }

    pub(crate) fn tags(&self) -> Tags {
        self.labels.as_ref().map(|labels| labels.tags.clone()).unwrap_or_default()
    }

    /// The latest record that says something of this object.
    pub(crate) fn latest_position(&self) -> u64 {
        self.labels.as_ref().map_or(0, |labels| labels.position).max(self.place.position)
    }
}

impl Labels {
    fn boxed(tags: &[Tag], place: Place) -> Box<Labels> {
        Box::new(Labels { tags: tags.iter().cloned().collect(), position: place.position })
    }
}

impl Upload {
    /// What was said about it.
    pub(crate) fn definition(&self) -> &UploadDefinition {
        &self.placed().expect("only a replay sees an upload without its definition").value
    }

    pub(super) fn placed(&self) -> Option<&Placed<UploadDefinition>> {
        self.definition.as_ref()
    }

    #[cfg(test)]
    pub(crate) fn place(&self) -> Place {
        self.placed().expect("it has a definition").place
    }
}

impl Objects {
    pub(crate) fn bucket(&self, name: &BucketName) -> Option<(BucketId, &Bucket)> {
        let id = self.by_name.get(name)?;
        Some((*id, &self.buckets[id]))
    }

    pub(crate) fn has_blob(&self, blob: BlobId) -> bool {
        self.blobs.contains_key(&blob)
    }

    pub(crate) fn blobs(&self) -> impl Iterator<Item = BlobId> {
        self.blobs.keys().copied()
    }

    pub(crate) fn statistics(&self) -> ObjectStatistics {
        let buckets = self.buckets.values();
        buckets.fold(ObjectStatistics::default(), |counted, bucket| ObjectStatistics {
            buckets: counted.buckets + 1,
            objects: counted.objects + bucket.objects.len(),
            bytes: counted.bytes + bucket.bytes,
            uploads: counted.uploads + bucket.uploads.len(),
        })
    }

    pub(crate) fn alive_bytes(&self) -> u64 {
        self.alive_bytes
    }

    pub(crate) fn take_freed(&mut self) -> Vec<BlobId> {
        std::mem::take(&mut self.freed)
    }

    /// Changes the state by one fact. What it is about may be unknown only in a replay.
    pub(crate) fn apply(&mut self, fact: &ObjectFact, place: Place, replaying: bool) {
        let is_known = match fact {
            ObjectFact::BucketDefined { bucket, definition, next_version } => {
                self.define_bucket(*bucket, definition, *next_version, place);
                true
            }
            ObjectFact::BucketDeleted { bucket } => self.forget_bucket(*bucket),
            ObjectFact::ObjectPut { bucket, object } => self.put(*bucket, object, place),
            ObjectFact::ObjectDeleted { bucket, key, version } => self.delete(*bucket, key, *version),
            ObjectFact::ObjectTagged { bucket, key, tags } => {
                let object = self.buckets.get_mut(bucket).and_then(|bucket| bucket.objects.get_mut(key));
                object.map(|object| object.labels = Some(Labels::boxed(tags, place))).is_some()
            }
            ObjectFact::UploadDefined { bucket, key, upload, definition } => {
                let (upload, is_known) = self.upload_or_placeholder(*bucket, key, *upload);
                let before = upload.definition.replace(Placed { value: definition.clone(), place });
                self.hold(place, before.map(|placed| placed.place));
                is_known
            }
            ObjectFact::PartPut { bucket, key, upload, number, part } => {
                let (upload, is_known) = self.upload_or_placeholder(*bucket, key, *upload);
                let is_known = is_known && upload.definition.is_some();
                let before = upload.parts.insert(*number, Placed { value: part.clone(), place });
                self.hold(place, before.as_ref().map(|placed| placed.place));
                self.share(part.segment.blob);
                before.iter().for_each(|placed| self.unshare(placed.value.segment.blob));
                is_known
            }
            ObjectFact::UploadEnded { bucket, key, upload } => {
                let ended =
                    self.buckets.get_mut(bucket).and_then(|known| known.uploads.remove(&(key.clone(), *upload)));
                let is_known = ended.is_some();
                ended.into_iter().for_each(|upload| self.let_go_of_upload(upload));
                is_known
            }
        };
        assert!(is_known || replaying, "a fact concerns something that does not exist");
    }

    /// The whole journal is read. What is left without a definition was gone before the journal's beginning.
    pub(crate) fn finish_replay(&mut self) {
        let unknown: Vec<BucketId> =
            self.buckets.iter().filter(|(_, bucket)| bucket.definition.is_none()).map(|(id, _)| *id).collect();
        for id in unknown {
            self.forget_bucket(id);
        }
        let mut orphans = Vec::new();
        for bucket in self.buckets.values_mut() {
            orphans.extend(bucket.uploads.extract_if(.., |_, upload| upload.definition.is_none()));
        }
        orphans.into_iter().for_each(|(_, upload)| self.let_go_of_upload(upload));
        self.freed.clear();
    }

    fn define_bucket(&mut self, id: BucketId, definition: &BucketDefinition, next_version: u64, place: Place) {
        self.by_name.insert(definition.name.clone(), id);
        let bucket = self.buckets.entry(id).or_default();
        bucket.next_version = bucket.next_version.max(next_version);
        let before = bucket.definition.replace(Placed { value: definition.clone(), place });
        self.hold(place, before.map(|placed| placed.place));
    }

    fn forget_bucket(&mut self, id: BucketId) -> bool {
        let Some(bucket) = self.buckets.remove(&id) else { return false };
        if let Some(placed) = bucket.definition {
            self.by_name.remove(&placed.value.name);
            self.let_go(placed.place);
        }
        bucket.objects.into_values().for_each(|object| self.let_go_of_object(&object));
        bucket.uploads.into_values().for_each(|upload| self.let_go_of_upload(upload));
        true
    }

    fn put(&mut self, id: BucketId, record: &ObjectRecord, place: Place) -> bool {
        let object = Object::new(record, place);
        // First, so that what a copy has of the object in whose place it comes stays.
        object.blobs.iter().for_each(|blob| self.share(*blob));
        let bucket = self.buckets.entry(id).or_default();
        let is_known = bucket.definition.is_some();
        bucket.next_version = bucket.next_version.max(record.version + 1);
        bucket.bytes += object.size;
        let before = bucket.objects.insert(record.key.clone(), object);
        bucket.bytes -= before.as_ref().map_or(0, |object| object.size);
        self.hold(place, None);
        before.iter().for_each(|object| self.let_go_of_object(object));
        is_known
    }

    fn delete(&mut self, id: BucketId, key: &ObjectKey, version: u64) -> bool {
        let bucket = self.buckets.entry(id).or_default();
        bucket.next_version = bucket.next_version.max(version + 1);
        if !bucket.uploads.is_empty() {
            let of_key = (key.clone(), UploadId(0))..=(key.clone(), UploadId(u128::MAX));
            for (_, upload) in bucket.uploads.range_mut(of_key) {
                upload.definition.iter_mut().for_each(|placed| placed.value.deleted_since = true);
            }
        }
        let Some(object) = bucket.objects.remove(key) else { return false };
        bucket.bytes -= object.size;
        self.let_go_of_object(&object);
        true
    }

    /// The upload, and whether its bucket is known.
    fn upload_or_placeholder(&mut self, id: BucketId, key: &ObjectKey, upload: UploadId) -> (&mut Upload, bool) {
        let bucket = self.buckets.entry(id).or_default();
        let is_known = bucket.definition.is_some();
        (bucket.uploads.entry((key.clone(), upload)).or_default(), is_known)
    }

    fn let_go_of_object(&mut self, object: &Object) {
        self.let_go(object.place);
        object.blobs.iter().for_each(|blob| self.unshare(*blob));
    }

    fn let_go_of_upload(&mut self, upload: Upload) {
        upload.definition.iter().for_each(|placed| self.let_go(placed.place));
        for placed in upload.parts.into_values() {
            self.let_go(placed.place);
            self.unshare(placed.value.segment.blob);
        }
    }

    /// A record is needed from now on, and the one before it no longer.
    fn hold(&mut self, place: Place, before: Option<Place>) {
        self.alive_bytes += u64::from(place.length);
        before.into_iter().for_each(|place| self.let_go(place));
    }

    fn let_go(&mut self, place: Place) {
        self.alive_bytes -= u64::from(place.length);
    }

    fn share(&mut self, blob: BlobId) {
        *self.blobs.entry(blob).or_default() += 1;
    }

    fn unshare(&mut self, blob: BlobId) {
        let count = self.blobs.get_mut(&blob).expect("a blob is counted for whoever has it");
        *count -= 1;
        if *count == 0 {
            self.blobs.remove(&blob);
            self.freed.push(blob);
        }
    }
}
