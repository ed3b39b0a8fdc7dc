//! Two failures among a hundred thousand invocations, four lines each.

use std::fmt::Write as _;
use std::fs;
use std::time::Instant;

use bongsu_function_log::{FilterPattern, LogStore, Query, TOTAL_BYTES_DEFAULT};

use crate::MIDNIGHT_MS;

const INVOCATIONS: u64 = 100_000;
const FAILED: [u64; 2] = [31_337, 99_998];

/// What they print, as it lies in files.
fn log() -> String {
    let mut log = String::with_capacity(100 << 20);
    for number in 0..INVOCATIONS {
        let time = MIDNIGHT_MS + number;
        let id = format!("{number:08x}-0000-4000-8000-000000000000");
        let mut line = |stream: &str, text: &str| {
            writeln!(
                log,
                r#"{{"time":{time},"function":"data-entry-work","version":"$LATEST","request_id":"{id}","stream":"{stream}","text":"{text}"}}"#
            )
            .unwrap();
        };
        let level = if FAILED.contains(&number) { "ERROR" } else { "INFO" };
        line("platform", &format!("START RequestId: {id} Version: $LATEST"));
        line("stdout", &format!(r#"{{\"level\":\"{level}\",\"order\":{number},\"took\":{}.5}}"#, number % 10));
        line("platform", &format!("END RequestId: {id}"));
        line("platform", &format!(r"REPORT RequestId: {id}\tDuration: 5012.11 ms\tBilled Duration: 5013 ms\t"));
    }
    log
}

#[test]
fn the_failures_are_found_among_a_hundred_thousand() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("0000000001.jsonl"), log()).unwrap();
    let store = LogStore::open(folder.path(), TOTAL_BYTES_DEFAULT).unwrap();
    for pattern in ["ERROR", r#"{ $.level = "ERROR" }"#, "{ $.level != INFO && $.took > 1 }"] {
        let pattern = Some(FilterPattern::parse(pattern).unwrap());
        let begun = Instant::now();
        let page = store.search(&Query { pattern: pattern.clone(), ..Query::default() }).unwrap();
        println!("{:?} for {pattern:?}", begun.elapsed());
        let found: Vec<u64> = page.lines.iter().map(|line| line.time_ms - MIDNIGHT_MS).collect();
        assert!(page.is_end);
        assert_eq!(found, FAILED);
    }
}
