//! Entries: small records that the doors keep for themselves, by account and path. The core does not look inside.

use std::collections::BTreeMap;
use std::ops::Bound;

use bytes::Bytes;

use crate::function::Placed;
use crate::wire::wire_struct;
use crate::{Account, Place};

/// Longest path, in bytes.
pub const ENTRY_PATH_BYTES_MAX: usize = 1024;
/// Longest value.
pub const ENTRY_VALUE_BYTES_MAX: usize = 8 << 10;
/// How many entries an account may have. All values are held in memory.
pub const ENTRIES_MAX: usize = 20_000;

/// Where an entry is kept.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct EntryKey {
    /// Whose it is.
    pub account: Account,
    /// Words with slashes between them. What goes on after a slash lies below.
    pub path: Box<str>,
}

wire_struct!(EntryKey { account, path });

/// What a door changes in one step, all or none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EntryChanges {
    /// What has to be there before, so that what was read can be changed: values, or nothing.
    pub expected: Vec<(Box<str>, Option<Bytes>)>,
    /// Paths that are to be gone, with all that lies below them; what is not there does not matter.
    pub removed: Vec<Box<str>>,
    /// What is to be there afterwards.
    pub put: Vec<(Box<str>, Bytes)>,
}

/// An entry as it is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its path, whole.
    pub path: Box<str>,
    /// As it was put.
    pub value: Bytes,
}

/// The entries of all accounts, with the places of their records.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Entries {
    by_account: BTreeMap<Account, BTreeMap<Box<str>, Placed<Bytes>>>,
}

impl Entries {
    pub(crate) fn get(&self, account: Account, path: &str) -> Option<&Placed<Bytes>> {
        self.by_account.get(&account)?.get(path)
    }

    pub(crate) fn count(&self, account: Account) -> usize {
        self.by_account.get(&account).map_or(0, BTreeMap::len)
    }

    /// Those of an account whose paths begin so and come after `after`, in order.
    pub(crate) fn range<'a>(
        &'a self,
        account: Account,
        prefix: &'a str,
        after: Option<&'a str>,
    ) -> impl Iterator<Item = (&'a str, &'a Bytes)> {
        let from = match after {
            Some(after) if after >= prefix => Bound::Excluded(after),
            _ => Bound::Included(prefix),
        };
        let of_account = self.by_account.get(&account).into_iter();
        let entries = of_account.flat_map(move |entries| entries.range::<str, _>((from, Bound::Unbounded)));
        let shown = entries.map(|(path, placed)| (&**path, &placed.value));
        shown.take_while(move |(path, _)| path.starts_with(prefix))
    }

    /// Whether there is an entry of this path, or below it.
    pub(crate) fn has_any(&self, account: Account, path: &str) -> bool {
        self.get(account, path).is_some() || self.range(account, &below(path), None).next().is_some()
    }

    pub(crate) fn put(&mut self, key: &EntryKey, value: &Bytes, place: Place) {
        // A copy, so that no larger buffer stays for as long as the entry does.
        let placed = Placed { value: Bytes::copy_from_slice(value), place };
        self.by_account.entry(key.account).or_default().insert(key.path.clone(), placed);
    }

    /// Removes an entry and all below it; tells whether there was any.
    pub(crate) fn remove(&mut self, key: &EntryKey) -> bool {
        let Some(entries) = self.by_account.get_mut(&key.account) else { return false };
        let is_there = entries.remove(&key.path).is_some();
        // The first path behind all that lie below: its last character is the one after the slash.
        let end: Box<str> = format!("{}0", key.path).into();
        let is_any_below = entries.extract_if(below(&key.path)..end, |_, _| true).count() > 0;
        if entries.is_empty() {
            self.by_account.remove(&key.account);
        }
        is_there || is_any_below
    }
}

fn below(path: &str) -> Box<str> {
    format!("{path}/").into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACCOUNT: Account = Account(1);

    fn entries(paths: &[&str]) -> Entries {
        let mut entries = Entries::default();
        for path in paths {
            let key = EntryKey { account: ACCOUNT, path: (*path).into() };
            entries.put(&key, &Bytes::from_static(b"v"), Place::default());
        }
        entries
    }

    fn paths(entries: &Entries, prefix: &str, after: Option<&str>) -> Vec<String> {
        entries.range(ACCOUNT, prefix, after).map(|(path, _)| path.to_owned()).collect()
    }

    #[test]
    fn what_is_removed_takes_with_it_what_lies_below_and_nothing_else() {
        let mut left = entries(&["a", "a-b", "a/", "a/b", "a/b/c", "a0", "ab", "b"]);
        assert!(left.remove(&EntryKey { account: ACCOUNT, path: "a".into() }));
        assert_eq!(paths(&left, "", None), ["a-b", "a0", "ab", "b"]);
        assert!(!left.remove(&EntryKey { account: ACCOUNT, path: "a".into() }));
        assert!(!left.remove(&EntryKey { account: Account(2), path: "b".into() }));
        for path in ["a-b", "a0", "ab", "b"] {
            assert!(left.remove(&EntryKey { account: ACCOUNT, path: path.into() }));
        }
        assert_eq!(left, Entries::default());
    }

    #[test]
    fn a_range_holds_what_begins_alike_and_comes_after() {
        let entries = entries(&["a", "a/b", "a/c", "a/d", "b"]);
        assert_eq!(paths(&entries, "a/", None), ["a/b", "a/c", "a/d"]);
        assert_eq!(paths(&entries, "a/", Some("a/b")), ["a/c", "a/d"]);
        assert_eq!(paths(&entries, "a/", Some("a/bb")), ["a/c", "a/d"]);
        assert_eq!(paths(&entries, "a/", Some("")), ["a/b", "a/c", "a/d"]);
        assert_eq!(paths(&entries, "a/", Some("b")), [""; 0]);
        assert!(
            entries.has_any(ACCOUNT, "a") && !entries.has_any(ACCOUNT, "a/b/c") && !entries.has_any(Account(2), "a")
        );
    }
}
