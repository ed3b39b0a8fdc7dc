//! What must be durable before a reply may be known.

use bongsu_broker::{Decision, Fact, ObjectReply, Reply};

/// What must be durable before a reply may be known.
pub(crate) enum KnownAfter {
    /// Everything decided so far.
    Everything,
    /// Only the record at this position, and those before it.
    Position(u64),
}

impl KnownAfter {
    /// An object that is found rests on no fact but those that say something of it.
    ///
    /// A standard queue's receive need not wait for its own fact: a crash means that the message comes again, which
    /// "at least once" allows. But what it hands out must itself be durable, and so must every move to another queue:
    /// the record of a message that was moved says nothing of the move.
    pub(crate) fn of(decision: &Decision) -> KnownAfter {
        match (&decision.reply, decision.facts.as_slice()) {
            (Reply::Received { queue, deliveries }, [Fact::Received { .. }])
                if !queue.is_fifo() && deliveries.iter().all(|delivery| !delivery.is_moved) =>
            {
                let last = deliveries.iter().map(|delivery| delivery.place.position).max();
                last.map_or(KnownAfter::Everything, KnownAfter::Position)
            }
            (Reply::Object(ObjectReply::Found(found)), []) => KnownAfter::Position(found.latest_position),
            _ => KnownAfter::Everything,
        }
    }
}
