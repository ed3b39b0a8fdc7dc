//! Activities: tasks that wait for a worker to ask for them, and workers that wait for a task.

use std::collections::{BTreeMap, VecDeque};
use std::pin::pin;
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

    fn take(&self, activity: &str) -> Option<Offered<'_>> {
        let call = self.lock().get_mut(activity)?.tasks.pop_front()?;
        Some(Offered { activities: self, activity: activity.into(), call: Some(call) })
    }

    fn arrived(&self, activity: &str) -> Arc<Notify> {
        self.lock().entry(activity.into()).or_default().arrived.clone()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Box<str>, Waiting>> {
        // Nothing in there is ever half done.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A task that is about to be a worker's. If that goes away before, it is offered again.
struct Offered<'a> {
    activities: &'a Activities,
    activity: Box<str>,
    call: Option<TaskCall>,
}

impl Offered<'_> {
    /// It is the worker's, or nobody's any more.
    fn settle(mut self) {
        self.call = None;
    }
}

impl Drop for Offered<'_> {
    fn drop(&mut self) {
        if let Some(call) = self.call.take() {
            self.activities.offer(&self.activity, call);
        }
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
        let arrived = self.activities.arrived(activity);
        loop {
            let mut arrived = pin!(arrived.notified());
            // Before the look: what comes in between is not missed, however many look.
            arrived.as_mut().enable();
            let Some(offered) = self.activities.take(activity) else {
                arrived.await;
                continue;
            };
            let Some(TaskCall { execution, task, token, work: TaskWork::Call { input, .. }, .. }) = &offered.call
            else {
                continue;
            };
            let taken = ActivityTask { token: *token, input: input.clone() };
            let started = ExecutionInput::TaskStarted { task: *task, worker: worker.clone() };
            let step = WorkflowCommand::Step { id: *execution, input: started };
            match self.ask_done(Command::Workflow(Box::new(step))).await {
                Ok(()) => {
                    offered.settle();
                    return Ok(taken);
                }
                // Its time was over, or its execution is: the next one.
                Err(Refusal::Rejected(bongsu_broker::Rejection::Workflow(_))) => offered.settle(),
                Err(refusal) => return Err(refusal),
            }
        }
    }
}
