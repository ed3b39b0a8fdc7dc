//! What a function is, what it is asked, and how that ends.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use bytes::Bytes;

use crate::FunctionFailure;

/// The version name of code that was not published.
pub const LATEST: &str = "$LATEST";
/// The least a function may be given of memory, in MB.
pub const MEMORY_MB_MIN: u32 = 128;
/// The least a function may be given of `/tmp`, in MB.
pub const EPHEMERAL_STORAGE_MB_MIN: u32 = 512;
/// The most invocations that one process may have at a time, as on AWS.
pub const CONCURRENCY_PER_PROCESS_MAX: u32 = 1_600;

/// What a function is made of. Not to be shown: values of variables are often credentials.
#[derive(Clone, PartialEq, Eq)]
pub struct FunctionSpec {
    /// The function's name, unique among the functions of one [`Functions`](crate::Functions) together with
    /// `version_name`.
    pub name: String,
    /// The version that is told to the function: [`LATEST`] or a number. Each has processes of its own.
    pub version_name: String,
    /// Rises whenever the definition changes; processes of older versions are retired. To count anew, for a function
    /// that was deleted and created again, [`retire`](crate::Functions::retire) it first.
    pub version: u64,
    /// What runs the code.
    pub runtime: Runtime,
    /// `module.function` for Python and Node; handed on as `_HANDLER` to a provided runtime.
    pub handler: String,
    /// The directory of the code, which is also the working directory.
    pub code: PathBuf,
    /// Directories laid out as layers are; what a later one brings wins over what an earlier one brings.
    pub layers: Vec<PathBuf>,
    /// How long one invocation may take: 1 to 900 seconds.
    pub timeout: Duration,
    /// What the process and its children may hold of memory of their own, in MB; beyond that it is killed.
    pub memory_mb: u32,
    /// The largest file that the function may write, in MB.
    pub ephemeral_storage_mb: u32,
    /// How many invocations a process is given at a time: 1 to [`CONCURRENCY_PER_PROCESS_MAX`]. Above one it is told to
    /// the runtime as `AWS_LAMBDA_MAX_CONCURRENCY`, and is as many as it gets. At one, a runtime that polls concurrently
    /// by itself gets as many as it polls for.
    pub concurrency_per_process: u32,
    /// How the function is to write its log.
    pub log_format: LogFormat,
    /// The function's own variables; reserved names among them are ignored.
    pub environment: BTreeMap<String, String>,
}

/// What runs a function's code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Runtime {
    /// A Python interpreter: `python<version>` if it is on the `PATH`, otherwise `python3`.
    Python {
        /// Such as `3.12`.
        version: String,
    },
    /// The `node` on the `PATH`, whatever its version.
    Node {
        /// Such as `22.x`.
        version: String,
    },
    /// The executable `bootstrap` in the code directory, or else in a layer.
    Provided,
}

/// What a function is told of the log that is wanted of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// Lines as they come.
    Text,
    /// An object a line.
    Json {
        /// The least level that is to be written, such as `INFO`.
        level: String,
    },
}

/// One event for a function.
#[derive(Clone, Debug, Default)]
pub struct Invocation {
    /// ASCII letters, digits and hyphens, as in a UUID: it becomes part of a path.
    pub request_id: String,
    /// The event, handed on byte by byte.
    pub payload: Bytes,
    /// An X-Ray trace header.
    pub trace_id: Option<String>,
    /// The client's context as JSON, which its caller had sent in base64.
    pub client_context: Option<String>,
    /// The function's ARN with the qualifier that the caller used; otherwise the one without.
    pub invoked_arn: Option<String>,
}

impl Invocation {
    /// An event, and nothing else that the function could be told.
    pub fn new(request_id: impl Into<String>, payload: impl Into<Bytes>) -> Invocation {
        Invocation { request_id: request_id.into(), payload: payload.into(), ..Invocation::default() }
    }
}

/// How an invocation ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InvocationEnd {
    /// What the handler returned, byte by byte. What it streamed is here as a whole, with the
    /// [`prelude`](crate::streamed) of an HTTP integration if it began with one.
    Returned(Bytes),
    /// Why there is no result.
    Failed(FunctionFailure),
}
