//! Puts an SQS endpoint under load: workers in a closed loop or at a given rate, measured after a warm-up.
//!
//! `bongsu bench` and the project's own benchmark share this; what starts and watches a server is the latter's.

mod json;
mod measurement;
mod pace;
mod progress;
mod queue;
mod receiver;
mod sender;
mod stage;
pub mod table;
mod workload;

pub use measurement::{Measurement, Snapshot};
pub use pace::Pace;
pub use progress::show_progress;
pub use queue::{BATCH, BODY_BYTES_MIN, Queue, Shape};
pub use receiver::Receiver;
pub use sender::{Outcome, Sender};
pub use stage::{Load, Stage};
pub use workload::{Plan, Workload};
