//! Message groups of a FIFO queue: order within a group, and turns between groups.
//!
//! A group waits for its turn while its first message is receivable. Whenever it is received from, or comes back, it
//! goes to the end of the line, so that no group starves another.

use std::collections::{BTreeMap, VecDeque};

use crate::Text;

/// A group's place in the table; used again once the group is empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct GroupIndex(u32);

impl GroupIndex {
    /// What messages of standard queues carry.
    pub(crate) const NONE: GroupIndex = GroupIndex(u32::MAX);
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Groups {
    by_name: BTreeMap<Text, GroupIndex>,
    groups: Vec<Group>,
    vacant: Vec<GroupIndex>,
    /// Groups whose first message is receivable, in the order of their turns.
    line: BTreeMap<u64, GroupIndex>,
    next_turn: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Group {
    name: Text,
    /// Sequence numbers of all its messages, rising.
    messages: VecDeque<u64>,
    turn: Option<u64>,
}

impl Groups {
    /// Adds a message to its group, which is made if need be.
    pub(crate) fn insert(&mut self, name: &Text, sequence: u64) -> GroupIndex {
        let index = match self.by_name.get(name) {
            Some(index) => *index,
            None => self.open(name),
        };
        let messages = &mut self.groups[index.0 as usize].messages;
        let at = if messages.back().is_none_or(|last| *last < sequence) {
            messages.len()
        } else {
            messages.partition_point(|other| *other < sequence)
        };
        messages.insert(at, sequence);
        index
    }

    fn open(&mut self, name: &Text) -> GroupIndex {
        // A name of its own: the text may be a slice of a whole request or record.
        let name = Text::from(&**name);
        let group = Group { name: name.clone(), messages: VecDeque::new(), turn: None };
        let index = match self.vacant.pop() {
            Some(index) => {
                self.groups[index.0 as usize] = group;
                index
            }
            None => {
                self.groups.push(group);
                GroupIndex(u32::try_from(self.groups.len() - 1).expect("fewer than four billion groups"))
            }
        };
        self.by_name.insert(name, index);
        index
    }

    /// Takes a message out of its group; an empty group is forgotten.
    pub(crate) fn remove(&mut self, index: GroupIndex, sequence: u64) {
        let group = &mut self.groups[index.0 as usize];
        let at = group.messages.binary_search(&sequence).expect("a message is in its group");
        group.messages.remove(at);
        if group.messages.is_empty() {
            if let Some(turn) = group.turn.take() {
                self.line.remove(&turn);
            }
            let group = std::mem::take(&mut self.groups[index.0 as usize]);
            self.by_name.remove(&group.name);
            self.vacant.push(index);
        }
    }

    /// The first message of the group, if the group still exists.
    pub(crate) fn first(&self, index: GroupIndex) -> Option<u64> {
        self.groups[index.0 as usize].messages.front().copied()
    }

    /// All messages of a group, in order.
    pub(crate) fn messages(&self, index: GroupIndex) -> impl Iterator<Item = u64> {
        self.groups[index.0 as usize].messages.iter().copied()
    }

    /// The group's name.
    pub(crate) fn name(&self, index: GroupIndex) -> &Text {
        &self.groups[index.0 as usize].name
    }

    /// Puts the group in line, or takes it out, as its first message is receivable or not.
    pub(crate) fn set_receivable(&mut self, index: GroupIndex, receivable: bool) {
        let group = &mut self.groups[index.0 as usize];
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
