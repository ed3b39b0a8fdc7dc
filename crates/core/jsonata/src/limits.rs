//! What an evaluation may cost.

/// How deep an evaluation may go: calls within calls, expressions within expressions. Calls at the end of a function
/// do not count.
pub const DEPTH_MAX: usize = 5_000;
/// How many parts of expressions an evaluation may evaluate, and elements compare; a call of the library counts as
/// [`STEPS_OF_CALL`]. So many take about a third of a second.
pub const STEPS_MAX: u64 = 2_000_000;
/// How many steps a call of the library counts as, and each match of a pattern: about what they take.
pub const STEPS_OF_CALL: u64 = 20;
/// How many bytes of values an evaluation may make, all in all, whether they are still there or not.
pub const SIZE_MAX: u64 = 64 * 1024 * 1024;
/// How long an expression may be.
pub const EXPRESSION_BYTES_MAX: usize = 256 * 1024;
/// How deep the parts of an expression may lie in one another; the terms of `a + b + c` do.
pub const NESTING_MAX: usize = 1_000;

/// The stack that a recursive step finds at least, and how much is added where it does not.
///
/// Values are gone through without asking again: they are not deep.
const STACK_LEFT_MIN: usize = 384 * 1024;
const STACK_GROWTH: usize = 2 * 1024 * 1024;

/// The bounds of one evaluation. Beyond them it ends with an error.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// See [`DEPTH_MAX`].
    pub depth: usize,
    /// See [`STEPS_MAX`].
    pub steps: u64,
    /// See [`SIZE_MAX`].
    pub size: u64,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { depth: DEPTH_MAX, steps: STEPS_MAX, size: SIZE_MAX }
    }
}

/// Runs a step of a bounded recursion, on a new piece of stack if little is left of this one.
pub(crate) fn with_stack<T>(step: impl FnOnce() -> T) -> T {
    stacker::maybe_grow(STACK_LEFT_MIN, STACK_GROWTH, step)
}
