//! Makes facts durable: the journal's contract, the segment-file engine, and the promises every engine keeps.
//!
//! The journal stores opaque payloads and knows nothing of queues. A caller encodes records into a [`Batch`] that
//! begins at the end of the log, seals it, and hands it to [`Journal::append`]; the position of each record is known
//! as soon as it is pushed, because positions are contiguous. `docs/formats/journal.md` describes the files,
//! `docs/adr/0002-journal-positions.md` the reasons.

mod batch;
pub mod disk;
mod faulty;
mod file;
mod frame;
mod memory;
pub mod simulated;
pub mod suite;

use std::future::Future;
use std::io;
use std::path::PathBuf;
use std::pin::Pin;

use bongsu_histogram::Histogram;
use bytes::Bytes;

pub use batch::{BATCH_BYTES_MAX, Batch, Chunk, Place, Position, RECORD_BYTES_MAX, Records, Sealed, Unit};
pub use faulty::{Fault, FaultyJournal};
#[doc(hidden)]
pub use file::fuzzing;
pub use file::{FileJournal, OpenError, Options, SEGMENT_BYTES, SEGMENT_BYTES_MIN};
pub use frame::Flaw;
pub use memory::MemoryJournal;

/// A future that can be stored and sent between threads.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A durable log with one writer.
///
/// Every method queues its work when it is **called**, not when its future is first polled, so that the order of calls
/// is the order of the log. A future may be dropped; the work is done all the same.
pub trait Journal: Send + Sync + 'static {
    /// Makes a batch durable: when this resolves `Ok`, every record of it survives a power cut.
    ///
    /// Compare-and-set: the batch must begin at the end of the log (batches already queued included). Batches may be
    /// queued one after the other without waiting; they become durable in that order, several with one sync.
    fn append(&self, batch: Sealed) -> BoxFuture<'static, Result<(), AppendError>>;

    /// Whole, verified records from `from` on: about `bytes_max` bytes, at least one record, none at the end.
    ///
    /// `from` is [`Span::start`], the position of a record, the end of a batch, or the `next` of an earlier chunk.
    /// Reads of a few MiB replay fastest.
    fn read(&self, from: Position, bytes_max: usize) -> BoxFuture<'static, Result<Chunk, ReadError>>;

    /// The payloads of durable records, in the order asked, each verified by checksum, position and length.
    fn payloads(&self, places: Vec<Place>) -> BoxFuture<'static, Result<Vec<Bytes>, ReadError>>;

    /// Says that nothing before `before` is needed any more. Space comes back in pieces (whole segments or batches), so
    /// [`Span::start`] rises to at most `before`; what lies between the two stays readable. Resolves when the new start
    /// would survive a power cut. The caller has waited until every copy it made of older records was durable.
    fn trim(&self, before: Position) -> BoxFuture<'static, Result<(), TrimError>>;

    /// Sees to it that there is space ready to be appended into. Resolves when the attempt has ended, and with it every
    /// attempt that the engine had begun by itself; [`Span::room`] and [`Span::is_full`] say what came of it.
    fn prepare(&self) -> BoxFuture<'static, ()>;

    /// What the log holds now.
    fn span(&self) -> Span;

    /// How long making batches durable took, in microseconds; nothing, if the engine does not know.
    fn sync_micros(&self) -> SyncMicros {
        SyncMicros::new(&SYNC_MICROS)
    }

    /// Waits for queued appends and lets go of the log, so that it can be opened again. Later appends are not appended.
    fn close(&self) -> BoxFuture<'static, io::Result<()>>;
}

/// How long a sync may take to be counted apart: from what memory takes to what a disk in trouble does.
pub const SYNC_MICROS: [u64; 14] =
    [50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000, 200_000, 500_000, 1_000_000];

/// Syncs by how long they took.
pub type SyncMicros = Histogram<{ SYNC_MICROS.len() }>;

/// What a log holds at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The first position still kept. It is the same after reopening.
    pub start: Position,
    /// Everything before this is durable.
    pub end: Position,
    /// Where the oldest segment ends, unless it is the one being written: trimming to here gives space back.
    pub oldest_segment_end: Option<Position>,
    /// Bytes taken from the file system (or from memory), spare segments included.
    pub disk_bytes: u64,
    /// Bytes of batches, framing included, that can surely still be appended without asking for more space.
    pub room: u64,
    /// Whether the last attempt to get more space was refused. Room may be low without that: it is being prepared.
    pub is_full: bool,
}

/// Why an append did not resolve `Ok`.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// Nothing of this batch was written, nor of any batch queued behind it. The log still ends where it did: the
    /// caller may build a new batch there, now or when there is space.
    #[error("nothing was appended: {0}")]
    NotAppended(io::Error),
    /// The batch may or may not survive a crash. Nothing more will be appended; only stopping and replaying can tell.
    #[error("the outcome of the append is unknown: {0}")]
    Unknown(io::Error),
    /// The log already goes on beyond the batch's position: another writer owns it. The caller stops at once.
    #[error("the log already ends at {end}: another writer has appended")]
    Fenced {
        /// Where the log ends.
        end: Position,
    },
}

impl AppendError {
    fn refused(reason: &'static str) -> AppendError {
        AppendError::NotAppended(io::Error::new(io::ErrorKind::InvalidInput, reason))
    }

    fn closed() -> AppendError {
        AppendError::NotAppended(io::Error::new(io::ErrorKind::NotConnected, "the journal is closed"))
    }
}

/// Why a read failed.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The position was trimmed; nothing before `start` is kept.
    #[error("trimmed: the log starts at {start}")]
    Gone {
        /// The first position still kept.
        start: Position,
    },
    /// The position is not durable yet, or was never written.
    #[error("not durable: the log ends at {end}")]
    Beyond {
        /// Everything before this is durable.
        end: Position,
    },
    /// What is stored there is not what was written. The caller stops.
    #[error(transparent)]
    Corrupt(#[from] Corruption),
    /// The file system failed; the caller may try again.
    #[error("reading the journal failed: {0}")]
    Io(#[from] io::Error),
}

/// Why a trim failed.
#[derive(Debug, thiserror::Error)]
pub enum TrimError {
    /// A segment could not be removed; it is kept, and a later trim tries again.
    #[error("trimming the journal failed: {0}")]
    Io(#[from] io::Error),
    /// It is unknown whether the trim survives a crash. Nothing more will be appended; the caller stops.
    #[error("the outcome of the trim is unknown: {0}")]
    Unknown(io::Error),
}

/// A damaged place in what was acknowledged.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{} is damaged at byte {offset} (position {position}), after {records_before} good records: {flaw}",
    file.display()
)]
pub struct Corruption {
    /// The damaged file.
    pub file: PathBuf,
    /// The byte of the file at which the damaged frame begins.
    pub offset: u64,
    /// The same place as a position in the log.
    pub position: Position,
    /// How many good records were read right before it (from the start of the file, or of the read).
    pub records_before: u64,
    /// What is wrong.
    pub flaw: Flaw,
}

impl<J: Journal + ?Sized> Journal for std::sync::Arc<J> {
    fn append(&self, batch: Sealed) -> BoxFuture<'static, Result<(), AppendError>> {
        (**self).append(batch)
    }

    fn read(&self, from: Position, bytes_max: usize) -> BoxFuture<'static, Result<Chunk, ReadError>> {
        (**self).read(from, bytes_max)
    }

    fn payloads(&self, places: Vec<Place>) -> BoxFuture<'static, Result<Vec<Bytes>, ReadError>> {
        (**self).payloads(places)
    }

    fn trim(&self, before: Position) -> BoxFuture<'static, Result<(), TrimError>> {
        (**self).trim(before)
    }

    fn prepare(&self) -> BoxFuture<'static, ()> {
        (**self).prepare()
    }

    fn span(&self) -> Span {
        (**self).span()
    }

    fn sync_micros(&self) -> SyncMicros {
        (**self).sync_micros()
    }

    fn close(&self) -> BoxFuture<'static, io::Result<()>> {
        (**self).close()
    }
}
