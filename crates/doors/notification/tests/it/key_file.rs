//! The key in the data directory: made once, kept, never replaced.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};

use bongsu_notification::{KEY_FILE_NAME, SignatureVersion, SigningKey, SigningKeyError};

/// How many places of the file are damaged, one after the other.
const DAMAGED_PLACES: usize = 100;

#[test]
fn no_key_is_made_before_it_is_needed() {
    let directory = tempfile::tempdir().unwrap();
    let key = SigningKey::open(directory.path()).unwrap();
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
    key.certificate().unwrap();
    let files: Vec<_> = fs::read_dir(directory.path()).unwrap().map(|file| file.unwrap().file_name()).collect();
    assert_eq!(files, [KEY_FILE_NAME]);
}

#[test]
fn a_key_is_readable_to_its_owner_alone_and_the_same_when_opened_again() {
    let directory = tempfile::tempdir().unwrap();
    let key = SigningKey::open(directory.path()).unwrap();
    let signature = key.sign(SignatureVersion::V1, b"text").unwrap();
    let file = directory.path().join(KEY_FILE_NAME);
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let again = SigningKey::open(directory.path()).unwrap();
    assert_eq!(again.sign(SignatureVersion::V1, b"text").unwrap(), signature);
    assert_eq!(again.certificate().unwrap().pem(), key.certificate().unwrap().pem());
    assert!(fs::read_to_string(file).unwrap().ends_with(key.certificate().unwrap().pem()));
}

#[test]
fn what_a_crash_left_unfinished_is_no_key_and_lends_it_no_permissions() {
    let directory = tempfile::tempdir().unwrap();
    let unfinished = directory.path().join(KEY_FILE_NAME).with_extension("new");
    fs::write(&unfinished, "-----BEGIN PRIV").unwrap();
    fs::set_permissions(&unfinished, fs::Permissions::from_mode(0o644)).unwrap();
    SigningKey::open(directory.path()).unwrap().certificate().unwrap();
    let file = directory.path().join(KEY_FILE_NAME);
    assert_eq!(fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(!unfinished.exists());
}

#[test]
fn a_damaged_key_is_refused_and_left_as_it_is() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join(KEY_FILE_NAME);
    let key = SigningKey::open(directory.path()).unwrap();
    let certificate = key.certificate().unwrap().pem();
    let genuine = fs::read(&file).unwrap();

    let check_refused = |contents: &[u8], what: &str| {
        fs::write(&file, contents).unwrap();
        let inode = fs::metadata(&file).unwrap().ino();
        let Err(error) = SigningKey::open(directory.path()) else { panic!("{what} is taken for a key") };
        assert!(matches!(error, SigningKeyError::Damaged { .. }), "{what}: {error}");
        assert!(error.to_string().contains(KEY_FILE_NAME), "{error}");
        assert_eq!((fs::read(&file).unwrap(), fs::metadata(&file).unwrap().ino()), (contents.to_vec(), inode));
    };
    check_refused(b"", "nothing");
    check_refused(b"not a key", "text");
    check_refused(certificate.as_bytes(), "a certificate alone");
    check_refused(&[certificate.as_bytes(), &genuine[..genuine.len() - certificate.len()]].concat(), "the wrong order");
    check_refused(&genuine.repeat(2), "two keys");
    check_refused(&vec![b'-'; 1 << 20], "a megabyte");
    let other = SigningKey::ephemeral();
    let swapped =
        [&genuine[..genuine.len() - certificate.len()], other.certificate().unwrap().pem().as_bytes()].concat();
    check_refused(&swapped, "another key's certificate");

    for place in 0..DAMAGED_PLACES {
        let at = place * genuine.len() / DAMAGED_PLACES;
        check_refused(&genuine[..at], &format!("the first {at} bytes"));
        // The end of the line between the two blocks is the one byte that is not part of either.
        if genuine[at] != b'\n' {
            // Another letter, so that it stays base64.
            let mut damaged = genuine.clone();
            damaged[at] = if damaged[at] == b'K' { b'L' } else { b'K' };
            check_refused(&damaged, &format!("a changed byte at {at}"));
        }
    }

    fs::write(&file, &genuine).unwrap();
    assert_eq!(SigningKey::open(directory.path()).unwrap().certificate().unwrap().pem(), certificate);
}

#[test]
fn a_key_that_cannot_be_kept_is_not_used_and_tried_again() {
    let directory = tempfile::tempdir().unwrap();
    let missing = directory.path().join("later");
    let key = SigningKey::open(&missing).unwrap();
    assert!(matches!(key.certificate(), Err(SigningKeyError::NotWritten { .. })));
    fs::create_dir(&missing).unwrap();
    key.certificate().unwrap();
    assert!(missing.join(KEY_FILE_NAME).exists());
}

#[test]
fn a_key_that_appeared_in_the_meantime_is_used() {
    let directory = tempfile::tempdir().unwrap();
    let late = SigningKey::open(directory.path()).unwrap();
    let early = SigningKey::open(directory.path()).unwrap();
    let path = early.certificate().unwrap().path();
    assert_eq!(late.certificate().unwrap().path(), path);
}

#[test]
fn a_file_that_cannot_be_read_is_no_reason_for_a_new_key() {
    let directory = tempfile::tempdir().unwrap();
    fs::create_dir(directory.path().join(KEY_FILE_NAME)).unwrap();
    assert!(matches!(SigningKey::open(directory.path()), Err(SigningKeyError::NotRead { .. })));
}
