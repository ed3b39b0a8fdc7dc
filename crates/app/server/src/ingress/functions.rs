//! Functions behind routes.

use std::sync::Arc;

use bongsu_aws_api::lambda::{InvokeRefusal, Invoker};
use bongsu_aws_api::request_id::RequestIds;
use bongsu_gateway::{BoxFuture, Invocation, Invoke, InvokeError};
use bytes::Bytes;
use tokio::time::timeout;

/// Runs functions as Lambda's `Invoke` does.
pub(super) struct Functions {
    pub(super) invoker: Arc<dyn Invoker>,
    pub(super) request_ids: RequestIds,
}

impl Invoke for Functions {
    fn invoke(&self, invocation: Invocation) -> BoxFuture<'_, Result<Bytes, InvokeError>> {
        let Invocation { function, payload, timeout: patience, trace_id } = invocation;
        let request_id = self.request_ids.next().to_string();
        let trace_id = Some(trace_id);
        let client_context = None;
        let invocation =
            bongsu_aws_api::lambda::Invocation { request_id, payload, trace_id, client_context, wants_log: false };
        let answer = self.invoker.invoke(&function, invocation);
        Box::pin(async move {
            let invoked = match patience {
                Some(patience) => timeout(patience, answer).await.map_err(|_| InvokeError::TimedOut)?,
                None => answer.await,
            };
            match invoked {
                Ok(invoked) => invoked.result.map_err(InvokeError::FunctionError),
                Err(InvokeRefusal::DoesNotExist) => Err(InvokeError::NotFound),
                Err(InvokeRefusal::TooManyRunning) => Err(InvokeError::TooManyRequests),
                Err(InvokeRefusal::Unavailable) => Err(InvokeError::Unavailable),
            }
        })
    }
}
