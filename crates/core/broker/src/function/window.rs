//! Windows: how long messages are gathered for a mapping before its function is invoked. None of this is in the
//! journal: a restart begins to gather anew.

use std::collections::{BTreeMap, BTreeSet};

use crate::feed::Feed;
use crate::queue::Queue;
use crate::topic::schedule::Timers;
use crate::{Broker, Function, MappingDefinition, MappingId, QueueId, Seconds, Timestamp};

/// What AWS adds to window and timeout, where a queue's own visibility timeout would be too short for both.
const VISIBILITY_MARGIN: Seconds = Seconds(30);

/// Feeds that gather, and those that have gathered for long enough.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Windows {
    timers: Timers<MappingId>,
    /// Feeds that gather whenever there is something.
    gathering: BTreeSet<MappingId>,
    open: Volatile<BTreeMap<MappingId, Timestamp>>,
    over: Volatile<BTreeSet<MappingId>>,
}

/// What follows from everything else, and from when it was looked at.
#[derive(Clone, Debug, Default)]
pub(crate) struct Volatile<T>(pub(crate) T);

impl<T> PartialEq for Volatile<T> {
    fn eq(&self, _: &Volatile<T>) -> bool {
        true
    }
}

impl<T> Eq for Volatile<T> {}

impl Windows {
    pub(crate) fn next_deadline(&self) -> Option<Timestamp> {
        self.timers.next_deadline()
    }

    /// Whether any mapping gathers, ever.
    pub(crate) fn are_used(&self) -> bool {
        !self.gathering.is_empty()
    }

    /// A mapping is like this from now on; it begins to gather anew.
    pub(crate) fn set(&mut self, id: MappingId, feed: &Feed) {
        self.close(id);
        if feed.window() > Seconds(0) {
            self.gathering.insert(id)
        } else {
            self.gathering.remove(&id)
        };
    }

    pub(crate) fn forget(&mut self, id: MappingId) {
        self.close(id);
        self.gathering.remove(&id);
    }

    /// Tells whether it was open.
    pub(crate) fn close(&mut self, id: MappingId) -> bool {
        self.timers.set(&id, None);
        self.over.0.remove(&id);
        self.open.0.remove(&id).is_some()
    }
}

impl Broker {
    /// Whether a mapping need not gather any longer.
    pub(crate) fn is_ripe(&self, id: MappingId, queue: &Queue) -> bool {
        let feed = &self.feeds[&id].value;
        feed.window() == Seconds(0)
            || queue.id.is_fifo()
            || self.windows.over.0.contains(&id)
            || queue.visible() >= feed.batch_messages(queue.id)
    }

    /// How long a batch is hidden while its function works.
    pub(crate) fn visibility_for(&self, queue: &Queue, mapping: &MappingDefinition, function: &Function) -> Seconds {
        let own = queue.attributes().visibility_timeout;
        let needed = Seconds(mapping.window.0 + function.timeout_seconds);
        if mapping.window > Seconds(0) && needed > own { Seconds(needed.0 + VISIBILITY_MARGIN.0) } else { own }
    }

    /// Messages are there: mappings that gather begin to, unless they have.
    pub(crate) fn open_windows(&mut self, queue: QueueId) {
        let Some(known) = self.queues.get(&queue).filter(|known| known.has_receivable() && !queue.is_fifo()) else {
            return;
        };
        let Some(name) = known.definition.as_ref().map(|definition| &definition.name) else { return };
        for id in self.feeds_of.get(name).into_iter().flatten() {
            let feed = &self.feeds[id].value;
            if feed.window() > Seconds(0) && feed.is_enabled() && !self.windows.open.0.contains_key(id) {
                let until = self.now + feed.window();
                self.windows.open.0.insert(*id, until);
                self.windows.timers.set(id, Some(until));
            }
        }
    }

    pub(crate) fn advance_windows(&mut self) {
        while let Some(id) = self.windows.timers.take_due(self.now) {
            let name = self.feeds.get(&id).map(|feed| feed.value.queue());
            let queue = name.and_then(|name| self.by_name.get(name)).and_then(|id| self.queues.get(id));
            match queue.filter(|queue| queue.has_receivable()) {
                Some(queue) => {
                    self.windows.over.0.insert(id);
                    self.woken.insert(queue.id);
                }
                // Others had what was gathered.
                None => drop(self.windows.close(id)),
            }
        }
    }
}
