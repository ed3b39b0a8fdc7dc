//! What was promised of messages that functions work off, of events and of deliveries, and whether it is kept.

use std::collections::{BTreeMap, BTreeSet};

use bongsu_broker::{MessageId, Seconds, Timestamp};
use bongsu_runtime::{Batch, Received};

use crate::workers::number;

/// How old an event may become.
pub(crate) const EVENT_AGE_MAX: Seconds = Seconds(3600);
/// How often an event is tried again after the first time.
pub(crate) const EVENT_RETRIES_MAX: u32 = 2;
/// The longest wait between two attempts at an event.
const EVENT_DELAY_MAX: Seconds = Seconds(120);

/// What a client sent.
#[derive(Debug)]
struct Work {
    place: &'static str,
    group: u64,
    acknowledged: bool,
    asked_at: Timestamp,
    /// The number it has in its queue, once that is known.
    sequence: Option<u64>,
    /// When a function said that it was worked off.
    done: Option<u64>,
    /// A later one of its group was handed out: this one must be gone.
    overtaken: bool,
    runs: u32,
    failures: u32,
    successes: u32,
}

/// Everything that clients, functions and endpoints know.
#[derive(Debug, Default)]
pub(crate) struct Works {
    works: BTreeMap<u64, Work>,
    inboxes: BTreeMap<&'static str, BTreeMap<u64, Mail>>,
    /// What endpoints had, or what was dead-lettered, durably.
    ended: BTreeSet<(String, u64)>,
    delivered: BTreeSet<(String, u64)>,
    /// Everything that was asked up to this moment is durable, as an answer proves.
    pub(crate) durable_at: u64,
}

/// A message that a client received.
#[derive(Debug)]
struct Mail {
    id: MessageId,
    body: String,
    deleted: Option<u64>,
}

impl Works {
    pub(crate) fn asks(&mut self, place: &'static str, group: u64, number: u64, now: Timestamp) {
        let work = Work {
            place,
            group,
            acknowledged: false,
            asked_at: now,
            sequence: None,
            done: None,
            overtaken: false,
            runs: 0,
            failures: 0,
            successes: 0,
        };
        self.works.insert(number, work);
    }

    pub(crate) fn acknowledged(&mut self, number: u64) {
        self.works.get_mut(&number).expect("asked before").acknowledged = true;
    }

    /// A batch reaches a function while others have these groups.
    pub(crate) fn batch_begins(&mut self, place: &'static str, batch: &Batch, busy: &BTreeSet<u64>) -> Vec<u64> {
        let numbers: Vec<u64> = batch.messages.iter().map(|message| number(&message.content.body)).collect();
        let is_fifo = place.ends_with(".fifo");
        for (number, received) in numbers.iter().zip(&batch.messages) {
            let (sequence, durable_at) = (received.delivery.handle.sequence, self.durable_at);
            let work = self.works.get_mut(number).expect("nobody sent this");
            assert_eq!(work.place, place, "{number} is in another queue");
            assert!(work.done.is_none_or(|done| done >= durable_at), "{number} came back after it was done: {work:?}");
            assert!(work.sequence.is_none_or(|known| known == sequence), "{number} is there twice: {work:?}");
            assert!(!work.overtaken, "{number} was overtaken by one of its group: {work:?}");
            work.sequence = Some(sequence);
            work.runs += 1;
            let group = work.group;
            if is_fifo {
                assert!(!busy.contains(&group), "group {group} has two batches at once");
                self.overtake(place, group, sequence, &numbers);
            }
        }
        numbers
    }

    fn overtake(&mut self, place: &str, group: u64, sequence: u64, batch: &[u64]) {
        let others = self.works.iter_mut().filter(|(number, work)| {
            let is_earlier = work.sequence.is_some_and(|earlier| earlier < sequence);
            work.place == place && work.group == group && is_earlier && !batch.contains(number)
        });
        others.for_each(|(_, other)| other.overtaken = true);
    }

    /// The process is gone: what was done and nothing proves to be durable may have to be done again.
    pub(crate) fn forget_what_nothing_proves(&mut self) {
        for work in self.works.values_mut() {
            work.done = work.done.filter(|done| *done < self.durable_at);
        }
    }

    /// The groups of messages.
    pub(crate) fn groups(&self, numbers: &[u64]) -> BTreeSet<u64> {
        numbers.iter().map(|number| self.works[number].group).collect()
    }

    pub(crate) fn done(&mut self, number: u64, moment: u64) {
        let work = self.works.get_mut(&number).expect("begun before");
        work.done.get_or_insert(moment);
        work.successes += 1;
    }

    pub(crate) fn failed(&mut self, number: u64) {
        self.works.get_mut(&number).expect("begun before").failures += 1;
    }

    /// An event reaches its function. Events of changes have numbers that nobody gave.
    pub(crate) fn event_begins(&mut self, number: u64, now: Timestamp) {
        if !self.works.contains_key(&number) {
            self.asks("events", 0, number, now);
            self.acknowledged(number);
        }
        let (work, durable_at) = (self.works.get_mut(&number).expect("it is there now"), self.durable_at);
        assert_eq!(work.place, "events");
        // Its end is durable when it is concluded, for which the function's answer alone is no proof.
        let is_concluded = self
            .inboxes
            .get("records")
            .is_some_and(|records| records.values().any(|mail| mail.body.starts_with(&format!("{number} "))));
        assert!(!is_concluded, "{number} runs after it was concluded, at {durable_at}: {work:?}");
        work.runs += 1;
    }

    /// A delivery is attempted.
    pub(crate) fn parcel_begins(&mut self, endpoint: &str, number: u64) {
        assert!(self.works.contains_key(&number), "nobody published this");
        let is_ended = self.ended.contains(&(endpoint.to_owned(), number));
        assert!(!is_ended, "{number} is delivered to {endpoint} after it had ended");
    }

    pub(crate) fn parcel_delivered(&mut self, endpoint: &str, number: u64) {
        self.delivered.insert((endpoint.to_owned(), number));
    }

    /// A delivery has ended for good, durably.
    pub(crate) fn parcel_ended(&mut self, endpoint: String, number: u64) {
        assert!(self.ended.insert((endpoint.clone(), number)), "{number} ended twice at {endpoint}");
    }

    /// What a client got of a queue by a receive that was asked at this moment.
    pub(crate) fn received(&mut self, queue: &'static str, batch: &[Received], asked: u64) -> Vec<String> {
        let inbox = self.inboxes.entry(queue).or_default();
        let mut fresh = Vec::new();
        for received in batch {
            let (id, body) = (received.content.message_id, received.content.body.to_string());
            let known = inbox.entry(received.delivery.handle.sequence).or_insert_with(|| {
                fresh.push(body.clone());
                Mail { id, body: body.clone(), deleted: None }
            });
            assert_eq!((known.id, &known.body), (id, &body), "one number is one message");
            assert!(known.deleted.is_none_or(|deleted| deleted > asked), "{body} came back to {queue}");
        }
        fresh
    }

    pub(crate) fn deleted(&mut self, queue: &'static str, sequence: u64, moment: u64) {
        let mail = self.inboxes.get_mut(queue).and_then(|inbox| inbox.get_mut(&sequence)).expect("received before");
        mail.deleted.get_or_insert(moment);
    }

    fn bodies(&self, queue: &str) -> impl Iterator<Item = &str> {
        self.inboxes.get(queue).into_iter().flat_map(|inbox| inbox.values().map(|mail| &*mail.body))
    }

    /// How often each number is in a queue.
    fn counts(&self, queue: &str) -> BTreeMap<u64, usize> {
        let mut counts = BTreeMap::new();
        self.bodies(queue).for_each(|body| *counts.entry(number(body)).or_default() += 1);
        counts
    }

    fn of(&self, place: &'static str) -> impl Iterator<Item = (u64, &Work)> {
        self.works.iter().filter(move |(_, work)| work.place == place).map(|(number, work)| (*number, work))
    }

    /// Messages of a mapped queue were worked off, or are dead letters: nothing else became of them.
    pub(crate) fn check_mapped(&self, place: &'static str, dead: &'static str) {
        let dead = self.counts(dead);
        for (number, work) in self.of(place) {
            let times = dead.get(&number).copied().unwrap_or(0);
            assert!(times <= 1, "{number} is {times} dead letters: {work:?}");
            assert!(!work.acknowledged || times + work.successes as usize > 0, "{number} is lost: {work:?}");
            assert!(times == 0 || work.done.is_none(), "{number} was done and is dead: {work:?}");
        }
    }

    /// Every event is told of once, as it was, and those that failed are dead letters besides.
    pub(crate) fn check_events(&self) {
        let (dead, mut told) = (self.counts("dead-events"), BTreeMap::new());
        for line in self.bodies("records") {
            let words: Vec<&str> = line.split(' ').collect();
            assert!(told.insert(number(line), words).is_none(), "{line} was told twice");
        }
        for (number, work) in self.of("events") {
            let Some(words) = told.get(&number) else {
                assert!(!work.acknowledged, "{number} was never told of: {work:?}");
                continue;
            };
            let attempts: u32 = words[2].parse().unwrap();
            let is_plausible = match words[1] {
                "Success" => work.successes > 0,
                "RetriesExhausted" => attempts == EVENT_RETRIES_MAX + 1 && work.failures >= attempts,
                "EventAgeExceeded" => true,
                _ => false,
            };
            assert!(is_plausible && work.runs >= attempts, "{words:?}: {work:?}");
            let deaths = dead.get(&number).copied().unwrap_or(0);
            assert_eq!(deaths, usize::from(words[1] != "Success"), "{words:?}: {work:?}");
        }
    }

    /// An event is given up for its age only near it.
    pub(crate) fn check_age(&self, line: &str, now: Timestamp) {
        if let [_, "EventAgeExceeded", _] = line.split(' ').collect::<Vec<_>>()[..] {
            let work = &self.works[&number(line)];
            assert!(now + EVENT_DELAY_MAX >= work.asked_at + EVENT_AGE_MAX, "{line} at {now:?}: {work:?}");
        }
    }

    /// What was published reached the endpoint or its dead-letter queue, and was in that queue once.
    pub(crate) fn check_deliveries(&self, place: &'static str, endpoint: &str, dead: &'static str) {
        let dead = self.counts(dead);
        for (number, work) in self.of(place) {
            let subject = (endpoint.to_owned(), number);
            let (times, is_delivered) = (dead.get(&number).copied().unwrap_or(0), self.delivered.contains(&subject));
            assert!(times <= 1, "{number} is {times} dead letters of {endpoint}");
            assert!(!work.acknowledged || is_delivered || times == 1, "{number} never reached {endpoint}: {work:?}");
        }
    }

    /// With faults a message may be there twice, but it is always there.
    pub(crate) fn check_faulty(&self, place: &'static str, dead: &'static str) {
        let mut copies: BTreeMap<u64, Vec<MessageId>> = BTreeMap::new();
        for mail in [place, dead].iter().filter_map(|queue| self.inboxes.get(queue)).flat_map(BTreeMap::values) {
            copies.entry(number(&mail.body)).or_default().push(mail.id);
        }
        for (number, work) in self.of(place) {
            let ids = copies.remove(&number).unwrap_or_default();
            assert!(!work.acknowledged || !ids.is_empty(), "{number} is lost: {work:?}");
            assert!(ids.len() <= 2 && ids.iter().all(|id| *id == ids[0]), "{number} is there as {ids:?}");
        }
    }

    /// Every time came once, without a gap of a minute, from when the schedule was made.
    pub(crate) fn check_ticks(&self) {
        let time = |body: &str| body.split("\"time\":\"").nth(1).map(|rest| rest[..20].to_owned());
        let times: Vec<String> = self.bodies("ticks").filter_map(time).collect();
        let unique: BTreeSet<&String> = times.iter().collect();
        assert_eq!(unique.len(), times.len(), "a time came twice: {times:?}");
        let minute = |time: &str| {
            let field = |range: std::ops::Range<usize>| time[range].parse::<u64>().expect("digits");
            (field(8..10) * 24 + field(11..13)) * 60 + field(14..16)
        };
        let minutes: Vec<u64> = unique.iter().map(|time| minute(time)).collect();
        let is_without_gap = minutes.windows(2).all(|pair| pair[1] == pair[0] + 1);
        assert!(is_without_gap, "a minute is missing: {unique:?}");
    }

    /// What was to be sent once was sent once.
    pub(crate) fn check_reminders(&self, place: &'static str) {
        let counts: BTreeMap<u64, usize> =
            self.bodies("ticks").filter(|body| !body.starts_with('{')).fold(BTreeMap::new(), |mut counts, body| {
                *counts.entry(number(body)).or_default() += 1;
                counts
            });
        for (number, work) in self.of(place) {
            let times = counts.get(&number).copied().unwrap_or(0);
            assert!(times <= 1 && (times == 1 || !work.acknowledged), "{number} came {times} times: {work:?}");
        }
    }

    /// How many messages with numbers went to the end of their way.
    pub(crate) fn len(&self) -> usize {
        self.works.len()
    }
}
