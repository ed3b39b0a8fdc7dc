//! What a function tells about itself, in numbers.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::Broker;

/// A function in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FunctionStatistics {
    /// Invocations that go on.
    pub running: u32,
    /// Events that it has not had, or is being given.
    pub queued: usize,
    /// Since the oldest of them was taken; `None` if there is none.
    pub oldest_age: Option<Duration>,
}

impl Broker {
    /// All functions in numbers, by name.
    pub fn function_statistics(&self) -> impl Iterator<Item = (&str, FunctionStatistics)> {
        let mut running: BTreeMap<&str, u32> = BTreeMap::new();
        for (mapping, count) in &self.running {
            if let Some(function) = self.function_of(*mapping) {
                *running.entry(function).or_default() += count;
            }
        }
        self.functions.keys().map(move |name| {
            let others = self.running_outside.by_function.get(name).copied().unwrap_or(0);
            let (queued, oldest) = self.queued_invocations(name);
            let age = oldest.map(|since| Duration::from_millis(self.now().0.saturating_sub(since.0)));
            let running = running.get(&**name).copied().unwrap_or(0) + others;
            (&**name, FunctionStatistics { running, queued, oldest_age: age })
        })
    }
}
