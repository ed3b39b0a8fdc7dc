//! One attempt at an endpoint: reads what is to be delivered, has it delivered, and tells the shard how it ended.

use std::sync::Arc;

use bongsu_broker::{DeliveryOutcome, DueDelivery, Place, Recorded, Stored};
use bongsu_journal::ReadError;
use tracing::error;

use crate::contents::LOCATE_TRIES;
use crate::courier::{Attempted, Courier, Parcel, ParcelContent};
use crate::handle::Handle;
use crate::shard::{HELD_MAX, Held, Shard};

/// Attempts at endpoints that go on at once, all together, where there is room for so many.
pub const DELIVERIES_MAX: usize = 20_000;
/// How many begin before the loop looks at anything else.
const DELIVERIES_A_TURN_MAX: usize = 1024;

impl Shard {
    /// Begins deliveries whose time has come; each leaves when what it rests on is durable.
    pub(crate) fn begin_deliveries(&mut self) {
        if self.may_begin_deliveries() {
            let free = self.outside.deliveries_max - self.deliveries_going_on;
            for due in self.broker.take_due_deliveries(free.min(DELIVERIES_A_TURN_MAX)) {
                self.deliveries_going_on += 1;
                self.hold(Held::Delivery(Box::new(due)));
            }
        }
    }

    /// On a full disk none begins: an endpoint that is down would take the room that cleaning needs, failure by failure.
    pub(crate) fn may_begin_deliveries(&self) -> bool {
        let has_room = self.deliveries_going_on < self.outside.deliveries_max
            && self.held.len() < HELD_MAX
            && self.has_room_beyond(self.limits.room_kept_for_cleaning);
        has_room && !self.stopping && self.broker.has_due_deliveries()
    }
}

/// Makes the attempt in a task of its own.
pub(crate) fn deliver(due: DueDelivery, courier: Arc<dyn Courier>, handle: Handle) {
    tokio::spawn(async move {
        let (subscription, sequence) = (due.subscription, due.sequence);
        let attempted = match content(&due, &handle).await {
            Found::Content(content) => {
                let DueDelivery { definition, topic, pending, function, .. } = due;
                courier.deliver(Parcel { subscription, definition, topic, pending, function, content }).await
            }
            // Of what is gone nobody knows any more, and the outcome changes nothing.
            Found::Gone | Found::Unreadable => Attempted::new(DeliveryOutcome::Failed),
        };
        let Attempted { outcome, feedback, then } = attempted;
        if let Ok(end) = handle.end_delivery(subscription, sequence, outcome, feedback).await {
            then(end);
        }
    });
}

enum Found {
    Content(ParcelContent),
    /// The subscription is gone, and everything that was to be delivered to it.
    Gone,
    Unreadable,
}

async fn content(due: &DueDelivery, handle: &Handle) -> Found {
    let mut place = due.place;
    for _ in 0..LOCATE_TRIES {
        match handle.read(&[place]).await.map(|mut records| records.pop()) {
            Ok(Some(record)) => return decode(record, place),
            Ok(None) => return Found::Unreadable,
            Err(ReadError::Gone { .. }) => match handle.locate_delivery(due.subscription, due.sequence).await {
                Ok(Some(moved)) => place = moved,
                Ok(None) => return Found::Gone,
                Err(_) => return Found::Unreadable,
            },
            Err(error) => {
                error!(%error, "reading a notification from the journal failed");
                return Found::Unreadable;
            }
        }
    }
    Found::Unreadable
}

fn decode(record: bytes::Bytes, place: Place) -> Found {
    match Recorded::decode(record).ok().and_then(|recorded| recorded.into_stored(place.part)) {
        Some(Stored::Notification(notification, form)) => {
            Found::Content(ParcelContent::Notification(Box::new(notification), form))
        }
        Some(Stored::Question(question)) => Found::Content(ParcelContent::Question(question)),
        Some(_) | None => {
            error!(position = place.position, "the journal holds something else where a notification should be");
            Found::Unreadable
        }
    }
}
