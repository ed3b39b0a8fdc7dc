//! Functions: what runs, in versions that do not change and under aliases that do.

pub(crate) mod alias;
pub(crate) mod invocation;
pub(crate) mod mapping;
pub(crate) mod queue;
pub(crate) mod running;
pub(crate) mod state;
pub(crate) mod statistics;
pub(crate) mod window;

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;

use crate::wire::{Malformed, Wire, wire_struct};
use crate::{Place, QueueName, TopicName};

/// The qualifier of the version that can be changed.
pub const LATEST: &str = "$LATEST";
/// How many invocations of a function may run at once, if nothing was reserved for it: AWS's limit for an account.
pub const CONCURRENCY_DEFAULT: u32 = 1_000;

/// Variables that are the platform's: a function is not given others of these names.
/// <https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime>
pub const RESERVED_VARIABLES: [&str; 18] = [
    "_HANDLER",
    "_X_AMZN_TRACE_ID",
    "AWS_ACCESS_KEY",
    "AWS_ACCESS_KEY_ID",
    "AWS_DEFAULT_REGION",
    "AWS_EXECUTION_ENV",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_INITIALIZATION_TYPE",
    "AWS_LAMBDA_LOG_GROUP_NAME",
    "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_LAMBDA_RUNTIME_API",
    "AWS_REGION",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "LAMBDA_RUNTIME_DIR",
    "LAMBDA_TASK_ROOT",
];

/// Which version of a function.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum FunctionVersion {
    /// The one that can be changed.
    #[default]
    Latest,
    /// A published one; numbers begin at 1 and are given once.
    Number(u32),
}

impl fmt::Display for FunctionVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FunctionVersion::Latest => f.write_str(LATEST),
            FunctionVersion::Number(number) => write!(f, "{number}"),
        }
    }
}

impl FunctionVersion {
    /// `$LATEST` or a number; anything else is an alias's name, if anything.
    pub fn parse(qualifier: &str) -> Option<FunctionVersion> {
        match qualifier {
            LATEST => Some(FunctionVersion::Latest),
            number if !number.starts_with(['0', '+']) => number.parse().ok().map(FunctionVersion::Number),
            _ => None,
        }
    }
}

impl Wire for FunctionVersion {
    fn put(&self, out: &mut Vec<u8>) {
        match self {
            FunctionVersion::Latest => 0u32.put(out),
            FunctionVersion::Number(number) => number.put(out),
        }
    }

    fn take(from: &mut Bytes) -> Result<Self, Malformed> {
        Ok(match u32::take(from)? {
            0 => FunctionVersion::Latest,
            number => FunctionVersion::Number(number),
        })
    }
}

/// One version of a function: what is run. A new definition of the latest version replaces the one before.
#[derive(Clone, PartialEq, Eq)]
pub struct Function {
    /// 1 to 64 of `A-Z a-z 0-9 - _`.
    pub name: Box<str>,
    /// Which version this is.
    pub version: FunctionVersion,
    /// Changes with every change; whoever changes what it has read names it. Given by the broker.
    pub revision: u128,
    /// `python3.x`, `nodejsN.x` or `provided.…`.
    pub runtime: Box<str>,
    /// What the runtime calls, e.g. `app.handler`.
    pub handler: Box<str>,
    /// The directory that holds the code: absolute, or below the data directory.
    pub code: Box<str>,
    /// Tells one state of the code from another; may be empty.
    pub code_digest: Box<str>,
    /// Directories of layers, in their order.
    pub layers: Vec<Box<str>>,
    /// How long one invocation may take, 1 to 900 seconds.
    pub timeout_seconds: u32,
    /// How much memory a process of it may use.
    pub memory_mb: u32,
    /// Environment variables.
    pub environment: Vec<(Box<str>, Box<str>)>,
    /// Where the events of asynchronous invocations that failed for good go.
    pub dead_letters: Option<Destination>,
    /// What else a door keeps about it; the core does not look inside.
    pub details: Box<str>,
}

wire_struct!(Function {
    name,
    version,
    revision,
    runtime,
    handler,
    code,
    code_digest,
    layers,
    timeout_seconds,
    memory_mb,
    environment,
    dead_letters,
    details,
});

impl Function {
    /// Whether the two are alike but for their revision.
    pub fn is_like(&self, other: &Function) -> bool {
        Function { revision: other.revision, ..self.clone() } == *other
    }
}

/// Values of environment variables are often credentials: only their names show.
impl fmt::Debug for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let variables: Vec<&str> = self.environment.iter().map(|(name, _)| &**name).collect();
        f.debug_struct("Function")
            .field("name", &self.name)
            .field("version", &self.version)
            .field("runtime", &self.runtime)
            .field("handler", &self.handler)
            .field("code", &self.code)
            .field("environment", &variables)
            .finish_non_exhaustive()
    }
}

/// A function as somebody names it who wants it run.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FunctionRef {
    /// Its name.
    pub name: Box<str>,
    /// A version or an alias; the latest version if nothing is said.
    pub qualifier: Option<Box<str>>,
}

wire_struct!(FunctionRef { name, qualifier });

impl FunctionRef {
    /// The latest version of this function.
    pub fn latest(name: &str) -> FunctionRef {
        FunctionRef { name: name.into(), qualifier: None }
    }

    /// The name or ARN of the function, as far as it stands behind `function:` in an ARN: `NAME` or `NAME:QUALIFIER`.
    pub fn parse(text: &str) -> FunctionRef {
        match text.split_once(':') {
            Some((name, qualifier)) => FunctionRef { name: name.into(), qualifier: Some(qualifier.into()) },
            None => FunctionRef::latest(text),
        }
    }

    /// The qualifier by which settings are found: every unqualified use means the latest version.
    pub fn qualifier(&self) -> &str {
        self.qualifier.as_deref().unwrap_or(LATEST)
    }
}

impl fmt::Display for FunctionRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.qualifier {
            Some(qualifier) => write!(f, "{}:{qualifier}", self.name),
            None => f.write_str(&self.name),
        }
    }
}

/// Where something can be sent that is not asked for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Destination {
    /// A queue.
    Queue(QueueName),
    /// A topic.
    Topic(TopicName),
    /// A function, invoked asynchronously.
    Function(FunctionRef),
}

impl From<QueueName> for Destination {
    fn from(name: QueueName) -> Destination {
        Destination::Queue(name)
    }
}

impl From<TopicName> for Destination {
    fn from(name: TopicName) -> Destination {
        Destination::Topic(name)
    }
}

impl From<FunctionRef> for Destination {
    fn from(function: FunctionRef) -> Destination {
        Destination::Function(function)
    }
}

impl Wire for Destination {
    fn put(&self, out: &mut Vec<u8>) {
        match self {
            Destination::Queue(name) => {
                out.push(0);
                name.put(out);
            }
            Destination::Topic(name) => {
                out.push(1);
                name.put(out);
            }
            Destination::Function(function) => {
                out.push(2);
                function.put(out);
            }
        }
    }

    fn take(from: &mut Bytes) -> Result<Self, Malformed> {
        match u8::take(from)? {
            0 => Ok(Destination::Queue(Wire::take(from)?)),
            1 => Ok(Destination::Topic(Wire::take(from)?)),
            2 => Ok(Destination::Function(Wire::take(from)?)),
            _ => Err(Malformed("not a destination")),
        }
    }
}

/// What is to be there, or not to be there, for something to be put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PutWhen {
    /// Whether it is there or not.
    Always,
    /// Only if it is not.
    Absent,
    /// Only if it is, and of this revision if one is named.
    Present {
        /// What was read before.
        revision: Option<u128>,
    },
}

/// Everything about a version of a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionDescription {
    /// The version.
    pub function: Arc<Function>,
    /// How many invocations of all its versions may run at once, if that was set.
    pub reserved: Option<u32>,
}

/// Something in the state, with the place of its newest record.
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
            version: FunctionVersion::Latest,
            revision: 1,
            runtime: "python3.13".into(),
            handler: "app.handler".into(),
            code: "code".into(),
            code_digest: "".into(),
            layers: Vec::new(),
            timeout_seconds: 3,
            memory_mb: 128,
            environment: vec![("TOKEN".into(), "hush".into())],
            dead_letters: None,
            details: "".into(),
        };
        let shown = format!("{function:?}");
        assert!(shown.contains("TOKEN") && !shown.contains("hush"), "{shown}");
    }

    #[test]
    fn a_version_is_a_number_or_the_latest() {
        assert_eq!(FunctionVersion::parse("$LATEST"), Some(FunctionVersion::Latest));
        assert_eq!(FunctionVersion::parse("12"), Some(FunctionVersion::Number(12)));
        for alias in ["", "live", "01", "+1", "-1", "1a"] {
            assert_eq!(FunctionVersion::parse(alias), None, "{alias}");
        }
    }
}
