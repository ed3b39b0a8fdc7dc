//! How the runtime has functions run, without knowing how that is done.

use std::sync::Arc;

use bongsu_broker::{AttemptOutcome, Function, QueueName};
use bongsu_journal::BoxFuture;

use crate::Received;

/// One batch of messages for one invocation of a function.
pub struct Batch {
    /// What to run.
    pub function: Arc<Function>,
    /// Whether the function's answer says which messages failed.
    pub report_batch_item_failures: bool,
    /// Where the messages come from.
    pub queue: QueueName,
    /// The messages, in the order of the queue.
    pub messages: Vec<Received>,
}

/// Runs functions. A door implements it.
pub trait FunctionRunner: Send + Sync + 'static {
    /// Runs the function once; always ends, at the latest by the function's timeout.
    fn run(&self, batch: Batch) -> BoxFuture<'static, AttemptOutcome>;
}

/// Where there are no functions: every attempt fails.
pub struct NoFunctions;

impl FunctionRunner for NoFunctions {
    fn run(&self, _: Batch) -> BoxFuture<'static, AttemptOutcome> {
        Box::pin(std::future::ready(AttemptOutcome::Failed))
    }
}
