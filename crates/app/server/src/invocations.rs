//! Invocations that Lambda's `Invoke` asks for.

use std::sync::Arc;

use bongsu_aws_api::lambda::{Answer, Invocation, Invoked, Invoker, function_arn};
use bongsu_broker::{Account, FunctionRef, FunctionVersion};
use bongsu_delivery::InvocationEnd;
use bongsu_runtime::Begun;
use tracing::warn;

use crate::functions::Processes;
use crate::log_tails::LogTails;

/// What runs functions for those who wait for them.
#[derive(Clone)]
pub(crate) struct Invocations {
    pub(crate) processes: Processes,
    pub(crate) log_tails: Arc<LogTails>,
    pub(crate) account: Account,
    pub(crate) region: Arc<str>,
}

impl Invocations {
    async fn run(self, begun: Begun, invocation: Invocation) -> Invoked {
        let Invocation { function, request_id, payload, trace_id, client_context, wants_log } = invocation;
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
        Invoked { result, log_tail: log_tail.map(|tail| tail.bytes()).unwrap_or_default() }
    }
}

impl Invoker for Invocations {
    fn invoke(&self, begun: Begun, invocation: Invocation) -> Answer<Option<Invoked>> {
        // In a task of its own: a caller who hangs up does not end what the function is doing.
        let running = tokio::spawn(self.clone().run(begun, invocation));
        Box::pin(async move { running.await.ok() })
    }

    fn deleted(&self, function: &str, version: Option<FunctionVersion>) {
        self.processes.forget(function, version);
    }

    fn throttled(&self, function: &FunctionRef) {
        self.processes.counters().throttled(&function.name);
    }
}
