//! Calls that wait for their limits, and calls that run. None of this is in the journal: whoever asked is gone after a
//! restart, and asks again.
//!
//! A call that has several keys takes them one after the other, all calls in the same order, so that no two wait for
//! each other. Whose turn it is at one key, and finds it free, waits for the next key and stays first at the ones before.
//! Nothing is counted until it is first at all of them and all are free at once.

use std::collections::{BTreeMap, BTreeSet};

use bongsu_rate_limit::Limit;

use super::line::Line;
use super::state::Limits;
use super::{Admission, CALLS_WAITING_MAX, CallLimits, LimitKey};
use crate::topic::schedule::Timers;
use crate::{Broker, Rejection, Timestamp};

/// A call's number: given by whoever has it wait, and rising from one to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CallId(pub u64);

/// Calls that wait, and calls that run.
#[derive(Clone, Debug, Default)]
pub(crate) struct Calls {
    waiting: BTreeMap<CallId, Waiting>,
    lines: BTreeMap<LimitKey, Line>,
    running: BTreeMap<LimitKey, u32>,
    by_scope: BTreeMap<Box<str>, CallCount>,
    /// When the first in a line may go on.
    timers: Timers<LimitKey>,
    /// Keys at which somebody may be able to go on now.
    ready: BTreeSet<LimitKey>,
}

/// A call that waits.
#[derive(Clone, Debug)]
struct Waiting {
    /// In the order in which they are taken.
    limits: CallLimits,
    turn: Box<str>,
    /// Which of its keys it waits for; at those before it is first.
    stage: usize,
}

/// A call that begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdmittedCall {
    /// As it was named when it lined up.
    pub id: CallId,
    /// What it counts towards. What its target says counts for the first of them.
    pub limits: CallLimits,
}

/// Calls of one scope, or of one kind of scopes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CallCount {
    /// Calls that wait.
    pub waiting: u32,
    /// Calls that have begun and not ended.
    pub running: u32,
}

impl Calls {
    pub(super) fn next_deadline(&self) -> Option<Timestamp> {
        self.timers.next_deadline()
    }

    pub(super) fn advance(&mut self, now: Timestamp) {
        while let Some(key) = self.timers.take_due(now) {
            self.ready.insert(key);
        }
    }

    pub(crate) fn running(&self, key: &LimitKey) -> u32 {
        self.running.get(key).copied().unwrap_or(0)
    }

    /// Something has changed at a key.
    pub(super) fn look_again(&mut self, key: &LimitKey) {
        if self.lines.contains_key(key) {
            self.ready.insert(key.clone());
        }
    }

    pub(crate) fn in_scope(&self, scope: &str) -> CallCount {
        self.by_scope.get(scope).copied().unwrap_or_default()
    }

    fn count(&mut self, limits: &[(LimitKey, Option<Limit>)], change: impl Fn(&mut CallCount)) {
        for (key, _) in limits {
            let count = self.by_scope.entry(key.scope.clone()).or_default();
            change(count);
            if *count == CallCount::default() {
                self.by_scope.remove(&key.scope);
            }
        }
    }

    fn join(&mut self, id: CallId, stage: usize) {
        let call = self.waiting.get_mut(&id).expect("it waits");
        call.stage = stage;
        let (key, turn) = (call.limits[stage].0.clone(), call.turn.clone());
        self.lines.entry(key.clone()).or_default().join(id, &turn);
        self.ready.insert(key);
    }

    /// Stays first at the keys before that stage, and waits there again.
    fn retreat(&mut self, id: CallId, stage: usize) {
        let call = self.waiting.get_mut(&id).expect("it waits");
        let left: Vec<LimitKey> = call.limits[stage + 1..=call.stage].iter().map(|(key, _)| key.clone()).collect();
        call.stage = stage;
        let (key, turn) = (call.limits[stage].0.clone(), call.turn.clone());
        left.iter().for_each(|key| self.leave_line(id, key, &turn, false));
        self.ready.insert(key);
    }

    fn leave_line(&mut self, id: CallId, key: &LimitKey, turn: &str, goes: bool) {
        let Some(line) = self.lines.get_mut(key) else { return };
        line.leave(id, turn, goes);
        if line.is_empty() {
            self.lines.remove(key);
            self.timers.set(key, None);
            self.ready.remove(key);
        } else {
            self.ready.insert(key.clone());
        }
    }

    /// Takes a call out of all lines in which it stands.
    fn take_out(&mut self, id: CallId, goes: bool) -> Option<Waiting> {
        let call = self.waiting.remove(&id)?;
        for (key, _) in &call.limits[..=call.stage] {
            self.leave_line(id, key, &call.turn, goes);
        }
        self.count(&call.limits, |count| count.waiting -= 1);
        Some(call)
    }
}

impl Limits {
    /// Who may begin now. As calls take their keys, so these are looked at: the narrow ones first.
    fn next_call(&mut self, now: Timestamp) -> Option<CallId> {
        while let Some(key) = self.calls.0.ready.pop_last() {
            if let Some(id) = self.look_at(&key, now) {
                return Some(id);
            }
        }
        None
    }

    /// Has the first in line go on as far as it can.
    fn look_at(&mut self, key: &LimitKey, now: Timestamp) -> Option<CallId> {
        loop {
            let id = self.calls.0.lines.get(key)?.first()?;
            let Waiting { limits, stage, .. } = &self.calls.0.waiting[&id];
            let (stage, is_last) = (*stage, *stage + 1 == limits.len());
            let is_free = |(key, limit): &(LimitKey, Option<Limit>)| {
                let free_at = self.free_at(key, limit.as_ref(), now);
                (free_at == Some(now), free_at.filter(|at| *at > now))
            };
            if limits[stage].0 != *key {
                // It has been here, and waits for another key.
                return None;
            }
            let (may_go_on, timer) = is_free(&limits[stage]);
            let taken = limits[..stage].iter().position(|limit| !is_free(limit).0);
            self.calls.0.timers.set(key, timer);
            match taken {
                _ if !may_go_on => return None,
                // What it had found free is not any more: others need not wait for it here.
                Some(taken) => self.calls.0.retreat(id, taken),
                None if is_last => return Some(id),
                None => {
                    self.calls.0.lines.get_mut(key)?.hold(id);
                    self.calls.0.join(id, stage + 1);
                    return None;
                }
            }
        }
    }
}

impl Broker {
    /// Has a call wait until [`Broker::take_admitted_call`] tells that it begins, or [`Broker::withdraw_call`] is asked for.
    ///
    /// # Errors
    /// As many wait as may.
    pub fn line_up_call(&mut self, id: CallId, admission: Admission) -> Result<(), Rejection> {
        let Admission { mut limits, turn } = admission;
        assert!(!limits.is_empty(), "a call that waits has something to wait for");
        let calls = &mut self.limits.calls.0;
        if calls.waiting.len() >= CALLS_WAITING_MAX {
            return Err(Rejection::TooManyCalls);
        }
        // Falling: what a user gave a key of its own comes before what many share, so that who waits for its own
        // holds up nobody else.
        limits.sort_by(|(one, _), (other, _)| other.cmp(one));
        limits.dedup_by(|(later, _), (earlier, _)| later == earlier);
        calls.count(&limits, |count| count.waiting += 1);
        calls.waiting.insert(id, Waiting { limits, turn, stage: 0 });
        calls.join(id, 0);
        Ok(())
    }

    /// Whoever asked waits no longer. A call that has begun is to be ended.
    pub fn withdraw_call(&mut self, id: CallId) {
        self.limits.calls.0.take_out(id, false);
    }

    /// Whether a call may be able to begin.
    pub fn has_admitted_calls(&self) -> bool {
        !self.limits.calls.0.ready.is_empty()
    }

    /// The next call that may begin; it counts as running from now on. To be noted by `BeginCall` before the next is taken,
    /// and to be ended by [`Broker::end_call`].
    pub fn take_admitted_call(&mut self) -> Option<AdmittedCall> {
        let id = self.limits.next_call(self.now)?;
        let calls = &mut self.limits.calls.0;
        let Waiting { limits, .. } = calls.take_out(id, true).expect("it waits");
        calls.count(&limits, |count| count.running += 1);
        for (key, _) in &limits {
            *calls.running.entry(key.clone()).or_default() += 1;
        }
        self.wake_mapping_of(&limits);
        Some(AdmittedCall { id, limits })
    }

    /// A call runs no longer: after `EndCall`, or when it was given up before its target was asked.
    pub fn end_call(&mut self, limits: &[(LimitKey, Option<Limit>)]) {
        let calls = &mut self.limits.calls.0;
        for (key, _) in limits {
            let running = calls.running.get_mut(key).expect("what ends has begun");
            *running -= 1;
            if *running == 0 {
                calls.running.remove(key);
            }
            calls.look_again(key);
        }
        calls.count(limits, |count| count.running -= 1);
    }

    /// Calls by the kind of their scopes: what stands before the first slash.
    pub fn calls_by_kind(&self) -> BTreeMap<&str, CallCount> {
        let mut kinds: BTreeMap<&str, CallCount> = BTreeMap::new();
        for (scope, count) in &self.limits.calls.0.by_scope {
            let kind = kinds.entry(scope.split('/').next().unwrap_or_default()).or_default();
            kind.waiting += count.waiting;
            kind.running += count.running;
        }
        kinds
    }

    /// Where one call less waits, messages may be handed out for another.
    fn wake_mapping_of(&mut self, limits: &[(LimitKey, Option<Limit>)]) {
        for mapping in limits.iter().filter_map(|(key, _)| key.mapping()) {
            let queue = self.feeds.get(&mapping).map(|feed| feed.value.queue());
            if let Some(queue) = queue.and_then(|name| self.by_name.get(name)) {
                self.woken.insert(*queue);
            }
        }
    }
}
