//! Keeps the code of functions and layers: archives unpacked, and directories copied, to directories that are named by
//! their digests; and knows which code is used where it lies.

mod copied;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Cursor, Read};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Component, Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use bongsu_aws_api::lambda::{Answer, CodeRefusal, CodeStore, KeptCode, NewCode};
use sha2::{Digest, Sha256};
use tempfile::TempDir;
use tokio::sync::{Notify, RwLock};
use tokio::task::spawn_blocking;
use tracing::{info, warn};
use zip::ZipArchive;
use zip::read::ZipFile;

use copied::Tree;

/// What an archive may take when it is unpacked.
const UNZIPPED_BYTES_MAX: u64 = 250 << 20;
/// How many files and directories an archive may have.
const ENTRIES_MAX: usize = 50_000;
/// Below the data directory.
const FOLDER: &str = "archives";
/// Also below it: code that stood in templates, as servers before this one kept it.
const FORMER_FOLDER: &str = "code";
/// Of a SHA-256 in hexadecimal digits.
const DIGEST_LENGTH: usize = 64;
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
    /// Directories whose code is used where it lies.
    live: Mutex<BTreeSet<PathBuf>>,
    /// Told when there is another of those.
    more_live: Notify,
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
        Ok(Code(Arc::new(Shared {
            root,
            sweeping,
            is_sweep_waiting,
            unfinished,
            live: Mutex::default(),
            more_live: Notify::new(),
            _temporary: temporary,
        })))
    }

    /// Where code is that a function names: absolute, or below the data directory.
    pub(crate) fn directory(&self, code: &str) -> PathBuf {
        let former = former_name(code).map(|name| self.0.root.join(FORMER_FOLDER).join(name));
        former.filter(|former| former.is_dir()).unwrap_or_else(|| self.0.root.join(code))
    }

    /// The directories whose code is used where it lies.
    pub(crate) fn live(&self) -> BTreeSet<PathBuf> {
        self.0.live().clone()
    }

    /// Waits until there is another.
    pub(crate) async fn more_live(&self) {
        self.0.more_live.notified().await;
    }
}

impl CodeStore for Code {
    fn keep(&self, code: NewCode) -> Answer<Result<KeptCode, CodeRefusal>> {
        let this = self.clone();
        Box::pin(async move {
            let held = this.0.sweeping.clone().read_owned().await;
            let kept = spawn_blocking(move || this.0.bring(code)).await;
            let Brought { code, sha256, size } = kept.map_err(|_| CodeRefusal::Unavailable)??;
            Ok(KeptCode { code, sha256, size, held: Box::new(held) })
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

    fn live(&self) -> MutexGuard<'_, BTreeSet<PathBuf>> {
        self.live.lock().expect("nothing panics while it holds this lock")
    }

    fn bring(&self, code: NewCode) -> Result<Brought, Fault> {
        match code {
            NewCode::Archive(zip) => {
                let sha256 = Sha256::digest(&zip).into();
                let code = match self.known(sha256) {
                    Some(code) => code,
                    None => self.complete(|directory| unpack_to(directory, &zip).map(|()| sha256))?,
                };
                Ok(Brought { code, sha256: Some(sha256), size: zip.len() as u64 })
            }
            NewCode::Copy(path) => {
                let tree = Tree::find(&path, &self.root)?;
                let mut read = tree.read(None)?;
                let code = match self.known(read.sha256) {
                    Some(code) => code,
                    None => self.complete(|directory| {
                        // Somebody may have written to it meanwhile.
                        read = tree.read(Some(directory))?;
                        Ok(read.sha256)
                    })?,
                };
                Ok(Brought { code, sha256: Some(read.sha256), size: read.bytes })
            }
            NewCode::Live(path) => {
                if !path.is_dir() {
                    return Err(Fault::Refused(CodeRefusal::NotADirectory(path)));
                }
                let code = path.to_string_lossy().into();
                if self.live().insert(path) {
                    self.more_live.notify_one();
                }
                Ok(Brought { code, sha256: None, size: 0 })
            }
        }
    }

    /// What is there already is complete: a directory gets its name when all of it is on the disk.
    fn known(&self, sha256: [u8; 32]) -> Option<Box<str>> {
        let name = hex::encode(sha256);
        self.folder().join(&name).is_dir().then(|| format!("{FOLDER}/{name}").into())
    }

    /// Has a directory written, which tells its digest, and gives it that name.
    fn complete(&self, write: impl FnOnce(&Path) -> Result<[u8; 32], Fault>) -> Result<Box<str>, Fault> {
        let number = self.unfinished.fetch_add(1, Ordering::Relaxed);
        let unfinished = self.folder().join(format!("{UNFINISHED}{number}"));
        let written = write(&unfinished).and_then(|sha256| {
            let name = hex::encode(sha256);
            let directory = self.folder().join(&name);
            fs::rename(&unfinished, &directory).or_else(|error| {
                // Somebody else has brought the same meanwhile.
                if directory.is_dir() { fs::remove_dir_all(&unfinished) } else { Err(error) }
            })?;
            File::open(self.folder())?.sync_all()?;
            Ok(format!("{FOLDER}/{name}").into())
        });
        if written.is_err() {
            // What cannot be removed now goes at the next start.
            fs::remove_dir_all(&unfinished).unwrap_or_default();
        }
        written
    }

    fn remove_all_but(&self, alive: &BTreeSet<Box<str>>) {
        let is_live = |code: &&str| Path::new(code).is_absolute() && former_name(code).is_none();
        *self.live() = alive.iter().map(|code| &**code).filter(is_live).map(PathBuf::from).collect();
        self.more_live.notify_one();
        self.remove_from(FOLDER, |name| alive.contains(&*format!("{FOLDER}/{name}")));
        let former: BTreeSet<&str> = alive.iter().filter_map(|code| former_name(code)).collect();
        self.remove_from(FORMER_FOLDER, |name| former.contains(name));
    }

    fn remove_from(&self, folder: &str, is_alive: impl Fn(&str) -> bool) {
        let Ok(entries) = fs::read_dir(self.root.join(folder)) else { return };
        for entry in entries.filter_map(Result::ok) {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            if !is_alive(&name) {
                let code = format!("{folder}/{name}");
                match fs::remove_dir_all(entry.path()) {
                    Ok(()) => info!(code, "removed code that nothing refers to"),
                    Err(error) => {
                        warn!(code, %error, "code that nothing refers to cannot be removed")
                    }
                }
            }
        }
    }
}

/// The name of code that stood in a template, as servers before this one named it: by its whole path, wherever the data
/// directory was then.
fn former_name(code: &str) -> Option<&str> {
    let path = Path::new(code);
    let name = path.file_name()?.to_str()?;
    let is_digest = name.len() == DIGEST_LENGTH && name.bytes().all(|byte| byte.is_ascii_hexdigit());
    (path.is_absolute() && is_digest && path.parent()?.file_name()? == FORMER_FOLDER).then_some(name)
}

/// Why code was not brought.
enum Fault {
    Refused(CodeRefusal),
    Io(io::Error),
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Fault {
        Fault::Io(error)
    }
}

/// Code that is where it is to be.
struct Brought {
    code: Box<str>,
    sha256: Option<[u8; 32]>,
    size: u64,
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
