//! Other servers behind routes, asked through the guard that notifications leave by.

use bongsu_delivery::http::{Endpoint, Fault, Forward as Sent, ForwardFault, HttpCourier};
use bongsu_gateway::{BoxFuture, Forward, ForwardError, ForwardRequest, PAYLOAD_BYTES_MAX};
use bongsu_http::Response;
use http_body_util::Full;
use tokio::sync::Semaphore;

/// Requests to other servers that are under way at once; more are answered 503.
const FORWARDS_MAX: usize = 1024;

/// Sends requests on.
pub(super) struct Elsewhere {
    http: HttpCourier,
    going_on: Semaphore,
}

impl Elsewhere {
    pub(super) fn new(http: HttpCourier) -> Elsewhere {
        Elsewhere { http, going_on: Semaphore::new(FORWARDS_MAX) }
    }
}

impl Forward for Elsewhere {
    fn forward(&self, request: ForwardRequest) -> BoxFuture<'_, Result<Response, ForwardError>> {
        Box::pin(async move {
            let ForwardRequest { method, address, headers, body, timeout } = request;
            let endpoint = Endpoint::parse(&address).map_err(|error| ForwardError::Forbidden(error.to_string()))?;
            let _permit = self.going_on.try_acquire().map_err(|_| ForwardError::Busy)?;
            let sent = Sent { method, endpoint, headers, body, timeout, answer_bytes_max: PAYLOAD_BYTES_MAX };
            let answer = self.http.forward(sent).await.map_err(told)?;
            Ok(answer.map(Full::new))
        })
    }
}

fn told(fault: ForwardFault) -> ForwardError {
    let reason = fault.to_string();
    match fault {
        ForwardFault::Fault(Fault::TimedOut) => ForwardError::TimedOut,
        ForwardFault::Fault(Fault::Forbidden(_) | Fault::Unwritten(_)) => ForwardError::Forbidden(reason),
        ForwardFault::Fault(Fault::Unresolved(_) | Fault::Unreachable(_) | Fault::Tls(_)) => {
            ForwardError::Unreachable(reason)
        }
        ForwardFault::Fault(Fault::NoAnswer(_)) | ForwardFault::Broken | ForwardFault::TooLong => {
            ForwardError::Unfit(reason)
        }
    }
}
