//! Activities and the tokens of tasks, as requests name them.

use bongsu_broker::{Activity, TaskToken, WorkflowCommand, WorkflowReply};

use super::arn;
use super::rejection::refused;
use crate::error::{ApiError, ErrorKind};
use crate::operation::Context;

impl Context<'_> {
    pub(super) async fn activity(&self, arn: &str) -> Result<Activity, ApiError> {
        let command = WorkflowCommand::DescribeActivity { name: arn::activity(arn)? };
        match self.broker.workflow(command).await.map_err(|refusal| refused(refusal, arn))? {
            Some(WorkflowReply::Activity(activity)) => Ok(activity),
            _ => Err(ApiError::internal_failure()),
        }
    }
}

/// A task's token, if the text is one.
pub(super) fn token(text: &str) -> Result<TaskToken, ApiError> {
    let invalid = || ApiError::new(ErrorKind::StatesInvalidToken, "Invalid Token: 'Invalid token'");
    TaskToken::parse(text).ok_or_else(invalid)
}
