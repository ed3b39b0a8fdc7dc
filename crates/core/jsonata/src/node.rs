//! The tree that is evaluated: paths as lists of steps, scopes of `%` worked out.

use std::sync::Arc;

use crate::regular_expression::Pattern;
use crate::signature::Signature;
use crate::value::Value;

/// A part of an expression.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) kind: Kind,
    pub(crate) position: usize,
    /// Predicates of what is no path.
    pub(crate) predicates: Vec<Node>,
    /// As a step of a path: predicates, and indexes between them.
    pub(crate) stages: Vec<Stage>,
    pub(crate) group: Option<Group>,
    /// `[]`: a sequence of one stays an array.
    pub(crate) keeps_array: bool,
    /// An array constructor at an end of a path, which is not flattened.
    pub(crate) is_constructor: bool,
    /// The path goes on in tuples from here.
    pub(crate) is_tuple: bool,
    /// `@$name`
    pub(crate) focus: Option<Arc<str>>,
    /// `#$name`
    pub(crate) index: Option<Arc<str>>,
    /// The name under which a later `%` finds what this step was taken from.
    pub(crate) ancestor: Option<Label>,
}

/// The name that a `%` has among the bindings of tuples: first a number, a text once all are known.
#[derive(Clone, Debug)]
pub(crate) enum Label {
    Slot(usize),
    Name(Arc<str>),
}

impl Label {
    pub(crate) fn name(&self) -> &Arc<str> {
        match self {
            Label::Name(name) => name,
            Label::Slot(_) => unreachable!("labels are named before anything is evaluated"),
        }
    }
}

#[derive(Debug)]
pub(crate) enum Kind {
    Path(Path),
    Name(Arc<str>),
    Literal(Value),
    Variable(Arc<str>),
    Regex(Arc<Pattern>),
    Wildcard,
    Descendants,
    Parent(Label),
    Negation(Box<Node>),
    Array(Vec<Node>),
    Object(Group),
    Block(Vec<Node>),
    Apply(Box<Node>, Box<Node>),
    Bind(Arc<str>, Box<Node>),
    Binary(&'static str, Box<Node>, Box<Node>),
    Condition(Box<Node>, Box<Node>, Option<Box<Node>>),
    Coalesce(Box<Node>, Box<Node>),
    Default(Box<Node>, Box<Node>),
    Call(Box<Node>, Vec<Node>),
    /// The arguments that are not there are placeholders.
    Partial(Box<Node>, Vec<Option<Node>>),
    Lambda(Arc<Lambda>),
    Transform(Arc<Transform>),
    Sort(Vec<Term>),
}

/// A way through values, step by step.
#[derive(Debug)]
pub(crate) struct Path {
    pub(crate) steps: Vec<Node>,
    /// The result stays an array if it has one element.
    pub(crate) keeps_singleton: bool,
    /// Nothing but names, after a variable or not: the way that most paths are.
    pub(crate) is_plain: bool,
}

#[derive(Debug)]
pub(crate) enum Stage {
    Filter(Node),
    Index(Arc<str>),
}

/// `{key: value}`, constructed or grouped by.
#[derive(Debug)]
pub(crate) struct Group {
    pub(crate) fields: Vec<(Node, Node)>,
    pub(crate) position: usize,
}

#[derive(Debug)]
pub(crate) struct Term {
    pub(crate) is_descending: bool,
    pub(crate) expression: Node,
}

#[derive(Debug)]
pub(crate) struct Lambda {
    pub(crate) parameters: Vec<Arc<str>>,
    pub(crate) signature: Option<Signature>,
    pub(crate) body: Node,
}

#[derive(Debug)]
pub(crate) struct Transform {
    pub(crate) pattern: Node,
    pub(crate) update: Node,
    pub(crate) delete: Option<Node>,
    pub(crate) position: usize,
}

impl Node {
    pub(crate) fn new(kind: Kind, position: usize) -> Node {
        Node {
            kind,
            position,
            predicates: Vec::new(),
            stages: Vec::new(),
            group: None,
            keeps_array: false,
            is_constructor: false,
            is_tuple: false,
            focus: None,
            index: None,
            ancestor: None,
        }
    }

    /// Calls a function for each part that this one consists of directly.
    pub(crate) fn for_each_child(&mut self, visit: &mut dyn FnMut(&mut Node)) {
        let group = |group: &mut Group, visit: &mut dyn FnMut(&mut Node)| {
            for (key, value) in &mut group.fields {
                visit(key);
                visit(value);
            }
        };
        match &mut self.kind {
            Kind::Path(path) => path.steps.iter_mut().for_each(&mut *visit),
            Kind::Negation(inner) | Kind::Bind(_, inner) => visit(inner),
            Kind::Array(parts) | Kind::Block(parts) => parts.iter_mut().for_each(&mut *visit),
            Kind::Object(object) => group(object, visit),
            Kind::Apply(left, right)
            | Kind::Binary(_, left, right)
            | Kind::Coalesce(left, right)
            | Kind::Default(left, right) => {
                visit(left);
                visit(right);
            }
            Kind::Condition(condition, then, otherwise) => {
                visit(condition);
                visit(then);
                otherwise.iter_mut().for_each(|otherwise| visit(otherwise));
            }
            Kind::Call(procedure, arguments) => {
                visit(procedure);
                arguments.iter_mut().for_each(&mut *visit);
            }
            Kind::Partial(procedure, arguments) => {
                visit(procedure);
                arguments.iter_mut().flatten().for_each(&mut *visit);
            }
            Kind::Lambda(lambda) => visit(&mut unshared(lambda).body),
            Kind::Transform(transform) => {
                let transform = unshared(transform);
                visit(&mut transform.pattern);
                visit(&mut transform.update);
                transform.delete.iter_mut().for_each(&mut *visit);
            }
            Kind::Sort(terms) => terms.iter_mut().for_each(|term| visit(&mut term.expression)),
            Kind::Name(_)
            | Kind::Literal(_)
            | Kind::Variable(_)
            | Kind::Regex(_)
            | Kind::Wildcard
            | Kind::Descendants
            | Kind::Parent(_) => {}
        }
        self.predicates.iter_mut().for_each(&mut *visit);
        for stage in &mut self.stages {
            if let Stage::Filter(predicate) = stage {
                visit(predicate);
            }
        }
        if let Some(grouping) = &mut self.group {
            group(grouping, visit);
        }
    }
}

fn unshared<T>(shared: &mut Arc<T>) -> &mut T {
    Arc::get_mut(shared).expect("nothing is shared before it is evaluated")
}
