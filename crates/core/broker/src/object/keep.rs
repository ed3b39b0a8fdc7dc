//! Which facts about buckets and objects must be written again before their records go.

use super::{ObjectFact, ObjectRecord, Objects};
use crate::Place;

impl Objects {
    /// Given a fact and its place, the fact that carries on what is still alive of it, if anything is.
    pub(crate) fn still_needed(&self, fact: &ObjectFact, place: Place) -> Option<ObjectFact> {
        match fact {
            ObjectFact::BucketDefined { bucket: id, .. } => {
                let bucket = self.buckets.get(id)?;
                let current = bucket.placed().filter(|placed| placed.place == place)?;
                let (definition, next_version) = (current.value.clone(), bucket.next_version);
                Some(ObjectFact::BucketDefined { bucket: *id, definition, next_version })
            }
            ObjectFact::ObjectPut { bucket, object: record } => {
                let object =
                    self.buckets.get(bucket)?.objects.get(&record.key).filter(|object| object.place == place)?;
                let object = ObjectRecord { tags: object.tags().into_iter().collect(), ..record.clone() };
                Some(ObjectFact::ObjectPut { bucket: *bucket, object })
            }
            ObjectFact::UploadDefined { bucket, key, upload: id, .. } => {
                let upload = self.buckets.get(bucket)?.uploads.get(&(key.clone(), *id))?;
                let current = upload.placed().filter(|placed| placed.place == place)?;
                let (key, definition) = (key.clone(), current.value.clone());
                Some(ObjectFact::UploadDefined { bucket: *bucket, key, upload: *id, definition })
            }
            ObjectFact::PartPut { bucket, key, upload, number, .. } => {
                let upload = self.buckets.get(bucket)?.uploads.get(&(key.clone(), *upload))?;
                upload.parts.get(number).filter(|part| part.place == place).map(|_| fact.clone())
            }
            // These only change what another record introduced; that record is older, or was kept with the change.
            ObjectFact::BucketDeleted { .. }
            | ObjectFact::ObjectDeleted { .. }
            | ObjectFact::ObjectTagged { .. }
            | ObjectFact::UploadEnded { .. } => None,
        }
    }
}
