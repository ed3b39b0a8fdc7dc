//! What a runtime may ask at which moment, as AWS's state machine has it.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use hyper::HeaderMap;

/// What a runtime gets from `next`.
#[derive(Debug)]
pub(crate) struct Event {
    pub(crate) request_id: Arc<str>,
    pub(crate) headers: HeaderMap,
    pub(crate) payload: Bytes,
}

/// The dialogue with one runtime: at most one event is open at a time.
#[derive(Debug)]
pub(crate) struct Lifecycle {
    state: State,
    open: Option<Arc<Event>>,
    is_taken: bool,
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
    /// The id is not the open event's, or that event was answered already.
    InvalidRequestId,
    /// The runtime must not make this call now.
    InvalidTransition { from: State, to: State },
}

impl Lifecycle {
    pub(crate) fn new() -> Lifecycle {
        Lifecycle { state: State::Started, open: None, is_taken: false }
    }

    /// Whether the runtime has yet to ask for its first event.
    pub(crate) fn is_starting(&self) -> bool {
        self.state == State::Started
    }

    /// Whether the runtime has been given the event assigned last, answered or not.
    pub(crate) fn is_taken(&self) -> bool {
        self.is_taken
    }

    /// Opens an event for the next `next`. The one before must have been answered.
    pub(crate) fn assign(&mut self, event: Event) {
        assert!(self.open.is_none(), "an environment has one invocation at a time");
        self.open = Some(Arc::new(event));
        self.is_taken = false;
    }

    /// The open event, the same one as often as it is asked for; none until one is assigned.
    pub(crate) fn next(&mut self) -> Result<Option<Arc<Event>>, Refusal> {
        if self.state == State::InitError {
            return Err(self.refuse(State::Ready));
        }
        if self.open.is_none() {
            self.state = State::Ready;
            return Ok(None);
        }
        self.state = State::Running;
        self.is_taken = true;
        Ok(self.open.clone())
    }

    /// Closes the open event with a response or an error.
    pub(crate) fn answer(&mut self, request_id: &str, to: State) -> Result<(), Refusal> {
        if matches!(self.state, State::Started | State::InitError) {
            return Err(self.refuse(to));
        }
        let is_open = self.open.as_ref().is_some_and(|event| *event.request_id == *request_id);
        if self.state != State::Running || !is_open {
            return Err(Refusal::InvalidRequestId);
        }
        self.state = State::ResponseSent;
        self.open = None;
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

    fn running(request_id: &str) -> Lifecycle {
        let mut lifecycle = Lifecycle::new();
        lifecycle.assign(event(request_id));
        lifecycle.next().unwrap().unwrap();
        lifecycle
    }

    #[test]
    fn an_event_is_handed_out_again_until_it_is_answered() {
        let mut lifecycle = running("a");
        assert_eq!(&*lifecycle.next().unwrap().unwrap().request_id, "a");
        lifecycle.answer("a", RESPONSE).unwrap();
        assert!(lifecycle.next().unwrap().is_none());
    }

    #[test]
    fn only_the_open_event_can_be_answered_and_only_once() {
        let mut lifecycle = running("a");
        assert_eq!(lifecycle.answer("b", RESPONSE), Err(Refusal::InvalidRequestId));
        assert_eq!(lifecycle.answer("a", RESPONSE), Ok(()));
        assert_eq!(lifecycle.answer("a", RESPONSE), Err(Refusal::InvalidRequestId));
    }

    #[test]
    fn a_taken_event_stays_taken_until_the_next_is_assigned() {
        let mut lifecycle = running("a");
        lifecycle.answer("a", RESPONSE).unwrap();
        assert!(lifecycle.is_taken());
        lifecycle.assign(event("b"));
        assert!(!lifecycle.is_taken());
    }

    #[test]
    fn an_assigned_event_that_was_not_asked_for_cannot_be_answered() {
        let mut lifecycle = Lifecycle::new();
        lifecycle.assign(event("a"));
        let refusal = Refusal::InvalidTransition { from: State::Started, to: RESPONSE };
        assert_eq!(lifecycle.answer("a", RESPONSE), Err(refusal));
    }

    #[test]
    fn init_can_fail_only_before_the_first_next_and_is_final() {
        let mut lifecycle = Lifecycle::new();
        lifecycle.fail_init().unwrap();
        assert!(lifecycle.next().is_err());
        assert!(lifecycle.fail_init().is_err());
        assert!(running("a").fail_init().is_err());
    }
}
