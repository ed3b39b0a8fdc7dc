//! Copies of directories, under the digest of what is in them.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use bongsu_aws_api::lambda::CodeRefusal;
use sha2::{Digest, Sha256};

use super::{ANY_EXECUTE, ENTRIES_MAX, FILE_MODE, Fault, PROGRAM_MODE, UNZIPPED_BYTES_MAX, make_directory};
use crate::tree;

/// The files of a directory as they were found.
pub(super) struct Tree {
    root: PathBuf,
    files: Vec<PathBuf>,
}

/// What was read.
pub(super) struct Read {
    pub(super) sha256: [u8; 32],
    pub(super) bytes: u64,
}

impl Tree {
    /// Finds them, without those of `data`.
    pub(super) fn find(root: &Path, data: &Path) -> Result<Tree, Fault> {
        if !root.is_dir() {
            return Err(Fault::Refused(CodeRefusal::NotADirectory(root.to_owned())));
        }
        let data = data.canonicalize().ok();
        let files = tree::files(root, data.as_deref(), ENTRIES_MAX)?;
        let files = files.ok_or(Fault::Refused(CodeRefusal::TooManyFiles(ENTRIES_MAX)))?;
        Ok(Tree { root: root.to_owned(), files })
    }

    /// Reads them all, and writes what was read into a new directory if there is one, through to the disk. The digest is
    /// of what was read: names, whether a file can be executed, contents.
    pub(super) fn read(&self, target: Option<&Path>) -> Result<Read, Fault> {
        let (mut digest, mut bytes) = (Sha256::new(), 0);
        target.map_or(Ok(()), make_directory)?;
        for path in &self.files {
            let name = path.strip_prefix(&self.root).expect("it was found there");
            let metadata = fs::metadata(path)?;
            if bytes + metadata.len() > UNZIPPED_BYTES_MAX {
                return Err(Fault::Refused(CodeRefusal::TooLarge(UNZIPPED_BYTES_MAX)));
            }
            let content = fs::read(path)?;
            let is_program = metadata.permissions().mode() & ANY_EXECUTE != 0;
            bytes += content.len() as u64;
            digest.update(name.as_os_str().as_encoded_bytes());
            digest.update([0, u8::from(is_program)]);
            digest.update((content.len() as u64).to_le_bytes());
            digest.update(&content);
            if let Some(target) = target {
                write(&target.join(name), &content, is_program)?;
            }
        }
        if let Some(target) = target {
            // All files at once: one by one, a large `node_modules` would take minutes.
            rustix::fs::syncfs(File::open(target)?).map_err(io::Error::from)?;
        }
        Ok(Read { sha256: digest.finalize().into(), bytes })
    }
}

fn write(path: &Path, content: &[u8], is_program: bool) -> Result<(), Fault> {
    path.parent().map_or(Ok(()), make_directory)?;
    let mode = if is_program { PROGRAM_MODE } else { FILE_MODE };
    let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(path)?;
    file.write_all(content)?;
    // Whatever the mask of this process is, the function can read it.
    Ok(file.set_permissions(fs::Permissions::from_mode(mode))?)
}
