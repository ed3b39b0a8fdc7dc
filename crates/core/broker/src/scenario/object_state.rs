//! What a client could notice of the object store, and what always holds in it.

use std::collections::{BTreeMap, BTreeSet};

use super::history::History;
use crate::object::{Bucket, Objects};
use crate::{
    BlobId, BucketDefinition, BucketId, Fact, ObjectFact, ObjectKey, ObjectRecord, Part, Place, UploadDefinition,
    UploadId,
};

/// Everything about buckets, and nothing about where it lies in the journal.
#[derive(Debug, PartialEq)]
pub(super) struct ObservedBucket {
    id: BucketId,
    definition: BucketDefinition,
    next_version: u64,
    objects: Vec<ObjectRecord>,
    uploads: Vec<ObservedUpload>,
}

/// Key, identity, what was said about it, its parts by their numbers.
type ObservedUpload = (ObjectKey, UploadId, UploadDefinition, Vec<(u32, Part)>);

pub(super) fn observe_buckets(objects: &Objects, history: &History) -> Vec<ObservedBucket> {
    objects.buckets.iter().map(|(id, bucket)| observe_bucket(*id, bucket, history)).collect()
}

fn observe_bucket(id: BucketId, bucket: &Bucket, history: &History) -> ObservedBucket {
    let objects = bucket.objects.iter().map(|(key, object)| match history.fact(object.place) {
        Fact::Object { fact: ObjectFact::ObjectPut { object: record, .. } } => {
            assert_eq!((&record.key, record.version, record.content.size()), (key, object.version, object.size));
            assert_eq!((record.etag, record.modified_at), (object.etag, object.modified_at));
            ObjectRecord { tags: object.tags().into_iter().collect(), ..record }
        }
        other => panic!("the record of an object holds {other:?}"),
    });
    let uploads = bucket.uploads.iter().map(|((key, id), upload)| {
        let parts = upload.parts.iter().map(|(number, placed)| (*number, placed.value.clone())).collect();
        (key.clone(), *id, upload.definition().clone(), parts)
    });
    ObservedBucket {
        id,
        definition: bucket.definition().clone(),
        next_version: bucket.next_version,
        objects: objects.collect(),
        uploads: uploads.collect(),
    }
}

/// Panics unless the parts of the store agree with each other.
pub(super) fn check_objects(objects: &Objects) {
    let names: BTreeMap<_, _> =
        objects.buckets.iter().map(|(id, bucket)| (bucket.definition().name.clone(), *id)).collect();
    assert_eq!(objects.by_name, names, "buckets are found by their names");
    let mut places: Vec<Place> = Vec::new();
    let mut blobs: BTreeSet<BlobId> = BTreeSet::new();
    for bucket in objects.buckets.values() {
        places.push(bucket.place());
        let bytes: u64 = bucket.objects.values().map(|object| object.size).sum();
        assert_eq!(bucket.bytes, bytes, "bytes of {}", bucket.definition().name);
        for object in bucket.objects.values() {
            assert!(object.version < bucket.next_version, "numbers are given out once");
            places.push(object.place);
            blobs.extend(&object.blobs);
        }
        for upload in bucket.uploads.values() {
            places.push(upload.place());
            places.extend(upload.parts.values().map(|part| part.place));
            blobs.extend(upload.parts.values().map(|part| part.value.segment.blob));
        }
    }
    let positions: BTreeSet<u64> = places.iter().map(|place| place.position).collect();
    assert_eq!(positions.len(), places.len(), "what is alive has a record of its own");
    let alive: u64 = places.iter().map(|place| u64::from(place.length)).sum();
    assert_eq!(objects.alive_bytes(), alive, "alive bytes are those of the records that hold something");
    assert_eq!(objects.blobs().collect::<BTreeSet<_>>(), blobs, "blobs are those that somebody has");
}
