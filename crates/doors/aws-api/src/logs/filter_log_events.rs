//! `FilterLogEvents`: finds lines of a function, by what they say and when they came.
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html>

use bongsu_function_log::{Cursor, FilterPattern, LINES_A_PAGE_MAX, Line, Query};
use serde::{Deserialize, Serialize};

use super::{Context, invalid, invalid_token, limit, log_group, time};
use crate::codec::{Integer, Text, null_as_default};
use crate::error::ApiError;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Input<'a> {
    #[serde(borrow)]
    log_group_name: Option<Text<'a>>,
    #[serde(borrow)]
    log_group_identifier: Option<Text<'a>>,
    #[serde(borrow, deserialize_with = "null_as_default")]
    log_stream_names: Vec<Text<'a>>,
    #[serde(borrow)]
    log_stream_name_prefix: Option<Text<'a>>,
    start_time: Option<Integer>,
    /// Lines of this time are still found.
    end_time: Option<Integer>,
    #[serde(borrow)]
    filter_pattern: Option<Text<'a>>,
    #[serde(borrow)]
    next_token: Option<Text<'a>>,
    limit: Option<Integer>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Output {
    events: Vec<Event>,
    /// Always empty, as it is at AWS.
    searched_log_streams: [(); 0],
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Event {
    log_stream_name: String,
    timestamp: u64,
    message: String,
    ingestion_time: u64,
    event_id: String,
}

pub(super) async fn call(input: Input<'_>, cx: &Context<'_>) -> Result<Output, ApiError> {
    let function = log_group::function(input.log_group_name, input.log_group_identifier, cx)?;
    if !input.log_stream_names.is_empty() && input.log_stream_name_prefix.is_some() {
        return Err(invalid("logStreamNamePrefix and logStreamNames are mutually exclusive."));
    }
    let pattern = input.filter_pattern.map(|pattern| FilterPattern::parse(&pattern)).transpose();
    let token = input.next_token.map(|token| token.parse::<Cursor>()).transpose().map_err(|()| invalid_token())?;
    let query = Query {
        function: Some(function.clone()),
        pattern: pattern.map_err(|fault| invalid(format!("Invalid filter pattern: {fault}.")))?,
        streams: input.log_stream_names.into_iter().map(Text::into_string).collect(),
        stream_prefix: input.log_stream_name_prefix.map(Text::into_string),
        since_ms: time(input.start_time, "startTime")?,
        until_ms: time(input.end_time, "endTime")?.map(|time| time.saturating_add(1)),
        after: token.unwrap_or_default(),
        max: limit(input.limit, LINES_A_PAGE_MAX)?,
        ..Query::default()
    };
    let page = cx.function_logs()?.find(query).await?;
    if page.lines.is_empty() && token.is_none() {
        log_group::check(&function, cx).await?;
    }
    Ok(Output {
        events: page.lines.into_iter().map(Event::from).collect(),
        searched_log_streams: [],
        next_token: (!page.is_end).then(|| page.next.to_string()),
    })
}

impl From<Line> for Event {
    fn from(line: Line) -> Event {
        Event {
            log_stream_name: line.stream_name(),
            timestamp: line.time_ms,
            ingestion_time: line.time_ms,
            event_id: line.at.digits(),
            message: line.text,
        }
    }
}
