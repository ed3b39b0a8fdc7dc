//! What the file engine asks of a file system, so that a simulated one can take its place.

use std::fmt;
use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, FileExt, OpenOptionsExt};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Memory, offset and length of what is written through are multiples of this.
pub const BLOCK_BYTES: usize = 4096;

/// A file system.
pub trait Disk: Send + Sync + fmt::Debug + 'static {
    /// Creates a directory and those above it, durably, unless it exists.
    fn create_directory(&self, directory: &Path) -> io::Result<()>;
    /// The names of the files in a directory, in any order.
    fn list(&self, directory: &Path) -> io::Result<Vec<String>>;
    /// Creates a file, which must not exist, and sets space for `bytes` aside if it can, so that a full disk shows at
    /// once.
    fn create(&self, path: &Path, bytes: u64) -> io::Result<Arc<dyn DiskFile>>;
    /// Opens a file for reading and writing.
    fn open(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>>;
    /// Gives a file another name. Durable after [`Disk::sync_directory`].
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Removes a file. Durable after [`Disk::sync_directory`].
    fn remove(&self, path: &Path) -> io::Result<()>;
    /// Makes the names in a directory durable.
    fn sync_directory(&self, directory: &Path) -> io::Result<()>;
    /// Takes the lock file `path`, creating it if need be. The lock ends with the process or when the value is dropped.
    fn lock(&self, path: &Path) -> Result<Box<dyn Lock>, LockError>;
    /// Random bytes that nobody can guess, to tell one log from another.
    fn random(&self) -> io::Result<[u8; 16]>;
}

/// An open file.
pub trait DiskFile: Send + Sync + fmt::Debug {
    /// Its length in bytes.
    fn length(&self) -> io::Result<u64>;
    /// Fills the buffer from `offset` on; an error if the file ends before.
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()>;
    /// Writes all bytes. Durable after [`DiskFile::sync`].
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()>;
    /// Makes durable what was written. After an error nothing may be assumed, least of all by asking again.
    fn sync(&self) -> io::Result<()>;
    /// Writes whole blocks (see [`BLOCK_BYTES`]) inside the file, and returns when they are durable.
    fn write_through(&self, blocks: &[u8], offset: u64) -> io::Result<()>;
}

/// A held lock.
pub trait Lock: Send + Sync + fmt::Debug {}

/// Why a lock could not be taken.
#[derive(Debug)]
pub enum LockError {
    /// Somebody else holds it: the process with this id, if it could be found out.
    Held(Option<u32>),
    /// The lock file cannot be used.
    Io(io::Error),
}

impl From<io::Error> for LockError {
    fn from(error: io::Error) -> LockError {
        LockError::Io(error)
    }
}

/// Messages and functions' variables are nobody else's business.
const DIRECTORY_MODE: u32 = 0o700;
/// See [`DIRECTORY_MODE`].
const FILE_MODE: u32 = 0o600;

/// The operating system's file system.
#[derive(Debug, Default)]
pub struct SystemDisk;

impl Disk for SystemDisk {
    fn create_directory(&self, directory: &Path) -> io::Result<()> {
        if directory.is_dir() {
            return Ok(());
        }
        let parent = directory.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        self.create_directory(parent)?;
        match DirBuilder::new().mode(DIRECTORY_MODE).create(directory) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists || !directory.is_dir() => Err(error),
            _ => self.sync_directory(parent),
        }
    }

    fn list(&self, directory: &Path) -> io::Result<Vec<String>> {
        let names = fs::read_dir(directory)?.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()));
        names.collect()
    }

    fn create(&self, path: &Path, bytes: u64) -> io::Result<Arc<dyn DiskFile>> {
        let buffered = OpenOptions::new().read(true).write(true).create_new(true).mode(FILE_MODE).open(path)?;
        if let Err(error) = set_aside(&buffered, bytes) {
            fs::remove_file(path)?;
            return Err(error);
        }
        Ok(Arc::new(SystemFile::new(buffered, path)?))
    }

    fn open(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>> {
        let buffered = OpenOptions::new().read(true).write(true).open(path)?;
        Ok(Arc::new(SystemFile::new(buffered, path)?))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    fn sync_directory(&self, directory: &Path) -> io::Result<()> {
        File::open(directory)?.sync_all()
    }

    fn lock(&self, path: &Path) -> Result<Box<dyn Lock>, LockError> {
        let mut file =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(FILE_MODE).open(path)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(LockError::Held(process_id(&mut file))),
            Err(TryLockError::Error(error)) => return Err(error.into()),
        }
        file.set_len(0)?;
        file.seek(SeekFrom::Start(0))?;
        writeln!(file, "{}", std::process::id())?;
        Ok(Box::new(SystemLock { _file: file }))
    }

    fn random(&self) -> io::Result<[u8; 16]> {
        let mut bytes = [0; 16];
        File::open("/dev/urandom")?.read_exact(&mut bytes)?;
        Ok(bytes)
    }
}

fn process_id(file: &mut File) -> Option<u32> {
    let mut text = String::new();
    file.read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}

/// Held as long as the file is open.
#[derive(Debug)]
struct SystemLock {
    _file: File,
}

impl Lock for SystemLock {}

/// Reads go through the page cache; what is written through bypasses it where the file system lets it.
#[derive(Debug)]
struct SystemFile {
    buffered: File,
    direct: Option<File>,
    direct_refused: AtomicBool,
}

impl SystemFile {
    fn new(buffered: File, path: &Path) -> io::Result<SystemFile> {
        Ok(SystemFile { buffered, direct: open_direct(path)?, direct_refused: AtomicBool::new(false) })
    }
}

/// Sets space aside for a file where the file system can.
#[cfg(target_os = "linux")]
fn set_aside(file: &File, bytes: u64) -> io::Result<()> {
    use rustix::fs::{FallocateFlags, fallocate};
    use rustix::io::Errno;

    if bytes == 0 {
        return Ok(());
    }
    match fallocate(file, FallocateFlags::empty(), 0, bytes) {
        Ok(()) | Err(Errno::OPNOTSUPP | Errno::NOSYS) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

#[cfg(not(target_os = "linux"))]
fn set_aside(_file: &File, _bytes: u64) -> io::Result<()> {
    Ok(())
}

/// Opens a file for writes that bypass the page cache. `None`: not possible there.
#[cfg(target_os = "linux")]
fn open_direct(path: &Path) -> io::Result<Option<File>> {
    use rustix::fs::OFlags;
    use std::os::unix::fs::OpenOptionsExt;

    match OpenOptions::new().write(true).custom_flags(OFlags::DIRECT.bits() as i32).open(path) {
        Ok(file) => Ok(Some(file)),
        Err(error) if error.kind() == io::ErrorKind::InvalidInput => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(not(target_os = "linux"))]
fn open_direct(_path: &Path) -> io::Result<Option<File>> {
    Ok(None)
}

/// Writes, and returns when data and length (but not, as with `O_SYNC`, the times of the file) are durable.
#[cfg(target_os = "linux")]
fn write_durably(file: &File, mut bytes: &[u8], mut offset: u64) -> io::Result<()> {
    use rustix::io::{Errno, ReadWriteFlags, pwritev2};

    while !bytes.is_empty() {
        match pwritev2(file, &[io::IoSlice::new(bytes)], offset, ReadWriteFlags::DSYNC) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => (bytes, offset) = (&bytes[written..], offset + written as u64),
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

#[cfg(not(target_os = "linux"))]
fn write_durably(file: &File, bytes: &[u8], offset: u64) -> io::Result<()> {
    file.write_all_at(bytes, offset)?;
    file.sync_data()
}

impl DiskFile for SystemFile {
    fn length(&self) -> io::Result<u64> {
        Ok(self.buffered.metadata()?.len())
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        self.buffered.read_exact_at(buffer, offset)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.buffered.write_all_at(bytes, offset)
    }

    fn sync(&self) -> io::Result<()> {
        self.buffered.sync_data()
    }

    fn write_through(&self, blocks: &[u8], offset: u64) -> io::Result<()> {
        if let Some(direct) = self.direct.as_ref().filter(|_| !self.direct_refused.load(Ordering::Relaxed)) {
            match write_durably(direct, blocks, offset) {
                // Refused: this file system wants other alignments, or cannot do it at all.
                Err(error) if matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported) => {
                    self.direct_refused.store(true, Ordering::Relaxed);
                }
                outcome => return outcome,
            }
        }
        self.write_at(blocks, offset)?;
        self.sync()
    }
}
