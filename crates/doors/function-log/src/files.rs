//! The files of the log: numbered, written at the end of the last one, and gone from the first.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

/// What the names of the files end with.
const SUFFIX: &str = ".jsonl";
/// A full log is of at least so many files, so that little goes with the oldest.
const FILES_MIN: u64 = 16;
/// No file grows beyond this by more than one line.
const FILE_BYTES_MAX: u64 = 16 << 20;

/// The folder, and how much may be in it.
#[derive(Clone, Debug)]
pub(crate) struct Files {
    folder: PathBuf,
    total_bytes_max: u64,
}

impl Files {
    pub(crate) fn open(folder: PathBuf, total_bytes_max: u64) -> io::Result<Files> {
        fs::create_dir_all(&folder)?;
        Ok(Files { folder, total_bytes_max })
    }

    /// When the next file is begun.
    pub(crate) fn file_bytes_max(&self) -> u64 {
        (self.total_bytes_max / FILES_MIN).min(FILE_BYTES_MAX)
    }

    /// The numbers of the files that there are, in order.
    pub(crate) fn numbers(&self) -> io::Result<Vec<u64>> {
        let mut numbers = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let name = entry?.file_name();
            let digits = name.to_str().and_then(|name| name.strip_suffix(SUFFIX));
            // Others may keep something here; it is none of ours.
            numbers.extend(digits.and_then(|digits| digits.parse::<u64>().ok()));
        }
        numbers.sort_unstable();
        Ok(numbers)
    }

    /// Opens a file to write at its end, and tells how long it is.
    pub(crate) fn append(&self, number: u64) -> io::Result<(File, u64)> {
        let file = OpenOptions::new().append(true).create(true).open(self.path(number))?;
        let bytes = file.metadata()?.len();
        Ok((file, bytes))
    }

    /// Opens a file to read. None if it went.
    pub(crate) fn read(&self, number: u64) -> io::Result<Option<File>> {
        match File::open(self.path(number)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            other => other.map(Some),
        }
    }

    /// Whether its last line has no end.
    pub(crate) fn is_torn(&self, number: u64) -> io::Result<bool> {
        let mut file = File::open(self.path(number))?;
        if file.metadata()?.len() == 0 {
            return Ok(false);
        }
        let mut last = [0];
        file.seek(SeekFrom::End(-1))?;
        file.read_exact(&mut last)?;
        Ok(last != *b"\n")
    }

    /// Removes the oldest files, but never the newest, until a new one has room too.
    pub(crate) fn make_room(&self) -> io::Result<()> {
        let numbers = self.numbers()?;
        let sizes = numbers.iter().map(|number| Ok(fs::metadata(self.path(*number))?.len()));
        let sizes = sizes.collect::<io::Result<Vec<u64>>>()?;
        let mut total: u64 = sizes.iter().sum();
        let older = numbers.len().saturating_sub(1);
        for (number, bytes) in numbers.into_iter().zip(sizes).take(older) {
            if total + self.file_bytes_max() <= self.total_bytes_max {
                break;
            }
            fs::remove_file(self.path(number))?;
            total -= bytes;
        }
        Ok(())
    }

    pub(crate) fn path(&self, number: u64) -> PathBuf {
        let name = format!("{number:010}{SUFFIX}");
        Path::new(&self.folder).join(name)
    }
}
