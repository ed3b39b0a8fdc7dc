//! A journal whose appends fail or wait as a test decides.

use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use tokio::sync::oneshot;

use crate::{AppendError, BoxFuture, Chunk, Journal, Place, Position, ReadError, Sealed, Span, SyncMicros, TrimError};

/// How one append goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing is written ([`AppendError::NotAppended`], as when the disk is full).
    NotAppended,
    /// The outcome is unknown, and the batch is lost. Every later append is unknown too.
    UnknownAndLost,
    /// The outcome is unknown, and the batch is there. Every later append is unknown too.
    UnknownAndWritten,
    /// Another writer has appended.
    Fenced,
}

/// Passes everything on to another journal, unless told to let an append fail or wait.
pub struct FaultyJournal<J> {
    inner: J,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// What becomes of the next appends, one each; `None` lets it pass.
    next: VecDeque<Option<Fault>>,
    next_read: Option<io::ErrorKind>,
    holding: bool,
    held: VecDeque<Held>,
    poisoned: bool,
}

struct Held {
    batch: Sealed,
    fault: Option<Fault>,
    released: oneshot::Sender<BoxedAppend>,
}

type BoxedAppend = BoxFuture<'static, Result<(), AppendError>>;

impl<J: fmt::Debug> fmt::Debug for FaultyJournal<J> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FaultyJournal").field("inner", &self.inner).finish_non_exhaustive()
    }
}

impl<J: Journal> FaultyJournal<J> {
    /// Passes everything on until told otherwise.
    pub fn new(inner: J) -> FaultyJournal<J> {
        FaultyJournal { inner, state: Mutex::default() }
    }

    /// The journal behind it.
    pub fn inner(&self) -> &J {
        &self.inner
    }

    /// Lets the next append that has no fault yet fail.
    pub fn fail_next(&self, fault: Fault) {
        self.state().next.push_back(Some(fault));
    }

    /// Lets the next append that has no fault yet pass, so that a later one can be told to fail.
    pub fn pass_next(&self) {
        self.state().next.push_back(None);
    }

    /// Lets the next read fail.
    pub fn fail_next_read(&self, kind: io::ErrorKind) {
        self.state().next_read = Some(kind);
    }

    /// From now on appends wait, unwritten, until they are released.
    pub fn hold(&self) {
        self.state().holding = true;
    }

    /// How many appends wait.
    pub fn held(&self) -> usize {
        self.state().held.len()
    }

    /// Lets the oldest waiting append go on. False: none waits.
    pub fn release_one(&self) -> bool {
        self.start_held(&mut self.state())
    }

    /// Ends the holding, and lets everything that waits go on in order.
    pub fn release(&self) {
        let mut state = self.state();
        state.holding = false;
        while self.start_held(&mut state) {}
    }

    fn start_held(&self, state: &mut State) -> bool {
        let Some(held) = state.held.pop_front() else { return false };
        let append = self.start(state, held.batch, held.fault);
        // Nobody listens if the test has dropped the append's future.
        drop(held.released.send(append));
        true
    }

    fn start(&self, state: &mut State, batch: Sealed, fault: Option<Fault>) -> BoxedAppend {
        let injected = || io::Error::other("injected by a test");
        if state.poisoned {
            return Box::pin(async move { Err(AppendError::Unknown(injected())) });
        }
        let Some(fault) = fault else { return self.inner.append(batch) };
        match fault {
            Fault::NotAppended => Box::pin(async move { Err(AppendError::NotAppended(injected())) }),
            Fault::Fenced => Box::pin(async move { Err(AppendError::Fenced { end: batch.end() }) }),
            Fault::UnknownAndLost => {
                state.poisoned = true;
                Box::pin(async move { Err(AppendError::Unknown(injected())) })
            }
            Fault::UnknownAndWritten => {
                state.poisoned = true;
                let append = self.inner.append(batch);
                Box::pin(async move { append.await.and(Err(AppendError::Unknown(injected()))) })
            }
        }
    }

    fn read_fault(&self) -> Option<ReadError> {
        self.state().next_read.take().map(|kind| ReadError::Io(kind.into()))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<J: Journal> Journal for FaultyJournal<J> {
    fn append(&self, batch: Sealed) -> BoxFuture<'static, Result<(), AppendError>> {
        let mut state = self.state();
        let fault = state.next.pop_front().flatten();
        if !state.holding {
            return self.start(&mut state, batch, fault);
        }
        let (released, append) = oneshot::channel();
        state.held.push_back(Held { batch, fault, released });
        Box::pin(async move {
            match append.await {
                Ok(append) => append.await,
                Err(_) => Err(AppendError::Unknown(io::Error::other("the journal is gone"))),
            }
        })
    }

    fn read(&self, from: Position, bytes_max: usize) -> BoxFuture<'static, Result<Chunk, ReadError>> {
        match self.read_fault() {
            Some(error) => Box::pin(async move { Err(error) }),
            None => self.inner.read(from, bytes_max),
        }
    }

    fn payloads(&self, places: Vec<Place>) -> BoxFuture<'static, Result<Vec<Bytes>, ReadError>> {
        match self.read_fault() {
            Some(error) => Box::pin(async move { Err(error) }),
            None => self.inner.payloads(places),
        }
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

    fn sync_micros(&self) -> SyncMicros {
        self.inner.sync_micros()
    }

    fn close(&self) -> BoxFuture<'static, io::Result<()>> {
        self.inner.close()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::suite::block_on;
    use crate::{Batch, MemoryJournal, Unit};

    fn batch(at: Position) -> Sealed {
        let mut batch = Batch::new(at);
        batch.push(Unit::Ends, |to| to.push(1));
        batch.seal()
    }

    #[test]
    fn a_held_append_waits_until_it_is_released() {
        let journal = FaultyJournal::new(MemoryJournal::new());
        journal.hold();
        let first = batch(Position(0));
        let second = batch(first.end());
        let (first_end, second_end) = (first.end(), second.end());
        let (first, second) = (journal.append(first), journal.append(second));
        assert_eq!((journal.held(), journal.span().end), (2, Position(0)));
        assert!(journal.release_one());
        block_on(first).unwrap();
        assert_eq!(journal.span().end, first_end);
        journal.release();
        block_on(second).unwrap();
        assert_eq!(journal.span().end, second_end);
    }

    #[test]
    fn what_was_queued_behind_a_refused_append_is_refused_too() {
        let journal = FaultyJournal::new(MemoryJournal::new());
        journal.fail_next(Fault::NotAppended);
        let first = batch(Position(0));
        let second = batch(first.end());
        assert!(matches!(block_on(journal.append(first.clone())), Err(AppendError::NotAppended(_))));
        assert!(matches!(block_on(journal.append(second)), Err(AppendError::NotAppended(_))));
        block_on(journal.append(first)).unwrap();
    }

    #[test]
    fn everything_after_an_unknown_outcome_is_unknown() {
        let journal = FaultyJournal::new(MemoryJournal::new());
        journal.fail_next(Fault::UnknownAndWritten);
        assert!(matches!(block_on(journal.append(batch(Position(0)))), Err(AppendError::Unknown(_))));
        assert_ne!(journal.span().end, Position(0));
        assert!(matches!(block_on(journal.append(batch(journal.span().end))), Err(AppendError::Unknown(_))));
    }
}
