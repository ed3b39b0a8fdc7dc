//! Starting: replays the journal into a broker and hands out the shard and its handle.

use std::collections::BTreeSet;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use bongsu_broker::{Broker, Entropy, Recorded, Timestamp};
use bongsu_journal::{Journal, ReadError};
use tokio::sync::mpsc;
use tokio::task::spawn_blocking;
use tracing::{info, warn};

use crate::blobs::Blobs;
use crate::clock::Clock;
use crate::courier::{Courier, Envelopes, NoCourier, NoEnvelopes};
use crate::delivery::DELIVERIES_MAX;
use crate::function_runner::{FunctionRunner, NoFunctions};
use crate::handle::Handle;
use crate::pipes::{NoPipes, PipeRunner};
use crate::reader::{Reader, to_core};
use crate::schedules::{NoCalls, ScheduleCaller};
use crate::shard::Shard;
use crate::workflows::{NoTasks, TaskRunner};

/// Requests that may be on their way to the shard; further senders wait.
const REQUESTS_MAX: usize = 8192;
/// How much of the journal is read at a time.
const REPLAY_BYTES: usize = 4 << 20;
/// How far the journal's times may lie in the future before somebody is told: less is a wall clock that was corrected.
const AHEAD_UNTOLD_MAX: Duration = Duration::from_secs(1);

/// What a shard needs to know.
pub struct Options {
    /// Where the time comes from.
    pub clock: Clock,
    /// Seed of everything random: ids of messages, queues and attempts.
    pub seed: [u8; 32],
    /// How many bytes of recent messages are kept in memory.
    pub recent_bytes_max: usize,
    /// Whether fault policies have an effect: things then go wrong on purpose.
    pub faults: bool,
    /// What is done elsewhere.
    pub outside: Outside,
}

/// What carries out effects, and what writes and delivers notifications. By default nothing does.
#[derive(Clone)]
pub struct Outside {
    /// What runs functions.
    pub functions: Arc<dyn FunctionRunner>,
    /// What does the tasks of executions.
    pub tasks: Arc<dyn TaskRunner>,
    /// What calls the operations that schedules name.
    pub schedule_calls: Arc<dyn ScheduleCaller>,
    /// What works on batches of pipes.
    pub pipes: Arc<dyn PipeRunner>,
    /// What delivers to endpoints that are not queues.
    pub courier: Arc<dyn Courier>,
    /// What writes notifications for queues.
    pub envelopes: Arc<dyn Envelopes>,
    /// Where the content of large objects is kept.
    pub blobs: Blobs,
    /// Attempts at endpoints that go on at once, all together. At most half of them are at the same endpoint.
    pub deliveries_max: usize,
    /// How many connections there are for them: web servers need one each. At most half of them are to the same one.
    pub connections_max: usize,
}

impl Default for Outside {
    fn default() -> Outside {
        Outside {
            functions: Arc::new(NoFunctions),
            tasks: Arc::new(NoTasks),
            schedule_calls: Arc::new(NoCalls),
            pipes: Arc::new(NoPipes),
            courier: Arc::new(NoCourier),
            envelopes: Arc::new(NoEnvelopes),
            blobs: Blobs::in_memory(),
            deliveries_max: DELIVERIES_MAX,
            connections_max: DELIVERIES_MAX,
        }
    }
}

/// Why a shard could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The journal could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The files of the object store could not be looked at.
    #[error("the files of the object store cannot be looked at: {0}")]
    Blobs(#[from] io::Error),
    /// Content of objects is missing. Nothing is forgotten: restore the files from a copy.
    #[error("{count} files of the object store are missing, {first} among them")]
    BlobsMissing {
        /// The name of one.
        first: String,
        /// How many.
        count: usize,
    },
    /// A record is not a fact that this version knows.
    #[error("the record at position {position} of the journal cannot be read by this version: {}", flaw.0)]
    Malformed {
        /// Where the record lies.
        position: u64,
        /// What is wrong with it.
        flaw: bongsu_broker::Malformed,
    },
}

/// Replays the journal. Nothing is served until [`Shard::run`] is.
pub async fn start(journal: Arc<dyn Journal>, options: Options) -> Result<(Handle, Shard), StartError> {
    let mut broker = Broker::new();
    let mut facts = 0u64;
    let mut from = journal.span().start;
    loop {
        let chunk = journal.read(from, REPLAY_BYTES).await?;
        if chunk.next == from {
            break;
        }
        for (place, bytes) in chunk.records() {
            let malformed = |flaw| StartError::Malformed { position: place.position.0, flaw };
            let recorded = Recorded::decode(bytes).map_err(malformed)?;
            broker.apply(&recorded.fact, recorded.at, to_core(place));
            facts += 1;
        }
        from = chunk.next;
    }
    if options.faults {
        broker.allow_faults();
    }
    broker.limit_endpoint_attempts(options.outside.deliveries_max / 2, options.outside.connections_max / 2);
    broker.finish_replay();
    meet(&options.clock, broker.now());
    broker.advance(options.clock.now());
    info!(facts, "replayed");
    keep_blobs(&broker, options.outside.blobs.clone()).await?;
    let reader = Reader::new(journal.clone(), options.recent_bytes_max);
    let (requests, inbox) = mpsc::channel(REQUESTS_MAX);
    let handle = Handle::new(requests, reader.clone(), &options.outside, options.clock.clone());
    let entropy = Entropy::from_seed(options.seed);
    let shard = Shard::new(broker, journal, options.clock, entropy, inbox, handle.clone(), reader, options.outside);
    Ok((handle, shard))
}

/// Removes content that no fact names, and makes sure that the rest is there.
async fn keep_blobs(broker: &Broker, blobs: Blobs) -> Result<(), StartError> {
    let known: BTreeSet<_> = broker.blobs().collect();
    let missing = spawn_blocking(move || blobs.keep_only(&known)).await.expect("looking at files does not panic")?;
    match missing.first() {
        Some(first) => Err(StartError::BlobsMissing { first: first.to_string(), count: missing.len() }),
        None => Ok(()),
    }
}

/// Time goes on from the latest that the journal has seen, if the clock can be put forward.
fn meet(clock: &Clock, seen: Timestamp) {
    match clock {
        Clock::Shifted(clock) => clock.go_on_from(seen),
        Clock::System => {
            let ahead = Duration::from_millis(seen.0.saturating_sub(clock.now().0));
            if ahead > AHEAD_UNTOLD_MAX {
                warn!(
                    ahead_seconds = ahead.as_secs(),
                    "the data's latest time lies in the future: until then no delay, timeout, retry or retention ends, and \
                     long polls do not end; the data was served with a test clock, or this machine's clock was set back"
                );
            }
        }
        Clock::Manual(_) => {}
    }
}
