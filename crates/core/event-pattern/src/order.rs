//! The order in which texts are kept to be found again.

use std::cmp::Ordering;

/// Shorter texts first: most comparisons end at the lengths, and nobody reads the order.
pub(crate) fn compare(left: &str, right: &str) -> Ordering {
    left.len().cmp(&right.len()).then_with(|| left.as_bytes().cmp(right.as_bytes()))
}
