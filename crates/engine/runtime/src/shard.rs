//! The shard loop: decides commands one after the other, makes their facts durable together, then lets replies go.

use std::collections::VecDeque;
use std::sync::Arc;

use bongsu_broker::{Broker, Command, Decision, Effect, Entropy, Fact, Invocation, QueueId, Recorded, Rejection, Reply, Seconds, Timestamp};
use bongsu_journal::{AppendError, BATCH_BYTES_MAX, BoxFuture, Journal, Position, ReadError, Sealed, TrimError, Unit};
use tokio::sync::mpsc;
use tracing::{debug, info};

use crate::cleaner::Cleaner;
use crate::clock::{Alarm, Clock};
use crate::function_runner::{Batch, FunctionRunner};
use crate::handle::{Handle, ReplyTo, Request};
use crate::reader::{Reader, to_core};
use crate::waiters::{Waiter, Waiters};

/// Commands decided before the loop looks at anything else.
const COMMANDS_A_TURN_MAX: usize = 1024;
/// No command's facts are larger than this: a batch send of 1 MiB and what surrounds it.
const COMMAND_BYTES_MAX: usize = 2 << 20;
/// Room in the journal that sends leave to everything else, so that a full disk can be emptied.
const ROOM_KEPT_FROM_SENDS: u64 = 8 << 20;
/// Room in the journal that deletes and receives leave to cleaning, which is what makes room again.
const ROOM_KEPT_FOR_CLEANING: u64 = 4 << 20;

/// Why the shard had to stop. Nothing that was not durable has been acknowledged.
#[derive(Debug, thiserror::Error)]
pub enum Fatal {
    /// The journal did not take a batch.
    #[error(transparent)]
    Append(#[from] AppendError),
    /// The journal could not be read for cleaning.
    #[error("cleaning stopped: {0}")]
    Read(#[from] ReadError),
    /// The journal could not be trimmed.
    #[error("cleaning stopped: {0}")]
    Trim(#[from] TrimError),
    /// A record of the journal is not a fact.
    #[error("cleaning stopped at position {position}: {flaw:?}")]
    Malformed {
        /// Where the record lies.
        position: u64,
        /// What is wrong with it.
        flaw: bongsu_broker::wire::Malformed,
    },
}

/// A reply or effect that waits until the journal is durable up to a position.
enum Held {
    Reply(ReplyTo, Result<Reply, Rejection>),
    Effect(Effect),
}

/// What must be durable before a reply may be known.
enum KnownAfter {
    /// Everything decided so far.
    Everything,
    /// Only the record at this position, and those before it.
    Position(u64),
}

impl KnownAfter {
    /// A standard queue's receive need not wait for its own fact: a crash means that the message comes again, which
    /// "at least once" allows. But what it hands out must itself be durable, and so must a move to a dead-letter queue.
    fn of(decision: &Decision) -> KnownAfter {
        match (&decision.reply, decision.facts.as_slice()) {
            (Reply::Received { queue, deliveries }, [Fact::Received { .. }]) if !queue.is_fifo() => {
                let last = deliveries.iter().map(|delivery| delivery.place.position).max();
                last.map_or(KnownAfter::Everything, KnownAfter::Position)
            }
            _ => KnownAfter::Everything,
        }
    }
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
    pub(crate) functions: Arc<dyn FunctionRunner>,
    pub(crate) waiters: Waiters,
    pub(crate) cleaner: Cleaner,
    /// Facts decided but not yet handed to the journal.
    pub(crate) batch: bongsu_journal::Batch,
    /// What waits for durability, by rising position.
    held: VecDeque<(Position, Held)>,
    durable: Position,
    alarm: Alarm,
    stopping: bool,
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
        functions: Arc<dyn FunctionRunner>,
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
            functions,
            waiters: Waiters::default(),
            cleaner: Cleaner::default(),
            batch: bongsu_journal::Batch::new(end),
            held: VecDeque::new(),
            durable: end,
            alarm,
            stopping: false,
        }
    }

    /// Serves until [`Handle::stop`], then makes everything durable and closes the journal. Any error is final: the
    /// process must end, and the next start replays what is durable.
    pub async fn run(mut self) -> Result<(), Fatal> {
        let mut append: Option<(Position, Append)> = None;
        self.decide_now(Command::EndLostAttempts, None, None);
        loop {
            self.serve_woken();
            if append.is_none() && !self.batch.is_empty() {
                // Everything that is ready to run gets its commands in before the disk is asked to sync.
                tokio::task::yield_now().await;
                self.drain();
                self.serve_woken();
                append = Some(self.start_append());
            }
            self.release();
            if self.stopping && append.is_none() && self.batch.is_empty() {
                break;
            }
            self.cleaner.consider(&self.broker, &self.journal.span());
            self.set_alarm();
            tokio::select! {
                biased;
                outcome = async { append.as_mut().expect("guarded").1.as_mut().await }, if append.is_some() => {
                    outcome?;
                    self.durable = append.take().expect("guarded").0;
                }
                request = self.requests.recv(), if self.has_room_in_batch() => {
                    self.advance();
                    match request {
                        Some(request) => self.serve(request),
                        None => self.stop(),
                    }
                    self.drain();
                }
                step = self.cleaner.step(&self.journal, self.durable), if self.has_room_in_batch() => {
                    self.advance();
                    self.clean(step?)?;
                }
                () = self.alarm.ring() => self.advance(),
            }
        }
        info!("stopped");
        // Everything is durable already; a lock that cannot be released ends with the process.
        self.journal.close().await.unwrap_or_default();
        Ok(())
    }

    /// Lets time pass in the broker, and answers long polls whose time is over.
    fn advance(&mut self) {
        let now = self.clock.now();
        self.broker.advance(now);
        while let Some(waiter) = self.waiters.take_due(self.broker.now()) {
            self.decide_now(waiter.command, Some(waiter.reply), None);
        }
    }

    /// Serves what is queued, as far as one turn and one batch allow.
    fn drain(&mut self) {
        for _ in 0..COMMANDS_A_TURN_MAX {
            if !self.has_room_in_batch() {
                return;
            }
            let Ok(request) = self.requests.try_recv() else { return };
            self.serve(request);
        }
    }

    fn has_room_in_batch(&self) -> bool {
        self.batch.bytes_len() + COMMAND_BYTES_MAX <= BATCH_BYTES_MAX
    }

    fn serve(&mut self, request: Request) {
        match request {
            Request::Ask { command, wait, reply } => match self.admit(&command) {
                Ok(()) => self.decide_now(command, Some(reply), Some(wait)),
                Err(rejection) => self.hold(Held::Reply(reply, Err(rejection))),
            },
            Request::Tell(command) => self.decide_now(command, None, None),
            Request::Locate { handle, reply } => {
                // A receiver that is gone needs no place.
                reply.send(self.broker.locate(handle)).unwrap_or_default();
            }
            Request::Stop => self.stop(),
        }
    }

    /// Refuses what could not be made durable, before it changes anything.
    fn admit(&self, command: &Command) -> Result<(), Rejection> {
        let kept = match command {
            Command::DescribeQueue { .. } | Command::ListQueues { .. } | Command::ListFunctions => return Ok(()),
            Command::Send { .. }
            | Command::CreateQueue { .. }
            | Command::DefineFunction { .. }
            | Command::DefineMapping { .. } => ROOM_KEPT_FROM_SENDS,
            _ => ROOM_KEPT_FOR_CLEANING,
        };
        if self.room() < kept + COMMAND_BYTES_MAX as u64 { Err(Rejection::StorageFull) } else { Ok(()) }
    }

    /// Bytes that the journal can surely still take, besides what is on its way.
    fn room(&self) -> u64 {
        let on_its_way = self.batch.end().0 - self.durable.0;
        self.journal.span().room.saturating_sub(on_its_way)
    }

    /// Decides a command, applies its facts and queues its reply. `wait` says that an empty receive may wait: as long
    /// as given, or else as the queue says.
    fn decide_now(&mut self, command: Command, reply: Option<ReplyTo>, wait: Option<Option<Seconds>>) {
        let may_wait = wait.filter(|_| matches!(command, Command::Receive { .. })).map(|wait| (wait, command.clone()));
        let (result, known_after) = self.decide(command);
        let Some(reply) = reply else { return };
        if let (Some((wait, command)), Ok(Reply::Received { queue, deliveries })) = (may_wait, &result)
            && deliveries.is_empty()
            && !self.waiters.is_full()
            && !self.stopping
        {
            let wait = wait.or_else(|| self.broker.receive_wait(*queue)).unwrap_or_default();
            let deadline = self.broker.now() + wait;
            if deadline > self.broker.now() {
                return self.waiters.add(*queue, Waiter { command, deadline, reply });
            }
        }
        self.answer(reply, result, known_after);
    }

    /// Decides, and writes the facts into the batch and applies them; from there on they have happened.
    fn decide(&mut self, command: Command) -> (Result<Reply, Rejection>, KnownAfter) {
        let now = self.broker.now();
        let decision = match self.broker.decide(command, now, &mut self.entropy) {
            Ok(decision) => decision,
            Err(rejection) => return (Err(rejection), KnownAfter::Everything),
        };
        let count = decision.facts.len();
        for (index, fact) in decision.facts.iter().enumerate() {
            let unit = if index + 1 == count { Unit::Ends } else { Unit::Continues };
            let place = self.batch.push(unit, |out| Recorded::encode(now, fact, out));
            self.broker.apply(fact, now, to_core(place));
        }
        let known_after = KnownAfter::of(&decision);
        for effect in decision.effects {
            self.hold(Held::Effect(effect));
        }
        (Ok(decision.reply), known_after)
    }

    fn answer(&mut self, reply: ReplyTo, result: Result<Reply, Rejection>, known_after: KnownAfter) {
        match known_after {
            KnownAfter::Position(position) if position < self.durable.0 => send(reply, result),
            _ => self.hold(Held::Reply(reply, result)),
        }
    }

    /// Keeps back what may only be known once everything decided so far is durable. Refusals and empty answers too:
    /// they may rest on facts that are still on their way.
    fn hold(&mut self, held: Held) {
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
                Some((_, Held::Reply(reply, result))) => send(reply, result),
                Some((_, Held::Effect(Effect::Invoke(invocation)))) => self.invoke(invocation),
                None => {}
            }
        }
    }

    /// Hands the batch to the journal and begins the next one behind it.
    fn start_append(&mut self) -> (Position, Append) {
        let end = self.batch.end();
        let batch: Sealed = std::mem::replace(&mut self.batch, bongsu_journal::Batch::new(end)).seal();
        self.reader.remember(&batch);
        (end, self.journal.append(batch))
    }

    /// Gives arrivals to those who wait for them: receives first, in the order they came, then functions.
    fn serve_woken(&mut self) {
        loop {
            let woken = self.broker.take_woken();
            if woken.is_empty() {
                return;
            }
            for queue in woken {
                while self.has_room_in_batch() && self.serve_waiter(queue) {}
                if self.admit(&Command::Dispatch { queue }).is_ok() && !self.stopping {
                    while self.has_room_in_batch() && self.dispatch(queue) {}
                }
                if !self.has_room_in_batch() {
                    self.broker.wake(queue);
                }
            }
            if !self.has_room_in_batch() {
                return;
            }
        }
    }

    /// Lets the first waiting receive try again. Returns whether the next one should.
    fn serve_waiter(&mut self, queue: QueueId) -> bool {
        let Some(waiter) = self.waiters.take_first(queue) else { return false };
        let (result, known_after) = self.decide(waiter.command.clone());
        match result {
            Ok(Reply::Received { deliveries, .. }) if deliveries.is_empty() => {
                self.waiters.put_back(queue, waiter);
                false
            }
            // A queue with too many messages in flight: a long poll says nothing and waits on.
            Err(Rejection::TooManyInFlight) => {
                self.waiters.put_back(queue, waiter);
                false
            }
            result => {
                self.answer(waiter.reply, result, known_after);
                true
            }
        }
    }

    /// Starts one attempt of a function, if there is anything to start. Returns whether there was.
    fn dispatch(&mut self, queue: QueueId) -> bool {
        matches!(self.decide(Command::Dispatch { queue }).0, Ok(Reply::Dispatched(true)))
    }

    /// Runs a function in a task of its own, which comes back with the outcome.
    fn invoke(&self, invocation: Invocation) {
        let (functions, handle) = (self.functions.clone(), self.handle.clone());
        tokio::spawn(async move {
            let Invocation { attempt, function, report_batch_item_failures, queue, deliveries } = invocation;
            let outcome = match handle.with_contents(deliveries).await {
                Ok(messages) => {
                    functions.run(Batch { function, report_batch_item_failures, queue, messages }).await
                }
                Err(_) => bongsu_broker::AttemptOutcome::Failed,
            };
            handle.tell(Command::EndAttempt { attempt, outcome }).await;
        });
    }

    fn set_alarm(&mut self) {
        let next = [self.broker.next_deadline(), self.waiters.next_deadline()].into_iter().flatten().min();
        if let Some(next) = next {
            self.alarm.set(next, self.clock.now());
        }
    }

    /// Takes no more waiters and answers those there are; what is decided is still made durable.
    fn stop(&mut self) {
        debug!("stopping");
        self.stopping = true;
        while let Some(waiter) = self.waiters.take_any() {
            self.decide_now(waiter.command, Some(waiter.reply), None);
        }
    }

    /// The time that facts of this turn happen at.
    pub(crate) fn now(&self) -> Timestamp {
        self.broker.now()
    }
}

fn send(reply: ReplyTo, result: Result<Reply, Rejection>) {
    // A client that has gone away does not hear its answer; its message comes back when the visibility timeout ends.
    drop(reply.send(result));
}
