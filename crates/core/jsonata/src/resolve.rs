//! From syntax to what is evaluated: paths are flattened into steps, and each `%` learns which step it looks back to.

use std::sync::Arc;

use crate::error::Error;
use crate::limits::with_stack;
use crate::node::{Group, Kind, Label, Lambda, Node, Path, Stage, Term, Transform};
use crate::syntax::{self, Syntax};
use crate::value::Value;

/// Works out the tree to evaluate.
pub(crate) fn resolve(syntax: Syntax) -> Result<Node, Error> {
    let mut resolver = Resolver { slots: Vec::new() };
    let Resolved { mut node, seeking } = resolver.resolve(syntax)?;
    if !seeking.is_empty() || matches!(node.kind, Kind::Parent(_)) {
        return Err(Error::new("S0217").at(node.position).of(kind_name(&node.kind)));
    }
    resolver.name_labels(&mut node);
    Ok(node)
}

/// A node, and those of its `%` that look for their step further to the left.
struct Resolved {
    node: Node,
    seeking: Vec<SlotId>,
}

impl From<Node> for Resolved {
    fn from(node: Node) -> Resolved {
        Resolved { node, seeking: Vec::new() }
    }
}

type SlotId = usize;

/// A `%`: how many steps it still has to go back, and which `%` it shares its step with.
struct Slot {
    level: usize,
    label: SlotId,
}

struct Resolver {
    slots: Vec<Slot>,
}

impl Resolver {
    fn resolve(&mut self, syntax: Syntax) -> Result<Resolved, Error> {
        with_stack(|| self.resolve_kind(syntax))
    }

    fn resolve_kind(&mut self, syntax: Syntax) -> Result<Resolved, Error> {
        let (position, keeps_array) = (syntax.position, syntax.keeps_array);
        let leaf = |kind| Ok(Resolved::from(Node::new(kind, position)));
        let mut resolved = match syntax.kind {
            syntax::Kind::Name(name) => {
                let mut step = Node::new(Kind::Name(name), position);
                step.keeps_array = keeps_array;
                let mut path = path_of(step);
                path_mut(&mut path).keeps_singleton = keeps_array;
                Ok(path.into())
            }
            syntax::Kind::Literal(value) => leaf(Kind::Literal(value)),
            syntax::Kind::Variable(name) => leaf(Kind::Variable(name)),
            syntax::Kind::Regex(pattern) => leaf(Kind::Regex(pattern)),
            syntax::Kind::Wildcard => leaf(Kind::Wildcard),
            syntax::Kind::Descendants => leaf(Kind::Descendants),
            syntax::Kind::Parent => {
                let id = self.slots.len();
                self.slots.push(Slot { level: 1, label: id });
                leaf(Kind::Parent(Label::Slot(id)))
            }
            syntax::Kind::End => Err(Error::new("S0207").at(position).of("(end)")),
            syntax::Kind::Placeholder => Err(Error::new("S0201").at(position).of("?")),
            syntax::Kind::Map(left, right) => self.map(*left, *right),
            syntax::Kind::Filter(left, predicate) => self.filter(*left, *predicate, position),
            syntax::Kind::Group(left, fields) => self.group(*left, fields, position),
            syntax::Kind::Sort(left, terms) => self.sort(*left, terms, position),
            syntax::Kind::Focus(left, name) => self.focus(*left, name, position, keeps_array),
            syntax::Kind::Index(left, name) => self.index(*left, name),
            other => self.compound(other, position),
        }?;
        resolved.node.keeps_array |= keeps_array;
        Ok(resolved)
    }

    /// What is no path, and hands on whatever its parts look for.
    fn compound(&mut self, kind: syntax::Kind, position: usize) -> Result<Resolved, Error> {
        let mut seeking = Vec::new();
        let mut is_constructor = false;
        let mut keeps_array = false;
        let kind = match kind {
            syntax::Kind::Negation(inner) => {
                let mut inner = self.part(*inner, &mut seeking)?;
                if let Kind::Literal(Value::Number(number)) = inner.kind {
                    inner.kind = Kind::Literal((-number.as_f64()).into());
                    return Ok(Resolved { node: inner, seeking });
                }
                Kind::Negation(inner.into())
            }
            syntax::Kind::Array(parts) => Kind::Array(self.parts(parts, &mut seeking)?),
            syntax::Kind::Object(fields) => {
                let fields = fields
                    .into_iter()
                    .map(|(key, value)| Ok((self.part(key, &mut seeking)?, self.part(value, &mut seeking)?)));
                Kind::Object(Group { fields: fields.collect::<Result<_, Error>>()?, position })
            }
            syntax::Kind::Block(parts) => {
                let parts = self.parts(parts, &mut seeking)?;
                is_constructor = parts.iter().any(|part| match &part.kind {
                    Kind::Path(path) => path.steps[0].is_constructor,
                    _ => part.is_constructor,
                });
                Kind::Block(parts)
            }
            syntax::Kind::Apply(left, right) => {
                let (left, right) = (self.resolve(*left)?.node, self.resolve(*right)?.node);
                keeps_array = left.keeps_array || right.keeps_array;
                Kind::Apply(left.into(), right.into())
            }
            syntax::Kind::Bind(name, inner) => Kind::Bind(name, self.part(*inner, &mut seeking)?.into()),
            syntax::Kind::Binary(operator, left, right) => {
                let left = self.part(*left, &mut seeking)?.into();
                Kind::Binary(operator, left, self.part(*right, &mut seeking)?.into())
            }
            syntax::Kind::Condition(condition, then, otherwise) => {
                let condition = self.part(*condition, &mut seeking)?.into();
                let then = self.part(*then, &mut seeking)?.into();
                let otherwise = otherwise.map(|otherwise| self.part(*otherwise, &mut seeking).map(Box::new));
                Kind::Condition(condition, then, otherwise.transpose()?)
            }
            syntax::Kind::Coalesce(left, right) => {
                let left = self.part(*left, &mut seeking)?.into();
                Kind::Coalesce(left, self.part(*right, &mut seeking)?.into())
            }
            syntax::Kind::Default(left, right) => {
                let left = self.part(*left, &mut seeking)?.into();
                Kind::Default(left, self.part(*right, &mut seeking)?.into())
            }
            syntax::Kind::Call(procedure, arguments) => self.call(*procedure, arguments, &mut seeking)?,
            syntax::Kind::Lambda(lambda) => {
                let body = self.resolve(*lambda.body)?.node;
                let syntax::Lambda { parameters, signature, .. } = lambda;
                Kind::Lambda(Arc::new(Lambda { parameters, signature, body }))
            }
            syntax::Kind::Transform(pattern, update, delete) => Kind::Transform(Arc::new(Transform {
                pattern: self.resolve(*pattern)?.node,
                update: self.resolve(*update)?.node,
                delete: delete.map(|delete| self.resolve(*delete)).transpose()?.map(|delete| delete.node),
                position,
            })),
            _ => unreachable!("leaves and paths are resolved before"),
        };
        let mut node = Node::new(kind, position);
        node.is_constructor = is_constructor;
        node.keeps_array = keeps_array;
        Ok(Resolved { node, seeking })
    }

    fn call(&mut self, procedure: Syntax, arguments: Vec<Syntax>, seeking: &mut Vec<SlotId>) -> Result<Kind, Error> {
        let is_partial = arguments.iter().any(|argument| matches!(argument.kind, syntax::Kind::Placeholder));
        if !is_partial {
            let arguments = self.parts(arguments, seeking)?;
            return Ok(Kind::Call(self.resolve(procedure)?.node.into(), arguments));
        }
        let arguments = arguments.into_iter().map(|argument| match argument.kind {
            syntax::Kind::Placeholder => Ok(None),
            _ => self.part(argument, seeking).map(Some),
        });
        let arguments = arguments.collect::<Result<_, Error>>()?;
        Ok(Kind::Partial(self.resolve(procedure)?.node.into(), arguments))
    }

    fn part(&mut self, syntax: Syntax, seeking: &mut Vec<SlotId>) -> Result<Node, Error> {
        let part = self.resolve(syntax)?;
        seeking.extend(sought_by(&part));
        Ok(part.node)
    }

    fn parts(&mut self, parts: Vec<Syntax>, seeking: &mut Vec<SlotId>) -> Result<Vec<Node>, Error> {
        parts.into_iter().map(|part| self.part(part, seeking)).collect()
    }

    /// `left.right`
    fn map(&mut self, left: Syntax, right: Syntax) -> Result<Resolved, Error> {
        let left = self.resolve(left)?;
        let left_seeks = match left.node.kind {
            Kind::Path(_) | Kind::Parent(_) => sought_by(&left),
            _ => Vec::new(),
        };
        let mut node = if is_path(&left.node) { left.node } else { path_of(left.node) };
        let mut last_seeks = Vec::new();
        let right = self.resolve(right)?;
        let path = path_mut(&mut node);
        if is_path(&right.node) {
            last_seeks = right.seeking;
            let Kind::Path(right) = right.node.kind else { unreachable!("it was just seen") };
            if let Some(Kind::Parent(Label::Slot(slot))) = right.steps.last().map(|step| &step.kind) {
                last_seeks.push(*slot);
            }
            path.steps.extend(right.steps);
        } else {
            last_seeks.extend(sought_by(&right));
            let mut step = right.node;
            step.stages.extend(step.predicates.drain(..).map(Stage::Filter));
            path.steps.push(step);
        }
        for step in &mut path.steps {
            match &step.kind {
                Kind::Literal(Value::String(name)) => step.kind = Kind::Name(name.clone()),
                Kind::Literal(value) => return Err(Error::new("S0213").at(step.position).with(value.clone())),
                _ => {}
            }
        }
        path.keeps_singleton |= path.steps.iter().any(|step| step.keeps_array);
        let end = path.steps.len() - 1;
        for end in [0, end] {
            path.steps[end].is_constructor |= matches!(path.steps[end].kind, Kind::Array(_));
        }
        path.is_plain = is_plain(path);
        let mut seeking = left_seeks;
        self.look_back(path, last_seeks, &mut seeking)?;
        Ok(Resolved { node, seeking })
    }

    /// `left[predicate]`
    fn filter(&mut self, left: Syntax, predicate: Syntax, position: usize) -> Result<Resolved, Error> {
        let Resolved { mut node, mut seeking } = self.resolve(left)?;
        let step_is_inner = is_path(&node);
        if last_step(&mut node).group.is_some() {
            return Err(Error::new("S0209").at(position));
        }
        let predicate = self.resolve(predicate)?;
        for slot in sought_by(&predicate) {
            if self.slots[slot].level == 1 {
                self.seek(last_step(&mut node), slot)?;
            } else {
                self.slots[slot].level -= 1;
            }
            seeking.push(slot);
        }
        let step = last_step(&mut node);
        if step_is_inner {
            step.stages.push(Stage::Filter(predicate.node));
            path_mut(&mut node).is_plain = false;
        } else {
            step.predicates.push(predicate.node);
        }
        // Those that found their step no longer look for one.
        seeking.retain(|slot| self.slots[*slot].level > 0);
        Ok(Resolved { node, seeking })
    }

    /// `left{key: value}`
    fn group(&mut self, left: Syntax, fields: Vec<(Syntax, Syntax)>, position: usize) -> Result<Resolved, Error> {
        let Resolved { mut node, seeking } = self.resolve(left)?;
        if node.group.is_some() {
            return Err(Error::new("S0210").at(position));
        }
        let fields = fields.into_iter().map(|(key, value)| Ok((self.resolve(key)?.node, self.resolve(value)?.node)));
        node.group = Some(Group { fields: fields.collect::<Result<_, Error>>()?, position });
        Ok(Resolved { node, seeking })
    }

    /// `left^(terms)`
    fn sort(&mut self, left: Syntax, terms: Vec<syntax::Term>, position: usize) -> Result<Resolved, Error> {
        let Resolved { node, mut seeking } = self.resolve(left)?;
        let mut node = if is_path(&node) { node } else { path_of(node) };
        let mut sought = Vec::new();
        let terms = terms.into_iter().map(|term| {
            let expression = self.part(term.expression, &mut sought)?;
            Ok(Term { is_descending: term.is_descending, expression })
        });
        let terms = terms.collect::<Result<_, Error>>()?;
        let path = path_mut(&mut node);
        path.steps.push(Node::new(Kind::Sort(terms), position));
        path.is_plain = false;
        self.look_back(path, sought, &mut seeking)?;
        Ok(Resolved { node, seeking })
    }

    /// `left@$name`
    fn focus(&mut self, left: Syntax, name: Arc<str>, position: usize, keeps_array: bool) -> Result<Resolved, Error> {
        let Resolved { mut node, seeking } = self.resolve(left)?;
        let step = last_step(&mut node);
        if !step.stages.is_empty() || !step.predicates.is_empty() {
            return Err(Error::new("S0215").at(position));
        }
        if matches!(step.kind, Kind::Sort(_)) {
            return Err(Error::new("S0216").at(position));
        }
        step.keeps_array |= keeps_array;
        step.focus = Some(name);
        step.is_tuple = true;
        if let Kind::Path(path) = &mut node.kind {
            path.is_plain = false;
        }
        Ok(Resolved { node, seeking })
    }

    /// `left#$name`
    fn index(&mut self, left: Syntax, name: Arc<str>) -> Result<Resolved, Error> {
        let Resolved { mut node, seeking } = self.resolve(left)?;
        if !is_path(&node) {
            node.stages = node.predicates.drain(..).map(Stage::Filter).collect();
            node = path_of(node);
        }
        path_mut(&mut node).is_plain = false;
        let step = last_step(&mut node);
        if step.stages.is_empty() {
            step.index = Some(name);
        } else {
            step.stages.push(Stage::Index(name));
        }
        step.is_tuple = true;
        Ok(Resolved { node, seeking })
    }

    /// Has what the last step looks for found in the steps before it, or else sought further to the left.
    fn look_back(&mut self, path: &mut Path, sought: Vec<SlotId>, seeking: &mut Vec<SlotId>) -> Result<(), Error> {
        for slot in sought {
            let mut before = path.steps.len() - 1;
            while self.slots[slot].level > 0 {
                if before == 0 {
                    seeking.push(slot);
                    break;
                }
                before -= 1;
                // Steps in a row that bind the focus all start at the same place.
                while before > 0 && path.steps[before].focus.is_some() && path.steps[before - 1].focus.is_some() {
                    before -= 1;
                }
                self.seek(&mut path.steps[before], slot)?;
                path.is_plain = false;
            }
        }
        Ok(())
    }

    /// Goes back one step.
    fn seek(&mut self, node: &mut Node, slot: SlotId) -> Result<(), Error> {
        match &mut node.kind {
            Kind::Name(_) | Kind::Wildcard => {
                self.slots[slot].level -= 1;
                if self.slots[slot].level == 0 {
                    if let Some(Label::Slot(earlier)) = node.ancestor {
                        self.slots[slot].label = self.slots[earlier].label;
                    }
                    node.ancestor = Some(Label::Slot(slot));
                    node.is_tuple = true;
                }
            }
            Kind::Parent(_) => self.slots[slot].level += 1,
            Kind::Block(parts) => {
                if let Some(last) = parts.last_mut() {
                    node.is_tuple = true;
                    self.seek(last, slot)?;
                }
            }
            Kind::Path(path) => {
                node.is_tuple = true;
                path.is_plain = false;
                let mut steps = path.steps.iter_mut().rev();
                self.seek(steps.next().expect("a path has steps"), slot)?;
                for step in steps {
                    if self.slots[slot].level == 0 {
                        break;
                    }
                    self.seek(step, slot)?;
                }
            }
            other => return Err(Error::new("S0217").at(node.position).of(kind_name(other))),
        }
        Ok(())
    }

    fn name_labels(&self, node: &mut Node) {
        let name = |label: &mut Label| {
            if let Label::Slot(slot) = label {
                // No variable begins with an exclamation mark.
                *label = Label::Name(format!("!{}", self.slots[*slot].label).into());
            }
        };
        if let Kind::Parent(label) = &mut node.kind {
            name(label);
        }
        node.ancestor.iter_mut().for_each(name);
        with_stack(|| node.for_each_child(&mut |child| self.name_labels(child)));
    }
}

/// What a part looks for, itself included if it is a `%`.
fn sought_by(part: &Resolved) -> Vec<SlotId> {
    let mut sought = part.seeking.clone();
    if let Kind::Parent(Label::Slot(slot)) = part.node.kind {
        sought.push(slot);
    }
    sought
}

fn is_path(node: &Node) -> bool {
    matches!(node.kind, Kind::Path(_))
}

fn path_of(step: Node) -> Node {
    let position = step.position;
    let is_plain = is_plain_step(&step, true);
    Node::new(Kind::Path(Path { steps: vec![step], keeps_singleton: false, is_plain }), position)
}

fn path_mut(node: &mut Node) -> &mut Path {
    let Kind::Path(path) = &mut node.kind else { unreachable!("callers make it a path before") };
    path
}

fn last_step(node: &mut Node) -> &mut Node {
    if is_path(node) { path_mut(node).steps.last_mut().expect("a path has steps") } else { node }
}

fn is_plain(path: &Path) -> bool {
    !path.keeps_singleton && path.steps.iter().enumerate().all(|(at, step)| is_plain_step(step, at == 0))
}

fn is_plain_step(step: &Node, is_first: bool) -> bool {
    let is_simple = matches!(step.kind, Kind::Name(_)) || is_first && matches!(step.kind, Kind::Variable(_));
    is_simple
        && step.predicates.is_empty()
        && step.stages.is_empty()
        && step.group.is_none()
        && !step.keeps_array
        && !step.is_tuple
}

/// What a part is called in the error about `%`.
fn kind_name(kind: &Kind) -> &'static str {
    match kind {
        Kind::Path(_) => "path",
        Kind::Name(_) => "name",
        Kind::Literal(Value::String(_)) => "string",
        Kind::Literal(Value::Number(_)) => "number",
        Kind::Literal(_) => "value",
        Kind::Variable(_) => "variable",
        Kind::Regex(_) => "regex",
        Kind::Wildcard => "wildcard",
        Kind::Descendants => "descendant",
        Kind::Parent(_) => "parent",
        Kind::Negation(_) | Kind::Array(_) | Kind::Object(_) => "unary",
        Kind::Block(_) => "block",
        Kind::Apply(..) => "apply",
        Kind::Bind(..) => "bind",
        Kind::Binary(..) => "binary",
        Kind::Condition(..) | Kind::Coalesce(..) | Kind::Default(..) => "condition",
        Kind::Call(..) => "function",
        Kind::Partial(..) => "partial",
        Kind::Lambda(_) => "lambda",
        Kind::Transform(_) => "transform",
        Kind::Sort(_) => "sort",
    }
}
