//! The thread that writes: takes all batches that are queued, makes them durable with as few syncs as it can, repeats.
//!
//! There is no timer: while one group is being synced the next one gathers.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use super::log::Log;
use super::shared::Shared;
use super::workers::Workers;
use crate::{AppendError, Position, Sealed};

/// Batches wait in the queue with at most this many bytes; one more is not appended.
const QUEUED_BYTES_MAX: usize = 256 << 20;

type Appended = oneshot::Sender<Result<(), AppendError>>;
type Closed = oneshot::Sender<io::Result<()>>;

/// The batches that wait to be written.
#[derive(Debug)]
pub(super) struct Queue {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug)]
struct State {
    waiting: VecDeque<Waiting>,
    bytes: usize,
    /// Where the log ends once everything accepted is appended.
    end: Position,
    closing: bool,
    ended: bool,
    closed: Vec<Closed>,
}

#[derive(Debug)]
struct Waiting {
    batch: Sealed,
    appended: Appended,
}

impl Queue {
    pub(super) fn new(end: Position) -> Queue {
        let (waiting, closed) = (VecDeque::new(), Vec::new());
        let state = State { waiting, bytes: 0, end, closing: false, ended: false, closed };
        Queue { state: Mutex::new(state), changed: Condvar::new() }
    }

    /// Where the log ends once everything accepted is appended.
    pub(super) fn end(&self) -> Position {
        self.state().end
    }

    /// Queues a batch, or says at once why not.
    pub(super) fn push(&self, shared: &Shared, batch: Sealed, appended: Appended) -> Result<(), AppendError> {
        let mut state = self.state();
        if let Some(error) = shared.poisoned() {
            return Err(error);
        }
        if state.closing {
            return Err(AppendError::closed());
        }
        batch.check_follows(state.end, shared.batch_bytes_max() as usize)?;
        if state.bytes + batch.bytes_len() > QUEUED_BYTES_MAX {
            let reason = "too much waits to be appended";
            return Err(AppendError::NotAppended(io::Error::new(io::ErrorKind::WouldBlock, reason)));
        }
        state.end = batch.end();
        state.bytes += batch.bytes_len();
        state.waiting.push_back(Waiting { batch, appended });
        drop(state);
        self.changed.notify_one();
        Ok(())
    }

    /// Ends the writer after what is queued.
    pub(super) fn close(&self, closed: Option<Closed>) {
        let mut state = self.state();
        state.closing = true;
        match closed {
            // Nobody listens if the future was dropped.
            Some(closed) if state.ended => drop(closed.send(Ok(()))),
            closed => state.closed.extend(closed),
        }
        drop(state);
        self.changed.notify_one();
    }

    /// Everything that waits, once something does. `None`: closed, and nothing is left.
    fn take(&self) -> Option<VecDeque<Waiting>> {
        let mut state = self.state();
        loop {
            if !state.waiting.is_empty() {
                state.bytes = 0;
                return Some(std::mem::take(&mut state.waiting));
            }
            if state.closing {
                return None;
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Answers `failed`, and everything that was queued behind it: none of it can be appended any more.
    fn fail(&self, failed: VecDeque<Waiting>, error: &AppendError, end: Position) {
        let mut state = self.state();
        let behind = std::mem::take(&mut state.waiting);
        (state.bytes, state.end) = (0, end);
        for waiting in failed.into_iter().chain(behind) {
            // Nobody listens if the future was dropped; the same holds for every send below.
            drop(waiting.appended.send(Err(again(error))));
        }
    }

    /// Answers everybody who waits for the end.
    fn end_with(&self, outcome: io::Result<()>) {
        let mut state = self.state();
        state.ended = true;
        for closed in state.closed.drain(..) {
            drop(closed.send(outcome.as_ref().map_err(copy).copied()));
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn copy(error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), error.to_string())
}

/// The same error for another caller.
fn again(error: &AppendError) -> AppendError {
    match error {
        AppendError::NotAppended(error) => AppendError::NotAppended(copy(error)),
        AppendError::Unknown(error) => AppendError::Unknown(copy(error)),
        AppendError::Fenced { end } => AppendError::Fenced { end: *end },
    }
}

/// Writes until the queue is closed. The keeper makes spares and trims.
pub(super) fn run(mut log: Log, queue: &Queue, keeper: &Workers) {
    let shared = Arc::clone(log.shared());
    prepare_spare(&shared, keeper);
    while let Some(mut group) = queue.take() {
        while let Some(first) = group.front() {
            let at = first.batch.at();
            match log.append(group.iter().map(|waiting| &waiting.batch)) {
                Ok(appended) => {
                    for waiting in group.drain(..appended.batches) {
                        drop(waiting.appended.send(Ok(())));
                    }
                    if appended.rolled {
                        prepare_spare(&shared, keeper);
                    }
                }
                Err(error) => queue.fail(std::mem::take(&mut group), &error, at),
            }
        }
    }
    // Whoever opens the log next must not meet a trim that is still going on.
    keeper.finish();
    queue.end_with(log.close());
}

/// Lets the keeper make a spare if there is none.
fn prepare_spare(shared: &Arc<Shared>, keeper: &Workers) {
    let shared = Arc::clone(shared);
    keeper.hand_in(move || {
        if let Err(error) = shared.reserve.prepare() {
            tracing::warn!(%error, "no spare segment can be made");
        }
    });
}
