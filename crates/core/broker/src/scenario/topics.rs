//! The lines of a script that are about topics: what they ask, and how what comes of it is shown.

use std::collections::BTreeMap;

use bongsu_rate_limit::Feedback;
use bytes::Bytes;

use super::script::{ACCOUNT, REGION, Story, listed, show_rejection};
use super::words::{Words, number, tag};
use crate::{
    Command, DeliveryOutcome, DueDelivery, FAULTS_ATTRIBUTE, Protocol, Publication, PublishTally, Question, QueueName,
    Replay, Reply, Stored, Subscriber, SubscriptionAdded, SubscriptionAttributes, SubscriptionDescription,
    SubscriptionId, SubscriptionState, Text, Token, TopicAttributes, TopicName,
};

/// What a script calls subscriptions, and the attempts at their endpoints.
#[derive(Default)]
pub(super) struct Subscribers {
    /// In the order in which they were made: topic and endpoint.
    known: Vec<(SubscriptionId, TopicName, String)>,
    /// The tokens that were last seen.
    tokens: BTreeMap<SubscriptionId, Token>,
    /// In the order in which they were begun.
    attempts: Vec<(String, SubscriptionId, u64)>,
}

impl Subscribers {
    /// The endpoint, as a script writes it.
    pub(super) fn label(&self, id: SubscriptionId) -> &str {
        &self.known.iter().find(|(known, ..)| *known == id).expect("made by a line").2
    }

    pub(super) fn forget_attempts(&mut self) {
        self.attempts.clear();
    }

    /// The newest subscription of this endpoint.
    fn find(&self, topic: &TopicName, endpoint: &str) -> Option<SubscriptionId> {
        let newest = self.known.iter().rev().find(|(_, of, label)| of == topic && label == endpoint);
        newest.map(|(id, ..)| *id)
    }

    fn take_attempt(&mut self, name: &str) -> Option<(SubscriptionId, u64)> {
        let place = match name {
            "first" => (!self.attempts.is_empty()).then_some(0),
            "last" => self.attempts.len().checked_sub(1),
            name => self.attempts.iter().position(|(known, ..)| known == name),
        };
        place.map(|place| self.attempts.remove(place)).map(|(_, id, sequence)| (id, sequence))
    }
}

impl Story {
    /// Does what a line says, if it is about topics.
    pub(super) fn play_topics(&mut self, step: &str) -> Option<String> {
        let mut words = Words(step.split_whitespace().collect());
        let command = match words.next() {
            "publish" => publish(step),
            "begin" => {
                let begun = self.world.begin(words.number("max").unwrap_or(1000));
                let names: Vec<String> = begun.iter().map(|due| self.note_attempt(due)).collect();
                return Some(listed(names.into_iter()));
            }
            verb => match self.topic_command(verb, &mut words)? {
                Ok(command) => command,
                Err(unknown) => return Some(unknown.into()),
            },
        };
        assert!(words.0.is_empty() || matches!(command, Command::Publish { .. }), "unknown words: {:?}", words.0);
        let label = if let Command::Subscribe { topic, .. } = &command {
            let endpoint = step.split_whitespace().nth(2).expect("subscribe TOPIC ENDPOINT");
            Some((topic.clone(), endpoint.to_owned()))
        } else {
            None
        };
        Some(match (self.world.ask(command), label) {
            (Ok((Reply::Subscribed { id, pending }, _)), Some((topic, endpoint))) => {
                let again = self.subscribers.known.iter().any(|(known, ..)| *known == id);
                let shown =
                    format!("@{endpoint}{}{}", if pending { "?" } else { "" }, if again { " again" } else { "" });
                if !again {
                    self.subscribers.known.push((id, topic, endpoint));
                }
                self.note_token(id);
                shown
            }
            (Ok((reply, _)), _) => self.show_topics(reply),
            (Err(rejection), _) => show_rejection(&rejection),
        })
    }

    fn topic_command(&mut self, verb: &str, words: &mut Words) -> Option<Result<Command, &'static str>> {
        Some(Ok(match verb {
            "topic" => create_topic(words),
            "set-topic" => Command::SetTopicAttribute {
                topic: words.topic(),
                name: words.next().into(),
                value: words.next().into(),
            },
            "tag-topic" => Command::TagTopic { topic: words.topic(), tags: words.rest().map(tag).collect() },
            "untag-topic" => Command::UntagTopic { topic: words.topic(), keys: words.rest().map(Box::from).collect() },
            "delete-topic" => Command::DeleteTopic { topic: words.topic() },
            "show-topic" => Command::DescribeTopic { topic: words.topic() },
            "topics" => Command::ListTopics {
                account: ACCOUNT,
                after: words.option("after").map(Box::from),
                max: words.number("max").unwrap_or(100),
            },
            "subscribe" => subscribe(words),
            "subscriptions" => {
                let max = words.number("max").unwrap_or(100);
                let after = words.option("after");
                match words.0.is_empty() {
                    true => Command::ListSubscriptions { account: ACCOUNT, after: None, max },
                    false => {
                        let topic = words.topic();
                        let after = after.and_then(|after| self.subscribers.find(&topic, after));
                        Command::ListSubscriptionsByTopic { topic, after, max }
                    }
                }
            }
            "delivered" | "failed" | "refused" | "too-early" => {
                let Some((subscription, sequence)) = self.subscribers.take_attempt(words.next()) else {
                    return Some(Err("no such attempt"));
                };
                let outcome = match verb {
                    "delivered" => DeliveryOutcome::Delivered,
                    "failed" => DeliveryOutcome::Failed,
                    "too-early" => DeliveryOutcome::TooEarly,
                    _ => DeliveryOutcome::Refused,
                };
                let status = if verb == "too-early" { 429 } else { 200 };
                let headers = words.rest().map(|word| word.split_once(':').expect("a header is NAME:VALUE"));
                let feedback = Feedback::from_response(status, headers, self.world.broker.now().0);
                Command::EndDelivery { subscription, sequence, outcome, feedback }
            }
            "confirm" | "unsubscribe" | "set-subscription" | "show-subscription" => {
                let (topic, endpoint) = (words.topic(), words.next());
                let Some(id) = self.subscribers.find(&topic, endpoint) else { return Some(Err("no such subscriber")) };
                self.note_token(id);
                match verb {
                    "unsubscribe" => Command::Unsubscribe { id, has_credentials: !words.flag("anonymous") },
                    "show-subscription" => Command::DescribeSubscription { id },
                    "confirm" => {
                        let Some(Token(mut token)) = self.subscribers.tokens.get(&id).copied() else {
                            return Some(Err("no token was ever made"));
                        };
                        token[31] ^= u8::from(words.flag("wrong"));
                        let authenticated = words.flag("authenticated");
                        Command::ConfirmSubscription { token: Token(token), authenticated }
                    }
                    _ => {
                        let (name, value) = (words.next(), words.next());
                        let value = if name == FAULTS_ATTRIBUTE { value.replace('_', " ") } else { value.to_owned() };
                        let (name, value, region) = (name.into(), value.into(), REGION.into());
                        Command::SetSubscriptionAttribute { id, name, value, region }
                    }
                }
            }
            _ => return None,
        }))
    }

    fn note_token(&mut self, id: SubscriptionId) {
        let Some(known) = self.world.broker.topics.subscription(id) else { return };
        let token = match known.definition().state {
            SubscriptionState::Pending { token, .. } | SubscriptionState::Ended { token, .. } => Some(token),
            SubscriptionState::Confirmed { token, .. } => token,
        };
        self.subscribers.tokens.extend(token.map(|token| (id, token)));
    }

    fn note_attempt(&mut self, due: &DueDelivery) -> String {
        let endpoint = self.subscribers.label(due.subscription);
        let (name, form) = match self.world.stored(due.place) {
            Stored::Question(Question::Confirm { .. }) => (format!("confirm@{endpoint}"), String::new()),
            Stored::Question(Question::Restore { .. }) => (format!("restore@{endpoint}"), String::new()),
            _ => self.name_of(due.place),
        };
        let times = match due.pending.failed_attempts {
            0 => String::new(),
            failed => format!("x{}", failed + 1),
        };
        let lost = due.definition.function().is_some() && due.function.is_none();
        self.subscribers.attempts.push((name.clone(), due.subscription, due.sequence));
        format!("{name}{times}{form}{}", if lost { "(no function)" } else { "" })
    }

    pub(super) fn show_topics(&mut self, reply: Reply) -> String {
        match reply {
            Reply::Done | Reply::DeliveryEnded(_) => "ok".into(),
            Reply::Topic(topic) => {
                let tags: String = topic.definition.tags.iter().map(|(key, value)| format!(" {key}:{value}")).collect();
                let (confirmed, pending) = (topic.confirmed, topic.pending);
                format!("confirmed={confirmed} pending={pending} ended={}{tags}", topic.definition.unsubscribed)
            }
            Reply::Topics(names) => listed(names.iter().map(|name| name.name.to_string())),
            Reply::Subscribed { id, pending } => {
                format!("@{}{}", self.subscribers.label(id), if pending { "?" } else { "" })
            }
            Reply::Subscription(described) => {
                let oldest = described.oldest.map(|oldest| self.world.broker.now().0 - oldest.0);
                let oldest = oldest.map_or(String::new(), |age| format!(" oldest={}s", age as f64 / 1000.0));
                let replay = match described.replay {
                    None => "",
                    Some(Replay { completed: false, .. }) => " replaying",
                    Some(_) => " replayed",
                };
                let shown = self.show_subscription(&described);
                format!("{shown} undelivered={}{oldest}{replay}", described.undelivered)
            }
            // By their names: they come by their identities, which are random.
            Reply::Subscriptions(described) => {
                assert!(described.is_sorted_by_key(|one| one.id), "subscriptions are listed in order");
                let mut shown: Vec<String> = described.iter().map(|one| self.show_subscription(one)).collect();
                shown.sort();
                listed(shown.into_iter())
            }
            Reply::Published { results, tally, .. } => {
                let shown: Vec<String> = results
                    .into_iter()
                    .map(|published| {
                        let known = self.messages.iter().position(|id| *id == published.message_id);
                        assert_eq!(known.is_some(), published.duplicate, "only a duplicate has the id of another");
                        let place = known.unwrap_or_else(|| {
                            self.messages.push(published.message_id);
                            self.messages.len() - 1
                        });
                        let sequence = published.sequence.map_or(String::new(), |sequence| format!(":{sequence}"));
                        format!("#{}{sequence}{}", place + 1, if published.duplicate { "=" } else { "" })
                    })
                    .collect();
                format!("{}{}", shown.join(" | "), show_tally(&tally))
            }
            other => panic!("not an answer about topics: {other:?}"),
        }
    }

    fn show_subscription(&self, described: &SubscriptionDescription) -> String {
        let state = match described.definition.state {
            SubscriptionState::Pending { .. } => "?",
            SubscriptionState::Confirmed { authenticated: true, .. } => "",
            SubscriptionState::Confirmed { authenticated: false, .. } => "(open)",
            SubscriptionState::Ended { .. } => panic!("an ended subscription does not show"),
        };
        format!("{}@{}{state}", described.topic.name, self.subscribers.label(described.id))
    }
}

fn show_tally(tally: &PublishTally) -> String {
    let counts = [
        ("delivered", tally.delivered),
        ("failed", tally.failed),
        ("dead-lettered", tally.dead_lettered),
        ("not-dead-lettered", tally.not_dead_lettered),
        ("filtered", tally.filtered_out.values().sum()),
    ];
    counts.iter().filter(|(_, count)| *count > 0).map(|(name, count)| format!(" {name}={count}")).collect()
}

impl Words<'_> {
    fn topic(&mut self) -> TopicName {
        TopicName { account: ACCOUNT, name: self.next().into() }
    }
}

fn create_topic(words: &mut Words) -> Command {
    let tags = words.option("tag").map(tag).into_iter().collect();
    let mut given = BTreeMap::new();
    let mut give = |name: &str, value: &str| drop(given.insert(name.to_owned(), value.to_owned()));
    if words.flag("content-deduplication") {
        give("ContentBasedDeduplication", "true");
    }
    if words.flag("per-group") {
        give("FifoThroughputScope", "MessageGroup");
    }
    if let Some(bytes) = words.option("size") {
        give("MaximumMessageSize", bytes);
    }
    let name = words.topic();
    if name.is_fifo() {
        give("FifoTopic", "true");
    }
    let attributes = TopicAttributes::parse(&given, &name).expect("a script gives attributes that parse");
    Command::CreateTopic { name, attributes, tags }
}

fn subscribe(words: &mut Words) -> Command {
    let mut given = BTreeMap::new();
    if words.flag("raw") {
        given.insert("RawMessageDelivery".to_owned(), "true".to_owned());
    }
    let queue = |name: &str| QueueName { account: ACCOUNT, name: name.into() };
    if let Some(name) = words.option("dead-letters") {
        let policy = format!(r#"{{"deadLetterTargetArn":"{}"}}"#, queue(name).arn(REGION));
        given.insert("RedrivePolicy".to_owned(), policy);
    }
    let (topic, endpoint) = (words.topic(), words.next());
    let (protocol, name) = endpoint.split_once(':').unwrap_or(("sqs", endpoint));
    let protocol = Protocol::parse(protocol).expect("an endpoint is written as https:w");
    let queue = (protocol == Protocol::Sqs).then(|| queue(name));
    let endpoint: Box<str> = match (&queue, protocol) {
        (Some(queue), _) => queue.arn(REGION).into(),
        (None, Protocol::Lambda) => format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}").into(),
        (None, _) => name.into(),
    };
    let subscriber =
        Subscriber { owner: ACCOUNT, protocol, endpoint: &endpoint, of_fifo: topic.is_fifo(), region: REGION };
    let attributes = SubscriptionAttributes::parse(&given, &subscriber);
    let attributes = attributes.expect("a script gives attributes that parse");
    let principal = "arn:aws:iam::000000000001:root".into();
    let added = SubscriptionAdded { owner: ACCOUNT, principal, protocol, endpoint, queue, attributes };
    Command::Subscribe { topic, added }
}

fn publish(step: &str) -> Command {
    let step = step.strip_prefix("publish ").expect("looked at by the caller");
    let (topic, entries) = step.trim().split_once(' ').expect("publish TOPIC BODY");
    let entries = entries.split('|').map(|entry| publication(Words(entry.split_whitespace().collect()))).collect();
    let topic = TopicName { account: ACCOUNT, name: topic.into() };
    Command::Publish { topic, entries, region: REGION.into() }
}

fn publication(mut words: Words) -> Publication {
    let own = words.option("for").map(|own| {
        let (protocol, body) = own.split_once(':').expect("a body for a protocol is written as for=sqs:hello");
        (Protocol::parse(protocol).expect("a protocol's name"), Text::from(body))
    });
    let size: Option<usize> = words.number("size");
    let (group, deduplication_id) = (words.option("group").map(Text::from), words.option("dedup").map(Text::from));
    let attributes_count = words.option("attributes").map_or(0, number);
    let body = words.next();
    assert!(words.0.is_empty(), "unknown words: {:?}", words.0);
    Publication {
        body: Text::from(body),
        bodies: own.into_iter().collect(),
        subject: None,
        attributes: Bytes::new(),
        attributes_size: 0,
        attributes_count,
        facets: Vec::new(),
        message_bytes: size.unwrap_or(body.len()),
        group,
        deduplication_id,
        trace_header: None,
    }
}
