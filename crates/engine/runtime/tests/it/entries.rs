//! What doors keep survives a restart, changes whole or not at all, and is nobody else's.

use std::sync::Arc;

use bongsu_broker::{Account, Caller, Client, EntryChanges, EntryKey, Principal, Rejection};
use bongsu_journal::MemoryJournal;
use bongsu_runtime::Refusal;
use bytes::Bytes;

use crate::world::World;

const ACCOUNT: Account = Account(7);

fn put(path: &str, value: &'static str, expected: Option<&'static str>) -> EntryChanges {
    let expected = vec![(path.into(), expected.map(|value| Bytes::from_static(value.as_bytes())))];
    EntryChanges { expected, put: vec![(path.into(), Bytes::from_static(value.as_bytes()))], removed: Vec::new() }
}

fn key(path: &str) -> EntryKey {
    EntryKey { account: ACCOUNT, path: path.into() }
}

#[tokio::test]
async fn entries_are_as_they_were_after_a_restart() {
    let journal = Arc::new(MemoryJournal::new());
    let world = World::start(&journal).await;
    for path in ["app/a", "app/b", "endpoint/a/x"] {
        world.broker.change_entries(ACCOUNT, put(path, "1", None)).await.unwrap();
    }
    world.broker.change_entries(ACCOUNT, put("app/b", "2", Some("1"))).await.unwrap();
    let stale = world.broker.change_entries(ACCOUNT, put("app/b", "3", Some("1"))).await;
    assert_eq!(stale, Err(Refusal::Rejected(Rejection::EntryChanged)));
    let gone = EntryChanges { removed: vec!["app/a".into(), "endpoint".into()], ..EntryChanges::default() };
    world.broker.change_entries(ACCOUNT, gone).await.unwrap();
    // What was acknowledged is durable, however the process ends.
    world.shard.abort();

    let world = World::start(&Arc::new(journal.reopen())).await;
    let entries = world.broker.entries(ACCOUNT, "", None, 10).await.unwrap();
    let shown: Vec<_> = entries.iter().map(|entry| (&*entry.path, &*entry.value)).collect();
    assert_eq!(shown, [("app/b", &b"2"[..])]);
    assert_eq!(world.broker.entry(key("app/b")).await, Ok(Some(Bytes::from_static(b"2"))));
    assert_eq!(world.broker.entry(key("app/a")).await, Ok(None));
    assert_eq!(world.broker.entries(Account(8), "", None, 10).await, Ok(Vec::new()));
}

#[tokio::test]
async fn another_accounts_entries_are_neither_shown_nor_changed() {
    let world = World::start(&Arc::new(MemoryJournal::new())).await;
    world.broker.change_entries(ACCOUNT, put("a", "1", None)).await.unwrap();
    let asking = |account: u64| {
        let arn = format!("arn:aws:iam::{}:root", Account(account));
        let principal =
            Principal::Account { account: Account(account).to_string().into(), arn: arn.into(), user_id: "me".into() };
        let client = Client { principal, account: Some(Account(account)), source_arn: None, source_account: None };
        let (client, region) = (Arc::new(client), "us-east-1".into());
        let caller = Caller::Client { client, operation: "GetEntry", region, source_ip: None, secure_transport: false };
        world.broker.on_behalf_of(caller)
    };
    assert_eq!(asking(ACCOUNT.0).entry(key("a")).await, Ok(Some(Bytes::from_static(b"1"))));
    let stranger = asking(8);
    let refusals = [
        stranger.entry(key("a")).await.map(drop),
        stranger.entries(ACCOUNT, "", None, 10).await.map(drop),
        stranger.change_entries(ACCOUNT, put("a", "2", Some("1"))).await,
    ];
    for refusal in refusals {
        assert!(matches!(refusal, Err(Refusal::Rejected(Rejection::AccessDenied { .. }))), "{refusal:?}");
    }
}
