//! `DescribeLogStreams`: lists the days and versions of which there are lines of a function.
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DescribeLogStreams.html>

use bongsu_function_log::LogStream as Kept;
use serde::{Deserialize, Serialize};

use super::{Context, invalid, invalid_token, limit, log_group};
use crate::codec::{Integer, Text};
use crate::error::ApiError;

/// Streams of an answer.
const LIMIT_MAX: usize = 50;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Input<'a> {
    #[serde(borrow)]
    log_group_name: Option<Text<'a>>,
    #[serde(borrow)]
    log_group_identifier: Option<Text<'a>>,
    #[serde(borrow)]
    log_stream_name_prefix: Option<Text<'a>>,
    /// `LogStreamName`, or `LastEventTime`.
    #[serde(borrow)]
    order_by: Option<Text<'a>>,
    descending: Option<bool>,
    #[serde(borrow)]
    next_token: Option<Text<'a>>,
    limit: Option<Integer>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Output {
    log_streams: Vec<LogStream>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct LogStream {
    log_stream_name: String,
    creation_time: u64,
    first_event_timestamp: u64,
    last_event_timestamp: u64,
    last_ingestion_time: u64,
    arn: String,
    /// AWS tells no other number any more.
    stored_bytes: u64,
}

pub(super) async fn call(input: Input<'_>, cx: &Context<'_>) -> Result<Output, ApiError> {
    let function = log_group::function(input.log_group_name, input.log_group_identifier, cx)?;
    let max = limit(input.limit, LIMIT_MAX)?;
    let is_by_time = match input.order_by.as_deref() {
        None | Some("LogStreamName") => false,
        Some("LastEventTime") if input.log_stream_name_prefix.is_some() => {
            return Err(invalid("Cannot order by LastEventTime with a logStreamNamePrefix."));
        }
        Some("LastEventTime") => true,
        Some(other) => {
            return Err(invalid(format!(
                "1 validation error detected: Value '{other}' at 'orderBy' failed to satisfy constraint: Member must satisfy enum value set: [LogStreamName, LastEventTime]"
            )));
        }
    };
    // The token is how many came before.
    let before: usize = input.next_token.map_or(Ok(0), |token| token.parse()).map_err(|_| invalid_token())?;
    let streams = cx.function_logs()?.streams(Some(function.clone())).await?.remove(&function);
    if streams.is_none() {
        log_group::check(&function, cx).await?;
    }
    let prefix = input.log_stream_name_prefix.unwrap_or_default();
    let streams = streams.unwrap_or_default().into_iter();
    let mut streams: Vec<(String, Kept)> = streams.filter(|(name, _)| name.starts_with(&*prefix)).collect();
    if is_by_time {
        streams.sort_by_key(|(_, stream)| stream.last_ms);
    }
    if input.descending == Some(true) {
        streams.reverse();
    }
    let group = log_group::arn(&format!("{}{function}", log_group::PREFIX), cx);
    let next = before.saturating_add(max);
    let next_token = (next < streams.len()).then(|| next.to_string());
    let page = streams.into_iter().skip(before).take(max);
    Ok(Output { log_streams: page.map(|(name, stream)| LogStream::new(name, &stream, &group)).collect(), next_token })
}

impl LogStream {
    fn new(name: String, stream: &Kept, group: &str) -> LogStream {
        LogStream {
            creation_time: stream.first_ms,
            first_event_timestamp: stream.first_ms,
            last_event_timestamp: stream.last_ms,
            last_ingestion_time: stream.last_ms,
            arn: format!("{group}:log-stream:{name}"),
            log_stream_name: name,
            stored_bytes: 0,
        }
    }
}
