//! Functions as values: built in, written, applied in part, made of regular expressions.

use std::fmt;
use std::sync::Arc;

use crate::evaluate::FrameId;
use crate::functions::Builtin;
use crate::node::{Lambda, Transform};
use crate::regular_expression::Pattern;
use crate::value::Value;

/// A function, for as long as an evaluation lasts.
#[derive(Clone)]
pub struct Function {
    callable: Arc<Callable>,
    depth: u16,
}

pub(crate) enum Callable {
    Builtin(&'static Builtin),
    /// What it was written in: the context, and the frame of its variables.
    Lambda {
        lambda: Arc<Lambda>,
        input: Option<Value>,
        frame: FrameId,
    },
    Partial {
        function: Function,
        arguments: Vec<Slot>,
    },
    /// The second is applied to what the first gives.
    Chain(Function, Function),
    Transform {
        transform: Arc<Transform>,
        frame: FrameId,
    },
    /// Finds the first match in a text.
    Matcher {
        pattern: Arc<Pattern>,
        position: usize,
    },
    /// Finds the match that comes after another.
    NextMatch {
        pattern: Arc<Pattern>,
        position: usize,
        text: Arc<str>,
        from: usize,
    },
}

/// An argument of a function that is applied in part.
pub(crate) enum Slot {
    Bound(Option<Value>),
    Open,
}

impl Function {
    pub(crate) fn new(callable: Callable) -> Function {
        let slot = |slot: &Slot| if let Slot::Bound(Some(value)) = slot { value.depth() } else { 0 };
        let depth = match &callable {
            Callable::Lambda { input, .. } => input.as_ref().map_or(0, Value::depth),
            Callable::Partial { function, arguments } => {
                function.depth.max(arguments.iter().map(slot).max().unwrap_or(0))
            }
            Callable::Chain(first, second) => first.depth.max(second.depth),
            _ => 0,
        };
        Function { callable: Arc::new(callable), depth: depth.saturating_add(1) }
    }

    pub(crate) fn callable(&self) -> &Callable {
        &self.callable
    }

    /// How deep it holds other values.
    pub(crate) fn depth(&self) -> u16 {
        self.depth
    }

    /// How many arguments it takes at most.
    pub(crate) fn arity(&self) -> usize {
        match self.callable() {
            Callable::Builtin(builtin) => builtin.arity,
            Callable::Lambda { lambda, .. } => lambda.parameters.len(),
            Callable::Partial { arguments, .. } => {
                arguments.iter().filter(|argument| matches!(argument, Slot::Open)).count()
            }
            Callable::Chain(..) | Callable::Transform { .. } | Callable::Matcher { .. } => 1,
            Callable::NextMatch { .. } => 0,
        }
    }
}

impl PartialEq for Function {
    fn eq(&self, other: &Function) -> bool {
        Arc::ptr_eq(&self.callable, &other.callable)
    }
}

impl fmt::Debug for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.callable() {
            Callable::Builtin(builtin) => builtin.name,
            _ => "function",
        })
    }
}
