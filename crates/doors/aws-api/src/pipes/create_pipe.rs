//! `CreatePipe`: lets a queue feed a target. It does when this is answered.
//!
//! <https://docs.aws.amazon.com/eventbridge/latest/pipes-reference/API_CreatePipe.html>

use bongsu_broker::PutWhen;

use super::details::{Details, Tags};
use super::refusal::refused;
use super::settings::{Settings, check_name, checked, pipe_input};
use super::told::{Changed, State};
use crate::constraints::Constraints;
use crate::error::ApiError;
use crate::operation::Context;

pipe_input! {
    source: Option<String>,
    tags: Option<Tags>,
}

pub(super) async fn call(mut input: Input, cx: &Context<'_>) -> Result<Changed, ApiError> {
    cx.check_pipes_account(&input.name)?;
    let settings = Settings { source: input.source.take(), ..input.settings() };
    let mut constraints = Constraints::default();
    check_name(&mut constraints, &input.name);
    for (member, given) in [("source", &settings.source), ("target", &settings.target), ("roleArn", &settings.role_arn)]
    {
        if given.is_none() {
            constraints.missing(member);
        }
    }
    settings.check(&mut constraints);
    checked(constraints)?;
    let now = cx.config.clock.now().0;
    let tags = input.tags.unwrap_or_default();
    let mut details = Details { tags, created: now, last_modified: now, ..Details::default() };
    let runs = settings.apply(&mut details)?.unwrap_or(true);
    let pipe = cx.pipe(&input.name, &details, runs).await?;
    let put = cx.broker.put_pipe(pipe, PutWhen::Absent).await;
    let pipe = put.map_err(|refusal| refused(refusal, &input.name))?;
    Ok(Changed::new(&pipe, State::Creating, cx))
}
