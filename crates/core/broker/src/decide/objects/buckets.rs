//! Making, describing and deleting buckets.

use super::{happened, told};
use crate::{
    Account, BUCKETS_MAX, Broker, BucketDefinition, BucketId, BucketName, Decision, Entropy, ListedBucket, ObjectFact,
    ObjectRejection, ObjectReply, Rejection, TAGS_MAX, Tags,
};

impl Broker {
    pub(super) fn decide_create_bucket(
        &self,
        name: BucketName,
        owner: Account,
        tags: Tags,
        entropy: &mut Entropy,
    ) -> Result<Decision, Rejection> {
        if let Some((_, bucket)) = self.objects.bucket(&name) {
            let is_own = bucket.definition().owner == owner;
            return Err(if is_own { ObjectRejection::BucketOwned } else { ObjectRejection::BucketExists }.into());
        }
        let owned = self.objects.buckets.values().filter(|bucket| bucket.definition().owner == owner);
        if owned.count() >= BUCKETS_MAX {
            return Err(ObjectRejection::TooManyBuckets.into());
        }
        check_tags(&tags)?;
        let tags = tags.into_iter().collect();
        let definition = BucketDefinition { name, owner, created_at: self.now(), tags, rules: Vec::new() };
        let bucket = BucketId(entropy.next_u64());
        Ok(happened(ObjectFact::BucketDefined { bucket, definition, next_version: 0 }))
    }

    pub(super) fn decide_delete_bucket(&self, name: &BucketName) -> Result<Decision, Rejection> {
        let (id, bucket) = self.bucket(name)?;
        if !bucket.objects.is_empty() {
            return Err(ObjectRejection::BucketNotEmpty.into());
        }
        Ok(happened(ObjectFact::BucketDeleted { bucket: id }))
    }

    pub(super) fn decide_describe_bucket(&self, name: &BucketName) -> Result<Decision, Rejection> {
        let (_, bucket) = self.bucket(name)?;
        Ok(told(ObjectReply::Bucket(Box::new(bucket.definition().clone()))))
    }

    pub(super) fn decide_list_buckets(
        &self,
        owner: Account,
        prefix: &str,
        after: Option<&str>,
        max: usize,
    ) -> Decision {
        let buckets = self.objects.by_name.values().map(|id| self.objects.buckets[id].definition());
        let is_wanted = |bucket: &&BucketDefinition| {
            bucket.owner == owner && bucket.name.starts_with(prefix) && after.is_none_or(|after| &*bucket.name > after)
        };
        let listed = buckets.filter(is_wanted).take(max);
        let listed =
            listed.map(|bucket| ListedBucket { name: bucket.name.clone(), created_at: bucket.created_at }).collect();
        told(ObjectReply::Buckets(listed))
    }

    pub(super) fn decide_set_bucket_tags(&self, name: &BucketName, tags: Tags) -> Result<Decision, Rejection> {
        check_tags(&tags)?;
        self.redefine(name, |definition| definition.tags = tags.into_iter().collect())
    }

    pub(super) fn redefine(
        &self,
        name: &BucketName,
        change: impl FnOnce(&mut BucketDefinition),
    ) -> Result<Decision, Rejection> {
        let (id, bucket) = self.bucket(name)?;
        let mut definition = bucket.definition().clone();
        change(&mut definition);
        Ok(happened(ObjectFact::BucketDefined { bucket: id, definition, next_version: bucket.next_version }))
    }
}

fn check_tags(tags: &Tags) -> Result<(), ObjectRejection> {
    if tags.len() > TAGS_MAX { Err(ObjectRejection::TooManyTags) } else { Ok(()) }
}
