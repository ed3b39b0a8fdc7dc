//! What resources point to by name: functions, and whatever takes what another service sends.

use std::fmt;

/// A function, or one version or alias of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FunctionReference {
    /// The function's name; it may exist already instead of being in the template.
    pub name: String,
    /// A version's number, an alias or `$LATEST`.
    pub qualifier: Option<String>,
}

/// As the API takes it: `name` or `name:qualifier`.
impl fmt::Display for FunctionReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        self.qualifier.iter().try_for_each(|qualifier| write!(f, ":{qualifier}"))
    }
}

/// What takes the notifications of a bucket, or what a schedule sends.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    /// A function.
    Function(FunctionReference),
    /// The queue of this name.
    Queue(String),
    /// The topic of this name.
    Topic(String),
}

/// As in `queue orders`.
impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Target::Function(function) => write!(f, "function {function}"),
            Target::Queue(name) => write!(f, "queue {name}"),
            Target::Topic(name) => write!(f, "topic {name}"),
        }
    }
}
