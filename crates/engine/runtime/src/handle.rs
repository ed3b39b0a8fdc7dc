//! The doors' side of the shard: one method a command, each with its own reply type.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use bongsu_broker::{
    Account, Admission, AttributesGiven, CallId, CallLimits, Caller, Command, Content, DeduplicationKey, Delivery,
    DeliveryEnd, DeliveryOutcome, EntryKey, ExecutionId, Function, FunctionRef, MoveTaskDescription, MoveTaskId,
    Outgoing, Peeked, PeekedState, PermissionAdded, Place, QueueDescription, QueueName, ReceiptHandle, Rejection,
    Reply, Seconds, Sent, StateMachine, SubscriptionId, Tags, Timestamp, TopicName, VisibilityChange,
};
use bongsu_journal::ReadError;
use bongsu_rate_limit::Feedback;
use bongsu_states_language::Definition;
use tokio::sync::{mpsc, oneshot};

use crate::admission::{AdmitTo, CallNumbers};
use crate::blobs::Blobs;
use crate::clock::Clock;
use crate::courier::Envelopes;
use crate::events::EndedEvent;
use crate::metrics::{Metrics, QUEUES_A_TURN_MAX};
use crate::reader::Reader;
use crate::start::Outside;
use crate::topic_metrics::{TOPICS_A_TURN_MAX, TopicMetrics};
use crate::workflows::{Activities, OpenTasks, TaskRunner};

/// What the shard answers.
pub(crate) struct Answer {
    pub(crate) result: Result<Reply, Rejection>,
    /// How long a receive waited for arrivals.
    pub(crate) waited: Duration,
}

/// A machine, and its definition if this version can read it.
pub(crate) type Revision = (Arc<StateMachine>, Option<Arc<Definition>>);

/// How a reply finds its way back.
pub(crate) type ReplyTo = oneshot::Sender<Answer>;

/// What the shard is asked.
pub(crate) enum Request {
    /// A command, with the time a receive may wait: none means as long as the queue says.
    Ask { command: Command, caller: Caller, wait: Option<Seconds>, reply: ReplyTo },
    /// A command whose reply nobody waits for.
    Tell(Command),
    /// Where a message's content lies now, after cleaning may have moved it.
    Locate { handle: ReceiptHandle, reply: oneshot::Sender<Option<Place>> },
    /// How an attempt at an endpoint ended, and who wants to know what became of the delivery.
    EndDelivery {
        subscription: SubscriptionId,
        sequence: u64,
        outcome: DeliveryOutcome,
        feedback: Feedback,
        reply: oneshot::Sender<DeliveryEnd>,
    },
    /// The next step of a replay, if its messages could be read.
    StepOfReplay { subscription: SubscriptionId, command: Option<Command> },
    /// Where an archived message lies now.
    LocateArchived { subscription: SubscriptionId, sequence: u64, reply: oneshot::Sender<Option<Place>> },
    /// Where the content of a delivery lies now.
    LocateDelivery { subscription: SubscriptionId, sequence: u64, reply: oneshot::Sender<Option<Place>> },
    /// One more invocation of a function, if it has room for it.
    BeginInvocation { function: FunctionRef, reply: oneshot::Sender<Result<Arc<Function>, Rejection>> },
    /// Such an invocation has ended.
    EndRunning { function: Box<str> },
    /// An attempt at an event has ended.
    EndEvent(EndedEvent),
    /// Nothing more is done about an event for now.
    EventIsOver,
    /// An express execution that was queued has ended.
    EndExpress { id: ExecutionId, succeeded: bool },
    /// What a revision of a machine means.
    Revision { revision: u128, reply: oneshot::Sender<Option<Revision>> },
    /// Where the input of an express execution lies now.
    LocateExpress { id: ExecutionId, reply: oneshot::Sender<Option<Place>> },
    /// Nor about this one, which did not come to its end.
    PutEventBack { function: Box<str>, sequence: u64 },
    /// Where an event lies now.
    LocateInvocation { function: Box<str>, sequence: u64, reply: oneshot::Sender<Option<Place>> },
    /// What a door keeps, as it was decided.
    EntryNow { key: EntryKey, reply: oneshot::Sender<Option<bytes::Bytes>> },
    /// A call that is to begin when its limits let it.
    LineUp { id: CallId, admission: Admission, reply: AdmitTo },
    /// Whoever waited for a call has gone.
    LeaveLine { id: CallId },
    /// A call that had begun has ended, with what its target said; nothing if it was not asked.
    EndCall { limits: CallLimits, feedback: Option<Feedback> },
    /// The shard in numbers, with the queues after this one, as many as one turn allows.
    Measure { after: Option<QueueName>, reply: oneshot::Sender<Metrics> },
    /// The topics in numbers, those after this one, as many as one turn allows.
    MeasureTopics { after: Option<TopicName>, reply: oneshot::Sender<Vec<TopicMetrics>> },
    /// Tell the time once what is due by now is done.
    CatchUp { reply: oneshot::Sender<Timestamp> },
    /// Answer what waits, make everything durable, and end.
    Stop,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The broker refused; nothing changed.
    Rejected(Rejection),
    /// The shard is stopping or has failed. Whether the command took effect is unknown.
    Unavailable,
}

impl From<Rejection> for Refusal {
    fn from(rejection: Rejection) -> Refusal {
        Refusal::Rejected(rejection)
    }
}

/// A message as a consumer gets it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// What changes from receive to receive.
    pub delivery: Delivery,
    /// What never changes.
    pub content: Content,
}

/// What a receive got.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Polled {
    /// None, if nothing came in time.
    pub messages: Vec<Received>,
    /// How long it waited for them.
    pub waited: Duration,
}

/// Messages that are shown without being received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeekedPage {
    /// By rising numbers.
    pub messages: Vec<(Received, PeekedState)>,
    /// Where to go on, if there may be more.
    pub next: Option<u64>,
}

/// Talks to the shard. Cloning is cheap.
#[derive(Clone)]
pub struct Handle {
    pub(crate) requests: mpsc::Sender<Request>,
    reader: Reader,
    caller: Caller,
    pub(crate) envelopes: Arc<dyn Envelopes>,
    pub(crate) blobs: Blobs,
    pub(crate) tasks: Arc<dyn TaskRunner>,
    pub(crate) activities: Activities,
    pub(crate) open_tasks: OpenTasks,
    pub(crate) calls: CallNumbers,
    pub(crate) clock: Clock,
}

/// How many messages are looked at when some are to be shown: as many as the broker shows at once.
const PEEKED_AT_A_TIME: usize = 1_000;

impl Handle {
    pub(crate) fn new(requests: mpsc::Sender<Request>, reader: Reader, outside: &Outside, clock: Clock) -> Handle {
        let (envelopes, blobs, tasks) = (outside.envelopes.clone(), outside.blobs.clone(), outside.tasks.clone());
        Handle {
            requests,
            reader,
            caller: Caller::Server,
            envelopes,
            blobs,
            tasks,
            activities: Activities::default(),
            open_tasks: OpenTasks::default(),
            calls: CallNumbers::default(),
            clock,
        }
    }

    /// The same, for somebody whose right is looked at. Without this the server itself asks.
    pub fn on_behalf_of(&self, caller: Caller) -> Handle {
        Handle { caller, ..self.clone() }
    }

    pub(crate) async fn ask(&self, command: Command, wait: Option<Seconds>) -> Result<Reply, Refusal> {
        Ok(self.ask_and_wait(command, wait).await?.0)
    }

    async fn ask_and_wait(&self, command: Command, wait: Option<Seconds>) -> Result<(Reply, Duration), Refusal> {
        let (reply, answer) = oneshot::channel();
        let request = Request::Ask { command, caller: self.caller.clone(), wait, reply };
        self.requests.send(request).await.map_err(|_| Refusal::Unavailable)?;
        let Answer { result, waited } = answer.await.map_err(|_| Refusal::Unavailable)?;
        Ok((result?, waited))
    }

    /// Has a command decided after those that were asked before, whoever waits for their answers.
    pub(crate) async fn begin_asking(
        &self,
        command: Command,
    ) -> Result<impl Future<Output = Result<Reply, Refusal>> + use<>, Refusal> {
        let (reply, answer) = oneshot::channel();
        let request = Request::Ask { command, caller: self.caller.clone(), wait: None, reply };
        self.requests.send(request).await.map_err(|_| Refusal::Unavailable)?;
        Ok(async { Ok(answer.await.map_err(|_| Refusal::Unavailable)?.result?) })
    }

    pub(crate) async fn ask_done(&self, command: Command) -> Result<(), Refusal> {
        self.ask(command, None).await.map(drop)
    }

    /// Sends a command that nobody waits for.
    pub(crate) async fn tell(&self, command: Command) {
        // A shard that is gone has nothing left to be told.
        self.requests.send(Request::Tell(command)).await.unwrap_or_default();
    }

    /// Makes a queue, or finds one that has every given attribute. With `cooldown`, not within a minute of its deletion.
    pub async fn create_queue(
        &self,
        name: QueueName,
        given: AttributesGiven,
        tags: Tags,
        cooldown: bool,
    ) -> Result<(), Refusal> {
        self.ask_done(Command::CreateQueue { name, given, tags, cooldown }).await
    }

    /// Changes the given attributes; all or none.
    pub async fn set_queue_attributes(&self, queue: QueueName, given: AttributesGiven) -> Result<(), Refusal> {
        self.ask_done(Command::SetQueueAttributes { queue, given }).await
    }

    /// Adds tags, or gives those that are there another value.
    pub async fn tag_queue(&self, queue: QueueName, tags: Tags) -> Result<(), Refusal> {
        self.ask_done(Command::TagQueue { queue, tags }).await
    }

    /// Removes tags; those that are not there do not matter.
    pub async fn untag_queue(&self, queue: QueueName, keys: Vec<Box<str>>) -> Result<(), Refusal> {
        self.ask_done(Command::UntagQueue { queue, keys }).await
    }

    /// Adds a statement to the queue's policy.
    pub async fn add_permission(&self, queue: QueueName, added: PermissionAdded) -> Result<(), Refusal> {
        self.ask_done(Command::AddPermission { queue, added }).await
    }

    /// Removes the statement of this label from the queue's policy.
    pub async fn remove_permission(&self, queue: QueueName, label: &str) -> Result<(), Refusal> {
        self.ask_done(Command::RemovePermission { queue, label: label.into() }).await
    }

    /// Deletes all messages of a queue. With `cooldown`, at most once a minute.
    pub async fn purge_queue(&self, queue: QueueName, cooldown: bool) -> Result<(), Refusal> {
        self.ask_done(Command::PurgeQueue { queue, cooldown }).await
    }

    /// The queues of the same account that have this one for their dead letters and come after `after`, at most `max`.
    pub async fn list_dead_letter_sources(
        &self,
        queue: QueueName,
        after: Option<String>,
        max: usize,
    ) -> Result<Vec<QueueName>, Refusal> {
        match self.ask(Command::ListDeadLetterSources { queue, after, max }, None).await? {
            Reply::Queues(names) => Ok(names),
            other => unreachable!("ListDeadLetterSources answered {other:?}"),
        }
    }

    /// Shows up to `max` messages of which `wanted` says so, with numbers from `from` on, whose contents take up to
    /// `bytes_max` bytes (but at least one), and changes nothing. Looks at so many at a time; there may be more.
    pub async fn peek(
        &self,
        queue: QueueName,
        from: u64,
        max: usize,
        bytes_max: u64,
        wanted: impl Fn(PeekedState) -> bool,
    ) -> Result<PeekedPage, Refusal> {
        let command = Command::Peek { queue, from, max: PEEKED_AT_A_TIME };
        let peeked = match self.ask(command, None).await? {
            Reply::Peeked(peeked) => peeked,
            other => unreachable!("Peek answered {other:?}"),
        };
        let mut next = (peeked.len() == PEEKED_AT_A_TIME).then(|| after(&peeked[PEEKED_AT_A_TIME - 1]));
        let (mut states, mut deliveries, mut bytes) = (HashMap::new(), Vec::new(), 0);
        for peeked in peeked.into_iter().filter(|peeked| wanted(peeked.state)) {
            bytes += u64::from(peeked.delivery.place.length);
            if deliveries.len() == max || (bytes > bytes_max && !deliveries.is_empty()) {
                next = Some(peeked.delivery.handle.sequence);
                break;
            }
            states.insert(peeked.delivery.handle.sequence, peeked.state);
            deliveries.push(peeked.delivery);
        }
        // Of what was deleted meanwhile there is nothing to show.
        let shown = self.with_contents(deliveries).await?;
        let with_state = |received: Received| {
            let state = states[&received.delivery.handle.sequence];
            (received, state)
        };
        Ok(PeekedPage { messages: shown.into_iter().map(with_state).collect(), next })
    }

    /// Deletes a queue with everything in it.
    pub async fn delete_queue(&self, queue: QueueName) -> Result<(), Refusal> {
        self.ask_done(Command::DeleteQueue { queue }).await
    }

    /// Everything about a queue.
    pub async fn describe_queue(&self, queue: QueueName) -> Result<QueueDescription, Refusal> {
        match self.ask(Command::DescribeQueue { queue }, None).await? {
            Reply::Queue(description) => Ok(*description),
            other => unreachable!("DescribeQueue answered {other:?}"),
        }
    }

    /// Names in order that start with `prefix` and come after `after`, at most `max`.
    pub async fn list_queues(
        &self,
        account: Account,
        prefix: String,
        after: Option<String>,
        max: usize,
    ) -> Result<Vec<QueueName>, Refusal> {
        match self.ask(Command::ListQueues { account, prefix, after, max }, None).await? {
            Reply::Queues(names) => Ok(names),
            other => unreachable!("ListQueues answered {other:?}"),
        }
    }

    /// Puts messages into a queue; durable when this returns. One result an entry, in order.
    pub async fn send(
        &self,
        queue: QueueName,
        entries: Vec<Outgoing>,
    ) -> Result<Vec<Result<Sent, Rejection>>, Refusal> {
        match self.ask(Command::Send { queue, entries }, None).await? {
            Reply::Sent(results) => Ok(results),
            other => unreachable!("Send answered {other:?}"),
        }
    }

    /// Takes up to `max` messages, waiting for the first as long as `wait` or else the queue says.
    pub async fn receive(
        &self,
        queue: QueueName,
        max: usize,
        visibility_timeout: Option<Seconds>,
        wait: Option<Seconds>,
    ) -> Result<Vec<Received>, Refusal> {
        Ok(self.receive_for(queue, max, visibility_timeout, wait, None).await?.messages)
    }

    /// Likewise; a FIFO queue gives the same messages to the same request again, while nobody touched them.
    pub async fn receive_for(
        &self,
        queue: QueueName,
        max: usize,
        visibility_timeout: Option<Seconds>,
        wait: Option<Seconds>,
        request: Option<DeduplicationKey>,
    ) -> Result<Polled, Refusal> {
        match self.ask_and_wait(Command::Receive { queue, max, visibility_timeout, request }, wait).await? {
            (Reply::Received { deliveries, .. }, waited) => {
                Ok(Polled { messages: self.with_contents(deliveries).await?, waited })
            }
            (other, _) => unreachable!("Receive answered {other:?}"),
        }
    }

    /// Deletes received messages; durable when this returns. One result a handle.
    pub async fn delete(
        &self,
        queue: QueueName,
        handles: Vec<ReceiptHandle>,
    ) -> Result<Vec<Result<(), Rejection>>, Refusal> {
        match self.ask(Command::Delete { queue, handles }, None).await? {
            Reply::Each(results) => Ok(results),
            other => unreachable!("Delete answered {other:?}"),
        }
    }

    /// Moves the end of received messages' visibility timeouts. One result a change.
    pub async fn change_visibility(
        &self,
        queue: QueueName,
        changes: Vec<VisibilityChange>,
    ) -> Result<Vec<Result<(), Rejection>>, Refusal> {
        match self.ask(Command::ChangeVisibility { queue, changes }, None).await? {
            Reply::Each(results) => Ok(results),
            other => unreachable!("ChangeVisibility answered {other:?}"),
        }
    }

    /// Begins to move a dead-letter queue's messages to `destination`, or else back to where each comes from, at most so
    /// many a second (1 to 500). Goes on by itself, also after a restart.
    pub async fn start_move_task(
        &self,
        source: QueueName,
        destination: Option<QueueName>,
        messages_per_second: Option<u32>,
    ) -> Result<MoveTaskId, Refusal> {
        match self.ask(Command::StartMoveTask { source, destination, messages_per_second }, None).await? {
            Reply::MoveTaskStarted(id) => Ok(id),
            other => unreachable!("StartMoveTask answered {other:?}"),
        }
    }

    /// Ends a move task that runs. Returns how many messages it has moved; they stay moved.
    pub async fn cancel_move_task(&self, id: MoveTaskId, source: QueueName) -> Result<u64, Refusal> {
        match self.ask(Command::CancelMoveTask { id, source }, None).await? {
            Reply::MoveTaskCancelled { moved } => Ok(moved),
            other => unreachable!("CancelMoveTask answered {other:?}"),
        }
    }

    /// The remembered move tasks of a source, the newest first, at most `max`.
    pub async fn list_move_tasks(&self, source: QueueName, max: usize) -> Result<Vec<MoveTaskDescription>, Refusal> {
        match self.ask(Command::ListMoveTasks { source, max }, None).await? {
            Reply::MoveTasks(tasks) => Ok(tasks),
            other => unreachable!("ListMoveTasks answered {other:?}"),
        }
    }

    /// The shard in numbers. Other requests get their turns in between.
    pub async fn metrics(&self) -> Result<Metrics, Refusal> {
        let mut metrics = self.measure(None).await?;
        let mut is_last = metrics.queues.len() < QUEUES_A_TURN_MAX;
        while !is_last {
            let next = self.measure(metrics.queues.last().map(|queue| queue.name.clone())).await?.queues;
            is_last = next.len() < QUEUES_A_TURN_MAX;
            metrics.queues.extend(next);
        }
        loop {
            let next = self.measure_topics(metrics.topics.last().map(|topic| topic.name.clone())).await?;
            let is_last = next.len() < TOPICS_A_TURN_MAX;
            metrics.topics.extend(next);
            if is_last {
                return Ok(metrics);
            }
        }
    }

    async fn measure_topics(&self, after: Option<TopicName>) -> Result<Vec<TopicMetrics>, Refusal> {
        let (reply, answer) = oneshot::channel();
        self.requests.send(Request::MeasureTopics { after, reply }).await.map_err(|_| Refusal::Unavailable)?;
        answer.await.map_err(|_| Refusal::Unavailable)
    }

    async fn measure(&self, after: Option<QueueName>) -> Result<Metrics, Refusal> {
        let (reply, answer) = oneshot::channel();
        self.requests.send(Request::Measure { after, reply }).await.map_err(|_| Refusal::Unavailable)?;
        answer.await.map_err(|_| Refusal::Unavailable)
    }

    /// Returns the time once everything that is due by now is done as far as it can be at once, and durable: messages
    /// are visible or gone, long polls answered, functions started.
    pub async fn catch_up(&self) -> Result<Timestamp, Refusal> {
        let (reply, answer) = oneshot::channel();
        self.requests.send(Request::CatchUp { reply }).await.map_err(|_| Refusal::Unavailable)?;
        answer.await.map_err(|_| Refusal::Unavailable)
    }

    /// Answers what waits, makes everything durable, and ends the shard.
    pub async fn stop(&self) {
        // A shard that is gone has stopped already.
        self.requests.send(Request::Stop).await.unwrap_or_default();
    }

    /// Says how an attempt at an endpoint ended. Answered when what becomes of it is durable.
    pub(crate) async fn end_delivery(
        &self,
        subscription: SubscriptionId,
        sequence: u64,
        outcome: DeliveryOutcome,
        feedback: Feedback,
    ) -> Result<DeliveryEnd, Refusal> {
        let (reply, answer) = oneshot::channel();
        let request = Request::EndDelivery { subscription, sequence, outcome, feedback, reply };
        self.requests.send(request).await.map_err(|_| Refusal::Unavailable)?;
        answer.await.map_err(|_| Refusal::Unavailable)
    }

    /// The records at these places.
    pub(crate) async fn read(&self, places: &[Place]) -> Result<Vec<bytes::Bytes>, ReadError> {
        self.reader.read(places).await
    }

    /// Where the content of a delivery lies by now; `None` if it is gone.
    pub(crate) async fn locate_delivery(
        &self,
        subscription: SubscriptionId,
        sequence: u64,
    ) -> Result<Option<Place>, Refusal> {
        let (reply, answer) = oneshot::channel();
        let request = Request::LocateDelivery { subscription, sequence, reply };
        self.requests.send(request).await.map_err(|_| Refusal::Unavailable)?;
        answer.await.map_err(|_| Refusal::Unavailable)
    }
}

fn after(peeked: &Peeked) -> u64 {
    peeked.delivery.handle.sequence + 1
}
