//! Invocations that Lambda's `Invoke` asks for.

use std::sync::Arc;

use bongsu_aws_api::lambda::{Answer, Invocation, InvokeRefusal, Invoked, Invoker};
use bongsu_broker::Function;
use bongsu_delivery::InvocationEnd;
use bongsu_runtime::Handle;
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
    async fn find(&self, name: &str) -> Result<Option<Arc<Function>>, InvokeRefusal> {
        let inventory = self.broker.functions().await.map_err(|_| InvokeRefusal::Unavailable)?;
        Ok(inventory.functions.into_iter().find(|function| &*function.name == name).map(Arc::new))
    }

    async fn run(self, name: String, invocation: Invocation) -> Result<Invoked, InvokeRefusal> {
        let function = self.find(&name).await?.ok_or(InvokeRefusal::DoesNotExist)?;
        let Invocation { request_id, payload, trace_id, wants_log } = invocation;
        let log_tail = wants_log.then(|| self.log_tails.keep(&request_id));
        let invocation =
            bongsu_delivery::Invocation { trace_id, ..bongsu_delivery::Invocation::new(request_id, payload) };
        // What queues ask of the function waits in the broker until there is room; whoever asks here is told.
        let end = self.processes.try_invoke(&function, invocation).await.ok_or(InvokeRefusal::TooManyRunning)?;
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
        Box::pin(async move { Ok(this.find(&function).await?.is_some()) })
    }

    fn invoke(&self, function: &str, invocation: Invocation) -> Answer<Result<Invoked, InvokeRefusal>> {
        // In a task of its own: a caller who hangs up does not end what the function is doing.
        let running = tokio::spawn(self.clone().run(function.to_owned(), invocation));
        Box::pin(async move { running.await.unwrap_or(Err(InvokeRefusal::Unavailable)) })
    }
}
