//! `ListPipes`: by name, those that fit what is asked for.
//!
//! <https://docs.aws.amazon.com/eventbridge/latest/pipes-reference/API_ListPipes.html>

use std::ops::RangeInclusive;

use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use base64::prelude::Engine;
use bongsu_broker::Pipe;
use serde::{Deserialize, Serialize};

use super::details::Details;
use super::refusal::{invalid, refused};
use super::settings::checked;
use super::told::Listed;
use crate::codec::Integer;
use crate::constraints::Constraints;
use crate::error::ApiError;
use crate::operation::Context;

const LIMIT: RangeInclusive<i64> = 1..=100;
const DESIRED_STATES: &[&str] = &["RUNNING", "STOPPED"];
/// Only the first two of them last here.
const CURRENT_STATES: &[&str] = &[
    "RUNNING",
    "STOPPED",
    "CREATING",
    "UPDATING",
    "DELETING",
    "STARTING",
    "STOPPING",
    "CREATE_FAILED",
    "UPDATE_FAILED",
    "START_FAILED",
    "STOP_FAILED",
    "DELETE_FAILED",
    "CREATE_ROLLBACK_FAILED",
    "DELETE_ROLLBACK_FAILED",
    "UPDATE_ROLLBACK_FAILED",
];

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Input {
    name_prefix: Option<String>,
    desired_state: Option<String>,
    current_state: Option<String>,
    source_prefix: Option<String>,
    target_prefix: Option<String>,
    next_token: Option<String>,
    limit: Option<Integer>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Output {
    pipes: Vec<Listed>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

pub(super) async fn call(input: Input, cx: &Context<'_>) -> Result<Output, ApiError> {
    cx.check_pipes_account("*")?;
    let mut constraints = Constraints::default();
    let limit = constraints.number("limit", input.limit, LIMIT).unwrap_or(*LIMIT.end() as u32) as usize;
    constraints.choice("desiredState", input.desired_state.as_deref(), DESIRED_STATES);
    constraints.choice("currentState", input.current_state.as_deref(), CURRENT_STATES);
    checked(constraints)?;
    let after = input.next_token.as_ref().map(|token| {
        let name = URL_SAFE_NO_PAD.decode(token).ok().and_then(|name| String::from_utf8(name).ok());
        name.ok_or_else(|| invalid("NextToken", "The NextToken is not valid."))
    });
    let after = after.transpose()?;
    let all = cx.broker.pipes().await.map_err(|refusal| refused(refusal, "*"))?;
    let begun = all.iter().filter(|pipe| after.as_deref().is_none_or(|after| &*pipe.name > after));
    let told = begun.map(|pipe| (pipe, Details::of(pipe))).filter(|(pipe, details)| input.fits(pipe, details));
    let mut page: Vec<_> = told.take(limit + 1).collect();
    let is_more = page.len() > limit;
    page.truncate(limit);
    let next_token = page.last().filter(|_| is_more).map(|(last, _)| URL_SAFE_NO_PAD.encode(&*last.name));
    let pipes = page.into_iter().map(|(pipe, details)| Listed::new(pipe, details, cx)).collect();
    Ok(Output { pipes, next_token })
}

impl Input {
    fn fits(&self, pipe: &Pipe, details: &Details) -> bool {
        let state = if pipe.enabled { DESIRED_STATES[0] } else { DESIRED_STATES[1] };
        let begins =
            |text: &str, prefix: &Option<String>| prefix.as_ref().is_none_or(|prefix| text.starts_with(prefix));
        begins(&pipe.name, &self.name_prefix)
            && begins(&details.source, &self.source_prefix)
            && begins(&details.target, &self.target_prefix)
            && [&self.desired_state, &self.current_state].into_iter().flatten().all(|asked| asked == state)
    }
}
