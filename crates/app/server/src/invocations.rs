//! Invocations that Lambda's `Invoke` and routes of the front door ask for.

use std::sync::Arc;

use bongsu_aws_api::lambda::{Answer, Invocation, InvokeRefusal, Invoked, Invoker, function_arn};
use bongsu_broker::{Account, FunctionRef, FunctionVersion, Rejection};
use bongsu_delivery::InvocationEnd;
use bongsu_runtime::{Handle, Refusal};
use tracing::warn;

use crate::functions::Processes;
use crate::log_tails::LogTails;

/// The functions that the broker knows, and what runs them.
#[derive(Clone)]
pub(crate) struct Invocations {
    pub(crate) broker: Handle,
    pub(crate) processes: Processes,
    pub(crate) log_tails: Arc<LogTails>,
    pub(crate) account: Account,
    pub(crate) region: Arc<str>,
}

impl Invocations {
    async fn run(self, function: FunctionRef, invocation: Invocation) -> Result<Invoked, InvokeRefusal> {
        let begun = match self.broker.begin_invocation(function.clone()).await {
            Ok(begun) => begun,
            Err(Refusal::Rejected(Rejection::FunctionBusy)) => {
                self.processes.counters().throttled(&function.name);
                return Err(InvokeRefusal::TooManyRunning);
            }
            Err(Refusal::Rejected(_)) => return Err(InvokeRefusal::DoesNotExist),
            Err(Refusal::Unavailable) => return Err(InvokeRefusal::Unavailable),
        };
        let Invocation { request_id, payload, trace_id, client_context, wants_log } = invocation;
        let log_tail = wants_log.then(|| self.log_tails.keep(&request_id));
        let invoked_arn = Some(function_arn(&self.region, self.account, &function.to_string()));
        let invocation = bongsu_delivery::Invocation { request_id, payload, trace_id, client_context, invoked_arn };
        let result = match self.processes.invoke(&begun.function, invocation).await {
            InvocationEnd::Returned(response) => Ok(response),
            InvocationEnd::Failed(failure) => {
                warn!(%function, %failure, "invocation failed");
                Err(failure.payload)
            }
        };
        let log_tail = log_tail.map(|tail| tail.bytes()).unwrap_or_default();
        Ok(Invoked { version: begun.function.version, result, log_tail })
    }
}

impl Invoker for Invocations {
    fn invoke(&self, function: &str, invocation: Invocation) -> Answer<Result<Invoked, InvokeRefusal>> {
        // In a task of its own: a caller who hangs up does not end what the function is doing.
        let running = tokio::spawn(self.clone().run(FunctionRef::parse(function), invocation));
        Box::pin(async move { running.await.unwrap_or(Err(InvokeRefusal::Unavailable)) })
    }

    fn deleted(&self, function: &str, version: Option<FunctionVersion>) {
        self.processes.forget(function, version);
    }
}
