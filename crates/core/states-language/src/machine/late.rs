//! Timers that end late: nobody looked when their time came, because the process was gone or its clock was put forward.

use super::{Input, Refusal, Surroundings, decide};
use crate::Timestamp;
use crate::definition::Definition;
use crate::execution::Execution;
use crate::step::{Decision, Effect};

/// What ends less late than this, in milliseconds, ends now: that is a busy process, not one that was gone.
const LATE_MS_MIN: u64 = 1_000;

/// When something reaches an execution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Times {
    /// When it was last told of in the history.
    pub told_at: Timestamp,
    /// When the input came, unless it is [`Input::Proceed`]: that belongs to the earliest deadline.
    pub at: Timestamp,
    /// The time now.
    pub now: Timestamp,
}

/// As [`decide`], for an input that may belong to an earlier time.
///
/// What was due is told as of its own time, so that one timer after the other ends in order, each with what follows
/// from it, as if somebody had looked all the time. Whoever would be asked for something then could not have been
/// asked: what begins a task happens now, with all that is due by now.
pub fn decide_late(
    definition: &Definition,
    execution: &Execution,
    input: Input<'_>,
    surroundings: &Surroundings<'_>,
    times: Times,
    random: &mut dyn FnMut() -> u64,
) -> Result<Decision, Refusal> {
    let at = match input {
        Input::Proceed if execution.is_runnable() => times.now,
        Input::Proceed => execution.next_deadline().unwrap_or(times.now),
        _ => times.at,
    };
    let at = at.max(times.told_at);
    if at.0.saturating_add(LATE_MS_MIN) <= times.now.0 {
        let decision = decide(definition, execution, input, surroundings, at, random)?;
        if !decision.effects.iter().any(|effect| matches!(effect, Effect::StartTask(_))) {
            return Ok(decision);
        }
    }
    decide(definition, execution, input, surroundings, times.now, random)
}
