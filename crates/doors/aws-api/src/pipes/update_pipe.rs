//! `UpdatePipe`: changes what is said of a pipe, but for its source; what is not said stays as it is.
//!
//! <https://docs.aws.amazon.com/eventbridge/latest/pipes-reference/API_UpdatePipe.html>

use bongsu_broker::PutWhen;

use super::details::Details;
use super::refusal::refused;
use super::settings::{check_name, checked, pipe_input};
use super::told::{Changed, State};
use crate::constraints::Constraints;
use crate::error::ApiError;
use crate::operation::Context;

pipe_input! {}

pub(super) async fn call(mut input: Input, cx: &Context<'_>) -> Result<Changed, ApiError> {
    cx.check_pipes_account(&input.name)?;
    let settings = input.settings();
    let mut constraints = Constraints::default();
    check_name(&mut constraints, &input.name);
    if settings.role_arn.is_none() {
        constraints.missing("roleArn");
    }
    settings.check(&mut constraints);
    checked(constraints)?;
    let name = &*input.name;
    let known = cx.broker.describe_pipe(name).await.map_err(|refusal| refused(refusal, name))?;
    let mut details = Details::of(&known);
    let runs = settings.apply(&mut details)?.unwrap_or(known.enabled);
    details.last_modified = cx.config.clock.now().0;
    let pipe = cx.pipe(name, &details, runs).await?;
    let put = cx.broker.put_pipe(pipe, PutWhen::Present { revision: None }).await;
    let pipe = put.map_err(|refusal| refused(refusal, name))?;
    Ok(Changed::new(&pipe, State::Updating, cx))
}
