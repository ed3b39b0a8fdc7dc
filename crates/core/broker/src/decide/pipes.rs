//! Pipes: what becomes of a batch once its messages were filtered, enriched and brought into form.

use std::sync::Arc;

use super::workflows::draft::Draft;
use crate::feed::Feed;
use crate::{
    Attempt, AttemptId, AttemptOutcome, Broker, Decision, Entropy, Fact, MappingId, Outgoing, PIPES_MAX, Pipe,
    PipeAction, PipeEntry, PutWhen, QueueId, Rejection, Reply,
};

impl Broker {
    pub(super) fn decide_put_pipe(
        &self,
        pipe: Pipe,
        when: PutWhen,
        entropy: &mut Entropy,
    ) -> Result<Decision, Rejection> {
        self.queue(&pipe.queue)?;
        let id = match (when, self.pipes.get(&pipe.name)) {
            (PutWhen::Absent, Some(_)) => return Err(Rejection::PipeExists),
            (PutWhen::Present { .. }, None) => return Err(Rejection::PipeDoesNotExist),
            (_, Some(id)) => *id,
            (_, None) if self.pipes.len() >= PIPES_MAX => return Err(Rejection::TooManyPipes),
            (_, None) => MappingId(entropy.next_u64()),
        };
        let reply = Reply::Pipe(Arc::new(pipe.clone()));
        if self.pipe(id).is_some_and(|known| **known == pipe) {
            return Ok(Decision::reply(reply));
        }
        Ok(Decision { reply, ..Decision::fact(Fact::PipeSet { id, pipe }) })
    }

    pub(super) fn decide_delete_pipe(&self, name: &str) -> Result<Decision, Rejection> {
        let id = *self.pipes.get(name).ok_or(Rejection::PipeDoesNotExist)?;
        Ok(Decision::fact(Fact::MappingDeleted { id }))
    }

    pub(super) fn decide_describe_pipe(&self, name: &str) -> Result<Decision, Rejection> {
        let pipe = self.pipes.get(name).and_then(|id| self.pipe(*id)).ok_or(Rejection::PipeDoesNotExist)?;
        Ok(Decision::reply(Reply::Pipe(pipe.clone())))
    }

    pub(super) fn decide_list_pipes(&self) -> Decision {
        let pipes = self.pipes.values().filter_map(|id| self.pipe(*id)).cloned().collect();
        Decision::reply(Reply::Pipes(pipes))
    }

    fn pipe(&self, id: MappingId) -> Option<&Arc<Pipe>> {
        self.feeds.get(&id).map(|feed| &feed.value).and_then(Feed::pipe)
    }

    /// What is asked for and the end of the attempt are one step: no message is sent on and then sent on again. An
    /// attempt that nobody knows has ended before, and changes nothing.
    pub(super) fn decide_conclude_attempt(
        &self,
        id: AttemptId,
        action: PipeAction,
        mut failed: Vec<usize>,
        holds: bool,
        entropy: &mut Entropy,
    ) -> Result<Decision, Rejection> {
        let concluded = |refused: Option<Rejection>| Reply::Concluded { refused: refused.map(Box::new) };
        let Some(attempt) = self.attempts.get(&id).filter(|attempt| attempt.execution.is_none()) else {
            return Ok(Decision::reply(concluded(None)));
        };
        let mut draft = Draft::default();
        let mut held_by = None;
        let refused = match action {
            PipeAction::Send { queue, messages } => {
                let in_order = attempt.queue.is_fifo();
                let send = |outgoing, entropy: &mut Entropy| self.decide_send(&queue, outgoing, entropy);
                send_entries(messages, in_order, &mut failed, &mut draft, send, entropy)
            }
            PipeAction::Publish { topic, publications, region } => {
                let (places, entries): (Vec<_>, Vec<_>) =
                    publications.into_iter().map(|entry| (entry.places, entry.content)).unzip();
                let published = self.decide_publish(&topic, entries, &region, entropy).map(|it| draft.extend(it));
                published.err().inspect(|_| failed.extend(places.into_iter().flatten()))
            }
            PipeAction::QueueEvent { function, event } => {
                let queued = self.queue_event(&function, event, 0).map(|fact| draft.push(fact));
                queued.err().inspect(|_| fail_all(attempt, &mut failed))
            }
            PipeAction::StartExecution { machine, name, input, trace_header } => {
                let started = self.start(&mut draft, machine, name, &input, None, trace_header, entropy);
                held_by = started.as_ref().ok().filter(|started| holds && !started.machine.express).map(|it| it.id);
                started.err().inspect(|_| fail_all(attempt, &mut failed))
            }
        };
        failed.sort_unstable();
        failed.dedup();
        match held_by.map(|execution| (execution, draft.succeeded(execution))) {
            Some((execution, None)) => {
                let (bound, others) = self.bind(attempt, &failed);
                draft.push_all(others);
                let (mapping, queue) = (attempt.mapping, attempt.queue);
                draft.push(Fact::AttemptBound { attempt: id, mapping, queue, messages: bound, execution });
            }
            Some((_, Some(false))) => draft.push_all(self.attempt_end(id, &AttemptOutcome::Failed)),
            Some((_, Some(true))) | None => {
                draft.push_all(self.attempt_end(id, &AttemptOutcome::PartlyFailed(failed)));
            }
        }
        self.follow(&mut draft, entropy);
        Ok(draft.decide(concluded(refused)))
    }

    /// The messages that the execution holds, and what becomes of the others.
    fn bind(&self, attempt: &Attempt, failed: &[usize]) -> (Vec<(u64, u32)>, Vec<Fact>) {
        let mut bound = Vec::new();
        let mut returned = Vec::new();
        for (place, (sequence, receive_count)) in attempt.messages.iter().enumerate() {
            if failed.binary_search(&place).is_err() {
                bound.push((*sequence, *receive_count));
            } else if let Some(queue) = self.queue_of(attempt.queue, *sequence) {
                let hidden_until = self.now() + queue.attributes().visibility_timeout;
                returned.push(Fact::VisibilityChanged { queue: attempt.queue, sequence: *sequence, hidden_until });
            }
        }
        (bound, returned)
    }

    /// The queue, if it still has the message.
    fn queue_of(&self, queue: QueueId, sequence: u64) -> Option<&crate::queue::Queue> {
        self.queues.get(&queue).filter(|queue| queue.message(sequence).is_some())
    }
}

fn fail_all(attempt: &Attempt, failed: &mut Vec<usize>) {
    failed.extend(0..attempt.messages.len());
}

/// Sends entries, of an ordered source only those before the first that is refused. Returns why that was.
fn send_entries(
    entries: Vec<PipeEntry<Outgoing>>,
    in_order: bool,
    failed: &mut Vec<usize>,
    draft: &mut Draft,
    send: impl Fn(Vec<Outgoing>, &mut Entropy) -> Result<Decision, Rejection>,
    entropy: &mut Entropy,
) -> Option<Rejection> {
    let contents = |entries: &[PipeEntry<Outgoing>]| entries.iter().map(|entry| entry.content.clone()).collect();
    let mut sent = match send(contents(&entries), entropy) {
        Ok(sent) => sent,
        Err(rejection) => {
            failed.extend(entries.into_iter().flat_map(|entry| entry.places));
            return Some(rejection);
        }
    };
    let (bad, rejection) = refused_of(&sent);
    let first = bad.first().copied();
    match first {
        None => {}
        Some(first) if in_order => {
            failed.extend(entries[first..].iter().flat_map(|entry| entry.places.iter().copied()));
            sent = match first {
                0 => Decision::reply(Reply::Done),
                _ => send(contents(&entries[..first]), entropy).expect("each of them was accepted"),
            };
        }
        Some(_) => failed.extend(bad.iter().flat_map(|place| entries[*place].places.iter().copied())),
    }
    draft.extend(sent);
    rejection
}

/// Which entries were refused, and why the first was.
fn refused_of(sent: &Decision) -> (Vec<usize>, Option<Rejection>) {
    let Reply::Sent(results) = &sent.reply else { unreachable!("a send answers what was sent") };
    let bad = results.iter().enumerate().filter(|(_, result)| result.is_err()).map(|(place, _)| place).collect();
    (bad, results.iter().find_map(|result| result.as_ref().err().cloned()))
}
