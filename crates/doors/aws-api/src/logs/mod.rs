//! Amazon CloudWatch Logs, as far as functions' logs are read with it: one file an operation, and the one table that names
//! them. It speaks JSON alone.

mod describe_log_groups;
mod describe_log_streams;
mod filter_log_events;
mod get_log_events;
mod log_group;

use std::sync::Arc;

use bongsu_function_log::{LogStore, SearchError};

use crate::codec::{Dialect, Integer};
use crate::error::{ApiError, ErrorKind};
use crate::operation::{Context, operations};

/// The version of JSON that its clients speak.
pub(crate) const CONTENT_TYPE: &str = "application/x-amz-json-1.1";

/// It has no Query protocol.
pub(crate) static LOGS: Dialect = Dialect { xmlns: "", collections: &[], error_detail: "" };

operations! {
    LOGS, first_fault;
    "DescribeLogGroups" => describe_log_groups,
    "DescribeLogStreams" => describe_log_streams,
    "FilterLogEvents" => filter_log_events,
    "GetLogEvents" => get_log_events,
}

/// What is wrong with the request is told before what is not there, as it comes.
async fn first_fault(_: &Context<'_>, fault: ApiError) -> ApiError {
    fault
}

impl Context<'_> {
    /// The log of the server's functions, which are all of the server's account.
    fn function_logs(&self) -> Result<&Arc<LogStore>, ApiError> {
        let text = "This server keeps no log of functions: start it without --function-logs 0.";
        self.config.function_logs.as_ref().ok_or_else(|| ApiError::new(ErrorKind::InvalidOperationException, text))
    }

    fn is_of_server(&self) -> bool {
        self.account().is_ok_and(|account| account == self.config.account)
    }
}

impl From<SearchError> for ApiError {
    fn from(error: SearchError) -> ApiError {
        match error {
            SearchError::Stopping => ApiError::stopping(),
            SearchError::Files(error) => {
                tracing::error!(%error, "the log of functions cannot be read");
                ApiError::internal_failure()
            }
        }
    }
}

fn invalid(text: impl Into<String>) -> ApiError {
    ApiError::new(ErrorKind::LogsParameterInvalid, text.into())
}

/// A number of results within what AWS allows.
fn limit(given: Option<Integer>, max: usize) -> Result<usize, ApiError> {
    let Some(Integer(given)) = given else { return Ok(max) };
    usize::try_from(given).ok().filter(|limit| (1..=max).contains(limit)).ok_or_else(|| {
        invalid(format!("1 validation error detected: Value '{given}' at 'limit' failed to satisfy constraint: Member must have a value from 1 to {max}"))
    })
}

/// A time in milliseconds since 1970.
fn time(given: Option<Integer>, name: &str) -> Result<Option<u64>, ApiError> {
    let time = given.map(|Integer(time)| u64::try_from(time)).transpose();
    time.map_err(|_| {
        invalid(format!("1 validation error detected: Value at '{name}' failed to satisfy constraint: Member must have value greater than or equal to 0"))
    })
}

fn invalid_token() -> ApiError {
    invalid("The specified nextToken is invalid.")
}

#[cfg(test)]
mod tests {
    use crate::compat::shapes::Shape;

    #[test]
    fn every_operation_takes_its_members_in_camel_case() {
        for (name, shape) in super::inputs() {
            let Shape::Structure(members) = shape else { panic!("{name} takes a structure") };
            let is_camel_case = |member: &&str| member.starts_with(|first: char| first.is_ascii_lowercase());
            assert!(members.contains_key("limit") && members.keys().all(is_camel_case), "{name}: {members:?}");
        }
    }
}
