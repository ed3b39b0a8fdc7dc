//! One attempt at an event of an asynchronous invocation: reads it, has the function run, and tells the shard how it ended.

use std::sync::Arc;

use bongsu_broker::{
    Command, DueInvocation, FunctionRef, InvocationEnd, InvocationOutcome, InvocationStep, Place, QueuedInvocation,
    Recorded, Reply, Stored,
};
use bongsu_journal::ReadError;
use tokio::sync::oneshot;
use tracing::{error, warn};

use crate::contents::LOCATE_TRIES;
use crate::function_runner::{Concluded, Event, EventEnd, FunctionRunner};
use crate::handle::{Handle, Refusal, Request};
use crate::shard::{HELD_MAX, Held, Shard};

/// Events that functions have at once, all together.
pub const EVENTS_MAX: usize = 4_000;
/// How many begin before the loop looks at anything else.
const EVENTS_A_TURN_MAX: usize = 256;

impl Shard {
    /// Begins events whose time has come; each leaves when what it rests on is durable.
    pub(crate) fn begin_events(&mut self) {
        if self.may_begin_events() {
            let free = EVENTS_MAX - self.events_going_on;
            for due in self.broker.take_due_invocations(free.min(EVENTS_A_TURN_MAX)) {
                self.events_going_on += 1;
                self.hold(Held::Event(Box::new(due)));
            }
        }
    }

    /// As with deliveries: on a full disk none begins.
    pub(crate) fn may_begin_events(&self) -> bool {
        let has_room = self.events_going_on < EVENTS_MAX
            && self.held.len() < HELD_MAX
            && self.has_room_beyond(self.limits.room_kept_for_cleaning);
        has_room && !self.stopping && self.broker.has_due_invocations()
    }

    /// The function has ended; whatever becomes of the event, there is room for another.
    pub(crate) fn end_event(&mut self, ended: EndedEvent) {
        let EndedEvent { function, sequence, outcome, reply } = ended;
        self.broker.end_running(&function, 1);
        let command = Command::EndInvocation { function, sequence, outcome };
        if let (Ok(Reply::InvocationEnded(end)), _) = self.decide(command) {
            self.hold(Held::EventEnded(reply, end));
        }
    }

    pub(crate) fn put_event_back(&mut self, function: &str, sequence: u64) {
        self.events_going_on -= 1;
        self.broker.put_back_invocation(function, sequence);
    }
}

/// How an attempt ended, and who wants to know what becomes of the event.
pub(crate) struct EndedEvent {
    pub(crate) function: Box<str>,
    pub(crate) sequence: u64,
    pub(crate) outcome: InvocationOutcome,
    pub(crate) reply: oneshot::Sender<InvocationEnd>,
}

/// Does what the event's step asks for, in a task of its own.
pub(crate) fn run(due: DueInvocation, functions: Arc<dyn FunctionRunner>, handle: Handle) {
    tokio::spawn(async move {
        let (function, sequence) = (due.function.clone(), due.sequence);
        let queued_at = due.pending.queued_at;
        let found = event(&due, &handle).await;
        let (conclusion, invocation, end) = match (due.step, found) {
            (InvocationStep::Run(version), Found::Event(invocation)) => {
                let event = Event {
                    function: version.clone(),
                    invoked: function.clone(),
                    invocation: invocation.clone(),
                    queued_at,
                };
                let end = functions.run_event(event).await;
                match handle.end_invocation(&function.name, sequence, end.outcome()).await {
                    Ok(InvocationEnd::Conclude(conclusion)) => (conclusion, invocation, Some((version, end))),
                    _ => return handle.tell_event_is_over().await,
                }
            }
            (InvocationStep::Conclude(conclusion), Found::Event(invocation)) => (conclusion, invocation, None),
            (InvocationStep::Run(_), Found::Nothing) => {
                // What cannot be read just now is tried again; of what is gone nobody knows any more.
                drop(handle.end_invocation(&function.name, sequence, InvocationOutcome::NotRun).await);
                return handle.tell_event_is_over().await;
            }
            (InvocationStep::Conclude(_), Found::Nothing) => return handle.tell_event_is_over().await,
        };
        let condition = conclusion.condition;
        let concluded = Concluded { function: function.clone(), invocation, queued_at, conclusion, end };
        let records = functions.records(concluded).await;
        let command = Command::ConcludeInvocation {
            function: function.name.clone(),
            sequence,
            condition,
            records,
            region: handle.envelopes.region().into(),
        };
        match handle.ask(command, None).await {
            Ok(Reply::Told { failed }) if failed > 0 => {
                warn!(%function, failed, "nobody could take the record of an event that has ended");
            }
            // On a full disk nothing begins before there is room; the function may then be run once more.
            Err(Refusal::Rejected(_)) => return handle.put_event_back(function.name, sequence).await,
            // After a stop the event comes again.
            _ => {}
        }
        handle.tell_event_is_over().await;
    });
}

enum Found {
    Event(QueuedInvocation),
    Nothing,
}

async fn event(due: &DueInvocation, handle: &Handle) -> Found {
    let mut place = due.place;
    for _ in 0..LOCATE_TRIES {
        match handle.read(&[place]).await.map(|mut records| records.pop()) {
            Ok(Some(record)) => return decode(record, place),
            Ok(None) => return Found::Nothing,
            Err(ReadError::Gone { .. }) => match handle.locate_invocation(&due.function, due.sequence).await {
                Ok(Some(moved)) => place = moved,
                _ => return Found::Nothing,
            },
            Err(error) => {
                error!(%error, "reading an event from the journal failed");
                return Found::Nothing;
            }
        }
    }
    Found::Nothing
}

fn decode(record: bytes::Bytes, place: Place) -> Found {
    match Recorded::decode(record).ok().and_then(|recorded| recorded.into_stored(place.part)) {
        Some(Stored::Invocation(invocation)) => Found::Event(invocation),
        _ => {
            error!(position = place.position, "the journal holds something else where an event should be");
            Found::Nothing
        }
    }
}

impl EventEnd {
    fn outcome(&self) -> InvocationOutcome {
        match self {
            EventEnd::Returned(_) => InvocationOutcome::Succeeded,
            EventEnd::Failed(_) => InvocationOutcome::Failed,
            EventEnd::NotRun => InvocationOutcome::NotRun,
        }
    }
}

impl Handle {
    async fn end_invocation(
        &self,
        function: &str,
        sequence: u64,
        outcome: InvocationOutcome,
    ) -> Result<InvocationEnd, Refusal> {
        let (reply, answer) = oneshot::channel();
        let ended = EndedEvent { function: function.into(), sequence, outcome, reply };
        self.requests.send(Request::EndEvent(ended)).await.map_err(|_| Refusal::Unavailable)?;
        answer.await.map_err(|_| Refusal::Unavailable)
    }

    async fn tell_event_is_over(&self) {
        // A shard that is gone has nothing left to be told.
        self.requests.send(Request::EventIsOver).await.unwrap_or_default();
    }

    async fn put_event_back(&self, function: Box<str>, sequence: u64) {
        // As above.
        self.requests.send(Request::PutEventBack { function, sequence }).await.unwrap_or_default();
    }

    async fn locate_invocation(&self, function: &FunctionRef, sequence: u64) -> Result<Option<Place>, Refusal> {
        let (reply, answer) = oneshot::channel();
        let request = Request::LocateInvocation { function: function.name.clone(), sequence, reply };
        self.requests.send(request).await.map_err(|_| Refusal::Unavailable)?;
        answer.await.map_err(|_| Refusal::Unavailable)
    }
}
