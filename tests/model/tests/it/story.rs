//! A story: steps that the broker and the model take side by side, and the lines that tell them.

use std::fmt::Display;

use bongsu_broker::{
    Command, Content, DeduplicationKey, Delivery, DeliveryOutcome, MessageId, MoveTaskDescription, MoveTaskId,
    Outgoing, Peeked, Protocol, Publication, QueueId, ReceiptHandle, Reply, Seconds, SendOrigin, Subscriber,
    SubscriptionAdded, SubscriptionAttributes, Text, Timestamp, TopicAttributes, VisibilityChange,
};
use bytes::Bytes;

use crate::attributes::{given, is_fifo};
use crate::model::{Entry, FUNCTION, Model, Seen};
use crate::step::{self, Picked, QUEUES, Step, TOPICS, Time};
use crate::system::{ACCOUNT, REGION, System, queue_name, topic_name};

/// A time at which nothing special happens.
const START: u64 = 1_767_225_600_000;
/// What comes later is far. Milliseconds.
const NEAR: u64 = 600_000;
/// A queue with more messages gets no further ones: looking through all of them has to stay quick.
const MESSAGES_MAX: usize = 80;

/// The broker beside the model.
pub(crate) struct Story {
    system: System,
    model: Model,
    /// Handles in the order in which they were handed out, each once.
    handles: Vec<(&'static str, ReceiptHandle, MessageId)>,
    /// In the order in which they were sent: the first is #1.
    messages: Vec<MessageId>,
    /// In the order in which they were started: the first is %1.
    tasks: Vec<(&'static str, MoveTaskId)>,
    /// What was done, in the words of the core's scenarios.
    pub(crate) lines: Vec<String>,
}

impl Story {
    pub(crate) fn new() -> Story {
        let mut model = Model::default();
        model.pass(START);
        let (handles, messages, tasks) = (Vec::new(), Vec::new(), Vec::new());
        Story { system: System::new(START), model, handles, messages, tasks, lines: Vec::new() }
    }

    /// Panics unless the broker answers, and is afterwards, as the model allows.
    pub(crate) fn play(&mut self, step: &Step) {
        let receivable: Vec<&str> = QUEUES.into_iter().filter(|name| self.has_deliverable(name)).collect();
        self.system.broker.take_woken();
        self.take(step);
        self.compare();
        if !matches!(step, Step::Restart | Step::Clean { .. }) {
            self.check_woken(&receivable);
        }
    }

    fn take(&mut self, step: &Step) {
        match step {
            Step::Send { queue, entries } => self.send(queue, entries),
            Step::Receive { queue, max, visibility, request } => self.receive(queue, *max, *visibility, *request),
            Step::Fail { queue } => (0..4).for_each(|_| self.receive(queue, 10, Some(0), None)),
            Step::Crowd { queue } => {
                self.send(queue, &step::crowd());
                (0..4).for_each(|_| self.receive(queue, 10, Some(600), None));
            }
            Step::Delete { queue, handles } => self.delete(queue, handles),
            Step::Visibility { queue, changes } => self.change_visibility(queue, changes),
            Step::Create { queue, given: settings, tags, cooldown } => {
                self.tell(&[
                    &"queue",
                    queue,
                    &words(settings),
                    &words(tags.iter().map(tag)),
                    &flag("cooldown", *cooldown),
                ]);
                let answer = given(queue, settings, true).and_then(|given| {
                    let (name, tags) = (queue_name(queue), tags.iter().map(boxed).collect());
                    self.system.ask(Command::CreateQueue { name, given, tags, cooldown: *cooldown })
                });
                self.model.create(queue, settings, tags, *cooldown, &answer);
                let description = self.system.describe(queue);
                let made = self.model.queues.iter_mut().find(|known| known.name == *queue);
                if let (Some(made), Some(description)) = (made, description) {
                    made.id = description.id;
                }
            }
            Step::Set { queue, given: settings } => {
                self.tell(&[&"set", queue, &words(settings)]);
                let queue_name = queue_name(queue);
                // The door finds the queue before it reads the attributes.
                let described = self.system.look(Command::DescribeQueue { queue: queue_name.clone() });
                let answer = described
                    .and_then(|_| given(queue, settings, false))
                    .and_then(|given| self.system.ask(Command::SetQueueAttributes { queue: queue_name, given }));
                self.model.set(queue, settings, &answer);
            }
            Step::Tag { queue, tags } => {
                self.tell(&[&"tag", queue, &words(tags.iter().map(tag))]);
                let command = Command::TagQueue { queue: queue_name(queue), tags: tags.iter().map(boxed).collect() };
                let answer = self.system.ask(command);
                self.model.tag(queue, tags, &answer);
            }
            Step::Untag { queue, keys } => {
                self.tell(&[&"untag", queue, &words(keys)]);
                let keys_boxed = keys.iter().map(|key| Box::from(key.as_str())).collect();
                let answer = self.system.ask(Command::UntagQueue { queue: queue_name(queue), keys: keys_boxed });
                self.model.untag(queue, keys, &answer);
            }
            Step::Purge { queue, cooldown } => {
                self.tell(&[&"purge", queue, &flag("cooldown", *cooldown)]);
                let answer = self.system.ask(Command::PurgeQueue { queue: queue_name(queue), cooldown: *cooldown });
                self.model.purge(queue, *cooldown, &answer);
            }
            Step::DeleteQueue { queue } => {
                self.tell(&[&"delete-queue", queue]);
                let answer = self.system.ask(Command::DeleteQueue { queue: queue_name(queue) });
                self.model.delete_queue(queue, &answer);
            }
            Step::List { prefix } => {
                self.tell(&[&"list", prefix]);
                self.model.list(prefix, &self.system.lists(prefix));
            }
            Step::Sources { queue } => {
                self.tell(&[&"sources", queue]);
                let command = Command::ListDeadLetterSources { queue: queue_name(queue), after: None, max: 1000 };
                self.model.sources(queue, &self.system.look(command));
            }
            Step::StartMoves { queue, to, rate } => self.start_moves(queue, *to, *rate),
            Step::CancelMoves { queue, task } => self.cancel_moves(queue, task),
            Step::StartAndCancel { queue } => (0..6).for_each(|_| {
                self.start_moves(queue, None, Some(1));
                self.cancel_moves(queue, &Picked { back: 0, of_any: false });
            }),
            Step::ListMoves { queue, max } => {
                self.tell(&[&"redrives", queue, &format!("max={max}")]);
                self.model.list_move_tasks(queue, *max, &self.system.move_tasks(queue, *max));
            }
            Step::Move => {
                self.tell(&[&"move"]);
                let due = self.system.broker.take_due_moves();
                due.into_iter().for_each(|source| self.move_messages(source));
            }
            Step::MoveAnyway { queue } => {
                self.tell(&[&"// one step of", queue]);
                let source = self.model.find(queue).map(|queue| queue.id);
                source.into_iter().for_each(|source| self.move_messages(source));
            }
            Step::CreateTopic { topic } => {
                self.tell(&[&"topic", topic]);
                let given = [("FifoTopic", "true"), ("ContentBasedDeduplication", "true")];
                let given =
                    given.iter().filter(|_| is_fifo(topic)).map(|(name, value)| (name.to_string(), value.to_string()));
                let attributes = TopicAttributes::parse(&given.collect(), &topic_name(topic)).expect("they are right");
                let (name, tags) = (topic_name(topic), Default::default());
                let answer = self.system.ask(Command::CreateTopic { name, attributes, tags });
                self.model.create_topic(topic, &answer);
            }
            Step::DeleteTopic { topic } => {
                self.tell(&[&"delete-topic", topic]);
                let answer = self.system.ask(Command::DeleteTopic { topic: topic_name(topic) });
                self.model.delete_topic(topic, &answer);
            }
            Step::Subscribe { topic, endpoint, dead_letters } => {
                let told = dead_letters.map(|name| format!("dead-letters={name}")).unwrap_or_default();
                self.tell(&[&"subscribe", topic, endpoint, &told]);
                let added = subscriber(topic, endpoint, *dead_letters);
                let answer = self.system.ask(Command::Subscribe { topic: topic_name(topic), added });
                self.model.subscribe(topic, endpoint, *dead_letters, &answer);
            }
            Step::Unsubscribe { topic, endpoint } => {
                let Some(id) = self.model.subscription_of(topic, endpoint) else { return };
                self.tell(&[&"unsubscribe", topic, endpoint]);
                let answer = self.system.ask(Command::Unsubscribe { id, has_credentials: true });
                self.model.unsubscribe(id, &answer);
            }
            Step::Publish { topic, entries } => self.publish(topic, entries),
            Step::Deliver { max, outcome } => self.deliver(*max, *outcome),
            Step::Pass(time) => {
                let now = self.time(time);
                self.tell(&[&format!("+{}ms", now - self.model.now)]);
                self.system.broker.advance(Timestamp(now));
                self.model.pass(now);
            }
            Step::Restart => {
                self.tell(&[&"restart"]);
                self.system.restart(self.model.now);
            }
            Step::Clean { one_in, dies } => {
                self.tell(&[&"// cleaned: one in", one_in, &if *dies { "and died" } else { "" }]);
                self.system.clean(*one_in, *dies);
                self.model.clean();
            }
        }
    }

    fn tell(&mut self, words: &[&dyn Display]) {
        let words: Vec<String> = words.iter().map(|word| word.to_string()).filter(|word| !word.is_empty()).collect();
        self.lines.push(words.join(" "));
    }

    fn send(&mut self, queue: &'static str, entries: &[Entry]) {
        if self.model.find(queue).is_some_and(|known| known.messages.len() + entries.len() > MESSAGES_MAX) {
            return;
        }
        let told: Vec<String> = entries.iter().map(tell_entry).collect();
        self.tell(&[&"send", &queue, &told.join(" | ")]);
        let outgoing = entries.iter().map(outgoing).collect();
        let answer = self.system.ask(Command::Send { queue: queue_name(queue), entries: outgoing });
        self.model.send(queue, entries, &answer);
        if let Ok(Reply::Sent(results)) = &answer {
            let accepted = results.iter().flatten().filter(|sent| !sent.duplicate);
            self.messages.extend(accepted.map(|sent| sent.message_id));
        }
    }

    fn publish(&mut self, topic: &'static str, entries: &[Entry]) {
        if self.model.queues.iter().any(|queue| queue.messages.len() + 2 * entries.len() > MESSAGES_MAX) {
            return;
        }
        let told: Vec<String> = entries.iter().map(tell_entry).collect();
        self.tell(&[&"publish", &topic, &told.join(" | ")]);
        let (name, entries_given) = (topic_name(topic), entries.iter().map(publication).collect());
        let answer = self.system.ask(Command::Publish { topic: name, entries: entries_given, region: REGION.into() });
        self.model.publish(topic, entries, &answer, |name| seen(&self.system, name));
    }

    /// Begins what is due, and ends it before anything else happens.
    fn deliver(&mut self, max: usize, outcome: DeliveryOutcome) {
        self.tell(&[&"begin", &format!("max={max}"), &"//", &format!("{outcome:?}")]);
        let begun = self.system.broker.take_due_deliveries(max);
        assert_eq!(begun.len(), max.min(self.model.due_deliveries()), "what is due begins");
        for due in begun {
            let (subscription, sequence) = (due.subscription, due.sequence);
            let answer =
                self.system.ask(Command::EndDelivery { subscription, sequence, outcome, feedback: Default::default() });
            self.model.deliver(&due, outcome, &answer, |name| seen(&self.system, name));
        }
    }

    fn receive(&mut self, queue: &'static str, max: usize, visibility: Option<u32>, request: Option<&str>) {
        let visibility_told = visibility.map(|seconds| format!("visibility={seconds}")).unwrap_or_default();
        let request_told = request.map(|request| format!("request={request}")).unwrap_or_default();
        self.tell(&[&"receive", &queue, &format!("max={max}"), &visibility_told, &request_told]);
        let answer = self.system.ask(Command::Receive {
            queue: queue_name(queue),
            max,
            visibility_timeout: visibility.map(Seconds),
            request: request.map(|request| DeduplicationKey::of(&[request.as_bytes()])),
        });
        self.model.receive(queue, max, visibility, request, &answer, |name| seen(&self.system, name));
        let Ok(Reply::Received { deliveries, .. }) = answer else { return };
        for delivery in deliveries {
            let content = self.system.content(&delivery);
            self.check_content(queue, &delivery, &content);
            if !self.handles.iter().any(|(_, handle, _)| *handle == delivery.handle) {
                self.handles.push((queue, delivery.handle, content.message_id));
            }
        }
    }

    /// Handed out is what was sent.
    fn check_content(&self, queue: &str, delivery: &Delivery, content: &Content) {
        let id = id_of(delivery, content);
        let messages = self.model.find(queue).map(|queue| queue.messages.as_slice()).unwrap_or_default();
        let message = messages.iter().find(|message| message.id == id.0).expect("it was received");
        assert_eq!(&*content.body, message.body);
        assert_eq!(content.group.as_deref(), message.group.as_deref());
        assert_eq!(content.deduplication_id.as_deref(), message.deduplication_id.as_deref());
    }

    fn delete(&mut self, queue: &'static str, picked: &[Picked]) {
        let handles: Vec<ReceiptHandle> = picked.iter().filter_map(|picked| self.handle(queue, picked)).collect();
        self.tell(&[&"delete", &queue, &words(handles.iter().map(|handle| self.tell_handle(*handle)))]);
        let answer = self.system.ask(Command::Delete { queue: queue_name(queue), handles: handles.clone() });
        self.model.delete(queue, &handles, &answer);
    }

    fn change_visibility(&mut self, queue: &'static str, picked: &[(Picked, u32)]) {
        let changes: Vec<(ReceiptHandle, u32)> =
            picked.iter().filter_map(|(picked, timeout)| Some((self.handle(queue, picked)?, *timeout))).collect();
        let told = changes.iter().map(|(handle, timeout)| format!("{}={timeout}", self.tell_handle(*handle)));
        self.tell(&[&"visibility", &queue, &words(told)]);
        let asked =
            changes.iter().map(|(handle, timeout)| VisibilityChange { handle: *handle, timeout: Seconds(*timeout) });
        let command = Command::ChangeVisibility { queue: queue_name(queue), changes: asked.collect() };
        let answer = self.system.ask(command);
        self.model.change_visibility(queue, &changes, &answer);
    }

    fn start_moves(&mut self, queue: &'static str, to: Option<&str>, rate: Option<u32>) {
        let to_told = to.map(|to| format!("to={to}")).unwrap_or_default();
        self.tell(&[&"redrive", &queue, &to_told, &rate.map(|rate| format!("rate={rate}")).unwrap_or_default()]);
        let (source, destination) = (queue_name(queue), to.map(queue_name));
        let answer = self.system.ask(Command::StartMoveTask { source, destination, messages_per_second: rate });
        self.model.start_move_task(queue, to, rate, &answer);
        if let Ok(Reply::MoveTaskStarted(id)) = answer {
            self.tasks.push((queue, id));
        }
    }

    fn cancel_moves(&mut self, queue: &'static str, picked: &Picked) {
        let mut of_queue = self.tasks.iter().enumerate().rev().filter(|(_, (of, _))| picked.of_any || *of == queue);
        let Some((place, (_, id))) = of_queue.nth(picked.back) else { return };
        let id = *id;
        self.tell(&[&"cancel-redrive", &queue, &format!("%{}", place + 1)]);
        let answer = self.system.ask(Command::CancelMoveTask { id, source: queue_name(queue) });
        self.model.cancel_move_task(queue, id, &answer);
    }

    fn move_messages(&mut self, source: QueueId) {
        let answer = self.system.ask(Command::MoveMessages { source });
        let name = self.model.queues.iter().find(|queue| queue.id == source).map(|queue| queue.name.as_str());
        let status = name.and_then(|name| match self.system.move_tasks(name, 1) {
            Ok(Reply::MoveTasks(tasks)) => tasks.first().map(|task: &MoveTaskDescription| task.status),
            _ => None,
        });
        self.model.move_messages(source, &answer, status, |name| seen(&self.system, name));
    }

    fn handle(&self, queue: &str, picked: &Picked) -> Option<ReceiptHandle> {
        let mut of_queue = self.handles.iter().rev().filter(|(of, ..)| picked.of_any || *of == queue);
        of_queue.nth(picked.back).map(|(_, handle, _)| *handle)
    }

    fn tell_handle(&self, handle: ReceiptHandle) -> String {
        let (.., id) = self.handles.iter().find(|(_, known, _)| *known == handle).expect("it was handed out");
        let number = self.messages.iter().position(|sent| sent == id).map_or(0, |place| place + 1);
        format!("#{number}x{}", handle.receive_count)
    }

    fn time(&self, time: &Time) -> u64 {
        match time {
            Time::Milliseconds(milliseconds) => self.model.now + milliseconds,
            Time::Deadline { later, far, off } => {
                let mut deadlines = self.model.deadlines();
                deadlines.retain(|deadline| *far || *deadline < self.model.now + NEAR);
                let deadline = deadlines.get(*later).or(deadlines.last()).copied().unwrap_or(self.model.now);
                deadline.saturating_add_signed(*off).max(self.model.now)
            }
        }
    }

    /// Everything that can be seen of every queue is as the model has it.
    fn compare(&mut self) {
        for name in QUEUES {
            let description = self.system.describe(name);
            let Some(queue) = self.model.find(name) else {
                assert!(description.is_none(), "{name} must not exist");
                continue;
            };
            let description = description.unwrap_or_else(|| panic!("{name} must exist"));
            queue.is_described_by(&description, self.model.now);
            let content = |delivery: &Delivery| self.system.content(delivery);
            queue.is_shown_by(&self.system.peek(name), self.model.now, content);
            self.model.list_move_tasks(name, usize::MAX, &self.system.move_tasks(name, usize::MAX));
        }
        for name in TOPICS {
            let command = Command::ListSubscriptionsByTopic { topic: topic_name(name), after: None, max: 100 };
            self.model.has_subscriptions(name, &self.system.look(command));
        }
        let due = self.system.due_moves();
        assert!(self.model.due_moves().iter().all(|source| due.contains(source)), "a task is due and nobody knows");
    }

    fn has_deliverable(&self, name: &str) -> bool {
        self.model.find(name).is_some_and(|queue| queue.has_deliverable(self.model.now))
    }

    /// "Deleting all in-flight messages unlocks the group at once and must wake long polls": so must whatever else makes
    /// a message receivable.
    fn check_woken(&mut self, receivable_before: &[&str]) {
        let woken = self.system.broker.take_woken();
        for name in QUEUES.into_iter().filter(|name| !receivable_before.contains(name)) {
            if self.has_deliverable(name) {
                let id = self.model.find(name).map(|queue| queue.id).expect("it has messages");
                assert!(woken.contains(&id), "whoever waits at {name} must be woken");
            }
        }
    }
}

fn seen(system: &System, name: &str) -> Vec<Seen> {
    let see = |peeked: Peeked| {
        let content = system.content(&peeked.delivery);
        let group = content.group.as_deref().map(str::to_owned);
        Seen { id: id_of(&peeked.delivery, &content).0, sequence: peeked.delivery.handle.sequence, group }
    };
    system.peek(name).into_iter().map(see).collect()
}

/// A moved message has another id than its record.
fn id_of(delivery: &Delivery, content: &Content) -> MessageId {
    delivery.message_id.unwrap_or(content.message_id)
}

fn outgoing(entry: &Entry) -> Outgoing {
    let text = |text: &Option<String>| text.as_deref().map(Text::from);
    Outgoing {
        body: Text::from(entry.body.as_str()),
        body_md5: [0; 16],
        attributes: Bytes::new(),
        attributes_size: entry.attributes_size,
        delay: entry.delay.map(Seconds),
        group: text(&entry.group),
        deduplication_id: text(&entry.deduplication_id),
        sender: Text::default(),
        trace_header: None,
        origin: match entry.window {
            None => SendOrigin::Api,
            Some(window) => SendOrigin::Webhook { redelivery_window: Seconds(window) },
        },
    }
}

fn publication(entry: &Entry) -> Publication {
    let text = |text: &Option<String>| text.as_deref().map(Text::from);
    Publication {
        body: Text::from(entry.body.as_str()),
        bodies: Vec::new(),
        subject: None,
        attributes: Bytes::new(),
        attributes_size: 0,
        attributes_count: 0,
        facets: Vec::new(),
        message_bytes: entry.body.len(),
        group: text(&entry.group),
        deduplication_id: text(&entry.deduplication_id),
        trace_header: None,
    }
}

/// A queue or a function that wants what a topic publishes.
fn subscriber(topic: &str, endpoint: &str, dead_letters: Option<&str>) -> SubscriptionAdded {
    let queue = (endpoint != FUNCTION).then(|| queue_name(endpoint));
    let protocol = if queue.is_some() { Protocol::Sqs } else { Protocol::Lambda };
    let function = format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:{endpoint}");
    let endpoint = queue.as_ref().map_or(function, |queue| queue.arn(REGION));
    let policy = |name| {
        let arn = queue_name(name).arn(REGION);
        ("RedrivePolicy".to_owned(), format!(r#"{{"deadLetterTargetArn":"{arn}"}}"#))
    };
    let given = dead_letters.map(policy).into_iter().collect();
    let (owner, of_fifo) = (ACCOUNT, is_fifo(topic));
    let subscriber = Subscriber { owner, protocol, endpoint: &endpoint, of_fifo, region: REGION };
    let attributes = SubscriptionAttributes::parse(&given, &subscriber).expect("they are right");
    let principal = "arn:aws:iam::000000000000:root".into();
    SubscriptionAdded { owner, principal, protocol, endpoint: endpoint.into(), queue, attributes }
}

fn tell_entry(entry: &Entry) -> String {
    let told = [
        entry.group.as_ref().map(|group| format!("group={group}")),
        entry.deduplication_id.as_ref().map(|id| format!("dedup={id}")),
        entry.delay.map(|delay| format!("delay={delay}")),
        entry.window.map(|window| format!("window={window}")),
        (entry.attributes_size > 0).then(|| format!("size={}", entry.attributes_size + entry.body.len())),
    ];
    let options: Vec<String> = told.into_iter().flatten().collect();
    if options.is_empty() { entry.body.clone() } else { format!("{} {}", entry.body, options.join(" ")) }
}

fn words(words: impl IntoIterator<Item = impl Display>) -> String {
    words.into_iter().map(|word| word.to_string()).collect::<Vec<_>>().join(" ")
}

fn tag((key, value): &(String, String)) -> String {
    format!("{key}:{value}")
}

fn boxed((key, value): &(String, String)) -> (Box<str>, Box<str>) {
    (key.as_str().into(), value.as_str().into())
}

fn flag(word: &'static str, given: bool) -> &'static str {
    if given { word } else { "" }
}
