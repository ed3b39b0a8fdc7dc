//! One step of a replay: reads what a topic has kept, and has it put into the subscribed queue.

use std::time::Duration;

use bongsu_broker::{Command, Place, Recorded, ReplayedNotification, Stored, SubscriptionId};
use bongsu_journal::ReadError;
use tokio::sync::oneshot;
use tokio::time::sleep;
use tracing::error;

use crate::contents::LOCATE_TRIES;
use crate::handle::{Handle, Request};
use crate::shard::{Held, Shard};

/// Messages of one step.
const MESSAGES_MAX: usize = 100;
/// Bytes of the records that one step reads, but for the first: its facts have to fit together.
const BYTES_MAX: u64 = 512 << 10;
/// How soon a step is tried again whose messages could not be read.
const AGAIN_AFTER: Duration = Duration::from_secs(1);

/// What a step of a replay comes to.
pub(crate) struct ReplayStep {
    subscription: SubscriptionId,
    from: u64,
    messages: Vec<(u64, Place)>,
}

impl Shard {
    /// Begins a step of each replay that can take one; it reads only what is durable.
    pub(crate) fn begin_replays(&mut self) {
        // A step that there is no room for is not read, either.
        if self.stopping || !self.has_room_beyond(self.limits.room_kept_from_sends) {
            return;
        }
        for subscription in self.broker.take_due_replays() {
            let Some((from, mut messages)) = self.broker.next_of_replay(subscription, MESSAGES_MAX) else { continue };
            let mut bytes = 0;
            let fits = |(_, place): &&(u64, Place)| {
                bytes += u64::from(place.length);
                bytes <= BYTES_MAX
            };
            let count = messages.iter().take_while(fits).count().max(1);
            messages.truncate(count);
            self.hold(Held::Replay(ReplayStep { subscription, from, messages }));
        }
    }

    /// Takes a step whose messages were read, and lets the next one begin.
    pub(crate) fn step_of_replay(&mut self, subscription: SubscriptionId, command: Option<Command>) {
        if let Some(command) = command
            && self.has_room_beyond(self.limits.room_kept_from_sends)
        {
            drop(self.decide(command));
        }
        self.broker.postpone_replay(subscription);
    }
}

/// Reads the step's messages in a task of its own.
pub(crate) fn replay(step: ReplayStep, handle: Handle) {
    tokio::spawn(async move {
        let ReplayStep { subscription, from, messages } = step;
        let command = match read(subscription, messages, &handle).await {
            Some(messages) => {
                let region = handle.envelopes.region().into();
                Some(Command::StepOfReplay { subscription, from, messages, region })
            }
            None => {
                sleep(AGAIN_AFTER).await;
                None
            }
        };
        // A shard that is gone goes on with the replay when it starts again.
        handle.requests.send(Request::StepOfReplay { subscription, command }).await.unwrap_or_default();
    });
}

async fn read(
    subscription: SubscriptionId,
    messages: Vec<(u64, Place)>,
    handle: &Handle,
) -> Option<Vec<ReplayedNotification>> {
    let mut read = Vec::with_capacity(messages.len());
    for (sequence, place) in messages {
        let Some(record) = record(subscription, sequence, place, handle).await? else { continue };
        let (record, place) = record;
        match Recorded::decode(record).ok().and_then(|recorded| recorded.into_stored(place.part)) {
            Some(Stored::Notification(notification, _)) => {
                let facets = handle.envelopes.facets(&notification);
                read.push(ReplayedNotification { sequence, notification, facets });
            }
            _ => {
                error!(position = place.position, "the journal holds something else where a notification should be");
                return None;
            }
        }
    }
    Some(read)
}

/// The record of an archived message, and where it is; nothing of one that has expired.
async fn record(
    subscription: SubscriptionId,
    sequence: u64,
    mut place: Place,
    handle: &Handle,
) -> Option<Option<(bytes::Bytes, Place)>> {
    for _ in 0..LOCATE_TRIES {
        match handle.read(&[place]).await.map(|mut records| records.pop()) {
            Ok(record) => return Some(record.map(|record| (record, place))),
            Err(ReadError::Gone { .. }) => {
                let (reply, answer) = oneshot::channel();
                let request = Request::LocateArchived { subscription, sequence, reply };
                handle.requests.send(request).await.ok()?;
                match answer.await.ok()? {
                    Some(moved) => place = moved,
                    None => return Some(None),
                }
            }
            Err(error) => {
                error!(%error, "reading an archive from the journal failed");
                return None;
            }
        }
    }
    None
}
