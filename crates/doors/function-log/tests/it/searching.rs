//! What a search finds, page by page.

use bongsu_function_log::{FilterPattern, LogStore, NewLine, PAGE_BYTES_MAX, Page, Query, Take};

use crate::{MIDNIGHT_MS, line, texts};

const DAY_MS: u64 = 86_400_000;

fn store(lines: impl IntoIterator<Item = NewLine>) -> LogStore {
    let store = LogStore::temporary(64 << 20).unwrap();
    for line in lines {
        store.keep(line);
    }
    store
}

fn found(store: &LogStore, query: Query) -> Vec<String> {
    texts(&store.search(&query).unwrap()).into_iter().map(str::to_owned).collect()
}

#[test]
fn every_condition_must_hold() {
    let other = |at_ms, text: &str| NewLine { function: "other".into(), version: "7".into(), ..line(at_ms, text) };
    let store = store([
        line(1, "ERROR one"),
        other(2, "ERROR two"),
        line(3, "ERROR \"function\":\"other\""),
        NewLine { request_id: None, ..line(4, "fine") },
        line(10, r#"{"level":"\u0045RROR"}"#),
    ]);
    let pattern = |text| Some(FilterPattern::parse(text).unwrap());
    let all = Query::default;
    for (query, expected) in [
        (all(), vec![0, 1, 2, 3, 4]),
        (Query { function: Some("til".into()), ..all() }, vec![0, 2, 3, 4]),
        (Query { function: Some("other".into()), ..all() }, vec![1]),
        (Query { function: Some("oth".into()), ..all() }, vec![]),
        (Query { streams: vec!["2026/11/23/[7]".into()], ..all() }, vec![1]),
        (Query { streams: vec!["2026/11/23/[7]0123abc".into(), "2026/11/24/[$LATEST]".into()], ..all() }, vec![1]),
        (Query { stream_prefix: Some("2026/11/23/[$".into()), ..all() }, vec![0, 2, 3, 4]),
        (Query { stream_prefix: Some("2026/11/23/[7]0123".into()), ..all() }, vec![1]),
        (Query { stream_prefix: Some("2026/12".into()), ..all() }, vec![]),
        (Query { pattern: pattern("ERROR"), ..all() }, vec![0, 1, 2]),
        (Query { pattern: pattern("ERROR -one"), function: Some("til".into()), ..all() }, vec![2]),
        (Query { pattern: pattern("{ $.level = ERROR }"), ..all() }, vec![4]),
        (Query { request_id: Some("r-1".into()), ..all() }, vec![0, 4]),
        (Query { request_id: Some("r-10".into()), ..all() }, vec![4]),
        (Query { request_id: Some("3".into()), ..all() }, vec![2]),
        (Query { request_id: Some("".into()), ..all() }, vec![0, 1, 2, 4]),
        (Query { since_ms: Some(MIDNIGHT_MS + 3), ..all() }, vec![2, 3, 4]),
        (Query { since_ms: Some(MIDNIGHT_MS + 2), until_ms: Some(MIDNIGHT_MS + 4), ..all() }, vec![1, 2]),
    ] {
        let texts = found(&store, all());
        let expected: Vec<String> = expected.into_iter().map(|place: usize| texts[place].clone()).collect();
        assert_eq!(found(&store, query.clone()), expected, "{query:?}");
    }
}

#[test]
fn pages_go_on_where_the_last_one_ended() {
    let store = store((0..10).map(|number| line(number, &format!("line {number}"))));
    let (mut after, mut seen) = (Default::default(), Vec::new());
    loop {
        let page = store.search(&Query { after, max: 3, ..Query::default() }).unwrap();
        seen.extend(texts(&page).into_iter().map(str::to_owned));
        after = page.next;
        if page.is_end {
            break;
        }
        assert_eq!(page.lines.len(), 3);
    }
    assert_eq!(seen, (0..10).map(|number| format!("line {number}")).collect::<Vec<_>>());
}

#[test]
fn the_last_lines_are_found_backwards_page_by_page() {
    let store = store((0..10).map(|number| line(number, &format!("{number}"))));
    let last = |before| store.search(&Query { before, take: Take::Last, max: 4, ..Query::default() }).unwrap();
    let mut page = last(None);
    let mut seen: Vec<Vec<String>> = Vec::new();
    while !page.lines.is_empty() {
        seen.push(texts(&page).into_iter().map(str::to_owned).collect());
        page = last(Some(page.lines[0].at));
    }
    assert_eq!(seen, [vec!["6", "7", "8", "9"], vec!["2", "3", "4", "5"], vec!["0", "1"]]);
    assert!(store.search(&Query { take: Take::Last, max: 0, ..Query::default() }).unwrap().lines.is_empty());
}

#[test]
fn pages_are_bounded_in_bytes_but_never_empty_for_that() {
    let long = "\u{1}".repeat(100 << 10);
    let store = store((0..4).map(|number| line(number, &long)));
    let page: Page = store.search(&Query::default()).unwrap();
    assert!(PAGE_BYTES_MAX < 2 * 6 * (100 << 10), "a control character takes six bytes");
    assert_eq!((page.lines.len(), page.is_end), (1, false));
    let page = store.search(&Query { take: Take::Last, ..Query::default() }).unwrap();
    assert_eq!(page.lines[0].time_ms, MIDNIGHT_MS + 3);
}

#[tokio::test]
async fn days_and_versions_are_told_apart() {
    let version = |at_ms, version: &str| NewLine { version: version.into(), ..line(at_ms, "12345") };
    let lines = [version(5, "$LATEST"), version(7, "$LATEST"), version(8, "3"), version(DAY_MS, "3")];
    let store = std::sync::Arc::new(store(lines));
    let streams = store.streams(None).await.unwrap();
    let told: Vec<_> = streams["til"].iter().map(|(name, stream)| (name.as_str(), stream.bytes)).collect();
    assert_eq!(told, [("2026/11/23/[$LATEST]", 10), ("2026/11/23/[3]", 5), ("2026/11/24/[3]", 5)]);
    let latest = &streams["til"]["2026/11/23/[$LATEST]"];
    assert_eq!((latest.first_ms, latest.last_ms), (MIDNIGHT_MS + 5, MIDNIGHT_MS + 7));
    assert!(store.streams(Some("other".to_owned())).await.unwrap().is_empty());
}
