//! The history of objects, as writers, readers and those who were told of changes know it: one line of versions a key.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// A request about an object, by its number.
pub(crate) type Request = u64;
/// What is there: an ETag, or nothing.
type State = Option<String>;

/// What a writer asked for.
#[derive(Clone, Debug)]
pub(crate) enum Wish {
    /// Whatever is there.
    Always,
    /// If nothing is there.
    IfAbsent,
    /// If this is there.
    IfMatch(String),
}

/// How a request was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It is so, with this ETag; of a deletion there is none.
    Done(State),
    /// The condition did not hold.
    Refused,
    /// Nobody knows: the process is gone.
    Unknown,
}

#[derive(Debug)]
struct Write {
    key: &'static str,
    wish: Wish,
    is_delete: bool,
    asked: u64,
    answered: Option<(u64, Outcome)>,
}

#[derive(Debug)]
struct Read {
    key: &'static str,
    found: State,
    asked: u64,
    answered: u64,
}

/// A change that somebody was told of.
#[derive(Clone, Debug)]
struct Change {
    request: Request,
    state: State,
}

/// Everything that is known.
#[derive(Debug, Default)]
pub(crate) struct Versions {
    writes: BTreeMap<Request, Write>,
    reads: Vec<Read>,
    /// By key, then by their order.
    told: BTreeMap<String, BTreeMap<String, Change>>,
    requests_told: BTreeSet<Request>,
    /// The ETag that was last seen of each key.
    seen: BTreeMap<&'static str, String>,
}

impl Versions {
    pub(crate) fn asks(&mut self, request: Request, key: &'static str, wish: Wish, is_delete: bool, asked: u64) {
        self.writes.insert(request, Write { key, wish, is_delete, asked, answered: None });
    }

    pub(crate) fn seen(&self, key: &str) -> Option<&String> {
        self.seen.get(key)
    }

    pub(crate) fn answered(&mut self, request: Request, outcome: Outcome, moment: u64) {
        let write = self.writes.get_mut(&request).expect("asked before");
        if let Outcome::Done(Some(etag)) = &outcome {
            self.seen.insert(write.key, etag.clone());
        }
        write.answered = Some((moment, outcome));
    }

    pub(crate) fn read(&mut self, key: &'static str, found: State, asked: u64, answered: u64) {
        if let Some(etag) = &found {
            self.seen.insert(key, etag.clone());
        }
        self.reads.push(Read { key, found, asked, answered });
    }

    /// Somebody was told of a change; once more if `again`.
    pub(crate) fn told(&mut self, notification: &str) {
        let notification: Value = serde_json::from_str(notification).expect("a notification is JSON");
        let record = &notification["Records"][0];
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        let request = text(&record["responseElements"]["x-amz-request-id"]).parse().expect("a number");
        let object = &record["s3"]["object"];
        let is_delete = text(&record["eventName"]).starts_with("ObjectRemoved");
        let state = (!is_delete).then(|| text(&object["eTag"]));
        let write = self.writes.get(&request).expect("nobody asked for this change");
        assert_eq!((write.key, write.is_delete), (&*text(&object["key"]), is_delete), "{record}");
        assert!(self.requests_told.insert(request), "{request} was told twice: {record}");
        let place = (text(&object["key"]), text(&object["sequencer"]));
        let other = self.told.entry(place.0).or_default().insert(place.1, Change { request, state });
        assert!(other.is_none(), "two changes have the same place: {record} and {other:?}");
    }

    /// Whether the history is one line that explains every answer, and ends with what is there now.
    pub(crate) fn check(&self, now: &BTreeMap<String, String>) {
        for (request, write) in &self.writes {
            let is_told = self.requests_told.contains(request);
            match &write.answered {
                Some((_, Outcome::Done(Some(_)))) => assert!(is_told, "{request} was not told: {write:?}"),
                Some((_, Outcome::Refused)) => assert!(!is_told, "{request} was refused and told: {write:?}"),
                // A deletion of nothing is no change; what nobody answered may or may not be.
                Some((_, Outcome::Done(None) | Outcome::Unknown)) | None => {}
            }
        }
        let keys: BTreeSet<&'static str> = self.writes.values().map(|write| write.key).collect();
        for key in keys {
            let line: Vec<&Change> = self.told.get(key).into_iter().flat_map(|told| told.values()).collect();
            self.check_line(key, &line);
            let last = line.last().and_then(|change| change.state.as_ref());
            assert_eq!(now.get(key), last, "{key} is what its last change made it");
        }
    }

    fn check_line(&self, key: &str, line: &[&Change]) {
        let mut before: State = None;
        for (place, change) in line.iter().enumerate() {
            let write = &self.writes[&change.request];
            if let Some((_, Outcome::Done(Some(etag)))) = &write.answered {
                assert_eq!(Some(etag), change.state.as_ref(), "{change:?} was answered otherwise");
            }
            let holds = match &write.wish {
                Wish::Always => true,
                Wish::IfAbsent => before.is_none(),
                Wish::IfMatch(etag) => before.as_ref() == Some(etag),
            };
            assert!(holds, "{key}: {write:?} happened although {before:?} was there");
            // What was answered before another was asked comes before it.
            for later in &line[place + 1..] {
                let is_late = self.end_of(later.request) < write.asked;
                assert!(!is_late, "{key}: {later:?} was over before {write:?} began, and comes behind it");
            }
            before.clone_from(&change.state);
        }
        for write in self.writes.values().filter(|write| write.key == key) {
            let Some((answered, outcome)) = &write.answered else { continue };
            let explains = |state: &State| match (outcome, &write.wish) {
                (Outcome::Refused, Wish::IfAbsent) => state.is_some(),
                (Outcome::Refused, Wish::IfMatch(etag)) => state.as_ref() != Some(etag),
                (Outcome::Refused, Wish::Always) => false,
                // Of a deletion that changed nothing, nothing was there.
                (Outcome::Done(None), _) => state.is_none(),
                _ => true,
            };
            let is_explained = self.possible(line, write.asked, *answered).any(|state| explains(&state));
            assert!(is_explained, "{key}: nothing explains {write:?} in {line:?}");
        }
        for read in self.reads.iter().filter(|read| read.key == key) {
            let is_explained = self.possible(line, read.asked, read.answered).any(|state| state == read.found);
            assert!(is_explained, "{key}: nothing explains {read:?} in {line:?}");
        }
    }

    /// What may have been there at some moment of a time.
    fn possible<'a>(&'a self, line: &'a [&Change], from: u64, to: u64) -> impl Iterator<Item = State> + 'a {
        (0..=line.len()).filter_map(move |place| {
            let made = place.checked_sub(1).map(|made| line[made]);
            let has_begun = made.is_none_or(|change| self.writes[&change.request].asked <= to);
            let is_over = line.get(place).is_some_and(|next| self.end_of(next.request) < from);
            (has_begun && !is_over).then(|| made.and_then(|change| change.state.clone()))
        })
    }

    /// When a write had surely happened.
    fn end_of(&self, request: Request) -> u64 {
        self.writes[&request].answered.as_ref().map_or(u64::MAX, |(moment, _)| *moment)
    }
}
