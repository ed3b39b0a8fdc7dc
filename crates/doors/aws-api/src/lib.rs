//! Speaks the AWS APIs: a file an operation, two protocols from one set of shapes.
//!
//! A request goes through `service` (protocol, identity, operation), the operation's file under `sqs/`, `sns/`,
//! `sts/`, `cloudformation/`, `events/` or `logs/` (what goes in, what is asked of the broker, what comes out), and back through `codec`
//! in the protocol it came in.
//! Lambda, Pipes and the scheduler are REST services: theirs goes through `rest`.

mod asking;
pub mod attributes_digest;
pub mod characters;
pub mod cloudformation;
pub mod codec;
#[cfg(test)]
mod compat;
mod constraints;
mod directory;
pub mod error;
pub mod events;
pub mod lambda;
mod later_door;
mod logs;
pub mod message_attributes;
pub mod observation;
mod operation;
mod pipes;
mod public_url;
pub mod queue_records;
pub mod received;
mod rejection;
pub mod request_id;
mod rest;
mod scheduler;
pub mod service;
pub mod sigv4;
mod sns;
mod sqs;
mod states;
mod sts;
mod unavailable;

pub use pipes::Pipes;
pub use public_url::PublicUrl;
pub use scheduler::ScheduleCalls;
pub use service::{AwsApi, Config, REQUEST_BYTES_MAX};
pub use states::Tasks;
