//! Evaluates: what each part of an expression gives in a context.

mod call;
mod frames;
mod group;
mod operators;
mod path;
mod sort;
mod transform;
mod tuples;

use std::sync::Arc;

use crate::bindings::{Bindings, Host};
use crate::error::Error;
use crate::function::{Callable, Function};
use crate::functions;
use crate::limits::{Limits, with_stack};
use crate::node::{Kind, Node};
use crate::value::{Array, VALUE_DEPTH_MAX, Value};

pub(crate) use frames::FrameId;
use operators::numeric;
pub(crate) use operators::{check_numbers, compare_texts, is_true, string};

/// One evaluation.
pub(crate) struct Evaluator<'a> {
    bindings: &'a Bindings,
    host: &'a mut dyn Host,
    limits: Limits,
    frames: frames::Frames,
    /// The input, as `$$`.
    root: Option<Value>,
    /// The time, once somebody asked for it.
    now: Option<i64>,
    depth: usize,
    steps: u64,
    size: u64,
}

impl<'a> Evaluator<'a> {
    pub(crate) fn new(bindings: &'a Bindings, host: &'a mut dyn Host, limits: Limits) -> Evaluator<'a> {
        let frames = frames::Frames::default();
        Evaluator { bindings, host, limits, frames, root: None, now: None, depth: 0, steps: 0, size: 0 }
    }

    pub(crate) fn run(mut self, node: &Node, input: Option<&Value>) -> Result<Option<Value>, Error> {
        self.root = input.cloned();
        let frame = self.frames.open(None);
        let context = input.cloned().map(wrap_input);
        let result = self.evaluate(node, context.as_ref(), frame);
        self.host.took(self.steps);
        Ok(result?.map(unwrap_input))
    }

    /// What a part gives, with its predicates and groups.
    pub(crate) fn evaluate(
        &mut self,
        node: &Node,
        input: Option<&Value>,
        frame: FrameId,
    ) -> Result<Option<Value>, Error> {
        self.count_steps(1)?;
        self.depth += 1;
        if self.depth > self.limits.depth {
            return Err(Error::new("U1001").at(node.position).with(self.limits.depth as f64));
        }
        let result = with_stack(|| self.evaluate_kind(node, input, frame))?;
        let result = if has_more(node) { self.evaluate_more(node, result, frame)? } else { result };
        self.depth -= 1;
        self.finish(node, result)
    }

    fn evaluate_kind(&mut self, node: &Node, input: Option<&Value>, frame: FrameId) -> Result<Option<Value>, Error> {
        match &node.kind {
            Kind::Path(path) => self.path(node, path, input, frame),
            Kind::Name(name) => Ok(functions::lookup(input, name)),
            Kind::Literal(value) => Ok(Some(value.clone())),
            Kind::Variable(name) => Ok(self.variable(name, input, frame)),
            Kind::Regex(pattern) => {
                let callable = Callable::Matcher { pattern: pattern.clone(), position: node.position };
                Ok(Some(Value::Function(Function::new(callable))))
            }
            Kind::Wildcard => Ok(Some(path::children(input))),
            Kind::Descendants => self.descendants(input),
            Kind::Parent(label) => Ok(self.frames.get(frame, label.name()).flatten().cloned()),
            Kind::Negation(inner) => self.negation(node, inner, input, frame),
            Kind::Array(parts) => self.array(node, parts, input, frame),
            Kind::Object(group) => self.group(group, input.cloned(), frame).map(Some),
            Kind::Block(parts) => self.block(parts, input, frame),
            Kind::Apply(left, right) => self.apply(node, left, right, input, frame),
            Kind::Bind(name, inner) => {
                let value = self.evaluate(inner, input, frame)?;
                self.frames.bind(frame, name, value.clone());
                Ok(value)
            }
            Kind::Binary(operator, left, right) => self.binary(node, operator, left, right, input, frame),
            Kind::Condition(condition, then, otherwise) => {
                match (self.condition(condition, input, frame)?, otherwise) {
                    (true, _) => self.evaluate(then, input, frame),
                    (false, Some(otherwise)) => self.evaluate(otherwise, input, frame),
                    (false, None) => Ok(None),
                }
            }
            Kind::Coalesce(left, right) => match self.evaluate(left, input, frame)? {
                Some(value) => Ok(Some(value)),
                None => self.evaluate(right, input, frame),
            },
            Kind::Default(left, right) => match self.evaluate(left, input, frame)? {
                Some(value) if is_true(&value)? => Ok(Some(value)),
                _ => self.evaluate(right, input, frame),
            },
            Kind::Call(procedure, arguments) => self.call_node(node, procedure, arguments, None, input, frame),
            Kind::Partial(procedure, arguments) => self.partial(node, procedure, arguments, input, frame),
            Kind::Lambda(lambda) => {
                self.frames.capture(frame);
                let callable = Callable::Lambda { lambda: lambda.clone(), input: input.cloned(), frame };
                Ok(Some(Value::Function(Function::new(callable))))
            }
            Kind::Transform(transform) => {
                self.frames.capture(frame);
                let callable = Callable::Transform { transform: transform.clone(), frame };
                Ok(Some(Value::Function(Function::new(callable))))
            }
            Kind::Sort(_) => unreachable!("paths sort by themselves"),
        }
    }

    /// The predicates and the group of what is no path.
    fn evaluate_more(
        &mut self,
        node: &Node,
        mut result: Option<Value>,
        frame: FrameId,
    ) -> Result<Option<Value>, Error> {
        for predicate in &node.predicates {
            result = Some(self.filter(predicate, result, frame)?);
        }
        match &node.group {
            Some(group) if !matches!(node.kind, Kind::Path(_)) => self.group(group, result, frame).map(Some),
            _ => Ok(result),
        }
    }

    /// A sequence of one is that one, unless it is to stay an array; an empty one is nothing.
    fn finish(&mut self, node: &Node, result: Option<Value>) -> Result<Option<Value>, Error> {
        let Some(value) = result else { return Ok(None) };
        if let Value::Array(mut array) = value {
            if array.shape.is_sequence && !array.shape.is_tuples {
                array.shape.keeps_singleton |= node.keeps_array;
                match array.len() {
                    0 => return Ok(None),
                    1 if !array.shape.keeps_singleton => return Ok(Some(array[0].clone())),
                    _ => {}
                }
            }
            return self.bounded(Value::Array(array)).map(Some);
        }
        self.bounded(value).map(Some)
    }

    fn bounded(&self, value: Value) -> Result<Value, Error> {
        if value.depth() > VALUE_DEPTH_MAX {
            return Err(Error::new("U1004").with(f64::from(VALUE_DEPTH_MAX)));
        }
        if value.weight() > self.limits.size {
            return Err(self.too_large());
        }
        Ok(value)
    }

    fn variable(&self, name: &str, input: Option<&Value>, frame: FrameId) -> Option<Value> {
        if name.is_empty() {
            return input.cloned().map(unwrap_input);
        }
        self.lookup(name, frame)
    }

    /// What a name means: a variable of the expression, one of the caller's, or a function of the library.
    pub(crate) fn lookup(&self, name: &str, frame: FrameId) -> Option<Value> {
        if let Some(value) = self.frames.get(frame, name) {
            return value.cloned();
        }
        if name == "$" {
            return self.root.clone();
        }
        if let Some(value) = self.bindings.get(name) {
            return Some(value.clone());
        }
        let builtin = functions::find(self.bindings.library, name)?;
        Some(Value::Function(Function::new(Callable::Builtin(builtin))))
    }

    fn condition(&mut self, condition: &Node, input: Option<&Value>, frame: FrameId) -> Result<bool, Error> {
        self.evaluate(condition, input, frame)?.as_ref().map_or(Ok(false), is_true)
    }

    fn block(&mut self, parts: &[Node], input: Option<&Value>, frame: FrameId) -> Result<Option<Value>, Error> {
        let frame = self.frames.open(Some(frame));
        let mut result = None;
        for part in parts {
            result = self.evaluate(part, input, frame)?;
        }
        self.close(frame)?;
        Ok(result)
    }

    fn array(
        &mut self,
        node: &Node,
        parts: &[Node],
        input: Option<&Value>,
        frame: FrameId,
    ) -> Result<Option<Value>, Error> {
        let mut values = Vec::with_capacity(parts.len());
        for part in parts {
            match self.evaluate(part, input, frame)? {
                None => {}
                Some(Value::Array(array)) if !matches!(part.kind, Kind::Array(_)) => {
                    self.charge_values(array.len())?;
                    values.extend(array.into_values());
                }
                Some(value) => values.push(value),
            }
        }
        self.charge_values(values.len())?;
        let mut array = Array::from(values);
        array.shape.is_constructed = node.is_constructor;
        Ok(Some(array.into()))
    }

    /// Gives up a frame.
    fn close(&mut self, frame: FrameId) -> Result<(), Error> {
        let kept = self.frames.close(frame);
        self.charge(kept)
    }

    /// Counts steps of evaluation.
    pub(crate) fn count_steps(&mut self, steps: u64) -> Result<(), Error> {
        self.steps = self.steps.saturating_add(steps);
        if self.steps > self.limits.steps {
            return Err(Error::new("U1002").with(self.limits.steps as f64));
        }
        Ok(())
    }

    /// Counts bytes of values that are about to be made.
    pub(crate) fn charge(&mut self, bytes: u64) -> Result<(), Error> {
        self.size = self.size.saturating_add(bytes);
        if self.size > self.limits.size { Err(self.too_large()) } else { Ok(()) }
    }

    /// Counts values that are about to be put into an array or object.
    pub(crate) fn charge_values(&mut self, count: usize) -> Result<(), Error> {
        self.charge((count as u64).saturating_mul(size_of::<Value>() as u64))
    }

    fn too_large(&self) -> Error {
        Error::new("U1003").with(self.limits.size as f64)
    }

    /// The time, the same in all of an evaluation.
    pub(crate) fn now(&mut self) -> i64 {
        *self.now.get_or_insert_with(|| self.host.now())
    }

    pub(crate) fn host(&mut self) -> &mut dyn Host {
        self.host
    }

    /// Binds a name in a frame of tuples or calls.
    fn bind(&mut self, frame: FrameId, name: &Arc<str>, value: Option<Value>) {
        self.frames.bind(frame, name, value);
    }
}

fn has_more(node: &Node) -> bool {
    !node.predicates.is_empty() || node.group.is_some()
}

/// An array as the context stands for itself, and not for its elements.
pub(crate) fn wrap_input(input: Value) -> Value {
    match input {
        Value::Array(array) if !array.shape.is_sequence => {
            let mut wrapper = Array::sequence(vec![Value::Array(array)]);
            wrapper.shape.wraps_input = true;
            wrapper.into()
        }
        other => other,
    }
}

fn unwrap_input(input: Value) -> Value {
    match input {
        Value::Array(array) if array.shape.wraps_input => array[0].clone(),
        other => other,
    }
}
