//! What clients ask for, and what they are answered.

use bongsu_broker::{
    Condition, FunctionRef, ObjectRejection, Publication, QueuedInvocation, ReceiptHandle, Rejection, Seconds, Text,
};
use bongsu_runtime::{Received, Refusal};
use bytes::Bytes;
use tokio::task::JoinHandle;

use super::{KEYS, Life};
use crate::content::{self, ObjectStep};
use crate::setting::{HANDLER, MAPPED, REGION, at, queue, schedule, topic};
use crate::versions::{Outcome, Wish};
use crate::workers::message;

/// Fits, with what is around it, into the largest command at this size of segments.
const BODY_BYTES_MAX: u64 = 700;
const GROUPS: u64 = 3;

/// What a client waits for.
pub(super) enum Asked {
    Work(u64),
    Receive(&'static str),
    Delete(&'static str, Vec<u64>),
    Write(u64),
    Read(&'static str),
}

pub(crate) enum Answer {
    Done(Result<(), Refusal>),
    Received(Result<Vec<Received>, Refusal>),
    Written(Result<Option<String>, Refusal>),
    Read(Result<Option<String>, Refusal>),
}

pub(super) struct Pending {
    pub(super) asked: Asked,
    pub(super) at: u64,
    pub(super) answer: JoinHandle<Answer>,
}

impl Life {
    pub(super) fn send(&mut self) {
        let (name, _) = MAPPED[self.below(3) as usize];
        self.send_to(name);
    }

    pub(super) fn send_to(&mut self, name: &'static str) {
        let (number, group) = (self.number(), self.below(GROUPS));
        self.works.asks(name, group, number, self.clock.now());
        let padding = ".".repeat(self.below(BODY_BYTES_MAX) as usize);
        let mut outgoing = message(&format!("{number} {padding}"));
        if name.ends_with(".fifo") {
            outgoing.group = Some(Text::from(group.to_string()));
            outgoing.deduplication_id = Some(Text::from(number.to_string()));
        }
        let broker = self.server.broker.clone();
        self.ask(Asked::Work(number), async move {
            Answer::Done(broker.send(queue(name), vec![outgoing]).await.map(|results| {
                assert!(results[0].is_ok(), "nothing is wrong with it");
            }))
        });
    }

    pub(super) fn publish(&mut self) {
        let number = self.number();
        self.works.asks("news", 0, number, self.clock.now());
        let broker = self.server.broker.clone();
        let publication = publication(&number.to_string());
        self.ask(Asked::Work(number), async move {
            Answer::Done(broker.publish(topic(), vec![publication], REGION).await.map(drop))
        });
    }

    pub(super) fn queue_event(&mut self) {
        let number = self.number();
        self.works.asks("events", 0, number, self.clock.now());
        let padding = ".".repeat(self.below(BODY_BYTES_MAX) as usize);
        let payload = Text::from(format!("\"{padding}\""));
        let invocation = QueuedInvocation { qualifier: None, request_id: number.into(), payload, trace_header: None };
        let broker = self.server.broker.clone();
        self.ask(Asked::Work(number), async move {
            Answer::Done(broker.queue_invocation(FunctionRef::latest(HANDLER), invocation).await)
        });
    }

    /// Something is to be sent once, at a time that is soon.
    pub(super) fn remind(&mut self) {
        let (number, seconds) = (self.number(), 1 + self.below(600));
        self.works.asks("reminders", 0, number, self.clock.now());
        let when = at(self.clock.now() + Seconds(seconds as u32));
        let definition = schedule(&format!("once/{number}"), &when, Some(number.to_string()));
        let broker = self.server.broker.clone();
        self.ask(Asked::Work(number), async move { Answer::Done(broker.put_schedule(definition).await) });
    }

    pub(super) fn object(&mut self) {
        let key = KEYS[self.below(4) as usize];
        let broker = self.server.broker.clone();
        let step = match self.below(100) {
            0..25 => return self.ask(Asked::Read(key), content::read(broker, key)),
            25..70 => ObjectStep::Put,
            70..80 => ObjectStep::Upload,
            80..88 => ObjectStep::Copy(KEYS[self.below(4) as usize]),
            _ => ObjectStep::Delete,
        };
        let (number, seen) = (self.number(), self.versions.seen(key).cloned());
        let wish = match (self.below(3), seen) {
            (0, _) => Wish::Always,
            (1, Some(etag)) => Wish::IfMatch(etag),
            _ if matches!(step, ObjectStep::Delete) => Wish::Always,
            _ => Wish::IfAbsent,
        };
        let condition = match &wish {
            Wish::Always => Condition::None,
            Wish::IfAbsent => Condition::Absent,
            Wish::IfMatch(etag) => Condition::Match(Text::from(etag.as_str())),
        };
        let is_delete = matches!(step, ObjectStep::Delete);
        self.versions.asks(number, key, wish, is_delete, self.moment + 1);
        self.ask(Asked::Write(number), content::write(broker, key, number, step, condition));
    }

    pub(super) fn receive(&mut self, name: &'static str) {
        let broker = self.server.broker.clone();
        self.ask(Asked::Receive(name), async move {
            Answer::Received(broker.receive(queue(name), 10, None, Some(Seconds(0))).await)
        });
    }

    pub(super) fn ask(&mut self, asked: Asked, answer: impl Future<Output = Answer> + Send + 'static) {
        self.moment += 1;
        self.pending.push(Pending { asked, at: self.moment, answer: tokio::spawn(answer) });
    }

    pub(super) fn enter(&mut self, asked: Asked, at: u64, answer: Answer) {
        self.moment += 1;
        match (asked, answer) {
            (Asked::Work(number), Answer::Done(Ok(()))) => {
                self.answers.push(format!("{number} taken"));
                self.works.acknowledged(number);
                self.durable(at);
            }
            (Asked::Receive(name), Answer::Received(Ok(batch))) => self.received(name, &batch, at),
            (Asked::Delete(name, sequences), Answer::Done(Ok(()))) => {
                sequences.into_iter().for_each(|sequence| self.works.deleted(name, sequence, self.moment));
                self.durable(at);
            }
            (Asked::Write(number), Answer::Written(result)) => {
                let outcome = match result {
                    Ok(etag) => {
                        self.durable(at);
                        Outcome::Done(etag)
                    }
                    Err(Refusal::Rejected(rejection)) => refused(&rejection),
                    Err(Refusal::Unavailable) => Outcome::Unknown,
                };
                self.answers.push(format!("{number} written: {outcome:?}"));
                self.versions.answered(number, outcome, self.moment);
            }
            (Asked::Read(key), Answer::Read(Ok(found))) => {
                self.answers.push(format!("{key} read: {found:?}"));
                self.versions.read(key, found, at, self.moment);
            }
            (_, Answer::Done(Err(Refusal::Unavailable)))
            | (_, Answer::Received(Err(Refusal::Unavailable)))
            | (_, Answer::Read(Err(Refusal::Unavailable))) => {}
            (_, Answer::Done(Err(refusal)) | Answer::Received(Err(refusal)) | Answer::Read(Err(refusal))) => {
                panic!("nothing gives reason for {refusal:?}")
            }
            _ => unreachable!("each is answered in its own way"),
        }
    }

    pub(super) fn durable(&mut self, asked: u64) {
        self.works.durable_at = self.works.durable_at.max(asked);
    }

    pub(super) fn received(&mut self, name: &'static str, batch: &[Received], asked: u64) {
        let fresh = self.works.received(name, batch, asked);
        self.answers.push(format!("{name} handed out: {fresh:?}"));
        for body in &fresh {
            match name {
                "changes" => self.versions.told(body),
                "records" => self.works.check_age(body, self.clock.now()),
                _ => {}
            }
        }
        if batch.is_empty() {
            return;
        }
        let handles: Vec<ReceiptHandle> = batch.iter().map(|received| received.delivery.handle).collect();
        let sequences = handles.iter().map(|handle| handle.sequence).collect();
        let broker = self.server.broker.clone();
        self.ask(Asked::Delete(name, sequences), async move {
            Answer::Done(broker.delete(queue(name), handles).await.map(drop))
        });
    }
}

/// What a refusal means; nothing else is refused.
fn refused(rejection: &Rejection) -> Outcome {
    match rejection {
        Rejection::Object(
            ObjectRejection::PreconditionFailed { .. }
            | ObjectRejection::ConditionalRequestConflict { .. }
            | ObjectRejection::KeyDoesNotExist,
        ) => Outcome::Refused,
        other => panic!("nothing gives reason for {other:?}"),
    }
}

fn publication(body: &str) -> Publication {
    Publication {
        body: Text::from(body),
        bodies: Vec::new(),
        subject: None,
        attributes: Bytes::new(),
        attributes_size: 0,
        attributes_count: 0,
        facets: Vec::new(),
        message_bytes: body.len(),
        group: None,
        deduplication_id: None,
        trace_header: None,
    }
}
