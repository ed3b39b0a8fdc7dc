//! What functions and mappings have done since the start, counted where they run.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use bongsu_broker::MappingId;
use bongsu_histogram::Histogram;

/// Bounds for how long invocations take and how old events are, in milliseconds.
pub(crate) const MILLISECONDS: [u64; 14] =
    [1, 5, 10, 50, 100, 500, 1_000, 5_000, 10_000, 60_000, 300_000, 900_000, 3_600_000, 21_600_000];

/// Times, by how long they were.
pub(crate) type Milliseconds = Histogram<{ MILLISECONDS.len() }>;

/// What a function has done.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FunctionCounters {
    /// Invocations that ended with an error of the function.
    pub(crate) errors: u64,
    /// Invocations that were refused, because as many as may went on.
    pub(crate) throttles: u64,
    /// How long each invocation took.
    pub(crate) duration: Milliseconds,
    /// How old events were when the function was given them.
    pub(crate) event_age: Milliseconds,
}

/// What became of the messages of a mapping.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct MappingCounters {
    /// Messages that were received for the function.
    pub(crate) polled: u64,
    /// Messages that no filter let through.
    pub(crate) filtered_out: u64,
    /// Messages that the function was given.
    pub(crate) invoked: u64,
    /// Messages that the function did not work off.
    pub(crate) failed: u64,
    /// Messages that were deleted: worked off, or filtered out.
    pub(crate) deleted: u64,
}

impl Default for FunctionCounters {
    fn default() -> FunctionCounters {
        let (duration, event_age) = (Histogram::new(&MILLISECONDS), Histogram::new(&MILLISECONDS));
        FunctionCounters { errors: 0, throttles: 0, duration, event_age }
    }
}

/// The counting itself.
#[derive(Clone, Default)]
pub(crate) struct Counters(Arc<Mutex<Counted>>);

/// All counters, by function and by mapping.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counted {
    pub(crate) functions: BTreeMap<Box<str>, FunctionCounters>,
    pub(crate) mappings: BTreeMap<MappingId, MappingCounters>,
}

impl Counters {
    pub(crate) fn invoked(&self, function: &str, took: Duration, failed: bool) {
        let mut counted = self.counted();
        let counters = counted.functions.entry(function.into()).or_default();
        counters.errors += u64::from(failed);
        counters.duration.record(milliseconds(took));
    }

    pub(crate) fn throttled(&self, function: &str) {
        self.counted().functions.entry(function.into()).or_default().throttles += 1;
    }

    pub(crate) fn event_began(&self, function: &str, age: Duration) {
        self.counted().functions.entry(function.into()).or_default().event_age.record(milliseconds(age));
    }

    /// Counts one batch of a mapping: how many messages there were, the function was given, and it did not work off.
    pub(crate) fn batch(&self, mapping: MappingId, polled: usize, invoked: usize, failed: usize) {
        let mut counted = self.counted();
        let counters = counted.mappings.entry(mapping).or_default();
        counters.polled += polled as u64;
        counters.filtered_out += (polled - invoked) as u64;
        counters.invoked += invoked as u64;
        counters.failed += failed as u64;
        counters.deleted += (polled - failed) as u64;
    }

    /// What was counted of what is still there; the rest is forgotten.
    pub(crate) fn retain(&self, is_function: impl Fn(&str) -> bool, is_mapping: impl Fn(MappingId) -> bool) -> Counted {
        let mut counted = self.counted();
        counted.functions.retain(|name, _| is_function(name));
        counted.mappings.retain(|id, _| is_mapping(*id));
        counted.clone()
    }

    fn counted(&self) -> MutexGuard<'_, Counted> {
        self.0.lock().expect("nothing panics while it holds this lock")
    }
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_filtered_out_is_deleted_and_what_fails_is_not() {
        let counters = Counters::default();
        counters.batch(MappingId(1), 10, 6, 2);
        counters.batch(MappingId(2), 1, 1, 0);
        counters.throttled("gone");
        let counted = counters.retain(|_| false, |id| id == MappingId(1));
        let expected = MappingCounters { polled: 10, filtered_out: 4, invoked: 6, failed: 2, deleted: 8 };
        assert_eq!(counted.mappings, [(MappingId(1), expected)].into());
        assert!(counted.functions.is_empty());
    }
}
