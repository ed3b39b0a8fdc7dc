//! `TestEventPattern`: whether a pattern admits an event.
//!
//! <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_TestEventPattern.html>

use bongsu_event_pattern::{Document, EventPattern};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::parameters::{invalid, required};
use crate::codec::Text;
use crate::error::{ApiError, ErrorKind};
use crate::operation::Context;

/// What every event has.
const MEMBERS: [&str; 7] = ["id", "account", "source", "time", "region", "resources", "detail-type"];

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Input<'a> {
    #[serde(borrow)]
    event_pattern: Option<Text<'a>>,
    #[serde(borrow)]
    event: Option<Text<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Output {
    result: bool,
}

pub(super) async fn call(input: Input<'_>, _: &Context<'_>) -> Result<Output, ApiError> {
    let pattern = required(input.event_pattern, "eventPattern")?;
    let event = required(input.event, "event")?;
    let pattern = EventPattern::parse(&pattern).map_err(|fault| {
        let text = format!("Event pattern is not valid. Reason: {}", fault.reason());
        ApiError::new(ErrorKind::InvalidEventPatternException, text)
    })?;
    let members: Map<String, Value> = serde_json::from_str(&event)
        .map_err(|_| invalid("Parameter Event is not valid. Reason: it is no JSON object"))?;
    if let Some(missing) = MEMBERS.iter().find(|member| !members.contains_key(**member)) {
        return Err(invalid(format!("Parameter Event is not valid. Reason: the member '{missing}' is missing")));
    }
    let document = Document::read(&event)
        .ok_or_else(|| invalid("Parameter Event is not valid. Reason: it is too deep or too long"))?;
    Ok(Output { result: pattern.admits(&document) })
}
