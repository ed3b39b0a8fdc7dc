//! Enters states, does what needs nothing from outside, and leads on to the next state.

use bongsu_jsonata::Value;

use super::data::Got;
use super::failures::Failure;
use super::{Machine, too_many_events};
use crate::Timestamp;
use crate::definition::{StateId, StateKind, Wait};
use crate::execution::{Outcome, Status};
use crate::fault::Fault;
use crate::history::Event;
use crate::limits::{EVENTS_MAX, SECONDS_MAX};
use crate::payload::PayloadId;
use crate::strand::{Phase, StrandId};
use crate::template::{Language, Template};

impl Machine<'_> {
    /// Enters the strand's state if it has not been, and begins its work.
    pub(super) fn advance(&mut self, id: StrandId) {
        if self.strand(id).previous + 1 >= EVENTS_MAX && self.is_hidden(id) {
            return self.fail(id, too_many_events());
        }
        if let Phase::Children(_) = self.strand(id).phase {
            let previous = self.strand(id).previous;
            return self.fill(id, previous);
        }
        if self.strand(id).phase == Phase::Enter {
            let state = self.state(id);
            let input = self.strand(id).input;
            let entered = self.tell(id, Event::StateEntered(state.work.kind(), state.name.clone(), input));
            let now = self.now;
            let strand = self.strand_mut(id);
            strand.entered_event = entered;
            strand.entered_at = now;
            strand.retries = Vec::new();
            strand.phase = Phase::Attempt;
        }
        if let Err(fault) = self.work(id) {
            let failure = self.failure(id, fault);
            self.fail(id, failure);
        }
    }

    fn work(&mut self, id: StrandId) -> Result<(), Fault> {
        match &self.state(id).work {
            StateKind::Pass { result } => {
                let value = self.arguments(id)?;
                let value = result.clone().unwrap_or(value);
                // Without ResultPath and in JSONata, the input of a Pass goes on if nothing else is said.
                self.leave(id, Some(Got { value, payload: None }), None)
            }
            StateKind::Succeed => self.leave(id, None, None),
            StateKind::Choice(choice) => self.choose(id, choice),
            StateKind::Wait(wait) => self.wait(id, wait),
            StateKind::Fail { error, cause } => {
                let error = self.words(id, "Error", error.as_ref())?;
                let cause = self.words(id, "Cause", cause.as_ref())?;
                self.fail(id, Failure::told(error.map(Into::into), cause.map(Into::into)));
                Ok(())
            }
            StateKind::Task(task) => self.schedule(id, task),
            StateKind::Parallel { branches } => self.begin_branches(id, branches),
            StateKind::Map(map) => self.begin_map(id, map),
        }
    }

    /// A field of a Fail state.
    fn words(
        &mut self,
        id: StrandId,
        field: &'static str,
        template: Option<&Template>,
    ) -> Result<Option<String>, Fault> {
        let Some(template) = template else { return Ok(None) };
        let raw = self.raw_input(id);
        let value = self.evaluate(id, template, &raw, None)?;
        match value.as_str() {
            Some(text) => Ok(Some(text.to_string())),
            None => Err(template.unexpected(field, "string", &value)),
        }
    }

    fn wait(&mut self, id: StrandId, wait: &Wait) -> Result<(), Fault> {
        let input = self.effective_input(id)?;
        let until = match wait {
            Wait::Seconds(template) => {
                let value = self.evaluate(id, template, &input, None)?;
                let seconds = value.as_i64().and_then(|seconds| u32::try_from(seconds).ok());
                let seconds = seconds.filter(|seconds| *seconds <= SECONDS_MAX);
                let field = if self.state(id).language == Language::Jsonata { "Seconds" } else { "SecondsPath" };
                self.now.after_seconds(seconds.ok_or_else(|| template.unexpected(field, "integer", &value))?)
            }
            Wait::Until(template) => {
                let value = self.evaluate(id, template, &input, None)?;
                let until = value.as_str().and_then(Timestamp::parse);
                let wanted = "ISO-8601 extended offset date-time format string";
                until.ok_or_else(|| template.unexpected("Timestamp", wanted, &value))?
            }
        };
        if until <= self.now {
            return self.leave(id, None, None);
        }
        self.set_phase(id, Phase::Waiting(until));
        Ok(())
    }

    pub(super) fn end_of_wait(&mut self, id: StrandId) {
        if let Err(fault) = self.leave(id, None, None) {
            let failure = self.failure(id, fault);
            self.fail(id, failure);
        }
    }

    /// Leads on to the next state, or to the end of the strand.
    pub(super) fn go(&mut self, id: StrandId, next: Option<StateId>, output: PayloadId) {
        let Some(next) = next else { return self.end_of_strand(id, output) };
        let strand = self.strand_mut(id);
        strand.state = next;
        strand.input = output;
        self.set_phase(id, Phase::Enter);
    }

    fn end_of_strand(&mut self, id: StrandId, output: PayloadId) {
        match self.strand(id).parent {
            Some(parent) => self.child_done(parent, id, output),
            None => {
                let previous = self.strand(id).previous;
                let event = Event::ExecutionSucceeded(output);
                self.end(Status::Succeeded, Outcome::Output(output), previous, event);
            }
        }
    }

    pub(super) fn raw_input(&mut self, id: StrandId) -> Value {
        let input = self.strand(id).input;
        self.value(input)
    }
}
