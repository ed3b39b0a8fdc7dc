//! The context object: what `$$` and `$states.context` show.

use std::sync::Arc;

use bongsu_jsonata::{Object, Value};

use super::Machine;
use crate::payload::PayloadId;
use crate::strand::StrandId;
use crate::{TaskId, Timestamp};

/// What `$$` shows besides the state. It is the caller's, and not kept in the execution.
pub struct Surroundings<'a> {
    /// `Execution.Id`
    pub execution_arn: &'a str,
    /// `Execution.Name`
    pub execution_name: &'a str,
    /// `Execution.RoleArn`
    pub role_arn: &'a str,
    /// `StateMachine.Id`
    pub machine_arn: &'a str,
    /// `StateMachine.Name`
    pub machine_name: &'a str,
    /// Where services are called.
    pub region: &'a str,
    /// When it was last redriven.
    pub redriven_at: Option<Timestamp>,
    /// The text of a task's token: a function of the task, its secret and the execution.
    pub token: &'a dyn Fn(TaskId, u128) -> String,
}

/// Where the context comes from.
#[derive(Clone, Copy)]
pub(crate) enum Surrounding<'a> {
    Execution(&'a Surroundings<'a>),
    /// Of a state that is tested: as it was given, whole.
    Given(&'a Value),
}

impl Surrounding<'_> {
    pub(super) fn role(self) -> Arc<str> {
        match self {
            Surrounding::Execution(around) => around.role_arn.into(),
            Surrounding::Given(_) => "".into(),
        }
    }

    pub(super) fn region(self) -> Arc<str> {
        match self {
            Surrounding::Execution(around) => around.region.into(),
            Surrounding::Given(_) => "".into(),
        }
    }

    pub(super) fn machine_arn(&self) -> &str {
        match self {
            Surrounding::Execution(around) => around.machine_arn,
            Surrounding::Given(_) => "",
        }
    }

    pub(super) fn token(self, task: TaskId, secret: u128) -> String {
        match self {
            Surrounding::Execution(around) => (around.token)(task, secret),
            Surrounding::Given(_) => String::new(),
        }
    }
}

impl Machine<'_> {
    /// The context of a strand, or of an iteration of its Map that is about to begin.
    pub(super) fn context(&mut self, id: StrandId, iteration: Option<StrandId>) -> Value {
        let around = match self.surrounding {
            Surrounding::Execution(around) => around,
            Surrounding::Given(context) => return context.clone(),
        };
        let mut execution = Object::new();
        execution.insert("Id", Value::from(around.execution_arn));
        execution.insert("Input", self.value(PayloadId(0)));
        execution.insert("Name", Value::from(around.execution_name));
        execution.insert("RoleArn", Value::from(around.role_arn));
        execution.insert("StartTime", Value::from(self.head.started_at.to_string()));
        execution.insert("RedriveCount", Value::from(u64::from(self.head.redrives)));
        if let Some(at) = around.redriven_at {
            execution.insert("RedriveTime", Value::from(at.to_string()));
        }
        let mut machine = Object::new();
        machine.insert("Id", Value::from(around.machine_arn));
        machine.insert("Name", Value::from(around.machine_name));
        let strand = self.strand(id);
        let mut state = Object::new();
        state.insert("Name", Value::String(self.state(id).name.clone()));
        state.insert("EnteredTime", Value::from(strand.entered_at.to_string()));
        state.insert("RetryCount", Value::from(strand.retries.iter().map(|count| u64::from(*count)).sum::<u64>()));
        let mut context = Object::new();
        context.insert("Execution", Value::Object(execution));
        context.insert("StateMachine", Value::Object(machine));
        context.insert("State", Value::Object(state));
        if let Some(token) = &self.token {
            context.insert("Task", Value::Object([("Token", Value::from(&**token))].into_iter().collect()));
        }
        if let Some(item) = self.item(iteration.unwrap_or(id)) {
            context.insert("Map", Value::Object([("Item", item)].into_iter().collect()));
        }
        Value::Object(context)
    }

    /// What the innermost iteration is about.
    fn item(&mut self, id: StrandId) -> Option<Value> {
        let mut next = Some(id);
        while let Some(id) = next {
            let strand = self.strand(id);
            if let Some(payload) = strand.item {
                let index = strand.index;
                let mut item = Object::new();
                item.insert("Index", Value::from(u64::from(index)));
                item.insert("Value", self.value(payload));
                return Some(Value::Object(item));
            }
            next = strand.parent;
        }
        None
    }
}
