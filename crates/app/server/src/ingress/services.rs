//! The AWS APIs as the front door asks them, and the signatures that they know.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use bongsu_aws_api::AwsApi;
use bongsu_aws_api::sigv4::Signer;
use bongsu_delivery::FunctionCredentials;
use bongsu_gateway::{BoxFuture, Identify, Identity, Service, ServiceRequest, Services};
use bongsu_http::Response;
use bongsu_runtime::Clock;
use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{HOST, HeaderName, HeaderValue};
use hyper::http::request::Parts;
use hyper::{Request, StatusCode};

const SECURITY_TOKEN: HeaderName = HeaderName::from_static("x-amz-security-token");
/// What signatures for a function's own address are for.
const LAMBDA: &str = "lambda";
/// Whom requests of the front door come from.
const SELF: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// Asks the services of this server, in the role that functions have.
pub(super) struct AwsServices {
    pub(super) aws: Arc<AwsApi>,
    pub(super) credentials: FunctionCredentials,
    pub(super) region: String,
}

impl Services for AwsServices {
    fn ask(&self, request: ServiceRequest) -> BoxFuture<'_, Response> {
        let ServiceRequest { service, target, headers, body } = request;
        let service = match service {
            Service::Sqs => "sqs",
            Service::Sns => "sns",
            Service::States => "states",
        };
        Box::pin(async move {
            let Ok(head) = Request::post(target).body(()) else { return malformed() };
            let (mut head, ()) = head.into_parts();
            head.headers = headers;
            let (host, token) = (format!("{service}.{}.amazonaws.com", self.region), &self.credentials.session_token);
            let (Ok(host), Ok(token)) = (HeaderValue::try_from(host), HeaderValue::from_str(token)) else {
                return malformed();
            };
            head.headers.insert(HOST, host);
            head.headers.insert(SECURITY_TOKEN, token);
            let (access_key_id, secret) = (&self.credentials.access_key_id, &self.credentials.secret_access_key);
            let signer = Signer { access_key_id, secret, region: &self.region, service };
            let now = Clock::System.now().0 / 1000;
            signer.sign(&head.method, &head.uri, &mut head.headers, &body, now);
            self.aws.answer(&head, body, SELF).await
        })
    }
}

/// To a target or a region that no request can have.
fn malformed() -> Response {
    let mut answer = Response::new(Full::new(Bytes::new()));
    *answer.status_mut() = StatusCode::BAD_REQUEST;
    answer
}

/// Knows the signatures that the AWS APIs know.
pub(super) struct Signatures {
    pub(super) aws: Arc<AwsApi>,
    pub(super) account: String,
}

impl Identify for Signatures {
    fn identify(&self, head: &Parts, body: &[u8]) -> Option<Identity> {
        let caller = self.aws.identify(LAMBDA, head, body).ok().filter(|caller| caller.account() == self.account)?;
        Some(Identity {
            access_key_id: caller.access_key_id().to_owned(),
            account: caller.account().to_owned(),
            arn: caller.arn().to_owned(),
            user_id: caller.user_id().to_owned(),
        })
    }
}
