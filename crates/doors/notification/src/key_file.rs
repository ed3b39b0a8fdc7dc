//! The file that keeps the signing key: whole or absent, readable to its owner alone.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// A key file is 3 KiB. What is longer than this is not one, and is not read to its end.
pub const KEY_FILE_BYTES_MAX: u64 = 64 * 1024;

/// The file's contents, cut off after [`KEY_FILE_BYTES_MAX`]; `None` if there is no file.
pub(crate) fn read(path: &Path) -> io::Result<Option<Vec<u8>>> {
    let file = match File::open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        file => file?,
    };
    let mut contents = Vec::new();
    file.take(KEY_FILE_BYTES_MAX).read_to_end(&mut contents)?;
    Ok(Some(contents))
}

/// Creates the file, durably.
pub(crate) fn create(path: &Path, contents: &str) -> io::Result<()> {
    let unfinished = path.with_extension("new");
    match fs::remove_file(&unfinished) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    // Created anew, because a file that is there keeps its own permissions.
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&unfinished)?;
    file.write_all(contents.as_bytes())?;
    file.sync_all()?;
    fs::rename(&unfinished, path)?;
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(directory)?.sync_all()
}
