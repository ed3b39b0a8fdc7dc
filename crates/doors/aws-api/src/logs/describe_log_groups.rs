//! `DescribeLogGroups`: lists the functions of whose lines there are any.
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DescribeLogGroups.html>

use bongsu_function_log::LogStream;
use serde::{Deserialize, Serialize};

use super::log_group::{PREFIX, arn};
use super::{Context, invalid, limit};
use crate::codec::{Integer, Text};
use crate::error::ApiError;

/// Groups of an answer.
const LIMIT_MAX: usize = 50;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Input<'a> {
    #[serde(borrow)]
    log_group_name_prefix: Option<Text<'a>>,
    /// Stands anywhere in the name.
    #[serde(borrow)]
    log_group_name_pattern: Option<Text<'a>>,
    #[serde(borrow)]
    next_token: Option<Text<'a>>,
    limit: Option<Integer>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Output {
    log_groups: Vec<LogGroup>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct LogGroup {
    log_group_name: String,
    creation_time: u64,
    metric_filter_count: u32,
    arn: String,
    log_group_arn: String,
    stored_bytes: u64,
    log_group_class: &'static str,
}

pub(super) async fn call(input: Input<'_>, cx: &Context<'_>) -> Result<Output, ApiError> {
    let max = limit(input.limit, LIMIT_MAX)?;
    if input.log_group_name_prefix.is_some() && input.log_group_name_pattern.is_some() {
        return Err(invalid("LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters."));
    }
    let streams = cx.function_logs()?.streams(None).await?;
    let prefix = input.log_group_name_prefix.unwrap_or_default();
    let pattern = input.log_group_name_pattern.unwrap_or_default().to_lowercase();
    let groups = streams.into_iter().map(|(function, streams)| (format!("{PREFIX}{function}"), streams));
    let mut groups = groups
        .filter(|(name, _)| cx.is_of_server() && name.starts_with(&*prefix) && name.to_lowercase().contains(&pattern))
        // The token is the name of the group before.
        .filter(|(name, _)| input.next_token.as_ref().is_none_or(|token| **name > **token));
    let log_groups: Vec<LogGroup> =
        groups.by_ref().take(max).map(|(name, streams)| LogGroup::new(name, streams.values(), cx)).collect();
    let next_token = log_groups.last().filter(|_| groups.next().is_some()).map(|last| last.log_group_name.clone());
    Ok(Output { log_groups, next_token })
}

impl LogGroup {
    fn new<'a>(name: String, streams: impl Iterator<Item = &'a LogStream> + Clone, cx: &Context<'_>) -> LogGroup {
        let log_group_arn = arn(&name, cx);
        LogGroup {
            log_group_name: name,
            creation_time: streams.clone().map(|stream| stream.first_ms).min().unwrap_or_default(),
            metric_filter_count: 0,
            arn: format!("{log_group_arn}:*"),
            log_group_arn,
            stored_bytes: streams.map(|stream| stream.bytes).sum(),
            log_group_class: "STANDARD",
        }
    }
}
