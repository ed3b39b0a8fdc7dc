//! The files below a directory: what is watched, and what is copied.

use std::fs::{self, DirEntry};
use std::io;
use std::path::{Path, PathBuf};

/// What changes by being used, and is no code.
const SKIPPED: [&str; 3] = [".git", "__pycache__", ".pytest_cache"];

/// The files of a directory, deep ones too, in order; or the one file that `path` is. `None` if there are more than
/// `files_max` of them, directories counted. `without` is left out: the server writes there all the time.
pub(crate) fn files(path: &Path, without: Option<&Path>, files_max: usize) -> io::Result<Option<Vec<PathBuf>>> {
    let mut walk = Walk { without, left: files_max, found: Vec::new() };
    if fs::metadata(path)?.is_dir() {
        walk.directory(path)?;
    } else {
        walk.found.push(path.to_owned());
    }
    Ok((walk.left > 0).then_some(walk.found))
}

struct Walk<'a> {
    without: Option<&'a Path>,
    left: usize,
    found: Vec<PathBuf>,
}

impl Walk<'_> {
    fn directory(&mut self, path: &Path) -> io::Result<()> {
        if self.without.is_some_and(|without| path.canonicalize().is_ok_and(|path| path == without)) {
            return Ok(());
        }
        let mut entries = fs::read_dir(path)?.collect::<io::Result<Vec<DirEntry>>>()?;
        entries.retain(|entry| !SKIPPED.iter().any(|skipped| entry.file_name() == *skipped));
        entries.sort_by_key(DirEntry::file_name);
        for entry in entries {
            self.left = self.left.saturating_sub(1);
            if self.left == 0 {
                return Ok(());
            }
            match fs::metadata(entry.path()) {
                Ok(metadata) if metadata.is_dir() && leads_back(&entry, path)? => {}
                Ok(metadata) if metadata.is_dir() => self.directory(&entry.path())?,
                Ok(_) => self.found.push(entry.path()),
                // Gone meanwhile, or a link to nothing.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

/// Whether it is a link to a directory that it lies in.
fn leads_back(entry: &DirEntry, folder: &Path) -> io::Result<bool> {
    Ok(entry.file_type()?.is_symlink() && folder.canonicalize()?.starts_with(entry.path().canonicalize()?))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn files_stand_in_order_without_what_is_no_code() {
        let folder = tempfile::tempdir().unwrap();
        for path in ["b.py", "a/c.py", "a/__pycache__/c.pyc", ".git/HEAD", "data/journal"] {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "x").unwrap();
        }
        symlink(folder.path(), folder.path().join("a/round")).unwrap();
        symlink(folder.path().join("a"), folder.path().join("z")).unwrap();
        symlink("nothing", folder.path().join("broken")).unwrap();
        let data = folder.path().join("data").canonicalize().unwrap();
        let found = files(folder.path(), Some(&data), 100).unwrap().unwrap();
        let found: Vec<_> = found.iter().map(|path| path.strip_prefix(folder.path()).unwrap()).collect();
        assert_eq!(found, ["a/c.py", "b.py", "z/c.py"].map(Path::new));
        assert_eq!(files(folder.path(), None, 3).unwrap(), None);
        assert!(files(&folder.path().join("nowhere"), None, 3).is_err());
        assert_eq!(files(&folder.path().join("b.py"), None, 3).unwrap().unwrap().len(), 1);
    }
}
