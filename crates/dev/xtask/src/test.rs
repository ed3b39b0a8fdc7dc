//! `test`: the release binary, the published SDKs, and every test of the workspace.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

use crate::run::{self, describe, step};
use crate::workspace::Workspace;
use crate::{node, venv};

/// Builds what the tests need and runs them all; the last line adds up the results.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    venv::check_python()?;
    step("Building the release binary");
    run::run(workspace.cargo().args(["build", "--release", "--package", "bongsu"]))?;
    let python = venv::python(workspace)?;
    let node = node::node(workspace, &python)?;
    let sam = venv::sam(workspace)?;

    // Documentation examples apart: together with `--all-targets` cargo would leave them out.
    let mut total = Counts::default();
    for (what, targets) in [("the examples in the documentation", "--doc"), ("every test", "--all-targets")] {
        step(&format!("Running {what}"));
        let mut cargo = workspace.cargo();
        cargo.args(["test", "--workspace", "--no-fail-fast", targets]);
        cargo.env("BONGSU_BIN", workspace.target.join("release/bongsu"));
        cargo.env("BONGSU_PYTHON", &python).env("BONGSU_NODE", &node).env("BONGSU_SAM", &sam);
        total.add(run_and_count(&mut cargo)?);
    }
    println!("{} passed, {} failed", total.passed, total.failed);
    ensure!(total.failed == 0 && !total.broken, "some tests failed");
    Ok(())
}

/// What the test runners reported.
#[derive(Debug, Default, PartialEq, Eq)]
struct Counts {
    passed: u64,
    failed: u64,
    /// A runner did not end well, whatever it reported.
    broken: bool,
}

impl Counts {
    fn add(&mut self, other: Counts) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.broken |= other.broken;
    }

    /// Reads `test result: ok. 6 passed; 0 failed; …`; other lines count for nothing.
    fn read(line: &str) -> Counts {
        let Some(result) = line.strip_prefix("test result: ") else { return Counts::default() };
        let count = |what: &str| {
            let words: Vec<&str> = result.split([' ', ';']).filter(|word| !word.is_empty()).collect();
            let found = words.windows(2).find(|pair| pair[1] == what).and_then(|pair| pair[0].parse().ok());
            found.unwrap_or(0)
        };
        Counts { passed: count("passed"), failed: count("failed"), broken: false }
    }
}

/// Shows what the command prints while adding up the results in it.
fn run_and_count(command: &mut Command) -> Result<Counts> {
    let name = describe(command);
    let mut child = command.stdout(Stdio::piped()).spawn().with_context(|| format!("cannot start {name}"))?;
    let mut counts = Counts::default();
    for line in BufReader::new(child.stdout.take().expect("standard output is piped")).lines() {
        let line = line.with_context(|| format!("{name} printed something that is no text"))?;
        println!("{line}");
        counts.add(Counts::read(&line));
    }
    counts.broken = !child.wait()?.success();
    Ok(counts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_read_from_the_runners_closing_lines_only() {
        for (line, passed, failed) in [
            ("test result: ok. 6 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.08s", 6, 0),
            ("test result: FAILED. 12 passed; 3 failed; 0 ignored; 0 measured; 0 filtered out", 12, 3),
            ("test a_message_is_passed ... ok", 0, 0),
            ("10 passed; 10 failed", 0, 0),
        ] {
            assert_eq!(Counts::read(line), Counts { passed, failed, broken: false }, "{line}");
        }
    }
}
