//! `ci`: what a change must pass, cheapest check first.

use anyhow::Result;

use crate::run::{self, step};
use crate::workspace::Workspace;
use crate::{test, tidy};

/// Runs every check and stops at the first that fails.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    step("Tidiness");
    tidy::run(workspace)?;
    step("Formatting");
    run::run(workspace.cargo().args(["fmt", "--all", "--check"]))?;
    run::run(workspace.cargo().args(["fmt", "--manifest-path", "fuzz/Cargo.toml", "--check"]))?;
    step("Lints");
    run::run(workspace.cargo().args(["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]))?;
    test::run(workspace)
}
