//! `tidy`: the rules of the house that no compiler knows.

mod documents;
mod rings;
mod sources;

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Result, ensure};

use crate::run::read;
use crate::workspace::Workspace;

/// A text file of the repository.
pub(crate) struct File {
    /// From the root, with `/`.
    path: String,
    text: String,
}

/// Checks everything and prints every fault before it fails.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    let files = text_files(&workspace.root)?;
    let mut faults: Vec<String> = files.iter().flat_map(sources::check).collect();
    faults.extend(documents::check(&workspace.root, &files));
    faults.extend(rings::check(&rings::packages(workspace)?));
    faults.extend(rings::check_lints(&files));
    for fault in &faults {
        println!("{fault}");
    }
    ensure!(faults.is_empty(), "not tidy: {} faults", faults.len());
    println!("Tidy: {} files", files.len());
    Ok(())
}

/// The files that git tracks or would track, except those that are not text and those that are about to go.
fn text_files(root: &Path) -> Result<Vec<File>> {
    let listing = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
    let listing = read(Command::new("git").args(listing).current_dir(root))?;
    let paths = listing.split('\0').filter(|path| !path.is_empty());
    let file = |path: &str| fs::read_to_string(root.join(path)).ok().map(|text| File { path: path.to_owned(), text });
    Ok(paths.filter_map(file).collect())
}
