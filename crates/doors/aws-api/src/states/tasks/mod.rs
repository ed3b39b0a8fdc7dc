//! Does what the tasks of executions ask for: a file an integration.
//!
//! What the broker does itself (a message, a notification, an event for a function, another execution) is only prepared
//! here, by the checks that the operations have, and is decided together with the end of the task. All else runs here.

mod executions;
mod fault;
mod functions;
pub(super) mod http;
mod items;
mod limited;
mod messages;
mod notifications;
mod objects;
mod parameters;
pub(super) mod sdk;
mod store;

use std::sync::Arc;

use bongsu_broker::{Rejection, TaskAction, TaskCall, TaskWork, Text};
use bongsu_journal::BoxFuture;
use bongsu_runtime::{TaskEnd, TaskRunner, TaskStep};
use bongsu_states_language::Resource;
use serde::Serialize;

use crate::later_door::LaterDoor;
use crate::service::AwsApi;
use fault::{Fault, Integration};
pub(super) use objects::ACTIONS as OBJECT_ACTIONS;

/// Does the tasks of executions by the operations of a door, once there is one.
#[derive(Default)]
pub struct Tasks {
    door: LaterDoor,
}

impl Tasks {
    /// From now on tasks are done by this door. Those that came before have waited for it.
    pub fn open(&self, door: &Arc<AwsApi>) {
        self.door.open(door);
    }
}

impl TaskRunner for Tasks {
    fn run(&self, call: TaskCall) -> BoxFuture<'static, TaskStep> {
        let opened = self.door.opened();
        Box::pin(async move {
            let door = opened.await;
            run(&door, &call).await
        })
    }

    fn refused(&self, action: &TaskAction, rejection: &Rejection) -> TaskEnd {
        let refusal = bongsu_runtime::Refusal::Rejected(rejection.clone());
        let fault = match (action, self.door.now()) {
            (TaskAction::Send { .. }, _) => Integration::Sqs.fault(&refusal.into(), None),
            (TaskAction::Publish { .. }, _) => Integration::Sns.fault(&refusal.into(), None),
            (TaskAction::StartExecution { machine, .. }, Some(door)) => executions::refused(&door, machine, refusal),
            (TaskAction::QueueEvent { .. }, Some(door)) => functions::refused(&door, refusal),
            // Nothing is asked for before there is a door.
            (_, None) => Fault::runtime("The server is stopping."),
        };
        fault.into()
    }
}

async fn run(door: &AwsApi, call: &TaskCall) -> TaskStep {
    match limited::step(door, call).await {
        Ok(step) => step,
        Err(fault) => TaskStep::End(fault.into()),
    }
}

async fn step(door: &AwsApi, call: &TaskCall) -> Result<TaskStep, Fault> {
    let (resource, input) = match &call.work {
        TaskWork::Call { resource, input } => (resource, &**input),
        TaskWork::ReadItems { items, parameters } => return items::read(door, items, parameters).await,
        TaskWork::WriteResults { parameters, results, map_run } => {
            return items::write(door, call, parameters, results, *map_run).await;
        }
    };
    match resource {
        Resource::Lambda { arn } => functions::call(door, call, arn, input).await,
        Resource::Service { service, action, .. } => match (&**service, &**action) {
            ("lambda", "invoke") => functions::invoke(door, call, input).await,
            ("sqs", "sendMessage") => messages::send(door, call, input).await,
            ("sns", "publish") => notifications::publish(door, call, input).await,
            ("http", "invoke") => http::invoke(door, call, input).await,
            ("states", "startExecution") => executions::start(door, call, resource.pattern(), input).await,
            _ => Err(Fault::no_such(resource)),
        },
        Resource::AwsSdk { service, action, .. } if &**service == "s3" => {
            objects::call(door, call, action, input).await
        }
        Resource::AwsSdk { service, action, .. } => match sdk::Service::find(service) {
            Some(service) => service.call(door, call, action, input).await,
            None => Err(Fault::no_such(resource)),
        },
        // The runtime offers these to workers.
        Resource::Activity { .. } => Err(Fault::no_such(resource)),
    }
}

/// What the broker does, together with the end of the task.
fn asked_of_broker(action: TaskAction) -> TaskStep {
    TaskStep::Ask(Box::new(action))
}

/// A task's result.
fn succeeded(result: &impl Serialize) -> TaskStep {
    let text = serde_json::to_string(result).expect("what has names for members is JSON");
    TaskStep::End(TaskEnd::Succeeded(Text::from(text)))
}
