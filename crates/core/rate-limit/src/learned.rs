//! The target's own leaky bucket, as its answers show it: how large it is, how full, and how fast it leaks.

use crate::bucket::{NANOS, PAUSE_MAX_MS, leaking_from, low};
use crate::feedback::Usage;

/// How long a full bucket is taken to need to run dry, until that was seen: so Shopify's and Cafe24's do.
const DRAIN_ASSUMED_NS: u64 = 20_000 * NANOS;
/// Places that are left free in larger buckets: levels are told in whole calls, and late.
const MARGIN: u32 = 1;
const MARGIN_FROM_CAPACITY: u32 = 4;
/// After so long the leak is measured anew, so that one that became slower is seen.
const OBSERVED_MS_MAX: u64 = 60_000;
/// What was learned is forgotten when nothing was called for so long.
const KEPT_MS: u64 = 3_600_000;

/// The longest wait that an answer leads to, and so the slowest leak that makes sense.
const WAIT_MAX_NS: u64 = PAUSE_MAX_MS * NANOS;

/// What was learned of a target's bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Learned {
    capacity: u32,
    /// From one call that leaks out to the next.
    interval_ns: u64,
    /// When the bucket will have run dry.
    empty_at_ns: u64,
    /// Where the measurement of the leak began.
    observed: Observation,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Observation {
    at_ms: u64,
    /// The level that was told then.
    used: u32,
    /// Answers since then.
    answers: u32,
    /// Calls that were under way then: the level may have held them already.
    running: u32,
}

impl Learned {
    pub(crate) fn new(usage: Usage, running: u32, now_ms: u64) -> Learned {
        let interval_ns = DRAIN_ASSUMED_NS / u64::from(usage.capacity.max(1));
        let observed = Observation { at_ms: now_ms, used: usage.used, answers: 0, running };
        Learned { capacity: usage.capacity, interval_ns, empty_at_ns: 0, observed }
    }

    pub(crate) fn free_at(&self, now_ms: u64) -> u64 {
        self.empty_at_ns.saturating_sub(self.slack_ns()).div_ceil(NANOS).max(now_ms)
    }

    /// How far from dry the bucket may be while there is still a place.
    fn slack_ns(&self) -> u64 {
        let margin = if self.capacity < MARGIN_FROM_CAPACITY { 0 } else { MARGIN };
        let places = u64::from((self.capacity - margin.min(self.capacity)).max(1));
        self.interval_ns.saturating_mul(places - 1)
    }

    pub(crate) fn begin(&mut self, now_ms: u64) {
        self.empty_at_ns = leaking_from(self.empty_at_ns, now_ms).saturating_add(self.interval_ns);
    }

    /// The target refused: there is no place left, and it leaks more slowly than was thought, until it is seen to do
    /// better.
    pub(crate) fn refuse(&mut self, running: u32, now_ms: u64) {
        self.interval_ns = self.interval_ns.saturating_mul(2).min(WAIT_MAX_NS);
        self.observed = Observation { at_ms: now_ms, used: self.capacity, answers: 0, running };
        self.set_level(u64::from(self.capacity), now_ms);
    }

    /// An answer told the level; `running` other calls may not be in it yet.
    pub(crate) fn see(&mut self, usage: Usage, running: u32, now_ms: u64) {
        self.measure(usage, running, now_ms);
        self.capacity = usage.capacity;
        self.set_level(u64::from(usage.used) + u64::from(running), now_ms);
    }

    fn measure(&mut self, usage: Usage, running: u32, now_ms: u64) {
        let start = Observation { at_ms: now_ms, used: usage.used, answers: 0, running };
        self.observed.answers = self.observed.answers.saturating_add(1);
        let observed = self.observed;
        // Another size is another bucket.
        if usage.capacity != self.capacity {
            self.observed = start;
            return;
        }
        let poured = u64::from(observed.used) + u64::from(observed.answers);
        // Levels are rounded: of what seems to have leaked, one may not have.
        let leaked = poured.saturating_sub(u64::from(usage.used) + u64::from(observed.running) + 1);
        let elapsed_ms = now_ms.saturating_sub(observed.at_ms);
        // A bucket that ran dry could have leaked more: then the measurement is no more than a lower bound.
        let ran_dry = usage.used <= 1;
        let is_over = elapsed_ms >= OBSERVED_MS_MAX && !ran_dry;
        if leaked > 0 {
            let interval_ns = elapsed_ms.saturating_mul(NANOS).div_ceil(leaked).clamp(1, WAIT_MAX_NS);
            if is_over || interval_ns < self.interval_ns {
                self.interval_ns = interval_ns;
            }
        }
        if is_over || ran_dry {
            self.observed = start;
        }
    }

    fn set_level(&mut self, level: u64, now_ms: u64) {
        // A level beyond what fits is told by mistake; it does not shut the target off for longer than a pause may last.
        let most_ns = self.slack_ns().saturating_add(WAIT_MAX_NS);
        let until_dry_ns = level.saturating_mul(self.interval_ns).min(most_ns);
        self.empty_at_ns = now_ms.saturating_mul(NANOS).saturating_add(until_dry_ns);
    }

    pub(crate) fn stale_at_ms(&self) -> u64 {
        (self.empty_at_ns / NANOS).saturating_add(KEPT_MS)
    }

    pub(crate) fn numbers(&self) -> [u64; 8] {
        let Observation { at_ms, used, answers, running } = self.observed;
        let (capacity, used, answers, running) =
            (capacity(self), u64::from(used), u64::from(answers), u64::from(running));
        [1, capacity, self.interval_ns, self.empty_at_ns, at_ms, used, answers, running]
    }

    pub(crate) fn from_numbers(numbers: [u64; 8]) -> Option<Learned> {
        let [known, capacity, interval_ns, empty_at_ns, at_ms, used, answers, running] = numbers;
        let observed = Observation { at_ms, used: low(used), answers: low(answers), running: low(running) };
        (known != 0).then_some(Learned { capacity: low(capacity), interval_ns, empty_at_ns, observed })
    }
}

fn capacity(learned: &Learned) -> u64 {
    u64::from(learned.capacity)
}

#[cfg(test)]
mod tests {
    use super::PAUSE_MAX_MS;
    use crate::bucket::Bucket;
    use crate::feedback::{Feedback, Usage};
    use crate::limit::{Limit, Rate};
    use crate::provider::Provider;

    /// Somebody who calls a provider as soon as the bucket allows.
    #[derive(Default)]
    struct Caller {
        limit: Option<Limit>,
        bucket: Bucket,
        now: u64,
    }

    impl Caller {
        /// Makes so many calls, some side by side, each answered after `latency_ms`; says how many were refused on the
        /// way, and how long it took.
        fn call(&mut self, provider: &mut Provider, calls: u32, side_by_side: usize, latency_ms: u64) -> (u32, u64) {
            let start = self.now;
            let (mut begun, mut done, mut refused) = (0, 0, 0);
            let mut under_way: Vec<(u64, Feedback)> = Vec::new();
            while done < calls {
                let free_at =
                    self.bucket.free_at(self.limit.as_ref(), 0, self.now).expect("no concurrency is configured");
                let may_begin = begun < calls && under_way.len() < side_by_side;
                if under_way.first().is_some_and(|(at, _)| !may_begin || *at <= free_at) {
                    let (at, answer) = under_way.remove(0);
                    self.now = self.now.max(at);
                    self.bucket.end(&answer, u32::try_from(under_way.len()).unwrap(), self.now);
                    refused += u32::from(answer.refused);
                    begun -= u32::from(answer.refused);
                    done += u32::from(!answer.refused);
                } else {
                    self.now = free_at;
                    self.bucket.begin(self.limit.as_ref(), self.now);
                    begun += 1;
                    let (handled_at, answered_at) = (self.now + latency_ms / 2, self.now + latency_ms);
                    under_way.push((answered_at, provider.call(handled_at)));
                }
            }
            (refused, self.now - start)
        }
    }

    #[test]
    fn a_bucket_that_was_never_seen_before_is_used_to_the_full_and_never_overflows() {
        for (capacity, leak) in [(10, 5), (40, 2), (40, 5), (40, 20), (80, 4), (5, 1)] {
            for (side_by_side, latency_ms) in [(1, 20), (1, 100), (4, 100)] {
                let calls = 200 * leak + capacity;
                let mut provider = Provider::new(capacity, leak);
                let (refused, took_ms) = Caller::default().call(&mut provider, calls, side_by_side, latency_ms);
                assert_eq!(refused, 0, "capacity {capacity}, {leak} a second");
                let leaked_ms = u64::from(calls - capacity) * 1000 / u64::from(leak);
                let answered_ms = u64::from(calls) * latency_ms / side_by_side as u64;
                let ideal_ms = leaked_ms.max(answered_ms);
                assert!(
                    took_ms <= ideal_ms * 105 / 100,
                    "capacity {capacity}, {leak} a second, {side_by_side} at once: {took_ms} ms of {ideal_ms}"
                );
            }
        }
    }

    #[test]
    fn a_configured_rate_is_kept_without_any_refusal() {
        let limit = Limit::new(Some(Rate::parse("5/s").unwrap()), Some(10), None).unwrap();
        let mut caller = Caller { limit, ..Caller::default() };
        let (refused, took_ms) = caller.call(&mut Provider::new(11, 5), 1000, 4, 50);
        assert_eq!(refused, 0);
        assert!(took_ms <= (990 * 1000 / 5) * 102 / 100, "{took_ms}");
    }

    #[test]
    fn a_leak_that_becomes_slower_is_noticed() {
        let (mut provider, mut caller) = (Provider::new(20, 10), Caller::default());
        assert_eq!(caller.call(&mut provider, 300, 1, 20).0, 0);
        provider.leak_per_second = 2;
        let (refused, took_ms) = caller.call(&mut provider, 300, 1, 20);
        assert!(refused <= 5, "{refused}");
        assert!(took_ms <= 150_000 * 110 / 100, "{took_ms}");
    }

    #[test]
    fn no_answer_shuts_a_target_off_for_longer_than_a_pause_may_last() {
        let usage = |used, capacity| Feedback { usage: Some(Usage { used, capacity }), ..Feedback::default() };
        for answer in [usage(34_299, 40), usage(u32::MAX, 1), usage(u32::MAX, u32::MAX)] {
            let mut bucket = Bucket::default();
            bucket.end(&answer, 0, 7);
            let waits_ms = bucket.free_at(None, 0, 7).expect("nothing is under way") - 7;
            assert!(waits_ms <= PAUSE_MAX_MS, "{answer:?}: {waits_ms} ms");
        }
        let mut bucket = Bucket::default();
        for _ in 0..100 {
            bucket.end(&Feedback { refused: true, ..usage(40, 40) }, 0, 7);
        }
        assert!(bucket.free_at(None, 0, 7).expect("nothing is under way") <= 7 + PAUSE_MAX_MS);
    }
}
