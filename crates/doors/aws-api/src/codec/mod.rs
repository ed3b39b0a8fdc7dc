//! Two protocols over one set of serde structs; one table a service spells both directions.

use serde::Serialize;

use crate::error::ApiError;

pub mod dialect;
pub mod fields;
pub mod json;
pub mod query;
pub mod xml;

pub use dialect::{CLOUDFORMATION, Dialect, SNS, SQS};
pub use fields::{Blob, Integer, Text, TextMap, null_as_default};
pub use query::Params;

/// How a request was put, and so how it is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// AWS JSON 1.0: `X-Amz-Target` and a JSON body.
    Json,
    /// AWS Query, answered in XML.
    Query,
    /// AWS Query, answered in JSON because of `Accept: application/json`.
    QueryJson,
}

/// What an answer says besides the operation's output.
#[derive(Clone, Copy)]
pub struct Envelope<'a> {
    /// How the service spells its lists and maps.
    pub dialect: &'static Dialect,
    /// The operation's name, e.g. `SendMessage`.
    pub operation: &'a str,
    /// The id that is also in the `x-amzn-RequestId` header.
    pub request_id: &'a str,
}

impl Protocol {
    /// The `Content-Type` of every answer, successful or not.
    pub fn content_type(self) -> &'static str {
        match self {
            Protocol::Json => "application/x-amz-json-1.0",
            Protocol::Query => "text/xml",
            Protocol::QueryJson => "application/json",
        }
    }

    /// The body of a successful answer. An operation without output gives `()`.
    ///
    /// # Errors
    ///
    /// `InternalFailure` for a shape that the AWS protocols cannot express (a list of lists, a map with other keys
    /// than strings).
    pub fn encode<T: Serialize>(self, output: &T, envelope: Envelope<'_>) -> Result<Vec<u8>, ApiError> {
        match self {
            Protocol::Json => json::encode(output),
            Protocol::Query => xml::encode(output, envelope),
            Protocol::QueryJson => json::encode_for_query(output, envelope),
        }
    }
}
