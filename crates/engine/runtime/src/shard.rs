//! The shard loop: decides commands one after the other, makes their facts durable together, then lets replies go.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use bongsu_broker::{
    BlobId, Broker, CallLimits, Caller, Command, DeliveryEnd, DueDelivery, DueInvocation, Effect, Entropy, Function,
    InvocationEnd, Place, QueueName, Recorded, Rejection, Reply, Seconds, Timestamp,
};
use bongsu_journal::{AppendError, BoxFuture, Journal, Position, Sealed, Unit};
use tokio::sync::{Semaphore, mpsc, oneshot};
use tracing::{debug, info};

use crate::admission::{AdmitTo, Waiting};
use crate::cleaner::Cleaner;
use crate::clock::{Alarm, Clock};
use crate::delivery::deliver;
use crate::events;
use crate::fatal::Fatal;
use crate::handle::{Answer, Handle, ReplyTo, Request};
use crate::invocation::invoke;
use crate::known_after::KnownAfter;
use crate::limits::Limits;
use crate::metrics::{Counters, Metrics};
use crate::pipes;
use crate::reader::{Reader, to_core};
use crate::replay::{ReplayStep, replay};
use crate::schedules::SCHEDULE_CALLS_MAX;
use crate::start::Outside;
use crate::topic_metrics;
use crate::waiters::{Waiter, Waiters, found_nothing_at};
use crate::workflows::{self, ExpressDue};

/// Commands decided before the loop looks at anything else.
const COMMANDS_A_TURN_MAX: usize = 1024;
/// Replies and effects that may wait for the journal; while there are more, no further commands are decided.
pub(crate) const HELD_MAX: usize = 64 << 10;

/// A reply or effect that waits until the journal is durable up to a position.
pub(crate) enum Held {
    Reply(ReplyTo, Answer),
    Place(oneshot::Sender<Option<Place>>, Place),
    Time(oneshot::Sender<Timestamp>, Timestamp),
    Effect(Effect),
    Express(ExpressDue),
    Delivery(Box<DueDelivery>),
    Event(Box<DueInvocation>),
    EventEnded(oneshot::Sender<InvocationEnd>, InvocationEnd),
    Begun(oneshot::Sender<Result<Arc<Function>, Rejection>>, Result<Arc<Function>, Rejection>),
    Replay(ReplayStep),
    Delivered(oneshot::Sender<DeliveryEnd>, DeliveryEnd),
    Admitted(AdmitTo, CallLimits),
    /// Blobs that nobody has any more.
    Freed(Vec<BlobId>),
}

/// What ends the wait for an append: how far the journal is durable now.
type Append = BoxFuture<'static, Result<(), AppendError>>;

/// Owns the broker's state and the end of the journal. [`Shard::run`] is the loop.
pub struct Shard {
    pub(crate) broker: Broker,
    pub(crate) journal: Arc<dyn Journal>,
    pub(crate) clock: Clock,
    pub(crate) entropy: Entropy,
    pub(crate) requests: mpsc::Receiver<Request>,
    /// For invocations that tell their end.
    pub(crate) handle: Handle,
    pub(crate) reader: Reader,
    pub(crate) outside: Outside,
    /// Turns of calls of schedules.
    pub(crate) schedule_calls: Arc<Semaphore>,
    /// Attempts at endpoints.
    pub(crate) deliveries_going_on: usize,
    /// Events that functions have.
    pub(crate) events_going_on: usize,
    /// Express executions that were queued and run.
    pub(crate) express_going_on: usize,
    pub(crate) waiters: Waiters,
    /// Those who wait for their calls to begin.
    pub(crate) calls: Waiting,
    pub(crate) cleaner: Cleaner,
    pub(crate) counters: Counters,
    topic_counters: topic_metrics::Counters,
    /// Facts decided but not yet handed to the journal.
    pub(crate) batch: bongsu_journal::Batch,
    /// What waits for durability, by rising position.
    pub(crate) held: VecDeque<(Position, Held)>,
    durable: Position,
    /// Those who wait until what is due is done.
    catching_up: Vec<oneshot::Sender<Timestamp>>,
    alarm: Alarm,
    pub(crate) limits: Limits,
    /// What the journal could surely take when it was last looked at.
    pub(crate) room: u64,
    /// Whether the file system gives no more; sends then leave the room that cleaning needs.
    pub(crate) is_full: bool,
    pub(crate) room_for_cleaning: u64,
    /// Whether no more room is to be had for now: commands that need it are refused instead of waiting for it.
    pub(crate) room_is_scarce: bool,
    /// An attempt of the journal to get more room.
    pub(crate) preparing: Option<BoxFuture<'static, ()>>,
    /// When the journal may be asked for more room again, although it was refused.
    pub(crate) prepare_again_at: Timestamp,
    /// Whether to end once everything is answered and durable.
    pub(crate) stopping: bool,
    /// Whether the last request there will be has been served.
    requests_ended: bool,
}

impl Shard {
    pub(crate) fn new(
        broker: Broker,
        journal: Arc<dyn Journal>,
        clock: Clock,
        entropy: Entropy,
        requests: mpsc::Receiver<Request>,
        handle: Handle,
        reader: Reader,
        outside: Outside,
    ) -> Shard {
        let end = journal.span().end;
        let alarm = clock.alarm();
        Shard {
            broker,
            journal,
            clock,
            entropy,
            requests,
            handle,
            reader,
            outside,
            deliveries_going_on: 0,
            events_going_on: 0,
            express_going_on: 0,
            schedule_calls: Arc::new(Semaphore::new(SCHEDULE_CALLS_MAX)),
            waiters: Waiters::default(),
            calls: Waiting::default(),
            cleaner: Cleaner::default(),
            counters: Counters::default(),
            topic_counters: topic_metrics::Counters::default(),
            batch: bongsu_journal::Batch::new(end),
            held: VecDeque::new(),
            durable: end,
            catching_up: Vec::new(),
            alarm,
            limits: Limits::default(),
            room: 0,
            is_full: false,
            room_for_cleaning: 0,
            room_is_scarce: false,
            preparing: None,
            prepare_again_at: Timestamp(0),
            stopping: false,
            requests_ended: false,
        }
    }

    /// Keeps to smaller batches and thresholds, in proportion: for a journal whose segments are not of
    /// [`bongsu_journal::SEGMENT_BYTES`]. No command may then be larger than a sixteenth of a segment.
    pub fn for_segments_of(mut self, bytes: u64) -> Shard {
        self.limits = Limits::for_segments_of(bytes);
        self
    }

    /// Serves until [`Handle::stop`], then makes everything durable and closes the journal. Any error is final: the
    /// process must end, and the next start replays what is durable.
    pub async fn run(mut self) -> Result<(), Fatal> {
        let mut append: Option<(Position, Append)> = None;
        self.note_mappings();
        self.end_lost_attempts().await?;
        self.begin_open_tasks();
        loop {
            self.look_at_journal();
            let is_moving = self.take_due_moves();
            if is_moving {
                // After each step requests get their turn, even if the journal never lets anybody wait.
                tokio::task::yield_now().await;
                self.advance();
                self.drain();
            }
            self.serve_waiting();
            self.begin_deliveries();
            self.begin_events();
            self.fire_schedules();
            self.proceed_executions();
            self.begin_express();
            self.admit_calls();
            self.begin_replays();
            let may_begin = self.may_begin_deliveries()
                || self.may_begin_events()
                || self.may_fire_schedules()
                || self.may_proceed_executions()
                || self.may_begin_express()
                || self.may_admit_calls();
            if !is_moving && self.has_room_in_batch() && !may_begin {
                self.tell_time();
            }
            if append.is_none() && !self.batch.is_empty() {
                // At once, with whatever there is: what comes meanwhile is the next batch, so that disk and processor
                // work side by side. Waiting for more to gather would let each wait for the other.
                append = Some(self.start_append());
            }
            self.release();
            if self.is_finished() && append.is_none() {
                break;
            }
            self.set_alarm();
            let may_keep = self.has_room_in_batch() && self.has_room_beyond(0);
            let step_bytes = self.limits.cleaning_step_bytes;
            tokio::select! {
                biased;
                outcome = async { append.as_mut().expect("guarded").1.as_mut().await }, if append.is_some() => {
                    outcome?;
                    self.durable = append.take().expect("guarded").0;
                }
                () = async { self.preparing.as_mut().expect("guarded").await }, if self.preparing.is_some() => {
                    self.preparing = None;
                }
                // Before the requests, which would otherwise keep it from its turn for as long as they come; after each
                // step they get theirs.
                step = self.cleaner.step(&self.journal, self.durable, step_bytes, may_keep), if !self.stopping => {
                    self.advance();
                    self.clean(step?)?;
                    tokio::task::yield_now().await;
                    self.advance();
                    self.drain();
                }
                request = self.requests.recv(), if self.may_serve() && !self.requests_ended => {
                    self.advance();
                    match request {
                        Some(request) => self.serve(request),
                        None => self.requests_ended = true,
                    }
                    self.drain();
                }
                () = self.alarm.ring(), if self.has_room_in_batch() => self.advance(),
                () = tokio::task::yield_now(), if may_begin => {}
            }
        }
        info!("stopped");
        // Everything is durable already; a lock that cannot be released ends with the process.
        self.journal.close().await.unwrap_or_default();
        Ok(())
    }

    /// Ends the attempts of the process before, all of them before the first new one begins.
    async fn end_lost_attempts(&mut self) -> Result<(), Fatal> {
        loop {
            drop(self.decide(Command::EndLostAttempts));
            if self.batch.is_empty() {
                return Ok(());
            }
            let (end, append) = self.start_append();
            append.await?;
            self.durable = end;
        }
    }

    /// Whether everybody is answered, and everything decided is on its way into the journal.
    fn is_finished(&self) -> bool {
        self.stopping && self.requests_ended && self.waiters.is_empty() && self.batch.is_empty()
    }

    /// Lets time pass in the broker, and serves those for whom that changes something before anybody new.
    fn advance(&mut self) {
        self.broker.advance(self.clock.now());
        self.serve_waiting();
    }

    /// Gives arrivals to those who wait for them, then answers long polls whose time is over: when stopping, all.
    fn serve_waiting(&mut self) {
        self.serve_woken();
        let until = if self.stopping { Timestamp(u64::MAX) } else { self.broker.now() };
        while self.has_room_in_batch()
            && let Some(waiter) = self.waiters.take_due(until)
        {
            self.end_wait(waiter);
        }
    }

    /// The last try of a long poll, which AWS never answers with too many messages in flight.
    fn end_wait(&mut self, waiter: Waiter) {
        let waited = self.since(waiter.since);
        match self.decide_for(&waiter.caller, waiter.command) {
            (Err(Rejection::TooManyInFlight { queue }), known_after) => {
                let nothing = Reply::Received { queue, deliveries: Vec::new() };
                self.answer(waiter.reply, Ok(nothing), known_after, waited);
            }
            (result, known_after) => self.answer(waiter.reply, result, known_after, waited),
        }
    }

    /// Serves what is queued, as far as one turn and one batch allow.
    fn drain(&mut self) {
        for _ in 0..COMMANDS_A_TURN_MAX {
            if !self.may_serve() {
                return;
            }
            let Ok(request) = self.requests.try_recv() else { return };
            self.serve(request);
        }
    }

    pub(crate) fn has_room_in_batch(&self) -> bool {
        self.batch.bytes_len() + self.limits.command_bytes_max <= self.limits.batch_bytes_max
    }

    /// Whether the next command can be decided; otherwise it waits in the channel.
    fn may_serve(&self) -> bool {
        let waits_for_room = self.is_room_low() && !self.room_is_scarce;
        self.has_room_in_batch() && !waits_for_room && !self.waits_for_cleaning() && self.held.len() < HELD_MAX
    }

    /// Cleaning that cannot go on itself is not waited for.
    pub(crate) fn waits_for_cleaning(&self) -> bool {
        self.cleaner.is_behind(&self.limits) && self.has_room_beyond(0) && !self.stopping
    }

    fn serve(&mut self, request: Request) {
        match request {
            Request::Ask { command, caller, wait, reply } => {
                // Nobody would get the messages.
                if !(reply.is_closed() && matches!(command, Command::Receive { .. })) {
                    self.ask(command, caller, wait, reply);
                }
            }
            Request::Tell(command) => self.decide_told(command),
            Request::EndDelivery { subscription, sequence, outcome, feedback, reply } => {
                self.deliveries_going_on -= 1;
                if feedback.refused {
                    self.counters.calls.delivery_refused();
                }
                // Whatever room there is: an attempt whose end is not noted would be made again and again.
                if let (Ok(Reply::DeliveryEnded(end)), _) =
                    self.decide(Command::EndDelivery { subscription, sequence, outcome, feedback })
                {
                    self.hold(Held::Delivered(reply, end));
                }
            }
            Request::Locate { handle, reply } => match self.broker.locate(handle) {
                Some(place) => self.hold(Held::Place(reply, place)),
                // A receiver that is gone needs no answer.
                None => drop(reply.send(None)),
            },
            Request::StepOfReplay { subscription, command } => self.step_of_replay(subscription, command),
            Request::LocateArchived { subscription, sequence, reply } => {
                match self.broker.locate_archived(subscription, sequence) {
                    Some(place) => self.hold(Held::Place(reply, place)),
                    None => drop(reply.send(None)),
                }
            }
            Request::LocateDelivery { subscription, sequence, reply } => {
                match self.broker.locate_delivery(subscription, sequence) {
                    Some(place) => self.hold(Held::Place(reply, place)),
                    None => drop(reply.send(None)),
                }
            }
            Request::BeginInvocation { function, reply } => {
                let begun = self.broker.begin_invocation(&function, self.entropy.next_u64());
                // What it runs must be durable.
                self.hold(Held::Begun(reply, begun));
            }
            Request::EndRunning { function } => self.broker.end_running(&function, 1),
            Request::EndEvent(ended) => self.end_event(ended),
            Request::EventIsOver => self.events_going_on -= 1,
            Request::EndExpress { id, succeeded } => self.end_express(id, succeeded),
            // A receiver that is gone needs no answer.
            Request::Revision { revision, reply } => drop(reply.send(self.broker.revision(revision))),
            Request::LocateExpress { id, reply } => match self.broker.locate_express(id) {
                Some(place) => self.hold(Held::Place(reply, place)),
                None => drop(reply.send(None)),
            },
            Request::PutEventBack { function, sequence } => self.put_event_back(&function, sequence),
            Request::LocateInvocation { function, sequence, reply } => {
                match self.broker.locate_invocation(&function, sequence) {
                    Some(place) => self.hold(Held::Place(reply, place)),
                    None => drop(reply.send(None)),
                }
            }
            // A receiver that is gone needs no answer.
            Request::EntryNow { key, reply } => drop(reply.send(self.broker.entry(&key).cloned())),
            Request::LineUp { id, admission, reply } => self.line_up(id, admission, reply),
            Request::LeaveLine { id } => self.leave_line(id),
            Request::EndCall { limits, feedback } => self.end_call(limits, feedback),
            Request::Measure { after, reply } => {
                // A receiver that is gone needs no answer.
                drop(reply.send(self.metrics(after.as_ref())));
            }
            Request::MeasureTopics { after, reply } => {
                // Nor does this one.
                drop(reply.send(self.topic_counters.topics(&self.broker, after.as_ref())));
            }
            Request::CatchUp { reply } => {
                self.advance();
                self.catching_up.push(reply);
            }
            Request::Stop => {
                debug!("stopping");
                self.stopping = true;
                // Whoever waits for a call to begin learns that it will not.
                self.calls.clear();
                // What is queued already is still served.
                self.requests.close();
            }
        }
    }

    /// Does what a client asks for. An empty receive may wait: as long as given, or else as the queue says.
    fn ask(&mut self, command: Command, caller: Caller, wait: Option<Seconds>, reply: ReplyTo) {
        let may_wait = wait != Some(Seconds(0)) && matches!(command, Command::Receive { .. });
        let again = may_wait.then(|| (command.clone(), caller.clone()));
        let (result, known_after) = self.decide_for(&caller, command);
        if let (Some((command, caller)), Some(queue)) = (again, found_nothing_at(&result))
            && !self.waiters.is_full()
            && !self.stopping
        {
            let wait = wait.or_else(|| self.broker.receive_wait(queue)).unwrap_or_default();
            let since = self.broker.now();
            let deadline = since + wait;
            if deadline > since {
                return self.waiters.add(queue, Waiter { command, caller, since, deadline, reply });
            }
        }
        self.answer(reply, result, known_after, Duration::ZERO);
    }

    /// Decides what a caller asks for, if there is room to make it durable and the caller has the right.
    pub(crate) fn decide_for(&mut self, caller: &Caller, command: Command) -> (Result<Reply, Rejection>, KnownAfter) {
        match self.admit(&command).and_then(|()| self.broker.permit(caller, &command)) {
            Ok(()) => self.decide(command),
            Err(rejection) => (Err(rejection), KnownAfter::Everything),
        }
    }

    /// Decides, and writes the facts into the batch and applies them; from there on they have happened.
    pub(crate) fn decide(&mut self, command: Command) -> (Result<Reply, Rejection>, KnownAfter) {
        let now = self.broker.now();
        let subject = self.counters.before(&command, &self.broker);
        let delivery = self.topic_counters.before(&command, &self.broker);
        let decision = match self.broker.decide(command, now, &mut self.entropy) {
            Ok(decision) => decision,
            Err(rejection) => return (Err(rejection), KnownAfter::Everything),
        };
        self.counters.after(subject, &decision);
        self.topic_counters.after(delivery, &decision);
        let (count, before) = (decision.facts.len(), self.batch.bytes_len());
        for (index, fact) in decision.facts.iter().enumerate() {
            let unit = if index + 1 == count { Unit::Ends } else { Unit::Continues };
            let place = self.batch.push(unit, |out| Recorded::encode(now, fact, out));
            self.broker.apply(fact, now, to_core(place));
            self.note_mapping(fact);
        }
        self.cleaner.owe(self.batch.bytes_len() - before);
        self.remove_freed_blobs();
        let known_after = KnownAfter::of(&decision);
        for effect in decision.effects {
            self.hold(Held::Effect(effect));
        }
        (Ok(decision.reply), known_after)
    }

    pub(crate) fn answer(
        &mut self,
        reply: ReplyTo,
        result: Result<Reply, Rejection>,
        known_after: KnownAfter,
        waited: Duration,
    ) {
        if let Ok(Reply::Received { queue, deliveries }) = &result
            && deliveries.is_empty()
        {
            self.counters.empty_receive(*queue);
        }
        let answer = Answer { result, waited };
        match known_after {
            KnownAfter::Position(position) if position < self.durable.0 => send(reply, answer),
            _ => self.hold(Held::Reply(reply, answer)),
        }
    }

    pub(crate) fn since(&self, before: Timestamp) -> Duration {
        Duration::from_millis(self.broker.now().0.saturating_sub(before.0))
    }

    fn metrics(&self, after: Option<&QueueName>) -> Metrics {
        Metrics {
            queues: self.counters.queues(&self.broker, after),
            topics: Vec::new(),
            functions: self.counters.functions(&self.broker, after),
            calls: self.counters.calls(&self.broker, after),
            objects: self.counters.objects(&self.broker),
            waiting_receives: self.waiters.len(),
            alive_bytes: self.broker.alive_bytes(),
            disk_bytes: self.journal.span().disk_bytes,
            batch_bytes: self.counters.batch_bytes,
            batch_facts: self.counters.batch_facts,
            sync_micros: self.journal.sync_micros(),
        }
    }

    /// Keeps back what may only be known once everything decided so far is durable. Refusals and empty answers too:
    /// they may rest on facts that are still on their way.
    pub(crate) fn hold(&mut self, held: Held) {
        self.held.push_back((self.decided(), held));
    }

    /// Once the journal is durable up to here, everything decided so far is.
    pub(crate) fn decided(&self) -> Position {
        let framed = self.batch.end();
        if self.batch.is_empty() { Position(framed.0 - self.batch.bytes_len() as u64) } else { framed }
    }

    fn release(&mut self) {
        while self.held.front().is_some_and(|(until, _)| *until <= self.durable) {
            match self.held.pop_front() {
                Some((_, Held::Reply(reply, answer))) => send(reply, answer),
                // A receiver that is gone needs no place.
                Some((_, Held::Place(reply, place))) => drop(reply.send(Some(place))),
                // Nor the time.
                Some((_, Held::Time(reply, now))) => drop(reply.send(now)),
                Some((_, Held::Delivered(reply, end))) => drop(reply.send(end)),
                Some((_, Held::EventEnded(reply, end))) => drop(reply.send(end)),
                Some((_, Held::Begun(reply, begun))) => self.tell_begun(reply, begun),
                Some((_, Held::Admitted(reply, limits))) => self.tell_admitted(reply, limits),
                Some((_, Held::Freed(blobs))) => self.handle.blobs.remove_soon(blobs),
                // What is not begun any more is lost, and comes back at the next start.
                Some((
                    _,
                    Held::Effect(_) | Held::Delivery(_) | Held::Event(_) | Held::Express(_) | Held::Replay(_),
                )) if self.stopping => {}
                Some((_, Held::Effect(Effect::CallOperation(call)))) => self.begin_schedule_call(*call),
                Some((_, Held::Replay(step))) => replay(step, self.handle.clone()),
                Some((_, Held::Delivery(due))) => deliver(*due, self.outside.courier.clone(), self.handle.clone()),
                Some((_, Held::Event(due))) => events::run(*due, self.outside.functions.clone(), self.handle.clone()),
                Some((_, Held::Effect(Effect::Invoke(invocation)))) => {
                    invoke(invocation, self.outside.functions.clone(), self.handle.clone());
                }
                Some((_, Held::Effect(Effect::RunPipe(run)))) => {
                    pipes::run(run, self.outside.pipes.clone(), self.handle.clone());
                }
                Some((_, Held::Effect(Effect::StartTask(call)))) => {
                    workflows::start(*call, self.outside.tasks.clone(), self.handle.clone());
                }
                Some((_, Held::Effect(Effect::CancelTask { execution, task }))) => {
                    self.handle.activities.withdraw(execution, task);
                    self.handle.open_tasks.close(execution, task);
                }
                Some((_, Held::Express(due))) => self.run_express(due),
                None => {}
            }
        }
    }

    /// Answers those who wait until what is due is done, now that all of it is decided.
    fn tell_time(&mut self) {
        let now = self.broker.now();
        for reply in std::mem::take(&mut self.catching_up) {
            self.hold(Held::Time(reply, now));
        }
    }

    /// Hands the batch to the journal and begins the next one behind it.
    fn start_append(&mut self) -> (Position, Append) {
        let end = self.batch.end();
        self.room = self.room();
        self.counters.batch_bytes.record(self.batch.bytes_len() as u64);
        self.counters.batch_facts.record(self.batch.records() as u64);
        let next = self.batch.next();
        let batch: Sealed = std::mem::replace(&mut self.batch, next).seal();
        self.reader.remember(&batch);
        (end, self.journal.append(batch))
    }

    fn set_alarm(&mut self) {
        let prepare_again_at = (self.wants_room() && self.preparing.is_none()).then_some(self.prepare_again_at);
        let deadlines = [self.broker.next_deadline(), self.waiters.next_deadline(), prepare_again_at];
        let next = deadlines.into_iter().flatten().min();
        if let Some(next) = next {
            self.alarm.set(next, self.clock.now());
        }
    }

    /// The time that facts of this turn happen at.
    pub(crate) fn now(&self) -> Timestamp {
        self.broker.now()
    }
}

fn send(reply: ReplyTo, answer: Answer) {
    // A client that has gone away does not hear its answer; its message comes back when the visibility timeout ends.
    drop(reply.send(answer));
}
