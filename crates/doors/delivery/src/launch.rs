//! The command line and the variables that a function's process starts with.

use std::ffi::OsString;
use std::hash::BuildHasher;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use std::{env, fs};

use tokio::process::Command;

use crate::{FunctionSpec, FunctionsConfig, Runtime};

/// Runs a Python handler with nothing but the standard library.
const PYTHON_BOOTSTRAP: &str = include_str!("bootstrap.py");

const LATEST: &str = "$LATEST";
const SECONDS_A_DAY: u64 = 24 * 60 * 60;

/// Variables that belong to the platform; a function's own variables of these names are ignored.
/// <https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime>
const RESERVED_VARIABLES: &[&str] = &[
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
    "AWS_LAMBDA_LOG_GROUP_NAME",
    "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_LAMBDA_MAX_CONCURRENCY",
    "AWS_LAMBDA_RUNTIME_API",
    "AWS_REGION",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "LAMBDA_RUNTIME_DIR",
    "LAMBDA_TASK_ROOT",
];

/// Builds the command for a new process, or says why there is none.
pub(crate) fn command(
    function: &FunctionSpec,
    config: &FunctionsConfig,
    runtime_api: SocketAddr,
) -> Result<Command, String> {
    let code = fs::canonicalize(&function.code)
        .map_err(|error| format!("Couldn't open the code directory {}: {error}", function.code.display()))?;
    let mut words: Vec<OsString> = config.launcher.iter().map(OsString::from).collect();
    words.extend(runtime_words(function, &code)?);
    let mut command = Command::new(&words[0]);
    command.args(&words[1..]).current_dir(&code).env_clear();
    command.envs(open_variables(config, &code)).envs(own_variables(function));
    command.envs(platform_variables(function, config, &code, runtime_api));
    Ok(command)
}

fn runtime_words(function: &FunctionSpec, code: &Path) -> Result<Vec<OsString>, String> {
    match &function.runtime {
        Runtime::Provided => {
            let bootstrap = code.join("bootstrap");
            if !is_executable(&bootstrap) {
                return Err(format!("Couldn't find valid bootstrap(s): [{}]", bootstrap.display()));
            }
            Ok(vec![bootstrap.into()])
        }
        Runtime::Python { version } => {
            let exact = format!("python{version}");
            let python = find_on_path(&exact).or_else(|| find_on_path("python3"));
            let python = python.ok_or_else(|| format!("Couldn't find {exact} or python3 on the PATH"))?;
            let mut words: Vec<OsString> = vec![python.into(), "-u".into()];
            if code.join("awslambdaric").is_dir() {
                words.extend(["-m", "awslambdaric", &function.handler].map(OsString::from));
            } else {
                words.extend(["-c", PYTHON_BOOTSTRAP].map(OsString::from));
            }
            Ok(words)
        }
    }
}

fn find_on_path(program: &str) -> Option<PathBuf> {
    env::split_paths(&env::var_os("PATH")?).map(|folder| folder.join(program)).find(|file| is_executable(file))
}

fn is_executable(file: &Path) -> bool {
    fs::metadata(file).is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
}

/// Defaults that a function may replace.
fn open_variables(config: &FunctionsConfig, code: &Path) -> Vec<(&'static str, OsString)> {
    let mut libraries = vec![code.to_owned(), code.join("lib")];
    // Some interpreters only start with the libraries that this process was given.
    libraries.extend(env::split_paths(&env::var_os("LD_LIBRARY_PATH").unwrap_or_default()));
    let mut variables: Vec<(&str, OsString)> = vec![
        ("AWS_ENDPOINT_URL", config.endpoint_url.clone().into()),
        ("AWS_XRAY_CONTEXT_MISSING", "LOG_ERROR".into()),
        ("AWS_XRAY_DAEMON_ADDRESS", "127.0.0.1:2000".into()),
        ("LANG", "en_US.UTF-8".into()),
        ("PATH", env::var_os("PATH").unwrap_or_else(|| "/usr/local/bin:/usr/bin:/bin".into())),
        // The code directory belongs to its author, as AWS's read-only one does.
        ("PYTHONDONTWRITEBYTECODE", "1".into()),
        ("TZ", ":UTC".into()),
    ];
    // A folder with a colon in its name cannot stand in the list; such a function goes without.
    variables.extend(env::join_paths(libraries).ok().map(|libraries| ("LD_LIBRARY_PATH", libraries)));
    variables
}

fn own_variables(function: &FunctionSpec) -> impl Iterator<Item = (&String, &String)> {
    function.environment.iter().filter(|(name, _)| !RESERVED_VARIABLES.contains(&name.as_str()))
}

fn platform_variables(
    function: &FunctionSpec,
    config: &FunctionsConfig,
    code: &Path,
    runtime_api: SocketAddr,
) -> Vec<(&'static str, OsString)> {
    let mut variables: Vec<(&str, OsString)> = vec![
        ("_HANDLER", (&function.handler).into()),
        ("AWS_ACCESS_KEY_ID", (&config.credentials.access_key_id).into()),
        ("AWS_DEFAULT_REGION", (&config.region).into()),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", function.memory_mb.to_string().into()),
        ("AWS_LAMBDA_FUNCTION_NAME", (&function.name).into()),
        ("AWS_LAMBDA_FUNCTION_VERSION", LATEST.into()),
        ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand".into()),
        ("AWS_LAMBDA_LOG_GROUP_NAME", format!("/aws/lambda/{}", function.name).into()),
        ("AWS_LAMBDA_LOG_STREAM_NAME", log_stream().into()),
        ("AWS_LAMBDA_RUNTIME_API", runtime_api.to_string().into()),
        ("AWS_REGION", (&config.region).into()),
        ("AWS_SECRET_ACCESS_KEY", (&config.credentials.secret_access_key).into()),
        ("AWS_SESSION_TOKEN", (&config.credentials.session_token).into()),
        ("LAMBDA_RUNTIME_DIR", "/var/runtime".into()),
        ("LAMBDA_TASK_ROOT", code.into()),
    ];
    if let Runtime::Python { version } = &function.runtime {
        variables.push(("AWS_EXECUTION_ENV", format!("AWS_Lambda_python{version}").into()));
    }
    variables
}

/// A new name such as `2026/01/31/[$LATEST]0123456789abcdef0123456789abcdef`.
fn log_stream() -> String {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    let (year, month, day) = date(since_epoch.as_secs() / SECONDS_A_DAY);
    let (high, low) = (random(), random());
    format!("{year:04}/{month:02}/{day:02}/[{LATEST}]{high:016x}{low:016x}")
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
        assert_ne!(log_stream(), log_stream());
    }
}
