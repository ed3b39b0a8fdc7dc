//! The log: lines go in without waiting, and are found again.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;

use tempfile::TempDir;
use tokio::sync::{Semaphore, watch};
use tokio::task::spawn_blocking;

use crate::NewLine;
use crate::files::Files;
use crate::search::{self, Page, Query};
use crate::streams::{self, Streams};
use crate::writer::{Job, Writer};

/// What a log takes of the disk, unless somebody says otherwise.
pub const TOTAL_BYTES_DEFAULT: u64 = 256 << 20;

/// Lines that wait to be written; what comes while there are so many is left out.
const LINES_WAITING_MAX: usize = 16 << 10;
/// Likewise in bytes of their texts.
const BYTES_WAITING_MAX: usize = 16 << 20;
/// Searches at a time; others wait. Each reads files on a thread of its own.
const SEARCHES_MAX: usize = 2;

/// The lines that functions print, in files that together are of a bounded size.
///
/// Nothing here is a promise. A line is in a file a tenth of a second after it came, and survives the end of the process
/// from then on, but not that of the machine: files are never synced. Lines that come faster than the disk takes them are
/// left out and counted.
pub struct LogStore {
    jobs: SyncSender<Job>,
    files: Files,
    shared: Arc<Shared>,
    searches: Arc<Semaphore>,
    /// Gone with the store, if it keeps nothing.
    _temporary: Option<TempDir>,
}

/// What the store and its thread both know.
pub(crate) struct Shared {
    written: AtomicU64,
    left_out: AtomicU64,
    waiting_bytes: AtomicUsize,
    writes: watch::Sender<()>,
}

/// Lines since the store was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LogCounts {
    /// Those that are in files, or were.
    pub written: u64,
    /// Those that are not: there were too many, or the disk did not take them.
    pub left_out: u64,
}

/// Why nothing can be found.
#[derive(Debug, thiserror::Error)]
pub enum SearchError {
    /// A file cannot be read.
    #[error("the log of functions cannot be read: {0}")]
    Files(#[from] io::Error),
    /// The process is on its way down.
    #[error("the server is stopping")]
    Stopping,
}

impl LogStore {
    /// The log in this folder, which is made if need be. It takes `total_bytes_max`, and at most one line for each of its files
    /// more.
    ///
    /// # Errors
    ///
    /// The folder cannot be written.
    pub fn open(folder: &Path, total_bytes_max: u64) -> io::Result<LogStore> {
        LogStore::start(Files::open(folder.to_owned(), total_bytes_max)?, None)
    }

    /// A log that is gone with the process.
    ///
    /// # Errors
    ///
    /// There is no folder for temporary files.
    pub fn temporary(total_bytes_max: u64) -> io::Result<LogStore> {
        let folder = tempfile::Builder::new().prefix("bongsu-logs-").tempdir()?;
        LogStore::start(Files::open(folder.path().to_owned(), total_bytes_max)?, Some(folder))
    }

    fn start(files: Files, temporary: Option<TempDir>) -> io::Result<LogStore> {
        let shared = Arc::new(Shared {
            written: AtomicU64::new(0),
            left_out: AtomicU64::new(0),
            waiting_bytes: AtomicUsize::new(0),
            writes: watch::Sender::new(()),
        });
        let (jobs, taken) = sync_channel(LINES_WAITING_MAX);
        let writer = Writer::open(files.clone(), shared.clone())?;
        thread::Builder::new().name("function-log".to_owned()).spawn(move || writer.run(&taken))?;
        let searches = Arc::new(Semaphore::new(SEARCHES_MAX));
        Ok(LogStore { jobs, files, shared, searches, _temporary: temporary })
    }

    /// Takes a line, at once: it is left out if too much waits to be written.
    pub fn keep(&self, line: NewLine) {
        let bytes = line.text.len();
        let waiting = self.shared.waiting_bytes.fetch_add(bytes, Relaxed);
        let taken = waiting + bytes <= BYTES_WAITING_MAX && self.jobs.try_send(Job::Keep(line)).is_ok();
        if !taken {
            self.shared.waiting_bytes.fetch_sub(bytes, Relaxed);
            self.shared.left_out(1);
        }
    }

    /// Returns when every line that was taken before is written. Waits for the disk.
    pub fn flush(&self) {
        let (done, wait) = sync_channel(1);
        // Without its thread there is nothing that could still be written.
        if self.jobs.send(Job::Flush(done)).is_ok() {
            wait.recv().unwrap_or_default();
        }
    }

    /// Finds lines, those among them that were taken a moment ago. Reads up to the whole log: not to be called where
    /// requests are answered.
    ///
    /// # Errors
    ///
    /// A file cannot be read.
    pub fn search(&self, query: &Query) -> io::Result<Page> {
        self.flush();
        search::search(&self.files, query)
    }

    /// Finds lines on a thread that may wait.
    ///
    /// # Errors
    ///
    /// A file cannot be read, or the process is on its way down.
    pub async fn find(self: &Arc<LogStore>, query: Query) -> Result<Page, SearchError> {
        self.aside(move |this| this.search(&query)).await
    }

    /// What there is of this function, or of all, on a thread that may wait.
    ///
    /// # Errors
    ///
    /// Those of [`LogStore::find`].
    pub async fn streams(self: &Arc<LogStore>, function: Option<String>) -> Result<Streams, SearchError> {
        self.aside(move |this| {
            this.flush();
            streams::streams(&this.files, function.as_deref())
        })
        .await
    }

    async fn aside<T: Send + 'static>(
        self: &Arc<LogStore>,
        work: impl FnOnce(&LogStore) -> io::Result<T> + Send + 'static,
    ) -> Result<T, SearchError> {
        let turn = self.searches.clone().acquire_owned().await.map_err(|_| SearchError::Stopping)?;
        let this = self.clone();
        let working = spawn_blocking(move || {
            // Given back when the work is done, also if nobody waits for it any more.
            let _turn = turn;
            work(&this)
        });
        Ok(working.await.map_err(|_| SearchError::Stopping)??)
    }

    /// Hears of every write from now on.
    pub fn writes(&self) -> watch::Receiver<()> {
        self.shared.writes.subscribe()
    }

    /// How many lines there were.
    pub fn counts(&self) -> LogCounts {
        self.shared.counts()
    }
}

impl Shared {
    /// The thread has it; it does not wait any more.
    pub(crate) fn taken_in(&self, line: &NewLine) {
        self.waiting_bytes.fetch_sub(line.text.len(), Relaxed);
    }

    pub(crate) fn written(&self, lines: u64) {
        self.written.fetch_add(lines, Relaxed);
        self.writes.send_replace(());
    }

    pub(crate) fn left_out(&self, lines: u64) {
        self.left_out.fetch_add(lines, Relaxed);
    }

    pub(crate) fn counts(&self) -> LogCounts {
        LogCounts { written: self.written.load(Relaxed), left_out: self.left_out.load(Relaxed) }
    }
}
