//! Showing messages without handing them out.

use crate::queue::{Message, Queue, Visibility};
use crate::{Broker, Decision, Peeked, PeekedState, QueueName, Rejection, Reply};

/// How many messages one peek shows.
const PEEKED_MAX: usize = 1_000;

impl Broker {
    /// By rising numbers, whatever their state: this is for people and their tools, and changes nothing.
    pub(super) fn decide_peek(&self, name: &QueueName, from: u64, max: usize) -> Result<Decision, Rejection> {
        let queue = self.queue(name)?;
        let shown = queue.messages_from(from).take(max.min(PEEKED_MAX));
        Ok(Decision::reply(Reply::Peeked(shown.map(|(number, message)| self.peek(queue, number, message)).collect())))
    }

    fn peek(&self, queue: &Queue, sequence: u64, message: &Message) -> Peeked {
        let mut delivery = self.delivery(queue, sequence, message, message.receive_count);
        delivery.first_received_at = message.first_received_at;
        let state = match message.visibility {
            Visibility::Visible => PeekedState::Visible,
            Visibility::Delayed => PeekedState::Delayed(message.hidden_until),
            Visibility::InFlight => PeekedState::InFlight(message.hidden_until),
        };
        Peeked { delivery, state }
    }
}
