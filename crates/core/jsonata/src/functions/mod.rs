//! The library: each function with its signature, by name.

mod aggregation;
mod arrays;
mod dates;
mod encoding;
mod general;
mod higher_order;
mod matching;
mod numbers;
mod objects;
mod states;
mod texts;

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use crate::bindings::Library;
use crate::error::Error;
use crate::evaluate::{Evaluator, FrameId};
use crate::function::Function;
use crate::signature::Signature;
use crate::value::{Array, Value};

pub(crate) use arrays::append;
pub(crate) use matching::{first_match, next_match};
pub(crate) use objects::{deep_copy, lookup};

/// A function of the library.
pub(crate) struct Builtin {
    pub(crate) name: &'static str,
    pub(crate) signature: Signature,
    /// How many arguments it is given when another function calls it.
    pub(crate) arity: usize,
    pub(crate) call: Call,
}

type Call = fn(&mut Evaluator<'_>, Arguments) -> Result<Option<Value>, Error>;

/// The name of a function, its signature, its arity, and itself.
type Row = (&'static str, &'static str, usize, Call);

/// The arguments of a call, checked against the signature.
pub(crate) struct Arguments {
    pub(crate) values: Vec<Option<Value>>,
    pub(crate) context: Option<Value>,
    pub(crate) frame: FrameId,
}

impl Arguments {
    fn take(&mut self, at: usize) -> Option<Value> {
        self.values.get_mut(at).and_then(Option::take)
    }

    fn text(&mut self, at: usize) -> Option<Arc<str>> {
        if let Some(Value::String(text)) = self.take(at) { Some(text) } else { None }
    }

    fn number(&self, at: usize) -> Option<f64> {
        self.values.get(at).and_then(Option::as_ref).and_then(Value::as_f64)
    }

    fn array(&mut self, at: usize) -> Option<Array> {
        if let Some(Value::Array(array)) = self.take(at) { Some(array) } else { None }
    }

    fn function(&self, at: usize) -> Option<Function> {
        if let Some(Some(Value::Function(function))) = self.values.get(at) { Some(function.clone()) } else { None }
    }
}

type Table = BTreeMap<&'static str, Builtin>;

/// JSONata's own functions.
static STANDARD: LazyLock<Table> = LazyLock::new(|| {
    let groups: [&[Row]; 10] = [
        aggregation::ROWS,
        arrays::ROWS,
        dates::ROWS,
        encoding::ROWS,
        general::ROWS,
        higher_order::ROWS,
        matching::ROWS,
        numbers::ROWS,
        objects::ROWS,
        texts::ROWS,
    ];
    table(groups.into_iter().flatten())
});

/// What Step Functions adds, or has in its own way.
static STATES: LazyLock<Table> = LazyLock::new(|| table(states::ROWS));

fn table<'a>(rows: impl IntoIterator<Item = &'a Row>) -> Table {
    let builtin = |&(name, signature, arity, call): &Row| {
        let signature = Signature::parse(signature).expect("the signatures of the library are well formed");
        (name, Builtin { name, signature, arity, call })
    };
    rows.into_iter().map(builtin).collect()
}

/// The function that a library has under a name.
pub(crate) fn find(library: Library, name: &str) -> Option<&'static Builtin> {
    match library {
        Library::Standard => STANDARD.get(name),
        Library::StepFunctions if name == "eval" => None,
        Library::StepFunctions => STATES.get(name).or_else(|| STANDARD.get(name)),
    }
}
