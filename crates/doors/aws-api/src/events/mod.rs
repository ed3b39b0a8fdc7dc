//! Amazon EventBridge, as far as other people's HTTP APIs are called with it: connections and API destinations, one file an
//! operation, and the one table that names them. It speaks JSON alone.

mod additions;
mod authorization;
pub(crate) mod calls;
mod connection;
mod create_api_destination;
mod create_connection;
mod deauthorize_connection;
mod delete_api_destination;
mod delete_connection;
mod describe_api_destination;
mod describe_connection;
mod destination;
mod kept;
mod list_api_destinations;
mod list_connections;
mod pages;
mod parameters;
mod secret;
mod test_event_pattern;
mod update_api_destination;
mod update_connection;

use crate::codec::Dialect;
use crate::error::{ApiError, ErrorKind};
use crate::operation::{Context, operations};

pub use calls::{ApiAnswer, ApiFault, Calls, DestinationCall, HttpCaller, HttpFault, HttpParameters, HttpRequest};
pub(crate) use connection::Connection;
use connection::ConnectionState;
use destination::Destination;

/// The version of JSON that its clients speak.
pub(crate) const CONTENT_TYPE: &str = "application/x-amz-json-1.1";

/// It has no Query protocol.
pub(crate) static EVENTS: Dialect = Dialect { xmlns: "", collections: &[], error_detail: "" };

operations! {
    EVENTS, first_fault;
    "CreateApiDestination" => create_api_destination,
    "CreateConnection" => create_connection,
    "DeauthorizeConnection" => deauthorize_connection,
    "DeleteApiDestination" => delete_api_destination,
    "DeleteConnection" => delete_connection,
    "DescribeApiDestination" => describe_api_destination,
    "DescribeConnection" => describe_connection,
    "ListApiDestinations" => list_api_destinations,
    "ListConnections" => list_connections,
    "TestEventPattern" => test_event_pattern,
    "UpdateApiDestination" => update_api_destination,
    "UpdateConnection" => update_connection,
}

/// What is wrong with the request is told before what is not there, as it comes.
async fn first_fault(_: &Context<'_>, fault: ApiError) -> ApiError {
    fault
}

/// A request that cannot be read is refused without repeating what it holds, which may be secret.
pub(crate) fn without_values(error: ApiError) -> ApiError {
    match error.kind() {
        ErrorKind::SerializationException => ApiError::new(
            ErrorKind::SerializationException,
            "A member of the request has not the type that it must have.",
        ),
        _ => error,
    }
}

/// The refusal of an operation that is EventBridge's and not here.
pub(crate) fn not_served(operation: &str) -> ApiError {
    let text = format!(
        "{operation} is not available here: of EventBridge there are connections, API destinations and TestEventPattern."
    );
    ApiError::new(ErrorKind::UnknownOperationException, text)
}

/// An answer that says nothing.
#[derive(Debug, serde::Serialize)]
struct Nothing {}
