//! One state by itself: entered, worked on with a pretended answer, and left; nothing after it is.

use std::sync::Arc;

use bongsu_jsonata::Value;

use super::Machine;
use super::data::Got;
use super::failures::Failure;
use crate::definition::StateKind;
use crate::execution::{Outcome, Status};
use crate::history::Problem;
use crate::strand::{Phase, StrandId};

/// What a state that needs something from outside is told instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mock<'a> {
    /// JSON: what the work gave.
    Result(&'a str),
    /// The work failed.
    Error {
        /// The error's name.
        error: Option<&'a str>,
        /// Why.
        cause: Option<&'a str>,
    },
}

/// How far the state came.
pub(crate) enum Tried {
    /// It needs an answer, to this.
    Asks(Value),
    /// It needs an answer, and there is nobody to ask.
    NeedsMock,
    Left {
        output: Value,
        next: Option<Arc<str>>,
        caught: bool,
    },
    Retries(Problem),
    Failed(Problem),
}

impl Machine<'_> {
    /// Takes the machine's only strand through its first state. It was started, and has not run.
    pub(crate) fn try_state(&mut self, variables: Vec<(Arc<str>, Value)>, mock: Option<Mock<'_>>) -> Tried {
        let root = StrandId(0);
        for (name, value) in variables {
            let payload = self.keep(value, &[]).expect("what was read as JSON is not too deep to be kept");
            self.strand_mut(root).variables.push((name, payload));
        }
        let input = self.raw_input(root);
        self.watch("input", &input);
        let mocked_whole =
            mock.filter(|_| matches!(self.state(root).work, StateKind::Map(_) | StateKind::Parallel { .. }));
        match mocked_whole {
            Some(mock) => {
                if let Err(fault) = self.arguments(root) {
                    let failure = self.failure(root, fault);
                    self.fail(root, failure);
                } else {
                    self.answer(root, mock);
                }
            }
            None => self.advance(root),
        }
        if let Some(Phase::Waiting(_)) = self.find(root).map(|strand| &strand.phase) {
            self.end_of_wait(root);
        }
        if let (Some(Phase::Calling(_)), Some(mock)) = (self.find(root).map(|strand| &strand.phase), mock) {
            self.answer(root, mock);
        }
        self.tried(root)
    }

    fn answer(&mut self, root: StrandId, mock: Mock<'_>) {
        self.strand_mut(root).phase = Phase::Attempt;
        match mock {
            Mock::Result(text) => {
                let value: Value = serde_json::from_str(text).unwrap_or_else(|_| Value::from(text));
                if let Err(fault) = self.leave(root, Some(Got { value, payload: None }), None) {
                    let failure = self.failure(root, fault);
                    self.fail(root, failure);
                }
            }
            Mock::Error { error, cause } => self.fail(root, Failure::told(error.map(Arc::from), cause.map(Arc::from))),
        }
    }

    fn tried(&mut self, root: StrandId) -> Tried {
        match (&self.head.status, self.head.outcome.as_deref().cloned()) {
            (Status::Succeeded, Some(Outcome::Output(output))) => {
                return Tried::Left { output: self.value(output), next: None, caught: false };
            }
            (_, Some(Outcome::Error(error, cause))) => return Tried::Failed(Problem { error, cause }),
            _ => {}
        }
        let strand = self.strand(root).clone();
        match strand.phase {
            Phase::Enter => {
                let next = Some(self.state(root).name.clone());
                Tried::Left { output: self.value(strand.input), next, caught: self.caught }
            }
            Phase::Retrying(_) => Tried::Retries(self.failed.clone().unwrap_or_default()),
            Phase::Calling(call) => Tried::Asks(self.value(call.input)),
            _ => Tried::NeedsMock,
        }
    }
}
