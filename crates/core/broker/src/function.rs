//! Functions, and the mappings by which a queue feeds them.

use std::fmt;

use crate::wire::wire_struct;
use crate::{BATCH_MESSAGES_MAX, Place, QueueName};

/// What a function is made of. A new definition under the same name replaces the old one.
#[derive(Clone, PartialEq, Eq)]
pub struct Function {
    /// 1 to 64 of `A-Z a-z 0-9 - _`.
    pub name: Box<str>,
    /// `python3.x` or `provided.…`.
    pub runtime: Box<str>,
    /// What the runtime calls, e.g. `app.handler`.
    pub handler: Box<str>,
    /// The directory that holds the code.
    pub code: Box<str>,
    /// How long one invocation may take, 1 to 900 seconds.
    pub timeout_seconds: u32,
    /// What the function is told that it may use.
    pub memory_mb: u32,
    /// Environment variables.
    pub environment: Vec<(Box<str>, Box<str>)>,
    /// How many invocations may run at once.
    pub concurrency_max: u32,
}

wire_struct!(Function { name, runtime, handler, code, timeout_seconds, memory_mb, environment, concurrency_max });

/// Values of environment variables are often credentials: only their names show.
impl fmt::Debug for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let variables: Vec<&str> = self.environment.iter().map(|(name, _)| &**name).collect();
        f.debug_struct("Function")
            .field("name", &self.name)
            .field("runtime", &self.runtime)
            .field("handler", &self.handler)
            .field("code", &self.code)
            .field("environment", &variables)
            .finish_non_exhaustive()
    }
}

/// A mapping's number: random, never used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MappingId(pub u64);

wire_struct!(MappingId(u64));

/// How a queue feeds a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MappingDefinition {
    /// The queue that is received from.
    pub queue: QueueName,
    /// The function that is invoked.
    pub function: Box<str>,
    /// Messages an invocation, 1 to 10.
    pub batch_size: u32,
    /// Whether the function's answer says which messages failed.
    pub report_batch_item_failures: bool,
    /// How many invocations of this mapping may run at once; the function's own limit holds besides.
    pub concurrency_max: Option<u32>,
    /// A mapping that is not enabled receives nothing.
    pub enabled: bool,
}

wire_struct!(MappingDefinition { queue, function, batch_size, report_batch_item_failures, concurrency_max, enabled });

impl MappingDefinition {
    pub(crate) fn batch_messages(&self) -> usize {
        (self.batch_size as usize).clamp(1, BATCH_MESSAGES_MAX)
    }
}

/// A mapping and its number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapping {
    /// Its number.
    pub id: MappingId,
    /// What it says.
    pub definition: MappingDefinition,
}

/// A function or mapping in the state, with the place of its newest record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Placed<T> {
    pub(crate) value: T,
    pub(crate) place: Place,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_variables_do_not_show() {
        let function = Function {
            name: "f".into(),
            runtime: "python3.13".into(),
            handler: "app.handler".into(),
            code: "code".into(),
            timeout_seconds: 3,
            memory_mb: 128,
            environment: vec![("TOKEN".into(), "hush".into())],
            concurrency_max: 1,
        };
        let shown = format!("{function:?}");
        assert!(shown.contains("TOKEN") && !shown.contains("hush"), "{shown}");
    }
}
