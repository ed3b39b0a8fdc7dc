//! One request from its head to its answer: who calls, what about, which operation.

use std::error::Error;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use bongsu_aws_api::observation::{Observer, Seen};
use bongsu_aws_api::request_id::{RequestId, RequestIds};
use bongsu_aws_api::sigv4::{Caller, Verifier};
use bongsu_broker::Account;
use bongsu_http::{Limits, Pieces};
use bongsu_runtime::{Clock, Handle};
use bytes::Bytes;
use http_body_util::BodyExt as _;
use hyper::header::{AUTHORIZATION, CONNECTION, HeaderName, HeaderValue};
use hyper::http::request::Parts;
use hyper::{Method, Response, StatusCode};
use tracing::debug;

use crate::answer::Answer;
use crate::checksum::Claimed;
use crate::context::{Context, HOST_ID};
use crate::error::{Code, S3Error};
use crate::incoming::{Body, Incoming, Progress};
use crate::operations;
use crate::outgoing::Outgoing;
use crate::properties::check_headers;
use crate::query::Query;
use crate::target::Target;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-amz-request-id");
const ID_2: HeaderName = HeaderName::from_static("x-amz-id-2");

/// What the door needs to know.
pub struct Config {
    /// Whose functions may be told of changes.
    pub account: Account,
    /// The region in signatures and locations.
    pub region: String,
    /// Tells who calls.
    pub verifier: Verifier,
    /// For the skew of signatures.
    pub clock: Clock,
    /// How long a body may be silent.
    pub limits: Limits,
    /// Hears of every request.
    pub observer: Arc<Observer>,
}

/// The S3 endpoint.
pub struct S3 {
    config: Config,
    region: Arc<str>,
    broker: Handle,
    request_ids: RequestIds,
}

impl S3 {
    /// A door to this broker's objects.
    pub fn new(config: Config, broker: Handle) -> S3 {
        let region = config.region.as_str().into();
        S3 { config, region, broker, request_ids: RequestIds::default() }
    }

    /// Answers one request, which came from `peer`. Its body is read as far as it is needed.
    pub async fn answer<B>(&self, head: &Parts, body: B, peer: IpAddr) -> Response<Outgoing>
    where
        B: hyper::body::Body<Data = Bytes, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
    {
        let (begun, request_id, seen) = (Instant::now(), self.request_ids.next(), Seen::default());
        let body = body.map_err(Into::into).boxed_unsync();
        let progress = Arc::new(Progress::of(&body));
        let pieces = Pieces::new(body, &self.config.limits);
        let outcome = self.call(head, pieces, peer, request_id, &seen, progress.clone()).await;
        seen.waited.get_or_init(|| progress.waited());
        self.config.observer.finished(&seen, head, request_id, begun, outcome.as_ref().err());
        let mut response = match outcome {
            Ok(answer) => respond(answer, request_id),
            Err(error) => refuse(&error, head, request_id),
        };
        if !progress.is_read() {
            // What is still to come of the body stands where the next request would: the client must not send one.
            response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }

    /// Who calls is known before anything else is looked at.
    async fn call(
        &self,
        head: &Parts,
        pieces: Pieces<Body>,
        peer: IpAddr,
        request_id: RequestId,
        seen: &Seen,
        progress: Arc<Progress>,
    ) -> Result<Answer, S3Error> {
        let now = self.config.clock.now().0 / 1000;
        let verified = self.config.verifier.verify_s3(&head.method, &head.uri, &head.headers, now);
        let verified =
            verified.map_err(|refusal| if is_signed_otherwise(head) { otherwise() } else { refusal.into() })?;
        seen.caller.get_or_init(|| verified.caller.clone());
        let target = Target::of(head)?;
        if let Some(bucket) = &target.bucket {
            seen.bucket.get_or_init(|| bucket.clone());
        }
        let query = Query::of(head);
        let operation = operations::find(head, &target, &query)?;
        seen.operation.get_or_init(|| operation.name());
        check_headers(&head.headers)?;
        let claimed = if operation.takes_content_checksum() { Claimed::of(&head.headers)? } else { None };
        let incoming = Incoming::new(pieces, verified.payload, claimed, &head.headers, progress)?;
        let context = Context {
            store: self.broker.on_behalf_of(self.client(&verified.caller, operation.name(), peer)),
            caller: &verified.caller,
            head,
            query,
            target: &target,
            region: &self.config.region,
            functions_of: self.config.account,
            source_ip: peer.to_canonical().to_string(),
            request_id,
        };
        context.check_owner()?;
        operation.call(&context, incoming).await.map_err(|error| named(error, &target, &context))
    }

    fn client(&self, caller: &Caller, operation: &'static str, peer: IpAddr) -> bongsu_broker::Caller {
        bongsu_broker::Caller::Client {
            client: caller.client().clone(),
            operation,
            region: self.region.clone(),
            source_ip: Some(peer),
            // What stays on this machine nobody listens to, also when a proxy here took it from TLS.
            secure_transport: peer.is_loopback(),
        }
    }
}

/// Whether a request is signed as it was before 2014: clients need to be told to sign anew.
fn is_signed_otherwise(head: &Parts) -> bool {
    let header = head.headers.get(AUTHORIZATION).map(HeaderValue::as_bytes).unwrap_or_default();
    header.starts_with(b"AWS ") || head.uri.query().is_some_and(|query| query.contains("AWSAccessKeyId="))
}

fn otherwise() -> S3Error {
    let text = "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.";
    S3Error::new(Code::InvalidRequest).saying(text)
}

/// Adds what the error is about, where the operation did not say so.
fn named(error: S3Error, target: &Target, context: &Context<'_>) -> S3Error {
    let name = |text: &Option<String>| text.clone().unwrap_or_default();
    match error.code() {
        Code::NoSuchBucket | Code::BucketNotEmpty | Code::BucketAlreadyExists | Code::BucketAlreadyOwnedByYou => {
            error.about("BucketName", name(&target.bucket))
        }
        Code::NoSuchKey | Code::ConditionalRequestConflict => error.about("Key", name(&target.key)),
        Code::NoSuchUpload => error.about("UploadId", context.query.get("uploadId").unwrap_or_default()),
        _ => error,
    }
}

fn refuse(error: &S3Error, head: &Parts, request_id: RequestId) -> Response<Outgoing> {
    debug!(%request_id, code = error.code().name(), text = error.message(), "refused");
    let body = if head.method == Method::HEAD {
        Vec::new()
    } else {
        error.encode(head.uri.path(), &request_id.to_string(), HOST_ID)
    };
    let mut answer = Answer::document(body);
    answer.status = StatusCode::from_u16(error.code().status()).expect("the table holds HTTP status codes");
    respond(answer, request_id)
}

fn respond(answer: Answer, request_id: RequestId) -> Response<Outgoing> {
    let Answer { status, headers, body } = answer;
    let mut response = Response::new(body);
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    let id = HeaderValue::from_bytes(&request_id.text()).expect("digits and hyphens are a header value");
    response.headers_mut().insert(REQUEST_ID, id);
    response.headers_mut().insert(ID_2, HeaderValue::from_static(HOST_ID));
    response
}
