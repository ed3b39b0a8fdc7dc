//! Runs the broker: the shard loop, the clock, waiting receivers, and effects.
//!
//! The broker's only clock is here. A [`Shard`] owns the broker's state and the end of the journal; doors
//! talk to it through a [`Handle`]. A reply leaves when the facts it rests on are durable, in the order of the journal.

mod admission;
mod arrivals;
mod blobs;
mod call_metrics;
mod cleaner;
mod clock;
mod contents;
mod courier;
mod delivery;
mod entries;
mod events;
mod fatal;
mod function_metrics;
mod function_runner;
mod functions;
mod handle;
mod invocation;
mod known_after;
mod limits;
mod metrics;
mod move_tasks;
mod objects;
mod open_object;
mod pipes;
mod reader;
mod replay;
mod room;
mod schedules;
mod shard;
mod staging;
mod start;
mod topic_metrics;
mod topics;
mod waiters;
mod workflows;

pub use admission::Permit;
pub use blobs::Blobs;
pub use bongsu_broker::Admission;
pub use call_metrics::CallMetrics;
pub use clock::{Clock, ManualClock, ShiftedClock};
pub use courier::{Attempted, Courier, Envelopes, NoCourier, NoEnvelopes, Parcel, ParcelContent};
pub use delivery::DELIVERIES_MAX;
pub use events::EVENTS_MAX;
pub use fatal::Fatal;
pub use function_metrics::{EventCounters, FunctionMetrics};
pub use function_runner::{Batch, Concluded, Event, EventEnd, FunctionRunner, NoFunctions};
pub use functions::Begun;
pub use handle::{Handle, PeekedPage, Polled, Received, Refusal};
pub use metrics::{BATCH_BYTES, BATCH_FACTS, MESSAGE_BYTES, Metrics, ObjectMetrics, QueueCounters, QueueMetrics};
pub use objects::{ObjectCopy, ObjectPut, ObjectWritten};
pub use open_object::{Chunks, OpenObject, READ_BYTES};
pub use pipes::{NoPipes, PipeBatch, PipeRunner, PipeStep};
pub use schedules::{NoCalls, SCHEDULE_CALLS_MAX, ScheduleCaller};
pub use shard::Shard;
pub use staging::{Staged, Staging};
pub use start::{Options, Outside, StartError, start};
pub use topic_metrics::{TopicCounters, TopicMetrics};
pub use workflows::{
    ActivityTask, EXPRESS_RUNS_MAX, ExecutionTexts, ExpressEnd, HistoryPage, MapRunChild, MapRunChildTexts,
    MapRunItems, NoTasks, TaskEnd, TaskRunner, TaskStep,
};
