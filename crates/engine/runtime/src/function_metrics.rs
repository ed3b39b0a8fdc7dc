//! What a shard counts of functions and their events, as CloudWatch's metrics of Lambda do.

use std::collections::BTreeMap;

use bongsu_broker::{Broker, Command, Decision, Fact, FunctionStatistics, Reply};

/// What happened to a function's events since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EventCounters {
    /// Events that were taken.
    pub received: u64,
    /// Events that ended without the function having worked them off.
    pub dropped: u64,
    /// Records and dead letters that nobody could take.
    pub undelivered: u64,
}

/// A function in numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionMetrics {
    /// Which function.
    pub name: Box<str>,
    /// How it stands.
    pub statistics: FunctionStatistics,
    /// What happened to its events.
    pub events: EventCounters,
}

/// The counting itself.
#[derive(Default)]
pub(crate) struct Counters {
    events: BTreeMap<Box<str>, EventCounters>,
    /// Whose event is being concluded, by the command that is being decided.
    concluding: Option<Box<str>>,
}

impl Counters {
    /// Notes what a decision will not tell.
    pub(crate) fn before(&mut self, command: &Command) {
        self.concluding = match command {
            Command::ConcludeInvocation { function, .. } => Some(function.clone()),
            _ => None,
        };
    }

    /// Counts what was decided.
    pub(crate) fn after(&mut self, decision: &Decision) {
        if let (Reply::Told { failed }, Some(function)) = (&decision.reply, self.concluding.take())
            && *failed > 0
        {
            self.events.entry(function).or_default().undelivered += *failed as u64;
        }
        for fact in &decision.facts {
            match fact {
                Fact::InvocationQueued { function, .. } => {
                    self.events.entry(function.clone()).or_default().received += 1
                }
                Fact::InvocationEnded { function, succeeded: false, .. } => {
                    self.events.entry(function.clone()).or_default().dropped += 1;
                }
                Fact::FunctionDeleted { name } => drop(self.events.remove(name)),
                _ => {}
            }
        }
    }

    /// All functions, by name.
    pub(crate) fn functions(&self, broker: &Broker) -> Vec<FunctionMetrics> {
        let all = broker.function_statistics().map(|(name, statistics)| FunctionMetrics {
            name: name.into(),
            statistics,
            events: self.events.get(name).copied().unwrap_or_default(),
        });
        all.collect()
    }
}
