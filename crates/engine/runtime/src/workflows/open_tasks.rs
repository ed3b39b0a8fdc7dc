//! Tasks that are being done: those that wait for a limit learn here that nobody waits for them any more.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bongsu_broker::{Admission, ExecutionId, TaskCall};
use tokio::sync::watch;

use crate::admission::Permit;
use crate::handle::{Handle, Refusal};

/// Tasks that somebody waits for.
#[derive(Clone, Default)]
pub(crate) struct OpenTasks(Arc<Mutex<Known>>);

/// By execution and task, what goes when the task is closed.
type Known = BTreeMap<(ExecutionId, u64), watch::Sender<()>>;

impl OpenTasks {
    /// A task begins.
    pub(crate) fn open(&self, execution: ExecutionId, task: u64) {
        self.lock().insert((execution, task), watch::Sender::new(()));
    }

    /// A task has ended, or nobody waits for it any more.
    pub(crate) fn close(&self, execution: ExecutionId, task: u64) {
        self.lock().remove(&(execution, task));
    }

    /// An execution has ended.
    pub(crate) fn close_all(&self, execution: ExecutionId) {
        self.lock().extract_if((execution, 0)..=(execution, u64::MAX), |_, _| true).for_each(drop);
    }

    /// Ends when nobody waits for the task any more.
    async fn closed(&self, execution: ExecutionId, task: u64) {
        let known = self.lock().get(&(execution, task)).map(watch::Sender::subscribe);
        if let Some(mut known) = known {
            // Nothing is ever sent: this ends when the sender goes.
            while known.changed().await.is_ok() {}
        }
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        // Nothing in there is ever half done.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Handle {
    /// As [`Handle::admit`], for a call that a task makes. Nothing, if nobody waits for the task any more.
    ///
    /// # Errors
    /// As many calls wait as may, or the server is stopping.
    pub async fn admit_task(&self, call: &TaskCall, admission: Admission) -> Result<Option<Permit>, Refusal> {
        tokio::select! {
            biased;
            () = self.open_tasks.closed(call.execution, call.task) => Ok(None),
            admitted = self.admit(admission) => admitted.map(Some),
        }
    }
}
