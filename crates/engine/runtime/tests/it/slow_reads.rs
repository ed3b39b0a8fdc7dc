//! A journal whose reads by place wait as long as a test holds them.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bongsu_journal::{
    AppendError, BoxFuture, Chunk, Journal, MemoryJournal, Place, Position, ReadError, Sealed, Span, TrimError,
};
use tokio::sync::watch;

/// Passes everything on to a journal in memory.
#[derive(Clone)]
pub(crate) struct SlowReads {
    inner: Arc<MemoryJournal>,
    holding: Arc<watch::Sender<bool>>,
    trimmed: Arc<AtomicBool>,
}

impl SlowReads {
    pub(crate) fn new(inner: MemoryJournal) -> SlowReads {
        SlowReads { inner: Arc::new(inner), holding: Arc::default(), trimmed: Arc::default() }
    }

    /// From now on reads by place wait.
    pub(crate) fn hold(&self) {
        self.holding.send_replace(true);
    }

    pub(crate) fn release(&self) {
        self.holding.send_replace(false);
    }

    /// The next read by place finds that its segment was trimmed.
    pub(crate) fn trim_before_next_read(&self) {
        self.trimmed.store(true, Ordering::Relaxed);
    }
}

impl Journal for SlowReads {
    fn append(&self, batch: Sealed) -> BoxFuture<'static, Result<(), AppendError>> {
        self.inner.append(batch)
    }

    fn read(&self, from: Position, bytes_max: usize) -> BoxFuture<'static, Result<Chunk, ReadError>> {
        self.inner.read(from, bytes_max)
    }

    fn payloads(&self, places: Vec<Place>) -> BoxFuture<'static, Result<Vec<bytes::Bytes>, ReadError>> {
        let (journal, mut holding) = (self.clone(), self.holding.subscribe());
        Box::pin(async move {
            drop(holding.wait_for(|holding| !holding).await);
            if journal.trimmed.swap(false, Ordering::Relaxed) {
                return Err(ReadError::Gone { start: journal.span().start });
            }
            journal.inner.payloads(places).await
        })
    }

    fn trim(&self, before: Position) -> BoxFuture<'static, Result<(), TrimError>> {
        self.inner.trim(before)
    }

    fn prepare(&self) -> BoxFuture<'static, ()> {
        self.inner.prepare()
    }

    fn span(&self) -> Span {
        self.inner.span()
    }

    fn close(&self) -> BoxFuture<'static, io::Result<()>> {
        self.inner.close()
    }
}
