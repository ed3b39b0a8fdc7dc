//! Delivers: to functions, and to HTTP(S) endpoints.
//!
//! A function is one or several processes that speak the Lambda Runtime API.
//! An *execution environment* is one process with a Runtime API endpoint of its own. [`Functions`] keeps them warm,
//! gives each as many invocations at a time as it can take, mostly one, and ends them when they overrun, idle too long or
//! belong to an older version.

mod counts;
mod environment;
mod failure;
pub mod fence;
mod function;
pub mod http;
mod interpreter;
mod launch;
mod logs;
mod memory;
mod output;
mod pool;
mod process;
mod runtime_api;
mod scratch;
pub mod sqs_event;
pub mod streamed;
mod user;

pub use counts::FunctionCounts;
pub use failure::{FailureKind, FunctionFailure};
pub use function::{
    CONCURRENCY_PER_PROCESS_MAX, EPHEMERAL_STORAGE_MB_MIN, FunctionSpec, Invocation, InvocationEnd, LATEST, LogFormat,
    MEMORY_MB_MIN, Runtime,
};
pub use interpreter::{Interpreter, interpreter};
pub use launch::{Launcher, processes_max_here};
pub use logs::{LogLine, LogSink, LogStream};
pub use output::{INVOCATION_LOG_BYTES_MAX, LOG_LINE_BYTES_MAX};
pub use pool::{
    FunctionCredentials, Functions, FunctionsConfig, IDLE_MAX, INIT_MAX, PROCESSES_MAX, WAIT_MAX, WAITERS_MAX,
};
pub use runtime_api::RESPONSE_BYTES_MAX;
pub use user::{Chosen, FunctionUser};
