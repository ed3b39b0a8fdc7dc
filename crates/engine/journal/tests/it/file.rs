//! The file engine with its threads: what it refuses to open, and what its callers see when the disk fails.

use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;

use bongsu_journal::simulated::SimulatedDisk;
use bongsu_journal::suite::{block_on, read_all, sealed};
use bongsu_journal::{AppendError, Batch, FileJournal, Flaw, Journal, OpenError, Options, Position, ReadError, Unit};

const SEGMENT_BYTES: u64 = 16 << 10;
const FIRST_SEGMENT: &str = "00000000000000000001.segment";

fn options(directory: &Path) -> Options {
    let mut options = Options::new(directory);
    options.segment_bytes = SEGMENT_BYTES;
    options
}

fn simulated(disk: &SimulatedDisk) -> Options {
    let mut options = options(Path::new("/journal"));
    options.disk = Arc::new(disk.clone());
    options
}

fn append(journal: &FileJournal, payload: &[u8]) -> Result<(), AppendError> {
    block_on(journal.append(sealed(journal.span().end, &[payload])))
}

/// A closed log of one record, changed afterwards.
fn opened_after(change: impl FnOnce(&Path)) -> OpenError {
    let directory = tempfile::tempdir().unwrap();
    let journal = FileJournal::open(options(directory.path())).unwrap();
    append(&journal, b"acknowledged").unwrap();
    block_on(journal.close()).unwrap();
    change(directory.path());
    FileJournal::open(options(directory.path())).expect_err("refused")
}

fn patch(file: &Path, offset: usize, bytes: &[u8]) {
    let mut contents = fs::read(file).unwrap();
    contents[offset..offset + bytes.len()].copy_from_slice(bytes);
    fs::write(file, contents).unwrap();
}

#[test]
fn a_second_opening_is_refused_and_says_who_holds_it() {
    let directory = tempfile::tempdir().unwrap();
    let journal = FileJournal::open(options(directory.path())).unwrap();
    match FileJournal::open(options(directory.path())) {
        Err(OpenError::Locked { path, pid }) => {
            assert_eq!(path, directory.path().join("lock"));
            assert_eq!(pid, Some(std::process::id()));
        }
        other => panic!("{other:?}"),
    }
    block_on(journal.close()).unwrap();
    FileJournal::open(options(directory.path())).unwrap();
}

#[test]
fn a_newer_version_is_refused_with_both_versions() {
    let error = opened_after(|directory| patch(&directory.join(FIRST_SEGMENT), 8, &[2]));
    assert!(matches!(error, OpenError::NewerVersion { found: 2, supported: 1, .. }), "{error}");
}

#[test]
fn a_file_that_is_no_segment_is_refused() {
    let error = opened_after(|directory| fs::write(directory.join(FIRST_SEGMENT), "Dear diary").unwrap());
    assert!(matches!(error, OpenError::Foreign { .. }), "{error}");
    let error = opened_after(|directory| patch(&directory.join(FIRST_SEGMENT), 0, b"diary"));
    assert!(matches!(error, OpenError::Foreign { .. }), "{error}");
}

#[test]
fn a_segment_of_another_log_is_refused() {
    let other = tempfile::tempdir().unwrap();
    let journal = FileJournal::open(options(other.path())).unwrap();
    while journal.span().oldest_segment_end.is_none() {
        append(&journal, &[1; 1000]).unwrap();
    }
    block_on(journal.close()).unwrap();
    let second = "00000000000000000002.segment";
    let error = opened_after(|directory| {
        fs::copy(other.path().join(second), directory.join(second)).unwrap();
    });
    assert!(matches!(&error, OpenError::Foreign { file } if file.ends_with(second)), "{error}");
}

#[test]
fn a_segment_that_lost_its_end_is_refused() {
    let error = opened_after(|directory| {
        let file = fs::OpenOptions::new().write(true).open(directory.join(FIRST_SEGMENT)).unwrap();
        file.set_len(SEGMENT_BYTES - 1).unwrap();
    });
    let OpenError::Corrupt(corruption) = error else { panic!("{error}") };
    assert_eq!(corruption.flaw, Flaw::FileLength { expected: SEGMENT_BYTES });
}

#[test]
fn a_damaged_record_is_refused_with_its_file_and_offset() {
    let error = opened_after(|directory| patch(&directory.join(FIRST_SEGMENT), 4096 + 50, b"X"));
    let text = error.to_string();
    let OpenError::Corrupt(corruption) = error else { panic!("{text}") };
    assert!(corruption.file.ends_with(FIRST_SEGMENT));
    assert_eq!((corruption.offset, corruption.position), (4096 + 32, Position(32)));
    let expected = "is damaged at byte 4128 (position 32), after 0 good records: checksum mismatch";
    assert!(text.ends_with(expected), "{text}");
}

#[test]
fn other_files_in_the_directory_are_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("notes.txt"), "mine").unwrap();
    let journal = FileJournal::open(options(directory.path())).unwrap();
    append(&journal, b"record").unwrap();
    assert_eq!(fs::read(directory.path().join("notes.txt")).unwrap(), b"mine");
}

#[test]
fn a_file_in_place_of_the_directory_is_an_error() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let error = FileJournal::open(options(file.path())).expect_err("not a directory");
    assert!(matches!(error, OpenError::Io { .. }), "{error}");
}

#[test]
fn a_read_only_or_forbidden_directory_says_so() {
    for (kind, expected) in [
        (io::ErrorKind::ReadOnlyFilesystem, "/journal is on a read-only file system"),
        (io::ErrorKind::PermissionDenied, "no permission to read and write /journal"),
    ] {
        let disk = SimulatedDisk::new(0);
        disk.set_read_only(Some(kind));
        let error = FileJournal::open(simulated(&disk)).expect_err("cannot be written");
        assert!(error.to_string().starts_with(expected), "{error}");
    }
}

#[test]
fn a_disk_too_small_for_a_segment_says_so() {
    let disk = SimulatedDisk::new(0);
    disk.set_capacity(SEGMENT_BYTES - 1);
    let error = FileJournal::open(simulated(&disk)).expect_err("full");
    assert!(matches!(error, OpenError::NoSpace { .. }), "{error}");
    disk.set_capacity(SEGMENT_BYTES);
    append(&FileJournal::open(simulated(&disk)).unwrap(), b"one segment will do").unwrap();
}

#[test]
fn everything_queued_behind_a_failed_sync_is_unknown() {
    let disk = SimulatedDisk::new(0);
    let journal = FileJournal::open(simulated(&disk)).unwrap();
    append(&journal, b"before").unwrap();
    let before = journal.span().end;
    disk.fail_after(0);
    let first = sealed(before, &[b"first"]);
    let second = sealed(first.end(), &[b"second"]);
    let appends = [journal.append(first.clone()), journal.append(second)];
    for append in appends {
        assert!(matches!(block_on(append), Err(AppendError::Unknown(_))));
    }
    assert!(matches!(block_on(journal.append(first)), Err(AppendError::Unknown(_))));
    assert_eq!(journal.span().end, before);
    assert_eq!(read_all(&journal, Position(0)).len(), 1, "what was durable can still be read");
}

#[test]
fn a_full_disk_refuses_appends_and_takes_them_again_after_a_trim() {
    let disk = SimulatedDisk::new(0);
    let journal = FileJournal::open(simulated(&disk)).unwrap();
    disk.set_capacity(3 * SEGMENT_BYTES);
    let refused = loop {
        if let Err(error) = append(&journal, &[1; 1000]) {
            break error;
        }
    };
    assert!(matches!(&refused, AppendError::NotAppended(error) if error.kind() == io::ErrorKind::StorageFull));
    assert_eq!(journal.span().room, 0);
    // What was built upon the refused batch is refused as well, but nobody is told to be fenced.
    let first = sealed(journal.span().end, &[&[1; 1000]]);
    let second = sealed(first.end(), &[&[2; 1000]]);
    for append in [journal.append(first), journal.append(second)] {
        assert!(matches!(block_on(append), Err(AppendError::NotAppended(_))));
    }
    block_on(journal.trim(journal.span().oldest_segment_end.unwrap())).unwrap();
    append(&journal, &[3; 1000]).unwrap();
}

#[test]
fn a_dropped_append_is_done_all_the_same() {
    let directory = tempfile::tempdir().unwrap();
    let journal = FileJournal::open(options(directory.path())).unwrap();
    let batch = sealed(Position(0), &[b"nobody waits"]);
    drop(journal.append(batch.clone()));
    block_on(journal.close()).unwrap();
    let journal = FileJournal::open(options(directory.path())).unwrap();
    assert!(read_all(&journal, Position(0)).into_iter().eq(batch.records()));
}

#[test]
fn a_journal_that_was_dropped_leaves_nothing_behind_that_blocks_the_next() {
    let disk = SimulatedDisk::new(0);
    let journal = FileJournal::open(simulated(&disk)).unwrap();
    let appended = journal.append(sealed(Position(0), &[b"queued"]));
    drop(journal);
    block_on(appended).unwrap();
    disk.kill();
    assert_eq!(read_all(&FileJournal::open(simulated(&disk)).unwrap(), Position(0)).len(), 1);
}

#[test]
fn reads_fail_after_closing() {
    let journal = FileJournal::open(simulated(&SimulatedDisk::new(0))).unwrap();
    block_on(journal.close()).unwrap();
    block_on(journal.close()).unwrap();
    assert!(matches!(block_on(journal.read(Position(0), 1)), Err(ReadError::Io(_))));
}

#[test]
fn reading_trimming_and_appending_go_on_side_by_side() {
    let directory = tempfile::tempdir().unwrap();
    let journal = Arc::new(FileJournal::open(options(directory.path())).unwrap());
    let reader = {
        let journal = Arc::clone(&journal);
        std::thread::spawn(move || {
            let (mut from, mut seen) = (Position(0), 0_u64);
            while seen < 2_999 {
                match block_on(journal.read(from, 5_000)) {
                    Ok(chunk) => {
                        for (_, payload) in chunk.records() {
                            let number = u64::from_le_bytes(payload[..8].try_into().unwrap());
                            assert!(number >= seen, "{number} after {seen}");
                            seen = number;
                        }
                        from = chunk.next;
                    }
                    Err(ReadError::Gone { start }) => from = start,
                    Err(error) => panic!("{error}"),
                }
            }
        })
    };
    for number in 0..3_000_u64 {
        let mut batch = Batch::new(journal.span().end);
        batch.push(Unit::Ends, |to| {
            to.extend_from_slice(&number.to_le_bytes());
            to.resize(to.len() + 500, 0);
        });
        block_on(journal.append(batch.seal())).unwrap();
        if let Some(end) = journal.span().oldest_segment_end {
            block_on(journal.trim(end)).unwrap();
        }
    }
    reader.join().unwrap();
    assert!(journal.span().disk_bytes <= 5 * SEGMENT_BYTES);
}

#[test]
fn nobody_but_the_owner_may_read_what_is_stored() {
    use std::os::unix::fs::PermissionsExt as _;

    let parent = tempfile::tempdir().unwrap();
    let directory = parent.path().join("data");
    let journal = FileJournal::open(options(&directory)).unwrap();
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&directory), 0o700);
    for entry in std::fs::read_dir(&directory).unwrap() {
        assert_eq!(mode(&entry.unwrap().path()), 0o600);
    }
    drop(journal);
}
