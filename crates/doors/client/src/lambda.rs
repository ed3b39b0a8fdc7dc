//! Lambda, as far as a function is invoked and waited for.

use std::time::Duration;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::{CallError, Client};

const SERVICE: &str = "lambda";
/// Functions run for 15 minutes at most, and may have to be started first.
const ANSWER_WITHIN: Duration = Duration::from_secs(16 * 60);
const PATH_SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// How an invocation ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Invoked {
    /// The function returned this.
    Returned(Vec<u8>),
    /// The function failed; the JSON says how.
    Failed(Vec<u8>),
}

impl Client {
    /// `Invoke`: runs a function, by name or ARN, on an event in JSON, and waits for its end.
    pub async fn invoke(&self, function: &str, event: &[u8]) -> Result<Invoked, CallError> {
        let path = format!("/2015-03-31/functions/{}/invocations", utf8_percent_encode(function, PATH_SEGMENT));
        let reply = self.post((SERVICE, &path), "application/json", event, ANSWER_WITHIN).await?;
        let body = reply.body().to_vec();
        Ok(if reply.header("x-amz-function-error").is_some() { Invoked::Failed(body) } else { Invoked::Returned(body) })
    }
}
