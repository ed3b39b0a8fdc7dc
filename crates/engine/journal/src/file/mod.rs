//! The embedded engine: segment files in one directory, one writer thread, group commit.

mod aligned;
#[cfg(test)]
mod crash_tests;
pub mod fuzzing;
mod log;
mod reader;
mod recovery;
mod reserve;
mod segment;
mod shared;
mod workers;
mod writer;

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;

use bytes::Bytes;
use tokio::sync::oneshot;

use self::shared::Shared;
use self::workers::Workers;
use self::writer::Queue;
use crate::disk::{BLOCK_BYTES, Disk, SystemDisk};
use crate::{
    AppendError, BoxFuture, Chunk, Corruption, Journal, Place, Position, ReadError, Sealed, Span, SyncMicros, TrimError,
};

/// Bytes of a segment file, unless the options say otherwise.
pub const SEGMENT_BYTES: u64 = 32 << 20;

/// The smallest segment file: a header and a block.
pub const SEGMENT_BYTES_MIN: u64 = 2 * BLOCK_BYTES as u64;

/// Threads that read. They mostly wait for the disk.
const READERS: usize = 4;

/// Where and how a [`FileJournal`] keeps its segments.
#[derive(Clone, Debug)]
pub struct Options {
    /// A directory of its own; it is created if need be.
    pub directory: PathBuf,
    /// Bytes of a new segment file, rounded up to whole blocks and to [`SEGMENT_BYTES_MIN`]. Older segments keep
    /// theirs. A batch must fit in a segment.
    pub segment_bytes: u64,
    /// The file system.
    pub disk: Arc<dyn Disk>,
}

impl Options {
    /// The usual options: segments of [`SEGMENT_BYTES`] on the operating system's file system.
    pub fn new(directory: impl Into<PathBuf>) -> Options {
        Options { directory: directory.into(), segment_bytes: SEGMENT_BYTES, disk: Arc::new(SystemDisk) }
    }

    fn segment_bytes_whole(&self) -> u64 {
        self.segment_bytes.max(SEGMENT_BYTES_MIN).next_multiple_of(BLOCK_BYTES as u64)
    }
}

/// Why a log cannot be opened. Its segments are as they were.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// Another process, or another journal in this one, has it open.
    #[error("{} is held by another process{}", path.display(), pid.map_or(String::new(), |pid| format!(" ({pid})")))]
    Locked {
        /// The lock file.
        path: PathBuf,
        /// The process that holds it, if known.
        pid: Option<u32>,
    },
    /// Acknowledged records are damaged. Nothing is cut off: restore the file from a copy, or move the log away.
    #[error(transparent)]
    Corrupt(#[from] Corruption),
    /// A newer release has written the log.
    #[error("{} has format version {found}; this release reads up to {supported}", file.display())]
    NewerVersion {
        /// The segment file.
        file: PathBuf,
        /// Its version.
        found: u32,
        /// The newest version this release reads.
        supported: u32,
    },
    /// A file with a segment's name is not a segment of this log.
    #[error("{} is not a segment of this journal", file.display())]
    Foreign {
        /// The file.
        file: PathBuf,
    },
    /// This process may not read and write there.
    #[error("no permission to read and write {}", path.display())]
    NotPermitted {
        /// The file or directory.
        path: PathBuf,
    },
    /// The file system is mounted read-only.
    #[error("{} is on a read-only file system", path.display())]
    ReadOnly {
        /// The file or directory.
        path: PathBuf,
    },
    /// There is no space for the first segment.
    #[error("no space left for {}", path.display())]
    NoSpace {
        /// The file or directory.
        path: PathBuf,
    },
    /// The file system failed in another way.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// What it said.
        source: io::Error,
    },
}

/// A log in segment files.
///
/// Dropping it without [`Journal::close`] still appends what is queued, but leaves the lock held until that is done.
#[derive(Debug)]
pub struct FileJournal {
    shared: Arc<Shared>,
    queue: Arc<Queue>,
    /// Makes spares and trims, one thing at a time.
    keeper: Arc<Workers>,
    readers: Arc<Workers>,
}

impl FileJournal {
    /// Opens the log in a directory, or creates one. Blocks while it reads the last segment; the others are verified as
    /// they are read.
    pub fn open(options: Options) -> Result<FileJournal, OpenError> {
        let log = recovery::open(&options)?;
        let failed = |source| OpenError::Io { path: options.directory.clone(), source };
        let shared = Arc::clone(log.shared());
        let queue = Arc::new(Queue::new(shared.end()));
        let keeper = Arc::new(Workers::start("journal-keeper", 1).map_err(failed)?);
        let readers = Arc::new(Workers::start("journal-reader", READERS).map_err(failed)?);
        let writer = {
            let (queue, keeper) = (Arc::clone(&queue), Arc::clone(&keeper));
            thread::Builder::new().name("journal-writer".to_owned()).spawn(move || writer::run(log, &queue, &keeper))
        };
        writer.map_err(failed)?;
        Ok(FileJournal { shared, queue, keeper, readers })
    }

    fn read_with<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Shared) -> Result<T, ReadError> + Send + 'static,
    ) -> BoxFuture<'static, Result<T, ReadError>> {
        let shared = Arc::clone(&self.shared);
        let answer = answered_by(&self.readers, move || read(&shared));
        Box::pin(async move { answer.await.unwrap_or_else(|_| Err(ReadError::Io(closed()))) })
    }
}

/// Hands in work; the receiver fails if it will not be done because the workers have ended.
fn answered_by<T: Send + 'static>(
    workers: &Workers,
    work: impl FnOnce() -> T + Send + 'static,
) -> oneshot::Receiver<T> {
    let (answer, answered) = oneshot::channel();
    // Nobody listens if the future was dropped.
    workers.hand_in(move || drop(answer.send(work())));
    answered
}

fn closed() -> io::Error {
    io::Error::new(io::ErrorKind::NotConnected, "the journal is closed")
}

impl Journal for FileJournal {
    fn append(&self, batch: Sealed) -> BoxFuture<'static, Result<(), AppendError>> {
        let (appended, answer) = oneshot::channel();
        if let Err(error) = self.queue.push(&self.shared, batch, appended) {
            return Box::pin(std::future::ready(Err(error)));
        }
        let gone = || AppendError::Unknown(io::Error::other("the journal's writer has stopped"));
        Box::pin(async move { answer.await.unwrap_or_else(|_| Err(gone())) })
    }

    fn read(&self, from: Position, bytes_max: usize) -> BoxFuture<'static, Result<Chunk, ReadError>> {
        self.read_with(move |shared| reader::read(shared, from, bytes_max))
    }

    fn payloads(&self, places: Vec<Place>) -> BoxFuture<'static, Result<Vec<Bytes>, ReadError>> {
        self.read_with(move |shared| places.into_iter().map(|place| reader::payload(shared, place)).collect())
    }

    fn trim(&self, before: Position) -> BoxFuture<'static, Result<(), TrimError>> {
        let shared = Arc::clone(&self.shared);
        let answer = answered_by(&self.keeper, move || shared.trim(before));
        Box::pin(async move { answer.await.unwrap_or_else(|_| Err(TrimError::Io(closed()))) })
    }

    fn prepare(&self) -> BoxFuture<'static, ()> {
        let shared = Arc::clone(&self.shared);
        let answer = answered_by(&self.keeper, move || shared.prepare_spares());
        // A closed log has no use for space.
        Box::pin(async move { answer.await.unwrap_or_default() })
    }

    fn span(&self) -> Span {
        self.shared.span(self.queue.end())
    }

    fn sync_micros(&self) -> SyncMicros {
        self.shared.sync_micros()
    }

    fn close(&self) -> BoxFuture<'static, io::Result<()>> {
        let (closed, answer) = oneshot::channel();
        self.readers.end();
        self.queue.close(Some(closed));
        let gone = || io::Error::other("the journal's writer has stopped");
        Box::pin(async move { answer.await.unwrap_or_else(|_| Err(gone())) })
    }
}

impl Drop for FileJournal {
    fn drop(&mut self) {
        self.readers.end();
        self.queue.close(None);
    }
}
