//! The four functions by which delays grow from the least to the greatest.

/// How the delays of the backoff phase lie between the first and the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BackoffFunction {
    Linear,
    Arithmetic,
    Geometric,
    Exponential,
}

/// Added before a geometric delay is rounded down, so that one that should be whole is not a millisecond less.
const GEOMETRIC_SLACK_MS: f64 = 1e-6;

/// Halvings until the root of a ratio is as exact as a float can be.
const BISECTIONS: u32 = 64;

impl BackoffFunction {
    const NAMES: [(&str, BackoffFunction); 4] = [
        ("linear", BackoffFunction::Linear),
        ("arithmetic", BackoffFunction::Arithmetic),
        ("geometric", BackoffFunction::Geometric),
        ("exponential", BackoffFunction::Exponential),
    ];

    pub(crate) fn parse(name: &str) -> Option<BackoffFunction> {
        Self::NAMES.iter().find(|(known, _)| *known == name).map(|(_, function)| *function)
    }

    pub(crate) fn name(self) -> &'static str {
        let named = Self::NAMES.iter().find(|(_, function)| *function == self);
        named.expect("every function has a name").0
    }

    /// The delay before retry `index` of the `count` retries in the phase, rounded down to whole milliseconds.
    ///
    /// The first is `min_ms` and the last `max_ms`; a single one is the last. `count` is at most 100.
    pub(crate) fn delay_ms(self, min_ms: u64, max_ms: u64, index: u32, count: u32) -> u64 {
        assert!(index < count && min_ms <= max_ms);
        let last = count - 1;
        if index == last {
            return max_ms;
        }
        let (i, n) = (u128::from(index), u128::from(count));
        let (part, whole) = match self {
            BackoffFunction::Linear => (i, n - 1),
            BackoffFunction::Arithmetic => (i * (i + 1), (n - 1) * n),
            BackoffFunction::Exponential => ((1 << index) - 1, (1 << last) - 1),
            BackoffFunction::Geometric => return geometric_ms(min_ms, max_ms, index, last),
        };
        let grown = u128::from(max_ms - min_ms) * part / whole;
        min_ms + u64::try_from(grown).expect("a part of the span")
    }
}

/// `min·(max/min)^(index/last)`.
///
/// Made of multiplications and comparisons alone, which every machine rounds alike; `powf` may differ.
fn geometric_ms(min_ms: u64, max_ms: u64, index: u32, last: u32) -> u64 {
    let ratio = max_ms as f64 / min_ms as f64;
    let delay = min_ms as f64 * power(root(ratio, last), index);
    ((delay + GEOMETRIC_SLACK_MS) as u64).clamp(min_ms, max_ms)
}

/// The number whose `degree`-th power is `ratio`, which is at least 1.
fn root(ratio: f64, degree: u32) -> f64 {
    let (mut low, mut high) = (1.0, ratio);
    for _ in 0..BISECTIONS {
        let middle = (low + high) / 2.0;
        if power(middle, degree) <= ratio {
            low = middle;
        } else {
            high = middle;
        }
    }
    low
}

/// `base` to the power of `exponent`, by squaring.
fn power(base: f64, exponent: u32) -> f64 {
    let (mut result, mut square, mut rest) = (1.0, base, exponent);
    while rest > 0 {
        if rest & 1 == 1 {
            result *= square;
        }
        square *= square;
        rest >>= 1;
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The delays in hundredths of a second, rounded to the nearest.
    fn hundredths(function: BackoffFunction, min_s: u64, max_s: u64, count: u32) -> Vec<u64> {
        let delay = |index| function.delay_ms(min_s * 1000, max_s * 1000, index, count);
        (0..count).map(|index| (delay(index) + 5) / 10).collect()
    }

    #[test]
    fn ten_retries_from_one_to_twenty_seconds_lie_as_worked_out() {
        let worked = [
            (BackoffFunction::Linear, [100, 311, 522, 733, 944, 1156, 1367, 1578, 1789, 2000]),
            (BackoffFunction::Arithmetic, [100, 142, 227, 353, 522, 733, 987, 1282, 1620, 2000]),
            (BackoffFunction::Geometric, [100, 139, 195, 271, 379, 528, 737, 1028, 1434, 2000]),
            (BackoffFunction::Exponential, [100, 104, 111, 126, 156, 215, 334, 572, 1048, 2000]),
        ];
        for (function, expected) in worked {
            assert_eq!(hundredths(function, 1, 20, 10), expected, "{function:?}");
        }
    }

    #[test]
    fn a_single_retry_has_the_greatest_delay_and_two_have_both_ends() {
        for (_, function) in BackoffFunction::NAMES {
            assert_eq!(hundredths(function, 5, 260, 1), [26000]);
            assert_eq!(hundredths(function, 5, 260, 2), [500, 26000]);
            assert_eq!(hundredths(function, 7, 7, 4), [700; 4]);
        }
    }

    #[test]
    fn a_geometric_delay_that_is_whole_comes_out_whole() {
        let delays = |min, max, count| -> Vec<u64> {
            (0..count).map(|index| BackoffFunction::Geometric.delay_ms(min, max, index, count)).collect()
        };
        assert_eq!(delays(1000, 4000, 3), [1000, 2000, 4000]);
        assert_eq!(delays(1000, 1_024_000, 11), [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024].map(|s| s * 1000));
        assert_eq!(delays(2000, 1_458_000, 7), [2, 6, 18, 54, 162, 486, 1458].map(|s| s * 1000));
    }

    #[test]
    fn geometric_delays_are_the_same_on_every_machine() {
        let delays: Vec<u64> =
            (0..10).map(|index| BackoffFunction::Geometric.delay_ms(1000, 20_000, index, 10)).collect();
        assert_eq!(delays, [1000, 1394, 1945, 2714, 3786, 5281, 7368, 10_278, 14_337, 20_000]);
    }

    #[test]
    fn a_hundred_retries_over_the_widest_span_stay_in_bounds() {
        for (_, function) in BackoffFunction::NAMES {
            let delays: Vec<u64> = (0..100).map(|index| function.delay_ms(1000, 3_600_000, index, 100)).collect();
            assert!(delays.is_sorted(), "{function:?}: {delays:?}");
            assert_eq!((delays[0], delays[99]), (1000, 3_600_000));
        }
        // (1 + 3599·(2^98 - 1)/(2^99 - 1)) s: half of the span but for what is below a millisecond.
        assert_eq!(BackoffFunction::Exponential.delay_ms(1000, 3_600_000, 98, 100), 1_800_499);
    }

    #[test]
    fn names_are_read_as_they_are_told() {
        for (name, function) in BackoffFunction::NAMES {
            assert_eq!((BackoffFunction::parse(name), function.name()), (Some(function), name));
        }
        assert_eq!(BackoffFunction::parse("Linear"), None);
    }
}
