//! A directory for each process, which is all that it may write.

use std::fs::{self, DirBuilder, File};
use std::io;
use std::os::unix::fs::{DirBuilderExt, chown};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use crate::fence::Ids;

/// What the directories of all servers begin with.
const PREFIX: &str = "bongsu-functions-";
/// Held as long as the server lives, so that another one can tell.
const LOCK: &str = "lock";
/// Others may pass, and see nothing.
const ROOT_MODE: u32 = 0o711;
const SCRATCH_MODE: u32 = 0o700;

/// Where the directories are; made when the first process starts.
#[derive(Default)]
pub(crate) struct Scratches {
    root: Mutex<Option<Arc<Root>>>,
    made: AtomicU64,
}

struct Root {
    path: PathBuf,
    _lock: File,
}

impl Drop for Root {
    fn drop(&mut self) {
        // What is left is removed by the next server.
        fs::remove_dir_all(&self.path).ok();
    }
}

/// One process's directory, removed with all that is in it when this is dropped. That may take a moment.
pub(crate) struct Scratch {
    path: PathBuf,
    _root: Arc<Root>,
}

impl Scratches {
    /// An empty directory that belongs to `user`.
    pub(crate) fn make(&self, user: Option<Ids>) -> io::Result<Scratch> {
        let root = self.root()?;
        let path = root.path.join(self.made.fetch_add(1, Ordering::Relaxed).to_string());
        DirBuilder::new().mode(SCRATCH_MODE).create(&path)?;
        let scratch = Scratch { path, _root: root };
        if let Some(user) = user {
            chown(&scratch.path, Some(user.uid), Some(user.gid))?;
        }
        Ok(scratch)
    }

    fn root(&self) -> io::Result<Arc<Root>> {
        let mut root = self.root.lock().expect("nothing panics while it holds this lock");
        if let Some(root) = &*root {
            return Ok(root.clone());
        }
        let temporary = std::env::temp_dir();
        remove_abandoned(&temporary);
        let made = Arc::new(Root::make(&temporary)?);
        *root = Some(made.clone());
        Ok(made)
    }
}

impl Root {
    fn make(temporary: &Path) -> io::Result<Root> {
        let random = getrandom::u64().map_err(|error| io::Error::other(error.to_string()))?;
        let path = temporary.join(format!("{PREFIX}{random:016x}"));
        DirBuilder::new().mode(ROOT_MODE).create(&path)?;
        // Not to be seen before it is held: another server may be looking for what was left.
        let unlocked = path.join("unlocked");
        let lock = File::create(&unlocked)?;
        lock.lock()?;
        fs::rename(unlocked, path.join(LOCK))?;
        Ok(Root { path, _lock: lock })
    }
}

/// Removes what servers that were killed have left behind.
fn remove_abandoned(temporary: &Path) {
    let Ok(entries) = fs::read_dir(temporary) else { return };
    for entry in entries.flatten().filter(|entry| entry.file_name().to_string_lossy().starts_with(PREFIX)) {
        let is_abandoned = File::open(entry.path().join(LOCK)).is_ok_and(|lock| lock.try_lock().is_ok());
        if is_abandoned {
            // It may be another user's.
            fs::remove_dir_all(entry.path()).ok();
        }
    }
}

impl Scratch {
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What cannot be removed goes with the whole.
        fs::remove_dir_all(&self.path).ok();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_goes_with_its_process_and_the_root_with_the_last() {
        let scratches = Scratches::default();
        let (one, other) = (scratches.make(None).unwrap(), scratches.make(None).unwrap());
        let (path, root) = (one.path().to_owned(), other.path().parent().unwrap().to_owned());
        fs::write(path.join("file"), "x").unwrap();
        drop(one);
        assert!(!path.exists() && root.exists());
        drop(scratches);
        assert!(root.exists());
        drop(other);
        assert!(!root.exists());
    }

    #[test]
    fn what_a_dead_server_left_is_removed_and_what_a_living_one_uses_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let living = Root::make(folder.path()).unwrap();
        let dead = folder.path().join(format!("{PREFIX}dead"));
        fs::create_dir(&dead).unwrap();
        fs::write(dead.join(LOCK), "").unwrap();
        let foreign = folder.path().join(format!("{PREFIX}foreign"));
        fs::create_dir(&foreign).unwrap();
        remove_abandoned(folder.path());
        assert!(living.path.exists() && foreign.exists() && !dead.exists());
    }
}
