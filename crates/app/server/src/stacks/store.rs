//! Where stacks are kept: a file a stack under `stacks/` of the data directory, replaced as a whole.
//!
//! `<name>.json` is a stack that is there, `deleted/<uuid>.json` one that was. The files hold parameters that are secrets, so
//! only their owner may read them. `docs/formats/stacks.md` describes them.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use super::record::{FORMAT, Record};

const FOLDER: &str = "stacks";
const DELETED: &str = "deleted";
const SUFFIX: &str = "json";
const UNFINISHED: &str = "unfinished";

/// Why the stacks of a data directory are not known.
#[derive(Debug, thiserror::Error)]
pub enum StacksError {
    /// A file or folder cannot be read or made.
    #[error("{}: {source}", path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A file is not what this program wrote.
    #[error("{} does not describe a stack: {reason}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
}

/// The folder of stacks; nowhere, when nothing outlives the process.
#[derive(Clone, Debug)]
pub(crate) struct Store {
    folder: Option<PathBuf>,
}

impl Store {
    pub(crate) fn of(data: Option<&Path>) -> Store {
        Store { folder: data.map(|data| data.join(FOLDER)) }
    }

    /// The stacks that are there, and those that were.
    pub(super) fn read(&self) -> Result<(Vec<Record>, Vec<Record>), StacksError> {
        let Some(folder) = &self.folder else { return Ok((Vec::new(), Vec::new())) };
        let deleted = read_folder(&folder.join(DELETED))?;
        let mut living = read_folder(folder)?;
        // Written as deleted, and the process ended before its other file was gone.
        for record in living.extract_if(.., |record| deleted.iter().any(|gone| gone.id == record.id)) {
            self.remove(&record).map_err(|source| StacksError::Unreadable { path: folder.clone(), source })?;
        }
        Ok((living, deleted))
    }

    /// Keeps a stack that is there.
    pub(super) fn write(&self, record: &Record) -> io::Result<()> {
        let Some(folder) = &self.folder else { return Ok(()) };
        replace(folder, &record.name, record)
    }

    /// Keeps a stack as one that was there.
    pub(super) fn bury(&self, record: &Record) -> io::Result<()> {
        let Some(folder) = &self.folder else { return Ok(()) };
        replace(&folder.join(DELETED), uuid(record), record)?;
        self.remove(record)
    }

    /// Forgets a stack that was there.
    pub(super) fn forget(&self, record: &Record) -> io::Result<()> {
        let Some(folder) = &self.folder else { return Ok(()) };
        remove(&folder.join(DELETED), uuid(record))
    }

    fn remove(&self, record: &Record) -> io::Result<()> {
        let Some(folder) = &self.folder else { return Ok(()) };
        remove(folder, &record.name)
    }
}

/// The stack of this name in a data directory, whether a server has it open or not.
pub(crate) fn peek(data: &Path, name: &str) -> Result<Option<Record>, StacksError> {
    let path = data.join(FOLDER).join(format!("{name}.{SUFFIX}"));
    if path.exists() { read_file(&path).map(Some) } else { Ok(None) }
}

fn uuid(record: &Record) -> &str {
    record.id.rsplit('/').next().unwrap_or_default()
}

fn replace(folder: &Path, stem: &str, record: &Record) -> io::Result<()> {
    if !folder.exists() {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        if let Some(parent) = folder.parent() {
            File::open(parent)?.sync_all()?;
        }
    }
    let unfinished = folder.join(format!("{stem}.{UNFINISHED}"));
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&unfinished)?;
    file.write_all(&serde_json::to_vec_pretty(record)?)?;
    file.sync_all()?;
    fs::rename(unfinished, folder.join(format!("{stem}.{SUFFIX}")))?;
    File::open(folder)?.sync_all()
}

fn remove(folder: &Path, stem: &str) -> io::Result<()> {
    match fs::remove_file(folder.join(format!("{stem}.{SUFFIX}"))) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => File::open(folder)?.sync_all(),
    }
}

fn read_folder(folder: &Path) -> Result<Vec<Record>, StacksError> {
    let unreadable = |source| StacksError::Unreadable { path: folder.to_owned(), source };
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(unreadable(error)),
    };
    let mut records = Vec::new();
    for entry in entries {
        let path = entry.map_err(unreadable)?.path();
        match path.extension().and_then(|suffix| suffix.to_str()) {
            Some(SUFFIX) => records.push(read_file(&path)?),
            // The process ended before it was whole; the file that it was to replace still stands.
            Some(UNFINISHED) => fs::remove_file(&path).map_err(unreadable)?,
            _ => {}
        }
    }
    Ok(records)
}

fn read_file(path: &Path) -> Result<Record, StacksError> {
    let malformed = |reason: String| StacksError::Malformed { path: path.to_owned(), reason };
    let text = fs::read(path).map_err(|source| StacksError::Unreadable { path: path.to_owned(), source })?;
    let record: Record = serde_json::from_slice(&text).map_err(|error| malformed(error.to_string()))?;
    if record.format != FORMAT {
        return Err(malformed(format!("its format is {}, and this program knows {FORMAT}", record.format)));
    }
    Ok(record)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stacks::record::Stamp;
    use crate::stacks::status::StackStatus;

    fn record(name: &str) -> Record {
        let id = format!("arn:aws:cloudformation:us-east-1:000000000000:stack/{name}/u-{name}");
        Record::new(name, id, StackStatus::CreateInProgress, Stamp { at: 7, id: "e".to_owned() })
    }

    #[test]
    fn what_was_kept_is_found_again() {
        let data = tempfile::tempdir().unwrap();
        let store = Store::of(Some(data.path()));
        assert_eq!(store.read().unwrap(), (vec![], vec![]));
        store.write(&record("a")).unwrap();
        store.write(&record("b")).unwrap();
        store.bury(&record("a")).unwrap();
        assert_eq!(store.read().unwrap(), (vec![record("b")], vec![record("a")]));
        assert_eq!(peek(data.path(), "b").unwrap(), Some(record("b")));
        assert_eq!(peek(data.path(), "a").unwrap(), None);
        store.forget(&record("a")).unwrap();
        assert_eq!(store.read().unwrap().1, []);
    }

    #[test]
    fn a_stack_is_not_both_there_and_deleted() {
        let data = tempfile::tempdir().unwrap();
        let store = Store::of(Some(data.path()));
        store.bury(&record("a")).unwrap();
        store.write(&record("a")).unwrap();
        assert_eq!(store.read().unwrap(), (vec![], vec![record("a")]));
        assert_eq!(peek(data.path(), "a").unwrap(), None);
    }

    #[test]
    fn a_file_that_was_not_finished_is_passed_over_and_one_that_is_wrong_is_told() {
        let data = tempfile::tempdir().unwrap();
        let store = Store::of(Some(data.path()));
        store.write(&record("a")).unwrap();
        fs::write(data.path().join("stacks/a.unfinished"), "{").unwrap();
        assert_eq!(store.read().unwrap().0, [record("a")]);
        fs::write(data.path().join("stacks/b.json"), "{").unwrap();
        assert!(matches!(store.read(), Err(StacksError::Malformed { .. })));
        fs::write(data.path().join("stacks/b.json"), serde_json::to_vec(&Record { format: 2, ..record("b") }).unwrap())
            .unwrap();
        assert!(store.read().unwrap_err().to_string().ends_with("its format is 2, and this program knows 1"));
    }

    #[test]
    fn nobody_else_may_read_a_stacks_secrets() {
        use std::os::unix::fs::PermissionsExt as _;
        let data = tempfile::tempdir().unwrap();
        Store::of(Some(data.path())).write(&record("a")).unwrap();
        let mode = |path: &str| fs::metadata(data.path().join(path)).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode("stacks"), mode("stacks/a.json")), (0o700, 0o600));
    }
}
