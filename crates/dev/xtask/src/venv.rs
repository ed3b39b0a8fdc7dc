//! The Python environment that holds the published SDKs, at pinned versions, under the build directory.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};

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
    let [current, query] = [REQUIREMENTS, QUERY_REQUIREMENTS].map(|path| workspace.root.join(path));
    let wanted =
        hex::encode(Sha256::new().chain_update(read_file(&current)?).chain_update(read_file(&query)?).finalize());
    let home = workspace.target.join("venv");
    let (python, stamp) = (home.join("bin/python"), home.join("requirements.sha256"));
    if fs::read_to_string(&stamp).is_ok_and(|have| have == wanted) && python.exists() {
        return Ok(python);
    }
    step(&format!("Installing {REQUIREMENTS} into a virtual environment"));
    run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&home))?;
    let pip = || {
        let mut pip = Command::new(&python);
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"]);
        pip
    };
    run(pip().arg(&current))?;
    run(pip().arg(&query).args(["--no-deps", "--target"]).arg(home.join("query")))?;
    // Written last, so that an interrupted installation starts over.
    fs::write(&stamp, wanted).with_context(|| format!("cannot write {}", stamp.display()))?;
    Ok(python)
}

fn read_file(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}
