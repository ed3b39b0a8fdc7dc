//! A process on a simulated disk.

use std::sync::Arc;

use bongsu_journal::simulated::SimulatedDisk;
use bongsu_journal::{FaultyJournal, FileJournal, Journal, OpenError};
use bongsu_runtime::{Clock, Fatal, Handle, ManualClock, Options, Outside, StartError, start};
use tokio::task::JoinHandle;

use crate::settled::Settled;

pub(crate) struct Server {
    pub(crate) journal: Arc<FaultyJournal<Settled>>,
    pub(crate) broker: Handle,
    pub(crate) shard: JoinHandle<Result<(), Fatal>>,
}

/// Starts a process on the disk. The disk may fail meanwhile, but what it holds must be readable.
pub(crate) async fn serve(
    disk: &SimulatedDisk,
    clock: &ManualClock,
    segment_bytes: u64,
    outside: Outside,
) -> Result<Server, ()> {
    let mut options = bongsu_journal::Options::new("/journal");
    options.segment_bytes = segment_bytes;
    options.disk = Arc::new(disk.clone());
    let journal = match FileJournal::open(options) {
        Ok(journal) => Arc::new(FaultyJournal::new(Settled::new(journal))),
        Err(OpenError::Io { .. } | OpenError::NoSpace { .. }) => return Err(()),
        Err(error) => panic!("{error}"),
    };
    let mut seed = [0; 32];
    seed[..8].copy_from_slice(&journal.span().end.0.to_le_bytes());
    seed[8..16].copy_from_slice(&disk.changes().to_le_bytes());
    let clock = Clock::Manual(clock.clone());
    let options = Options { clock, seed, recent_bytes_max: 2000, faults: true, outside };
    let (broker, shard) = match start(journal.clone(), options).await {
        Ok(started) => started,
        Err(StartError::Blobs(_)) => return Err(()),
        Err(error) => panic!("{error}"),
    };
    Ok(Server { journal, broker, shard: tokio::spawn(shard.for_segments_of(segment_bytes).run()) })
}
