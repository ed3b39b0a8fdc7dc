//! What a runtime may ask at which moment, as AWS's state machine has it, with several events open at a time where the
//! runtime polls for them.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Weak};

use bytes::Bytes;
use hyper::HeaderMap;
use tokio::sync::oneshot;

/// What a runtime gets from `next`.
#[derive(Debug)]
pub(crate) struct Event {
    pub(crate) request_id: Arc<str>,
    pub(crate) headers: HeaderMap,
    pub(crate) payload: Bytes,
}

/// How the runtime answered an event.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Returned(Bytes),
    Failed(Bytes),
    TooLarge,
}

/// One connection of a runtime, alive as long as somebody holds it.
pub(crate) type Connection = Arc<()>;

/// The dialogue with one runtime.
#[derive(Debug)]
pub(crate) struct Lifecycle {
    state: State,
    /// Assigned, and waiting for a `next`.
    assigned: VecDeque<Open>,
    /// Handed out, and waiting for their answers.
    taken: Vec<(Open, Weak<()>)>,
    /// How many calls of `next` wait for an event at this moment.
    polls: usize,
    /// The most events that the runtime may be expected to want at a time.
    wanted_max: usize,
    /// Whether the runtime was told that number, and gets no more whatever it polls for.
    is_told: bool,
}

#[derive(Debug)]
struct Open {
    event: Arc<Event>,
    answer: oneshot::Sender<Answer>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Started,
    InitError,
    Ready,
    Running,
    InvocationResponse,
    InvocationErrorResponse,
    ResponseSent,
}

/// Why a call is refused.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The id is no open event's, or that event was answered already.
    InvalidRequestId,
    /// The runtime must not make this call now.
    InvalidTransition { from: State, to: State },
}

impl Lifecycle {
    /// With a runtime that was told to work on so many events at a time; one that was told nothing works on one, unless it
    /// polls for more.
    pub(crate) fn new(wanted: usize) -> Lifecycle {
        let (assigned, taken) = (VecDeque::new(), Vec::new());
        Lifecycle { state: State::Started, assigned, taken, polls: 0, wanted_max: wanted, is_told: wanted > 1 }
    }

    /// Whether the runtime has yet to ask for its first event.
    pub(crate) fn is_starting(&self) -> bool {
        self.state == State::Started
    }

    /// How many events the runtime may be given at a time: what it was told, or the most it was seen to ask for.
    pub(crate) fn wanted_max(&self) -> usize {
        self.wanted_max
    }

    /// Opens an event for the next `next`. Its answer comes through the channel.
    pub(crate) fn assign(&mut self, event: Event) -> oneshot::Receiver<Answer> {
        let (answer, answered) = oneshot::channel();
        self.assigned.push_back(Open { event: Arc::new(event), answer });
        answered
    }

    /// Takes an event back, and says whether the runtime had been given it. Nobody waits for its answer any more.
    pub(crate) fn withdraw(&mut self, request_id: &str) -> bool {
        self.assigned.retain(|open| *open.event.request_id != *request_id);
        let before = self.taken.len();
        self.taken.retain(|(open, _)| *open.event.request_id != *request_id);
        self.taken.len() < before
    }

    /// The event for a connection: the open one again if the runtime works on one at a time and asks on the same
    /// connection or has closed that, or else the oldest that nobody has taken; none until one is assigned.
    pub(crate) fn next(&mut self, connection: &Connection) -> Result<Option<Arc<Event>>, Refusal> {
        if self.state == State::InitError {
            return Err(self.refuse(State::Ready));
        }
        if self.wanted_max == 1
            && let Some((open, taker)) = self.taken.first_mut()
            && taker.upgrade().is_none_or(|taker| Arc::ptr_eq(&taker, connection))
        {
            *taker = Arc::downgrade(connection);
            return Ok(Some(open.event.clone()));
        }
        let Some(open) = self.assigned.pop_front() else {
            if self.taken.is_empty() {
                self.state = State::Ready;
            } else {
                // It asks for more on another connection than the one on which it got what it works on.
                self.has_polled_for(self.polls + self.taken.len() + 1);
            }
            return Ok(None);
        };
        let event = open.event.clone();
        self.taken.push((open, Arc::downgrade(connection)));
        self.state = State::Running;
        self.has_polled_for(self.polls + self.taken.len());
        Ok(Some(event))
    }

    fn has_polled_for(&mut self, events: usize) {
        if !self.is_told {
            self.wanted_max = self.wanted_max.max(events);
        }
    }

    #[cfg(test)]
    pub(crate) fn polls(&self) -> usize {
        self.polls
    }

    /// Counts a `next` that has begun to wait.
    pub(crate) fn begin_poll(&mut self) {
        self.polls += 1;
    }

    /// Counts a `next` that waits no longer.
    pub(crate) fn end_poll(&mut self) {
        self.polls -= 1;
    }

    /// Closes an open event with a response or an error.
    pub(crate) fn answer(&mut self, request_id: &str, to: State, answer: Answer) -> Result<(), Refusal> {
        if matches!(self.state, State::Started | State::InitError) {
            return Err(self.refuse(to));
        }
        let place = self.taken.iter().position(|(open, _)| *open.event.request_id == *request_id);
        let (open, _) = self.taken.swap_remove(place.ok_or(Refusal::InvalidRequestId)?);
        if self.taken.is_empty() {
            self.state = State::ResponseSent;
        }
        // Whoever waited for it may have given up.
        open.answer.send(answer).ok();
        Ok(())
    }

    /// Takes the runtime's word that it cannot start.
    pub(crate) fn fail_init(&mut self) -> Result<(), Refusal> {
        if self.state != State::Started {
            return Err(self.refuse(State::InitError));
        }
        self.state = State::InitError;
        Ok(())
    }

    fn refuse(&self, to: State) -> Refusal {
        Refusal::InvalidTransition { from: self.state, to }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RESPONSE: State = State::InvocationResponse;

    fn event(request_id: &str) -> Event {
        Event { request_id: request_id.into(), headers: HeaderMap::new(), payload: Bytes::new() }
    }

    fn answer() -> Answer {
        Answer::Returned(Bytes::new())
    }

    /// A dialogue in which `connection` has taken the event.
    fn running(request_id: &str, connection: &Connection) -> Lifecycle {
        let mut lifecycle = Lifecycle::new(1);
        drop(lifecycle.assign(event(request_id)));
        lifecycle.next(connection).unwrap().unwrap();
        lifecycle
    }

    fn next(lifecycle: &mut Lifecycle, connection: &Connection) -> Option<String> {
        lifecycle.next(connection).unwrap().map(|event| event.request_id.to_string())
    }

    #[test]
    fn an_event_is_handed_out_again_until_it_is_answered() {
        let connection = Connection::default();
        let mut lifecycle = running("a", &connection);
        assert_eq!(next(&mut lifecycle, &connection).unwrap(), "a");
        lifecycle.answer("a", RESPONSE, answer()).unwrap();
        assert!(next(&mut lifecycle, &connection).is_none());
    }

    #[test]
    fn a_connection_that_broke_leaves_its_event_to_the_next_one() {
        let connection = Connection::default();
        let mut lifecycle = running("a", &connection);
        drop(connection);
        assert_eq!(next(&mut lifecycle, &Connection::default()).unwrap(), "a");
    }

    #[test]
    fn connections_that_poll_at_the_same_time_have_events_of_their_own() {
        let connections = [Connection::default(), Connection::default()];
        let mut lifecycle = running("a", &connections[0]);
        drop(lifecycle.assign(event("b")));
        assert_eq!(next(&mut lifecycle, &connections[1]).unwrap(), "b");
        lifecycle.answer("b", RESPONSE, answer()).unwrap();
        lifecycle.answer("a", RESPONSE, answer()).unwrap();
    }

    #[test]
    fn a_runtime_that_works_on_several_events_never_gets_one_twice() {
        let connection = Connection::default();
        let mut lifecycle = Lifecycle::new(2);
        drop(lifecycle.assign(event("a")));
        assert_eq!(next(&mut lifecycle, &connection).unwrap(), "a");
        assert!(next(&mut lifecycle, &connection).is_none(), "connections of a pool are anybody's");
    }

    #[test]
    fn a_runtime_that_was_told_how_many_gets_no_more() {
        let connection = Connection::default();
        let mut lifecycle = Lifecycle::new(2);
        for id in ["a", "b"] {
            drop(lifecycle.assign(event(id)));
            lifecycle.next(&connection).unwrap().unwrap();
        }
        assert!(lifecycle.next(&connection).unwrap().is_none());
        assert_eq!(lifecycle.wanted_max(), 2, "it polls ahead, on one connection for all");
    }

    #[test]
    fn a_runtime_that_asks_for_more_while_it_works_wants_more() {
        let holder = Connection::default();
        let mut lifecycle = running("a", &holder);
        assert_eq!(lifecycle.wanted_max(), 1);
        assert!(lifecycle.next(&Connection::default()).unwrap().is_none());
        assert_eq!(lifecycle.wanted_max(), 2);
    }

    #[test]
    fn a_runtime_wants_what_it_holds_and_polls_for_when_it_is_given_an_event() {
        let mut lifecycle = Lifecycle::new(1);
        lifecycle.begin_poll();
        lifecycle.begin_poll();
        assert_eq!(lifecycle.wanted_max(), 1, "one of them may be about to go");
        drop(lifecycle.assign(event("a")));
        lifecycle.end_poll();
        lifecycle.next(&Connection::default()).unwrap().unwrap();
        assert_eq!(lifecycle.wanted_max(), 2);
        lifecycle.end_poll();
        assert_eq!(lifecycle.wanted_max(), 2);
    }

    #[test]
    fn only_an_open_event_can_be_answered_and_only_once() {
        let mut lifecycle = running("a", &Connection::default());
        assert_eq!(lifecycle.answer("b", RESPONSE, answer()), Err(Refusal::InvalidRequestId));
        assert_eq!(lifecycle.answer("a", RESPONSE, answer()), Ok(()));
        assert_eq!(lifecycle.answer("a", RESPONSE, answer()), Err(Refusal::InvalidRequestId));
    }

    #[test]
    fn a_withdrawn_event_says_whether_it_had_been_taken() {
        let mut lifecycle = running("a", &Connection::default());
        drop(lifecycle.assign(event("b")));
        assert!(!lifecycle.withdraw("b"));
        assert!(lifecycle.withdraw("a"));
        assert_eq!(lifecycle.answer("a", RESPONSE, answer()), Err(Refusal::InvalidRequestId));
    }

    #[test]
    fn an_assigned_event_that_was_not_asked_for_cannot_be_answered() {
        let mut lifecycle = Lifecycle::new(1);
        drop(lifecycle.assign(event("a")));
        let refusal = Refusal::InvalidTransition { from: State::Started, to: RESPONSE };
        assert_eq!(lifecycle.answer("a", RESPONSE, answer()), Err(refusal));
    }

    #[test]
    fn init_can_fail_only_before_the_first_next_and_is_final() {
        let connection = Connection::default();
        let mut lifecycle = Lifecycle::new(1);
        lifecycle.fail_init().unwrap();
        assert!(lifecycle.next(&connection).is_err());
        assert!(lifecycle.fail_init().is_err());
        assert!(running("a", &connection).fail_init().is_err());
    }
}
