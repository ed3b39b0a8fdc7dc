//! Which pattern language a text is read as.

/// A pattern language: both share their grammar, and differ in operators and numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// Filter policies of SNS.
    FilterPolicy,
    /// Patterns of EventBridge, which filter for event source mappings and pipes too.
    Event,
}

impl Dialect {
    /// The largest number, either way, that `numeric` takes.
    pub(crate) fn bound_max(self) -> f64 {
        match self {
            Dialect::FilterPolicy => 1e9,
            Dialect::Event => 5e9,
        }
    }

    /// The same of a number that is compared for equality. Account ids are larger than what `numeric` takes.
    pub(crate) fn number_max(self) -> f64 {
        match self {
            Dialect::FilterPolicy => 1e9,
            Dialect::Event => f64::INFINITY,
        }
    }
}
