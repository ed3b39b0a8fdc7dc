//! A request that no client sent: what operations look at when a task or a pipe calls them.

use bongsu_broker::Text;
use bytes::Bytes;
use hyper::header::{HeaderMap, HeaderValue};

use crate::observation::{Seen, TRACE_ID};
use crate::operation::Context;
use crate::request_id::RequestId;
use crate::service::AwsApi;
use crate::sigv4::{Caller, Verifier};

/// The request of a task or a pipe. The server's own account asks, and whoever may define them is of it.
pub(crate) struct Asking<'a> {
    door: &'a AwsApi,
    caller: Caller,
    headers: HeaderMap,
    body: Bytes,
    request_id: RequestId,
    seen: Seen,
}

impl<'a> Asking<'a> {
    pub(crate) fn new(door: &'a AwsApi, trace_header: Option<&Text>, body: impl Into<Bytes>) -> Asking<'a> {
        let mut headers = HeaderMap::new();
        let trace = trace_header.and_then(|trace| HeaderValue::from_str(trace).ok());
        headers.extend(trace.map(|trace| (TRACE_ID, trace)));
        Asking {
            door,
            caller: Verifier::server(&door.config.account.to_string()),
            headers,
            body: body.into(),
            request_id: door.request_ids.next(),
            seen: Seen::default(),
        }
    }

    pub(crate) fn context(&self) -> Context<'_> {
        Context {
            broker: self.door.broker.clone(),
            caller: &self.caller,
            is_signed: true,
            config: &self.door.config,
            headers: &self.headers,
            path: "/",
            body: &self.body,
            request_id: self.request_id,
            seen: &self.seen,
        }
    }

    pub(crate) fn request_id(&self) -> RequestId {
        self.request_id
    }
}
