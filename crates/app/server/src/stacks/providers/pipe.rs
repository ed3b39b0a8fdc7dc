//! `AWS::Pipes::Pipe`: a queue that feeds a target, step by step.

use bongsu_template::PipeResource;

use super::{Cx, Provider, asked};
use crate::queues::Outcome;
use crate::stacks::provide::Made;

impl Provider for PipeResource {
    async fn exists(&self, cx: &Cx<'_>) -> Result<bool, String> {
        Ok(cx.world.lambda.has_pipe(&self.name).await)
    }

    async fn bring_about(&self, before: Option<&Self>, cx: &Cx<'_>) -> Result<Made, String> {
        asked(cx.world.lambda.put_pipe(&self.name, &self.settings).await)?;
        Ok(if before.is_some() { Outcome::Changed } else { Outcome::Made }.into())
    }

    async fn delete(&self, _: Option<&str>, cx: &Cx<'_>) -> Result<(), String> {
        asked(cx.world.lambda.delete_pipe(&self.name).await)
    }
}
