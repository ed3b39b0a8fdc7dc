//! Which variables an expression reads without binding them itself, and what of them.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::limits::with_stack;
use crate::node::{Kind, Node, Stage};

/// What an expression takes from its surroundings. Names are without `$`.
#[derive(Default)]
pub(crate) struct Free {
    /// Its variables and functions.
    pub(crate) variables: BTreeSet<Arc<str>>,
    /// Those that are not only looked into.
    pub(crate) whole: BTreeSet<Arc<str>>,
    /// Those that are looked into, with the name right behind each.
    pub(crate) behind: BTreeSet<(Arc<str>, Arc<str>)>,
}

/// What an expression takes from its surroundings.
pub(crate) fn free_variables(node: &mut Node) -> Free {
    let mut collector = Collector { scopes: vec![bound_in(node)], free: Free::default() };
    collector.visit(node);
    collector.free
}

struct Collector {
    scopes: Vec<BTreeSet<Arc<str>>>,
    free: Free,
}

impl Collector {
    fn visit(&mut self, node: &mut Node) {
        if let Some((variable, name)) = looked_into(node) {
            if self.is_free(variable) {
                self.free.variables.insert(variable.clone());
                self.free.behind.insert((variable.clone(), name.clone()));
            }
            return;
        }
        let scope = match &mut node.kind {
            Kind::Variable(name) => {
                if self.is_free(name) {
                    self.free.variables.insert(name.clone());
                    self.free.whole.insert(name.clone());
                }
                None
            }
            Kind::Block(parts) => Some(parts.iter_mut().flat_map(bound_in).collect()),
            Kind::Lambda(lambda) => {
                let lambda = Arc::get_mut(lambda).expect("nothing is shared before it is evaluated");
                let mut scope = bound_in(&mut lambda.body);
                scope.extend(lambda.parameters.iter().cloned());
                Some(scope)
            }
            Kind::Path(path) => Some(path.steps.iter().flat_map(bound_by_step).collect()),
            _ => None,
        };
        let is_scope = scope.is_some();
        self.scopes.extend(scope);
        with_stack(|| node.for_each_child(&mut |child| self.visit(child)));
        if is_scope {
            self.scopes.pop();
        }
    }

    fn is_free(&self, name: &str) -> bool {
        !self.scopes.iter().any(|scope| scope.contains(name))
    }
}

/// The variable and the name right behind it, of `$variable.name` and then nothing but names.
fn looked_into(node: &Node) -> Option<(&Arc<str>, &Arc<str>)> {
    let is_bare = node.predicates.is_empty() && node.stages.is_empty() && node.group.is_none();
    match &node.kind {
        Kind::Path(path) if path.is_plain && is_bare => {
            match path.steps.first_chunk()?.each_ref().map(|step| &step.kind) {
                [Kind::Variable(variable), Kind::Name(name)] => Some((variable, name)),
                _ => None,
            }
        }
        _ => None,
    }
}

/// What `:=` binds in a part, at any place that is no scope of its own. A function may be called, and then read what
/// is bound, after the place where it stands: the order does not count.
fn bound_in(node: &mut Node) -> BTreeSet<Arc<str>> {
    let mut names = BTreeSet::new();
    match &node.kind {
        Kind::Bind(name, _) => {
            names.insert(name.clone());
        }
        Kind::Block(_) | Kind::Lambda(_) => return names,
        _ => {}
    }
    with_stack(|| node.for_each_child(&mut |child| names.extend(bound_in(child))));
    names
}

/// What `@` and `#` bind for the steps that follow.
fn bound_by_step(step: &Node) -> Vec<Arc<str>> {
    let indexes = step.stages.iter().filter_map(|stage| if let Stage::Index(name) = stage { Some(name) } else { None });
    step.focus.iter().chain(&step.index).chain(indexes).cloned().collect()
}
