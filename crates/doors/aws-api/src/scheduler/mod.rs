//! Amazon EventBridge Scheduler: one file an operation, the one table that names them, and the way that a request takes.

mod calls;
mod create_schedule;
mod create_schedule_group;
mod dates;
mod delete_schedule;
mod delete_schedule_group;
mod get_schedule;
mod get_schedule_group;
mod group;
mod kept;
mod list_schedule_groups;
mod list_schedules;
mod list_tags_for_resource;
mod names;
mod pages;
mod refusal;
mod schedule;
mod tag_resource;
mod tags;
mod target;
mod untag_resource;
mod update_schedule;

use std::time::Instant;

use bytes::Bytes;
use http_body_util::Full;
use hyper::Response;
use hyper::http::request::Parts;
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use crate::error::{ApiError, ErrorKind};
use crate::observation::Seen;
use crate::operation::Context;
use crate::request_id::RequestId;
use crate::rest::{self, Asked, Input, Output, Service, operations};
use crate::service::AwsApi;
use crate::sigv4::Claim;
use crate::unavailable::{self, Unavailable};

pub use calls::ScheduleCalls;
pub(crate) use dates::read_dates;

/// How the scheduler is asked.
static SCHEDULER: Service = Service {
    signing_name: "scheduler",
    routes: ROUTES,
    numbers: &["MaxResults"],
    headers: &[],
    tag_keys: ("TagKeys", "TagKeys"),
    malformed: ErrorKind::SerializationException,
};

operations! {
    "CreateSchedule", "POST" "/schedules/{Name}" => 200 create_schedule;
    "CreateScheduleGroup", "POST" "/schedule-groups/{Name}" => 200 create_schedule_group;
    "DeleteSchedule", "DELETE" "/schedules/{Name}" => 200 delete_schedule;
    "DeleteScheduleGroup", "DELETE" "/schedule-groups/{Name}" => 200 delete_schedule_group;
    "GetSchedule", "GET" "/schedules/{Name}" => 200 get_schedule;
    "GetScheduleGroup", "GET" "/schedule-groups/{Name}" => 200 get_schedule_group;
    "ListScheduleGroups", "GET" "/schedule-groups" => 200 list_schedule_groups;
    "ListSchedules", "GET" "/schedules" => 200 list_schedules;
    "ListTagsForResource", "GET" "/tags/{ResourceArn}" => 200 list_tags_for_resource;
    "TagResource", "POST" "/tags/{ResourceArn}" => 200 tag_resource;
    "UntagResource", "DELETE" "/tags/{ResourceArn}" => 200 untag_resource;
    "UpdateSchedule", "PUT" "/schedules/{Name}" => 200 update_schedule;
}

/// Parameters of targets that are not here.
pub(crate) const UNAVAILABLE: &Unavailable = &[
    ("Target.EcsParameters", PUTTING, "there is no ECS"),
    ("Target.EventBridgeParameters", PUTTING, "there is no event bus"),
    ("Target.EventBridgePutEventsV2Parameters", PUTTING, "there is no event bus"),
    ("Target.EventBridgePutRawEventsParameters", PUTTING, "there is no event bus"),
    ("Target.KinesisParameters", PUTTING, "there is no Kinesis"),
    ("Target.SageMakerPipelineParameters", PUTTING, "there is no SageMaker"),
];
const PUTTING: &[&str] = &["CreateSchedule", "UpdateSchedule"];

/// Members that have other names in a query.
const IN_QUERY: [(&str, &str); 3] =
    [("groupName", "GroupName"), ("clientToken", "ClientToken"), ("ScheduleGroup", "GroupName")];

/// The operation of this name, if there is one.
pub(crate) fn find(name: &str) -> Option<&'static str> {
    ROUTES.iter().map(|route| route.name).find(|known| *known == name)
}

/// Runs an operation by its name. Its answer is as the SDK has it.
pub(crate) async fn call_by_name(name: &str, members: Map<String, Value>, cx: &Context<'_>) -> Result<Value, ApiError> {
    let route = ROUTES.iter().find(|route| route.name == name).ok_or_else(|| ApiError::unknown_operation(name))?;
    check_available(name, &members)?;
    run(route, Input::own(members), cx).await?.members()
}

/// Whether the path is one of the scheduler's, and not signed for another service that has such paths too.
pub(crate) fn is_asked(head: &Parts) -> bool {
    let mut segments = head.uri.path().trim_matches('/').split('/');
    let is_of_path = match segments.next() {
        Some("schedules" | "schedule-groups") => true,
        Some("tags") => {
            let arn = segments.next().map(|arn| percent_decode_str(arn).decode_utf8_lossy());
            arn.is_some_and(|arn| arn.split(':').nth(2) == Some(SCHEDULER.signing_name))
        }
        _ => false,
    };
    let claim = Claim::of(&head.uri, &head.headers);
    let signed_for = claim.as_ref().and_then(Claim::service);
    is_of_path && signed_for.is_none_or(|service| service == SCHEDULER.signing_name)
}

/// Answers a request whose path is one of the scheduler's.
pub(crate) async fn answer(api: &AwsApi, head: &Parts, body: &Bytes, request_id: RequestId) -> Response<Full<Bytes>> {
    let (begun, seen) = (Instant::now(), Seen::default());
    let outcome = call(api, head, body, request_id, &seen).await;
    api.observer.finished(&seen, head, request_id, begun, outcome.as_ref().err());
    match outcome {
        Ok(output) => rest::respond(output, request_id),
        Err(error) => refusal::respond(&error, request_id),
    }
}

async fn call(
    api: &AwsApi,
    head: &Parts,
    body: &Bytes,
    request_id: RequestId,
    seen: &Seen,
) -> Result<Output, ApiError> {
    let asked = Asked::identify(&SCHEDULER, api, head, body, request_id, seen)?;
    let mut members = asked.input(body)?.members().clone();
    for (in_query, name) in IN_QUERY {
        if let Some(value) = members.remove(in_query) {
            members.insert(name.to_owned(), value);
        }
    }
    check_available(asked.route.name, &members)?;
    run(asked.route, Input::own(members), &asked.context()).await
}

/// Refuses what only targets have that are not here.
fn check_available(operation: &str, members: &Map<String, Value>) -> Result<(), ApiError> {
    match unavailable::find(UNAVAILABLE, operation, members) {
        Some((path, why)) => Err(refusal::invalid(format!("{path} is not available: {why}."))),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use hyper::Request;

    use super::*;

    #[test]
    fn paths_are_the_schedulers_unless_they_are_signed_for_somebody_else() {
        let group = "/tags/arn%3Aaws%3Ascheduler%3Aus-east-1%3A000000000000%3Aschedule-group%2Fg";
        let pipe = "/tags/arn%3Aaws%3Apipes%3Aus-east-1%3A000000000000%3Apipe%2Fp";
        for (target, signed_for, is_ours) in [
            ("/schedules/tick?groupName=g", Some("scheduler"), true),
            ("/schedules", None, true),
            ("/schedule-groups/g", Some("scheduler"), true),
            ("/schedules/tick", Some("s3"), false),
            (group, Some("scheduler"), true),
            (pipe, Some("pipes"), false),
            ("/", Some("scheduler"), false),
        ] {
            let mut request = Request::get(target);
            if let Some(service) = signed_for {
                let credential = format!("AKID/20260101/us-east-1/{service}/aws4_request");
                request =
                    request.header("authorization", format!("AWS4-HMAC-SHA256 Credential={credential}, Signature=0"));
            }
            let (head, ()) = request.body(()).unwrap().into_parts();
            assert_eq!(is_asked(&head), is_ours, "{target}");
        }
    }
}
