//! Keeps the code of functions and layers: archives unpacked to directories that are named by their digests.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Cursor, Read};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use bongsu_aws_api::lambda::{Answer, CodeRefusal, CodeStore, KeptCode};
use bytes::Bytes;
use sha2::{Digest, Sha256};
use tempfile::TempDir;
use tokio::sync::RwLock;
use tokio::task::spawn_blocking;
use tracing::{info, warn};
use zip::ZipArchive;
use zip::read::ZipFile;

/// What an archive may take when it is unpacked.
const UNZIPPED_BYTES_MAX: u64 = 250 << 20;
/// How many files and directories an archive may have.
const ENTRIES_MAX: usize = 50_000;
/// Below the data directory.
const FOLDER: &str = "archives";
/// How the name of a directory begins that is being written.
const UNFINISHED: &str = "unfinished-";
/// Whoever runs functions, perhaps as another user, reads their code.
const DIRECTORY_MODE: u32 = 0o755;
const FILE_MODE: u32 = 0o644;
const PROGRAM_MODE: u32 = 0o755;
const ANY_EXECUTE: u32 = 0o111;

/// The code of one server.
#[derive(Clone)]
pub(crate) struct Code(Arc<Shared>);

struct Shared {
    /// The data directory, or what stands for it where nothing is to last.
    root: PathBuf,
    /// Held while code is brought and nothing refers to it yet; and, alone, while what nothing refers to is removed.
    sweeping: Arc<RwLock<()>>,
    is_sweep_waiting: AtomicBool,
    unfinished: AtomicU64,
    /// Removes the root with the server where nothing is to last.
    _temporary: Option<TempDir>,
}

impl Code {
    /// In the data directory, or in a directory of its own that goes with the server.
    pub(crate) fn open(data: Option<&Path>) -> io::Result<Code> {
        let mode = fs::Permissions::from_mode(DIRECTORY_MODE);
        let (root, temporary) = match data {
            Some(data) => (std::path::absolute(data)?, None),
            None => {
                let temporary = tempfile::Builder::new().prefix("bongsu-").permissions(mode).tempdir()?;
                (temporary.path().to_owned(), Some(temporary))
            }
        };
        make_directory(&root.join(FOLDER))?;
        let sweeping = Arc::new(RwLock::new(()));
        let (is_sweep_waiting, unfinished) = (AtomicBool::new(false), AtomicU64::new(0));
        Ok(Code(Arc::new(Shared { root, sweeping, is_sweep_waiting, unfinished, _temporary: temporary })))
    }

    /// Where code is that a function names: absolute, or below the data directory.
    pub(crate) fn directory(&self, code: &str) -> PathBuf {
        self.0.root.join(code)
    }
}

impl CodeStore for Code {
    fn keep(&self, zip: Bytes) -> Answer<Result<KeptCode, CodeRefusal>> {
        let this = self.clone();
        Box::pin(async move {
            let held = this.0.sweeping.clone().read_owned().await;
            let kept = spawn_blocking(move || this.0.unpack(&zip)).await;
            let (code, sha256) = kept.map_err(|_| CodeRefusal::Unavailable)??;
            Ok(KeptCode { code, sha256, held: Box::new(held) })
        })
    }

    fn sweep(&self, alive: Answer<Option<BTreeSet<Box<str>>>>) {
        // One that waits for its turn does for all that are asked for until then.
        if self.0.is_sweep_waiting.swap(true, Ordering::AcqRel) {
            return;
        }
        let this = self.clone();
        tokio::spawn(async move {
            let alone = this.0.sweeping.clone().write_owned().await;
            this.0.is_sweep_waiting.store(false, Ordering::Release);
            let Some(alive) = alive.await else { return };
            // A panic there has said so; what is left lies there until the next time.
            drop(spawn_blocking(move || this.0.remove_all_but(&alive)).await);
            drop(alone);
        });
    }

    fn locate(&self, code: &str) -> String {
        self.directory(code).display().to_string()
    }
}

impl Shared {
    fn folder(&self) -> PathBuf {
        self.root.join(FOLDER)
    }

    /// What is there already is complete: a directory gets its name when all of it is on the disk.
    fn unpack(&self, zip: &[u8]) -> Result<(Box<str>, [u8; 32]), CodeRefusal> {
        let sha256: [u8; 32] = Sha256::digest(zip).into();
        let name = hex::encode(sha256);
        let (code, directory) = (format!("{FOLDER}/{name}").into(), self.folder().join(&name));
        if directory.is_dir() {
            return Ok((code, sha256));
        }
        let number = self.unfinished.fetch_add(1, Ordering::Relaxed);
        let unfinished = self.folder().join(format!("{UNFINISHED}{number}-{name}"));
        let unpacked = unpack_to(&unfinished, zip).and_then(|()| {
            fs::rename(&unfinished, &directory).or_else(|error| {
                // Somebody else has brought the same meanwhile.
                if directory.is_dir() { fs::remove_dir_all(&unfinished) } else { Err(error) }
            })?;
            Ok(File::open(self.folder())?.sync_all()?)
        });
        match unpacked {
            Ok(()) => Ok((code, sha256)),
            Err(fault) => {
                // What cannot be removed now goes at the next start.
                fs::remove_dir_all(&unfinished).unwrap_or_default();
                Err(fault.into())
            }
        }
    }

    fn remove_all_but(&self, alive: &BTreeSet<Box<str>>) {
        let Ok(entries) = fs::read_dir(self.folder()) else { return };
        for entry in entries.filter_map(Result::ok) {
            let name = entry.file_name();
            let code = format!("{FOLDER}/{}", name.to_string_lossy());
            if !alive.contains(&*code) {
                match fs::remove_dir_all(entry.path()) {
                    Ok(()) => info!(code, "removed code that nothing refers to"),
                    Err(error) => warn!(code, %error, "code that nothing refers to cannot be removed"),
                }
            }
        }
    }
}

/// Why an archive was not unpacked.
enum Fault {
    Refused(CodeRefusal),
    Io(io::Error),
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Fault {
        Fault::Io(error)
    }
}

impl From<Fault> for CodeRefusal {
    fn from(fault: Fault) -> CodeRefusal {
        match fault {
            Fault::Refused(refusal) => refusal,
            Fault::Io(error) => {
                warn!(%error, "code cannot be kept");
                CodeRefusal::Unavailable
            }
        }
    }
}

/// Unpacks an archive into a new directory, through to the disk.
fn unpack_to(directory: &Path, zip: &[u8]) -> Result<(), Fault> {
    let refused = |refusal| Fault::Refused(refusal);
    let mut archive = ZipArchive::new(Cursor::new(zip)).map_err(|_| refused(CodeRefusal::NotAnArchive))?;
    if archive.len() > ENTRIES_MAX {
        return Err(refused(CodeRefusal::TooManyFiles(ENTRIES_MAX)));
    }
    make_directory(directory)?;
    let mut left = UNZIPPED_BYTES_MAX;
    let mut directories: BTreeMap<PathBuf, ()> = BTreeMap::from([(directory.to_owned(), ())]);
    for place in 0..archive.len() {
        let mut entry = archive.by_index(place).map_err(|_| refused(CodeRefusal::NotAnArchive))?;
        let path = path_of(&entry)?;
        let target = directory.join(&path);
        let folder = if entry.is_dir() { Some(target.as_path()) } else { target.parent() };
        for folder in folder.into_iter().flat_map(Path::ancestors).take_while(|folder| folder.starts_with(directory)) {
            directories.insert(folder.to_owned(), ());
        }
        if let Some(folder) = folder {
            make_directory(folder).map_err(|error| unsafe_or(error, &path))?;
        }
        if !entry.is_dir() {
            left -= unpack_file(&mut entry, &target, &path, left)?;
        }
    }
    for folder in directories.into_keys() {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

/// Writes one file of at most `left` bytes, whatever the archive says of its size, and tells how many it has.
fn unpack_file<R: Read>(entry: &mut ZipFile<'_, R>, target: &Path, path: &Path, left: u64) -> Result<u64, Fault> {
    let is_program = entry.unix_mode().is_some_and(|mode| mode & ANY_EXECUTE != 0);
    let mode = if is_program { PROGRAM_MODE } else { FILE_MODE };
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(target)
        .map_err(|error| unsafe_or(error, path))?;
    let mut bounded = entry.take(left + 1);
    let bytes = io::copy(&mut bounded, &mut file).map_err(|error| match error.kind() {
        // A checksum that does not fit, or a stream that breaks off.
        io::ErrorKind::InvalidData
        | io::ErrorKind::InvalidInput
        | io::ErrorKind::UnexpectedEof
        | io::ErrorKind::Other => Fault::Refused(CodeRefusal::NotAnArchive),
        _ => Fault::Io(error),
    })?;
    if bytes > left {
        return Err(Fault::Refused(CodeRefusal::TooLarge(UNZIPPED_BYTES_MAX)));
    }
    // Whatever the mask of this process is, the function can read it.
    file.set_permissions(fs::Permissions::from_mode(mode))?;
    file.sync_all()?;
    Ok(bytes)
}

/// The path of an entry, if it stays below the directory and is one of a file or a directory.
fn path_of<R: Read>(entry: &ZipFile<'_, R>) -> Result<PathBuf, Fault> {
    let name = entry.name().map_err(|_| Fault::Refused(CodeRefusal::NotAnArchive))?;
    let unsafe_entry = |why: &str| Fault::Refused(CodeRefusal::Unsafe(format!("{name} {why}")));
    if entry.is_symlink() {
        return Err(unsafe_entry("is a symbolic link, which cannot be kept here"));
    }
    let path = Path::new(&*name);
    let stays = path.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    if !stays || name.contains(['\\', '\0']) || path.components().next().is_none() {
        return Err(unsafe_entry("is not a path below the function's directory"));
    }
    Ok(path.to_owned())
}

/// A path that stands twice in an archive, or both as a file and as a directory, is the archive's fault.
fn unsafe_or(error: io::Error, path: &Path) -> Fault {
    match error.kind() {
        io::ErrorKind::AlreadyExists | io::ErrorKind::NotADirectory | io::ErrorKind::IsADirectory => {
            Fault::Refused(CodeRefusal::Unsafe(format!("{} is there twice", path.display())))
        }
        io::ErrorKind::InvalidFilename => {
            Fault::Refused(CodeRefusal::Unsafe(format!("{} is too long", path.display())))
        }
        _ => Fault::Io(error),
    }
}

fn make_directory(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(DIRECTORY_MODE).create(path)
}

#[cfg(test)]
mod tests;
