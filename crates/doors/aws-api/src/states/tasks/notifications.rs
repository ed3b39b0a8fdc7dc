//! `sns:publish`: a notification of which the task's end is part.
//!
//! <https://docs.aws.amazon.com/step-functions/latest/dg/connect-sns.html>

use bongsu_broker::{TaskAction, TaskCall};
use bongsu_runtime::TaskStep;
use serde_json::json;

use super::fault::{Fault, Integration};
use super::parameters::{as_text, json_text, members};
use super::{asked_of_broker, succeeded};
use crate::asking::Asking;
use crate::service::AwsApi;
use crate::sns::{self, Prepared};

pub(super) async fn publish(door: &AwsApi, call: &TaskCall, input: &str) -> Result<TaskStep, Fault> {
    let mut members = members(input)?;
    as_text(&mut members, "Message");
    let asking = Asking::new(door, call.trace_header.as_ref(), json_text(&members));
    let cx = asking.context();
    match sns::prepare_publish(&cx).await {
        Ok(Prepared::Publication(topic, publication)) => {
            let region = door.config.region.as_str().into();
            Ok(asked_of_broker(TaskAction::Publish { topic, publication: *publication, region }))
        }
        Ok(Prepared::Sent { message_id }) => Ok(succeeded(&json!({
            "MessageId": message_id,
            "SdkHttpMetadata": { "AllHttpHeaders": {}, "HttpHeaders": {}, "HttpStatusCode": 200 },
            "SdkResponseMetadata": { "RequestId": asking.request_id().to_string() },
        }))),
        Err(error) => {
            let first = sns::first_fault(&cx, error).await;
            Err(Integration::Sns.fault(&first, Some(asking.request_id())))
        }
    }
}
