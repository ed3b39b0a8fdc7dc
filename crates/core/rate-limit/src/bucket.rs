//! The bucket of one key: when it may be called next, from its limit, from pauses, and from what its target said.

use bongsu_wire::{Bytes, Malformed, Wire};

use crate::feedback::{Feedback, Window};
use crate::learned::Learned;
use crate::limit::Limit;

/// The longest that one answer keeps a key from being called: an hour. After that the target is asked again.
pub const PAUSE_MAX_MS: u64 = 3_600_000;

/// How long a target rests that refuses without saying for how long; doubled with each refusal that follows.
const PAUSE_MS: u64 = 1000;
const PAUSE_DOUBLINGS_MAX: u32 = 6;
/// For how long after a pause it is remembered how many refusals there were.
const REFUSALS_KEPT_MS: u64 = 300_000;

pub(crate) const NANOS: u64 = 1_000_000;

/// What is known of one key. The default is a key that was never called.
///
/// Its limit is the generic cell rate algorithm: one time, after which the key would be as good as new. How many calls
/// are under way is no part of it: whoever makes them knows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bucket {
    /// When all calls so far have leaked out, in nanoseconds.
    empty_at_ns: u64,
    paused_until_ms: u64,
    /// Refusals since the last answer that was none.
    refusals: u32,
    /// What the target lets through until a certain time.
    window: Option<Window>,
    /// The target's own bucket.
    learned: Option<Learned>,
}

/// A bucket as plain numbers, for whoever writes it down.
pub type BucketNumbers = [u64; 14];

impl Bucket {
    /// When the next call may begin, while so many are running: `now_ms` if at once, nothing if only the end of another
    /// makes room.
    pub fn free_at(&self, limit: Option<&Limit>, running: u32, now_ms: u64) -> Option<u64> {
        if limit.and_then(|limit| limit.concurrency).is_some_and(|most| running >= most.get()) {
            return None;
        }
        let mut free_at = now_ms.max(self.paused_until_ms);
        if let Some(pace) = limit.and_then(|limit| limit.pace) {
            let slack = pace.rate.interval_ns().saturating_mul(u64::from(pace.burst() - 1));
            free_at = free_at.max(self.empty_at_ns.saturating_sub(slack).div_ceil(NANOS));
        }
        if let Some(learned) = &self.learned {
            free_at = free_at.max(learned.free_at(now_ms));
        }
        match &self.window {
            Some(window) if window.remaining == 0 => Some(free_at.max(window.resets_at_ms)),
            _ => Some(free_at),
        }
    }

    /// A call begins. It counts whether or not it was free to.
    pub fn begin(&mut self, limit: Option<&Limit>, now_ms: u64) {
        if let Some(pace) = limit.and_then(|limit| limit.pace) {
            self.empty_at_ns = leaking_from(self.empty_at_ns, now_ms).saturating_add(pace.rate.interval_ns());
        }
        if let Some(learned) = &mut self.learned {
            learned.begin(now_ms);
        }
        match &mut self.window {
            Some(window) if window.resets_at_ms <= now_ms => self.window = None,
            Some(window) => window.remaining = window.remaining.saturating_sub(1),
            None => {}
        }
    }

    /// A call has ended, with what its target said of its limits; so many others are running still.
    pub fn end(&mut self, feedback: &Feedback, running: u32, now_ms: u64) {
        if let Some(usage) = feedback.usage {
            let learned = self.learned.get_or_insert_with(|| Learned::new(usage, running, now_ms));
            learned.see(usage, running, now_ms);
        }
        if let Some(window) = feedback.window {
            // Others that are under way may not have been counted yet.
            let remaining = window.remaining.saturating_sub(running);
            let resets_at_ms = window.resets_at_ms.min(now_ms.saturating_add(PAUSE_MAX_MS));
            self.window = Some(Window { remaining, resets_at_ms });
        }
        let pause_ms = match (feedback.refused, feedback.pause_ms) {
            (false, pause) => {
                self.refusals = 0;
                pause.unwrap_or(0)
            }
            (true, pause) => {
                self.refusals = self.refusals.saturating_add(1);
                if let Some(learned) = &mut self.learned {
                    learned.refuse(running, now_ms);
                }
                let doublings = (self.refusals - 1).min(PAUSE_DOUBLINGS_MAX);
                pause.unwrap_or(PAUSE_MS << doublings)
            }
        };
        if pause_ms > 0 {
            let until = now_ms.saturating_add(pause_ms.min(PAUSE_MAX_MS));
            self.paused_until_ms = self.paused_until_ms.max(until);
        }
    }

    /// From when on a new bucket would do as well.
    pub fn idle_at_ms(&self) -> u64 {
        let kept_ms = if self.refusals > 0 { REFUSALS_KEPT_MS } else { 0 };
        let paused = self.paused_until_ms.saturating_add(kept_ms);
        let window = self.window.map_or(0, |window| window.resets_at_ms);
        let learned = self.learned.as_ref().map_or(0, Learned::stale_at_ms);
        self.empty_at_ns.div_ceil(NANOS).max(paused).max(window).max(learned)
    }

    /// As numbers; [`Bucket::from_numbers`] makes the same bucket of them.
    pub fn numbers(&self) -> BucketNumbers {
        let window = self.window.map(|window| [1, u64::from(window.remaining), window.resets_at_ms]);
        let [has_window, remaining, resets] = window.unwrap_or_default();
        let [known, capacity, interval, empty, at, used, answers, begun] =
            self.learned.as_ref().map(Learned::numbers).unwrap_or_default();
        let [a, b, c] = [self.empty_at_ns, u64::from(self.refusals), self.paused_until_ms];
        [a, b, c, has_window, remaining, resets, known, capacity, interval, empty, at, used, answers, begun]
    }

    /// The bucket that told these numbers; nothing if none did.
    pub fn from_numbers(numbers: &BucketNumbers) -> Option<Bucket> {
        let [empty_at_ns, refusals, paused_until_ms, has_window, remaining, resets_at_ms, learned @ ..] = *numbers;
        let window = (has_window != 0).then_some(Window { remaining: low(remaining), resets_at_ms });
        let learned = Learned::from_numbers(learned);
        let bucket = Bucket { empty_at_ns, paused_until_ms, refusals: low(refusals), window, learned };
        (bucket.numbers() == *numbers).then_some(bucket)
    }
}

/// Its numbers, one after the other.
impl Wire for Bucket {
    fn put(&self, out: &mut Vec<u8>) {
        self.numbers().iter().for_each(|number| number.put(out));
    }

    fn take(from: &mut Bytes) -> Result<Bucket, Malformed> {
        let mut numbers = BucketNumbers::default();
        for number in &mut numbers {
            *number = Wire::take(from)?;
        }
        Bucket::from_numbers(&numbers).ok_or(Malformed("not a bucket of calls"))
    }
}

/// From when a call leaks that begins now. A millisecond is the finest that anybody waits: what is lost by waiting to
/// the end of one is not lost again with each call.
pub(crate) fn leaking_from(empty_at_ns: u64, now_ms: u64) -> u64 {
    let now_ns = now_ms.saturating_mul(NANOS);
    if now_ns.saturating_sub(empty_at_ns) < NANOS { empty_at_ns } else { now_ns }
}

/// The lower half.
pub(crate) fn low(number: u64) -> u32 {
    u32::try_from(number & u64::from(u32::MAX)).expect("it was cut to 32 bits")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::feedback::Usage;
    use crate::limit::Rate;

    fn limit(rate: &str, burst: Option<u32>, concurrency: Option<u32>) -> Limit {
        Limit::new(Some(Rate::parse(rate).unwrap()), burst, concurrency).unwrap().unwrap()
    }

    #[test]
    fn the_worked_example_of_the_generic_cell_rate_algorithm() {
        let (limit, mut bucket) = (limit("2/s", Some(3), None), Bucket::default());
        for _ in 0..3 {
            assert_eq!(bucket.free_at(Some(&limit), 0, 10_000), Some(10_000));
            bucket.begin(Some(&limit), 10_000);
        }
        assert_eq!(bucket.free_at(Some(&limit), 0, 10_000), Some(10_500));
        bucket.begin(Some(&limit), 10_500);
        assert_eq!(bucket.free_at(Some(&limit), 0, 10_500), Some(11_000));
    }

    #[test]
    fn calls_of_a_leaky_bucket_leave_one_by_one() {
        let (limit, mut bucket) = (limit("4/s", None, None), Bucket::default());
        bucket.begin(Some(&limit), 60_000);
        assert_eq!(bucket.free_at(Some(&limit), 0, 60_000), Some(60_250));
    }

    #[test]
    fn concurrency_is_freed_by_ends_alone() {
        let (limit, mut bucket) = (limit("1000/s", Some(1000), Some(2)), Bucket::default());
        bucket.begin(Some(&limit), 5);
        bucket.begin(Some(&limit), 5);
        assert_eq!(bucket.free_at(Some(&limit), 2, 1_000_000), None);
        assert_eq!(bucket.free_at(Some(&limit), 1, 7), Some(7));
    }

    #[test]
    fn a_refusal_rests_the_whole_key_as_long_as_the_target_says() {
        let mut bucket = Bucket::default();
        bucket.begin(None, 0);
        bucket.end(&Feedback { refused: true, pause_ms: Some(7000), ..Feedback::default() }, 0, 100);
        assert_eq!(bucket.free_at(None, 0, 200), Some(7100));
        let day = Feedback { refused: true, pause_ms: Some(86_400_000), ..Feedback::default() };
        bucket.end(&day, 0, 100);
        assert_eq!(bucket.free_at(None, 0, 200), Some(100 + PAUSE_MAX_MS));
    }

    #[test]
    fn refusals_without_a_time_rest_longer_each_time() {
        let mut bucket = Bucket::default();
        let refusal = Feedback { refused: true, ..Feedback::default() };
        let rest = |bucket: &mut Bucket, now| {
            bucket.end(&refusal, 0, now);
            bucket.free_at(None, 0, now).unwrap() - now
        };
        assert_eq!([rest(&mut bucket, 0), rest(&mut bucket, 10_000), rest(&mut bucket, 20_000)], [1000, 2000, 4000]);
        bucket.end(&Feedback::default(), 0, 30_000);
        assert_eq!(rest(&mut bucket, 40_000), 1000);
    }

    #[test]
    fn numbers_that_no_bucket_told_make_none() {
        assert_eq!(Bucket::from_numbers(&[0; 14]), Some(Bucket::default()));
        assert_eq!(Bucket::from_numbers(&[0, u64::MAX, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]), None);
        assert_eq!(Bucket::from_numbers(&[0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]), None);
    }

    #[test]
    fn a_window_that_is_used_up_opens_at_its_reset() {
        let mut bucket = Bucket::default();
        let window = Some(Window { remaining: 2, resets_at_ms: 9000 });
        bucket.end(&Feedback { window, ..Feedback::default() }, 0, 1000);
        bucket.begin(None, 1000);
        assert_eq!(bucket.free_at(None, 0, 1000), Some(1000));
        bucket.begin(None, 1000);
        assert_eq!(bucket.free_at(None, 0, 1000), Some(9000));
        bucket.begin(None, 9000);
        assert_eq!(bucket.free_at(None, 0, 9000), Some(9000));
    }

    #[test]
    fn a_configured_limit_holds_whatever_the_target_would_allow() {
        let (limit, mut bucket) = (limit("1/s", None, None), Bucket::default());
        bucket.begin(Some(&limit), 0);
        bucket.end(&Feedback { usage: Some(Usage { used: 1, capacity: 1000 }), ..Feedback::default() }, 0, 1);
        assert_eq!(bucket.free_at(Some(&limit), 0, 1), Some(1000));
    }

    #[derive(Clone, Debug)]
    enum Step {
        Wait(u64),
        Call,
        End(Feedback),
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let feedback = (any::<bool>(), proptest::option::of(0u64..5000), proptest::option::of((0u32..60, 1u32..50)))
            .prop_map(|(refused, pause_ms, usage)| Feedback {
                refused,
                pause_ms,
                usage: usage.map(|(used, capacity)| Usage { used, capacity }),
                window: None,
            });
        let step = prop_oneof![
            (0u64..2000).prop_map(Step::Wait),
            Just(Step::Call),
            Just(Step::Call),
            feedback.prop_map(Step::End)
        ];
        proptest::collection::vec(step, 0..200)
    }

    proptest! {
        #[test]
        fn no_span_of_time_sees_more_than_its_rate_and_one_burst(
            calls in 1u32..50, burst in 1u32..20, waits in proptest::collection::vec(0u64..400, 1..200)
        ) {
            let limit = limit(&format!("{calls}/s"), Some(burst), None);
            let (mut bucket, mut now, mut begun) = (Bucket::default(), 1000, Vec::new());
            for wait in waits {
                now = bucket.free_at(Some(&limit), 0, now + wait).unwrap();
                bucket.begin(Some(&limit), now);
                begun.push(now);
            }
            for (first, from) in begun.iter().enumerate() {
                for (last, to) in begun.iter().enumerate().skip(first) {
                    let most = u64::from(burst) + ((to - from) * u64::from(calls)).div_ceil(1000);
                    prop_assert!((last - first) as u64 <= most);
                }
            }
        }

        #[test]
        fn callers_that_are_always_ready_get_the_whole_rate(calls in 1u32..200) {
            let limit = limit(&format!("{calls}/s"), None, None);
            let (mut bucket, mut now) = (Bucket::default(), 0);
            for _ in 0..1000 {
                now = bucket.free_at(Some(&limit), 0, now).unwrap();
                bucket.begin(Some(&limit), now);
            }
            prop_assert!(now <= 999_000 / u64::from(calls) + 2);
        }

        #[test]
        fn numbers_make_the_same_bucket(steps in steps()) {
            let (limit, mut bucket, mut now) = (limit("5/s", Some(3), None), Bucket::default(), 0);
            for step in steps {
                match step {
                    Step::Wait(milliseconds) => now += milliseconds,
                    Step::Call => bucket.begin(Some(&limit), now),
                    Step::End(feedback) => bucket.end(&feedback, 1, now),
                }
                prop_assert_eq!(Bucket::from_numbers(&bucket.numbers()), Some(bucket.clone()));
                let idle_at = bucket.idle_at_ms();
                prop_assert_eq!(bucket.free_at(Some(&limit), 0, idle_at), Some(idle_at));
                prop_assert!(bucket.free_at(Some(&limit), 0, now).unwrap() >= now);
            }
        }
    }
}
