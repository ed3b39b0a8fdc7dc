//! Tags of pipes.

use bongsu_broker::PutWhen;

use super::details::{Details, Tags};
use super::refusal::{invalid, refused};
use crate::error::ApiError;
use crate::operation::Context;

const TAGS_MAX: usize = 50;
const KEY_LENGTH_MAX: usize = 128;
const VALUE_LENGTH_MAX: usize = 256;

pub(super) fn check(tags: &Tags) -> Result<(), ApiError> {
    if tags.len() > TAGS_MAX {
        return Err(invalid("Tags", format!("A pipe has at most {TAGS_MAX} tags.")));
    }
    let is_good = |(key, value): (&String, &String)| {
        (1..=KEY_LENGTH_MAX).contains(&key.chars().count()) && value.chars().count() <= VALUE_LENGTH_MAX
    };
    match tags.iter().find(|tag| !is_good(*tag)) {
        Some((key, _)) => Err(invalid("Tags", format!("The tag {key} is too long, or its key is empty."))),
        None => Ok(()),
    }
}

impl Context<'_> {
    /// The name of the pipe that an ARN means.
    pub(super) fn pipe_of_arn<'a>(&self, arn: &'a str) -> Result<&'a str, ApiError> {
        let name = arn.rsplit_once(":pipe/").map(|(_, name)| name).filter(|name| self.pipe_arn(name) == arn);
        let name =
            name.ok_or_else(|| invalid("resourceArn", format!("{arn} is not the ARN of a pipe of this account.")));
        name.and_then(|name| self.check_pipes_account(name).map(|()| name))
    }

    /// Changes the tags of the pipe that an ARN means, which may change what it does.
    pub(super) async fn change_pipe_tags(&self, arn: &str, change: impl FnOnce(&mut Tags)) -> Result<(), ApiError> {
        let name = self.pipe_of_arn(arn)?;
        let known = self.broker.describe_pipe(name).await.map_err(|refusal| refused(refusal, name))?;
        let mut details = Details::of(&known);
        change(&mut details.tags);
        let pipe = self.pipe(name, &details, known.enabled).await?;
        let put = self.broker.put_pipe(pipe, PutWhen::Present { revision: None }).await;
        put.map(drop).map_err(|refusal| refused(refusal, name))
    }
}
