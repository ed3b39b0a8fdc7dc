//! Entries that the doors keep: changed only if what the door has read is still so.

use bytes::Bytes;

use crate::{
    Account, Broker, Decision, ENTRIES_MAX, ENTRY_PATH_BYTES_MAX, ENTRY_VALUE_BYTES_MAX, Entry, EntryChanges, EntryKey,
    Fact, Rejection, Reply,
};

impl Broker {
    pub(super) fn decide_change_entries(&self, account: Account, changes: EntryChanges) -> Result<Decision, Rejection> {
        let value = |path: &str| self.entries.get(account, path).map(|placed| &placed.value);
        if changes.expected.iter().any(|(path, expected)| value(path) != expected.as_ref()) {
            return Err(Rejection::EntryChanged);
        }
        let is_too_long =
            |path: &str, value: &Bytes| path.len() > ENTRY_PATH_BYTES_MAX || value.len() > ENTRY_VALUE_BYTES_MAX;
        if changes.put.iter().any(|(path, value)| is_too_long(path, value)) {
            return Err(Rejection::EntryTooLong);
        }
        let added = changes.put.iter().filter(|(path, _)| value(path).is_none()).count();
        // What is removed at the same time does not count in its favour: there is room for it the next time.
        if added > 0 && self.entries.count(account) + added > ENTRIES_MAX {
            return Err(Rejection::TooManyEntries);
        }
        let key = |path| EntryKey { account, path };
        let removed = changes.removed.into_iter().filter(|path| self.entries.has_any(account, path));
        let removed = removed.map(|path| Fact::EntryRemoved { key: key(path) });
        let put = changes.put.into_iter().map(|(path, value)| Fact::EntryPut { key: key(path), value });
        Ok(Decision { facts: removed.chain(put).collect(), reply: Reply::Done, effects: Vec::new() })
    }

    pub(super) fn decide_get_entry(&self, key: &EntryKey) -> Decision {
        Decision::reply(Reply::Entry(self.entry(key).cloned()))
    }

    /// An entry's value, if there is one.
    pub fn entry(&self, key: &EntryKey) -> Option<&Bytes> {
        self.entries.get(key.account, &key.path).map(|placed| &placed.value)
    }

    pub(super) fn decide_list_entries(
        &self,
        account: Account,
        prefix: &str,
        after: Option<&str>,
        max: usize,
    ) -> Decision {
        let found = self.entries.range(account, prefix, after).take(max);
        let entries = found.map(|(path, value)| Entry { path: path.into(), value: value.clone() }).collect();
        Decision::reply(Reply::Entries(entries))
    }
}
