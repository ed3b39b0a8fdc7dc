//! Fault policies: what goes wrong on purpose with messages on their way in, how often, and by which seed.

use std::fmt;

use crate::Seconds;

/// The tag of a queue, or the attribute of a subscription, that holds its fault policy.
pub const FAULTS_TAG: &str = "bongsu:faults";
/// The attribute of a subscription that holds its fault policy.
pub const FAULTS_ATTRIBUTE: &str = "Faults";
/// How long a reordered message is held back at most, in milliseconds.
pub(crate) const REORDER_MS_MAX: u64 = 5_000;
/// What probabilities are counted in.
const WHOLE: u64 = 1_000_000;
/// The longest delay: that of a queue.
const DELAY_MAX: u32 = 900;

/// What goes wrong on purpose, as `reorder=0.1 duplicate=0.05 delay=0.2 delay-seconds=30 drop=0.01 seed=7` says it: any of
/// these words, between spaces.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FaultPolicy {
    /// Held back for up to five seconds, so that later messages come first; not for FIFO queues.
    reorder: Probability,
    /// In the queue twice.
    duplicate: Probability,
    /// Receivable only after `delay_seconds` more.
    delay: Probability,
    delay_seconds: Seconds,
    /// In the dead-letter queue at once, as if it had failed again and again; where there is none, not at all.
    drop: Probability,
    seed: u64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Probability(u64);

/// What went wrong with a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FaultKind {
    /// It was held back for a moment.
    Reordered,
    /// It is there twice.
    Duplicated,
    /// It comes later.
    Delayed,
    /// It is in the dead-letter queue.
    Dropped,
}

impl FaultKind {
    /// In the order of their numbers in facts.
    pub const ALL: [FaultKind; 4] =
        [FaultKind::Reordered, FaultKind::Duplicated, FaultKind::Delayed, FaultKind::Dropped];

    /// As metrics name it.
    pub fn name(self) -> &'static str {
        match self {
            FaultKind::Reordered => "reorder",
            FaultKind::Duplicated => "duplicate",
            FaultKind::Delayed => "delay",
            FaultKind::Dropped => "drop",
        }
    }
}

/// A text that is no fault policy, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidFaults(String);

impl fmt::Display for InvalidFaults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FaultPolicy {
    /// Reads the words; `fifo` is whether order is to be kept.
    ///
    /// # Errors
    /// A word that is none of these or stands twice, a probability that is not from 0 to 1, a delay without its length,
    /// reordering of what is FIFO.
    pub fn parse(text: &str, fifo: bool) -> Result<FaultPolicy, InvalidFaults> {
        let mut policy = FaultPolicy { delay_seconds: Seconds(0), ..FaultPolicy::default() };
        let mut seen = Vec::new();
        for word in text.split_ascii_whitespace() {
            let refuse = |reason: &str| Err(InvalidFaults(format!("{word}: {reason}")));
            let Some((name, value)) = word.split_once('=') else { return refuse("write NAME=VALUE") };
            if seen.contains(&name) {
                return refuse("it stands there twice");
            }
            seen.push(name);
            let probability = || probability(value).ok_or_else(|| InvalidFaults(format!("{word}: write 0 to 1")));
            match name {
                "reorder" if fifo => return refuse("what is FIFO keeps its order"),
                "reorder" => policy.reorder = probability()?,
                "duplicate" => policy.duplicate = probability()?,
                "delay" => policy.delay = probability()?,
                "delay-seconds" => match value.parse().ok().filter(|seconds| (1..=DELAY_MAX).contains(seconds)) {
                    Some(seconds) => policy.delay_seconds = Seconds(seconds),
                    None => return refuse("write 1 to 900"),
                },
                "drop" => policy.drop = probability()?,
                "seed" => match value.parse() {
                    Ok(seed) => policy.seed = seed,
                    Err(_) => return refuse("write a whole number"),
                },
                _ => return refuse("faults are reorder, duplicate, delay (with delay-seconds) and drop, and a seed"),
            }
        }
        if (policy.delay == Probability(0)) != (policy.delay_seconds == Seconds(0)) {
            return Err(InvalidFaults("delay and delay-seconds go together".to_owned()));
        }
        Ok(policy)
    }

    /// What goes wrong with the message of this number: the same each time, and another for another seed.
    pub(crate) fn of(&self, sequence: u64) -> FaultsOfOne {
        let rolls = |salt: u64| mix(self.seed ^ mix(sequence ^ mix(salt)));
        let hits = |probability: Probability, salt| rolls(salt) % WHOLE < probability.0;
        let held_back = 1 + rolls(5) % REORDER_MS_MAX;
        FaultsOfOne {
            dropped: hits(self.drop, 1),
            delay: hits(self.delay, 2).then_some(self.delay_seconds),
            held_back_ms: hits(self.reorder, 3).then_some(held_back),
            duplicated: hits(self.duplicate, 4),
        }
    }
}

/// What goes wrong with one message.
pub(crate) struct FaultsOfOne {
    pub(crate) dropped: bool,
    pub(crate) delay: Option<Seconds>,
    pub(crate) held_back_ms: Option<u64>,
    pub(crate) duplicated: bool,
}

impl FaultsOfOne {
    /// By how many milliseconds it is late, and by which fault; a delay counts before a moment.
    pub(crate) fn late(&self) -> Option<(FaultKind, u64)> {
        match (self.delay, self.held_back_ms) {
            (Some(delay), _) => Some((FaultKind::Delayed, u64::from(delay.0) * 1000)),
            (None, held_back) => held_back.map(|held_back| (FaultKind::Reordered, held_back)),
        }
    }
}

fn probability(text: &str) -> Option<Probability> {
    let value: f64 = text.parse().ok()?;
    (0.0..=1.0).contains(&value).then(|| Probability((value * WHOLE as f64).round() as u64))
}

/// The finalizer of `SplitMix64`: every bit of the number counts for every bit of the result.
/// <https://prng.di.unimi.it/splitmix64.c>
fn mix(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_wrong_goes_wrong_about_as_often_as_asked_for() {
        let text = "reorder=0.1 duplicate=0.05 delay=0.2 delay-seconds=30 drop=0.01 seed=7";
        let policy = FaultPolicy::parse(text, false).unwrap();
        let faults: Vec<FaultsOfOne> = (0..100_000).map(|sequence| policy.of(sequence)).collect();
        let counts = [
            faults.iter().filter(|faults| faults.held_back_ms.is_some()).count(),
            faults.iter().filter(|faults| faults.duplicated).count(),
            faults.iter().filter(|faults| faults.delay == Some(Seconds(30))).count(),
            faults.iter().filter(|faults| faults.dropped).count(),
        ];
        for (count, expected) in counts.into_iter().zip([10_000, 5_000, 20_000, 1_000]) {
            assert!(count.abs_diff(expected) < expected / 5, "{counts:?}");
        }
        assert!(faults.iter().filter_map(|faults| faults.held_back_ms).all(|ms| (1..=REORDER_MS_MAX).contains(&ms)));
        let other = FaultPolicy::parse(&text.replace("seed=7", "seed=8"), false).unwrap();
        assert!((0..1_000).any(|sequence| other.of(sequence).duplicated != policy.of(sequence).duplicated));
    }

    #[test]
    fn nothing_goes_wrong_by_a_policy_that_says_nothing() {
        let policy = FaultPolicy::parse(" ", true).unwrap();
        let faults = policy.of(1);
        assert!(!faults.dropped && !faults.duplicated && faults.delay.is_none() && faults.held_back_ms.is_none());
    }

    #[test]
    fn what_is_no_policy_is_refused_with_the_reason() {
        for (text, fifo, expected) in [
            ("drop", false, "drop: write NAME=VALUE"),
            ("drop=2", false, "drop=2: write 0 to 1"),
            ("drop=NaN", false, "drop=NaN: write 0 to 1"),
            ("drop=0.1 drop=0.1", false, "drop=0.1: it stands there twice"),
            ("reorder=0.1", true, "reorder=0.1: what is FIFO keeps its order"),
            ("delay=0.5", false, "delay and delay-seconds go together"),
            ("delay=0.5 delay-seconds=901", false, "delay-seconds=901: write 1 to 900"),
            ("seed=x", false, "seed=x: write a whole number"),
            (
                "explode=1",
                false,
                "explode=1: faults are reorder, duplicate, delay (with delay-seconds) and drop, and a seed",
            ),
        ] {
            assert_eq!(FaultPolicy::parse(text, fifo), Err(InvalidFaults(expected.to_owned())), "{text}");
        }
    }
}
