//! Lines go into files, survive the process, and make room for newer ones.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bongsu_function_log::{LogCounts, LogStore, Query};

use crate::{line, texts};

const MIB: u64 = 1 << 20;

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

#[test]
fn lines_survive_the_process_in_their_order() {
    let folder = tempfile::tempdir().unwrap();
    let store = LogStore::open(&folder.path().join("logs"), MIB).unwrap();
    store.keep(line(1, "one"));
    store.keep(line(2, "two\rin two parts"));
    assert_eq!(texts(&store.search(&Query::default()).unwrap()), ["one", "two\rin two parts"]);
    drop(store);
    let store = LogStore::open(&folder.path().join("logs"), MIB).unwrap();
    store.keep(line(3, "three"));
    assert_eq!(texts(&store.search(&Query::default()).unwrap()), ["one", "two\rin two parts", "three"]);
    assert_eq!(store.counts(), LogCounts { written: 1, left_out: 0 });
    assert_eq!(files(&folder.path().join("logs")).len(), 1);
}

#[test]
fn half_a_line_at_the_end_is_passed_over_and_what_follows_is_whole() {
    let folder = tempfile::tempdir().unwrap();
    let store = LogStore::open(folder.path(), MIB).unwrap();
    store.keep(line(1, "one"));
    store.flush();
    drop(store);
    // A process was killed in the middle of a write.
    let mut file = fs::OpenOptions::new().append(true).open(&files(folder.path())[0]).unwrap();
    file.write_all(br#"{"time":1795392000002,"function":"til","version":"$LATEST","stre"#).unwrap();
    let store = LogStore::open(folder.path(), MIB).unwrap();
    let page = store.search(&Query::default()).unwrap();
    assert_eq!(texts(&page), ["one"]);
    store.keep(line(3, "three"));
    let page = store.search(&Query { after: page.next, ..Query::default() }).unwrap();
    assert_eq!(texts(&page), ["three"]);
    assert_eq!(texts(&store.search(&Query::default()).unwrap()), ["one", "three"]);
}

#[test]
fn the_oldest_lines_make_room_and_places_among_them_stay_good() {
    let folder = tempfile::tempdir().unwrap();
    let store = LogStore::open(folder.path(), MIB).unwrap();
    store.keep(line(0, "the first"));
    let begun = store.search(&Query { max: 1, ..Query::default() }).unwrap().next;
    let long = "x".repeat(8 << 10);
    for number in 1..=300 {
        store.keep(line(number, &format!("{number} {long}")));
        store.flush();
    }
    let sizes: Vec<u64> = files(folder.path()).iter().map(|file| fs::metadata(file).unwrap().len()).collect();
    assert!(sizes.iter().sum::<u64>() <= MIB + (9 << 10), "{sizes:?}");
    assert!(sizes.len() >= 14 && sizes.iter().all(|bytes| *bytes <= (MIB / 16) + (9 << 10)), "{sizes:?}");
    let page = store.search(&Query { after: begun, ..Query::default() }).unwrap();
    let numbers: Vec<u64> =
        page.lines.iter().map(|line| line.text.split(' ').next().unwrap().parse().unwrap()).collect();
    assert!(numbers.len() > 100 && *numbers.last().unwrap() == 300, "{numbers:?}");
    assert!(numbers.is_sorted_by(|one, next| one + 1 == *next), "{numbers:?}");
    assert_eq!(store.counts(), LogCounts { written: 301, left_out: 0 });
}

#[test]
fn what_the_disk_does_not_take_is_counted_and_holds_up_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let logs = folder.path().join("logs");
    let store = LogStore::open(&logs, MIB).unwrap();
    fs::remove_dir_all(&logs).unwrap();
    // The file that is open takes more, but there is nowhere for a next one.
    let long = "x".repeat(60 << 10);
    for number in 0..4 {
        store.keep(line(number, &long));
        store.flush();
    }
    assert_eq!(store.counts(), LogCounts { written: 2, left_out: 2 });
}

#[test]
fn what_comes_faster_than_it_is_written_is_left_out_and_counted() {
    let folder = tempfile::tempdir().unwrap();
    let store = LogStore::open(folder.path(), 64 * MIB).unwrap();
    // More than may wait, in one line: as if the disk stood still for longer.
    store.keep(line(0, &"x".repeat(17 << 20)));
    store.keep(line(1, "one"));
    store.flush();
    assert_eq!(store.counts(), LogCounts { written: 1, left_out: 1 });
    assert_eq!(texts(&store.search(&Query::default()).unwrap()), ["one"]);
}

#[test]
fn a_temporary_log_is_gone_with_its_store() {
    let store = LogStore::temporary(MIB).unwrap();
    store.keep(line(1, "one"));
    assert_eq!(texts(&store.search(&Query::default()).unwrap()), ["one"]);
}

#[tokio::test]
async fn who_follows_hears_of_every_write() {
    let store = Arc::new(LogStore::temporary(MIB).unwrap());
    let page = store.find(Query::default()).await.unwrap();
    let mut writes = store.writes();
    store.keep(line(1, "one"));
    writes.changed().await.unwrap();
    let page = store.find(Query { after: page.next, ..Query::default() }).await.unwrap();
    assert_eq!(texts(&page), ["one"]);
    let page = store.find(Query { after: page.next, ..Query::default() }).await.unwrap();
    assert!(page.lines.is_empty() && page.is_end);
}
