//! Objects beside a naive model of them: conditions, uploads in parts, listings, and whose the blobs are.

use std::collections::{BTreeMap, BTreeSet};

use bongsu_broker::{
    BlobId, BucketName, Command, Condition, ContentDraft, ETag, EventOrigin, ListedPart, ObjectCommand, ObjectDraft,
    ObjectKey, ObjectProperties, ObjectReply, PART_BYTES_MIN, PartDraft, Reply, Segment, Tags, Text, UploadDraft,
    UploadId, Wanted,
};
use bytes::Bytes;
use proptest::prelude::*;
use proptest::sample::select;

use crate::system::{ACCOUNT, System};

const KEYS: [&str; 6] = ["a", "a/b", "a/c", "a/c/d", "b", "b/"];
const START: u64 = 1_767_225_600_000;
/// The name of a refusal.
type Fault = &'static str;

/// Uploads are named by their turn, counted from the latest. A content is a number, which is also its MD5.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    Put { key: &'static str, content: u8, blob: bool, condition: Wish },
    Copy { from: &'static str, to: &'static str, condition: Wish },
    Delete { key: &'static str, condition: Wish },
    Tag { key: &'static str, value: u8 },
    Begin { key: &'static str },
    Part { back: usize, number: u32, content: u8, small: bool },
    Complete { back: usize, numbers: Vec<u32>, stale: bool, condition: Wish },
    Abort { back: usize },
    List { prefix: &'static str, delimiter: &'static str, after: Option<&'static str>, max: usize },
    DeleteBucket,
    CreateBucket,
    Pass(u64),
    Restart,
    Clean(usize, bool),
}

/// What must be so: of the object that is there, or of one that never was.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Wish {
    Nothing,
    Absent,
    Current,
    Other(u8),
}

pub(crate) fn steps() -> impl Strategy<Value = Vec<Step>> {
    let key = || select(&KEYS[..]);
    let wish = || {
        prop_oneof![
            3 => Just(Wish::Nothing),
            2 => Just(Wish::Absent),
            3 => Just(Wish::Current),
            1 => (0..4u8).prop_map(Wish::Other),
        ]
    };
    let numbers = prop_oneof![
        6 => Just(vec![1]),
        4 => Just(vec![1, 2]),
        1 => Just(vec![2, 1]),
        1 => Just(Vec::new()),
        1 => Just(vec![1, 1]),
        2 => Just(vec![2]),
    ];
    let step = prop_oneof![
        8 => (key(), 0..4u8, any::<bool>(), wish())
            .prop_map(|(key, content, blob, condition)| Step::Put { key, content, blob, condition }),
        3 => (key(), key(), wish()).prop_map(|(from, to, condition)| Step::Copy { from, to, condition }),
        4 => (key(), wish()).prop_map(|(key, condition)| Step::Delete { key, condition }),
        1 => (key(), 0..3u8).prop_map(|(key, value)| Step::Tag { key, value }),
        4 => key().prop_map(|key| Step::Begin { key }),
        6 => (0..3usize, 0..4u32, 0..4u8, prop::bool::weighted(0.2))
            .prop_map(|(back, number, content, small)| Step::Part { back, number, content, small }),
        5 => (0..3usize, numbers, prop::bool::weighted(0.1), wish())
            .prop_map(|(back, numbers, stale, condition)| Step::Complete { back, numbers, stale, condition }),
        1 => (0..3usize).prop_map(|back| Step::Abort { back }),
        3 => (select(&["", "a", "a/", "c"][..]), select(&["", "/"][..]), prop::option::of(select(&["a", "a/", "a/b", "b"][..])), 0..4usize)
            .prop_map(|(prefix, delimiter, after, max)| Step::List { prefix, delimiter, after, max }),
        1 => Just(Step::DeleteBucket),
        1 => Just(Step::CreateBucket),
        1 => (1..5000u64).prop_map(Step::Pass),
        1 => Just(Step::Restart),
        2 => (1..4usize, any::<bool>()).prop_map(|(one_in, dies)| Step::Clean(one_in, dies)),
    ];
    prop::collection::vec(step, 1..100)
}

/// The broker beside the model.
pub(crate) struct Story {
    system: System,
    now: u64,
    next_blob: u128,
    next_change: u64,
    /// What the bucket has, if it is there.
    bucket: Option<BTreeMap<&'static str, Object>>,
    uploads: Vec<Upload>,
    /// Of objects that were put in parts, by the contents of these.
    etags: BTreeMap<Vec<u8>, ETag>,
    freed: BTreeSet<BlobId>,
}

#[derive(Clone, Debug)]
struct Object {
    etag: ETag,
    blobs: Vec<Segment>,
    tags: Tags,
    /// Counts changes: later ones have higher numbers.
    changed: u64,
}

#[derive(Clone, Debug)]
struct Upload {
    key: &'static str,
    id: UploadId,
    parts: BTreeMap<u32, (u8, Segment)>,
    began: u64,
    /// Whether the object was deleted meanwhile.
    deleted_since: bool,
}

impl Story {
    pub(crate) fn new() -> Story {
        let mut story = Story {
            system: System::new(START),
            now: START,
            next_blob: 0,
            next_change: 0,
            bucket: None,
            uploads: Vec::new(),
            etags: BTreeMap::new(),
            freed: BTreeSet::new(),
        };
        story.play(&Step::CreateBucket);
        story
    }

    /// Panics unless the broker answers as the model does, and has what the model has.
    pub(crate) fn play(&mut self, step: &Step) {
        self.next_change += 1;
        match step {
            Step::Put { key, content, blob, condition } => {
                let segment = blob.then(|| self.segment(1));
                let draft = match segment {
                    Some(segment) => ContentDraft::Staged(segment),
                    None => ContentDraft::Inline(Bytes::from(vec![*content])),
                };
                self.put(key, draft, whole(*content), segment.into_iter().collect(), *condition, false);
            }
            Step::Copy { from, to, condition } => {
                let Some(source) = self.bucket.as_ref().and_then(|objects| objects.get(from)).cloned() else { return };
                let draft = match source.blobs.is_empty() {
                    true => ContentDraft::Inline(Bytes::from(vec![source.etag.md5[0]])),
                    false => ContentDraft::Shared(source.blobs.clone()),
                };
                self.put(to, draft, source.etag, source.blobs, *condition, true);
            }
            Step::Delete { key, condition } => self.delete(key, *condition),
            Step::Tag { key, value } => {
                let tags: Tags = [("k".into(), value.to_string().into())].into();
                let fault = self.fault_of(key, &Condition::None).or_else(|| {
                    let is_there = self.bucket.as_ref().is_some_and(|objects| objects.contains_key(key));
                    (!is_there).then_some("KeyDoesNotExist")
                });
                let answer =
                    self.ask(ObjectCommand::TagObject { bucket: bucket(), key: named(key), tags: tags.clone() });
                agrees(&answer, fault);
                if fault.is_none() {
                    self.objects().get_mut(key).expect("else it is a fault").tags = tags;
                }
            }
            Step::Begin { key } => self.begin(key),
            Step::Part { back, number, content, small } => self.part(*back, *number, *content, *small),
            Step::Complete { back, numbers, stale, condition } => self.complete(*back, numbers, *stale, *condition),
            Step::Abort { back } => {
                let Some(place) = self.upload(*back) else { return };
                let Upload { key, id, .. } = self.uploads.remove(place);
                let answer = self.ask(ObjectCommand::AbortUpload { bucket: bucket(), key: named(key), upload: id });
                agrees(&answer, None);
            }
            Step::List { prefix, delimiter, after, max } => self.list(prefix, delimiter, *after, *max),
            Step::DeleteBucket => {
                let fault = match &self.bucket {
                    None => Some("BucketDoesNotExist"),
                    Some(objects) if !objects.is_empty() => Some("BucketNotEmpty"),
                    Some(_) => None,
                };
                agrees(&self.ask(ObjectCommand::DeleteBucket { bucket: bucket() }), fault);
                if fault.is_none() {
                    (self.bucket, self.uploads) = (None, Vec::new());
                }
            }
            Step::CreateBucket => {
                let command = ObjectCommand::CreateBucket { bucket: bucket(), owner: ACCOUNT, tags: Tags::new() };
                agrees(&self.ask(command), self.bucket.is_some().then_some("BucketOwned"));
                self.bucket.get_or_insert_default();
            }
            Step::Pass(time) => {
                self.now += time;
                self.system.broker.advance(bongsu_broker::Timestamp(self.now));
            }
            Step::Restart => self.system.restart(self.now),
            Step::Clean(one_in, dies) => self.system.clean(*one_in, *dies),
        }
        self.compare(matches!(step, Step::Restart | Step::Clean(_, true)));
    }

    fn segment(&mut self, length: u64) -> Segment {
        self.next_blob += 1;
        Segment { blob: BlobId(self.next_blob), length }
    }

    fn objects(&mut self) -> &mut BTreeMap<&'static str, Object> {
        self.bucket.as_mut().expect("else it is a fault")
    }

    fn ask(&mut self, command: ObjectCommand) -> Result<Reply, bongsu_broker::Rejection> {
        self.system.ask(Command::Object(Box::new(command)))
    }

    fn condition(&self, key: &str, wish: Wish) -> Condition {
        let current = self.bucket.as_ref().and_then(|objects| objects.get(key));
        let matches = |etag: ETag| Condition::Match(Text::from(format!("\"{etag}\"")));
        match wish {
            Wish::Nothing => Condition::None,
            Wish::Absent => Condition::Absent,
            Wish::Current => current.map_or(Condition::None, |object| matches(object.etag)),
            Wish::Other(content) => matches(whole(content)),
        }
    }

    /// "412 when there is one (If-None-Match) or it is another (If-Match), 404 for If-Match of nothing."
    fn fault_of(&self, key: &str, condition: &Condition) -> Option<Fault> {
        let Some(objects) = &self.bucket else { return Some("BucketDoesNotExist") };
        match (condition, objects.get(key)) {
            (Condition::Absent, Some(_)) => Some("PreconditionFailed"),
            (Condition::Match(_), None) => Some("KeyDoesNotExist"),
            (Condition::Match(text), Some(object)) if **text != *format!("\"{}\"", object.etag) => {
                Some("PreconditionFailed")
            }
            _ => None,
        }
    }

    fn put(
        &mut self,
        key: &'static str,
        content: ContentDraft,
        etag: ETag,
        blobs: Vec<Segment>,
        wish: Wish,
        is_copy: bool,
    ) {
        let condition = self.condition(key, wish);
        let fault = self.fault_of(key, &condition);
        let properties = ObjectProperties::default();
        let draft = ObjectDraft { content, etag, properties, checksum: None, tags: Tags::new(), is_copy };
        let origin = EventOrigin::default();
        let answer = self.ask(ObjectCommand::PutObject { bucket: bucket(), key: named(key), draft, condition, origin });
        agrees(&answer, fault);
        if let Ok(Reply::Object(ObjectReply::Changed(changed))) = answer {
            assert_eq!(changed.etag, Some(etag));
            let changed = self.next_change;
            self.objects().insert(key, Object { etag, blobs, tags: Tags::new(), changed });
        }
    }

    fn delete(&mut self, key: &'static str, wish: Wish) {
        let condition = self.condition(key, wish);
        let fault = self.fault_of(key, &condition);
        let origin = EventOrigin::default();
        let answer = self.ask(ObjectCommand::DeleteObject { bucket: bucket(), key: named(key), condition, origin });
        agrees(&answer, fault);
        if fault.is_none() && self.objects().remove(key).is_some() {
            let of_key = self.uploads.iter_mut().filter(|upload| upload.key == key);
            of_key.for_each(|upload| upload.deleted_since = true);
        }
    }

    fn upload(&self, back: usize) -> Option<usize> {
        self.uploads.len().checked_sub(1 + back % self.uploads.len().max(1))
    }

    fn begin(&mut self, key: &'static str) {
        let draft = UploadDraft::default();
        let answer = self.ask(ObjectCommand::BeginUpload { bucket: bucket(), key: named(key), draft });
        agrees(&answer, self.bucket.is_none().then_some("BucketDoesNotExist"));
        if let Ok(Reply::Object(ObjectReply::UploadBegan(id))) = answer {
            assert!(self.uploads.iter().all(|other| other.id != id), "an upload has an identity of its own");
            let (parts, began) = (BTreeMap::new(), self.next_change);
            self.uploads.push(Upload { key, id, parts, began, deleted_since: false });
        }
    }

    fn part(&mut self, back: usize, number: u32, content: u8, small: bool) {
        let Some(place) = self.upload(back) else { return };
        let segment = self.segment(if small { 1 } else { PART_BYTES_MIN });
        let Upload { key, id, .. } = self.uploads[place];
        let part = PartDraft { segment, md5: [content; 16], checksum: None };
        let answer = self.ask(ObjectCommand::PutPart { bucket: bucket(), key: named(key), upload: id, number, part });
        agrees(&answer, (number == 0).then_some("PartNumberInvalid"));
        if number > 0 {
            self.uploads[place].parts.insert(number, (content, segment));
        }
    }

    /// "If-None-Match is checked at Complete: 412 if there is one, 409 if it was deleted since the upload began; If-Match:
    /// 409 if it was overwritten since, though the ETag is the new one's."
    fn complete(&mut self, back: usize, numbers: &[u32], stale: bool, wish: Wish) {
        let Some(place) = self.upload(back) else { return };
        let upload = self.uploads[place].clone();
        let content = |number: &u32| upload.parts.get(number).map_or(0, |(content, _)| *content);
        let listed: Vec<ListedPart> = numbers
            .iter()
            .map(|number| ListedPart { number: *number, md5: [content(number) + u8::from(stale); 16] })
            .collect();
        let condition = self.condition(upload.key, wish);
        let is_small = |number: &u32| upload.parts[number].1.length < PART_BYTES_MIN;
        let first_wrong =
            numbers.iter().enumerate().find_map(|(index, number)| match stale || !upload.parts.contains_key(number) {
                true => Some("PartInvalid"),
                false => (index + 1 < numbers.len() && is_small(number)).then_some("PartTooSmall"),
            });
        let overtaken = match (&condition, self.objects().get(upload.key)) {
            (Condition::Absent, _) => upload.deleted_since,
            (Condition::Match(_), Some(object)) => object.changed > upload.began,
            _ => false,
        };
        let fault = (numbers.is_empty() || !numbers.is_sorted_by(|one, next| one < next))
            .then_some("PartsOutOfOrder")
            .or(first_wrong)
            .or_else(|| self.fault_of(upload.key, &condition))
            .or(overtaken.then_some("ConditionalRequestConflict"));
        let answer = self.ask(ObjectCommand::CompleteUpload {
            bucket: bucket(),
            key: named(upload.key),
            upload: upload.id,
            parts: listed,
            checksum: None,
            condition,
            origin: EventOrigin::default(),
        });
        agrees(&answer, fault);
        let Ok(Reply::Object(ObjectReply::Changed(changed))) = answer else { return };
        let etag = changed.etag.expect("there is an object now");
        assert_eq!(etag.parts as usize, numbers.len());
        let contents: Vec<u8> = numbers.iter().map(content).collect();
        assert_eq!(*self.etags.entry(contents).or_insert(etag), etag, "equal parts have equal ETags");
        let blobs = numbers.iter().map(|number| upload.parts[number].1).collect();
        let changed = self.next_change;
        self.objects().insert(upload.key, Object { etag, blobs, tags: Tags::new(), changed });
        self.uploads.remove(place);
    }

    /// Keys, and what they have in common up to the delimiter, in their order; behind `after`.
    fn list(&mut self, prefix: &str, delimiter: &str, after: Option<&str>, max: usize) {
        let wanted = Wanted { prefix: prefix.into(), delimiter: delimiter.into(), after: after.map(Box::from), max };
        let answer = self.ask(ObjectCommand::ListObjects { bucket: bucket(), wanted });
        agrees(&answer, self.bucket.is_none().then_some("BucketDoesNotExist"));
        let Ok(Reply::Object(ObjectReply::Objects(page))) = answer else { return };
        let common = |key: &str| {
            let end = key.strip_prefix(prefix)?.find(delimiter).filter(|_| !delimiter.is_empty())?;
            Some(key[..prefix.len() + end + delimiter.len()].to_owned())
        };
        let mut entries: Vec<(String, bool)> = Vec::new();
        for key in self.objects().keys().filter(|key| key.starts_with(prefix)) {
            let group = common(key);
            let is_behind = after.is_none_or(|after| *key > after && group.as_deref() != Some(after));
            let entry = (group.clone().unwrap_or_else(|| key.to_string()), group.is_some());
            if is_behind && !entries.contains(&entry) {
                entries.push(entry);
            }
        }
        let rest = entries.split_off(max.min(entries.len()));
        let is_last = rest.is_empty() || max == 0;
        let of = |groups: bool| entries.iter().filter(move |entry| entry.1 == groups).map(|entry| &*entry.0);
        assert!(page.objects.iter().map(|object| &*object.key).eq(of(false)), "{page:?}: {entries:?}");
        assert!(page.prefixes.iter().map(|prefix| &**prefix).eq(of(true)), "{page:?}: {entries:?}");
        let next = entries.last().filter(|_| !is_last).map(|entry| &*entry.0);
        assert_eq!(page.next.as_deref(), next, "{page:?}: {entries:?}, then {rest:?}");
    }

    fn compare(&mut self, is_restarted: bool) {
        for key in KEYS {
            let expected = self.bucket.as_ref().and_then(|objects| objects.get(key));
            let command = ObjectCommand::FindObject { bucket: bucket(), key: named(key) };
            match (self.system.look(Command::Object(Box::new(command))), expected) {
                (Ok(Reply::Object(ObjectReply::Found(found))), Some(object)) => {
                    assert_eq!(found.tags, object.tags, "{key}");
                    assert_eq!(self.system.object(found.place).etag, object.etag, "{key}");
                }
                (Err(_), None) => {}
                other => panic!("{key}: {other:?}"),
            }
        }
        let of_objects = self.bucket.iter().flat_map(|objects| objects.values()).flat_map(|object| &object.blobs);
        let of_uploads = self.uploads.iter().flat_map(|upload| upload.parts.values()).map(|(_, segment)| segment);
        let expected: BTreeSet<BlobId> = of_objects.chain(of_uploads).map(|segment| segment.blob).collect();
        let there: BTreeSet<BlobId> = self.system.broker.blobs().collect();
        assert_eq!(there, expected, "the blobs that somebody has");
        let freed = self.system.broker.take_freed_blobs();
        if !is_restarted {
            for blob in freed {
                assert!(!expected.contains(&blob), "{blob} is somebody's");
                assert!(self.freed.insert(blob), "{blob} is freed once");
            }
        }
    }
}

fn agrees(answer: &Result<Reply, bongsu_broker::Rejection>, fault: Option<Fault>) {
    match (answer, fault) {
        (Ok(_), None) => {}
        (Err(rejection), Some(fault)) => {
            let text = format!("{rejection:?}");
            assert!(text.starts_with(&format!("Object({fault}")), "refused with {text} instead of {fault}");
        }
        _ => panic!("{answer:?} instead of {fault:?}"),
    }
}

fn whole(content: u8) -> ETag {
    ETag::of_whole([content; 16])
}

fn bucket() -> BucketName {
    BucketName::parse("photos").expect("a good name")
}

fn named(key: &str) -> ObjectKey {
    ObjectKey::parse(key).expect("a good key")
}
