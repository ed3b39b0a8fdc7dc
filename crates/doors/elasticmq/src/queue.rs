//! `queues { }`: each queue's name, attributes, tags and dead-letter queue.

use std::collections::BTreeMap;

use bongsu_broker::{Account, QueueName};

use crate::hocon::Value;
use crate::section::{Section, Text};

const FIFO_SUFFIX: &str = ".fifo";
/// Longest visibility timeout, delay and wait for messages, in seconds.
const VISIBILITY_SECONDS_MAX: u64 = 43_200;
const DELAY_SECONDS_MAX: u64 = 900;
const WAIT_SECONDS_MAX: u64 = 20;
/// How often a message may be received before it is a dead letter.
const RECEIVES_MAX: u32 = 1_000;

/// A queue to create.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueSpec {
    /// Where it begins in the file.
    pub line: u32,
    /// Its name, with `.fifo` for a FIFO queue.
    pub name: String,
    /// The attributes exactly as `CreateQueue` takes them, but for the redrive policy; those not given are absent.
    pub attributes: BTreeMap<String, String>,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// Where its dead letters go.
    pub dead_letters: Option<DeadLetters>,
}

/// Where messages go that were received too often.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadLetters {
    /// The name of a queue of the same kind, in this file or made before.
    pub queue: String,
    /// 1 to 1,000.
    pub receive_count_max: u32,
}

impl DeadLetters {
    /// The value of `RedrivePolicy`.
    pub fn policy(&self, account: Account, region: &str) -> String {
        let arn = QueueName { account, name: self.queue.as_str().into() }.arn(region);
        format!(r#"{{"deadLetterTargetArn":"{arn}","maxReceiveCount":{}}}"#, self.receive_count_max)
    }
}

/// Reads all queues: dead-letter queues before those that name them (unless they go in a circle), otherwise in the order
/// of the file.
pub(crate) fn read(mut section: Section<'_>) -> Vec<QueueSpec> {
    let mut queues: BTreeMap<String, QueueSpec> = BTreeMap::new();
    for key in section.keys() {
        let Some(queue) = section.section(&key) else { continue };
        let queue = read_queue(key, queue);
        if let Some(other) = queues.get(&queue.name) {
            let (line, other) = (queue.line.max(other.line), queue.line.min(other.line));
            section.found.fault(line, format!("the queue {} stands on line {other} already", queue.name));
        }
        queues.insert(queue.name.clone(), queue);
    }
    targets_first(queues)
}

fn read_queue(key: String, mut section: Section<'_>) -> QueueSpec {
    let line = section.line;
    let is_fifo = section.boolean("fifo").unwrap_or(false);
    if key.ends_with(FIFO_SUFFIX) && !is_fifo {
        section.fault(line, "a name that ends in .fifo needs fifo = true");
    }
    let name = with_suffix(key, is_fifo);
    if !(QueueName { account: Account(0), name: name.as_str().into() }).is_valid() {
        section.fault(line, "a queue's name is 1 to 80 letters, digits, hyphens or underscores, .fifo included");
    }
    let mut attributes = BTreeMap::new();
    // SQS refuses `FifoQueue` on a standard queue even as "false".
    if is_fifo {
        attributes.insert("FifoQueue".to_owned(), "true".to_owned());
    }
    for (key, attribute, max) in [
        ("defaultVisibilityTimeout", "VisibilityTimeout", VISIBILITY_SECONDS_MAX),
        ("delay", "DelaySeconds", DELAY_SECONDS_MAX),
        ("receiveMessageWait", "ReceiveMessageWaitTimeSeconds", WAIT_SECONDS_MAX),
    ] {
        let seconds = section.seconds(key, max);
        attributes.extend(seconds.map(|seconds| (attribute.to_owned(), seconds.to_string())));
    }
    match section.boolean("contentBasedDeduplication") {
        Some(true) if !is_fifo => section.fault(line, "contentBasedDeduplication needs fifo = true"),
        Some(given) if is_fifo => {
            attributes.insert("ContentBasedDeduplication".to_owned(), given.to_string());
        }
        _ => {}
    }
    for key in ["copyTo", "moveTo"] {
        if let Some(node) = section.take(key) {
            section.fault(node.line, &format!("{key} is not supported"));
        }
    }
    let dead_letters = dead_letters(&mut section, is_fifo);
    let tags = tags(&mut section);
    section.finish();
    QueueSpec { line, name, attributes, tags, dead_letters }
}

/// ElasticMQ appends what is missing of a FIFO queue's name.
fn with_suffix(name: String, is_fifo: bool) -> String {
    if is_fifo && !name.ends_with(FIFO_SUFFIX) { name + FIFO_SUFFIX } else { name }
}

fn dead_letters(section: &mut Section<'_>, is_fifo: bool) -> Option<DeadLetters> {
    let mut section = section.section("deadLettersQueue")?;
    let line = section.line;
    for key in ["name", "maxReceiveCount"] {
        if !section.has(key) {
            section.fault(line, &format!("{key} is missing"));
        }
    }
    let name = section.text("name");
    let count = section.whole("maxReceiveCount", 1..=RECEIVES_MAX);
    let letters = name.zip(count).map(|(Text { line, text }, receive_count_max)| {
        let queue = with_suffix(text, is_fifo);
        if !is_fifo && queue.ends_with(FIFO_SUFFIX) {
            section.fault(line, "a dead-letter queue must be of the same kind: FIFO or standard");
        }
        if !(QueueName { account: Account(0), name: queue.as_str().into() }).is_valid() {
            section.fault(line, "name is not a queue's name");
        }
        DeadLetters { queue, receive_count_max }
    });
    section.finish();
    letters
}

fn tags(section: &mut Section<'_>) -> BTreeMap<String, String> {
    let mut tags = BTreeMap::new();
    let Some(mut section) = section.section("tags") else { return tags };
    for (key, node) in section.rest() {
        match node.value {
            Value::Text(text) => {
                tags.insert(key, text);
            }
            Value::Null => {}
            _ => section.fault(node.line, &format!("the value of {key} must be a text; quote a key that has dots")),
        }
    }
    tags
}

fn targets_first(mut queues: BTreeMap<String, QueueSpec>) -> Vec<QueueSpec> {
    let mut by_line: Vec<(u32, String)> = queues.values().map(|queue| (queue.line, queue.name.clone())).collect();
    by_line.sort();
    let mut ordered = Vec::with_capacity(queues.len());
    for (_, name) in by_line {
        let mut chain = Vec::new();
        let mut next = Some(name);
        // A queue that was taken before ends the chain, in a circle too.
        while let Some(queue) = next.and_then(|name| queues.remove(&name)) {
            next = queue.dead_letters.as_ref().map(|letters| letters.queue.clone());
            chain.push(queue);
        }
        ordered.extend(chain.into_iter().rev());
    }
    ordered
}
