//! What a shard counts of calls that keep to limits: by the kind of their scopes, of which there are few.

use std::collections::BTreeMap;

use bongsu_broker::{Broker, CallCount, CallLimits};
use bongsu_rate_limit::Feedback;

/// Calls of one kind in numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallMetrics {
    /// `pipe`, `mapping`, `machine`, `destination`, `http` or `subscription`: what stands first in their scopes.
    pub kind: Box<str>,
    /// Calls that wait and that run now. A call with several limits is one of each.
    pub now: CallCount,
    /// Calls that began, since the start. A call with several limits is one of the kind of the first.
    pub begun: u64,
    /// Calls that came too early for their targets, likewise.
    pub refused: u64,
}

/// The counting itself.
#[derive(Default)]
pub(crate) struct Counters {
    /// Begun and refused.
    by_kind: BTreeMap<Box<str>, (u64, u64)>,
}

impl Counters {
    pub(crate) fn begins(&mut self, limits: &CallLimits) {
        self.of(limits).0 += 1;
    }

    pub(crate) fn ends(&mut self, limits: &CallLimits, feedback: &Feedback) {
        self.of(limits).1 += u64::from(feedback.refused);
    }

    /// An endpoint of a topic said that it was asked too early.
    pub(crate) fn delivery_refused(&mut self) {
        self.of_kind("subscription").1 += 1;
    }

    fn of(&mut self, limits: &CallLimits) -> &mut (u64, u64) {
        let scope = limits.first().map_or("", |(key, _)| &key.scope);
        self.of_kind(scope.split('/').next().unwrap_or_default())
    }

    fn of_kind(&mut self, kind: &str) -> &mut (u64, u64) {
        self.by_kind.entry(kind.into()).or_default()
    }

    pub(crate) fn calls(&self, broker: &Broker) -> Vec<CallMetrics> {
        let mut kinds: BTreeMap<&str, CallMetrics> = BTreeMap::new();
        for (kind, (begun, refused)) in &self.by_kind {
            let (begun, refused) = (*begun, *refused);
            kinds.insert(kind, CallMetrics { kind: kind.clone(), begun, refused, ..CallMetrics::default() });
        }
        for (kind, now) in broker.calls_by_kind() {
            let metrics = kinds.entry(kind).or_default();
            (metrics.kind, metrics.now) = (kind.into(), now);
        }
        kinds.into_values().collect()
    }
}
