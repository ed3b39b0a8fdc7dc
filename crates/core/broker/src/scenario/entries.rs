//! Entries: what doors keep for themselves, through restarts and cleaning.

use bytes::Bytes;

use super::script::ACCOUNT;
use super::world::World;
use crate::{
    Account, Broker, Command, ENTRIES_MAX, ENTRY_PATH_BYTES_MAX, ENTRY_VALUE_BYTES_MAX, EntryChanges, EntryKey, Fact,
    Place, Rejection, Reply, Timestamp,
};

fn value(text: &str) -> Bytes {
    Bytes::copy_from_slice(text.as_bytes())
}

fn put(path: &str, text: &str) -> EntryChanges {
    EntryChanges { put: vec![(path.into(), value(text))], ..EntryChanges::default() }
}

fn removed(path: &str) -> EntryChanges {
    EntryChanges { removed: vec![path.into()], ..EntryChanges::default() }
}

fn expecting(path: &str, text: Option<&str>, changes: EntryChanges) -> EntryChanges {
    EntryChanges { expected: vec![(path.into(), text.map(value))], ..changes }
}

/// A world in which every change is followed by a restart, before and after cleaning.
struct Kept(World);

impl Kept {
    fn change(&mut self, changes: EntryChanges) -> Result<(), Rejection> {
        let changed = self.0.ask(Command::ChangeEntries { account: ACCOUNT, changes });
        self.0.verify();
        changed.map(drop)
    }

    /// `path=value` of all entries that begin so.
    fn list(&mut self, prefix: &str, after: Option<&str>, max: usize) -> Vec<String> {
        let (prefix, after) = (prefix.into(), after.map(Box::from));
        let listed = self.0.ask(Command::ListEntries { account: ACCOUNT, prefix, after, max });
        let Ok((Reply::Entries(entries), _)) = listed else { panic!("{listed:?}") };
        entries.iter().map(|entry| format!("{}={}", entry.path, String::from_utf8_lossy(&entry.value))).collect()
    }

    fn get(&mut self, path: &str) -> Option<Bytes> {
        let got = self.0.ask(Command::GetEntry { key: EntryKey { account: ACCOUNT, path: path.into() } });
        let Ok((Reply::Entry(value), _)) = got else { panic!("{got:?}") };
        value
    }
}

#[test]
fn entries_are_put_read_listed_and_removed() {
    let mut kept = Kept(World::new());
    for (path, text) in [("app/a", "1"), ("app/b", "2"), ("endpoint/a/x", "3"), ("endpoint/a/y", "4")] {
        kept.change(put(path, text)).unwrap();
    }
    kept.change(put("app/a", "5")).unwrap();
    assert_eq!(kept.get("app/a"), Some(value("5")));
    assert_eq!(kept.list("app/", None, 10), ["app/a=5", "app/b=2"]);
    assert_eq!(kept.list("app/", Some("app/a"), 10), ["app/b=2"]);
    assert_eq!(kept.list("", None, 3).len(), 3);
    let together = EntryChanges { removed: vec!["app/a".into(), "endpoint/a".into()], ..put("app/c", "6") };
    kept.change(together).unwrap();
    assert_eq!(kept.list("", None, 10), ["app/b=2", "app/c=6"]);
    assert_eq!(kept.get("app/a"), None);
    kept.0.restart();
    assert_eq!(kept.list("", None, 10), ["app/b=2", "app/c=6"]);
    kept.change(removed("nothing")).unwrap();
}

#[test]
fn what_changed_in_between_is_not_overwritten() {
    let mut kept = Kept(World::new());
    kept.change(expecting("a", None, put("a", "1"))).unwrap();
    for stale in [expecting("a", None, put("a", "2")), expecting("a", Some("0"), removed("a"))] {
        assert_eq!(kept.change(stale), Err(Rejection::EntryChanged));
    }
    // What is expected need not be what is changed.
    assert_eq!(kept.change(expecting("b", Some("1"), put("a", "2"))), Err(Rejection::EntryChanged));
    kept.change(expecting("a", Some("1"), put("b", "2"))).unwrap();
    kept.change(expecting("a", Some("1"), removed("a"))).unwrap();
    assert_eq!(kept.list("", None, 10), ["b=2"]);
}

#[test]
fn entries_that_are_too_long_are_refused() {
    let mut kept = Kept(World::new());
    let (path, text) = ("p".repeat(ENTRY_PATH_BYTES_MAX), "v".repeat(ENTRY_VALUE_BYTES_MAX));
    kept.change(put(&path, &text)).unwrap();
    for too_long in [put(&format!("{path}p"), "v"), put("p", &format!("{text}v"))] {
        let together = EntryChanges { removed: vec![path.as_str().into()], ..too_long };
        assert_eq!(kept.change(together), Err(Rejection::EntryTooLong));
    }
    assert!(kept.get(&path).is_some());
}

#[test]
fn an_account_has_only_so_many_entries() {
    let mut broker = Broker::new();
    for number in 0..ENTRIES_MAX {
        let key = EntryKey { account: ACCOUNT, path: number.to_string().into() };
        broker.apply(&Fact::EntryPut { key, value: value("v") }, Timestamp(0), Place::default());
    }
    broker.finish_replay();
    let decide = |account, changes| {
        let command = Command::ChangeEntries { account, changes };
        broker.decide(command, Timestamp(0), &mut crate::Entropy::from_seed([0; 32])).map(drop)
    };
    assert_eq!(decide(ACCOUNT, put("one more", "v")), Err(Rejection::TooManyEntries));
    assert_eq!(decide(ACCOUNT, put("0", "w")), Ok(()));
    assert_eq!(decide(ACCOUNT, removed("0")), Ok(()));
    assert_eq!(decide(Account(ACCOUNT.0 + 1), put("one more", "v")), Ok(()));
}
