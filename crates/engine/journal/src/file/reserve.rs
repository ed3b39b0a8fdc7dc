//! Spare files: filled with zeros before they are needed, and taken back from trimmed segments.
//!
//! A sync of a file whose blocks were already written needs no change of size or extents, which halves its time.

use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::aligned::AlignedBuffer;
use super::segment::{Name, Segment, Spare};
use crate::disk::{Disk, DiskFile};

/// Spares kept from trimmed segments; further ones are deleted. One is prepared when there is none.
const SPARES_MAX: usize = 2;
/// Zeros written at once.
const ZEROS_BYTES: usize = 1 << 20;

/// The spare files of a journal.
#[derive(Debug)]
pub(super) struct Reserve {
    disk: Arc<dyn Disk>,
    directory: PathBuf,
    segment_bytes: u64,
    spares: Mutex<Spares>,
    /// Held while a spare is being made, so that two threads never make one each.
    preparing: Mutex<()>,
}

#[derive(Debug)]
struct Spares {
    ready: Vec<Spare>,
    number_max: u64,
}

/// Why a segment was not taken back.
#[derive(Debug)]
pub(super) enum RecycleError {
    /// It still has its name.
    Kept(io::Error),
    /// Which name it has after a crash is unknown; it must not be written.
    Unknown(io::Error),
}

impl Reserve {
    /// `number_max`: no spare file has a higher number.
    pub(super) fn new(
        disk: Arc<dyn Disk>,
        directory: PathBuf,
        segment_bytes: u64,
        ready: Vec<Spare>,
        number_max: u64,
    ) -> Reserve {
        let spares = Mutex::new(Spares { ready, number_max });
        Reserve { disk, directory, segment_bytes, spares, preparing: Mutex::new(()) }
    }

    /// Bytes of a new segment file.
    pub(super) fn segment_bytes(&self) -> u64 {
        self.segment_bytes
    }

    /// How many spares are ready.
    pub(super) fn ready(&self) -> usize {
        self.spares().ready.len()
    }

    /// Takes a spare, making one (or waiting for the one being made) if none is ready.
    pub(super) fn take(&self) -> io::Result<Spare> {
        if let Some(spare) = self.spares().ready.pop() {
            return Ok(spare);
        }
        let _preparing = self.preparing.lock().unwrap_or_else(PoisonError::into_inner);
        let ready = self.spares().ready.pop();
        ready.map_or_else(|| self.make(), Ok)
    }

    /// Sees to it that a spare is ready.
    pub(super) fn prepare(&self) -> io::Result<()> {
        let _preparing = self.preparing.lock().unwrap_or_else(PoisonError::into_inner);
        if self.ready() == 0 {
            let spare = self.make()?;
            self.spares().ready.push(spare);
        }
        Ok(())
    }

    /// Takes the name from a segment nobody needs any more; durable when it returns. `forget` is called before the
    /// file can be written again.
    pub(super) fn recycle(&self, segment: &Segment, forget: impl FnOnce()) -> Result<(), RecycleError> {
        let keep = self.ready() < SPARES_MAX && segment.header.length == self.segment_bytes;
        let path = self.directory.join(Name::Spare(self.next_number()).file());
        let renamed = if keep { self.disk.rename(&segment.path, &path) } else { self.disk.remove(&segment.path) };
        renamed.map_err(RecycleError::Kept)?;
        self.disk.sync_directory(&self.directory).map_err(RecycleError::Unknown)?;
        forget();
        if keep {
            self.spares().ready.push(Spare { path, file: Arc::clone(&segment.file) });
        }
        Ok(())
    }

    /// Makes a file of zeros. It has its final name only once they are durable.
    fn make(&self) -> io::Result<Spare> {
        let number = self.next_number();
        let unfinished = self.directory.join(Name::Unfinished(number).file());
        let path = self.directory.join(Name::Spare(number).file());
        let file = self.disk.create(&unfinished, self.segment_bytes)?;
        let made = self.fill(&*file).and_then(|()| {
            self.disk.rename(&unfinished, &path)?;
            self.disk.sync_directory(&self.directory)
        });
        if let Err(error) = made {
            // Whichever name it has; what cannot be removed now is removed at the next start.
            drop(self.disk.remove(&unfinished).or_else(|_| self.disk.remove(&path)));
            return Err(error);
        }
        Ok(Spare { path, file })
    }

    fn fill(&self, file: &dyn DiskFile) -> io::Result<()> {
        let zeros = AlignedBuffer::new(ZEROS_BYTES.min(self.segment_bytes as usize));
        let mut offset = 0;
        while offset < self.segment_bytes {
            let count = (self.segment_bytes - offset).min(ZEROS_BYTES as u64);
            file.write_at(&zeros.as_slice()[..count as usize], offset)?;
            offset += count;
        }
        file.sync()
    }

    fn next_number(&self) -> u64 {
        let mut spares = self.spares();
        spares.number_max += 1;
        spares.number_max
    }

    fn spares(&self) -> MutexGuard<'_, Spares> {
        self.spares.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
