//! The API port: health checks, and the AWS endpoint.

use std::net::SocketAddr;
use std::sync::Arc;

use bongsu_aws_api::AwsApi;
use bongsu_http::{BodyError, Limits, Request, Response, collect_body};
use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::{Method, StatusCode};

/// Answers one request to the API port.
pub(crate) async fn answer(aws: Arc<AwsApi>, limits: Arc<Limits>, request: Request, peer: SocketAddr) -> Response {
    let (head, body) = request.into_parts();
    if head.method == Method::GET && is_health_check(head.uri.path()) {
        return text(StatusCode::OK, "ok\n");
    }
    match collect_body(body, &limits).await {
        Ok(body) => aws.answer(&head, body, peer.ip()).await,
        Err(BodyError::TooLarge { .. }) => aws.refuse_too_large(&head),
        Err(BodyError::TimedOut) => text(StatusCode::REQUEST_TIMEOUT, "The request's body did not arrive in time.\n"),
        Err(BodyError::Broken) => text(StatusCode::BAD_REQUEST, "The request's body broke off.\n"),
    }
}

/// Whoever gets this far is alive and ready: the port is served only after the journal was replayed.
fn is_health_check(path: &str) -> bool {
    matches!(path, "/_bongsu/health" | "/livez" | "/readyz")
}

fn text(status: StatusCode, text: &'static str) -> Response {
    let mut response = Response::new(Full::new(Bytes::from_static(text.as_bytes())));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain"));
    response
}
