//! What is known of each key that was called not long ago. It is in the journal: a restart forgets nothing of it.

use std::collections::{BTreeMap, BTreeSet};

use bongsu_rate_limit::{Bucket, Limit};

use super::calls::Calls;
use super::{LimitKey, MAPPING_CALLS_WAITING_MAX, mapping_scope};
use crate::function::window::Volatile;
use crate::{Broker, MappingId, Place, Timestamp};

/// All limits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Limits {
    pub(crate) known: BTreeMap<LimitKey, KnownLimit>,
    /// When each would be as good as new, and is forgotten.
    idle: BTreeSet<(Timestamp, LimitKey)>,
    pub(crate) calls: Volatile<Calls>,
    /// Mappings whose attempts wait for a limit before they run.
    limited: Volatile<BTreeSet<MappingId>>,
}

/// The bucket of one key, and its newest record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KnownLimit {
    pub(crate) bucket: Bucket,
    pub(crate) place: Place,
}

impl Limits {
    /// The bucket of a key; a new one if it was not called lately.
    pub(crate) fn bucket(&self, key: &LimitKey) -> Bucket {
        self.known.get(key).map(|known| known.bucket.clone()).unwrap_or_default()
    }

    /// When a call with this key may begin, as far as this key lets it: nothing if only the end of another makes room.
    pub(crate) fn free_at(&self, key: &LimitKey, limit: Option<&Limit>, now: Timestamp) -> Option<Timestamp> {
        let running = self.calls.0.running(key);
        let free_at = match self.known.get(key) {
            Some(known) => known.bucket.free_at(limit, running, now.0),
            None => Bucket::default().free_at(limit, running, now.0),
        };
        free_at.map(Timestamp)
    }

    pub(crate) fn next_deadline(&self) -> Option<Timestamp> {
        self.calls.0.next_deadline()
    }

    fn forget(&mut self, key: &LimitKey) {
        if let Some(before) = self.known.remove(key) {
            self.idle.remove(&(Timestamp(before.bucket.idle_at_ms()), key.clone()));
        }
    }
}

impl Broker {
    pub(crate) fn set_limit(&mut self, key: &LimitKey, bucket: &Bucket, place: Place) {
        self.limits.forget(key);
        let idle_at = Timestamp(bucket.idle_at_ms());
        if idle_at > self.now {
            self.limits.idle.insert((idle_at, key.clone()));
            self.limits.known.insert(key.clone(), KnownLimit { bucket: bucket.clone(), place });
        }
        self.limits.calls.0.look_again(key);
        if let Some(subscription) = key.subscription() {
            self.schedule_deliveries(subscription);
        }
    }

    /// Says whether attempts of a mapping wait to be admitted before they run, so that their messages stay hidden for as
    /// long as that takes. To be said again after a restart.
    pub fn limit_mapping(&mut self, mapping: MappingId, is_limited: bool) {
        let limited = &mut self.limits.limited.0;
        if is_limited {
            limited.insert(mapping)
        } else {
            limited.remove(&mapping)
        };
    }

    pub(crate) fn is_limited(&self, mapping: MappingId) -> bool {
        self.limits.limited.0.contains(&mapping)
    }

    /// Whether as many attempts of a mapping wait to be admitted as may.
    pub(crate) fn is_mapping_waiting(&self, mapping: MappingId) -> bool {
        let waiting = || {
            let begun = self.running.get(&mapping).copied().unwrap_or(0);
            begun.saturating_sub(self.limits.calls.0.in_scope(&mapping_scope(mapping)).running)
        };
        self.is_limited(mapping) && waiting() >= MAPPING_CALLS_WAITING_MAX
    }

    /// What is idle is forgotten whenever somebody looks, and nobody has to be woken for it.
    pub(crate) fn advance_limits(&mut self) {
        let now = self.now;
        while self.limits.idle.first().is_some_and(|(idle_at, _)| *idle_at <= now) {
            let (_, key) = self.limits.idle.pop_first().expect("it was just seen");
            self.limits.known.remove(&key);
        }
        self.limits.calls.0.advance(now);
    }
}
