//! Calls: arguments are evaluated and checked, functions applied, the last call of a function without going deeper.

use std::sync::Arc;

use super::{Evaluator, FrameId};
use crate::error::Error;
use crate::function::{Callable, Function, Slot};
use crate::functions::{Arguments, first_match, next_match};
use crate::limits::{STEPS_OF_CALL, with_stack};
use crate::node::{Kind, Lambda, Node};
use crate::value::Value;

/// What the body of a function comes to: a value, or another call to be made in its place.
enum Tail {
    Done(Option<Value>),
    Call { function: Function, arguments: Vec<Option<Value>>, name: Option<Arc<str>>, position: usize },
}

impl Evaluator<'_> {
    /// `procedure(arguments)`; the left side of `~>` comes first, if there is one.
    pub(super) fn call_node(
        &mut self,
        node: &Node,
        procedure: &Node,
        arguments: &[Node],
        first: Option<Option<Value>>,
        input: Option<&Value>,
        frame: FrameId,
    ) -> Result<Option<Value>, Error> {
        let (function, arguments) = self.prepare(node, procedure, arguments, first, input, frame)?;
        let result = self.call(&function, arguments, input, frame);
        result.map_err(|error| described(error, node, procedure))
    }

    fn prepare(
        &mut self,
        node: &Node,
        procedure: &Node,
        arguments: &[Node],
        first: Option<Option<Value>>,
        input: Option<&Value>,
        frame: FrameId,
    ) -> Result<(Function, Vec<Option<Value>>), Error> {
        let function = self.evaluate(procedure, input, frame)?;
        if function.is_none() {
            self.suggest("T1005", node, procedure, frame)?;
        }
        let mut evaluated: Vec<Option<Value>> = first.into_iter().collect();
        for argument in arguments {
            evaluated.push(self.evaluate(argument, input, frame)?);
        }
        match function {
            Some(Value::Function(function)) => Ok((function, evaluated)),
            _ => Err(described(Error::new("T1006"), node, procedure)),
        }
    }

    /// Helps who wrote `sum(…)` for `$sum(…)`.
    fn suggest(&self, code: &'static str, node: &Node, procedure: &Node, frame: FrameId) -> Result<(), Error> {
        match name_of(procedure) {
            Some(name) if matches!(procedure.kind, Kind::Path(_)) && self.lookup(&name, frame).is_some() => {
                Err(Error::new(code).at(node.position).of(&*name))
            }
            _ => Ok(()),
        }
    }

    /// Applies a function to values, as functions of the library do with those that they are given.
    pub(crate) fn invoke(
        &mut self,
        function: &Function,
        arguments: Vec<Option<Value>>,
        frame: FrameId,
    ) -> Result<Option<Value>, Error> {
        self.call(function, arguments, Some(&Value::Null), frame)
    }

    pub(crate) fn call(
        &mut self,
        function: &Function,
        arguments: Vec<Option<Value>>,
        context: Option<&Value>,
        frame: FrameId,
    ) -> Result<Option<Value>, Error> {
        let (mut tail, mut place) = (self.call_once(function, arguments, context, frame)?, None);
        loop {
            match tail {
                Tail::Done(result) => return Ok(result),
                Tail::Call { function, arguments, name, position } => {
                    self.count_steps(1)?;
                    place = Some((name, position)).or(place);
                    tail = self.call_once(&function, arguments, context, frame).map_err(|error| match &place {
                        Some((Some(name), position)) => error.at(*position).of(&**name),
                        Some((None, position)) => error.at(*position),
                        None => error,
                    })?;
                }
            }
        }
    }

    fn call_once(
        &mut self,
        function: &Function,
        arguments: Vec<Option<Value>>,
        context: Option<&Value>,
        frame: FrameId,
    ) -> Result<Tail, Error> {
        match function.callable() {
            Callable::Builtin(builtin) => {
                self.count_steps(STEPS_OF_CALL)?;
                let values = builtin.signature.validate(arguments, context)?;
                let arguments = Arguments { values, context: context.cloned(), frame };
                let result = (builtin.call)(self, arguments)?;
                Ok(Tail::Done(result))
            }
            Callable::Lambda { lambda, input, frame } => {
                let arguments = match &lambda.signature {
                    Some(signature) => signature.validate(arguments, context)?,
                    None => arguments,
                };
                self.enter(lambda, input.as_ref(), arguments, *frame)
            }
            Callable::Partial { function, arguments: slots } => {
                let mut open = arguments.into_iter();
                let fill = |slot: &Slot| match slot {
                    Slot::Bound(value) => value.clone(),
                    Slot::Open => open.next().flatten(),
                };
                let arguments = slots.iter().map(fill).collect();
                match function.callable() {
                    // What is applied in part does not check its signature, if it was written in the expression.
                    Callable::Lambda { lambda, input, frame } => self.enter(lambda, input.as_ref(), arguments, *frame),
                    _ => with_stack(|| self.call_once(function, arguments, context, frame)),
                }
            }
            Callable::Chain(first, second) => with_stack(|| {
                let between = self.call(first, arguments, Some(&Value::Null), frame)?;
                self.call(second, vec![between], Some(&Value::Null), frame).map(Tail::Done)
            }),
            Callable::Transform { transform, frame } => {
                let argument = arguments.into_iter().next().flatten();
                if !matches!(argument, None | Some(Value::Object(_) | Value::Array(_))) {
                    return Err(Error::new("T0410").with_any(argument.as_ref()).argument(1));
                }
                self.transform(transform, *frame, argument).map(Tail::Done)
            }
            Callable::Matcher { pattern, position } => {
                let Some(Some(Value::String(text))) = arguments.into_iter().next() else {
                    return Ok(Tail::Done(None));
                };
                Ok(Tail::Done(first_match(pattern, *position, &text)))
            }
            Callable::NextMatch { pattern, position, text, from } => {
                next_match(pattern, *position, text, *from).map(Tail::Done)
            }
        }
    }

    /// Evaluates the body of a function with its parameters bound.
    fn enter(
        &mut self,
        lambda: &Lambda,
        input: Option<&Value>,
        arguments: Vec<Option<Value>>,
        frame: FrameId,
    ) -> Result<Tail, Error> {
        let inner = self.frames.open(Some(frame));
        let mut arguments = arguments.into_iter();
        for parameter in &lambda.parameters {
            self.bind(inner, parameter, arguments.next().flatten());
        }
        let tail = self.evaluate_tail(&lambda.body, input, inner)?;
        self.close(inner)?;
        Ok(tail)
    }

    /// Evaluates what a function ends with; a call there is handed back instead of being made.
    fn evaluate_tail(&mut self, node: &Node, input: Option<&Value>, frame: FrameId) -> Result<Tail, Error> {
        if !node.predicates.is_empty() || node.group.is_some() || node.keeps_array {
            return self.evaluate(node, input, frame).map(Tail::Done);
        }
        match &node.kind {
            Kind::Call(procedure, arguments) => {
                let (function, arguments) = self.prepare(node, procedure, arguments, None, input, frame)?;
                Ok(Tail::Call { function, arguments, name: name_of(procedure), position: node.position })
            }
            Kind::Condition(condition, then, otherwise) => {
                match (self.condition(condition, input, frame)?, otherwise) {
                    (true, _) => with_stack(|| self.evaluate_tail(then, input, frame)),
                    (false, Some(otherwise)) => with_stack(|| self.evaluate_tail(otherwise, input, frame)),
                    (false, None) => Ok(Tail::Done(None)),
                }
            }
            Kind::Block(parts) => {
                let Some((last, others)) = parts.split_last() else { return Ok(Tail::Done(None)) };
                let inner = self.frames.open(Some(frame));
                for part in others {
                    self.evaluate(part, input, inner)?;
                }
                let tail = with_stack(|| self.evaluate_tail(last, input, inner))?;
                self.close(inner)?;
                Ok(tail)
            }
            _ => self.evaluate(node, input, frame).map(Tail::Done),
        }
    }

    /// `left ~> right`
    pub(super) fn apply(
        &mut self,
        node: &Node,
        left: &Node,
        right: &Node,
        input: Option<&Value>,
        frame: FrameId,
    ) -> Result<Option<Value>, Error> {
        let left = self.evaluate(left, input, frame)?;
        if let Kind::Call(procedure, arguments) = &right.kind {
            return self.call_node(right, procedure, arguments, Some(left), input, frame);
        }
        let right = match self.evaluate(right, input, frame)? {
            Some(Value::Function(right)) => right,
            other => return Err(Error::new("T2006").at(node.position).with_any(other.as_ref())),
        };
        if let Some(Value::Function(left)) = left {
            return Ok(Some(Value::Function(Function::new(Callable::Chain(left, right)))));
        }
        self.call(&right, vec![left], Some(&Value::Null), frame).map_err(|error| error.at(node.position))
    }

    /// `procedure(?, arguments)`
    pub(super) fn partial(
        &mut self,
        node: &Node,
        procedure: &Node,
        arguments: &[Option<Node>],
        input: Option<&Value>,
        frame: FrameId,
    ) -> Result<Option<Value>, Error> {
        let mut slots = Vec::with_capacity(arguments.len());
        for argument in arguments {
            slots.push(match argument {
                None => Slot::Open,
                Some(argument) => Slot::Bound(self.evaluate(argument, input, frame)?),
            });
        }
        let function = self.evaluate(procedure, input, frame)?;
        if function.is_none() {
            self.suggest("T1007", node, procedure, frame)?;
        }
        let Some(Value::Function(function)) = function else {
            return Err(described(Error::new("T1008"), node, procedure));
        };
        Ok(Some(Value::Function(Function::new(Callable::Partial { function, arguments: slots }))))
    }
}

/// The name that a function is called by.
fn name_of(procedure: &Node) -> Option<Arc<str>> {
    match &procedure.kind {
        Kind::Variable(name) | Kind::Name(name) => Some(name.clone()),
        Kind::Path(path) => name_of(&path.steps[0]),
        _ => None,
    }
}

fn described(error: Error, node: &Node, procedure: &Node) -> Error {
    let error = error.at(node.position);
    match name_of(procedure) {
        Some(name) => error.of(&*name),
        None => error,
    }
}
