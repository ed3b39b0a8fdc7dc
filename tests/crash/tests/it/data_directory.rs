//! Data directories that cannot be used as they are: taken, read-only, from the future, damaged, full.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use bongsu_testkit::Server;
use bongsu_testkit::server::Refused;
use bongsu_testkit::sqs::{Failure, Sqs};

use crate::disk::Mount;
use crate::skip;

/// Room for the journal's reserve and some messages.
const SMALL_DISK_BYTES: u64 = 512 << 20;
/// How a segment file of the journal begins, and where its version stands: `docs/formats/journal.md`.
const SEGMENT_MAGIC: &[u8] = b"bongsu\0J";
const SEGMENT_VERSION: std::ops::Range<usize> = 8..12;
/// What fills a disk soon.
const LARGE_BODY_BYTES: usize = 256 << 10;

fn serve(data: &Path) -> Result<Server, Refused> {
    Server::start([OsString::from("serve"), "--data".into(), data.into()])
}

#[track_caller]
fn assert_refused(data: &Path, reason: &str) {
    let refused = serve(data).expect_err("the start is refused");
    assert_eq!(refused.status.code(), Some(1), "{}", refused.output);
    let folder = data.to_str().unwrap();
    assert!(refused.output.contains(folder), "does not name {folder}: {}", refused.output);
    assert!(refused.output.contains(reason), "does not say {reason:?}: {}", refused.output);
}

#[test]
fn a_second_server_on_the_same_directory_is_refused_and_the_first_goes_on() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::serve(data.path());
    let queue = server.sqs().create_queue("work", &[]).unwrap();
    assert_refused(data.path(), "is held by another process");
    server.sqs().send(&queue, "still here").unwrap();
}

#[test]
fn a_directory_is_free_again_after_a_graceful_stop() {
    let data = tempfile::tempdir().unwrap();
    let mut server = Server::serve(data.path());
    let queue = server.sqs().create_queue("work", &[]).unwrap();
    server.sqs().send(&queue, "kept").unwrap();
    assert!(server.stop().success(), "{}", server.output());
    server.restart().unwrap();
    assert_eq!(server.sqs().receive(&queue, 0).unwrap()[0].body, "kept");
}

#[test]
fn a_read_only_directory_is_refused() {
    let is_root = fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0);
    if !is_root {
        let data = tempfile::tempdir().unwrap();
        fs::set_permissions(data.path(), fs::Permissions::from_mode(0o555)).unwrap();
        return assert_refused(data.path(), "no permission");
    }
    // Permissions do not bind root, mounts do.
    match Mount::in_memory(SMALL_DISK_BYTES) {
        Ok(mount) => {
            mount.make_read_only().unwrap();
            assert_refused(mount.path(), "read-only file system");
        }
        Err(reason) => skip("a_read_only_directory_is_refused", &format!("{reason:#}")),
    }
}

#[test]
fn a_directory_of_a_newer_version_is_refused_and_left_alone() {
    let data = tempfile::tempdir().unwrap();
    let mut server = Server::serve(data.path());
    server.sqs().create_queue("work", &[]).unwrap();
    server.kill_nine();
    let segments: Vec<PathBuf> = files(data.path()).filter(|path| begins_with(path, SEGMENT_MAGIC)).collect();
    assert!(!segments.is_empty(), "no segment file in the data directory");
    for segment in &segments {
        change(segment, |bytes| bytes[SEGMENT_VERSION].copy_from_slice(&u32::MAX.to_le_bytes()));
    }
    let before: Vec<Vec<u8>> = segments.iter().map(|segment| fs::read(segment).unwrap()).collect();
    assert_refused(data.path(), "format version");
    let after: Vec<Vec<u8>> = segments.iter().map(|segment| fs::read(segment).unwrap()).collect();
    assert!(before == after, "the refused files have changed");
}

#[test]
fn a_bad_record_before_the_last_stops_the_start_and_is_named() {
    let data = tempfile::tempdir().unwrap();
    let mut server = Server::serve(data.path());
    let mut sqs = server.sqs();
    let queue = sqs.create_queue("work", &[]).unwrap();
    for body in ["the-first-of-three", "the-second-of-three", "the-third-of-three"] {
        sqs.send(&queue, body).unwrap();
    }
    server.kill_nine();
    let damaged = files(data.path()).find(|path| position(&fs::read(path).unwrap(), b"the-second-of-three").is_some());
    let damaged = damaged.expect("the body is in a file");
    change(&damaged, |bytes| {
        let at = position(bytes, b"the-second-of-three").unwrap();
        bytes[at] ^= 1;
    });
    assert_refused(data.path(), damaged.file_name().unwrap().to_str().unwrap());
}

fn files(folder: &Path) -> impl Iterator<Item = PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    files.into_iter()
}

fn begins_with(path: &Path, magic: &[u8]) -> bool {
    fs::read(path).unwrap().starts_with(magic)
}

fn position(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

fn change(path: &Path, change: impl FnOnce(&mut [u8])) {
    let mut bytes = fs::read(path).unwrap();
    change(&mut bytes);
    fs::write(path, bytes).unwrap();
}

#[test]
fn a_full_disk_refuses_sends_while_receives_and_deletes_go_on() {
    let mount = match Mount::in_memory(SMALL_DISK_BYTES) {
        Ok(mount) => mount,
        Err(reason) => {
            return skip("a_full_disk_refuses_sends_while_receives_and_deletes_go_on", &format!("{reason:#}"));
        }
    };
    let mut server = Server::serve(mount.path());
    let mut sqs = server.sqs();
    let queue = sqs.create_queue("work", &[]).unwrap();

    let sent = fill(&mut sqs, &queue, LARGE_BODY_BYTES);
    let (received, emptied) = (receive_all(&mut sqs, &queue, sent), sqs.depth(&queue).unwrap());
    assert_eq!((received, emptied), (sent, 0), "nothing is lost, and deletes go on");

    // Space comes back by what was deleted, without a restart and after one.
    let again = fill(&mut sqs, &queue, LARGE_BODY_BYTES);
    assert!(again >= sent / 2, "after deletes there was room for {again} messages of {sent}");
    server.kill_nine();
    server.restart().unwrap();
    assert_eq!(server.sqs().depth(&queue).unwrap(), again);
}

/// Whatever the size of the messages, and however the disk was filled: who deletes gets room again.
#[test]
fn a_full_disk_is_emptied_message_by_message() {
    for (disk_mib, body_bytes) in [(120, 1_000_000), (120, 3_000), (200, 100_000)] {
        let mount = match Mount::in_memory(disk_mib << 20) {
            Ok(mount) => mount,
            Err(reason) => return skip("a_full_disk_is_emptied_message_by_message", &format!("{reason:#}")),
        };
        let mut server = Server::serve(mount.path());
        let queue = server.sqs().create_queue("work", &[]).unwrap();
        let sent = fill(&mut server.sqs(), &queue, body_bytes);
        server.kill_nine();
        server.restart().unwrap();
        let mut sqs = server.sqs();
        assert_eq!(receive_all(&mut sqs, &queue, sent), sent, "{body_bytes} bytes each");
        let again = fill(&mut sqs, &queue, body_bytes);
        assert!(again >= sent / 2, "after deletes there was room for {again} messages of {sent}");
    }
}

/// Sends until there is no room, and returns how many were acknowledged.
fn fill(sqs: &mut Sqs, queue: &str, body_bytes: usize) -> u64 {
    let body = "x".repeat(body_bytes);
    for sent in 0..2 * SMALL_DISK_BYTES / body_bytes as u64 {
        match sqs.send(queue, &body) {
            Ok(_) => {}
            Err(Failure::Refused { status, message, .. }) => {
                assert!(status >= 500, "the client is not at fault: {status} {message}");
                assert!(message.contains("space"), "{message}");
                return sent;
            }
            Err(failure) => panic!("no clear answer: {failure}"),
        }
    }
    panic!("a disk of {SMALL_DISK_BYTES} bytes does not fill up");
}

/// Receives and deletes until nothing comes, and returns how many came.
fn receive_all(sqs: &mut Sqs, queue: &str, expected: u64) -> u64 {
    let mut received = 0;
    loop {
        let messages = sqs.receive(queue, 0).unwrap();
        if messages.is_empty() || received > expected {
            return received;
        }
        for message in messages {
            sqs.delete(queue, &message.receipt_handle).unwrap();
            received += 1;
        }
    }
}
