//! Speaks to any SQS endpoint as its client: AWS JSON 1.0 over HTTP or HTTPS, signed or not; and, as far as messages are
//! handed on to them, to functions and topics beside it, and to stacks.
//!
//! [`Settings`] says who calls and where to, as the AWS tools find it out. A [`Client`] made of it calls single
//! operations through serde; a [`Connection`] with a prepared [`Request`] calls one operation many times and leaves
//! writing and reading JSON to the caller, which is what a load generator wants.

mod client;
pub mod cloudformation;
mod connection;
mod endpoint;
mod error;
pub mod lambda;
mod reply;
mod request;
mod settings;
mod shared_files;
mod signer;
pub mod sns;
pub mod sqs;
mod tls;

pub use client::Client;
pub use connection::Connection;
pub use endpoint::{Endpoint, EndpointError};
pub use error::{CallError, ConnectError, Refusal};
pub use request::Request;
pub use settings::{Identity, Settings, SettingsError};
pub use signer::Signer;
