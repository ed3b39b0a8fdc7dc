//! Something that is installed under the build directory, and whether it still is what is wanted.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

/// A folder that is made from files of the repository, and made again when they change.
pub(crate) struct Installation {
    /// The folder; what is in it may know its own path, so it cannot be moved.
    pub(crate) home: PathBuf,
    wanted: String,
}

impl Installation {
    /// What belongs at `home` on account of these files.
    pub(crate) fn new(home: PathBuf, files: &[PathBuf]) -> Result<Installation> {
        let mut digest = Sha256::new_with_prefix(home.as_os_str().as_encoded_bytes());
        for file in files {
            digest.update(fs::read(file).with_context(|| format!("cannot read {}", file.display()))?);
        }
        Ok(Installation { home, wanted: hex::encode(digest.finalize()) })
    }

    /// Whether it was finished, there and from these files.
    pub(crate) fn is_current(&self) -> bool {
        fs::read_to_string(self.stamp()).is_ok_and(|have| have == self.wanted)
    }

    /// Notes that all of it is there; the last thing to do, so that an interrupted installation starts over.
    pub(crate) fn finish(&self) -> Result<()> {
        let stamp = self.stamp();
        fs::write(&stamp, &self.wanted).with_context(|| format!("cannot write {}", stamp.display()))
    }

    fn stamp(&self) -> PathBuf {
        self.home.join("installed.sha256")
    }
}

/// Empties a folder, or makes it.
pub(crate) fn empty(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| format!("cannot remove {}", folder.display()))?;
    }
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_installation_is_current_until_its_files_change_or_it_is_copied() {
        let folder = tempfile::tempdir().unwrap();
        let (file, home) = (folder.path().join("list"), folder.path().join("here"));
        fs::write(&file, "one").unwrap();
        empty(&home).unwrap();
        let at = |home: &Path| Installation::new(home.to_owned(), std::slice::from_ref(&file)).unwrap();
        assert!(!at(&home).is_current(), "not finished");
        at(&home).finish().unwrap();
        assert!(at(&home).is_current());

        let copy = folder.path().join("there");
        empty(&copy).unwrap();
        fs::copy(at(&home).stamp(), at(&copy).stamp()).unwrap();
        assert!(!at(&copy).is_current(), "copied");

        fs::write(&file, "two").unwrap();
        assert!(!at(&home).is_current(), "changed");
    }
}
