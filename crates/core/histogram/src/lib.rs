//! Counts how many values fell below fixed bounds, in plain integers that one owner changes.

/// How many values were counted, what they add up to, and how many are at most each of `N` bounds.
///
/// It holds its counts in place: recording allocates nothing, and a copy is a snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Histogram<const N: usize> {
    bounds: &'static [u64; N],
    within: [u64; N],
    beyond: u64,
    sum: u64,
}

impl<const N: usize> Histogram<N> {
    /// Without values. The bounds rise, and each one belongs to the values below it.
    pub const fn new(bounds: &'static [u64; N]) -> Histogram<N> {
        Histogram { bounds, within: [0; N], beyond: 0, sum: 0 }
    }

    /// Counts a value.
    pub fn record(&mut self, value: u64) {
        let at = self.bounds.partition_point(|bound| *bound < value);
        *self.within.get_mut(at).unwrap_or(&mut self.beyond) += 1;
        self.sum = self.sum.saturating_add(value);
    }

    /// Each bound, with how many values are at most that and above the bound before it.
    pub fn buckets(&self) -> impl Iterator<Item = (u64, u64)> {
        self.bounds.iter().copied().zip(self.within)
    }

    /// How many values are above the last bound.
    pub fn beyond(&self) -> u64 {
        self.beyond
    }

    /// How many values were counted.
    pub fn count(&self) -> u64 {
        self.within.iter().sum::<u64>() + self.beyond
    }

    /// What they add up to.
    pub fn sum(&self) -> u64 {
        self.sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_counted_below_the_first_bound_that_it_does_not_exceed() {
        let mut histogram = Histogram::new(&[10, 100]);
        [0, 10, 11, 100, 101, 5000].into_iter().for_each(|value| histogram.record(value));
        assert_eq!(histogram.buckets().collect::<Vec<_>>(), [(10, 2), (100, 2)]);
        assert_eq!((histogram.beyond(), histogram.count(), histogram.sum()), (2, 6, 5222));
    }

    #[test]
    fn a_sum_that_is_full_stays_full() {
        let mut histogram = Histogram::new(&[1]);
        [u64::MAX, 1].into_iter().for_each(|value| histogram.record(value));
        assert_eq!((histogram.sum(), histogram.count()), (u64::MAX, 2));
    }
}
