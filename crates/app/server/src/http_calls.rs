//! Other people's HTTP APIs, called through the guard that notifications leave by.

use std::sync::Arc;

use bongsu_aws_api::events::{HttpCaller, HttpFault, HttpRequest};
use bongsu_aws_api::lambda::Answer;
use bongsu_delivery::http::{Endpoint, Fault, Forward, ForwardFault, HttpCourier};
use bytes::Bytes;
use hyper::Response;
use tokio::sync::Semaphore;

/// Calls that are under way at once, each with a connection. A further one waits, before its time begins to run.
const CALLS_MAX: usize = 1024;

/// Calls other people's APIs.
pub(crate) struct HttpCalls {
    http: HttpCourier,
    going_on: Arc<Semaphore>,
}

impl HttpCalls {
    pub(crate) fn new(http: HttpCourier) -> HttpCalls {
        HttpCalls { http, going_on: Arc::new(Semaphore::new(CALLS_MAX)) }
    }
}

impl HttpCaller for HttpCalls {
    fn call(&self, request: HttpRequest) -> Answer<Result<Response<Bytes>, HttpFault>> {
        let (http, going_on) = (self.http.clone(), self.going_on.clone());
        Box::pin(async move {
            let HttpRequest { method, url, headers, body, timeout, answer_bytes_max } = request;
            let endpoint = Endpoint::parse(&url).map_err(|error| HttpFault::Forbidden(error.to_string()))?;
            let _permit = going_on.acquire().await.expect("it is never closed");
            let sent = Forward { method, endpoint, headers, body, timeout, answer_bytes_max };
            http.forward(sent).await.map_err(told)
        })
    }
}

fn told(fault: ForwardFault) -> HttpFault {
    let reason = fault.to_string();
    match fault {
        ForwardFault::TooLong => HttpFault::TooLong,
        ForwardFault::Fault(Fault::TimedOut) => HttpFault::TimedOut,
        ForwardFault::Fault(Fault::Forbidden(_) | Fault::Unwritten(_)) => HttpFault::Forbidden(reason),
        ForwardFault::Broken
        | ForwardFault::Fault(Fault::Unresolved(_) | Fault::Unreachable(_) | Fault::Tls(_) | Fault::NoAnswer(_)) => {
            HttpFault::Unreachable(reason)
        }
    }
}
