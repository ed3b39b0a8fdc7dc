//! The promises of a journal as functions, to be run against every engine.
//!
//! ```text
//! bongsu_journal::promises!(MyEngine::new());
//! ```

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

use bytes::Bytes;

use crate::{AppendError, BATCH_BYTES_MAX, Batch, Journal, Place, Position, ReadError, Sealed, Unit};

/// How the suite gets at an engine's log.
pub trait Engine {
    /// Opens the log: an empty one the first time, then the same again. What was open before is closed.
    fn open(&self) -> Arc<dyn Journal>;
}

/// One test for each promise; the expression makes an [`Engine`] with an empty log.
#[macro_export]
macro_rules! promises {
    ($engine:expr) => {
        $crate::promises!($engine;
            append_then_read
            batches_may_be_queued_without_waiting
            a_stale_position_is_fenced
            a_batch_beyond_the_end_is_not_appended
            a_batch_that_is_too_large_is_not_appended
            payloads_are_read_by_place
            a_place_that_is_not_durable_is_beyond
            reading_begins_at_any_record
            a_small_read_still_gives_a_record
            trimmed_places_are_gone
            trimming_gives_space_back
            reopening_keeps_what_was_acknowledged
            a_closed_journal_appends_nothing
        );
    };
    ($engine:expr; $($promise:ident)*) => {
        $(#[test] fn $promise() { $crate::suite::$promise(&$engine); })*
    };
}

/// What is appended is read back, in order, with its places.
pub fn append_then_read(engine: &dyn Engine) {
    let mut log = Story::open(engine);
    log.append(&[b"one", b""]);
    log.append(&[b"three"]);
    log.check();
}

/// Batches queued one behind the other become durable in that order.
pub fn batches_may_be_queued_without_waiting(engine: &dyn Engine) {
    let mut log = Story::open(engine);
    let mut appends = Vec::new();
    for number in 0..200_u32 {
        let batch = log.batch(&[&number.to_le_bytes()]);
        appends.push(log.journal.append(batch));
    }
    block_on(appends.pop().expect("200 of them")).expect("the last one is durable");
    log.check();
    for append in appends {
        block_on(append).expect("so are those before it");
    }
}

/// A batch that begins before the end is fenced, and changes nothing.
pub fn a_stale_position_is_fenced(engine: &dyn Engine) {
    let mut log = Story::open(engine);
    log.append(&[b"mine"]);
    let end = log.journal.span().end;
    let stale = sealed(Position(0), &[b"another's"]);
    match block_on(log.journal.append(stale)) {
        Err(AppendError::Fenced { end: found }) => assert_eq!(found, end),
        other => panic!("not fenced: {other:?}"),
    }
    log.append(&[b"mine again"]);
    log.check();
}

/// A batch that was built upon one that was not appended is not appended either, and nobody is fenced by it.
pub fn a_batch_beyond_the_end_is_not_appended(engine: &dyn Engine) {
    let mut log = Story::open(engine);
    log.append(&[b"mine"]);
    let ahead = sealed(Position(log.end.0 + 1), &[b"too far"]);
    assert!(matches!(block_on(log.journal.append(ahead)), Err(AppendError::NotAppended(_))));
    log.append(&[b"mine again"]);
    log.check();
}

/// A batch larger than the maximum is refused before anything is written.
pub fn a_batch_that_is_too_large_is_not_appended(engine: &dyn Engine) {
    let mut log = Story::open(engine);
    let half = vec![7; BATCH_BYTES_MAX / 2];
    let batch = sealed(log.end, &[&half, &half]);
    assert!(matches!(block_on(log.journal.append(batch)), Err(AppendError::NotAppended(_))));
    log.append(&[b"small"]);
    log.check();
}

/// Payloads come in the order asked, also twice.
pub fn payloads_are_read_by_place(engine: &dyn Engine) {
    let mut log = Story::open(engine);
    for number in 0..50_u8 {
        log.append(&[&[number; 300], &[number; 7]]);
    }
    let asked: Vec<_> = log.records.iter().rev().chain(&log.records[..3]).cloned().collect();
    let payloads = block_on(log.journal.payloads(asked.iter().map(|(place, _)| *place).collect()));
    let expected: Vec<_> = asked.into_iter().map(|(_, payload)| payload).collect();
    assert_eq!(payloads.expect("all are durable"), expected);
}

/// A place that nothing was appended at is not read.
pub fn a_place_that_is_not_durable_is_beyond(engine: &dyn Engine) {
    let mut log = Story::open(engine);
    log.append(&[b"durable"]);
    let place = Place { position: Position(log.end.0 + 32), length: 1 };
    assert!(matches!(block_on(log.journal.payloads(vec![place])), Err(ReadError::Beyond { .. })));
    assert!(matches!(block_on(log.journal.read(place.position, 1)), Err(ReadError::Beyond { .. })));
}

/// A read may begin at any record, not only at a batch.
pub fn reading_begins_at_any_record(engine: &dyn Engine) {
    let mut log = Story::open(engine);
    for number in 0..5_u8 {
        log.append(&[&[number; 40], &[number; 50], &[number; 60]]);
    }
    for index in 0..log.records.len() {
        let from = log.records[index].0.position;
        assert_eq!(read_all(&*log.journal, from), log.records[index..]);
    }
}

/// A read that asks for less than a record gives one all the same.
pub fn a_small_read_still_gives_a_record(engine: &dyn Engine) {
    let mut log = Story::open(engine);
    log.append(&[&[1; 6_000], &[2; 6_000]]);
    let chunk = block_on(log.journal.read(log.journal.span().start, 1)).expect("readable");
    assert_eq!(chunk.records().next().as_ref(), log.records.first());
}

/// What lies before the start is gone; what lies behind the trim point is there; the start survives reopening.
pub fn trimmed_places_are_gone(engine: &dyn Engine) {
    let mut log = Story::open(engine);
    log.fill(60);
    let before = log.records[40].0.position;
    log.trim(before);
    let start = log.journal.span().start;
    assert!(Position(0) < start && start <= before, "{start:?} after trimming before {before:?}");
    for (place, payload) in log.records.clone() {
        match block_on(log.journal.payloads(vec![place])) {
            Ok(found) => assert!(place.position >= start && found == [payload]),
            Err(ReadError::Gone { start: found }) => assert!(place.position < start && found == start),
            Err(other) => panic!("{other}"),
        }
    }
    assert!(matches!(block_on(log.journal.read(Position(0), 1)), Err(ReadError::Gone { .. })));
    log.records.retain(|(place, _)| place.position >= start);
    log.check();
    log.reopen(engine);
    assert_eq!(log.journal.span().start, start);
    log.check();
}

/// Space does not grow while as much is trimmed as is appended; the oldest segment's end is a place to trim to.
pub fn trimming_gives_space_back(engine: &dyn Engine) {
    let mut log = Story::open(engine);
    log.fill(60);
    let bytes = log.journal.span().disk_bytes;
    for _ in 0..10 {
        log.fill(30);
        while let Some(end) = log.journal.span().oldest_segment_end {
            log.trim(end);
            assert_eq!(log.journal.span().start, end);
        }
        log.records.retain(|(place, _)| place.position >= log.journal.span().start);
        log.check();
    }
    let span = log.journal.span();
    assert!(span.disk_bytes <= bytes, "{} bytes grew to {}", bytes, span.disk_bytes);
}

/// Closing and opening again changes nothing.
pub fn reopening_keeps_what_was_acknowledged(engine: &dyn Engine) {
    let mut log = Story::open(engine);
    for _ in 0..4 {
        log.fill(7);
        log.reopen(engine);
        log.check();
    }
}

/// After closing, nothing is appended; what was queued before is durable.
pub fn a_closed_journal_appends_nothing(engine: &dyn Engine) {
    let mut log = Story::open(engine);
    let queued = log.batch(&[b"queued"]);
    let queued = log.journal.append(queued);
    block_on(log.journal.close()).expect("closes");
    block_on(queued).expect("is durable");
    let late = sealed(log.end, &[b"late"]);
    assert!(matches!(block_on(log.journal.append(late)), Err(AppendError::NotAppended(_))));
    log.reopen(engine);
    log.check();
}

/// A log and what should be in it.
struct Story {
    journal: Arc<dyn Journal>,
    records: Vec<(Place, Bytes)>,
    end: Position,
}

impl Story {
    fn open(engine: &dyn Engine) -> Story {
        let journal = engine.open();
        let end = journal.span().end;
        Story { journal, records: Vec::new(), end }
    }

    fn reopen(&mut self, engine: &dyn Engine) {
        block_on(self.journal.close()).expect("closes");
        self.journal = engine.open();
    }

    /// Builds the next batch, and expects its records from now on.
    fn batch(&mut self, payloads: &[&[u8]]) -> Sealed {
        let batch = sealed(self.end, payloads);
        self.records.extend(batch.records());
        self.end = batch.end();
        batch
    }

    fn append(&mut self, payloads: &[&[u8]]) {
        let batch = self.batch(payloads);
        block_on(self.journal.append(batch)).expect("appends");
    }

    /// Appends so many records of about a kilobyte.
    fn fill(&mut self, records: usize) {
        for number in 0..records {
            self.append(&[&vec![number as u8; 900 + number]]);
        }
    }

    fn trim(&self, before: Position) {
        block_on(self.journal.trim(before)).expect("trims");
    }

    fn check(&self) {
        let span = self.journal.span();
        assert_eq!(span.end, self.end);
        assert_eq!(read_all(&*self.journal, span.start), self.records);
    }
}

/// A batch of single-record units.
pub fn sealed(at: Position, payloads: &[&[u8]]) -> Sealed {
    let mut batch = Batch::new(at);
    for payload in payloads {
        batch.push(Unit::Ends, |to| to.extend_from_slice(payload));
    }
    batch.seal()
}

/// Every record from a position on.
///
/// # Panics
/// If one cannot be read.
pub fn read_all(journal: &dyn Journal, mut from: Position) -> Vec<(Place, Bytes)> {
    let mut records = Vec::new();
    loop {
        let chunk = block_on(journal.read(from, 10_000)).expect("readable");
        if chunk.is_empty() {
            assert_eq!(chunk.next, from);
            return records;
        }
        records.extend(chunk.records());
        from = chunk.next;
    }
}

/// Waits for a future on this thread, without a runtime.
pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    struct Unpark(Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let mut future = pin!(future);
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(value) => return value,
            Poll::Pending => thread::park(),
        }
    }
}
