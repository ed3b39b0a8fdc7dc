//! Reads what messages hold: from the journal, and, of notifications, as the door writes them.

use bongsu_broker::{Content, CopyForm, Delivery, Notification, Place, QueueId, Recorded, Stored, Text};
use bongsu_journal::ReadError;
use bytes::Bytes;
use md5::{Digest as _, Md5};
use tokio::sync::oneshot;
use tokio::task::spawn_blocking;
use tracing::error;

use crate::courier::Envelopes;
use crate::handle::Request;
use crate::{Handle, Received, Refusal};

/// How often a content is looked up again when cleaning moved it in between.
pub(crate) const LOCATE_TRIES: usize = 3;
/// Who sends what a topic puts into queues: a name of ours where AWS has one of its own.
const NOTIFICATIONS_SENDER: &str = "AIDABONGSUSNSTOPICS00";

impl Handle {
    /// Reads the contents of messages that were handed out.
    pub(crate) async fn with_contents(&self, mut deliveries: Vec<Delivery>) -> Result<Vec<Received>, Refusal> {
        for _ in 0..LOCATE_TRIES {
            let places: Vec<Place> = deliveries.iter().map(|delivery| delivery.place).collect();
            match self.read(&places).await {
                Ok(records) => {
                    let read = deliveries.into_iter().zip(records);
                    return self.write(read.filter_map(|(delivery, record)| decode(delivery, record)).collect()).await;
                }
                Err(ReadError::Gone { .. }) => deliveries = self.locate(deliveries).await?,
                Err(error) => {
                    error!(%error, "reading messages from the journal failed");
                    return Err(Refusal::Unavailable);
                }
            }
        }
        Err(Refusal::Unavailable)
    }

    /// Signing takes a millisecond or two: time that this thread has for others.
    async fn write(&self, read: Vec<(Delivery, Stored)>) -> Result<Vec<Received>, Refusal> {
        let is_to_be_signed = |stored: &Stored| matches!(stored, Stored::Notification(_, form) if !form.raw);
        if !read.iter().any(|(_, stored)| is_to_be_signed(stored)) {
            return Ok(write(read, &*self.envelopes));
        }
        let envelopes = self.envelopes.clone();
        spawn_blocking(move || write(read, &*envelopes)).await.map_err(|_| Refusal::Unavailable)
    }

    /// Where the messages lie by now; those that are gone meanwhile are left out.
    async fn locate(&self, deliveries: Vec<Delivery>) -> Result<Vec<Delivery>, Refusal> {
        let mut located = Vec::with_capacity(deliveries.len());
        for delivery in deliveries {
            let (reply, answer) = oneshot::channel();
            let request = Request::Locate { handle: delivery.handle, reply };
            self.requests.send(request).await.map_err(|_| Refusal::Unavailable)?;
            if let Some(place) = answer.await.map_err(|_| Refusal::Unavailable)? {
                located.push(Delivery { place, ..delivery });
            }
        }
        Ok(located)
    }
}

/// What the record says that is at a message's place.
fn decode(delivery: Delivery, record: Bytes) -> Option<(Delivery, Stored)> {
    let recorded = Recorded::decode(record).ok();
    match recorded.and_then(|recorded| recorded.into_stored(delivery.place.part)) {
        Some(stored @ (Stored::Message(_) | Stored::Notification(..))) => Some((delivery, stored)),
        Some(_) | None => {
            let position = delivery.place.position;
            error!(position, "the journal holds something else where a message should be");
            None
        }
    }
}

fn write(read: Vec<(Delivery, Stored)>, envelopes: &dyn Envelopes) -> Vec<Received> {
    let write = |(delivery, stored): (Delivery, Stored)| {
        let mut content = match stored {
            Stored::Message(content) => content,
            Stored::Notification(notification, form) => {
                to_content(delivery.handle.queue, &notification, form, envelopes)?
            }
            _ => return None,
        };
        if let Some(message_id) = delivery.message_id {
            content.message_id = message_id;
        }
        Some(Received { delivery, content })
    };
    read.into_iter().filter_map(write).collect()
}

/// What a consumer of the queue gets to see of a notification.
fn to_content(
    queue: QueueId,
    notification: &Notification,
    form: CopyForm,
    envelopes: &dyn Envelopes,
) -> Option<Content> {
    let body = match form.raw {
        true => form.body(notification).clone(),
        false => Text::from(envelopes.body(notification, form)?),
    };
    Some(Content {
        message_id: form.message_id(notification),
        body_md5: Md5::digest(body.as_bytes()).into(),
        body,
        attributes: if form.raw { envelopes.attributes(notification) } else { Bytes::new() },
        sender: Text::from(NOTIFICATIONS_SENDER),
        group: notification.group_in(queue).cloned(),
        deduplication_id: notification.deduplication_id.clone().filter(|_| queue.is_fifo()),
        trace_header: notification.trace_header.clone(),
    })
}
