//! Delivers: to functions, and to HTTP(S) endpoints.
//!
//! A function is one or several processes that speak the Lambda Runtime API.
//! An *execution environment* is one process with a Runtime API endpoint of its own. [`Functions`] keeps them warm,
//! gives each one invocation at a time, and ends them when they overrun, idle too long or belong to an older version.

mod environment;
mod failure;
mod function;
pub mod http;
mod launch;
mod logs;
mod output;
mod pool;
mod process;
mod runtime_api;
pub mod sqs_event;

pub use failure::{FailureKind, FunctionFailure};
pub use function::{FunctionSpec, Invocation, InvocationEnd, Runtime};
pub use logs::{LogLine, LogSink, LogStream};
pub use output::{INVOCATION_LOG_BYTES_MAX, LOG_LINE_BYTES_MAX};
pub use pool::{ENVIRONMENTS_MAX, FunctionCredentials, Functions, FunctionsConfig, IDLE_MAX, INIT_MAX};
pub use runtime_api::RESPONSE_BYTES_MAX;
