//! What policies are matched against, flat: paths, and the values that stand at each.

use std::borrow::Cow;
use std::ops::Range;

use crate::json::Token;
use crate::order;

/// Values at one path that are looked at. If there are more, none of them is, and no policy that names the path
/// admits the notification: otherwise one long array would cost every subscription its time.
pub const VALUES_MAX: usize = 10_000;

/// Paths and their values, found by path without allocating.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fields<'a> {
    /// All paths, one behind the other.
    paths: String,
    /// Sorted by [`order::compare`], each path once.
    fields: Vec<Field>,
    values: Vec<Value<'a>>,
}

#[derive(Clone, Debug)]
struct Field {
    path: Range<usize>,
    values: Range<usize>,
}

/// A value at a path. An array is several of them.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value<'a> {
    String(Cow<'a, str>),
    Number(f64),
    Bool(bool),
    Null,
    /// Bytes: there, and that is all.
    Binary,
    /// Nothing matches it, not even that it is there or that it is not.
    Unmatchable,
}

impl<'a> Value<'a> {
    /// `None` for an object or an array.
    pub(crate) fn of(token: Token<'a>) -> Option<Value<'a>> {
        match token {
            Token::Object | Token::Array => None,
            Token::String(text) => Some(Value::String(text)),
            Token::Number(number) => Some(Value::Number(number.value())),
            Token::Bool(bool) => Some(Value::Bool(bool)),
            Token::Null => Some(Value::Null),
        }
    }
}

/// Collects values in any order.
#[derive(Default)]
pub(crate) struct Collector<'a> {
    paths: String,
    leaves: Vec<(Range<usize>, Value<'a>)>,
}

impl<'a> Collector<'a> {
    /// Keeps a path, to which values can then be added. A path may be kept several times.
    pub(crate) fn keep_path(&mut self, path: &str) -> Range<usize> {
        let start = self.paths.len();
        self.paths.push_str(path);
        start..self.paths.len()
    }

    /// Bytes of all paths that were kept.
    pub(crate) fn paths_bytes(&self) -> usize {
        self.paths.len()
    }

    /// Adds a value at a path that was kept.
    pub(crate) fn add(&mut self, path: Range<usize>, value: Value<'a>) {
        self.leaves.push((path, value));
    }

    pub(crate) fn finish(self) -> Fields<'a> {
        let Collector { paths, mut leaves } = self;
        let text = |path: &Range<usize>| &paths[path.clone()];
        leaves.sort_unstable_by(|(left, _), (right, _)| order::compare(text(left), text(right)));
        let mut fields: Vec<Field> = Vec::new();
        let mut values: Vec<Value<'a>> = Vec::with_capacity(leaves.len());
        for (path, value) in leaves {
            values.push(value);
            match fields.last_mut() {
                Some(field) if text(&field.path) == text(&path) => field.values.end = values.len(),
                _ => fields.push(Field { path, values: values.len() - 1..values.len() }),
            }
        }
        Fields { paths, fields, values }
    }
}

impl Fields<'_> {
    /// What stands at the path, if it is there; at least one value.
    pub(crate) fn at(&self, path: &str) -> Option<&[Value<'_>]> {
        let order = |field: &Field| order::compare(&self.paths[field.path.clone()], path);
        let field = &self.fields[self.fields.binary_search_by(order).ok()?];
        let values = &self.values[field.values.clone()];
        Some(if values.len() > VALUES_MAX { &[Value::Unmatchable] } else { values })
    }
}
