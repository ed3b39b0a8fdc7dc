//! Finds the interpreters of functions, once each: behind a name on the `PATH` there may be a script that takes its time.

use std::collections::HashMap;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;
use std::{env, fs};

use tokio::process::Command;
use tokio::sync::Mutex;
use tokio::time::timeout;

use crate::Runtime;

/// How long an interpreter may take to say what it is.
const ANSWER_MAX: Duration = Duration::from_secs(20);

/// Writes the interpreter's file, its version and its folders, a line each.
const PYTHON_QUESTION: &str = "import sys, platform
print(sys.executable, platform.python_version(), sys.prefix, sys.base_prefix, *filter(None, sys.path), sep='\\n')";
const NODE_QUESTION: &str = "console.log(process.execPath + '\\n' + process.versions.node + '\\n' + \
    require('path').join(process.execPath, '..', '..', 'lib'))";
/// Whoever set these for the server did not mean functions.
const PYTHON_VARIABLES: [&str; 2] = ["PYTHONPATH", "PYTHONHOME"];

/// A program that runs code of a language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interpreter {
    /// The program itself, behind all links and scripts.
    pub program: PathBuf,
    /// Such as `3.12.1`.
    pub version: String,
    /// Where it has its libraries.
    pub folders: Vec<PathBuf>,
}

/// The interpreters found so far, by the words they are found by: those that are wanted, and those that work instead.
#[derive(Default)]
pub(crate) struct Interpreters {
    found: Mutex<HashMap<String, Arc<Interpreter>>>,
}

impl Interpreters {
    /// The interpreter that a runtime needs, if it needs one, or what is missing.
    pub(crate) async fn find(&self, runtime: &Runtime) -> Result<Option<Arc<Interpreter>>, String> {
        let words = match runtime {
            Runtime::Provided => return Ok(None),
            Runtime::Python { version } => vec![format!("python{version}"), "python3".to_owned()],
            Runtime::Node { .. } => vec!["node".to_owned()],
        };
        // Held while a program is asked, so that it is asked once.
        let mut found = self.found.lock().await;
        for place in 0..words.len() {
            let interpreter = match found.get(&words[place]) {
                Some(known) => known.clone(),
                None => match interpreter(&words[place]).await {
                    Some(interpreter) => Arc::new(interpreter),
                    None => continue,
                },
            };
            // Those before it do not work, and are not asked again: that takes its time too.
            for word in &words[..=place] {
                found.insert(word.clone(), interpreter.clone());
            }
            return Ok(Some(interpreter));
        }
        Err(format!("Couldn't find a working {} on the PATH", words.join(" or ")))
    }
}

/// The interpreter behind `python…` or `node` on the `PATH`; `None` if there is none that works.
pub async fn interpreter(word: &str) -> Option<Interpreter> {
    let mut command = Command::new(find_on_path(word)?);
    match word {
        "node" => command.args(["-e", NODE_QUESTION]),
        _ => command.args(["-c", PYTHON_QUESTION]),
    };
    for variable in PYTHON_VARIABLES {
        command.env_remove(variable);
    }
    command.stdin(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    let output = timeout(ANSWER_MAX, command.output()).await.ok()?.ok()?;
    let answer = String::from_utf8(output.stdout).ok().filter(|_| output.status.success())?;
    let mut lines = answer.lines();
    let (program, version) = (lines.next()?, lines.next()?);
    Some(Interpreter { program: program.into(), version: version.to_owned(), folders: lines.map(Into::into).collect() })
}

fn find_on_path(program: &str) -> Option<PathBuf> {
    env::split_paths(&env::var_os("PATH")?).map(|folder| folder.join(program)).find(|file| is_executable(file))
}

/// Whether the file is a program, for whomever.
pub(crate) fn is_executable(file: &Path) -> bool {
    fs::metadata(file).is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_interpreter_says_where_it_is_and_what() {
        let python = interpreter("python3").await.unwrap();
        assert!(python.program.is_absolute() && is_executable(&python.program));
        assert!(python.version.starts_with("3."), "{}", python.version);
        assert!(python.folders.iter().any(|folder| folder.join("site.py").exists()));
    }

    #[tokio::test]
    async fn a_version_that_is_not_there_is_replaced_and_a_missing_program_is_named() {
        let interpreters = Interpreters::default();
        let any = Runtime::Python { version: "3".to_owned() };
        let missing = Runtime::Python { version: "3.999".to_owned() };
        assert_eq!(interpreters.find(&missing).await, interpreters.find(&any).await);
        assert!(interpreters.found.lock().await.contains_key("python3.999"), "it would be looked for again");
        assert_eq!(interpreters.find(&Runtime::Provided).await, Ok(None));
        assert_eq!(interpreter("python3.999").await, None);
    }
}
