//! The words of a line of a script, and the commands that they make.

use std::collections::BTreeMap;
use std::str::FromStr;

use bytes::Bytes;

use super::script::{ACCOUNT, REGION};
use crate::{
    AttemptOutcome, AttributesGiven, Command, DeduplicationKey, Destination, Function, FunctionRef, FunctionVersion,
    MachineRef, MappingDefinition, Outgoing, QueueName, ScheduleDestination, Seconds, SendOrigin, Tag, Text, TopicName,
};

/// What is left of a line.
pub(super) struct Words<'a>(pub(super) Vec<&'a str>);

impl<'a> Words<'a> {
    pub(super) fn next(&mut self) -> &'a str {
        assert!(!self.0.is_empty(), "a word is missing");
        self.0.remove(0)
    }

    pub(super) fn queue(&mut self) -> QueueName {
        QueueName { account: ACCOUNT, name: self.next().into() }
    }

    pub(super) fn rest(&mut self) -> impl Iterator<Item = &'a str> + use<'a> {
        std::mem::take(&mut self.0).into_iter()
    }

    pub(super) fn flag(&mut self, name: &str) -> bool {
        let found = self.0.iter().position(|word| *word == name);
        found.map(|place| self.0.remove(place)).is_some()
    }

    pub(super) fn option(&mut self, name: &str) -> Option<&'a str> {
        let value = |word: &&'a str| word.strip_prefix(name).and_then(|rest| rest.strip_prefix('='));
        let place = self.0.iter().position(|word| value(word).is_some())?;
        value(&self.0.remove(place))
    }

    pub(super) fn number<T: FromStr>(&mut self, name: &str) -> Option<T> {
        self.option(name).map(number)
    }
}

pub(super) fn number<T: FromStr>(word: &str) -> T {
    word.parse().unwrap_or_else(|_| panic!("not a number: {word}"))
}

pub(super) fn milliseconds(time: &str) -> u64 {
    let units = [("ms", 1), ("s", 1_000), ("h", 3_600_000), ("d", 86_400_000)];
    let known = units.iter().find_map(|(unit, factor)| Some((time.strip_suffix(unit)?, factor)));
    let (count, factor) = known.expect("a time is written as +5s");
    number::<u64>(count) * factor
}

pub(super) fn create_queue(words: &mut Words) -> Command {
    let name = words.queue();
    let tags = words.option("tag").map(tag).into_iter().collect();
    let cooldown = words.flag("cooldown");
    let mut given = attributes(words, &name);
    if name.is_fifo() {
        given.insert("FifoQueue".to_owned(), "true".to_owned());
    }
    let given = AttributesGiven::parse(&given, &name, REGION).expect("a script gives attributes that parse");
    Command::CreateQueue { name, given, tags, cooldown }
}

pub(super) fn tag(word: &str) -> Tag {
    let (key, value) = word.split_once(':').expect("a tag is written as key:value");
    (key.into(), value.into())
}

/// One for each id.
pub(super) fn request_key(id: &str) -> DeduplicationKey {
    let mut key = [0; 16];
    key[..id.len()].copy_from_slice(id.as_bytes());
    DeduplicationKey(key)
}

pub(super) fn attributes(words: &mut Words, queue: &QueueName) -> BTreeMap<String, String> {
    let mut given = BTreeMap::new();
    let mut give = |name: &str, value: String| drop(given.insert(name.to_owned(), value));
    let arn = |name: &str| QueueName { account: ACCOUNT, name: name.into() }.arn(REGION);
    for (word, attribute) in [
        ("visibility", "VisibilityTimeout"),
        ("retention", "MessageRetentionPeriod"),
        ("delay", "DelaySeconds"),
        ("size", "MaximumMessageSize"),
    ] {
        if let Some(value) = words.option(word) {
            give(attribute, value.to_owned());
        }
    }
    if words.flag("content-deduplication") {
        give("ContentBasedDeduplication", "true".into());
    }
    if words.flag("per-group") {
        give("DeduplicationScope", "messageGroup".into());
    }
    if words.flag("per-queue") {
        give("DeduplicationScope", "queue".into());
    }
    if let Some(target) = words.option("dead-letters") {
        let arn = arn(target);
        let after: u32 = words.number("after").expect("dead-letters needs after=N");
        give("RedrivePolicy", format!(r#"{{"deadLetterTargetArn":"{arn}","maxReceiveCount":{after}}}"#));
    }
    match words.option("allow") {
        Some("none") => give("RedriveAllowPolicy", r#"{"redrivePermission":"denyAll"}"#.into()),
        Some(source) => {
            let source = arn(source);
            let policy = format!(r#"{{"redrivePermission":"byQueue","sourceQueueArns":["{source}"]}}"#);
            give("RedriveAllowPolicy", policy);
        }
        None => {}
    }
    if let Some(policy) = words.option("policy") {
        give("Policy", policy.to_owned());
    }
    assert!(words.0.is_empty(), "unknown words for {}: {:?}", queue.name, words.0);
    given
}

pub(super) fn send(step: &str) -> (QueueName, Vec<Outgoing>) {
    let step = step.strip_prefix("send ").expect("looked at by the caller");
    let (queue, entries) = step.trim().split_once(' ').expect("send NAME BODY");
    let queue = QueueName { account: ACCOUNT, name: queue.into() };
    (queue, entries.split('|').map(|entry| outgoing(Words(entry.split_whitespace().collect()))).collect())
}

pub(super) fn outgoing(mut words: Words) -> Outgoing {
    let size: Option<usize> = words.number("size");
    let window = words.number("window").map(Seconds);
    let entry = Outgoing {
        body: Text::default(),
        body_md5: [5; 16],
        attributes: Bytes::new(),
        attributes_size: 0,
        delay: words.number("delay").map(Seconds),
        group: words.option("group").map(Text::from),
        deduplication_id: words.option("dedup").map(Text::from),
        sender: Text::from("scenario"),
        trace_header: None,
        origin: window.map_or(SendOrigin::Api, |redelivery_window| SendOrigin::Webhook { redelivery_window }),
    };
    let body = words.next();
    assert!(words.0.is_empty(), "unknown words: {:?}", words.0);
    let attributes_size = size.map_or(0, |size| size - body.len());
    Outgoing { body: Text::from(body), attributes_size, ..entry }
}

pub(super) fn function(words: &mut Words) -> Function {
    Function {
        version: FunctionVersion::Latest,
        revision: 0,
        runtime: "python3.13".into(),
        handler: "app.handler".into(),
        code: words.option("code").unwrap_or("code").into(),
        code_digest: "".into(),
        layers: Vec::new(),
        timeout_seconds: 3,
        memory_mb: 128,
        environment: vec![("STAGE".into(), "test".into())],
        dead_letters: words.option("dead-letters").map(destination),
        details: "".into(),
        name: words.next().into(),
    }
}

pub(super) fn mapping(words: &mut Words) -> MappingDefinition {
    MappingDefinition {
        batch_size: words.number("batch").unwrap_or(10),
        window: Seconds(words.number("window").unwrap_or(0)),
        report_batch_item_failures: words.flag("partial"),
        concurrency_max: words.number("concurrency"),
        enabled: !words.flag("disabled"),
        filters: Vec::new(),
        details: "".into(),
        queue: words.queue(),
        function: FunctionRef::parse(words.next()),
    }
}

/// A queue's name, `topic:NAME` or `function:NAME`.
pub(super) fn destination(word: &str) -> Destination {
    match word.split_once(':') {
        Some(("topic", name)) => Destination::Topic(TopicName { account: ACCOUNT, name: name.into() }),
        Some(("function", name)) => Destination::Function(FunctionRef::parse(name)),
        _ => Destination::Queue(QueueName { account: ACCOUNT, name: word.into() }),
    }
}

pub(super) fn schedule_destination(word: &str) -> ScheduleDestination {
    match word.split(':').collect::<Vec<_>>()[..] {
        ["machine", name] => ScheduleDestination::Machine(MachineRef { name: name.into(), qualifier: None }),
        ["call", service, action] => ScheduleDestination::Operation { service: service.into(), action: action.into() },
        _ => destination(word).into(),
    }
}

pub(super) fn outcome(words: &mut Words) -> AttemptOutcome {
    match words.next() {
        "succeeded" => AttemptOutcome::Succeeded,
        "failed" => AttemptOutcome::Failed,
        "lost" => AttemptOutcome::Lost,
        "partly" => AttemptOutcome::PartlyFailed(words.rest().map(number).collect()),
        other => panic!("unknown word: {other}"),
    }
}

/// A message of this body and nothing else.
pub(super) fn outgoing_of(body: &str) -> Outgoing {
    outgoing(Words(vec![body]))
}
