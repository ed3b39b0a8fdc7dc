//! Activities: tasks that wait for a worker to ask for them, and workers that wait for a task.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bongsu_broker::{Command, ExecutionId, ExecutionInput, TaskCall, TaskToken, TaskWork, Text, WorkflowCommand};
use tokio::sync::Notify;
use tokio::time::timeout;

use crate::handle::{Handle, Refusal};

/// Tasks that nobody works on yet. After a restart they are offered again.
#[derive(Clone, Default)]
pub(crate) struct Activities(Arc<Mutex<BTreeMap<Box<str>, Waiting>>>);

#[derive(Default)]
struct Waiting {
    tasks: VecDeque<TaskCall>,
    arrived: Arc<Notify>,
}

/// A task that a worker has got.
#[derive(Clone, Debug, PartialEq)]
pub struct ActivityTask {
    /// For telling how it ended.
    pub token: TaskToken,
    /// JSON.
    pub input: Text,
}

impl Activities {
    /// A task is there for whoever asks first.
    pub(crate) fn offer(&self, activity: &str, call: TaskCall) {
        let mut waiting = self.lock();
        let waiting = waiting.entry(activity.into()).or_default();
        waiting.tasks.push_back(call);
        waiting.arrived.notify_one();
    }

    /// Nobody waits for a task any more.
    pub(crate) fn withdraw(&self, execution: ExecutionId, task: u64) {
        for waiting in self.lock().values_mut() {
            waiting.tasks.retain(|call| (call.execution, call.task) != (execution, task));
        }
    }

    fn take(&self, activity: &str) -> (Option<TaskCall>, Arc<Notify>) {
        let mut waiting = self.lock();
        let waiting = waiting.entry(activity.into()).or_default();
        (waiting.tasks.pop_front(), waiting.arrived.clone())
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Box<str>, Waiting>> {
        // Nothing in there is ever half done.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Handle {
    /// The next task of an activity, by its ARN, for a worker; nothing if none comes in that time.
    pub async fn activity_task(
        &self,
        activity: &str,
        worker: Option<Text>,
        wait: Duration,
    ) -> Result<Option<ActivityTask>, Refusal> {
        match timeout(wait, self.next_activity_task(activity, worker)).await {
            Ok(task) => task.map(Some),
            Err(_) => Ok(None),
        }
    }

    async fn next_activity_task(&self, activity: &str, worker: Option<Text>) -> Result<ActivityTask, Refusal> {
        loop {
            let (call, arrived) = self.activities.take(activity);
            let Some(call) = call else {
                arrived.notified().await;
                continue;
            };
            let TaskWork::Call { input, .. } = &call.work else { continue };
            let task = ActivityTask { token: call.token, input: input.clone() };
            let started = ExecutionInput::TaskStarted { task: call.task, worker: worker.clone() };
            let step = WorkflowCommand::Step { id: call.execution, input: started };
            match self.ask_done(Command::Workflow(Box::new(step))).await {
                Ok(()) => return Ok(task),
                // Its time was over, or its execution is: the next one.
                Err(Refusal::Rejected(bongsu_broker::Rejection::Workflow(_))) => {}
                Err(refusal) => {
                    self.activities.offer(activity, call);
                    return Err(refusal);
                }
            }
        }
    }
}
