//! Tasks that keep to a rate limit: each call waits for its turn, and one that came too early is made again.

use bongsu_broker::{Admission, EntryKey, LimitKey, TaskCall, TaskWork};
use bongsu_rate_limit::{Feedback, Limit};
use bongsu_runtime::{TaskEnd, TaskStep};
use serde_json::Value;

use super::fault::Fault;
use super::http;
use crate::service::AwsApi;
use crate::states::limits::{self, StateRule};
use crate::states::tags::Tags;

/// The name of the error when more calls wait than may.
const TOO_MANY: &str = "States.TaskFailed";

/// Does a task as [`super::step`] does, within the limits that its state has.
pub(super) async fn step(door: &AwsApi, call: &TaskCall) -> Result<TaskStep, Fault> {
    // A call of somebody else's API keeps to its limits itself: it has others besides.
    if http::is_asked(call) {
        return super::step(door, call).await;
    }
    let Some(limit) = limit(door, call).await else { return super::step(door, call).await };
    loop {
        let admission = Admission { limits: vec![limit.clone()], turn: (*call.execution_arn).into() };
        let permit = match door.broker.admit_task(call, admission).await {
            Ok(Some(permit)) => permit,
            // Nobody hears it.
            Ok(None) => return Err(Fault::runtime("Nobody waits for the task any more.")),
            Err(bongsu_runtime::Refusal::Rejected(_)) => {
                return Err(Fault::new(TOO_MANY, "More calls wait for their limits than may."));
            }
            // The server is going: the task is done after the next start.
            Err(bongsu_runtime::Refusal::Unavailable) => std::future::pending().await,
        };
        let step = super::step(door, call).await;
        let feedback = feedback(&step, door.config.clock.now().0);
        permit.end(feedback);
        if !feedback.refused {
            return step;
        }
    }
}

/// The limit that the state has for what it asks with, if it has a rule.
pub(super) async fn limit(door: &AwsApi, call: &TaskCall) -> Option<(LimitKey, Option<Limit>)> {
    let (rule, input) = rule(door, call).await?;
    let machine = call.machine.rsplit(':').next().unwrap_or_default();
    Some(rule.limit(machine, &call.state, input))
}

/// The rule of the state that asks, and what it asks with.
async fn rule<'a>(door: &AwsApi, call: &'a TaskCall) -> Option<(StateRule, &'a str)> {
    let TaskWork::Call { input, .. } = &call.work else { return None };
    if call.state.is_empty() {
        return None;
    }
    let key = EntryKey { account: door.config.account, path: limits::tags_path(&call.machine).ok()? };
    let tags: Tags = serde_json::from_slice(&door.broker.entry_now(key).await.ok()??).ok()?;
    Some((limits::rule_of(&tags, &call.state)?, input))
}

/// What a function said that was called may be what somebody said whom it called.
fn feedback(step: &Result<TaskStep, Fault>, now_ms: u64) -> Feedback {
    let Ok(TaskStep::End(TaskEnd::Succeeded(output))) = step else { return Feedback::default() };
    let direct = Feedback::from_returned(output.as_bytes(), now_ms);
    if !direct.is_silent() {
        return direct;
    }
    // `lambda:invoke` has it one level further down.
    let invoked: Option<Value> = serde_json::from_str(output).ok();
    let payload = invoked.as_ref().and_then(|invoked| invoked.get("Payload")).map(Value::to_string);
    payload.map_or_else(Feedback::default, |payload| Feedback::from_returned(payload.as_bytes(), now_ms))
}
