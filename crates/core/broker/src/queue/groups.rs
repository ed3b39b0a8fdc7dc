//! Message groups of a FIFO queue: order within a group, and turns between groups.
//!
//! A group waits for its turn while its first message is receivable. Whenever it is received from, or comes back, it
//! goes to the end of the line, so that no group starves another.

use std::collections::BTreeMap;

use super::named::{GroupIndex, Named};
use super::sequences::Sequences;
use crate::Text;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Groups {
    groups: Named<Group>,
    /// Groups whose first message is receivable, in the order of their turns.
    line: BTreeMap<u64, GroupIndex>,
    next_turn: u64,
    /// How many groups have messages in flight.
    in_flight: usize,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Group {
    /// All of them. After cleaning a replay meets old ones behind newer ones.
    messages: Sequences,
    turn: Option<u64>,
    in_flight: u32,
}

impl Groups {
    /// Adds a message to its group, which is made if need be.
    pub(crate) fn insert(&mut self, name: &Text, sequence: u64) -> GroupIndex {
        let index = self.groups.open(name);
        self.groups[index].messages.insert(sequence);
        index
    }

    /// Takes a message out of its group; an empty group is forgotten.
    pub(crate) fn remove(&mut self, index: GroupIndex, sequence: u64) {
        let group = &mut self.groups[index];
        assert!(group.messages.remove(sequence), "a message is in its group");
        if group.messages.is_empty() {
            if let Some(turn) = group.turn {
                self.line.remove(&turn);
            }
            self.groups.close(index);
        }
    }

    /// Counts one message of the group more that is in flight.
    pub(crate) fn lock(&mut self, index: GroupIndex) {
        let group = &mut self.groups[index];
        group.in_flight += 1;
        self.in_flight += usize::from(group.in_flight == 1);
    }

    /// Counts one message of the group less that is in flight.
    pub(crate) fn unlock(&mut self, index: GroupIndex) {
        let group = &mut self.groups[index];
        group.in_flight -= 1;
        self.in_flight -= usize::from(group.in_flight == 0);
    }

    /// How many groups have messages in flight.
    pub(crate) fn in_flight(&self) -> usize {
        self.in_flight
    }

    /// The first message of the group, if the group still exists.
    pub(crate) fn first(&self, index: GroupIndex) -> Option<u64> {
        self.groups.get(index)?.messages.first()
    }

    /// All messages of a group, in order.
    pub(crate) fn messages(&self, index: GroupIndex) -> impl Iterator<Item = u64> {
        self.groups[index].messages.range(0)
    }

    /// The group's name.
    pub(crate) fn name(&self, index: GroupIndex) -> &Text {
        self.groups.name(index)
    }

    /// Puts the group in line, or takes it out, as its first message is receivable or not.
    pub(crate) fn set_receivable(&mut self, index: GroupIndex, receivable: bool) {
        let group = &mut self.groups[index];
        match (receivable, group.turn) {
            (true, None) => {
                group.turn = Some(self.next_turn);
                self.line.insert(self.next_turn, index);
                self.next_turn += 1;
            }
            (false, Some(turn)) => {
                group.turn = None;
                self.line.remove(&turn);
            }
            _ => {}
        }
    }

    /// Groups with a receivable first message, the longest waiting first.
    pub(crate) fn in_line(&self) -> impl Iterator<Item = GroupIndex> {
        self.line.values().copied()
    }

    pub(crate) fn is_anybody_in_line(&self) -> bool {
        !self.line.is_empty()
    }
}
