//! Amazon EventBridge Pipes: one file an operation, and the one table that names them; `run` works on batches.

mod create_pipe;
mod delete_pipe;
mod describe_pipe;
mod details;
mod ends;
mod hold;
mod limit;
mod list_pipes;
mod list_tags_for_resource;
mod parameters;
mod path;
mod refusal;
mod run;
mod running;
mod settings;
mod start_pipe;
mod stop_pipe;
mod tag_resource;
mod tags;
mod template;
mod told;
mod untag_resource;
mod update_pipe;

use std::time::Instant;

use bytes::Bytes;
use http_body_util::Full;
use hyper::Response;
use hyper::http::request::Parts;

use crate::error::{ApiError, ErrorKind};
use crate::observation::Seen;
use crate::request_id::RequestId;
use crate::rest::{self, Asked, Output, Service, operations};
use crate::service::{AwsApi, REQUEST_BYTES_MAX};
use crate::unavailable;

pub(crate) use create_pipe::put;
#[cfg(test)]
pub(crate) use parameters::UNAVAILABLE;
pub use run::Pipes;

/// How Pipes are asked for.
pub(crate) static PIPES: Service = Service {
    signing_name: "pipes",
    routes: ROUTES,
    numbers: &["Limit"],
    headers: &[],
    tag_keys: ("tagKeys", "tagKeys"),
    malformed: ErrorKind::SerializationException,
};

operations! {
    "CreatePipe", "POST" "/v1/pipes/{Name}" => 200 create_pipe;
    "DeletePipe", "DELETE" "/v1/pipes/{Name}" => 200 delete_pipe;
    "DescribePipe", "GET" "/v1/pipes/{Name}" => 200 describe_pipe;
    "ListPipes", "GET" "/v1/pipes" => 200 list_pipes;
    "ListTagsForResource", "GET" "/tags/{resourceArn}" => 200 list_tags_for_resource;
    "StartPipe", "POST" "/v1/pipes/{Name}/start" => 200 start_pipe;
    "StopPipe", "POST" "/v1/pipes/{Name}/stop" => 200 stop_pipe;
    "TagResource", "POST" "/tags/{resourceArn}" => 200 tag_resource;
    "UntagResource", "DELETE" "/tags/{resourceArn}" => 200 untag_resource;
    "UpdatePipe", "PUT" "/v1/pipes/{Name}" => 200 update_pipe;
}

/// Whether a request is for Pipes.
pub(crate) fn is_asked(head: &Parts) -> bool {
    let path = head.uri.path();
    let below = path.strip_prefix("/v1/pipes");
    below.is_some_and(|rest| rest.is_empty() || rest.starts_with('/')) || rest::is_about_tags_of(&PIPES, head)
}

/// Answers a request for Pipes.
pub(crate) async fn answer(api: &AwsApi, head: &Parts, body: &Bytes, request_id: RequestId) -> Response<Full<Bytes>> {
    let (begun, seen) = (Instant::now(), Seen::default());
    let outcome = call(api, head, body, request_id, &seen).await;
    api.observer.finished(&seen, head, request_id, begun, outcome.as_ref().err());
    match outcome {
        Ok(output) => rest::respond(output, request_id),
        Err(error) => refusal::respond(&error, head, request_id),
    }
}

/// The answer to a request whose body is too large to be read.
pub(crate) fn refuse_too_large(api: &AwsApi, head: &Parts, request_id: RequestId) -> Response<Full<Bytes>> {
    let error = ApiError::request_too_large(REQUEST_BYTES_MAX);
    api.observer.finished(&Seen::default(), head, request_id, Instant::now(), Some(&error));
    refusal::respond(&error, head, request_id)
}

async fn call(
    api: &AwsApi,
    head: &Parts,
    body: &Bytes,
    request_id: RequestId,
    seen: &Seen,
) -> Result<Output, ApiError> {
    let asked = Asked::identify(&PIPES, api, head, body, request_id, seen)?;
    let input = asked.input(body)?;
    if let Some((member, why)) = unavailable::find(parameters::UNAVAILABLE, asked.route.name, input.members()) {
        return Err(refusal::invalid(member, why));
    }
    run(asked.route, input, &asked.context()).await
}
