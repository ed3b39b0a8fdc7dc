//! `DeleteScheduleGroup`: a group goes at once, and all its schedules with it.
//!
//! <https://docs.aws.amazon.com/scheduler/latest/APIReference/API_DeleteScheduleGroup.html>

use bongsu_broker::{EntryChanges, Rejection};
use bongsu_runtime::Refusal;
use serde::{Deserialize, Serialize};

use super::names::{DEFAULT_GROUP, check_name, check_token};
use super::refusal::{TRIES_MAX, invalid, refused, too_busy};
use super::tags::check;
use crate::constraints::Constraints;
use crate::error::ApiError;
use crate::operation::Context;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Input {
    name: Option<String>,
    /// A group that is gone cannot go again: nothing depends on it.
    client_token: Option<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct Output {}

pub(super) async fn call(input: Input, cx: &Context<'_>) -> Result<Output, ApiError> {
    let mut constraints = Constraints::default();
    check_name(&mut constraints, "name", input.name.as_deref());
    let name = constraints.required("name", input.name);
    check_token(&mut constraints, input.client_token.as_deref());
    check(constraints)?;
    cx.check_scheduler(&format!("schedule-group/{name}"))?;
    if name == DEFAULT_GROUP {
        return Err(invalid("The default schedule group cannot be deleted."));
    }
    for _ in 0..TRIES_MAX {
        let found = cx.schedule_group(&name).await?;
        let path = cx.group_path(&name);
        let changes = EntryChanges {
            expected: vec![(path.clone(), found.bytes)],
            removed: vec![path],
            ..EntryChanges::default()
        };
        let prefix = format!("schedule/{name}/");
        match cx.broker.delete_schedules(&prefix, cx.config.account, changes).await {
            Ok(()) => return Ok(Output {}),
            Err(Refusal::Rejected(Rejection::EntryChanged)) => {}
            Err(refusal) => return Err(refused(refusal)),
        }
    }
    Err(too_busy())
}
