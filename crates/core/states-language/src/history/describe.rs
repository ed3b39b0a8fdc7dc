//! Events as the API's JSON has them.

use std::sync::Arc;

use bongsu_jsonata::{Object, Value};

use super::{Callee, Event, HistoryEvent, Problem, Scheduled};
use crate::payload::PayloadId;

/// Builds the details of one event.
struct Details<'t> {
    members: Object,
    /// None if the caller does not want to see data.
    text: Option<&'t mut dyn FnMut(PayloadId) -> Option<Arc<str>>>,
}

impl HistoryEvent {
    /// The name of its type: `TaskStateEntered`.
    pub fn kind(&self) -> String {
        match &self.event {
            Event::StateEntered(kind, ..) => format!("{}StateEntered", kind.name()),
            Event::StateExited(kind, ..) => format!("{}StateExited", kind.name()),
            Event::StateAborted(kind) => format!("{}StateAborted", kind.name()),
            other => other.name().to_string(),
        }
    }

    /// The texts that [`HistoryEvent::describe`] asks for.
    pub fn payloads(&self) -> Vec<PayloadId> {
        match &self.event {
            Event::ExecutionStarted(text, _)
            | Event::ExecutionSucceeded(text)
            | Event::StateEntered(_, _, text)
            | Event::LambdaFunctionSucceeded(text)
            | Event::TaskSubmitted(_, text)
            | Event::TaskSucceeded(_, text)
            | Event::ActivitySucceeded(text) => vec![*text],
            Event::StateExited(_, _, output, assigned) => {
                [*output].into_iter().chain(assigned.iter().map(|(_, text)| *text)).collect()
            }
            Event::LambdaFunctionScheduled(_, scheduled)
            | Event::TaskScheduled(_, scheduled, _)
            | Event::ActivityScheduled(_, scheduled) => vec![scheduled.input],
            _ => Vec::new(),
        }
    }

    /// The event as `GetExecutionHistory` has it, with the time in seconds. Without `data` inputs and outputs are left
    /// out; with it, `text` is asked for those that the event names.
    pub fn describe(&self, data: bool, text: &mut dyn FnMut(PayloadId) -> Option<Arc<str>>) -> Value {
        let mut details = Details { members: Object::new(), text: data.then_some(text) };
        let key = details.fill(&self.event);
        let mut event = Object::new();
        event.insert("timestamp", Value::from(self.at.0 as f64 / 1000.0));
        event.insert("type", Value::from(self.kind()));
        event.insert("id", Value::from(u64::from(self.id)));
        event.insert("previousEventId", Value::from(u64::from(self.previous)));
        if let Some(key) = key {
            event.insert(format!("{key}EventDetails"), Value::Object(details.members));
        }
        Value::Object(event)
    }
}

macro_rules! names {
    ($($variant:ident)*) => {
        impl Event {
            fn name(&self) -> &'static str {
                match self {
                    $(Event::$variant { .. } => stringify!($variant),)*
                }
            }
        }
    };
}

names! {
    ExecutionStarted ExecutionSucceeded ExecutionFailed ExecutionTimedOut ExecutionAborted ExecutionRedriven
    StateEntered StateExited StateAborted
    LambdaFunctionScheduled LambdaFunctionStarted LambdaFunctionSucceeded LambdaFunctionFailed LambdaFunctionTimedOut
    TaskScheduled TaskStarted TaskSubmitted TaskSucceeded TaskFailed TaskTimedOut
    ActivityScheduled ActivityStarted ActivitySucceeded ActivityFailed ActivityTimedOut
    ParallelStateStarted ParallelStateSucceeded ParallelStateFailed
    MapStateStarted MapStateSucceeded MapStateFailed
    MapIterationStarted MapIterationSucceeded MapIterationFailed MapIterationAborted
    MapRunStarted MapRunSucceeded MapRunFailed MapRunAborted MapRunRedriven
    EvaluationFailed
}

impl Details<'_> {
    /// Fills in what the event has; gives the first part of the member's name, if there are details at all.
    fn fill(&mut self, event: &Event) -> Option<&'static str> {
        match event {
            Event::ExecutionStarted(input, role) => {
                self.data("input", *input).word("roleArn", role);
                Some("executionStarted")
            }
            Event::ExecutionSucceeded(output) => self.data("output", *output).named("executionSucceeded"),
            Event::ExecutionFailed(problem) => self.problem(problem).named("executionFailed"),
            Event::ExecutionTimedOut(problem) => self.problem(problem).named("executionTimedOut"),
            Event::ExecutionAborted(problem) => self.problem(problem).named("executionAborted"),
            Event::ExecutionRedriven(count) => self.number("redriveCount", *count).named("executionRedriven"),
            Event::StateEntered(_, name, input) => self.word("name", name).data("input", *input).named("stateEntered"),
            Event::StateExited(_, name, output, assigned) => {
                self.word("name", name).data("output", *output);
                if !assigned.is_empty() {
                    self.variables(assigned);
                }
                Some("stateExited")
            }
            Event::LambdaFunctionScheduled(resource, scheduled) => {
                self.word("resource", resource).data("input", scheduled.input);
                self.times(scheduled).named("lambdaFunctionScheduled")
            }
            Event::LambdaFunctionSucceeded(output) => self.data("output", *output).named("lambdaFunctionSucceeded"),
            Event::LambdaFunctionFailed(problem) => self.problem(problem).named("lambdaFunctionFailed"),
            Event::LambdaFunctionTimedOut(problem) => self.problem(problem).named("lambdaFunctionTimedOut"),
            Event::TaskScheduled(callee, scheduled, region) => {
                self.callee(callee).word("region", region);
                if let Some(parameters) = self.text_of(scheduled.input) {
                    self.members.insert("parameters", parameters);
                }
                self.times(scheduled).named("taskScheduled")
            }
            Event::TaskStarted(callee) => self.callee(callee).named("taskStarted"),
            Event::TaskSubmitted(callee, output) => self.callee(callee).data("output", *output).named("taskSubmitted"),
            Event::TaskSucceeded(callee, output) => self.callee(callee).data("output", *output).named("taskSucceeded"),
            Event::TaskFailed(callee, problem) => self.callee(callee).problem(problem).named("taskFailed"),
            Event::TaskTimedOut(callee, problem) => self.callee(callee).problem(problem).named("taskTimedOut"),
            Event::ActivityScheduled(resource, scheduled) => {
                self.word("resource", resource).data("input", scheduled.input);
                self.times(scheduled).named("activityScheduled")
            }
            Event::ActivityStarted(worker) => {
                worker.iter().for_each(|worker| {
                    self.word("workerName", worker);
                });
                Some("activityStarted")
            }
            Event::ActivitySucceeded(output) => self.data("output", *output).named("activitySucceeded"),
            Event::ActivityFailed(problem) => self.problem(problem).named("activityFailed"),
            Event::ActivityTimedOut(problem) => self.problem(problem).named("activityTimedOut"),
            Event::MapStateStarted(length) => self.number("length", *length).named("mapStateStarted"),
            Event::MapIterationStarted(name, index) => self.iteration(name, *index).named("mapIterationStarted"),
            Event::MapIterationSucceeded(name, index) => self.iteration(name, *index).named("mapIterationSucceeded"),
            Event::MapIterationFailed(name, index) => self.iteration(name, *index).named("mapIterationFailed"),
            Event::MapIterationAborted(name, index) => self.iteration(name, *index).named("mapIterationAborted"),
            Event::MapRunStarted(arn) => self.word("mapRunArn", arn).named("mapRunStarted"),
            Event::MapRunFailed(problem) => self.problem(problem).named("mapRunFailed"),
            Event::MapRunRedriven(arn, count) => {
                self.word("mapRunArn", arn).number("redriveCount", *count).named("mapRunRedriven")
            }
            Event::EvaluationFailed(problem, location, state) => {
                self.problem(problem).word("location", location).word("state", state).named("evaluationFailed")
            }
            Event::StateAborted(_)
            | Event::LambdaFunctionStarted
            | Event::ParallelStateStarted
            | Event::ParallelStateSucceeded
            | Event::ParallelStateFailed
            | Event::MapStateSucceeded
            | Event::MapStateFailed
            | Event::MapRunSucceeded
            | Event::MapRunAborted => None,
        }
    }

    fn named(&mut self, key: &'static str) -> Option<&'static str> {
        Some(key)
    }

    fn word(&mut self, key: &str, word: &Arc<str>) -> &mut Self {
        self.members.insert(key, Value::String(word.clone()));
        self
    }

    fn number(&mut self, key: &str, number: u32) -> &mut Self {
        self.members.insert(key, Value::from(u64::from(number)));
        self
    }

    fn text_of(&mut self, payload: PayloadId) -> Option<Value> {
        self.text.as_mut().and_then(|text| text(payload)).map(Value::String)
    }

    /// A text, and that it was not cut.
    fn data(&mut self, key: &str, payload: PayloadId) -> &mut Self {
        if let Some(text) = self.text_of(payload) {
            self.members.insert(key, text);
            self.members.insert(format!("{key}Details"), whole());
        }
        self
    }

    fn variables(&mut self, assigned: &[(Arc<str>, PayloadId)]) {
        let texts = assigned.iter().map(|(name, payload)| self.text_of(*payload).map(|text| (name.clone(), text)));
        if let Some(texts) = texts.collect::<Option<Object>>() {
            self.members.insert("assignedVariables", Value::Object(texts));
            self.members.insert("assignedVariablesDetails", whole());
        }
    }

    fn callee(&mut self, callee: &Callee) -> &mut Self {
        self.word("resource", &callee.name).word("resourceType", &callee.kind)
    }

    fn times(&mut self, scheduled: &Scheduled) -> &mut Self {
        if let Some(seconds) = scheduled.timeout {
            self.number("timeoutInSeconds", seconds);
        }
        if let Some(seconds) = scheduled.heartbeat {
            self.number("heartbeatInSeconds", seconds);
        }
        if let Some(role) = &scheduled.role {
            let credentials = [("roleArn", Value::String(role.clone()))].into_iter().collect();
            self.members.insert("taskCredentials", Value::Object(credentials));
        }
        self
    }

    fn problem(&mut self, problem: &Problem) -> &mut Self {
        for (key, word) in [("error", &problem.error), ("cause", &problem.cause)] {
            if let Some(word) = word {
                self.word(key, word);
            }
        }
        self
    }

    fn iteration(&mut self, name: &Arc<str>, index: u32) -> &mut Self {
        self.word("name", name).number("index", index)
    }
}

fn whole() -> Value {
    Value::Object([("truncated", Value::from(false))].into_iter().collect())
}
