//! Paths: step after step, the results of each flattened into one sequence.

use super::{Evaluator, FrameId, is_true, numeric};
use crate::error::Error;
use crate::node::{Kind, Node, Path, Stage};
use crate::value::{Array, Object, Value};

/// What a step is taken from.
pub(super) enum Inputs {
    One(Option<Value>),
    Many(Array),
}

impl Inputs {
    pub(super) fn len(&self) -> usize {
        match self {
            Inputs::One(_) => 1,
            Inputs::Many(array) => array.len(),
        }
    }

    pub(super) fn get(&self, at: usize) -> Option<&Value> {
        match self {
            Inputs::One(value) => value.as_ref(),
            Inputs::Many(array) => array.get(at),
        }
    }

    pub(super) fn values(&self) -> Vec<Value> {
        match self {
            Inputs::One(value) => value.iter().cloned().collect(),
            Inputs::Many(array) => array.to_vec(),
        }
    }
}

impl From<Value> for Inputs {
    fn from(value: Value) -> Inputs {
        match value {
            Value::Array(array) => Inputs::Many(array),
            single => Inputs::One(Some(single)),
        }
    }
}

impl Evaluator<'_> {
    pub(super) fn path(
        &mut self,
        node: &Node,
        path: &Path,
        input: Option<&Value>,
        frame: FrameId,
    ) -> Result<Option<Value>, Error> {
        if path.is_plain
            && node.group.is_none()
            && let Some(result) = self.plain_path(path, input, frame)?
        {
            return Ok(result);
        }
        let is_absolute = matches!(path.steps[0].kind, Kind::Variable(_));
        let mut inputs = match input {
            Some(Value::Array(array)) if !is_absolute => Inputs::Many(array.clone()),
            input => Inputs::One(input.cloned()),
        };
        let mut tuples: Option<Vec<Object>> = None;
        let mut result: Option<Value> = None;
        for (at, step) in path.steps.iter().enumerate() {
            if step.is_tuple || tuples.is_some() {
                tuples = Some(self.tuple_step(step, &inputs, tuples, frame)?);
                continue;
            }
            result = if at == 0 && step.is_constructor {
                let context = match &inputs {
                    Inputs::One(value) => value.clone().map(|value| Array::sequence(vec![value]).into()),
                    Inputs::Many(array) => Some(Value::Array(array.clone())),
                };
                self.evaluate(step, context.as_ref(), frame)?
            } else {
                Some(self.step(step, &inputs, at == path.steps.len() - 1, frame)?.into())
            };
            match &result {
                None => break,
                Some(Value::Array(array)) if array.is_empty() => break,
                Some(Value::Array(array)) => inputs = Inputs::Many(array.clone()),
                // Only a step that is a whole expression gives a single value, and nothing is taken from that.
                Some(_) => inputs = Inputs::Many(Array::default()),
            }
        }
        if let Some(tuples) = &tuples {
            result = Some(match node.is_tuple {
                true => Array::tuples(tuples.clone()).into(),
                false => Array::sequence(tuples.iter().filter_map(|tuple| tuple.get("@").cloned()).collect()).into(),
            });
        }
        if path.keeps_singleton
            && let Some(Value::Array(array)) = &mut result
        {
            if array.shape.is_constructed && !array.shape.is_sequence {
                *array = Array::sequence(vec![Value::Array(array.clone())]);
            }
            array.shape.keeps_singleton = true;
        }
        match (&node.group, tuples) {
            (None, _) => Ok(result),
            (Some(group), Some(tuples)) => self.group_tuples(group, &tuples, frame).map(Some),
            (Some(group), None) => self.group(group, result, frame).map(Some),
        }
    }

    /// Goes from name to name as long as there is one value to go on from; nothing if it meets an array on its way.
    fn plain_path(
        &mut self,
        path: &Path,
        input: Option<&Value>,
        frame: FrameId,
    ) -> Result<Option<Option<Value>>, Error> {
        let first = match (&path.steps[0].kind, input) {
            (Kind::Variable(name), _) => self.variable(name, input, frame),
            (_, input) => input.cloned(),
        };
        let names = if matches!(path.steps[0].kind, Kind::Variable(_)) { &path.steps[1..] } else { &path.steps };
        let Some(first) = first else { return Ok(Some(None)) };
        let mut value = &first;
        for step in names {
            let Kind::Name(name) = &step.kind else { return Ok(None) };
            match value {
                Value::Array(_) => return Ok(None),
                Value::Object(object) => match object.get(name) {
                    Some(next) => value = next,
                    None => return Ok(Some(None)),
                },
                _ => return Ok(Some(None)),
            }
        }
        self.count_steps(path.steps.len() as u64)?;
        match value {
            // A sequence is flattened into a new one.
            Value::Array(array) if array.shape.is_sequence || array.shape.is_constructed => Ok(None),
            value => Ok(Some(Some(value.clone()))),
        }
    }

    /// Takes one step from each input, and makes one sequence of the results.
    fn step(&mut self, step: &Node, inputs: &Inputs, is_last: bool, frame: FrameId) -> Result<Array, Error> {
        if let Kind::Sort(terms) = &step.kind {
            let sorted = match inputs {
                // What needs no sorting stays the sequence that it is.
                Inputs::Many(array) if array.len() <= 1 => array.clone(),
                Inputs::One(value) => Array::sequence(value.iter().cloned().collect()),
                Inputs::Many(array) => self.sort(step, terms, array.to_vec(), frame)?.into(),
            };
            let sorted = Some(Value::Array(sorted));
            return match self.stages(step, sorted, frame)? {
                Some(Value::Array(array)) => Ok(array),
                other => Ok(Array::sequence(other.into_iter().collect())),
            };
        }
        let mut results = Vec::new();
        for at in 0..inputs.len() {
            let result = self.evaluate(step, inputs.get(at), frame)?;
            results.extend(self.stages(step, result, frame)?);
        }
        if is_last
            && let [Value::Array(array)] = &results[..]
            && !array.shape.is_sequence
        {
            return Ok(array.clone());
        }
        let mut flat = Vec::with_capacity(results.len());
        for result in results {
            match result {
                Value::Array(array) if !array.shape.is_constructed => flat.extend(array.into_values()),
                other => flat.push(other),
            }
        }
        self.charge_values(flat.len())?;
        Ok(Array::sequence(flat))
    }

    fn stages(&mut self, step: &Node, mut result: Option<Value>, frame: FrameId) -> Result<Option<Value>, Error> {
        for stage in &step.stages {
            if let Stage::Filter(predicate) = stage {
                result = Some(self.filter(predicate, result, frame)?);
            }
        }
        Ok(result)
    }

    /// What a predicate leaves: elements at its indexes, or those for which it is true.
    pub(super) fn filter(&mut self, predicate: &Node, input: Option<Value>, frame: FrameId) -> Result<Value, Error> {
        if let Some(Value::Array(array)) = &input
            && array.shape.is_tuples
        {
            let tuples = array.iter().filter_map(Value::as_object).cloned().collect();
            return Ok(Array::tuples(self.filter_tuples(predicate, tuples, frame)?).into());
        }
        let is_something = input.is_some();
        let inputs = input.map_or(Inputs::One(None), Inputs::from);
        if let Some(index) = constant_index(predicate) {
            let found = at_index(index, inputs.len()).and_then(|at| inputs.get(at)).cloned();
            return Ok(match found {
                Some(Value::Array(array)) => array.into(),
                found => Array::sequence(found.into_iter().collect()).into(),
            });
        }
        let mut left = Vec::new();
        for at in 0..inputs.len() {
            let item = inputs.get(at);
            let verdict = self.evaluate(predicate, item, frame)?;
            let count = times_chosen(verdict.as_ref(), at, inputs.len())?;
            if is_something {
                left.extend(item.into_iter().flat_map(|item| std::iter::repeat_n(item.clone(), count)));
            }
        }
        self.charge_values(left.len())?;
        Ok(Array::sequence(left).into())
    }

    /// `**`: the value and all that is in it, arrays aside.
    pub(super) fn descendants(&mut self, input: Option<&Value>) -> Result<Option<Value>, Error> {
        let Some(input) = input else { return Ok(None) };
        let mut found = Vec::new();
        let mut stack = vec![input];
        while let Some(value) = stack.pop() {
            self.count_steps(1)?;
            if let Value::Array(array) = value {
                stack.extend(array.iter().rev());
                continue;
            }
            found.push(value.clone());
            if let Value::Object(object) = value {
                stack.extend(object.shared().iter().rev().map(|(_, value)| value));
            }
        }
        self.charge_values(found.len())?;
        Ok(Some(if found.len() == 1 { found.remove(0) } else { Array::sequence(found).into() }))
    }
}

/// `*`: the values of all keys, arrays flattened.
pub(super) fn children(input: Option<&Value>) -> Value {
    let input = match input {
        Some(Value::Array(array)) if array.shape.wraps_input => array.first(),
        input => input,
    };
    let values: Vec<&Value> = match input {
        Some(Value::Object(object)) => object.iter().map(|(_, value)| value).collect(),
        Some(Value::Array(array)) => array.iter().collect(),
        _ => Vec::new(),
    };
    let has_array = values.iter().any(|value| matches!(value, Value::Array(_)));
    let mut flat = Vec::new();
    values.into_iter().for_each(|value| flatten(value, &mut flat));
    // With an array among them it is an array itself, and one element stays in it.
    if has_array { Array::from(flat).into() } else { Array::sequence(flat).into() }
}

fn flatten(value: &Value, flat: &mut Vec<Value>) {
    match value {
        Value::Array(array) => array.iter().for_each(|element| flatten(element, flat)),
        other => flat.push(other.clone()),
    }
}

/// The index that a predicate is, if it is a number as it stands.
pub(super) fn constant_index(predicate: &Node) -> Option<f64> {
    match &predicate.kind {
        Kind::Literal(Value::Number(number)) => Some(number.as_f64()),
        _ => None,
    }
}

/// The place that an index means, rounded down and counted from the end if it is negative.
pub(super) fn at_index(index: f64, length: usize) -> Option<usize> {
    let index = index.floor();
    let index = if index < 0.0 { index + length as f64 } else { index };
    (index >= 0.0 && index < length as f64).then_some(index as usize)
}

/// How many times a predicate's result chooses the element at a place.
pub(super) fn times_chosen(verdict: Option<&Value>, at: usize, length: usize) -> Result<usize, Error> {
    let Some(verdict) = verdict else { return Ok(0) };
    if let Some(index) = numeric(verdict)? {
        return Ok(usize::from(at_index(index, length) == Some(at)));
    }
    if let Value::Array(array) = verdict {
        let mut indexes = Vec::with_capacity(array.len());
        for element in array.iter() {
            match numeric(element)? {
                Some(index) => indexes.push(index),
                None => return is_true(verdict).map(usize::from),
            }
        }
        return Ok(indexes.into_iter().filter(|index| at_index(*index, length) == Some(at)).count());
    }
    is_true(verdict).map(usize::from)
}
