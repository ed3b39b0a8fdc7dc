//! Paths that bind names on their way (`@`, `#`, `%`): their steps are taken from tuples of what is bound so far.

use std::sync::Arc;

use super::path::{Inputs, at_index, constant_index, times_chosen};
use super::{Evaluator, FrameId};
use crate::error::Error;
use crate::node::{Kind, Node, Stage};
use crate::value::{Object, Value};

/// Under this name a tuple holds the context.
const CONTEXT: &str = "@";

impl Evaluator<'_> {
    pub(super) fn tuple_step(
        &mut self,
        step: &Node,
        inputs: &Inputs,
        tuples: Option<Vec<Object>>,
        frame: FrameId,
    ) -> Result<Vec<Object>, Error> {
        let result = match &step.kind {
            Kind::Sort(terms) => match tuples {
                Some(tuples) => self.sort_tuples(step, terms, tuples, frame)?,
                None => {
                    let sorted = self.sort(step, terms, inputs.values(), frame)?;
                    let tuple = |(at, value)| {
                        let mut tuple = context_only(Some(value));
                        bind_index(&mut tuple, step.index.as_ref(), at);
                        tuple
                    };
                    sorted.into_iter().enumerate().map(tuple).collect()
                }
            },
            _ => {
                let first = || (0..inputs.len()).map(|at| context_only(inputs.get(at).cloned())).collect();
                self.tuples_from(step, &tuples.unwrap_or_else(first), frame)?
            }
        };
        self.tuple_stages(step, result, frame)
    }

    fn tuples_from(&mut self, step: &Node, tuples: &[Object], frame: FrameId) -> Result<Vec<Object>, Error> {
        let mut result = Vec::new();
        for tuple in tuples {
            let inner = self.open_tuple(tuple, frame);
            let found = self.evaluate(step, tuple.get(CONTEXT), inner)?;
            self.close(inner)?;
            let (found, is_tuples) = match found {
                None => continue,
                Some(Value::Array(array)) => (array.to_vec(), array.shape.is_tuples),
                Some(single) => (vec![single], false),
            };
            self.charge_values(found.len().saturating_mul(tuple.len() + 1))?;
            for (at, value) in found.into_iter().enumerate() {
                let mut next = tuple.clone();
                match (value, &step.focus) {
                    (Value::Object(bound), _) if is_tuples => {
                        for (name, value) in bound.shared() {
                            next.insert(name.clone(), value.clone());
                        }
                        result.push(next);
                        continue;
                    }
                    (value, Some(focus)) => next.insert(focus.clone(), value),
                    (value, None) => next.insert(CONTEXT, value),
                }
                bind_index(&mut next, step.index.as_ref(), at);
                if let (Some(label), Some(context)) = (&step.ancestor, tuple.get(CONTEXT)) {
                    next.insert(label.name().clone(), context.clone());
                }
                result.push(next);
            }
        }
        Ok(result)
    }

    fn tuple_stages(&mut self, step: &Node, mut tuples: Vec<Object>, frame: FrameId) -> Result<Vec<Object>, Error> {
        for stage in &step.stages {
            match stage {
                Stage::Filter(predicate) => tuples = self.filter_tuples(predicate, tuples, frame)?,
                Stage::Index(name) => {
                    let numbered = tuples.iter_mut().enumerate();
                    numbered.for_each(|(at, tuple)| bind_index(tuple, Some(name), at));
                }
            }
        }
        Ok(tuples)
    }

    pub(super) fn filter_tuples(
        &mut self,
        predicate: &Node,
        tuples: Vec<Object>,
        frame: FrameId,
    ) -> Result<Vec<Object>, Error> {
        if let Some(index) = constant_index(predicate) {
            return Ok(at_index(index, tuples.len()).map(|at| tuples[at].clone()).into_iter().collect());
        }
        let mut left = Vec::new();
        for (at, tuple) in tuples.iter().enumerate() {
            let inner = self.open_tuple(tuple, frame);
            let verdict = self.evaluate(predicate, tuple.get(CONTEXT), inner)?;
            self.close(inner)?;
            let count = times_chosen(verdict.as_ref(), at, tuples.len())?;
            left.extend(std::iter::repeat_n(tuple.clone(), count));
        }
        Ok(left)
    }

    /// A frame in which the names of a tuple are bound.
    pub(super) fn open_tuple(&mut self, tuple: &Object, frame: FrameId) -> FrameId {
        let inner = self.frames.open(Some(frame));
        for (name, value) in tuple.shared() {
            self.bind(inner, name, Some(value.clone()));
        }
        inner
    }
}

fn context_only(value: Option<Value>) -> Object {
    value.into_iter().map(|value| (CONTEXT, value)).collect()
}

fn bind_index(tuple: &mut Object, name: Option<&Arc<str>>, at: usize) {
    if let Some(name) = name {
        tuple.insert(name.clone(), Value::from(at as f64));
    }
}
