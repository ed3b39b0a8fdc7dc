//! A set of scalar values that others are compared to.

use crate::fields::Value;
use crate::order;

/// Scalar values, found without allocating.
#[derive(Clone, Debug, Default)]
pub(crate) struct ExactSet {
    /// Sorted by [`order::compare`].
    strings: Vec<Box<str>>,
    /// Sorted.
    numbers: Vec<f64>,
    yes: bool,
    no: bool,
    null: bool,
}

/// A scalar value of a policy. None of its numbers is NaN.
#[derive(Clone, Debug)]
pub(crate) enum Scalar {
    String(Box<str>),
    Number(f64),
    Bool(bool),
    Null,
}

impl FromIterator<Scalar> for ExactSet {
    fn from_iter<I: IntoIterator<Item = Scalar>>(scalars: I) -> ExactSet {
        let mut set = ExactSet::default();
        for scalar in scalars {
            match scalar {
                Scalar::String(text) => set.strings.push(text),
                Scalar::Number(number) => set.numbers.push(number),
                Scalar::Bool(true) => set.yes = true,
                Scalar::Bool(false) => set.no = true,
                Scalar::Null => set.null = true,
            }
        }
        set.strings.sort_unstable_by(|left, right| order::compare(left, right));
        set.numbers.sort_unstable_by(f64::total_cmp);
        set
    }
}

impl ExactSet {
    pub(crate) fn contains(&self, value: &Value<'_>) -> bool {
        match value {
            Value::String(text) => self.strings.binary_search_by(|own| order::compare(own, text)).is_ok(),
            // Not a search by total order, in which the two zeros differ.
            Value::Number(number) => self.numbers.get(self.numbers.partition_point(|own| own < number)) == Some(number),
            Value::Bool(true) => self.yes,
            Value::Bool(false) => self.no,
            Value::Null => self.null,
            Value::Binary | Value::Unmatchable => false,
        }
    }
}
