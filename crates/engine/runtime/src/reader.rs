//! Reads message contents by place: from the recent end of the log in memory, otherwise from the journal.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use bongsu_broker::Place;
use bongsu_journal::{Journal, ReadError, Sealed};
use bytes::Bytes;

/// The newest batches of the log, up to a budget of bytes: most messages are received soon after they are sent.
struct Tail {
    batches: VecDeque<Sealed>,
    bytes: usize,
    bytes_max: usize,
}

/// Finds records by place. Cloning shares the memory.
#[derive(Clone)]
pub(crate) struct Reader {
    tail: Arc<Mutex<Tail>>,
    journal: Arc<dyn Journal>,
}

impl Reader {
    pub(crate) fn new(journal: Arc<dyn Journal>, bytes_max: usize) -> Reader {
        Reader { tail: Arc::new(Mutex::new(Tail { batches: VecDeque::new(), bytes: 0, bytes_max })), journal }
    }

    /// Remembers a batch that is on its way into the journal.
    pub(crate) fn remember(&self, batch: &Sealed) {
        let mut tail = self.tail.lock().expect("nothing panics while it holds this lock");
        tail.bytes += batch_bytes(batch);
        tail.batches.push_back(batch.clone());
        while tail.bytes > tail.bytes_max {
            let Some(oldest) = tail.batches.pop_front() else { break };
            tail.bytes -= batch_bytes(&oldest);
        }
    }

    /// The records at these places, in the order asked. Everything asked for must be durable.
    pub(crate) async fn read(&self, places: &[Place]) -> Result<Vec<Bytes>, ReadError> {
        let mut found = self.recent(places);
        let missing: Vec<_> = places
            .iter()
            .zip(&found)
            .filter(|(_, found)| found.is_none())
            .map(|(place, _)| to_journal(*place))
            .collect();
        if !missing.is_empty() {
            let mut read = self.journal.payloads(missing).await?.into_iter();
            found.iter_mut().filter(|found| found.is_none()).for_each(|found| *found = read.next());
        }
        Ok(found.into_iter().flatten().collect())
    }

    fn recent(&self, places: &[Place]) -> Vec<Option<Bytes>> {
        let tail = self.tail.lock().expect("nothing panics while it holds this lock");
        let find = |place: &Place| {
            let place = to_journal(*place);
            let after = tail.batches.partition_point(|batch| batch.at() <= place.position);
            tail.batches.get(after.checked_sub(1)?)?.payload(place)
        };
        places.iter().map(find).collect()
    }
}

fn batch_bytes(batch: &Sealed) -> usize {
    (batch.end().0 - batch.at().0) as usize
}

/// The core's place as the journal's.
pub(crate) fn to_journal(place: Place) -> bongsu_journal::Place {
    bongsu_journal::Place { position: bongsu_journal::Position(place.position), length: place.length }
}

/// The journal's place as the core's.
pub(crate) fn to_core(place: bongsu_journal::Place) -> Place {
    Place { position: place.position.0, length: place.length, part: 0 }
}
