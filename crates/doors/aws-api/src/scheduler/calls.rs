//! Universal targets: calls an operation for a schedule as AWS's SDK would, and says why one failed.
//!
//! <https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets-universal.html>

use std::sync::Arc;

use bongsu_broker::{ScheduleCall, TargetFault};
use bongsu_journal::BoxFuture;
use bongsu_runtime::ScheduleCaller;

use crate::error::ApiError;
use crate::later_door::LaterDoor;
use crate::service::AwsApi;
use crate::states::SdkService;

/// Calls the operations of a door for schedules, once there is one.
#[derive(Default)]
pub struct ScheduleCalls(LaterDoor);

impl ScheduleCalls {
    /// From now on operations are those of this door. Calls that came before have waited for it.
    pub fn open(&self, door: &Arc<AwsApi>) {
        self.0.open(door);
    }
}

impl ScheduleCaller for ScheduleCalls {
    fn call(&self, call: ScheduleCall) -> BoxFuture<'static, Result<(), TargetFault>> {
        let opened = self.0.opened();
        Box::pin(async move {
            let door = opened.await;
            let ScheduleCall { service, action, input, .. } = call;
            match SdkService::find(&service) {
                Some(service) => service.carry_out(&door, &action, &input).await.map_err(fault),
                // Of an earlier version, which had it.
                None => Err(fault(ApiError::unknown_operation(&action))),
            }
        })
    }
}

fn fault(refusal: ApiError) -> TargetFault {
    TargetFault {
        code: refusal.kind().shape().into(),
        message: refusal.message().into(),
        // Who is not there may be there later, and who is busy is not for long.
        is_for_good: matches!(refusal.status(), 400..=499)
            && !matches!(refusal.status(), 404 | 409 | 429)
            && !is_of_what_is_not_there(&refusal),
    }
}

/// Services of JSON 1.0 say so with the same status as anything else.
fn is_of_what_is_not_there(refusal: &ApiError) -> bool {
    let shape = refusal.kind().shape();
    ["DoesNotExist", "NotFound", "Throttled", "LimitExceeded"].iter().any(|part| shape.contains(part))
}
