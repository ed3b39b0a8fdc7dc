//! What the clients know about every message, held against the promises.
//!
//! The books err on the server's side only where a client cannot know: a send or delete whose answer was lost may have
//! happened or not. The promises that everything else must keep:
//!
//! 1. An acknowledged send is received until its delete is acknowledged or its fate unknown.
//! 2. A message whose delete was acknowledged is never handed out by a receive that was asked for later.
//! 3. A send repeated with the same deduplication id, across crashes too, is one message with one id and one place.
//! 4. In a group, a message is handed out only when all before it have been deleted, or before it in the same answer.
//! 5. In a group, a message that was handed out is not handed out again before its visibility timeout has passed.

use std::collections::HashMap;
use std::sync::{Condvar, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use bongsu_testkit::sqs::{Message, Sent};

/// The server rounds to milliseconds where we do not.
const CLOCK_SLACK: Duration = Duration::from_millis(20);
/// As many broken promises are kept to show.
const BROKEN_MAX: usize = 20;
/// How long the clients may be without any success before the test gives up.
const PROGRESS_TIMEOUT: Duration = Duration::from_secs(60);

/// How long a sender waits for room before it looks whether it is still wanted.
const ROOM_TIMEOUT: Duration = Duration::from_millis(100);

/// A message's place in the books: a group, or `None` for the standard queue, and a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    pub(crate) group: Option<u32>,
    pub(crate) number: u32,
}

impl Key {
    /// The body that carries the key through the queue.
    pub(crate) fn body(self) -> String {
        match self.group {
            Some(group) => format!("g{group}/{}", self.number),
            None => format!("-/{}", self.number),
        }
    }

    fn of(body: &str) -> Option<Key> {
        let (group, number) = body.split_once('/')?;
        let group = match group {
            "-" => None,
            _ => Some(group.strip_prefix('g')?.parse().ok()?),
        };
        Some(Key { group, number: number.parse().ok()? })
    }
}

#[derive(Debug, Default)]
struct Entry {
    /// Known from an acknowledged send or from the first receive.
    message_id: Option<String>,
    sequence_number: Option<String>,
    acknowledged: bool,
    /// Deletes that are under way.
    deletes_pending: u32,
    /// A delete whose answer was lost.
    delete_unknown: bool,
    deleted_at: Option<Instant>,
    /// When the last receive that handed it out was asked for.
    handed_out_at: Option<Instant>,
}

impl Entry {
    fn is_perhaps_deleted(&self) -> bool {
        self.deletes_pending > 0 || self.delete_unknown || self.deleted_at.is_some()
    }

    fn is_waiting(&self) -> bool {
        self.acknowledged && !self.delete_unknown && self.deleted_at.is_none()
    }
}

#[derive(Debug, Default)]
struct Books {
    entries: HashMap<Key, Entry>,
    /// How many entries are waiting to be deleted.
    waiting: u64,
    broken: Vec<String>,
    counts: Counts,
}

/// How much was done, for people to judge how much was tested.
#[derive(Debug, Default, Clone)]
pub(crate) struct Counts {
    pub(crate) sent: u64,
    pub(crate) sends_unknown: u64,
    pub(crate) received: u64,
    pub(crate) deleted: u64,
    pub(crate) deletes_unknown: u64,
}

/// The books of all clients together.
pub(crate) struct Ledger {
    visibility_timeout: Duration,
    books: Mutex<Books>,
    changed: Condvar,
}

impl Ledger {
    /// Empty books about queues that hide a received message for `visibility_timeout`.
    pub(crate) fn new(visibility_timeout: Duration) -> Ledger {
        Ledger { visibility_timeout, books: Mutex::default(), changed: Condvar::new() }
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap()
    }

    /// To be called before a send goes out: from here on it may happen.
    pub(crate) fn sending(&self, key: Key) {
        self.books().entries.entry(key).or_default();
    }

    /// The send was acknowledged.
    pub(crate) fn sent(&self, key: Key, sent: Sent) {
        let mut books = self.books();
        books.counts.sent += 1;
        books.identify(key, sent.message_id, sent.sequence_number);
        books.change(key, |entry| entry.acknowledged = true);
        self.changed.notify_all();
    }

    /// The server has not seen the send, and it will not be repeated.
    pub(crate) fn not_sent(&self, key: Key) {
        self.books().entries.remove(&key);
    }

    /// The answer to the send was lost.
    pub(crate) fn send_unknown(&self) {
        self.books().counts.sends_unknown += 1;
    }

    /// A receive that was asked for at `asked` has answered; returns the keys in the same order.
    pub(crate) fn received(&self, messages: &[Message], asked: Instant) -> Vec<Key> {
        let now = Instant::now();
        let mut books = self.books();
        let mut keys = Vec::with_capacity(messages.len());
        for message in messages {
            let Some(key) = Key::of(&message.body) else {
                books.break_promise(format!("received what nobody sent: {:?}", message.body));
                continue;
            };
            books.counts.received += 1;
            books.check_known(key, message, asked);
            if key.group.is_some() {
                books.check_order(key, &keys);
                books.check_lock(key, now, self.visibility_timeout);
            }
            books.entry(key).handed_out_at = Some(asked);
            keys.push(key);
        }
        keys
    }

    /// To be called before a delete goes out: from here on it may happen.
    pub(crate) fn deleting(&self, key: Key) {
        self.books().entry(key).deletes_pending += 1;
    }

    /// The delete was acknowledged.
    pub(crate) fn deleted(&self, key: Key) {
        let mut books = self.books();
        books.counts.deleted += 1;
        books.change(key, |entry| {
            entry.deletes_pending -= 1;
            entry.deleted_at.get_or_insert_with(Instant::now);
        });
        self.changed.notify_all();
    }

    /// The delete was refused: its receipt handle had expired.
    pub(crate) fn not_deleted(&self, key: Key) {
        self.books().entry(key).deletes_pending -= 1;
    }

    /// The answer to the delete was lost.
    pub(crate) fn delete_unknown(&self, key: Key) {
        let mut books = self.books();
        books.counts.deletes_unknown += 1;
        books.change(key, |entry| {
            entry.deletes_pending -= 1;
            entry.delete_unknown = true;
        });
    }

    /// Something that must not happen has happened.
    pub(crate) fn break_promise(&self, what: String) {
        self.books().break_promise(what);
        self.changed.notify_all();
    }

    /// Waits until clients have had `more` successes, or a promise is broken.
    pub(crate) fn wait_for_progress(&self, more: u64) {
        let books = self.books();
        let goal = books.counts.sent + books.counts.deleted + more;
        let short = |books: &mut Books| books.broken.is_empty() && books.counts.sent + books.counts.deleted < goal;
        let (books, wait) = self.changed.wait_timeout_while(books, PROGRESS_TIMEOUT, short).unwrap();
        assert!(!wait.timed_out(), "no progress in {PROGRESS_TIMEOUT:?}: {:?}", books.counts);
    }

    /// Waits until at most `waiting_max` messages wait to be deleted, or for a moment.
    pub(crate) fn wait_for_room(&self, waiting_max: u64) {
        let full = |books: &mut Books| books.waiting > waiting_max;
        drop(self.changed.wait_timeout_while(self.books(), ROOM_TIMEOUT, full).unwrap());
    }

    /// How much was done so far.
    ///
    /// # Panics
    ///
    /// When a promise has been broken.
    pub(crate) fn check(&self) -> Counts {
        let books = self.books();
        assert!(books.broken.is_empty(), "{} broken promises:\n{}", books.broken.len(), books.broken.join("\n"));
        books.counts.clone()
    }

    /// With the queues empty, nothing acknowledged may be left in the books.
    pub(crate) fn settle(&self) {
        let mut books = self.books();
        let lost = books.entries.iter().filter(|(_, entry)| entry.acknowledged && !entry.is_perhaps_deleted());
        let lost: Vec<String> = lost.map(|(key, entry)| format!("lost: {key:?} {entry:?}")).collect();
        lost.into_iter().for_each(|lost| books.break_promise(lost));
    }
}

impl Books {
    fn entry(&mut self, key: Key) -> &mut Entry {
        self.entries.entry(key).or_default()
    }

    fn change(&mut self, key: Key, change: impl FnOnce(&mut Entry)) {
        let entry = self.entry(key);
        let before = entry.is_waiting();
        change(entry);
        match (before, entry.is_waiting()) {
            (false, true) => self.waiting += 1,
            (true, false) => self.waiting -= 1,
            _ => {}
        }
    }

    fn break_promise(&mut self, what: String) {
        if self.broken.len() < BROKEN_MAX {
            self.broken.push(what);
        }
    }

    /// Promise 3: whatever names the message names the same one.
    fn identify(&mut self, key: Key, message_id: String, sequence_number: Option<String>) {
        let before = key.number.checked_sub(1).map(|number| Key { number, ..key });
        let previous = before.and_then(|before| self.entries.get(&before)?.sequence_number.clone());
        let entry = self.entry(key);
        let id = entry.message_id.get_or_insert_with(|| message_id.clone());
        let mut fault = (*id != message_id).then(|| format!("{key:?} is two messages: {id} and {message_id}"));
        if let Some(number) = sequence_number {
            let place = entry.sequence_number.get_or_insert_with(|| number.clone());
            if *place != number {
                fault = Some(format!("{key:?} has two places: {place} and {number}"));
            } else if previous.is_some_and(|previous| previous >= number) {
                fault = Some(format!("{key:?} does not come after the message before it: {number}"));
            }
        }
        fault.into_iter().for_each(|fault| self.break_promise(fault));
    }

    /// Promises 2 and 3, and that the message was ever sent.
    fn check_known(&mut self, key: Key, message: &Message, asked: Instant) {
        match self.entries.get(&key) {
            None => self.break_promise(format!("received {key:?}, which was never sent")),
            Some(entry) if entry.deleted_at.is_some_and(|deleted| deleted < asked) => {
                self.break_promise(format!("{key:?} came back after its delete: {entry:?} {:?}", message.attributes));
            }
            Some(_) => {}
        }
        let place = message.attributes["SequenceNumber"].as_str().map(str::to_owned);
        self.identify(key, message.message_id.clone(), place);
    }

    /// Promise 4. `earlier` is what stands before the message in the same answer.
    fn check_order(&mut self, key: Key, earlier: &[Key]) {
        let mut of_group = earlier.iter().filter(|earlier| earlier.group == key.group);
        let Some(before) = key.number.checked_sub(1).map(|number| Key { number, ..key }) else {
            if let Some(later) = of_group.max_by_key(|earlier| earlier.number) {
                self.break_promise(format!("{later:?} was handed out before {key:?}"));
            }
            return;
        };
        let last = of_group.next_back();
        let is_next = last.is_none_or(|last| *last == before);
        let is_first = last.is_some() || self.entries.get(&before).is_some_and(Entry::is_perhaps_deleted);
        if !is_next || !is_first {
            let entry = self.entries.get(&before);
            self.break_promise(format!("{key:?} overtook {before:?}: {entry:?}; in the same answer: {last:?}"));
        }
    }

    /// Promise 5.
    fn check_lock(&mut self, key: Key, now: Instant, visibility_timeout: Duration) {
        let Some(before) = self.entries.get(&key).and_then(|entry| entry.handed_out_at) else { return };
        let apart = now - before + CLOCK_SLACK;
        if apart < visibility_timeout {
            self.break_promise(format!("{key:?} was handed out twice within {apart:?}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const GROUP: Option<u32> = Some(1);
    const TIMEOUT: Duration = Duration::from_secs(1);

    fn message(key: Key, id: &str) -> Message {
        Message {
            message_id: id.to_owned(),
            receipt_handle: String::new(),
            body: key.body(),
            attributes: json!({ "SequenceNumber": format!("{:020}", key.number) }),
        }
    }

    fn sent(id: &str, number: u32) -> Sent {
        Sent { message_id: id.to_owned(), sequence_number: Some(format!("{number:020}")) }
    }

    /// Books with three acknowledged messages of one group, 0 to 2, called `0` to `2`.
    fn three() -> (Ledger, [Key; 3]) {
        let ledger = Ledger::new(TIMEOUT);
        let keys = [0, 1, 2].map(|number| Key { group: GROUP, number });
        for key in keys {
            ledger.sending(key);
            ledger.sent(key, sent(&key.number.to_string(), key.number));
        }
        (ledger, keys)
    }

    fn broken(ledger: &Ledger) -> usize {
        ledger.books().broken.len()
    }

    fn receive(ledger: &Ledger, keys: &[Key]) {
        let messages: Vec<Message> = keys.iter().map(|key| message(*key, &key.number.to_string())).collect();
        ledger.received(&messages, Instant::now());
    }

    #[test]
    fn a_message_that_is_neither_received_nor_deleted_is_lost() {
        let (ledger, [first, second, _]) = three();
        ledger.deleting(first);
        ledger.deleted(first);
        ledger.deleting(second);
        ledger.delete_unknown(second);
        ledger.settle();
        assert_eq!(broken(&ledger), 1);
    }

    #[test]
    fn a_message_may_not_come_back() {
        let (ledger, [first, ..]) = three();
        ledger.deleting(first);
        ledger.deleted(first);
        receive(&ledger, &[first]);
        assert_eq!(broken(&ledger), 1);
    }

    #[test]
    fn a_group_is_received_in_order_and_from_its_first() {
        for (order, faults) in
            [(vec![0, 1, 2], 0), (vec![0], 0), (vec![1], 1), (vec![0, 2], 1), (vec![1, 0], 2), (vec![0, 2, 1], 2)]
        {
            let (ledger, keys) = three();
            receive(&ledger, &order.iter().map(|at: &usize| keys[*at]).collect::<Vec<_>>());
            assert_eq!(broken(&ledger), faults, "{order:?}");
        }
    }

    #[test]
    fn a_message_in_flight_is_not_handed_out_again() {
        let (ledger, [first, ..]) = three();
        receive(&ledger, &[first]);
        receive(&ledger, &[first]);
        assert_eq!(broken(&ledger), 1);
    }

    #[test]
    fn a_repeated_send_is_one_message() {
        let (ledger, [first, ..]) = three();
        ledger.sent(first, sent("0", 0));
        assert_eq!(broken(&ledger), 0);
        ledger.sent(first, sent("another", 0));
        ledger.sent(first, sent("0", 7));
        assert_eq!(broken(&ledger), 2);
    }
}
