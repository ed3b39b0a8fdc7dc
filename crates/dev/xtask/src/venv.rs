//! The Python environments of the published SDKs with Node, and of the SAM CLI, at pinned versions, under the build directory.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, bail};

use crate::installation::Installation;
use crate::run::{read, run, step};
use crate::workspace::Workspace;

/// The packages and their versions.
const REQUIREMENTS: &str = "tests/conformance/requirements.txt";
/// What still has the service models of the Query protocol; installed beside, for its data alone.
const QUERY_REQUIREMENTS: &str = "tests/conformance/requirements-query.txt";
/// The SAM CLI, in an environment of its own: it needs other versions of the same packages.
const SAM_REQUIREMENTS: &str = "tests/conformance/requirements-sam.txt";
/// The oldest Python that these run on.
const PYTHON_MINIMUM: (u32, u32) = (3, 10);

/// Makes sure of a Python that can run functions and make environments, or says what to install.
pub(crate) fn check_python() -> Result<()> {
    let version = "import sys; print(sys.version_info[0], sys.version_info[1])";
    let Ok(version) = read(Command::new("python3").args(["-c", version])) else {
        bail!(
            "python3 is missing: functions and the SDK tests run on it (Debian, Ubuntu: apt-get install python3-venv)"
        );
    };
    let mut parts = version.split_whitespace().map_while(|part| part.parse::<u32>().ok());
    let found = (parts.next().unwrap_or(0), parts.next().unwrap_or(0));
    if found < PYTHON_MINIMUM {
        let (major, minor) = PYTHON_MINIMUM;
        bail!("python3 is {}.{}; the SDK tests need {major}.{minor} or later", found.0, found.1);
    }
    if read(Command::new("python3").args(["-c", "import ensurepip, venv"])).is_err() {
        bail!("python3 cannot make virtual environments (Debian, Ubuntu: apt-get install python3-venv)");
    }
    Ok(())
}

/// Makes the environment of the SDKs unless it is there and current, and returns its Python.
pub(crate) fn python(workspace: &Workspace) -> Result<PathBuf> {
    let home = environment(workspace, "venv", &[REQUIREMENTS, QUERY_REQUIREMENTS], |home, requirements| {
        run(&mut pip(home, &requirements[0]))?;
        run(pip(home, &requirements[1]).args(["--no-deps", "--target"]).arg(home.join("query")))
    })?;
    Ok(home.join("bin/python"))
}

/// Makes the environment of the SAM CLI likewise, and returns that program.
pub(crate) fn sam(workspace: &Workspace) -> Result<PathBuf> {
    let install = |home: &Path, requirements: &[PathBuf]| run(pip(home, &requirements[0]).arg("--no-deps"));
    let home = environment(workspace, "sam", &[SAM_REQUIREMENTS], install)?;
    Ok(home.join("bin/sam"))
}

/// An environment of this name, with what is installed into it from these files.
fn environment(
    workspace: &Workspace,
    name: &str,
    requirements: &[&str],
    install: impl FnOnce(&Path, &[PathBuf]) -> Result<()>,
) -> Result<PathBuf> {
    let files: Vec<PathBuf> = requirements.iter().map(|path| workspace.root.join(path)).collect();
    let environment = Installation::new(workspace.target.join(name), &files)?;
    let home = &environment.home;
    if environment.is_current() && home.join("bin/python").exists() {
        return Ok(environment.home);
    }
    step(&format!("Installing {} into a virtual environment", requirements[0]));
    run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(home))?;
    install(home, &files)?;
    environment.finish()?;
    Ok(environment.home)
}

fn pip(home: &Path, requirements: &Path) -> Command {
    let mut pip = Command::new(home.join("bin/python"));
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"]).arg(requirements);
    pip
}
