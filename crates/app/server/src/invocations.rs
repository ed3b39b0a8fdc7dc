//! Invocations that Lambda's `Invoke` asks for.

use std::sync::Arc;

use bongsu_aws_api::lambda::{Answer, Invocation, InvokeRefusal, Invoked, Invoker};
use bongsu_broker::{FunctionRef, Rejection};
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
}

impl Invocations {
    async fn run(self, name: String, invocation: Invocation) -> Result<Invoked, InvokeRefusal> {
        let begun = self.broker.begin_invocation(FunctionRef::parse(&name)).await.map_err(refused)?;
        let Invocation { request_id, payload, trace_id, wants_log } = invocation;
        let log_tail = wants_log.then(|| self.log_tails.keep(&request_id));
        let invocation =
            bongsu_delivery::Invocation { trace_id, ..bongsu_delivery::Invocation::new(request_id, payload) };
        let end = self.processes.invoke(&begun.function, invocation).await;
        let result = match end {
            InvocationEnd::Returned(response) => Ok(response),
            InvocationEnd::Failed(failure) => {
                warn!(function = %name, %failure, "invocation failed");
                Err(failure.payload)
            }
        };
        Ok(Invoked { result, log_tail: log_tail.map(|tail| tail.bytes()).unwrap_or_default() })
    }
}

impl Invoker for Invocations {
    fn exists(&self, function: &str) -> Answer<Result<bool, InvokeRefusal>> {
        let (this, function) = (self.clone(), function.to_owned());
        Box::pin(async move {
            match this.broker.describe_function(FunctionRef::parse(&function)).await.map_err(refused) {
                Ok(_) => Ok(true),
                Err(InvokeRefusal::DoesNotExist) => Ok(false),
                Err(refusal) => Err(refusal),
            }
        })
    }

    fn invoke(&self, function: &str, invocation: Invocation) -> Answer<Result<Invoked, InvokeRefusal>> {
        // In a task of its own: a caller who hangs up does not end what the function is doing.
        let running = tokio::spawn(self.clone().run(function.to_owned(), invocation));
        Box::pin(async move { running.await.unwrap_or(Err(InvokeRefusal::Unavailable)) })
    }
}

fn refused(refusal: Refusal) -> InvokeRefusal {
    match refusal {
        Refusal::Rejected(Rejection::FunctionBusy) => InvokeRefusal::TooManyRunning,
        Refusal::Rejected(_) => InvokeRefusal::DoesNotExist,
        Refusal::Unavailable => InvokeRefusal::Unavailable,
    }
}
