//! Groups by name: each name is kept once, and a small index stands for it.

use std::collections::BTreeMap;
use std::ops::{Index, IndexMut};

use crate::Text;

/// A group's place in its queue's table; used again once the group is empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct GroupIndex(u32);

impl GroupIndex {
    /// What messages without a group carry.
    pub(crate) const NONE: GroupIndex = GroupIndex(u32::MAX);
}

/// What a queue keeps of each of its groups.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Named<T> {
    by_name: BTreeMap<Text, GroupIndex>,
    entries: Vec<(Text, T)>,
    vacant: Vec<GroupIndex>,
}

impl<T: Default> Named<T> {
    /// The index of this name, which gets one if need be.
    pub(crate) fn open(&mut self, name: &Text) -> GroupIndex {
        if let Some(index) = self.by_name.get(name) {
            return *index;
        }
        // A name of its own: the text may be a slice of a whole request or record.
        let name = Text::from(&**name);
        let entry = (name.clone(), T::default());
        let index = match self.vacant.pop() {
            Some(index) => {
                self.entries[index.0 as usize] = entry;
                index
            }
            None => {
                self.entries.push(entry);
                GroupIndex(u32::try_from(self.entries.len() - 1).expect("fewer than four billion groups"))
            }
        };
        self.by_name.insert(name, index);
        index
    }

    /// Forgets a name; when it was the last, the table gives its room back.
    pub(crate) fn close(&mut self, index: GroupIndex) {
        let (name, _) = std::mem::take(&mut self.entries[index.0 as usize]);
        self.by_name.remove(&name);
        if self.by_name.is_empty() {
            *self = Named::default();
        } else {
            self.vacant.push(index);
        }
    }

    pub(crate) fn get(&self, index: GroupIndex) -> Option<&T> {
        self.entries.get(index.0 as usize).map(|(_, entry)| entry)
    }

    pub(crate) fn name(&self, index: GroupIndex) -> &Text {
        &self.entries[index.0 as usize].0
    }

    #[cfg(test)]
    pub(crate) fn names(&self) -> impl Iterator<Item = &Text> {
        self.by_name.keys()
    }
}

impl<T> Index<GroupIndex> for Named<T> {
    type Output = T;

    fn index(&self, index: GroupIndex) -> &T {
        &self.entries[index.0 as usize].1
    }
}

impl<T> IndexMut<GroupIndex> for Named<T> {
    fn index_mut(&mut self, index: GroupIndex) -> &mut T {
        &mut self.entries[index.0 as usize].1
    }
}
