//! The tree that the parser reads from text, before paths and scopes are worked out.

use std::sync::Arc;

use crate::regular_expression::Pattern;
use crate::signature::Signature;
use crate::value::Value;

/// A part of an expression as it was written.
#[derive(Debug)]
pub(crate) struct Syntax {
    pub(crate) kind: Kind,
    pub(crate) position: usize,
    /// `[]` follows: the result stays an array.
    pub(crate) keeps_array: bool,
    /// How many levels of parts there are, this one included.
    pub(crate) depth: usize,
}

pub(crate) type Child = Box<Syntax>;

#[derive(Debug)]
pub(crate) enum Kind {
    Name(Arc<str>),
    Literal(Value),
    Variable(Arc<str>),
    Regex(Arc<Pattern>),
    /// `*`
    Wildcard,
    /// `**`
    Descendants,
    /// `%`
    Parent,
    /// `?` among the arguments of a call.
    Placeholder,
    /// `-a`
    Negation(Child),
    /// `[a, b]`
    Array(Vec<Syntax>),
    /// `{a: b}`
    Object(Vec<(Syntax, Syntax)>),
    /// `(a; b)`
    Block(Vec<Syntax>),
    /// `a.b`
    Map(Child, Child),
    /// `a[b]`
    Filter(Child, Child),
    /// `a{b: c}`
    Group(Child, Vec<(Syntax, Syntax)>),
    /// `a^(<b, >c)`
    Sort(Child, Vec<Term>),
    /// `a@$b`
    Focus(Child, Arc<str>),
    /// `a#$b`
    Index(Child, Arc<str>),
    /// `a ~> b`
    Apply(Child, Child),
    /// `$a := b`
    Bind(Arc<str>, Child),
    /// Any other operator between two sides.
    Binary(&'static str, Child, Child),
    /// `a ? b : c`
    Condition(Child, Child, Option<Child>),
    /// `a ?? b`
    Coalesce(Child, Child),
    /// `a ?: b`
    Default(Child, Child),
    /// `a(b, c)`, with placeholders if it is to be applied in part.
    Call(Child, Vec<Syntax>),
    Lambda(Lambda),
    Transform(Child, Child, Option<Child>),
    /// The end of the text, where something was expected.
    End,
}

/// What to sort by.
#[derive(Debug)]
pub(crate) struct Term {
    pub(crate) is_descending: bool,
    pub(crate) expression: Syntax,
}

/// `function($a, $b)<signature>{body}`
#[derive(Debug)]
pub(crate) struct Lambda {
    pub(crate) parameters: Vec<Arc<str>>,
    pub(crate) signature: Option<Signature>,
    pub(crate) body: Child,
}

impl Syntax {
    pub(crate) fn new(kind: Kind, position: usize) -> Syntax {
        let depth = 1 + kind.depth_of_children();
        Syntax { kind, position, keeps_array: false, depth }
    }
}

impl Kind {
    fn depth_of_children(&self) -> usize {
        let list = |parts: &[Syntax]| parts.iter().map(|part| part.depth).max().unwrap_or(0);
        let pairs =
            |pairs: &[(Syntax, Syntax)]| pairs.iter().map(|(key, value)| key.depth.max(value.depth)).max().unwrap_or(0);
        match self {
            Kind::Name(_)
            | Kind::Literal(_)
            | Kind::Variable(_)
            | Kind::Regex(_)
            | Kind::Wildcard
            | Kind::Descendants
            | Kind::Parent
            | Kind::Placeholder
            | Kind::End => 0,
            Kind::Negation(inner) | Kind::Focus(inner, _) | Kind::Index(inner, _) | Kind::Bind(_, inner) => inner.depth,
            Kind::Array(parts) | Kind::Block(parts) => list(parts),
            Kind::Object(fields) => pairs(fields),
            Kind::Map(left, right)
            | Kind::Filter(left, right)
            | Kind::Apply(left, right)
            | Kind::Coalesce(left, right)
            | Kind::Default(left, right)
            | Kind::Binary(_, left, right) => left.depth.max(right.depth),
            Kind::Group(left, fields) => left.depth.max(pairs(fields)),
            Kind::Sort(left, terms) => {
                left.depth.max(terms.iter().map(|term| term.expression.depth).max().unwrap_or(0))
            }
            Kind::Condition(first, second, third) | Kind::Transform(first, second, third) => {
                first.depth.max(second.depth).max(third.as_ref().map_or(0, |third| third.depth))
            }
            Kind::Call(procedure, arguments) => procedure.depth.max(list(arguments)),
            Kind::Lambda(lambda) => lambda.body.depth,
        }
    }
}
