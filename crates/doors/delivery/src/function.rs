//! What a function is, what it is asked, and how that ends.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use bytes::Bytes;

use crate::FunctionFailure;

/// What a function is made of. Not to be shown: values of variables are often credentials.
#[derive(Clone, PartialEq, Eq)]
pub struct FunctionSpec {
    /// The function's name, unique among the functions of one [`Functions`](crate::Functions).
    pub name: String,
    /// Rises whenever the definition changes; processes of older versions are retired. To count anew, for a function
    /// that was deleted and created again, [`retire`](crate::Functions::retire) it first.
    pub version: u64,
    /// What runs the code.
    pub runtime: Runtime,
    /// `module.function` for Python; handed on as `_HANDLER` to a provided runtime.
    pub handler: String,
    /// The directory of the code, which is also the working directory.
    pub code: PathBuf,
    /// How long one invocation may take: 1 to 900 seconds.
    pub timeout: Duration,
    /// Told to the function, and not enforced.
    pub memory_mb: u32,
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
    /// The executable `bootstrap` in the code directory.
    Provided,
}

/// One event for a function.
#[derive(Clone, Debug)]
pub struct Invocation {
    /// ASCII letters, digits and hyphens, as in a UUID: it becomes part of a path.
    pub request_id: String,
    /// The event, handed on byte by byte.
    pub payload: Bytes,
    /// An X-Ray trace header.
    pub trace_id: Option<String>,
}

/// How an invocation ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InvocationEnd {
    /// What the handler returned, byte by byte.
    Returned(Bytes),
    /// Why there is no result.
    Failed(FunctionFailure),
}
