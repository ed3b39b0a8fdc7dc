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
pub(crate) struct Counters(BTreeMap<Box<str>, EventCounters>);

impl Counters {
    /// Notes what a decision will not tell: whose event is being concluded.
    pub(crate) fn before(&self, command: &Command) -> Option<Box<str>> {
        match command {
            Command::ConcludeInvocation { function, .. } => Some(function.clone()),
            _ => None,
        }
    }

    /// Counts what was decided.
    pub(crate) fn after(&mut self, concluded: Option<Box<str>>, decision: &Decision) {
        if let (Reply::Told { failed }, Some(function)) = (&decision.reply, concluded)
            && *failed > 0
        {
            self.0.entry(function).or_default().undelivered += *failed as u64;
        }
        for fact in &decision.facts {
            match fact {
                Fact::InvocationQueued { function, .. } => self.0.entry(function.clone()).or_default().received += 1,
                Fact::InvocationEnded { function, succeeded: false, .. } => {
                    self.0.entry(function.clone()).or_default().dropped += 1;
                }
                Fact::FunctionDeleted { name } => drop(self.0.remove(name)),
                _ => {}
            }
        }
    }

    /// All functions, by name.
    pub(crate) fn functions(&self, broker: &Broker) -> Vec<FunctionMetrics> {
        let all = broker.function_statistics().map(|(name, statistics)| FunctionMetrics {
            name: name.into(),
            statistics,
            events: self.0.get(name).copied().unwrap_or_default(),
        });
        all.collect()
    }
}
