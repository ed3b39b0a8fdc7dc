//! A file journal that has finished everything it does before it answers, so that no thread's timing matters.

use std::future::{Future, ready};
use std::io;

use bongsu_journal::suite::block_on;
use bongsu_journal::{
    AppendError, BoxFuture, Chunk, FileJournal, Journal, Place, Position, ReadError, Sealed, Span, TrimError,
};
use bytes::Bytes;
use tokio::task::unconstrained;

/// Does one thing after the other.
pub(crate) struct Settled(FileJournal);

impl Settled {
    pub(crate) fn new(journal: FileJournal) -> Settled {
        let settled = Settled(journal);
        wait(settled.0.prepare());
        settled
    }

    /// Waits for work, and for what the journal does by itself because of it.
    fn settle<T: Send + 'static>(&self, work: BoxFuture<'static, T>) -> BoxFuture<'static, T> {
        let done = wait(work);
        wait(self.0.prepare());
        Box::pin(ready(done))
    }
}

/// Waits in place, whatever the scheduler thinks of it.
fn wait<T>(future: impl Future<Output = T>) -> T {
    block_on(unconstrained(future))
}

impl Journal for Settled {
    fn append(&self, batch: Sealed) -> BoxFuture<'static, Result<(), AppendError>> {
        self.settle(self.0.append(batch))
    }

    fn read(&self, from: Position, bytes_max: usize) -> BoxFuture<'static, Result<Chunk, ReadError>> {
        self.settle(self.0.read(from, bytes_max))
    }

    fn payloads(&self, places: Vec<Place>) -> BoxFuture<'static, Result<Vec<Bytes>, ReadError>> {
        self.settle(self.0.payloads(places))
    }

    fn trim(&self, before: Position) -> BoxFuture<'static, Result<(), TrimError>> {
        self.settle(self.0.trim(before))
    }

    fn prepare(&self) -> BoxFuture<'static, ()> {
        self.settle(self.0.prepare())
    }

    /// Segments as small as these leave no room that could be promised, but the disk has no end.
    fn span(&self) -> Span {
        Span { room: 1 << 40, ..self.0.span() }
    }

    fn close(&self) -> BoxFuture<'static, io::Result<()>> {
        Box::pin(ready(wait(self.0.close())))
    }
}
