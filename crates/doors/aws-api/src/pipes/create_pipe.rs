//! `CreatePipe`: lets a queue feed a target. It does when this is answered.
//!
//! <https://docs.aws.amazon.com/eventbridge/latest/pipes-reference/API_CreatePipe.html>

use bongsu_broker::{Pipe, PutWhen};
use serde_json::{Map, Value};

use super::details::{Details, Tags};
use super::refusal::refused;
use super::settings::{Settings, check_name, checked, pipe_input};
use super::told::{Changed, State};
use crate::codec::json;
use crate::constraints::Constraints;
use crate::error::ApiError;
use crate::operation::Context;

pipe_input! {
    source: Option<String>,
    tags: Option<Tags>,
}

pub(super) async fn call(input: Input, cx: &Context<'_>) -> Result<Changed, ApiError> {
    cx.check_pipes_account(&input.name)?;
    let name = input.name.clone();
    let pipe = defined(input, None, cx).await?;
    let put = cx.broker.put_pipe(pipe, PutWhen::Absent).await;
    let pipe = put.map_err(|refusal| refused(refusal, &name))?;
    Ok(Changed::new(&pipe, State::Creating, cx))
}

/// Makes a pipe, or makes of the one that is there what these members say, and nothing else.
pub(crate) async fn put(name: &str, settings: &Map<String, Value>, cx: &Context<'_>) -> Result<(), ApiError> {
    let input: Input = serde_json::from_value(Value::Object(settings.clone())).map_err(json::refusal)?;
    let known = cx.broker.describe_pipe(name).await.ok();
    let pipe = defined(Input { name: name.to_owned(), ..input }, known.as_deref(), cx).await?;
    let put = cx.broker.put_pipe(pipe, PutWhen::Always).await;
    put.map(drop).map_err(|refusal| refused(refusal, name))
}

/// The pipe that the members define, which may be there.
async fn defined(mut input: Input, known: Option<&Pipe>, cx: &Context<'_>) -> Result<Pipe, ApiError> {
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
    let created = known.map_or(now, |known| Details::of(known).created);
    let tags = input.tags.unwrap_or_default();
    let mut details = Details { tags, created, last_modified: now, ..Details::default() };
    let runs = settings.apply(&mut details)?.unwrap_or(true);
    cx.pipe(&input.name, &details, runs).await
}
