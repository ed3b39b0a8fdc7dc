//! What goes into a state and what comes out of it, in both query languages.

use std::sync::Arc;

use bongsu_jsonata::{Object, Value};

use super::Machine;
use crate::definition::{ResultPlace, Rule, Selection, StateId, StateKind};
use crate::fault::{self, Fault};
use crate::history::Event;
use crate::limits::{ASSIGN_BYTES_MAX, VARIABLES_BYTES_MAX};
use crate::payload::PayloadId;
use crate::query::{Reads, Scope};
use crate::strand::{Phase, StrandId};
use crate::template::{Language, Template};

/// A result, and its text if that is kept already.
#[derive(Clone, Debug)]
pub(super) struct Got {
    pub(super) value: Value,
    pub(super) payload: Option<PayloadId>,
}

/// What is bound besides the input in `$states`: `result` or `errorOutput`.
pub(super) type Extra<'v> = Option<(&'static str, &'v Value)>;

pub(super) type Assigned = Vec<(Arc<str>, PayloadId)>;

impl Machine<'_> {
    /// The raw input behind `InputPath`.
    pub(super) fn effective_input(&mut self, id: StrandId) -> Result<Value, Fault> {
        let raw = self.raw_input(id);
        let state = self.state(id);
        let input = self.select(id, &state.input, raw)?;
        self.watch("afterInputPath", &input);
        Ok(input)
    }

    /// What the state's work is given: `Parameters` or `Arguments`, else the input.
    pub(super) fn arguments(&mut self, id: StrandId) -> Result<Value, Fault> {
        let state = self.state(id);
        let input = self.effective_input(id)?;
        let arguments = match &state.parameters {
            Some(template) => self.evaluate(id, template, &input, None)?,
            None => input,
        };
        let key = if state.language == Language::Jsonata { "afterArguments" } else { "afterParameters" };
        self.watch(key, &arguments);
        Ok(arguments)
    }

    fn select(&mut self, id: StrandId, selection: &Selection, value: Value) -> Result<Value, Fault> {
        match selection {
            Selection::All => Ok(value),
            Selection::Nothing => Ok(Value::Object(Object::new())),
            Selection::Query(template) => self.evaluate(id, template, &value, None),
        }
    }

    /// What a template gives: `$` is the input.
    pub(super) fn evaluate(
        &mut self,
        id: StrandId,
        template: &Template,
        input: &Value,
        extra: Extra<'_>,
    ) -> Result<Value, Fault> {
        if let Some(value) = template.literal() {
            return Ok(value.clone());
        }
        let mut reads = Reads::default();
        template.queries().into_iter().for_each(|query| reads.add(query));
        let scope = self.scope(id, None, input, extra, &reads);
        let value = template.evaluate(&scope, self.random);
        self.work += scope.work.get();
        value
    }

    /// What queries see, as far as they look. The iteration is the one that is about to begin, if any.
    pub(super) fn scope(
        &mut self,
        id: StrandId,
        iteration: Option<StrandId>,
        input: &Value,
        extra: Extra<'_>,
        reads: &Reads,
    ) -> Scope {
        let context = if reads.context { self.context(id, iteration) } else { Value::Null };
        let mut states = Object::new();
        if reads.states {
            states.insert("input", self.raw_input(id));
            if let Some((key, value)) = extra {
                states.insert(key, value.clone());
            }
            if reads.context {
                states.insert("context", context.clone());
            }
        }
        let (input, variables, work) = (input.clone(), Default::default(), Default::default());
        let mut scope = Scope { input, context, variables, states, now: self.now, work };
        for name in &reads.variables {
            if let Some(payload) = self.variable(id, name) {
                let value = self.value(payload);
                scope.variables.insert(name.clone(), value);
            }
        }
        scope
    }

    /// The value of a variable, in this scope or in one around it.
    fn variable(&self, id: StrandId, name: &str) -> Option<PayloadId> {
        self.scopes(id).find_map(|id| {
            let mut variables = self.strand(id).variables.iter();
            variables.find(|(known, _)| &**known == name).map(|(_, payload)| *payload)
        })
    }

    /// The strand and those around it, up to a distributed Map: its children see nothing of what is outside.
    fn scopes(&self, id: StrandId) -> impl Iterator<Item = StrandId> {
        std::iter::successors(Some(id), move |id| {
            let parent = self.strand(*id).parent?;
            let distributed = matches!(&self.strand(parent).phase, Phase::Children(children) if children.run.is_some());
            (!distributed).then_some(parent)
        })
    }

    /// Leaves the state with the result of its work, if it has any. A rule has its own Assign and Output.
    pub(super) fn leave(&mut self, id: StrandId, got: Option<Got>, rule: Option<&Rule>) -> Result<(), Fault> {
        let state = self.state(id);
        let kept = got.as_ref().and_then(|got| got.payload);
        let result = got.map(|got| got.value);
        if let Some(result) = &result {
            self.watch("result", result);
        }
        let assign = rule.map_or(&state.assign, |rule| &rule.assign);
        let output = rule.map_or(state.output.as_ref(), |rule| rule.output.as_ref());
        let raw = self.raw_input(id);
        let (output, assigned) = match state.language {
            Language::Jsonata => {
                let is_pass = matches!(state.work, StateKind::Pass { .. });
                let extra = result.as_ref().filter(|_| !is_pass).map(|result| ("result", result));
                let assigned = self.assignments(id, assign, &raw, extra)?;
                let output = match (output, &result) {
                    (Some(template), _) => self.evaluate(id, template, &raw, extra)?,
                    (None, Some(result)) => result.clone(),
                    (None, None) => raw,
                };
                (output, assigned)
            }
            Language::JsonPath => {
                let (whole, source) = match result {
                    Some(result) => self.placed(id, &raw, result)?,
                    None => {
                        let input = self.effective_input(id)?;
                        (input.clone(), input)
                    }
                };
                let assigned = self.assignments(id, assign, &source, None)?;
                (self.select(id, &state.output_path, whole)?, assigned)
            }
        };
        let mut same = vec![self.strand(id).input];
        same.extend(kept);
        self.exit(id, output, assigned, &same, rule.map_or(state.next, |rule| Some(rule.next)))
    }

    /// The input with the result where `ResultPath` wants it; and the result behind `ResultSelector`.
    fn placed(&mut self, id: StrandId, raw: &Value, result: Value) -> Result<(Value, Value), Fault> {
        let state = self.state(id);
        let result = match &state.result_selector {
            Some(template) => self.evaluate(id, template, &result, None)?,
            None => result,
        };
        self.watch("afterResultSelector", &result);
        let whole = place(&state.result_path, raw, result.clone())?;
        self.watch("afterResultPath", &whole);
        Ok((whole, result))
    }

    /// The new values of variables: all are computed from the old ones.
    pub(super) fn assignments(
        &mut self,
        id: StrandId,
        assign: &[(Arc<str>, Template)],
        input: &Value,
        extra: Extra<'_>,
    ) -> Result<Assigned, Fault> {
        let (mut assigned, mut bytes) = (Vec::with_capacity(assign.len()), 0);
        for (name, template) in assign {
            if self.scopes(id).skip(1).any(|outer| self.strand(outer).variables.iter().any(|(known, _)| known == name))
            {
                return Err(Fault::runtime(format!(
                    "The variable '{name}' belongs to an outer scope and cannot be assigned"
                )));
            }
            let value = self.evaluate(id, template, input, extra)?;
            let before: Vec<PayloadId> = self.variable(id, name).into_iter().collect();
            let text = value.to_string();
            bytes += text.len();
            if bytes > ASSIGN_BYTES_MAX {
                let text = format!("The variables that are assigned exceed the limit of {ASSIGN_BYTES_MAX} bytes");
                return Err(Fault::new(fault::DATA_LIMIT_EXCEEDED, text));
            }
            assigned.push((name.clone(), self.keep_written(text, value, &before)?));
        }
        if bytes > 0 {
            let scopes: Vec<StrandId> = self.scopes(id).collect();
            let known = scopes.iter().flat_map(|id| &self.strand(*id).variables);
            let stored: usize = known.map(|(_, payload)| self.text(*payload).len()).sum();
            if stored + bytes > VARIABLES_BYTES_MAX {
                let text = format!("The variables exceed the limit of {VARIABLES_BYTES_MAX} bytes");
                return Err(Fault::new(fault::DATA_LIMIT_EXCEEDED, text));
            }
        }
        Ok(assigned)
    }

    /// Sets variables, tells of the exit and goes on.
    pub(super) fn exit(
        &mut self,
        id: StrandId,
        output: Value,
        assigned: Assigned,
        same: &[PayloadId],
        next: Option<StateId>,
    ) -> Result<(), Fault> {
        let state = self.state(id);
        let output = self.keep_bounded(output, same, &state.name)?;
        let strand = self.strand_mut(id);
        for (name, payload) in &assigned {
            match strand.variables.iter_mut().find(|(known, _)| known == name) {
                Some(variable) => variable.1 = *payload,
                None => strand.variables.push((name.clone(), *payload)),
            }
        }
        self.tell(id, Event::StateExited(state.work.kind(), state.name.clone(), output, assigned));
        self.go(id, next, output);
        Ok(())
    }
}

/// The input with the result where it is wanted.
pub(super) fn place(at: &ResultPlace, raw: &Value, result: Value) -> Result<Value, Fault> {
    match at {
        ResultPlace::Whole => Ok(result),
        ResultPlace::Nowhere => Ok(raw.clone()),
        ResultPlace::At(reference) => {
            reference.write(raw, result).map_err(|no_match| Fault::new(fault::RESULT_PATH_MATCH, no_match.0))
        }
    }
}
