//! Reads ElasticMQ's configuration files: text in, [`Settings`] or all faults with their lines out.

mod duration;
mod error;
mod hocon;
mod queue;
mod section;
mod settings;

pub use error::{ERRORS_MAX, ElasticMqErrors, Fault, REASON_CHARS_MAX};
pub use hocon::{DEPTH_MAX, FILE_BYTES_MAX, RESOLVED_MAX};
pub use queue::{DeadLetters, QueueSpec};
pub use settings::{NodeAddress, Notice, Settings, Weight, read};
