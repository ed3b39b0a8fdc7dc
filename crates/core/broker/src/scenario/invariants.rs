//! What holds at every moment, whatever happened before.

use crate::queue::{Queue, Visibility};
use crate::{Broker, Fact};

/// Panics unless the parts of the state agree with each other.
pub(super) fn check_state(broker: &Broker) {
    for queue in broker.queues.values() {
        let count = |wanted| queue.messages().filter(|(_, message)| message.visibility == wanted).count();
        assert_eq!(queue.visible(), count(Visibility::Visible), "visible messages of {:?}", queue.id);
        assert_eq!(queue.in_flight(), count(Visibility::InFlight), "messages in flight of {:?}", queue.id);
        assert_eq!(queue.delayed(), count(Visibility::Delayed), "delayed messages of {:?}", queue.id);
        let last = queue.messages().map(|(sequence, _)| sequence).last();
        assert!(last.is_none_or(|last| last < queue.next_sequence), "numbers are given out once");
        let idle = last.is_none() && queue.deduplication.next_expiry().is_none();
        let idle = idle && queue.requests.next_expiry().is_none();
        assert!(!idle || queue.next_deadline().is_none(), "nothing is left to wait for in {:?}", queue.id);
    }
    let alive: u64 =
        broker.queues.values().flat_map(Queue::messages).map(|(_, message)| u64::from(message.place.length)).sum();
    assert_eq!(broker.alive_bytes(), alive, "alive bytes are those of the live messages");
    assert!(broker.next_deadline().is_none_or(|deadline| deadline > broker.now()), "no deadline is missed");
    let positions: Vec<u64> =
        broker.queues.values().flat_map(Queue::messages).map(|(_, message)| message.place.position).collect();
    assert!(broker.moved.keys().all(|position| positions.contains(position)), "only live messages are looked up");
    let running: u32 = broker.running.values().sum();
    assert_eq!(running as usize, broker.attempts.len(), "every attempt counts against its mapping");
    assert!(broker.retired.keys().all(|id| broker.running.contains_key(id)), "a mapping at rest is forgotten");
}

/// Panics if a fact hands out what is not receivable, or a FIFO message before an earlier one of its group.
pub(super) fn check_order(broker: &Broker, fact: &Fact) {
    let (queue, sequences) = match fact {
        Fact::Received { queue, sequences, .. } => (queue, sequences.clone()),
        Fact::ReceivedByRequest { queue, messages, .. } => {
            (queue, messages.iter().map(|(sequence, _)| *sequence).collect())
        }
        _ => return,
    };
    let queue = &broker.queues[queue];
    for (place, sequence) in sequences.iter().enumerate() {
        let message = queue.message(*sequence).expect("only present messages are handed out");
        assert_eq!(message.visibility, Visibility::Visible, "only visible messages are handed out");
        if queue.id.is_fifo() {
            let mut earlier = queue.messages().filter(|(other, m)| other < sequence && m.group == message.group);
            let skipped = earlier.find(|(other, _)| !sequences[..place].contains(other));
            assert_eq!(skipped, None, "message {sequence} is handed out before an earlier one of its group");
        }
    }
}
