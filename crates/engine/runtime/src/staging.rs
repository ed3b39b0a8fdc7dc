//! Content on its way in: a little in memory, more in a blob that is durable before anybody hears of it.

use std::io;

use bongsu_broker::{ContentDraft, OBJECT_PIECE_BYTES_MAX, ObjectRejection, Rejection, Segment};
use bytes::Bytes;
use md5::{Digest, Md5};
use tokio::task::{JoinHandle, spawn_blocking};
use tracing::error;

use crate::Refusal;
use crate::blobs::{Blobs, NewBlob};

/// How much is written at once. So much is gathered while as much is being written.
const WRITE_BYTES: usize = 1 << 20;

/// Takes content piece by piece, in bounded memory. When it is dropped, nothing is left.
pub struct Staging {
    blobs: Blobs,
    /// Content up to this size stays in memory, if there may be any such.
    inline_bytes_max: Option<usize>,
    size: u64,
    gathered: Vec<u8>,
    writing: Writing,
}

/// What writes the blob.
enum Writing {
    /// Not begun, or between two pieces.
    Idle(Box<Writer>),
    /// A piece is being written.
    Going(JoinHandle<io::Result<Box<Writer>>>),
    /// It failed before.
    Failed,
}

/// The blob so far.
#[derive(Default)]
struct Writer {
    blob: Option<NewBlob>,
    offset: u64,
    md5: Md5,
}

impl Writer {
    fn append(mut self: Box<Self>, bytes: &[u8], blobs: &Blobs) -> io::Result<Box<Writer>> {
        let blob = match self.blob.take() {
            Some(blob) => blob,
            None => blobs.create()?,
        };
        blob.append(bytes, self.offset)?;
        self.md5.update(bytes);
        self.offset += bytes.len() as u64;
        self.blob = Some(blob);
        Ok(self)
    }
}

/// Content that is all here: durable, but not yet anybody's. When it is dropped, nothing is left.
pub struct Staged {
    pub(crate) content: StagedContent,
    md5: [u8; 16],
    size: u64,
}

/// Where staged content is.
pub(crate) enum StagedContent {
    Inline(Bytes),
    Blob(NewBlob),
}

impl Staging {
    pub(crate) fn new(blobs: Blobs, inline_bytes_max: Option<usize>) -> Staging {
        let writing = Writing::Idle(Box::default());
        Staging { blobs, inline_bytes_max, size: 0, gathered: Vec::new(), writing }
    }

    /// Takes the next piece. Waits for the disk when it is slower than what comes.
    ///
    /// Refuses more than [`OBJECT_PIECE_BYTES_MAX`] in all, and what a full disk does not take; nothing more is taken
    /// then.
    pub async fn write(&mut self, chunk: Bytes) -> Result<(), Refusal> {
        self.size += chunk.len() as u64;
        if self.size > OBJECT_PIECE_BYTES_MAX {
            self.writing = Writing::Failed;
            return Err(Refusal::Rejected(ObjectRejection::TooLarge.into()));
        }
        self.gathered.extend_from_slice(&chunk);
        if self.gathered.len() >= WRITE_BYTES { self.write_gathered().await } else { Ok(()) }
    }

    /// Makes what was written durable.
    pub async fn finish(mut self) -> Result<Staged, Refusal> {
        let size = self.size;
        let is_inline = self.inline_bytes_max.is_some_and(|max| size <= max as u64);
        if is_inline && !matches!(self.writing, Writing::Failed) {
            let md5 = Md5::digest(&self.gathered).into();
            return Ok(Staged { content: StagedContent::Inline(self.gathered.into()), md5, size });
        }
        self.write_gathered().await?;
        let writer = self.writer().await?;
        let synced = spawn_blocking(move || {
            let Writer { blob, md5, .. } = *writer;
            let blob = blob.ok_or(io::ErrorKind::NotFound)?;
            blob.sync()?;
            Ok((blob, md5.finalize().into()))
        });
        let (blob, md5) = synced.await.map_err(|_| Refusal::Unavailable)?.map_err(refusal)?;
        Ok(Staged { content: StagedContent::Blob(blob), md5, size })
    }

    /// Has what was gathered written, once the piece before is.
    async fn write_gathered(&mut self) -> Result<(), Refusal> {
        let writer = self.writer().await?;
        let (bytes, blobs) = (std::mem::take(&mut self.gathered), self.blobs.clone());
        self.writing = Writing::Going(spawn_blocking(move || writer.append(&bytes, &blobs)));
        Ok(())
    }

    async fn writer(&mut self) -> Result<Box<Writer>, Refusal> {
        match std::mem::replace(&mut self.writing, Writing::Failed) {
            Writing::Idle(writer) => Ok(writer),
            Writing::Going(writing) => writing.await.map_err(|_| Refusal::Unavailable)?.map_err(refusal),
            Writing::Failed => Err(Refusal::Unavailable),
        }
    }
}

impl Staged {
    /// Of the content.
    pub fn md5(&self) -> [u8; 16] {
        self.md5
    }

    /// In bytes.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// What a command says of it, and what has to be kept if that is done.
    pub(crate) fn into_draft(self) -> (ContentDraft, Option<NewBlob>) {
        match self.content {
            StagedContent::Inline(bytes) => (ContentDraft::Inline(bytes), None),
            StagedContent::Blob(blob) => {
                (ContentDraft::Staged(Segment { blob: blob.id, length: self.size }), Some(blob))
            }
        }
    }
}

/// What a blob that cannot be written means to whoever sends its content.
fn refusal(error: io::Error) -> Refusal {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Refusal::Rejected(Rejection::StorageFull),
        _ => {
            error!(%error, "writing to the object store failed");
            Refusal::Unavailable
        }
    }
}
