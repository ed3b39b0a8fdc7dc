//! Those that wait for one key: in rounds by their turns, and in the order in which they came within one.

use std::collections::{BTreeMap, BTreeSet};

use bongsu_rate_limit::Turns;

use super::calls::CallId;

/// Who waits, and who is first.
#[derive(Clone, Debug, Default)]
pub(super) struct Line {
    turns: Turns<Box<str>>,
    of_turn: BTreeMap<Box<str>, BTreeSet<CallId>>,
    /// Who has found the key free and waits for another: its turn lasts until it has gone.
    held_by: Option<CallId>,
}

impl Line {
    pub(super) fn join(&mut self, call: CallId, turn: &str) {
        self.turns.join(turn.into());
        self.of_turn.entry(turn.into()).or_default().insert(call);
    }

    /// Whose turn it is.
    pub(super) fn first(&self) -> Option<CallId> {
        let of_turn = || self.of_turn[self.turns.next()?].first().copied();
        self.held_by.or_else(of_turn)
    }

    /// Whose turn it is waits for another key, and nobody comes before it meanwhile.
    pub(super) fn hold(&mut self, call: CallId) {
        self.held_by = Some(call);
    }

    /// Goes, or goes away; who goes has had the turn that it shares with others.
    pub(super) fn leave(&mut self, call: CallId, turn: &str, goes: bool) {
        if self.held_by == Some(call) {
            self.held_by = None;
        }
        let Some(calls) = self.of_turn.get_mut(turn) else { return };
        calls.remove(&call);
        if calls.is_empty() {
            self.of_turn.remove(turn);
            self.turns.leave(&turn.into());
        } else if goes {
            self.turns.serve(turn.into());
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.of_turn.is_empty()
    }
}
