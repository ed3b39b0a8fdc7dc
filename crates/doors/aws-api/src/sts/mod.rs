//! AWS STS: one file an operation, and the one table that names them. It speaks the Query protocol alone.

mod get_caller_identity;

use crate::codec::{Dialect, Envelope, Params, Protocol};
use crate::error::{ApiError, ErrorKind};
use crate::sigv4::Caller;

/// What clients say in `Version`.
pub(crate) const VERSION: &str = "2011-06-15";

/// AWS STS, API version 2011-06-15.
pub(crate) static STS: Dialect =
    Dialect { xmlns: "https://sts.amazonaws.com/doc/2011-06-15/", collections: &[], error_detail: "" };

/// One row an operation: its name, its module.
macro_rules! operations {
    ($($name:literal => $module:ident,)*) => {
        /// Reads the input, calls the operation, and writes its output in the protocol of the request.
        pub(crate) fn call(
            params: &Params<'_>,
            caller: &Caller,
            protocol: Protocol,
            envelope: Envelope<'_>,
        ) -> Result<Vec<u8>, ApiError> {
            match envelope.operation {
                $($name => {
                    let input = params.decode(&STS, envelope.operation)?;
                    protocol.encode(&$module::call(input, caller), envelope)
                })*
                unknown => Err(unknown_operation(unknown)),
            }
        }

        /// The names of all operations.
        pub(crate) const NAMES: &[&str] = &[$($name),*];
    };
}

operations! {
    "GetCallerIdentity" => get_caller_identity,
}

fn unknown_operation(name: &str) -> ApiError {
    let text = format!("Could not find operation {name} for version {VERSION}");
    ApiError::new(ErrorKind::UnknownOperationException, text)
}
