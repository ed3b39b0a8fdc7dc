//! What policies are matched against, flat: paths, and the values that stand at each.

use std::borrow::Cow;
use std::ops::Range;

use crate::json::Token;
use crate::path::{self, Key};

/// Values at one path that are looked at. If there are more, none of them is, and no policy that names the path
/// admits the notification: otherwise one long array would cost every subscription its time.
pub const VALUES_MAX: usize = 10_000;

/// Paths and their values, found by path without allocating.
#[derive(Clone, Debug)]
pub(crate) struct Fields<'a> {
    /// All paths, one behind the other.
    paths: String,
    /// Sorted by the hash of the path, then by the path; each path once.
    fields: Vec<Field>,
    /// Where in `fields` the hashes begin that have the same upper bits, and behind the last of them the end. A few
    /// fields stand together, however many there are; paths with one hash cost no more than a binary search.
    starts: Vec<usize>,
    /// By how much a hash is shifted to leave those bits.
    shift: u32,
    values: Vec<Value<'a>>,
}

/// A path and where its values are.
#[derive(Clone, Debug)]
struct Field {
    hash: u64,
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
pub(crate) struct Collector<'a> {
    paths: String,
    kept: Vec<KeptPath>,
    /// Each with its place in `kept`.
    leaves: Vec<(usize, Value<'a>)>,
}

struct KeptPath {
    hash: u64,
    text: Range<usize>,
    values: usize,
}

impl<'a> Collector<'a> {
    /// Has room for so many values, each at a path of its own.
    pub(crate) fn with_room(values: usize) -> Collector<'a> {
        /// Of a path; more than enough for most.
        const BYTES: usize = 32;
        let (kept, leaves) = (Vec::with_capacity(values), Vec::with_capacity(values));
        Collector { paths: String::with_capacity(values * BYTES), kept, leaves }
    }

    /// Keeps a path, and returns by what values can then be added to it. A path may be kept several times.
    pub(crate) fn keep_path(&mut self, path: &str) -> usize {
        let start = self.paths.len();
        self.paths.push_str(path);
        self.kept.push(KeptPath { hash: path::hash(path), text: start..self.paths.len(), values: 0 });
        self.kept.len() - 1
    }

    /// Bytes of all paths that were kept.
    pub(crate) fn paths_bytes(&self) -> usize {
        self.paths.len()
    }

    /// Adds a value at a path that was kept.
    pub(crate) fn add(&mut self, path: usize, value: Value<'a>) {
        let values = &mut self.kept[path].values;
        // One too many tells that there are more, none of which will be looked at.
        if *values <= VALUES_MAX {
            *values += 1;
            self.leaves.push((path, value));
        }
    }

    pub(crate) fn finish(self) -> Fields<'a> {
        let Collector { paths, kept, mut leaves } = self;
        let order = |left: usize, right: usize| {
            let (left, right) = (&kept[left], &kept[right]);
            left.hash.cmp(&right.hash).then_with(|| paths[left.text.clone()].cmp(&paths[right.text.clone()]))
        };
        leaves.sort_unstable_by(|(left, _), (right, _)| order(*left, *right));
        let mut fields: Vec<Field> = Vec::with_capacity(kept.len());
        let mut last = None;
        let mut values: Vec<Value<'a>> = Vec::with_capacity(leaves.len());
        for (path, value) in leaves {
            if last.is_none_or(|last| order(last, path).is_ne()) {
                let KeptPath { hash, text, .. } = &kept[path];
                fields.push(Field { hash: *hash, path: text.clone(), values: values.len()..values.len() });
            }
            last = Some(path);
            values.push(value);
            if let Some(field) = fields.last_mut() {
                field.values.end = values.len();
            }
        }
        let shift = u64::BITS - 1 - (fields.len() | 1).ilog2();
        let mut starts = Vec::with_capacity(fields.len() + 2);
        for (at, field) in fields.iter().enumerate() {
            starts.resize((field.hash >> shift) as usize + 1, at);
        }
        starts.resize((u64::MAX >> shift) as usize + 2, fields.len());
        Fields { paths, fields, starts, shift, values }
    }
}

impl Fields<'_> {
    /// What stands at the path, if it is there; at least one value.
    pub(crate) fn at(&self, path: &Key) -> Option<&[Value<'_>]> {
        let bits = (path.hash >> self.shift) as usize;
        let fields = &self.fields[self.starts[bits]..self.starts[bits + 1]];
        let order =
            |field: &Field| field.hash.cmp(&path.hash).then_with(|| self.paths[field.path.clone()].cmp(&path.text));
        let field = &fields[fields.binary_search_by(order).ok()?];
        let values = &self.values[field.values.clone()];
        Some(if values.len() > VALUES_MAX { &[Value::Unmatchable] } else { values })
    }
}
