//! The script's lines about buckets and objects.
//!
//! ```text
//! bucket NAME [owner=N] | delete-bucket NAME | show-bucket NAME | buckets [PREFIX] [after=NAME] [max=N]
//! put BUCKET KEY BODY [absent] [match=BODY] [blob] [tag=K:V]
//!                                               the ETag is that of the body; `blob` content is not in the record
//! copy BUCKET KEY BUCKET KEY                    shares the content as it is now
//! recopy BUCKET KEY                             shares the content that was last copied, wherever that is
//! get BUCKET KEY | delete-object BUCKET KEY [match=BODY] | tag-object BUCKET KEY K:V ...
//! ls BUCKET [prefix=P] [delimiter=D] [after=K] [max=N]
//! upload BUCKET KEY                             ^1 is the first upload
//! part ^1 NUMBER BODY [small]                   as large as a part has to be, or one byte
//! complete ^1 NUMBER=BODY ... [absent] [match=BODY]
//! parts ^1 [after=N] [max=N] | abort ^1 | uploads BUCKET [prefix=P] [after=KEY] [max=N]
//! rule BUCKET TARGET EVENT [prefix=P] [suffix=S] [unchecked]
//!                                               one more rule; a target is a queue's name, or topic:t, function:f
//! rules BUCKET | told TARGET                    what a queue was told: event and key; or a function, once
//! freed                                         blobs that can be removed, by their bodies
//! ```

use std::collections::BTreeMap;

use bytes::Bytes;
use md5::{Digest, Md5};

use super::script::{ACCOUNT, REGION, Story, listed, show_rejection};
use super::words::{Words, destination, number, tag};
use crate::*;

/// The names of what a script puts into buckets.
#[derive(Default)]
pub(super) struct Shelves {
    /// In the order in which they began: the first is ^1.
    uploads: Vec<(BucketName, ObjectKey, UploadId)>,
    /// What was put as a blob.
    blobs: BTreeMap<BlobId, String>,
    copied: Option<ObjectRecord>,
    rules: BTreeMap<BucketName, Vec<NotificationRule>>,
}

impl Shelves {
    /// Whether a word that begins with ^ names an upload.
    pub(super) fn knows(&self, upload: &str) -> bool {
        (1..=self.uploads.len()).contains(&number(upload))
    }

    fn upload(&self, word: &str) -> (BucketName, ObjectKey, UploadId) {
        let word = word.strip_prefix('^').expect("an upload is written as ^1");
        self.uploads[number::<usize>(word) - 1].clone()
    }

    fn stage(&mut self, body: &str, length: u64) -> Segment {
        let blob = BlobId(self.blobs.len() as u128 + 1);
        self.blobs.insert(blob, body.to_owned());
        Segment { blob, length }
    }
}

fn bucket(words: &mut Words) -> BucketName {
    BucketName::parse(words.next()).expect("a script names buckets well")
}

fn key(words: &mut Words) -> ObjectKey {
    ObjectKey::parse(words.next()).expect("a script names objects well")
}

fn md5(body: &str) -> [u8; 16] {
    Md5::digest(body.as_bytes()).into()
}

fn condition(words: &mut Words) -> Condition {
    match words.option("match") {
        Some(body) => Condition::Match(Text::from(format!("\"{}\"", hex::encode(md5(body))))),
        None if words.flag("absent") => Condition::Absent,
        None => Condition::None,
    }
}

fn origin() -> EventOrigin {
    EventOrigin { region: Text::from(REGION), ..EventOrigin::default() }
}

impl Story {
    /// Does what a line about buckets says; `None` if it is about something else.
    pub(super) fn play_objects(&mut self, step: &str) -> Option<String> {
        let mut words = Words(step.split_whitespace().collect());
        let command = match words.next() {
            "get" => return Some(self.get(bucket(&mut words), key(&mut words))),
            "told" => return Some(self.show_told(destination(words.next()))),
            "freed" => {
                let freed = self.world.broker.take_freed_blobs();
                return Some(listed(freed.iter().map(|blob| self.shelves.blobs[blob].clone())));
            }
            "copy" => {
                let source = ObjectCommand::FindObject { bucket: bucket(&mut words), key: key(&mut words) };
                match self.ask_object(source) {
                    Ok(ObjectReply::Found(found)) => self.shelves.copied = Some(self.record(&found)),
                    Ok(other) => panic!("FindObject answered {other:?}"),
                    Err(rejection) => return Some(show_rejection(&rejection)),
                }
                self.put_copy(bucket(&mut words), key(&mut words))
            }
            "recopy" => self.put_copy(bucket(&mut words), key(&mut words)),
            verb => self.object_command(verb, &mut words)?,
        };
        assert!(words.0.is_empty(), "unknown words: {:?}", words.0);
        let (begun, ruled) = (begun_by(&command), ruled_by(&command));
        Some(match self.ask_object(command) {
            Ok(reply) => {
                if let Some((bucket, rules)) = ruled {
                    self.shelves.rules.insert(bucket, rules);
                }
                self.show_object(reply, begun)
            }
            Err(rejection) => show_rejection(&rejection),
        })
    }

    fn ask_object(&mut self, command: ObjectCommand) -> Result<ObjectReply, Rejection> {
        let nothing = ObjectReply::Buckets(Vec::new());
        self.world.ask(Command::Object(Box::new(command))).map(|(reply, _)| match reply {
            Reply::Object(reply) => reply,
            _ => nothing,
        })
    }

    fn object_command(&mut self, verb: &str, words: &mut Words) -> Option<ObjectCommand> {
        Some(match verb {
            "bucket" => {
                let owner = words.number("owner").map_or(ACCOUNT, Account);
                ObjectCommand::CreateBucket { bucket: bucket(words), owner, tags: Tags::new() }
            }
            "delete-bucket" => ObjectCommand::DeleteBucket { bucket: bucket(words) },
            "show-bucket" => ObjectCommand::DescribeBucket { bucket: bucket(words) },
            "buckets" => ObjectCommand::ListBuckets {
                owner: ACCOUNT,
                after: words.option("after").map(Box::from),
                max: words.number("max").unwrap_or(BUCKETS_MAX),
                prefix: words.rest().next().unwrap_or_default().into(),
            },
            "put" => {
                let condition = condition(words);
                let (is_blob, tags) = (words.flag("blob"), words.option("tag").map(tag).into_iter().collect());
                let (bucket, key, body) = (bucket(words), key(words), words.next());
                let content = match is_blob {
                    true => ContentDraft::Staged(self.shelves.stage(body, body.len() as u64)),
                    false => ContentDraft::Inline(Bytes::copy_from_slice(body.as_bytes())),
                };
                let (etag, properties) = (ETag::of_whole(md5(body)), ObjectProperties::default());
                let draft = ObjectDraft { content, etag, properties, checksum: None, tags, is_copy: false };
                ObjectCommand::PutObject { bucket, key, draft, condition, origin: origin() }
            }
            "delete-object" => {
                let condition = condition(words);
                let (bucket, key) = (bucket(words), key(words));
                ObjectCommand::DeleteObject { bucket, key, condition, origin: origin() }
            }
            "tag-object" => ObjectCommand::TagObject {
                bucket: bucket(words),
                key: key(words),
                tags: words.rest().map(tag).collect(),
            },
            "ls" => {
                let wanted = Wanted {
                    prefix: words.option("prefix").unwrap_or_default().into(),
                    delimiter: words.option("delimiter").unwrap_or_default().into(),
                    after: words.option("after").map(Box::from),
                    max: words.number("max").unwrap_or(LISTED_MAX),
                };
                ObjectCommand::ListObjects { bucket: bucket(words), wanted }
            }
            "rule" => self.rule(words),
            "rules" => ObjectCommand::DescribeBucket { bucket: bucket(words) },
            verb => self.upload_command(verb, words)?,
        })
    }

    fn upload_command(&mut self, verb: &str, words: &mut Words) -> Option<ObjectCommand> {
        Some(match verb {
            "upload" => {
                ObjectCommand::BeginUpload { bucket: bucket(words), key: key(words), draft: UploadDraft::default() }
            }
            "part" => {
                let (bucket, key, upload) = self.shelves.upload(words.next());
                let length = if words.flag("small") { 1 } else { PART_BYTES_MIN };
                let (number, body) = (number(words.next()), words.next());
                let segment = self.shelves.stage(body, length);
                let part = PartDraft { segment, md5: md5(body), checksum: None };
                ObjectCommand::PutPart { bucket, key, upload, number, part }
            }
            "complete" => {
                let condition = condition(words);
                let (bucket, key, upload) = self.shelves.upload(words.next());
                let part = |word: &str| {
                    let (number, body) = word.split_once('=').expect("a part is written as 1=body");
                    ListedPart { number: super::words::number(number), md5: md5(body) }
                };
                let (parts, checksum) = (words.rest().map(part).collect(), None);
                ObjectCommand::CompleteUpload { bucket, key, upload, parts, checksum, condition, origin: origin() }
            }
            "parts" => {
                let (after, max) = (words.number("after").unwrap_or(0), words.number("max").unwrap_or(LISTED_MAX));
                let (bucket, key, upload) = self.shelves.upload(words.next());
                ObjectCommand::ListParts { bucket, key, upload, after, max }
            }
            "abort" => {
                let (bucket, key, upload) = self.shelves.upload(words.next());
                ObjectCommand::AbortUpload { bucket, key, upload }
            }
            "uploads" => ObjectCommand::ListUploads {
                prefix: words.option("prefix").unwrap_or_default().into(),
                after: words.option("after").map(|key| UploadMarker { key: key.into(), upload: None }),
                max: words.number("max").unwrap_or(LISTED_MAX),
                bucket: bucket(words),
            },
            _ => return None,
        })
    }

    fn put_copy(&mut self, bucket: BucketName, key: ObjectKey) -> ObjectCommand {
        let ObjectRecord { etag, properties, checksum, tags, content, .. } =
            self.shelves.copied.clone().expect("something was copied");
        let content = match content {
            ObjectContent::Inline(bytes) => ContentDraft::Inline(bytes),
            ObjectContent::Blobs(segments) => ContentDraft::Shared(segments),
        };
        let tags = tags.into_iter().collect();
        let draft = ObjectDraft { content, etag, properties, checksum, tags, is_copy: true };
        ObjectCommand::PutObject { bucket, key, draft, condition: Condition::None, origin: origin() }
    }

    fn rule(&mut self, words: &mut Words) -> ObjectCommand {
        let (prefix, suffix) = (words.option("prefix").unwrap_or_default(), words.option("suffix").unwrap_or_default());
        let validate = !words.flag("unchecked");
        let bucket = bucket(words);
        let mut rules = self.shelves.rules.get(&bucket).cloned().unwrap_or_default();
        let target = destination(words.next());
        let events = vec![EventPattern::parse(words.next()).expect("a script names events well")];
        let id = format!("r{}", rules.len() + 1).into();
        rules.push(NotificationRule { id, events, prefix: prefix.into(), suffix: suffix.into(), target });
        ObjectCommand::SetNotificationRules { bucket, rules, validate, region: REGION.into() }
    }

    fn record(&self, found: &FoundObject) -> ObjectRecord {
        match self.world.fact(found.place) {
            Fact::Object { fact: ObjectFact::ObjectPut { object, .. } } => {
                ObjectRecord { tags: found.tags.clone().into_iter().collect(), ..object }
            }
            other => panic!("the record of an object holds {other:?}"),
        }
    }

    fn get(&mut self, bucket: BucketName, key: ObjectKey) -> String {
        let record = match self.ask_object(ObjectCommand::FindObject { bucket, key }) {
            Ok(ObjectReply::Found(found)) => self.record(&found),
            Ok(other) => panic!("FindObject answered {other:?}"),
            Err(rejection) => return show_rejection(&rejection),
        };
        let tags: String = record.tags.iter().map(|(key, value)| format!(" {key}:{value}")).collect();
        let content = match &record.content {
            ObjectContent::Inline(bytes) => String::from_utf8_lossy(bytes).into_owned(),
            ObjectContent::Blobs(segments) => {
                let bodies = segments.iter().map(|segment| self.shelves.blobs[&segment.blob].clone());
                bodies.collect::<Vec<_>>().join("+")
            }
        };
        content + &tags
    }

    fn show_object(&mut self, reply: ObjectReply, begun: Option<(BucketName, ObjectKey)>) -> String {
        match reply {
            ObjectReply::Bucket(definition) => {
                listed(definition.rules.iter().map(|rule| format!("{}:{}", rule.id, rule.events[0].name())))
            }
            ObjectReply::Buckets(buckets) if buckets.is_empty() => "ok".into(),
            ObjectReply::Buckets(buckets) => listed(buckets.iter().map(|bucket| bucket.name.to_string())),
            ObjectReply::Changed(changed) => match changed.told {
                Told::Nobody => "ok".into(),
                Told::Somebody => "ok, told".into(),
                Told::InVain => "ok, told in vain".into(),
            },
            ObjectReply::Found(_) => unreachable!("`get` shows what was found"),
            ObjectReply::Objects(page) => {
                let keys = page.objects.iter().map(|object| object.key.to_string());
                let more = page.next.map(|next| format!("> {next}"));
                listed(keys.chain(page.prefixes.iter().map(|prefix| format!("{prefix}…"))).chain(more))
            }
            ObjectReply::UploadBegan(id) => {
                let (bucket, key) = begun.expect("an upload begins by a line");
                self.shelves.uploads.push((bucket, key, id));
                format!("^{}", self.shelves.uploads.len())
            }
            ObjectReply::Parts(page) => {
                let more = page.is_truncated.then(|| ">".to_owned());
                listed(page.parts.iter().map(|part| part.number.to_string()).chain(more))
            }
            ObjectReply::Uploads(page) => {
                let name = |id| 1 + self.shelves.uploads.iter().position(|(.., known)| *known == id).expect("it began");
                let more = page.is_truncated.then(|| ">".to_owned());
                listed(page.uploads.iter().map(|upload| format!("{}^{}", upload.key, name(upload.id))).chain(more))
            }
        }
    }

    /// What the messages of a queue tell, or the events of a function, in order.
    fn show_told(&mut self, destination: Destination) -> String {
        let places: Vec<Place> = match destination {
            Destination::Queue(queue) => match self.world.ask(Command::Peek { queue, from: 0, max: 1000 }) {
                Ok((Reply::Peeked(peeked), _)) => peeked.iter().map(|peeked| peeked.delivery.place).collect(),
                other => panic!("Peek answered {other:?}"),
            },
            Destination::Topic(_) => panic!("topics tell their subscribers"),
            Destination::Function(_) => self.world.run(1000).iter().map(|due| due.place).collect(),
        };
        listed(places.into_iter().map(|place| {
            let body = match self.world.stored(place) {
                Stored::Message(content) => content.body,
                Stored::Notification(notification, _) => notification.body,
                Stored::Invocation(invocation) => invocation.payload,
                _ => panic!("a question tells of no object"),
            };
            let told: serde_json::Value = serde_json::from_str(&body).expect("what is told is JSON");
            let record = &told["Records"][0];
            let text = |value: &serde_json::Value| value.as_str().unwrap_or("test").to_owned();
            format!("{}={}", text(&record["eventName"]), text(&record["s3"]["object"]["key"]))
        }))
    }
}

fn begun_by(command: &ObjectCommand) -> Option<(BucketName, ObjectKey)> {
    match command {
        ObjectCommand::BeginUpload { bucket, key, .. } => Some((bucket.clone(), key.clone())),
        _ => None,
    }
}

fn ruled_by(command: &ObjectCommand) -> Option<(BucketName, Vec<NotificationRule>)> {
    match command {
        ObjectCommand::SetNotificationRules { bucket, rules, .. } => Some((bucket.clone(), rules.clone())),
        _ => None,
    }
}
