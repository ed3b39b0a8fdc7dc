//! A journal that has only as much room as a test gives it.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard};

use bongsu_journal::{
    AppendError, BoxFuture, Chunk, Journal, MemoryJournal, Place, Position, ReadError, Sealed, Span, TrimError,
};
use tokio::sync::watch;

/// Passes everything on to another journal, and counts the room down.
pub(crate) struct Cramped {
    inner: Arc<dyn Journal>,
    state: Mutex<State>,
    /// Preparing ends when this turns true.
    prepared: watch::Sender<bool>,
}

struct State {
    room: u64,
    is_full: bool,
    preparations: usize,
}

impl Cramped {
    pub(crate) fn with_room(room: u64) -> Cramped {
        Cramped::over(Arc::new(MemoryJournal::new()), room)
    }

    pub(crate) fn over(inner: Arc<dyn Journal>, room: u64) -> Cramped {
        let state = State { room, is_full: false, preparations: 0 };
        Cramped { inner, state: Mutex::new(state), prepared: watch::Sender::default() }
    }

    pub(crate) fn set_room(&self, room: u64, is_full: bool) {
        let mut state = self.state.lock().unwrap();
        (state.room, state.is_full) = (room, is_full);
    }

    /// Every preparation ends, with this much room.
    pub(crate) fn prepare_to(&self, room: u64) {
        self.set_room(room, false);
        self.prepared.send_replace(true);
    }

    /// Every preparation ends at once, and changes nothing.
    pub(crate) fn prepare_nothing(&self) {
        self.prepared.send_replace(true);
    }

    pub(crate) fn preparations(&self) -> usize {
        self.state().preparations
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }
}

impl Journal for Cramped {
    fn append(&self, batch: Sealed) -> BoxFuture<'static, Result<(), AppendError>> {
        let mut state = self.state();
        let Some(left) = state.room.checked_sub(batch.bytes_len() as u64) else {
            let full = AppendError::NotAppended(io::ErrorKind::StorageFull.into());
            return Box::pin(std::future::ready(Err(full)));
        };
        state.room = left;
        self.inner.append(batch)
    }

    fn read(&self, from: Position, bytes_max: usize) -> BoxFuture<'static, Result<Chunk, ReadError>> {
        self.inner.read(from, bytes_max)
    }

    fn payloads(&self, places: Vec<Place>) -> BoxFuture<'static, Result<Vec<bytes::Bytes>, ReadError>> {
        self.inner.payloads(places)
    }

    fn trim(&self, before: Position) -> BoxFuture<'static, Result<(), TrimError>> {
        self.inner.trim(before)
    }

    fn prepare(&self) -> BoxFuture<'static, ()> {
        self.state().preparations += 1;
        let mut prepared = self.prepared.subscribe();
        Box::pin(async move { drop(prepared.wait_for(|prepared| *prepared).await) })
    }

    fn span(&self) -> Span {
        let state = self.state();
        Span { room: state.room, is_full: state.is_full, ..self.inner.span() }
    }

    fn close(&self) -> BoxFuture<'static, io::Result<()>> {
        self.inner.close()
    }
}
