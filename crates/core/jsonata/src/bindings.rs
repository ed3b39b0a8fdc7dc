//! What an expression finds in its surroundings: a library of functions, variables, and a host.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::functions;
use crate::value::Value;

/// Which functions there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Library {
    /// Those of JSONata.
    #[default]
    Standard,
    /// Those of AWS Step Functions: `$partition`, `$range`, `$hash`, `$random` with a seed, `$uuid` and `$parse` are
    /// added, `$eval` is taken away.
    StepFunctions,
}

impl Library {
    /// Whether there is a function of this name, written without `$`.
    pub fn contains(self, name: &str) -> bool {
        functions::find(self, name).is_some()
    }
}

/// A library, and variables, which may hide its functions.
#[derive(Clone, Debug, Default)]
pub struct Bindings {
    pub(crate) library: Library,
    variables: BTreeMap<Arc<str>, Value>,
}

impl Bindings {
    /// A library and no variables.
    pub fn new(library: Library) -> Bindings {
        Bindings { library, variables: BTreeMap::new() }
    }

    /// Sets a variable. Its name is written without `$`.
    pub fn bind(&mut self, name: impl Into<Arc<str>>, value: Value) {
        self.variables.insert(name.into(), value);
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        self.variables.get(name)
    }
}

/// What an evaluation cannot know by itself.
pub trait Host {
    /// The time, in milliseconds since the epoch. Asked for at most once in an evaluation.
    fn now(&mut self) -> i64;

    /// A random number from 0, inclusive, to 1, exclusive.
    fn random(&mut self) -> f64;

    /// A random UUID, version 4.
    fn uuid(&mut self) -> String;

    /// How many steps the evaluation took; told at its end, however it ended.
    fn took(&mut self, _steps: u64) {}
}
