//! Functions of a server under test: their code, and the template that they are deployed from.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::{Map, Value, json};

/// The variable that says how long the bootstrap works on an event, in milliseconds.
pub const MILLIS: &str = "BENCH_MILLIS";
/// The variable that says how many events the bootstrap takes at once.
pub const AT_ONCE: &str = "BENCH_AT_ONCE";
/// The variable that says where the bootstrap tells of its invocations.
pub const TALLY: &str = "BENCH_TALLY";

const BOOTSTRAP: &str = "bongsu-bench-function";
const PYTHON: &str = "def handler(event, context):\n    return event\n";
const NODE: &str = "exports.handler = async (event) => event;\n";

/// What a function is written in. All of them answer an event with itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// Run by what is built in.
    Python,
    /// Run by what is built in.
    Node,
    /// A bootstrap of our own, written against the Runtime API.
    Rust,
}

impl Language {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Python, Self::Node, Self::Rust];

    /// In the report, and of the folder with the code.
    pub fn name(self) -> &'static str {
        match self {
            Self::Python => "python",
            Self::Node => "node",
            Self::Rust => "rust",
        }
    }

    fn runtime(self) -> &'static str {
        match self {
            Self::Python => "python3.12",
            Self::Node => "nodejs22.x",
            Self::Rust => "provided.al2023",
        }
    }

    /// What runs it: an interpreter, or the bootstrap.
    pub fn program(self) -> Result<PathBuf> {
        let (interpreter, arguments) = match self {
            Self::Rust => return bootstrap(),
            Self::Python => ("python3", ["-c", "import sys; print(sys.executable)"]),
            Self::Node => ("node", ["-e", "console.log(process.execPath)"]),
        };
        // What is found on the PATH may be a script that looks for the interpreter.
        let found = Command::new(interpreter).args(arguments).output();
        let found = found.with_context(|| format!("{interpreter} cannot be run"))?;
        ensure!(found.status.success(), "{interpreter} does not work: {}", String::from_utf8_lossy(&found.stderr));
        Ok(String::from_utf8(found.stdout)?.trim().into())
    }

    /// A command that starts such a program and has it end at once.
    pub fn bare_start(self) -> Result<Command> {
        let mut command = Command::new(self.program()?);
        command.args(match self {
            Self::Python => &["-c", "0"][..],
            Self::Node => &["-e", "0"],
            Self::Rust => &[],
        });
        Ok(command)
    }

    fn write_code(self, folder: &Path) -> Result<()> {
        fs::create_dir_all(folder)?;
        match self {
            Self::Python => fs::write(folder.join("app.py"), PYTHON)?,
            Self::Node => fs::write(folder.join("app.js"), NODE)?,
            Self::Rust => fs::copy(bootstrap()?, folder.join("bootstrap")).map(drop)?,
        }
        Ok(())
    }
}

/// It is built beside the benchmark.
fn bootstrap() -> Result<PathBuf> {
    let path = std::env::current_exe()?.with_file_name(BOOTSTRAP);
    ensure!(path.exists(), "there is no {}", path.display());
    Ok(path)
}

/// Functions, and what feeds them, to be deployed together.
#[derive(Default)]
pub struct Template {
    languages: Vec<Language>,
    resources: Map<String, Value>,
}

impl Template {
    /// Adds a function with some variables, and properties beside the usual ones.
    pub fn function(&mut self, name: &str, language: Language, variables: &[(&str, String)], properties: &Value) {
        let variables: Map<_, _> = variables.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
        let mut all = json!({
            "FunctionName": name,
            "Runtime": language.runtime(),
            "Handler": "app.handler",
            "CodeUri": format!("./{}", language.name()),
            "Timeout": 60,
            // What an account has on AWS; without it a template gives a function ten.
            "ReservedConcurrentExecutions": 1000,
            "Environment": { "Variables": variables },
        });
        for (name, value) in properties.as_object().into_iter().flatten() {
            all[name] = value.clone();
        }
        self.resource(name, "AWS::Serverless::Function", all);
        self.languages.push(language);
    }

    /// Adds another resource. Its name consists of letters and digits, as those of functions.
    pub fn resource(&mut self, name: &str, kind: &str, properties: Value) {
        self.resources.insert(name.to_owned(), json!({ "Type": kind, "Properties": properties }));
    }

    /// Writes it to a folder, with the code beside it; where it is.
    pub fn write(&self, folder: &Path) -> Result<PathBuf> {
        for language in &self.languages {
            language.write_code(&folder.join(language.name()))?;
        }
        let template = json!({
            "AWSTemplateFormatVersion": "2010-09-09",
            "Transform": "AWS::Serverless-2016-10-31",
            "Resources": self.resources,
        });
        let path = folder.join("bench.json");
        fs::write(&path, serde_json::to_vec_pretty(&template)?)?;
        Ok(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_stands_beside_its_code() {
        let folder = tempfile::tempdir().unwrap();
        let mut template = Template::default();
        let properties = json!({ "Timeout": 3 });
        template.function("slow", Language::Python, &[(MILLIS, "20".to_owned())], &properties);
        let path = template.write(folder.path()).unwrap();
        let written: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
        let properties = &written["Resources"]["slow"]["Properties"];
        assert_eq!(properties["Timeout"], 3);
        assert_eq!(properties["Environment"]["Variables"][MILLIS], "20");
        let code = folder.path().join(properties["CodeUri"].as_str().unwrap()).join("app.py");
        assert_eq!(fs::read_to_string(code).unwrap(), PYTHON);
    }
}
