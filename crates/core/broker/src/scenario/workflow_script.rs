//! The script's lines about state machines and executions. JSON stands there without spaces.
//!
//! ```text
//! machine NAME DEFINITION [express]             makes or changes a machine; a definition is named in `executions`
//! publish-machine NAME | delete-machine NAME | machine-alias NAME ALIAS VERSION=WEIGHT ...
//! start MACHINE NAME [INPUT]                    MACHINE may be NAME:QUALIFIER; `-` for no name
//! tasks                                         what is to be done since it was last asked: @1 is the first task
//! task @1 succeeds JSON | task @1 fails ERROR CAUSE | task @1 submitted JSON | task @1 taken
//! carry-out @1 send QUEUE BODY | carry-out @1 start MACHINE NAME INPUT
//! token @1 succeeds JSON | token @1 fails ERROR | token @1 lives
//! stop MACHINE NAME | redrive MACHINE NAME
//! open-tasks                                    what a restart has done again is to be done, too
//! proceed                                       executions whose time has come go on; how many steps that took
//! execution MACHINE NAME                        how it stands, and its events
//! times MACHINE NAME                            when each of its events was, in seconds since it began
//! executions MACHINE
//! express                                       those that are to be run; `express-ended` ends the first
//! ```

use bongsu_states_language::{HistoryEvent, Status};

use super::script::{Story, listed, show_rejection};
use super::words::{Words, number, outgoing};
use crate::*;

/// The names of what a script starts.
#[derive(Default)]
pub(super) struct Executions {
    /// In the order in which they were to be done: the first is @1.
    tasks: Vec<TaskCall>,
    /// Of these, how many were shown.
    shown: usize,
    express: Vec<ExecutionId>,
}

pub(super) fn reference(name: &str) -> MachineRef {
    match name.split_once(':') {
        Some((name, qualifier)) => MachineRef { name: name.into(), qualifier: Some(qualifier.into()) },
        None => MachineRef { name: name.into(), qualifier: None },
    }
}

pub(super) fn given_name(word: &str) -> Option<Box<str>> {
    (word != "-").then(|| word.into())
}

impl Story {
    /// Does what a line about workflows says; `None` if it is about something else.
    pub(super) fn play_workflows(&mut self, step: &str) -> Option<String> {
        let mut words = Words(step.split_whitespace().collect());
        let command = match words.next() {
            "machine" => {
                let name = words.next();
                let machine = StateMachine {
                    name: name.into(),
                    arn: format!("arn:aws:states:us-east-1:000000000000:stateMachine:{name}").into(),
                    revision: 0,
                    definition: Text::from(super::executions::definition(words.next())),
                    express: words.flag("express"),
                    role: "role".into(),
                    details: "".into(),
                    created_at: Timestamp(0),
                    revised_at: Timestamp(0),
                };
                match self.world.broker.machine(name) {
                    Err(_) => WorkflowCommand::CreateMachine { machine, publish: None },
                    Ok(_) => WorkflowCommand::UpdateMachine {
                        name: name.into(),
                        definition: Some(machine.definition),
                        role: None,
                        details: None,
                        publish: None,
                    },
                }
            }
            "publish-machine" => {
                let name = words.next().into();
                WorkflowCommand::PublishMachineVersion { name, revision: None, description: "".into() }
            }
            "delete-machine" => WorkflowCommand::DeleteMachine { name: words.next().into() },
            "machine-alias" => {
                let (machine, name) = (words.next().into(), words.next().into());
                let route =
                    |word: &str| word.split_once('=').map(|(version, weight)| (number(version), number(weight)));
                let routes = words.rest().filter_map(route).collect();
                let (created_at, updated_at) = (Timestamp(0), Timestamp(0));
                let alias = MachineAlias { name, description: "".into(), routes, created_at, updated_at };
                WorkflowCommand::PutMachineAlias { machine, alias, replace: false }
            }
            "start" => {
                let (machine, name) = (reference(words.next()), given_name(words.next()));
                let input = Text::from(words.0.first().copied().unwrap_or("{}"));
                WorkflowCommand::StartExecution { machine, name, input, trace_header: None }
            }
            "tasks" => {
                let shown = self.executions.shown;
                self.executions.shown = self.executions.tasks.len();
                let calls = self.executions.tasks.iter().enumerate().skip(shown);
                return Some(listed(calls.map(|(index, call)| format!("@{} {}", index + 1, show_work(&call.work)))));
            }
            "task" => {
                let call = self.task(words.next());
                let (id, task) = (call.execution, call.task);
                let input = match words.next() {
                    "succeeds" => ExecutionInput::TaskSucceeded { task, output: Text::from(words.next()) },
                    "submitted" => ExecutionInput::TaskSubmitted { task, output: Text::from(words.next()) },
                    "taken" => ExecutionInput::TaskStarted { task, worker: Some(Text::from("worker")) },
                    "fails" => {
                        let (error, cause) = (Some(Text::from(words.next())), Some(Text::from(words.next())));
                        ExecutionInput::TaskFailed { task, error, cause }
                    }
                    other => panic!("a task does not {other}"),
                };
                WorkflowCommand::Step { id, input }
            }
            "carry-out" => {
                let call = self.task(words.next());
                let task = Some((call.execution, call.task));
                let action = match words.next() {
                    "send" => {
                        TaskAction::Send { queue: words.queue(), message: outgoing(Words(words.rest().collect())) }
                    }
                    "start" => TaskAction::StartExecution {
                        machine: reference(words.next()),
                        name: given_name(words.next()),
                        input: Text::from(words.next()),
                        trace_header: None,
                    },
                    other => panic!("nobody carries out {other}"),
                };
                WorkflowCommand::CarryOut { task, action }
            }
            "token" => {
                let token = self.task(words.next()).token;
                let answer = match words.next() {
                    "succeeds" => TaskAnswer::Success { output: Text::from(words.next()) },
                    "fails" => TaskAnswer::Failure { error: Some(Text::from(words.next())), cause: None },
                    "lives" => TaskAnswer::Heartbeat,
                    other => panic!("who has a token does not say {other}"),
                };
                WorkflowCommand::AnswerTask { token, answer }
            }
            "stop" => {
                let id = self.execution(words.next(), words.next());
                WorkflowCommand::StopExecution { id, error: Some(Text::from("Stopped")), cause: None }
            }
            "redrive-execution" => WorkflowCommand::RedriveExecution { id: self.execution(words.next(), words.next()) },
            "proceed" => return Some(self.proceed()),
            "open-tasks" => {
                let open = self.world.broker.open_tasks();
                self.executions.tasks.extend(open);
                return Some("ok".into());
            }
            "execution" => {
                let id = self.execution(words.next(), words.next());
                return Some(self.show_execution(id));
            }
            "times" => {
                let id = self.execution(words.next(), words.next());
                return Some(self.show_times(id));
            }
            "executions" => {
                let (machine, max) = (words.next().into(), usize::MAX);
                WorkflowCommand::ListExecutions { machine, status: None, redriven: None, after: None, max }
            }
            "express" => {
                let taken = self.world.broker.take_express(usize::MAX);
                self.executions.express = taken.into_iter().map(|(id, _)| id).collect();
                return Some(format!("{} to run", self.executions.express.len()));
            }
            "express-ended" => {
                let id = self.executions.express.remove(0);
                WorkflowCommand::EndExpress { id, succeeded: true }
            }
            _ => return None,
        };
        Some(match self.ask_workflow(command) {
            Ok(Reply::Workflow(WorkflowReply::CarriedOut(Ok(result)))) => {
                let result: serde_json::Value = serde_json::from_str(&result).expect("a result is JSON");
                let sent = result["MessageId"].as_str().map(|id| id.replace('-', ""));
                let sent = sent.and_then(|id| u128::from_str_radix(&id, 16).ok());
                self.messages.extend(sent.map(MessageId));
                "done".into()
            }
            Ok(reply) => show_reply(&reply),
            Err(rejection) => show_rejection(&rejection),
        })
    }

    /// Whether a word that begins with @ names a task.
    pub(super) fn knows_task(&self, task: &str) -> bool {
        (1..=self.executions.tasks.len()).contains(&number(task))
    }

    fn task(&self, word: &str) -> TaskCall {
        let index: usize = number(word.strip_prefix('@').expect("a task is written as @1"));
        self.executions.tasks[index - 1].clone()
    }

    fn execution(&self, machine: &str, name: &str) -> ExecutionId {
        let found = self.world.broker.workflows.by_name.get(machine).and_then(|names| names.get(name));
        *found.expect("a script names executions that it has started")
    }

    fn ask_workflow(&mut self, command: WorkflowCommand) -> Result<Reply, Rejection> {
        self.ask_of_workflows(Command::Workflow(Box::new(command)))
    }

    /// Notes the tasks that come of it.
    pub(super) fn ask_of_workflows(&mut self, command: Command) -> Result<Reply, Rejection> {
        let (reply, effects) = self.world.ask(command)?;
        for effect in effects {
            match effect {
                Effect::StartTask(call) => self.executions.tasks.push(*call),
                Effect::CancelTask { .. } | Effect::Invoke(_) | Effect::RunPipe(_) | Effect::CallOperation(_) => {}
            }
        }
        Ok(reply)
    }

    fn proceed(&mut self) -> String {
        let mut steps = 0;
        while let Some(id) = self.world.broker.take_due_execution() {
            let input = ExecutionInput::Proceed;
            self.ask_workflow(WorkflowCommand::Step { id, input }).expect("who is due has not ended");
            steps += 1;
        }
        format!("{steps} steps")
    }

    fn events(&self, id: ExecutionId) -> Vec<HistoryEvent> {
        let known = &self.world.broker.workflows.executions[&id];
        let steps = known.steps.iter().map(|step| match self.world.stored(step.place) {
            Stored::Step(step) => step.0,
            other => panic!("a step's place holds {other:?}"),
        });
        steps.flat_map(|step| step.events.clone()).collect()
    }

    fn show_times(&self, id: ExecutionId) -> String {
        let began = self.world.broker.workflows.executions[&id].start.started_at;
        let seconds = |event: &HistoryEvent| ((event.at.0 - began.0) / 1000).to_string();
        listed(self.events(id).iter().map(seconds))
    }

    fn show_execution(&self, id: ExecutionId) -> String {
        let known = &self.world.broker.workflows.executions[&id];
        let events: Vec<String> = self.events(id).iter().map(HistoryEvent::kind).collect();
        let mut last = 0;
        for step in &known.steps {
            assert!(step.first_event >= last, "steps have their events one after the other");
            last = step.first_event;
        }
        format!("{} {} {}", known.status().name(), events.len(), events.last().map_or("", String::as_str))
    }
}

fn show_work(work: &TaskWork) -> String {
    match work {
        TaskWork::Call { resource, input } => {
            let (resource, input) = (resource.to_string(), input.to_string());
            let is_token = |part: &&str| part.len() == 80 && part.bytes().all(|byte| byte.is_ascii_hexdigit());
            let token = input.split('"').find(is_token).map(str::to_owned);
            let input = token.map_or(input.clone(), |token| input.replace(&token, "TOKEN"));
            let name = resource.rsplit_once(":::").or_else(|| resource.rsplit_once(':'));
            format!("{} {input}", name.map_or(&*resource, |(_, name)| name))
        }
        TaskWork::ReadItems { parameters, .. } => format!("read {parameters}"),
        TaskWork::WriteResults { parameters, .. } => format!("write {parameters}"),
    }
}

fn show_reply(reply: &Reply) -> String {
    match reply {
        Reply::Done => "ok".into(),
        Reply::Workflow(WorkflowReply::Machine(_) | WorkflowReply::At(_) | WorkflowReply::Alias(_)) => "ok".into(),
        Reply::Workflow(WorkflowReply::Version(version)) => format!("version {}", version.number),
        Reply::Workflow(WorkflowReply::Started(started)) => match &started.start.machine.qualifier {
            None => "started".into(),
            Some(qualifier) => format!("started by {qualifier}"),
        },
        Reply::Workflow(WorkflowReply::CarriedOut(Err(rejection))) => show_rejection(rejection),
        Reply::Workflow(WorkflowReply::Executions(executions)) => {
            let show = |known: &ExecutionSummary| match known.status {
                Status::Running => known.start.name.to_string(),
                status => format!("{}:{}", known.start.name, status.name()),
            };
            listed(executions.iter().map(show))
        }
        other => panic!("no line asks for {other:?}"),
    }
}
