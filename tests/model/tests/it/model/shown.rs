//! What the broker tells of a queue and shows of its messages.

use super::*;

impl Queue {
    /// Panics unless this is how the queue is.
    pub(crate) fn is_described_by(&self, description: &QueueDescription, now: u64) {
        let count = |is: fn(&Message, u64) -> bool| self.messages.iter().filter(|message| is(message, now)).count();
        assert_eq!(description.visible, count(Message::is_visible), "visible");
        assert_eq!(description.in_flight, count(Message::is_in_flight), "in flight");
        assert_eq!(description.delayed, count(Message::is_delayed), "delayed");
        assert_eq!(description.created_at.0, self.created_at, "when it was made");
        assert_eq!(description.modified_at.0, self.modified_at, "when it was changed");
        let tags = description.tags.iter().map(|(key, value)| (key.to_string(), value.to_string()));
        assert_eq!(tags.collect::<BTreeMap<_, _>>(), self.tags, "tags");
        self.attributes.are(&description.attributes);
    }

    /// Panics unless these are the queue's messages.
    pub(crate) fn is_shown_by(&self, peeked: &[Peeked], now: u64, content: impl Fn(&Delivery) -> Content) {
        let shown: Vec<u64> = peeked.iter().map(|peeked| peeked.delivery.handle.sequence).collect();
        let expected: Vec<u64> = self.messages.iter().map(|message| message.sequence).collect();
        assert_eq!(shown, expected, "the numbers of the messages");
        for (peeked, message) in peeked.iter().zip(&self.messages) {
            self.is_as_handed_out(&peeked.delivery);
            message.is_known_as(&peeked.delivery, &content);
            let state = match message {
                _ if message.is_in_flight(now) => {
                    PeekedState::InFlight(bongsu_broker::Timestamp(message.in_flight_until))
                }
                _ if message.is_delayed(now) => PeekedState::Delayed(bongsu_broker::Timestamp(message.delayed_until)),
                _ => PeekedState::Visible,
            };
            assert_eq!(peeked.state, state, "the state of number {}", message.sequence);
        }
    }
}
