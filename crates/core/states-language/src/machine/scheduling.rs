//! Asks the outside: what a Task calls, with what, and how long it is waited for.

use std::sync::Arc;

use bongsu_jsonata::{Object, Value};

use super::Machine;
use crate::definition::Task;
use crate::fault::Fault;
use crate::history::{Callee, Event, Scheduled};
use crate::limits::SECONDS_MAX;
use crate::payload::PayloadId;
use crate::resource::{Pattern, Resource};
use crate::step::Effect;
use crate::strand::{Call, Phase, Purpose, StrandId, TaskId};
use crate::template::Template;

/// What `sqs:sendMessage` takes. Whatever else is given is left out, as the service does.
const SEND_MESSAGE: &[&str] = &[
    "DelaySeconds",
    "MessageAttributes",
    "MessageBody",
    "MessageDeduplicationId",
    "MessageGroupId",
    "MessageSystemAttributes",
    "QueueUrl",
];

impl Machine<'_> {
    /// Asks for the work of a Task.
    pub(super) fn schedule(&mut self, id: StrandId, task: &Task) -> Result<(), Fault> {
        let (task_id, secret) = self.new_task(id);
        let state = self.state(id);
        let with_token = task.resource.pattern() == Pattern::WaitForTaskToken;
        self.token = with_token.then(|| self.surrounding.token(task_id, secret));
        let asked = self.arguments(id);
        self.token = None;
        let input = known_parameters(&task.resource, asked?);
        let role = self.role(id, task)?;
        let timeout = self.seconds(id, "TimeoutSeconds", task.timeout.as_ref())?;
        let heartbeat = self.seconds(id, "HeartbeatSeconds", task.heartbeat.as_ref())?;
        let same = [self.strand(id).input];
        let input = self.keep_bounded(input, &same, &state.name)?;
        let scheduled = Scheduled { input, timeout, heartbeat, role: role.clone() };
        let event = match &task.resource {
            Resource::Lambda { arn } => Event::LambdaFunctionScheduled((&**arn).into(), scheduled),
            Resource::Activity { arn } => Event::ActivityScheduled((&**arn).into(), scheduled),
            service => Event::TaskScheduled(callee(service), scheduled, self.surrounding.region()),
        };
        self.tell(id, event);
        let call = Call {
            task: task_id,
            secret,
            purpose: Purpose::Task,
            input,
            role,
            scheduled_at: self.now,
            deadline: timeout.map(|seconds| self.now.after_seconds(seconds)),
            heartbeat: heartbeat.map(|seconds| (seconds, self.now.after_seconds(seconds))),
            started: false,
            submitted: false,
        };
        self.ask(id, call);
        Ok(())
    }

    /// Asks for items, or to have results written.
    pub(super) fn request(&mut self, id: StrandId, purpose: Purpose, parameters: PayloadId) {
        let (task, secret) = self.new_task(id);
        let call = Call {
            task,
            secret,
            purpose,
            input: parameters,
            role: None,
            scheduled_at: self.now,
            deadline: None,
            heartbeat: None,
            started: true,
            submitted: false,
        };
        self.ask(id, call);
    }

    fn new_task(&mut self, id: StrandId) -> (TaskId, u128) {
        self.head.next_attempt += 1;
        let secret = u128::from((self.random)()) << 64 | u128::from((self.random)());
        (TaskId::new(id, self.head.next_attempt), secret)
    }

    fn ask(&mut self, id: StrandId, call: Call) {
        self.effects.push(Effect::StartTask(call.task));
        self.set_phase(id, Phase::Calling(Box::new(call)));
    }

    fn role(&mut self, id: StrandId, task: &Task) -> Result<Option<Arc<str>>, Fault> {
        let Some(template) = &task.role else { return Ok(None) };
        let input = self.effective_input(id)?;
        let value = self.evaluate(id, template, &input, None)?;
        match &value {
            Value::String(role) => Ok(Some(role.clone())),
            _ => Err(template.unexpected("RoleArn", "string", &value)),
        }
    }

    /// A number of seconds from one on.
    pub(super) fn seconds(
        &mut self,
        id: StrandId,
        field: &str,
        template: Option<&Template>,
    ) -> Result<Option<u32>, Fault> {
        self.amount(id, field, template, 1, SECONDS_MAX)
    }

    /// A whole number of that range.
    pub(super) fn amount(
        &mut self,
        id: StrandId,
        field: &str,
        template: Option<&Template>,
        from: u32,
        to: u32,
    ) -> Result<Option<u32>, Fault> {
        let Some(template) = template else { return Ok(None) };
        let input = self.effective_input(id)?;
        let value = self.evaluate(id, template, &input, None)?;
        let number = value.as_i64().and_then(|number| u32::try_from(number).ok());
        match number.filter(|number| (from..=to).contains(number)) {
            Some(number) => Ok(Some(number)),
            None => Err(template.unexpected(field, &format!("integer from {from} to {to}"), &value)),
        }
    }
}

pub(super) fn callee(resource: &Resource) -> Callee {
    Callee { kind: resource.kind().into(), name: resource.name().into() }
}

fn known_parameters(resource: &Resource, input: Value) -> Value {
    match (resource, &input) {
        (Resource::Service { action, .. }, Value::Object(given)) if &**action == "sendMessage" => {
            let known = given.iter().filter(|(key, _)| SEND_MESSAGE.contains(key));
            Value::Object(known.map(|(key, value)| (key, value.clone())).collect::<Object>())
        }
        _ => input,
    }
}
