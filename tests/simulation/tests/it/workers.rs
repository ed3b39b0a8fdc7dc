//! Functions and endpoints that begin what they are given and end it when the life says so, as it says.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bongsu_broker::{
    AttemptOutcome, DeliveryEnd, DeliveryOutcome, Destination, InvocationRecord, Outgoing, QueuedInvocation,
    SendOrigin, Text,
};
use bongsu_journal::BoxFuture;
use bongsu_runtime::{Attempted, Batch, Concluded, Courier, Event, EventEnd, FunctionRunner, Parcel};
use bytes::Bytes;
use tokio::sync::oneshot;

/// What was begun, and how its end is told.
pub(crate) enum Begun {
    Batch(Batch, oneshot::Sender<AttemptOutcome>),
    Event(Event, oneshot::Sender<EventEnd>),
    Parcel(Parcel, oneshot::Sender<DeliveryOutcome>),
}

/// Whose deliveries ended how, durably: the endpoint's name, the number, the end.
pub(crate) type Ended = (String, u64, DeliveryEnd);

/// The workers of one process; those of a process that is gone end nothing any more.
#[derive(Clone, Default)]
pub(crate) struct Workers(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    begun: Vec<Begun>,
    ended: Vec<Ended>,
    /// Events that tell of objects, with their numbers.
    changes: Vec<(u64, String)>,
}

impl Workers {
    /// What was begun since this was last asked.
    pub(crate) fn take_begun(&self) -> Vec<Begun> {
        std::mem::take(&mut self.state().begun)
    }

    /// The deliveries that ended since this was last asked.
    pub(crate) fn take_ended(&self) -> Vec<Ended> {
        std::mem::take(&mut self.state().ended)
    }

    /// What functions heard of objects since this was last asked.
    pub(crate) fn take_changes(&self) -> Vec<(u64, String)> {
        std::mem::take(&mut self.state().changes)
    }

    fn hear(&self, invocation: &QueuedInvocation) {
        if invocation.payload.starts_with('{') {
            self.state().changes.push((invocation.request_id as u64, invocation.payload.to_string()));
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until the life says how it ends; for ever if the process is gone before.
    fn begin<T: Send + 'static>(&self, begun: impl FnOnce(oneshot::Sender<T>) -> Begun) -> BoxFuture<'static, T> {
        let (end, ended) = oneshot::channel();
        self.state().begun.push(begun(end));
        Box::pin(async move {
            match ended.await {
                Ok(end) => end,
                Err(_) => std::future::pending().await,
            }
        })
    }
}

impl FunctionRunner for Workers {
    fn run(&self, batch: Batch) -> BoxFuture<'static, AttemptOutcome> {
        self.begin(|end| Begun::Batch(batch, end))
    }

    fn run_event(&self, event: Event) -> BoxFuture<'static, EventEnd> {
        self.hear(&event.invocation);
        self.begin(|end| Begun::Event(event, end))
    }

    /// A line for the destination, and the bare event for dead letters.
    fn records(&self, concluded: Concluded) -> BoxFuture<'static, Vec<(Destination, InvocationRecord)>> {
        let Concluded { invocation, conclusion, .. } = concluded;
        self.hear(&invocation);
        let number = invocation.request_id as u64;
        let line = format!("{number} {} {}", conclusion.condition.name(), conclusion.attempts);
        let told = [(conclusion.destination, line), (conclusion.dead_letters, number.to_string())];
        let record = |(to, text): (Option<Destination>, String)| Some((to?, InvocationRecord::Message(message(&text))));
        Box::pin(std::future::ready(told.into_iter().filter_map(record).collect()))
    }
}

impl Courier for Workers {
    fn deliver(&self, parcel: Parcel) -> BoxFuture<'static, Attempted> {
        let (endpoint, workers) = (parcel.definition.endpoint.to_string(), self.clone());
        let number = number_of(&parcel);
        let attempt = self.begin(|end| Begun::Parcel(parcel, end));
        Box::pin(async move {
            let outcome = attempt.await;
            let then = move |end| {
                if let Some(number) = number {
                    workers.state().ended.push((endpoint, number, end));
                }
            };
            Attempted { then: Box::new(then), ..Attempted::new(outcome) }
        })
    }
}

/// The number in a parcel, unless it is a question.
pub(crate) fn number_of(parcel: &Parcel) -> Option<u64> {
    match &parcel.content {
        bongsu_runtime::ParcelContent::Notification(notification, form) => Some(number(form.body(notification))),
        bongsu_runtime::ParcelContent::Question(_) => None,
    }
}

/// The number that stands before the padding of a text.
pub(crate) fn number(text: &str) -> u64 {
    text.split(' ').next().and_then(|number| number.parse().ok()).unwrap_or_else(|| panic!("a number: {text}"))
}

pub(crate) fn message(body: &str) -> Outgoing {
    Outgoing {
        body: Text::from(body),
        body_md5: [0; 16],
        attributes: Bytes::new(),
        attributes_size: 0,
        delay: None,
        group: None,
        deduplication_id: None,
        sender: Text::from("client"),
        trace_header: None,
        origin: SendOrigin::Api,
    }
}
