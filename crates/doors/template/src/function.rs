//! `AWS::Serverless::Function` and `AWS::Lambda::Function` → a function to start from a local folder.

use std::collections::BTreeMap;
use std::fmt;

use crate::names;
use crate::node::Entry;
use crate::reader::Reader;
use crate::scope::Identity;
use crate::template::{Declared, Kind};
use crate::{Inputs, Secret};

/// The timeout of a function that names none, in seconds.
const TIMEOUT_DEFAULT: u32 = 3;
/// The memory of a function that names none, in MiB.
const MEMORY_DEFAULT: u32 = 128;
/// How many bytes the names and values of a function's variables may have together.
pub const ENVIRONMENT_BYTES_MAX: usize = 4096;
/// What the executable of a `provided` runtime is called.
const PROVIDED_HANDLER: &str = "bootstrap";
/// Variables that Lambda sets itself and refuses to be given.
const RESERVED_VARIABLES: [&str; 19] = [
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
    "AWS_SECRET_KEY",
    "AWS_SESSION_TOKEN",
    "LAMBDA_RUNTIME_DIR",
    "LAMBDA_TASK_ROOT",
];
/// What SAM's `Globals: Function` may give.
pub(crate) const GLOBAL_PROPERTIES: [&str; 9] = [
    "Architectures",
    "CodeUri",
    "Environment",
    "Handler",
    "MemorySize",
    "ReservedConcurrentExecutions",
    "Runtime",
    "Tags",
    "Timeout",
];
/// What AWS needs and a local function does not.
pub(crate) const IGNORED_PROPERTIES: [&str; 5] = ["Architectures", "Description", "Policies", "Role", "Tags"];

/// A function to create.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionResource {
    /// The resource's name inside the template.
    pub logical_id: String,
    /// Where it begins in the template.
    pub line: u32,
    /// The function's name.
    pub name: String,
    /// What `Fn::GetAtt … Arn` gives.
    pub arn: String,
    /// What runs the code.
    pub runtime: Runtime,
    /// `module.function` for Python; unused by `provided` runtimes.
    pub handler: String,
    /// The folder of the code as the template says it: relative to the template's own folder unless absolute.
    pub code: String,
    /// How long an invocation may take, 1 to 900 seconds.
    pub timeout_seconds: u32,
    /// How much memory it asks for, 128 to 10240 MiB.
    pub memory_mebibytes: u32,
    /// Its environment variables; values are often credentials and do not print.
    pub environment: BTreeMap<String, Secret>,
    /// How many invocations may run at once; 0 switches the function off.
    pub reserved_concurrency: Option<u32>,
}

/// What runs a function's code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Runtime {
    /// Python 3 of this minor version.
    Python3(u8),
    /// An executable that speaks the Runtime API, built for Amazon Linux 2.
    ProvidedAl2,
    /// An executable that speaks the Runtime API, built for Amazon Linux 2023.
    ProvidedAl2023,
}

impl Runtime {
    fn parse(text: &str) -> Option<Runtime> {
        match text {
            "provided.al2" => Some(Runtime::ProvidedAl2),
            "provided.al2023" => Some(Runtime::ProvidedAl2023),
            _ => {
                let minor = text.strip_prefix("python3.")?.parse().ok().map(Runtime::Python3)?;
                // Refuses other spellings of the same number, such as `python3.011`.
                (minor.to_string() == text).then_some(minor)
            }
        }
    }
}

/// AWS's identifier: `python3.11`.
impl fmt::Display for Runtime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Runtime::Python3(minor) => write!(f, "python3.{minor}"),
            Runtime::ProvidedAl2 => f.write_str("provided.al2"),
            Runtime::ProvidedAl2023 => f.write_str("provided.al2023"),
        }
    }
}

/// The name given, or a generated one, and what follows from it.
pub(crate) fn identity(logical_id: &str, given: Option<String>, inputs: &Inputs) -> Identity {
    let name = given.unwrap_or_else(|| names::generated(inputs, logical_id, "", names::FUNCTION_NAME_MAX));
    let attributes = vec![("Arn", names::function_arn(inputs, &name))];
    Identity { reference: Some(name.clone()), name, attributes }
}

/// Reads the properties, but for `Events`, which the caller takes before. `None` when something needed is missing.
pub(crate) fn read(
    declared: &Declared<'_>,
    identity: &Identity,
    inputs: &Inputs,
    mut reader: Reader<'_>,
) -> Option<FunctionResource> {
    let name = identity.name.clone();
    reader.text("FunctionName");
    if !names::is_function_name(&name) {
        reader.fault(
            reader.line_of("FunctionName"),
            "FunctionName can only include alphanumeric characters, hyphens, or underscores, 1 to 64 in length",
        );
    }
    let runtime = runtime(&mut reader);
    let handler = handler(&mut reader, runtime.as_ref());
    let code = code(&mut reader, if declared.kind == Kind::ServerlessFunction { "CodeUri" } else { "Code" });
    let timeout_seconds = reader.whole("Timeout", 1..=900).unwrap_or(TIMEOUT_DEFAULT);
    let memory_mebibytes = reader.whole("MemorySize", 128..=10_240).unwrap_or(MEMORY_DEFAULT);
    let environment = environment(&mut reader);
    let reserved_concurrency = reader.whole("ReservedConcurrentExecutions", 0..=1_000_000);
    reader.finish();
    Some(FunctionResource {
        logical_id: declared.logical_id.to_owned(),
        line: declared.line,
        arn: names::function_arn(inputs, &name),
        name,
        runtime: runtime?,
        handler: handler?,
        code: code?,
        timeout_seconds,
        memory_mebibytes,
        environment,
        reserved_concurrency,
    })
}

fn runtime(reader: &mut Reader<'_>) -> Option<Runtime> {
    let text = reader.required("Runtime")?;
    let runtime = Runtime::parse(&text);
    if runtime.is_none() {
        let reason = format!("runtime {text} is not supported yet: python3.x, provided.al2023 or provided.al2 is");
        reader.fault(reader.line_of("Runtime"), reason);
    }
    runtime
}

fn handler(reader: &mut Reader<'_>, runtime: Option<&Runtime>) -> Option<String> {
    let Some(Runtime::Python3(_)) = runtime else {
        return Some(reader.string("Handler").unwrap_or_else(|| PROVIDED_HANDLER.to_owned()));
    };
    let handler = reader.required("Handler")?;
    let is_complete =
        handler.rsplit_once('.').is_some_and(|(module, function)| !module.is_empty() && !function.is_empty());
    if !is_complete {
        reader.fault(reader.line_of("Handler"), format!("Handler must be module.function, not {handler}"));
        return None;
    }
    Some(handler)
}

fn code(reader: &mut Reader<'_>, property: &str) -> Option<String> {
    let line = reader.line_of(property);
    if !reader.has(property) {
        reader.fault(line, format!("{property} is missing"));
    }
    let code = reader.take(property)?;
    match code.as_text() {
        Some(path) if !path.text.is_empty() && !path.text.contains("://") => Some(path.text.clone()),
        _ => {
            reader.fault(
                line,
                format!("{property} must be the path of a local folder; other places are not supported yet"),
            );
            None
        }
    }
}

fn environment(reader: &mut Reader<'_>) -> BTreeMap<String, Secret> {
    let line = reader.line_of("Environment");
    let mut environment = BTreeMap::new();
    let Some(mut outer) = reader.map("Environment") else { return environment };
    let variables = outer.map("Variables").map(Reader::into_entries).unwrap_or_default();
    for Entry { key, line, node } in variables {
        let rest = key.strip_prefix(|first: char| first.is_ascii_alphabetic()).unwrap_or_default();
        let is_name = !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if RESERVED_VARIABLES.contains(&key.as_str()) {
            outer.fault(line, format!("variable {key} is set by Lambda itself"));
        } else if !is_name {
            outer.fault(line, format!("variable {key} must begin with a letter, then letters, digits and _"));
        }
        match (node.as_text(), node.kind()) {
            (Some(value), _) => {
                environment.insert(key, Secret::from(value.text.as_str()));
            }
            (None, "a faulty value") => {}
            (None, kind) => outer.fault(line, format!("variable {key} must be a text, not {kind}")),
        }
    }
    let bytes: usize = environment.iter().map(|(name, value)| name.len() + value.expose().len()).sum();
    if bytes > ENVIRONMENT_BYTES_MAX {
        outer.fault(line, format!("the variables have {bytes} bytes together; {ENVIRONMENT_BYTES_MAX} are allowed"));
    }
    outer.finish();
    environment
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_runtime_has_one_spelling() {
        for text in ["python3.8", "python3.14", "provided.al2", "provided.al2023"] {
            assert_eq!(Runtime::parse(text).map(|runtime| runtime.to_string()).as_deref(), Some(text));
        }
        for text in ["", "python3.", "python3.011", "python3.+9", "python2.7", "python3.999", "provided", "nodejs22.x"]
        {
            assert_eq!(Runtime::parse(text), None, "{text}");
        }
    }
}
