//! `GetLogEvents`: reads the lines of one version of a function on one day, forwards or backwards.
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetLogEvents.html>

use bongsu_function_log::{Cursor, LINES_A_PAGE_MAX, Line, Query, Take};
use serde::{Deserialize, Serialize};

use super::{Context, invalid, invalid_token, limit, log_group, time};
use crate::codec::{Integer, Text};
use crate::error::{ApiError, ErrorKind};

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Input<'a> {
    #[serde(borrow)]
    log_group_name: Option<Text<'a>>,
    #[serde(borrow)]
    log_group_identifier: Option<Text<'a>>,
    #[serde(borrow)]
    log_stream_name: Option<Text<'a>>,
    start_time: Option<Integer>,
    /// Lines of this time are not found any more.
    end_time: Option<Integer>,
    #[serde(borrow)]
    next_token: Option<Text<'a>>,
    limit: Option<Integer>,
    /// Otherwise the first page has the last lines.
    start_from_head: Option<bool>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Output {
    events: Vec<Event>,
    /// The same again where there is nothing more: that is how clients know.
    next_forward_token: String,
    next_backward_token: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Event {
    timestamp: u64,
    message: String,
    ingestion_time: u64,
}

/// Where reading goes on, and in which direction.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Token {
    Forward(Cursor),
    Backward(Cursor),
}

pub(super) async fn call(input: Input<'_>, cx: &Context<'_>) -> Result<Output, ApiError> {
    let function = log_group::function(input.log_group_name, input.log_group_identifier, cx)?;
    let stream = input.log_stream_name.filter(|stream| !stream.is_empty());
    let stream = stream.ok_or_else(|| invalid("A log stream name is required."))?.into_string();
    let token = input.next_token.map(|token| Token::read(&token).ok_or_else(invalid_token)).transpose()?;
    let (after, before, take) = match token {
        Some(Token::Forward(after)) => (after, None, Take::First),
        Some(Token::Backward(before)) => (Cursor::default(), Some(before), Take::Last),
        None if input.start_from_head == Some(true) => (Cursor::default(), None, Take::First),
        None => (Cursor::default(), None, Take::Last),
    };
    let query = Query {
        function: Some(function.clone()),
        streams: vec![stream],
        since_ms: time(input.start_time, "startTime")?,
        until_ms: time(input.end_time, "endTime")?,
        after,
        before,
        max: limit(input.limit, LINES_A_PAGE_MAX)?,
        take,
        ..Query::default()
    };
    let is_whole = query.since_ms.is_none() && query.until_ms.is_none();
    let page = cx.function_logs()?.find(query).await?;
    if page.lines.is_empty() && token.is_none() {
        log_group::check(&function, cx).await?;
        if is_whole {
            let text = "The specified log stream does not exist.";
            return Err(ApiError::new(ErrorKind::LogGroupNotFound, text));
        }
    }
    let (backward, forward) = match (token, page.lines.first()) {
        (Some(Token::Forward(here) | Token::Backward(here)), None) => (here, here),
        (_, first) => (first.map_or(page.next, |first| first.at), page.next),
    };
    Ok(Output {
        events: page.lines.into_iter().map(Event::from).collect(),
        next_forward_token: format!("f/{forward}"),
        next_backward_token: format!("b/{backward}"),
    })
}

impl Token {
    fn read(text: &str) -> Option<Token> {
        let (direction, place) = text.split_once('/')?;
        let place = place.parse().ok()?;
        match direction {
            "f" => Some(Token::Forward(place)),
            "b" => Some(Token::Backward(place)),
            _ => None,
        }
    }
}

impl From<Line> for Event {
    fn from(line: Line) -> Event {
        Event { timestamp: line.time_ms, message: line.text, ingestion_time: line.time_ms }
    }
}
