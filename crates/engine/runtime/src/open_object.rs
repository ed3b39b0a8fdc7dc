//! Reading an object: one version of it, whatever becomes of the object meanwhile, in bounded memory.

use std::collections::{BTreeSet, VecDeque};
use std::io;
use std::ops::Range;
use std::sync::Arc;

use bongsu_broker::{
    BlobId, BucketName, Fact, FoundObject, ObjectCommand, ObjectContent, ObjectFact, ObjectKey, ObjectRecord,
    ObjectReply, Recorded,
};
use bongsu_journal::ReadError;
use bytes::Bytes;
use tokio::task::spawn_blocking;
use tracing::error;

use crate::blobs::{BlobFile, Blobs, Pin};
use crate::{Handle, Refusal};

/// The most that is read of a blob at once.
pub const READ_BYTES: usize = 256 << 10;
/// How often an object is looked up again that was replaced or moved between the look and the read.
const TRIES: usize = 100;

/// One version of an object. It stays readable when the object is replaced or deleted.
pub struct OpenObject {
    record: ObjectRecord,
    blobs: Blobs,
    /// None for content that is in the record.
    pin: Option<Arc<Pin>>,
}

/// A part of an object's content, piece by piece.
pub struct Chunks {
    blobs: Blobs,
    inline: Bytes,
    pieces: VecDeque<Piece>,
    /// The first piece's blob, once it is open.
    file: Option<BlobFile>,
    _pin: Option<Arc<Pin>>,
}

/// What is still to be read of a blob.
#[derive(Clone, Copy)]
struct Piece {
    blob: BlobId,
    offset: u64,
    length: u64,
}

impl Handle {
    /// Finds an object as it is now, to be read or copied.
    pub async fn open_object(&self, bucket: BucketName, key: ObjectKey) -> Result<OpenObject, Refusal> {
        for _ in 0..TRIES {
            let record = self.describe_object(bucket.clone(), key.clone()).await?;
            if let Some(open) = OpenObject::pin(record, self.blobs.clone()).await? {
                return Ok(open);
            }
        }
        Err(Refusal::Unavailable)
    }

    /// All about an object, with the tags it has now. Its blobs are not looked at.
    pub async fn describe_object(&self, bucket: BucketName, key: ObjectKey) -> Result<ObjectRecord, Refusal> {
        for _ in 0..TRIES {
            let command = ObjectCommand::FindObject { bucket: bucket.clone(), key: key.clone() };
            let FoundObject { place, tags, .. } = match self.ask_object(command).await? {
                ObjectReply::Found(found) => found,
                other => unreachable!("FindObject answered {other:?}"),
            };
            let record = match self.read(&[place]).await {
                Ok(mut records) => records.pop().and_then(|record| Recorded::decode(record).ok()),
                Err(ReadError::Gone { .. }) => continue,
                Err(error) => {
                    error!(%error, "reading an object from the journal failed");
                    return Err(Refusal::Unavailable);
                }
            };
            return match record.map(|record| record.fact) {
                Some(Fact::Object { fact: ObjectFact::ObjectPut { object, .. } }) => {
                    Ok(ObjectRecord { tags: tags.into_iter().collect(), ..object })
                }
                _ => {
                    error!(position = place.position, "the journal holds something else where an object should be");
                    Err(Refusal::Unavailable)
                }
            };
        }
        Err(Refusal::Unavailable)
    }
}

impl OpenObject {
    /// `None`: its blobs are gone, and with them this version.
    async fn pin(record: ObjectRecord, blobs: Blobs) -> Result<Option<OpenObject>, Refusal> {
        let ids = match &record.content {
            ObjectContent::Inline(_) => return Ok(Some(OpenObject { record, blobs, pin: None })),
            ObjectContent::Blobs(segments) => segments.iter().map(|segment| segment.blob).collect::<BTreeSet<_>>(),
        };
        let pinning = blobs.clone();
        let pin = blocking(move || pinning.pin(ids.into_iter().collect())).await?;
        Ok(pin.map(|pin| OpenObject { record, blobs, pin: Some(Arc::new(pin)) }))
    }

    /// All about it, with the tags it has now.
    pub fn record(&self) -> &ObjectRecord {
        &self.record
    }

    /// Its bytes.
    pub fn size(&self) -> u64 {
        self.record.content.size()
    }

    /// As [`ObjectContent::part`].
    pub fn part(&self, number: u32) -> Option<Range<u64>> {
        self.record.content.part(number)
    }

    /// Its content within `range`, which ends where the content ends at the latest.
    pub fn read(&self, range: Range<u64>) -> Chunks {
        let (mut inline, mut pieces) = (Bytes::new(), VecDeque::new());
        match &self.record.content {
            ObjectContent::Inline(bytes) => {
                let end = range.end.min(bytes.len() as u64) as usize;
                inline = bytes.slice((range.start as usize).min(end)..end);
            }
            ObjectContent::Blobs(segments) => {
                let mut start = 0;
                for segment in segments {
                    let end = start + segment.length;
                    let (from, to) = (range.start.max(start), range.end.min(end));
                    if from < to {
                        pieces.push_back(Piece { blob: segment.blob, offset: from - start, length: to - from });
                    }
                    start = end;
                }
            }
        }
        Chunks { blobs: self.blobs.clone(), inline, pieces, file: None, _pin: self.pin.clone() }
    }
}

impl Chunks {
    /// The next bytes, at most [`READ_BYTES`]; `None` at the end. After a refusal there is no more.
    pub async fn next(&mut self) -> Result<Option<Bytes>, Refusal> {
        if !self.inline.is_empty() {
            return Ok(Some(std::mem::take(&mut self.inline)));
        }
        let Some(piece) = self.pieces.pop_front() else { return Ok(None) };
        let (blobs, file) = (self.blobs.clone(), self.file.take());
        let (file, bytes) = blocking(move || {
            let file = file.map_or_else(|| blobs.open_blob(piece.blob), Ok)?;
            let mut bytes = vec![0; piece.length.min(READ_BYTES as u64) as usize];
            file.read_at(&mut bytes, piece.offset)?;
            Ok((file, Bytes::from(bytes)))
        })
        .await
        .inspect_err(|_| self.pieces.clear())?;
        let read = bytes.len() as u64;
        if read < piece.length {
            self.pieces.push_front(Piece { offset: piece.offset + read, length: piece.length - read, ..piece });
            self.file = Some(file);
        }
        Ok(Some(bytes))
    }
}

async fn blocking<T: Send + 'static>(read: impl FnOnce() -> io::Result<T> + Send + 'static) -> Result<T, Refusal> {
    let read = spawn_blocking(read).await.map_err(|_| Refusal::Unavailable)?;
    read.map_err(|error| {
        error!(%error, "reading from the object store failed");
        Refusal::Unavailable
    })
}
