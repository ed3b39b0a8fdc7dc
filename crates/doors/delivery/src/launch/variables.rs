//! The variables that a function's process starts with.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime>

use std::collections::BTreeMap;
use std::env;
use std::ffi::{OsStr, OsString};
use std::hash::BuildHasher;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::layers;
use crate::function::LogFormat;
use crate::interpreter::Interpreter;
use crate::{FunctionSpec, FunctionsConfig, Runtime};

const SECONDS_A_DAY: u64 = 24 * 60 * 60;

/// Variables that belong to the platform; a function's own variables of these names are ignored.
const RESERVED: &[&str] = &[
    "_HANDLER",
    "_X_AMZN_TRACE_ID",
    "_LAMBDA_TELEMETRY_LOG_FD",
    "AWS_ACCESS_KEY",
    "AWS_ACCESS_KEY_ID",
    "AWS_DEFAULT_REGION",
    "AWS_EXECUTION_ENV",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_INITIALIZATION_TYPE",
    "AWS_LAMBDA_LOG_FORMAT",
    "AWS_LAMBDA_LOG_GROUP_NAME",
    "AWS_LAMBDA_LOG_LEVEL",
    "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_LAMBDA_MAX_CONCURRENCY",
    "AWS_LAMBDA_RUNTIME_API",
    "AWS_REGION",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "LAMBDA_RUNTIME_DIR",
    "LAMBDA_TASK_ROOT",
];

/// Variables that list folders, in which a function has to find what it names.
const LISTS: [&str; 4] = ["LD_LIBRARY_PATH", "NODE_PATH", "PATH", "PYTHONPATH"];

/// Names and values.
pub(crate) type Variables = BTreeMap<OsString, OsString>;

/// What a process is started for.
pub(crate) struct Start<'a> {
    pub(crate) function: &'a FunctionSpec,
    pub(crate) config: &'a FunctionsConfig,
    pub(crate) interpreter: Option<&'a Interpreter>,
    pub(crate) code: &'a Path,
    pub(crate) layers: &'a [PathBuf],
    pub(crate) tmp: &'a Path,
    pub(crate) runtime_api: SocketAddr,
}

/// All variables of a process.
pub(crate) fn all(start: &Start<'_>) -> Variables {
    let mut variables = Variables::new();
    variables.extend(defaults(start).into_iter().map(|(name, value)| (name.into(), value)));
    variables.extend(
        start
            .function
            .environment
            .iter()
            .filter(|(name, _)| !RESERVED.contains(&name.as_str()))
            .map(|(name, value)| (name.into(), value.into())),
    );
    prepend(&mut variables, "PATH", of_interpreter(start));
    for (name, folders) in [
        ("LD_LIBRARY_PATH", layers::libraries(start.layers)),
        ("NODE_PATH", of_node(start)),
        ("PATH", layers::programs(start.layers)),
        ("PYTHONPATH", of_python(start)),
    ] {
        prepend(&mut variables, name, folders);
    }
    variables.extend(platform(start).into_iter().map(|(name, value)| (name.into(), value)));
    variables
}

/// The folders that the variables name.
pub(crate) fn folders(variables: &Variables) -> Vec<PathBuf> {
    let lists = LISTS.iter().filter_map(|name| variables.get(OsStr::new(name)));
    lists.flat_map(|list| env::split_paths(list)).filter(|folder| folder.is_absolute()).collect()
}

/// Where the interpreter is, unless that is on the server's `PATH`: a script that stands before it there may want more than
/// a function can read.
fn of_interpreter(start: &Start<'_>) -> Vec<PathBuf> {
    let folder = start.interpreter.and_then(|interpreter| interpreter.program.parent());
    let path = env::var_os("PATH").unwrap_or_default();
    folder.filter(|folder| env::split_paths(&path).all(|known| known != **folder)).map(Into::into).into_iter().collect()
}

fn of_python(start: &Start<'_>) -> Vec<PathBuf> {
    match (&start.function.runtime, start.interpreter) {
        (Runtime::Python { .. }, Some(python)) => layers::python(start.layers, python),
        _ => Vec::new(),
    }
}

fn of_node(start: &Start<'_>) -> Vec<PathBuf> {
    match (&start.function.runtime, start.interpreter) {
        (Runtime::Node { .. }, Some(node)) => layers::node(start.layers, node),
        _ => Vec::new(),
    }
}

/// Puts folders before those that are in the list already.
fn prepend(variables: &mut Variables, name: &str, mut folders: Vec<PathBuf>) {
    if folders.is_empty() {
        return;
    }
    folders.extend(variables.get(OsStr::new(name)).into_iter().flat_map(env::split_paths));
    // A folder with a colon in its name cannot stand in the list; such a function goes without.
    if let Ok(list) = env::join_paths(folders) {
        variables.insert(name.into(), list);
    }
}

/// What a function may replace.
fn defaults(start: &Start<'_>) -> Vec<(&'static str, OsString)> {
    let mut libraries = vec![start.code.to_owned(), start.code.join("lib")];
    // Some interpreters only start with the libraries that this process was given.
    libraries.extend(env::split_paths(&env::var_os("LD_LIBRARY_PATH").unwrap_or_default()));
    let mut variables: Vec<(&str, OsString)> = vec![
        ("AWS_ENDPOINT_URL", start.config.endpoint_url.clone().into()),
        ("AWS_XRAY_CONTEXT_MISSING", "LOG_ERROR".into()),
        ("AWS_XRAY_DAEMON_ADDRESS", "127.0.0.1:2000".into()),
        ("LANG", "en_US.UTF-8".into()),
        ("PATH", env::var_os("PATH").unwrap_or_else(|| "/usr/local/bin:/usr/bin:/bin".into())),
        // The code directory belongs to its author, as AWS's read-only one does.
        ("PYTHONDONTWRITEBYTECODE", "1".into()),
        ("TMPDIR", start.tmp.into()),
        ("TZ", ":UTC".into()),
    ];
    variables.extend(env::join_paths(libraries).ok().map(|libraries| ("LD_LIBRARY_PATH", libraries)));
    variables
}

fn platform(start: &Start<'_>) -> Vec<(&'static str, OsString)> {
    let (function, config) = (start.function, start.config);
    let mut variables: Vec<(&str, OsString)> = vec![
        ("_HANDLER", (&function.handler).into()),
        ("AWS_ACCESS_KEY_ID", (&config.credentials.access_key_id).into()),
        ("AWS_DEFAULT_REGION", (&config.region).into()),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", function.memory_mb.to_string().into()),
        ("AWS_LAMBDA_FUNCTION_NAME", (&function.name).into()),
        ("AWS_LAMBDA_FUNCTION_VERSION", (&function.version_name).into()),
        ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand".into()),
        ("AWS_LAMBDA_LOG_GROUP_NAME", format!("/aws/lambda/{}", function.name).into()),
        ("AWS_LAMBDA_LOG_STREAM_NAME", log_stream(&function.version_name).into()),
        ("AWS_LAMBDA_RUNTIME_API", start.runtime_api.to_string().into()),
        ("AWS_REGION", (&config.region).into()),
        ("AWS_SECRET_ACCESS_KEY", (&config.credentials.secret_access_key).into()),
        ("AWS_SESSION_TOKEN", (&config.credentials.session_token).into()),
        ("LAMBDA_RUNTIME_DIR", "/var/runtime".into()),
        ("LAMBDA_TASK_ROOT", start.code.into()),
    ];
    if let LogFormat::Json { level } = &function.log_format {
        variables.push(("AWS_LAMBDA_LOG_FORMAT", "JSON".into()));
        variables.push(("AWS_LAMBDA_LOG_LEVEL", level.into()));
    }
    if function.concurrency_per_process > 1 {
        variables.push(("AWS_LAMBDA_MAX_CONCURRENCY", function.concurrency_per_process.to_string().into()));
    }
    match &function.runtime {
        Runtime::Python { version } => {
            variables.push(("AWS_EXECUTION_ENV", format!("AWS_Lambda_python{version}").into()));
        }
        Runtime::Node { version } => {
            variables.push(("AWS_EXECUTION_ENV", format!("AWS_Lambda_nodejs{version}").into()));
        }
        Runtime::Provided => {}
    }
    variables
}

/// A new name such as `2026/01/31/[$LATEST]0123456789abcdef0123456789abcdef`.
fn log_stream(version: &str) -> String {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    let (year, month, day) = date(since_epoch.as_secs() / SECONDS_A_DAY);
    let (high, low) = (random(), random());
    format!("{year:04}/{month:02}/{day:02}/[{version}]{high:016x}{low:016x}")
}

/// Unpredictable enough for a name: each hasher of the standard library has keys of its own.
fn random() -> u64 {
    std::hash::RandomState::new().hash_one(SystemTime::now())
}

/// The date of a day since 1970-01-01, counted in years that begin on the first of March.
/// <https://howardhinnant.github.io/date_algorithms.html#civil_from_days>
fn date(days: u64) -> (u64, u64, u64) {
    const DAYS_BEFORE_1970: u64 = 719_468;
    const DAYS_IN_400_YEARS: u64 = 146_097;
    let days = days + DAYS_BEFORE_1970;
    let (era, day_of_era) = (days / DAYS_IN_400_YEARS, days % DAYS_IN_400_YEARS);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (era * 400 + year_of_era + u64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::LATEST;

    #[test]
    fn days_become_dates() {
        for (days, expected) in
            [(0, (1970, 1, 1)), (11_016, (2000, 2, 29)), (20_512, (2026, 2, 28)), (20_513, (2026, 3, 1))]
        {
            assert_eq!(date(days), expected);
        }
    }

    #[test]
    fn no_two_log_streams_have_the_same_name() {
        assert_ne!(log_stream(LATEST), log_stream(LATEST));
    }
}
