//! How many invocations of each function go on, and who waits for room. None of this is in the journal: after a restart
//! nothing goes on.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::{Broker, Function, FunctionRef, Rejection, SubscriptionId};

/// Invocations that are going on, and who waits for one of them to end.
#[derive(Clone, Debug, Default)]
pub(crate) struct Running {
    /// Those that no mapping asked for, by the name of the function.
    pub(crate) by_function: BTreeMap<Box<str>, u32>,
    /// Subscriptions that wait for a function to have room; its own queue of events always does when it has any due.
    pub(crate) waiting_for: BTreeMap<Box<str>, BTreeSet<SubscriptionId>>,
}

/// Follows from what goes on outside.
impl PartialEq for Running {
    fn eq(&self, _: &Running) -> bool {
        true
    }
}

impl Eq for Running {}

impl Broker {
    /// Begins an invocation that somebody waits for: to be ended by [`Broker::end_running`]. `roll` is random.
    ///
    /// # Errors
    /// There is no such function, or as many invocations of it go on as may.
    pub fn begin_invocation(&mut self, function: &FunctionRef, roll: u64) -> Result<Arc<Function>, Rejection> {
        let version = self.resolve(function, roll)?.clone();
        if !self.has_room(&function.name) {
            return Err(Rejection::FunctionBusy);
        }
        self.count_running(&function.name);
        Ok(version)
    }

    /// Whether one more invocation of the function may run; of one that is not there, none.
    pub(crate) fn has_room(&self, function: &str) -> bool {
        let Some(known) = self.functions.get(function) else { return false };
        let others = self.running_outside.by_function.get(function).copied().unwrap_or(0);
        self.running_of(function) + others < known.concurrency_max()
    }

    pub(crate) fn count_running(&mut self, function: &str) {
        *self.running_outside.by_function.entry(function.into()).or_default() += 1;
    }

    /// Invocations that no mapping asked for have ended; the function may have room again.
    pub fn end_running(&mut self, function: &str, invocations: u32) {
        if let Some(count) = self.running_outside.by_function.get_mut(function) {
            *count = count.saturating_sub(invocations);
            if *count == 0 {
                self.running_outside.by_function.remove(function);
            }
        }
        self.function_has_room(function);
        self.wake_mapped_queues();
    }

    /// Whoever waits for the function may try again.
    pub(crate) fn function_has_room(&mut self, function: &str) {
        for id in self.running_outside.waiting_for.remove(function).unwrap_or_default() {
            self.topics.schedule.line_up(id);
        }
        self.schedule_invocations(function);
    }
}
