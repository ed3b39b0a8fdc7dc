//! Definitions: what a state machine is, as it was read.
//!
//! `read` goes through the whole document, `state` through the fields of each state, with `task`, `choice`, `handlers`
//! and `map` for those that have more; `fields` takes a JSON object apart and says what is wrong with it.

mod choice;
mod fields;
mod handlers;
mod map;
mod read;
mod state;
mod task;

use std::sync::Arc;

use bongsu_jsonata::Value;

pub(crate) use choice::{Choice, Condition, Order, Rule, Side, Test};
pub(crate) use handlers::{Catcher, Retrier};
pub(crate) use map::{Batcher, ItemSource, Map};
pub use map::{CsvHeaders, ItemReader, ReaderFormat, ReaderInput};

use crate::diagnostic::Diagnostic;
use crate::jsonpath::Reference;
use crate::resource::Resource;
use crate::template::{Language, Template};

/// The type of a state machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Durable, up to a year, with its history.
    Standard,
    /// Short, up to five minutes.
    Express,
}

/// A state machine that was read and found to be in order.
#[derive(Debug)]
pub struct Definition {
    pub(crate) kind: Kind,
    pub(crate) comment: Option<Box<str>>,
    pub(crate) timeout: Option<u32>,
    pub(crate) start: StateId,
    /// In the order of the document: a state's number is part of what executions hold.
    pub(crate) states: Vec<State>,
}

/// A state, by its place in the document.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct StateId(pub(crate) u32);

/// One state.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) name: Arc<str>,
    pub(crate) language: Language,
    /// What comes after it; none if it is the end.
    pub(crate) next: Option<StateId>,
    pub(crate) input: Selection,
    /// `Parameters` or `Arguments`.
    pub(crate) parameters: Option<Template>,
    pub(crate) result_selector: Option<Template>,
    pub(crate) result_path: ResultPlace,
    pub(crate) output_path: Selection,
    /// `Output`, of JSONata.
    pub(crate) output: Option<Template>,
    pub(crate) assign: Vec<(Arc<str>, Template)>,
    pub(crate) retry: Vec<Retrier>,
    pub(crate) catch: Vec<Catcher>,
    pub(crate) work: StateKind,
}

/// What `InputPath` and `OutputPath` let through.
#[derive(Debug)]
pub(crate) enum Selection {
    All,
    /// `null`: an empty object instead.
    Nothing,
    Query(Template),
}

/// Where `ResultPath` puts the result.
#[derive(Debug)]
pub(crate) enum ResultPlace {
    /// In place of the input.
    Whole,
    /// Nowhere: the input goes on.
    Nowhere,
    At(Reference),
}

/// What a state does.
#[derive(Debug)]
pub(crate) enum StateKind {
    Pass { result: Option<Value> },
    Task(Box<Task>),
    Choice(Choice),
    Wait(Wait),
    Succeed,
    Fail { error: Option<Template>, cause: Option<Template> },
    Parallel { branches: Vec<StateId> },
    Map(Box<Map>),
}

#[derive(Debug)]
pub(crate) enum Wait {
    Seconds(Template),
    Until(Template),
}

#[derive(Debug)]
pub(crate) struct Task {
    pub(crate) resource: Resource,
    pub(crate) role: Option<Template>,
    pub(crate) timeout: Option<Template>,
    pub(crate) heartbeat: Option<Template>,
}

impl Definition {
    /// Reads a definition; an error if anything is wrong with it that is not only a warning.
    pub fn parse(text: &str, kind: Kind) -> Result<Definition, Vec<Diagnostic>> {
        read::definition(text, kind).0
    }

    /// The type that it was read for.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The `Comment` of the whole machine.
    pub fn comment(&self) -> Option<&str> {
        self.comment.as_deref()
    }

    /// The states that call something, and what.
    pub fn resources(&self) -> impl Iterator<Item = (&str, &Resource)> {
        self.states.iter().filter_map(|state| match &state.work {
            StateKind::Task(task) => Some((&*state.name, &task.resource)),
            _ => None,
        })
    }

    pub(crate) fn state(&self, id: StateId) -> &State {
        &self.states[id.0 as usize]
    }
}

/// All that is wrong with a definition, and what is only strange.
pub fn validate(text: &str, kind: Kind) -> Vec<Diagnostic> {
    match read::definition(text, kind) {
        (Ok(_), warnings) => warnings,
        (Err(diagnostics), _) => diagnostics,
    }
}

impl StateKind {
    /// As `Type` has it.
    pub(crate) fn kind(&self) -> StateType {
        match self {
            StateKind::Pass { .. } => StateType::Pass,
            StateKind::Task(_) => StateType::Task,
            StateKind::Choice(_) => StateType::Choice,
            StateKind::Wait(_) => StateType::Wait,
            StateKind::Succeed => StateType::Succeed,
            StateKind::Fail { .. } => StateType::Fail,
            StateKind::Parallel { .. } => StateType::Parallel,
            StateKind::Map(_) => StateType::Map,
        }
    }
}

/// The types of states that there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StateType {
    /// Waits for work that is done elsewhere.
    Task,
    /// Lets time pass.
    Wait,
    /// Hands its input on, or what it makes of it.
    Pass,
    /// Ends well.
    Succeed,
    /// Ends badly.
    Fail,
    /// Leads on by rules.
    Choice,
    /// Runs branches side by side.
    Parallel,
    /// Runs the same states for each item of a list.
    Map,
}

impl StateType {
    pub(crate) const ALL: [StateType; 8] = [
        StateType::Task,
        StateType::Wait,
        StateType::Pass,
        StateType::Succeed,
        StateType::Fail,
        StateType::Choice,
        StateType::Parallel,
        StateType::Map,
    ];

    /// The word in `Type`.
    pub fn name(self) -> &'static str {
        match self {
            StateType::Task => "Task",
            StateType::Wait => "Wait",
            StateType::Pass => "Pass",
            StateType::Succeed => "Succeed",
            StateType::Fail => "Fail",
            StateType::Choice => "Choice",
            StateType::Parallel => "Parallel",
            StateType::Map => "Map",
        }
    }
}
