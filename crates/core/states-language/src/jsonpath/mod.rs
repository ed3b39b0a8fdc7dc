//! JSONPath as the states language has it: Jayway's dialect, over the input, the context object and variables.
//!
//! `parse` makes a [`JsonPath`] of a text, `evaluate` walks it through a value, `filter` decides about `[?(…)]`, and
//! `reference` writes a result to where a reference path points.

mod evaluate;
mod filter;
mod function;
mod parse;
mod reference;

use std::sync::Arc;

use bongsu_jsonata::Value;

pub(crate) use reference::Reference;

/// A path that was read.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct JsonPath {
    text: Box<str>,
    pub(crate) root: Root,
    segments: Vec<Segment>,
    function: Option<Function>,
}

/// What a path starts from.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Root {
    /// `$`: the input.
    Input,
    /// `$$`: the context object.
    Context,
    /// `$name`: a variable.
    Variable(Arc<str>),
}

/// One step of a path.
#[derive(Clone, Debug, PartialEq)]
enum Segment {
    /// `.a`, `['a']`
    Child(Arc<str>),
    /// `['a','b']`
    Children(Vec<Arc<str>>),
    /// `[0]`, `[-1]`
    Index(i64),
    /// `[0,2]`
    Indices(Vec<i64>),
    /// `[1:3]`
    Slice { from: Option<i64>, to: Option<i64>, by: i64 },
    /// `[*]`, `.*`
    All,
    /// `..`: the next step is taken from here and from everything below.
    Descend,
    /// `[?(…)]`
    Filter(Filter),
}

/// What decides about an element.
#[derive(Clone, Debug, PartialEq)]
enum Filter {
    Any(Vec<Filter>),
    Every(Vec<Filter>),
    Not(Box<Filter>),
    Exists(Operand),
    Compare(Operand, Comparison, Operand),
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    In,
    NotIn,
}

/// One side of a comparison.
#[derive(Clone, Debug, PartialEq)]
enum Operand {
    /// `@.a`: from the element.
    Element(JsonPath),
    /// `$.a`: from the value that the whole path is applied to.
    Whole(JsonPath),
    Literal(Value),
}

/// What is made of what a path found: `.length()` at its end.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Function {
    Length,
    Size,
    Min,
    Max,
    Avg,
    Sum,
    Stddev,
    Keys,
    First,
    Last,
}

impl JsonPath {
    /// The path as it was written.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Whether it points to one value at most, and not to a list of what was found.
    pub(crate) fn is_definite(&self) -> bool {
        self.function.is_some()
            || self.segments.iter().all(|segment| matches!(segment, Segment::Child(_) | Segment::Index(_)))
    }
}
