//! The Python environment that holds the published SDKs and Node, at pinned versions, under the build directory.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Result, bail};

use crate::installation::Installation;
use crate::run::{read, run, step};
use crate::workspace::Workspace;

/// The packages and their versions.
const REQUIREMENTS: &str = "tests/conformance/requirements.txt";
/// What still has the service models of the Query protocol; installed beside, for its data alone.
const QUERY_REQUIREMENTS: &str = "tests/conformance/requirements-query.txt";
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

/// Makes the environment unless it is there and current, and returns its Python.
pub(crate) fn python(workspace: &Workspace) -> Result<PathBuf> {
    let requirements = [REQUIREMENTS, QUERY_REQUIREMENTS].map(|path| workspace.root.join(path));
    let environment = Installation::new(workspace.target.join("venv"), &requirements)?;
    let home = &environment.home;
    let python = home.join("bin/python");
    if environment.is_current() && python.exists() {
        return Ok(python);
    }
    step(&format!("Installing {REQUIREMENTS} into a virtual environment"));
    run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(home))?;
    let pip = || {
        let mut pip = Command::new(&python);
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"]);
        pip
    };
    let [current, query] = &requirements;
    run(pip().arg(current))?;
    run(pip().arg(query).args(["--no-deps", "--target"]).arg(home.join("query")))?;
    environment.finish()?;
    Ok(python)
}
