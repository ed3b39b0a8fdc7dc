//! Admission: calls that wait until limits let them begin, and tell what their target said.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use bongsu_broker::{Admission, CallId, CallLimits, Command, Fact, MappingDefinition, MappingId, Rejection};
use bongsu_rate_limit::Feedback;
use tokio::sync::{mpsc, oneshot};

use crate::handle::{Handle, Refusal, Request};
use crate::shard::{HELD_MAX, Held, Shard};

/// How whoever waits for a call learns that it begins.
pub(crate) type AdmitTo = oneshot::Sender<Result<Permit, Rejection>>;

/// Those who wait for their calls, by the calls' numbers.
pub(crate) type Waiting = BTreeMap<CallId, AdmitTo>;

/// A call that has begun. One that is dropped was given up before its target was asked.
#[must_use = "a permit that is dropped gives the call up"]
pub struct Permit {
    limits: CallLimits,
    requests: mpsc::WeakSender<Request>,
}

impl fmt::Debug for Permit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Permit").field("limits", &self.limits).finish_non_exhaustive()
    }
}

impl Permit {
    /// The call has ended, and its target said this.
    pub fn end(mut self, feedback: Feedback) {
        self.tell(Some(feedback));
    }

    fn tell(&mut self, feedback: Option<Feedback>) {
        let limits = std::mem::take(&mut self.limits);
        if !limits.is_empty() {
            tell(&self.requests, Request::EndCall { limits, feedback });
        }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.tell(None);
    }
}

/// Takes a call out of the line if whoever waits for it goes away.
struct InLine<'a> {
    id: CallId,
    handle: &'a Handle,
}

impl Drop for InLine<'_> {
    fn drop(&mut self) {
        tell(&self.handle.requests.downgrade(), Request::LeaveLine { id: self.id });
    }
}

/// Tells the shard without waiting. A shard that is gone has nothing left to be told.
fn tell(requests: &mpsc::WeakSender<Request>, request: Request) {
    let Some(requests) = requests.upgrade() else { return };
    if let Err(mpsc::error::TrySendError::Full(request)) = requests.try_send(request)
        && let Ok(runtime) = tokio::runtime::Handle::try_current()
    {
        runtime.spawn(async move { requests.send(request).await.unwrap_or_default() });
    }
}

impl Handle {
    /// Waits until all limits let a call begin; the beginning is durable when this returns. Nothing runs meanwhile: the
    /// wait is a deadline in the broker. Whoever does not wait any longer has lost its place.
    ///
    /// # Errors
    /// As many calls wait as may, or the server is stopping.
    pub async fn admit(&self, admission: Admission) -> Result<Permit, Refusal> {
        if admission.limits.is_empty() {
            return Ok(Permit { limits: Vec::new(), requests: self.requests.downgrade() });
        }
        let id = CallId(self.calls.fetch_add(1, Ordering::Relaxed));
        let (reply, answer) = oneshot::channel();
        self.requests.send(Request::LineUp { id, admission, reply }).await.map_err(|_| Refusal::Unavailable)?;
        let in_line = InLine { id, handle: self };
        let admitted = answer.await;
        std::mem::forget(in_line);
        Ok(admitted.map_err(|_| Refusal::Unavailable)??)
    }
}

/// Numbers for calls.
pub(crate) type CallNumbers = std::sync::Arc<AtomicU64>;

impl Shard {
    pub(crate) fn line_up(&mut self, id: CallId, admission: Admission, reply: AdmitTo) {
        // When stopping, nobody begins; a client that has gone away needs no place.
        if self.stopping || reply.is_closed() {
            return;
        }
        match self.broker.line_up_call(id, admission) {
            Ok(()) => drop(self.calls.insert(id, reply)),
            // A receiver that is gone needs no answer.
            Err(rejection) => drop(reply.send(Err(rejection))),
        }
    }

    pub(crate) fn leave_line(&mut self, id: CallId) {
        self.calls.remove(&id);
        self.broker.withdraw_call(id);
    }

    /// Lets calls begin whose turn it is; each learns it when that is durable. On a full disk they wait.
    pub(crate) fn admit_calls(&mut self) {
        while self.may_admit_calls()
            && let Some(admitted) = self.broker.take_admitted_call()
        {
            let Some(reply) = self.calls.remove(&admitted.id).filter(|reply| !reply.is_closed()) else {
                self.broker.end_call(&admitted.limits);
                continue;
            };
            self.counters.calls.begins(&admitted.limits);
            drop(self.decide(Command::BeginCall { limits: admitted.limits.clone() }));
            self.hold(Held::Admitted(reply, admitted.limits));
        }
    }

    pub(crate) fn may_admit_calls(&self) -> bool {
        let has_room = self.has_room_in_batch()
            && self.has_room_beyond(self.limits.room_kept_for_cleaning)
            && self.held.len() < HELD_MAX;
        has_room && !self.stopping && self.broker.has_admitted_calls()
    }

    /// Whoever has gone away does not make the call.
    pub(crate) fn tell_admitted(&mut self, reply: AdmitTo, limits: CallLimits) {
        let permit = Permit { limits, requests: self.handle.requests.downgrade() };
        if let Err(Ok(mut permit)) = reply.send(Ok(permit)) {
            self.broker.end_call(&std::mem::take(&mut permit.limits));
        }
    }

    pub(crate) fn end_call(&mut self, limits: CallLimits, feedback: Option<Feedback>) {
        if let Some(feedback) = feedback {
            self.counters.calls.ends(&limits, &feedback);
            // Whatever room there is: what the target said must not be forgotten.
            drop(self.decide(Command::EndCall { limits: limits.clone(), feedback }));
        }
        self.broker.end_call(&limits);
    }

    /// Notes, before its queue hands out anything, whether a mapping's attempts have to be admitted.
    pub(crate) fn note_mapping(&mut self, fact: &Fact) {
        if let Fact::MappingSet { id, definition } = fact {
            self.broker.limit_mapping(*id, self.outside.functions.is_limited(definition));
        }
    }

    /// The same, of all mappings that are there at the start.
    pub(crate) fn note_mappings(&mut self) {
        let functions = self.outside.functions.clone();
        let is_limited = |mapping: &MappingDefinition| functions.is_limited(mapping);
        let limited: Vec<MappingId> =
            self.broker.mappings().filter(|(_, mapping)| is_limited(mapping)).map(|(id, _)| id).collect();
        limited.into_iter().for_each(|id| self.broker.limit_mapping(id, true));
    }
}
