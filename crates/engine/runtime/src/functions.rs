//! The doors' side of the shard, for functions and what feeds them.

use std::sync::Arc;

use bongsu_broker::{
    Alias, Command, Function, FunctionDescription, FunctionRef, Inventory, InvokeConfig, Mapping, MappingDefinition,
    MappingId, PutWhen, QueuedInvocation, Rejection, Reply,
};
use tokio::sync::{mpsc, oneshot};

use crate::handle::{Handle, Refusal, Request};
use crate::shard::Shard;

/// An invocation that counts against its function's limit for as long as this lives.
pub struct Begun {
    /// What to run.
    pub function: Arc<Function>,
    requests: mpsc::WeakSender<Request>,
}

impl Drop for Begun {
    fn drop(&mut self) {
        let Some(requests) = self.requests.upgrade() else { return };
        let end = Request::EndRunning { function: self.function.name.clone() };
        if let Err(mpsc::error::TrySendError::Full(end)) = requests.try_send(end)
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            // A shard that is gone has nothing left to be told.
            runtime.spawn(async move { requests.send(end).await.unwrap_or_default() });
        }
    }
}

impl Shard {
    /// Whoever has gone away does not run the function.
    pub(crate) fn tell_begun(
        &mut self,
        reply: oneshot::Sender<Result<Arc<Function>, Rejection>>,
        begun: Result<Arc<Function>, Rejection>,
    ) {
        if let Err(Ok(function)) = reply.send(begun) {
            self.broker.end_running(&function.name, 1);
        }
    }
}

impl Handle {
    /// Makes the latest version of a function what is given; the same again changes nothing.
    pub async fn put_function(&self, function: Function, when: PutWhen) -> Result<FunctionDescription, Refusal> {
        self.ask_function(Command::PutFunction { function, when }).await
    }

    /// Reserves so many invocations at once for all versions of a function, or none in particular.
    pub async fn set_concurrency(&self, name: &str, reserved: Option<u32>) -> Result<(), Refusal> {
        self.ask_done(Command::SetConcurrency { name: name.into(), reserved }).await
    }

    /// Publishes the latest version, if it is of this revision, with what the door says about the new one. If nothing has
    /// changed since the last time, tells that version.
    pub async fn publish_version(
        &self,
        name: &str,
        revision: Option<u128>,
        details: Option<Box<str>>,
    ) -> Result<FunctionDescription, Refusal> {
        self.ask_function(Command::PublishVersion { name: name.into(), revision, details }).await
    }

    /// Deletes a published version, or else the function with its mappings and all events that it has not had.
    pub async fn delete_function(&self, name: &str, version: Option<u32>) -> Result<(), Refusal> {
        self.ask_done(Command::DeleteFunction { name: name.into(), version }).await
    }

    /// The version that a name stands for.
    pub async fn describe_function(&self, function: FunctionRef) -> Result<FunctionDescription, Refusal> {
        self.ask_function(Command::DescribeFunction { function }).await
    }

    /// A function's versions: the latest first, then by rising numbers.
    pub async fn list_versions(&self, name: &str) -> Result<Vec<Arc<Function>>, Refusal> {
        match self.ask(Command::ListVersions { name: name.into() }, None).await? {
            Reply::Versions(versions) => Ok(versions),
            other => unreachable!("ListVersions answered {other:?}"),
        }
    }

    /// The latest versions of all functions, and all mappings.
    pub async fn functions(&self) -> Result<Inventory, Refusal> {
        match self.ask(Command::ListFunctions, None).await? {
            Reply::Functions(inventory) => Ok(inventory),
            other => unreachable!("ListFunctions answered {other:?}"),
        }
    }

    /// Makes an alias what is given.
    pub async fn put_alias(&self, function: &str, alias: Alias, when: PutWhen) -> Result<Alias, Refusal> {
        match self.ask(Command::PutAlias { function: function.into(), alias, when }, None).await? {
            Reply::Alias(alias) => Ok(alias),
            other => unreachable!("PutAlias answered {other:?}"),
        }
    }

    /// Deletes an alias; one that is not there does not matter.
    pub async fn delete_alias(&self, function: &str, name: &str) -> Result<(), Refusal> {
        self.ask_done(Command::DeleteAlias { function: function.into(), name: name.into() }).await
    }

    /// A function's aliases, in order.
    pub async fn list_aliases(&self, function: &str) -> Result<Vec<Alias>, Refusal> {
        match self.ask(Command::ListAliases { function: function.into() }, None).await? {
            Reply::Aliases(aliases) => Ok(aliases),
            other => unreachable!("ListAliases answered {other:?}"),
        }
    }

    /// Says how asynchronous invocations by this name are treated; by default if nothing is said.
    pub async fn put_invoke_config(&self, function: FunctionRef, config: Option<InvokeConfig>) -> Result<(), Refusal> {
        self.ask_done(Command::PutInvokeConfig { function, config }).await
    }

    /// What was said so of a function, by qualifier.
    pub async fn list_invoke_configs(&self, name: &str) -> Result<Vec<(Box<str>, InvokeConfig)>, Refusal> {
        match self.ask(Command::ListInvokeConfigs { name: name.into() }, None).await? {
            Reply::InvokeConfigs(configs) => Ok(configs),
            other => unreachable!("ListInvokeConfigs answered {other:?}"),
        }
    }

    /// Lets a queue feed a function: by this mapping, or else by the one of this pair.
    pub async fn put_mapping(
        &self,
        id: Option<MappingId>,
        definition: MappingDefinition,
        when: PutWhen,
    ) -> Result<Mapping, Refusal> {
        match self.ask(Command::PutMapping { id, definition, when }, None).await? {
            Reply::Mapping(mapping) => Ok(*mapping),
            other => unreachable!("PutMapping answered {other:?}"),
        }
    }

    /// Stops a queue from feeding a function; a mapping that is not there does not matter.
    pub async fn delete_mapping(&self, id: MappingId) -> Result<(), Refusal> {
        self.ask_done(Command::DeleteMapping { id }).await
    }

    /// Keeps an event until the function has had it: durable when this returns.
    pub async fn queue_invocation(&self, function: FunctionRef, invocation: QueuedInvocation) -> Result<(), Refusal> {
        self.ask_done(Command::QueueInvocation { function, invocation }).await
    }

    /// Begins an invocation that somebody waits for, if the function has room for one more.
    pub async fn begin_invocation(&self, function: FunctionRef) -> Result<Begun, Refusal> {
        let (reply, answer) = oneshot::channel();
        self.requests.send(Request::BeginInvocation { function, reply }).await.map_err(|_| Refusal::Unavailable)?;
        let begun: Result<Arc<Function>, Rejection> = answer.await.map_err(|_| Refusal::Unavailable)?;
        Ok(Begun { function: begun?, requests: self.requests.downgrade() })
    }

    async fn ask_function(&self, command: Command) -> Result<FunctionDescription, Refusal> {
        match self.ask(command, None).await? {
            Reply::Function(function) => Ok(*function),
            other => unreachable!("a command about a function answered {other:?}"),
        }
    }
}
