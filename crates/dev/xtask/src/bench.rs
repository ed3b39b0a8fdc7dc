//! `bench`: the release binary against the machine's own limits.

use std::ffi::OsString;
use std::process::Command;

use anyhow::Result;

use crate::run::{self, step};
use crate::workspace::Workspace;

/// Builds server and benchmark in release mode, then measures; `arguments` go to the benchmark.
pub(crate) fn run(workspace: &Workspace, arguments: &[OsString]) -> Result<()> {
    step("Building the release binary and the benchmark");
    run::run(workspace.cargo().args(["build", "--release", "--package", "bongsu", "--package", "bongsu-bench"]))?;
    step("Measuring");
    let release = workspace.target.join("release");
    let mut bench = Command::new(release.join("bongsu-bench"));
    run::run(bench.arg("--bin").arg(release.join("bongsu")).args(arguments))
}
