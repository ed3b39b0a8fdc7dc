//! One limit for many keys: a bucket each, and none for keys that would have a new one.

use std::collections::BTreeMap;
use std::ops::Bound;

use crate::bucket::Bucket;
use crate::feedback::Feedback;
use crate::limit::Limit;

/// Keys that are looked at, each time a call begins, for whether they can be forgotten.
const SWEPT: usize = 2;

/// A limit, and the buckets of its keys. Without a limit, only what targets say counts.
#[derive(Clone, Debug)]
pub struct Limiter<K> {
    limit: Option<Limit>,
    buckets: BTreeMap<K, Bucket>,
    /// Where the last look ended.
    swept_to: Option<K>,
}

impl<K: Ord + Clone> Limiter<K> {
    /// With no key called so far.
    pub fn new(limit: Option<Limit>) -> Limiter<K> {
        Limiter { limit, buckets: BTreeMap::new(), swept_to: None }
    }

    /// The limit of each key.
    pub fn limit(&self) -> Option<&Limit> {
        self.limit.as_ref()
    }

    /// Another limit from now on; what was learned and what is under way stays.
    pub fn set_limit(&mut self, limit: Option<Limit>) {
        self.limit = limit;
    }

    /// When the key may be called next: `now_ms` if at once, nothing if only the end of a call makes room.
    pub fn free_at(&self, key: &K, now_ms: u64) -> Option<u64> {
        match self.buckets.get(key) {
            Some(bucket) => bucket.free_at(self.limit.as_ref(), now_ms),
            None => Some(now_ms),
        }
    }

    /// A call of the key begins. In passing, keys that have been idle are forgotten.
    pub fn begin(&mut self, key: &K, now_ms: u64) {
        self.sweep(now_ms);
        match self.buckets.get_mut(key) {
            Some(bucket) => bucket.begin(self.limit.as_ref(), now_ms),
            None => {
                let mut bucket = Bucket::default();
                bucket.begin(self.limit.as_ref(), now_ms);
                self.buckets.insert(key.clone(), bucket);
            }
        }
    }

    /// A call of the key has ended.
    pub fn end(&mut self, key: &K, feedback: &Feedback, now_ms: u64) {
        if let Some(bucket) = self.buckets.get_mut(key) {
            bucket.end(feedback, now_ms);
        }
    }

    /// A call of the key was given up before the target was asked.
    pub fn abandon(&mut self, key: &K) {
        if let Some(bucket) = self.buckets.get_mut(key) {
            bucket.abandon();
        }
    }

    /// The bucket of a key that was called not long ago.
    pub fn bucket(&self, key: &K) -> Option<&Bucket> {
        self.buckets.get(key)
    }

    /// Sets the bucket of a key, as it was written down.
    pub fn set_bucket(&mut self, key: K, bucket: Bucket) {
        self.buckets.insert(key, bucket);
    }

    /// Every key that has a bucket, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&K, &Bucket)> {
        self.buckets.iter()
    }

    fn sweep(&mut self, now_ms: u64) {
        for _ in 0..SWEPT {
            let from = self.swept_to.as_ref().map_or(Bound::Unbounded, Bound::Excluded);
            let next = self.buckets.range((from, Bound::Unbounded)).next();
            let Some((key, bucket)) = next else {
                self.swept_to = None;
                return;
            };
            let (key, is_idle) = (key.clone(), bucket.is_idle(now_ms));
            if is_idle {
                self.buckets.remove(&key);
            }
            self.swept_to = Some(key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limit::Rate;

    #[test]
    fn a_million_keys_that_pass_through_do_not_stay() {
        let limit = Limit::new(Rate::parse("10/s").unwrap(), Some(10), None).unwrap();
        let mut limiter = Limiter::new(Some(limit));
        let mut most = 0;
        for key in 0..1_000_000u64 {
            let now = key / 10;
            limiter.begin(&key, now);
            limiter.end(&key, &Feedback::default(), now);
            if key % 10_000 == 0 {
                most = most.max(limiter.iter().count());
            }
        }
        assert!(most < 10_000, "{most} buckets at once");
    }

    #[test]
    fn a_busy_key_does_not_hold_up_another() {
        let limit = Limit::new(Rate::parse("1/s").unwrap(), None, None).unwrap();
        let mut limiter = Limiter::new(Some(limit));
        limiter.begin(&"a", 1000);
        assert_eq!(limiter.free_at(&"a", 1000), Some(2000));
        assert_eq!(limiter.free_at(&"b", 1000), Some(1000));
    }
}
