//! Every file under `fuzz/seeds` and `fuzz/findings` keeps the promises of its target.

use std::fs;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};

use bongsu_fuzz_targets::TARGETS;

fn files(kind: &str, target: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../fuzz").join(kind).join(target);
    // A target without findings has no folder of them.
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .map(|entry| entry.expect("a folder that can be read").path())
        .collect();
    files.sort();
    files
}

fn run(kind: &str) {
    let mut failed = Vec::new();
    for (name, target) in TARGETS {
        for file in files(kind, name) {
            let input = fs::read(&file).expect("a file that can be read");
            if catch_unwind(|| target(&input)).is_err() {
                failed.push(file);
            }
        }
    }
    assert!(failed.is_empty(), "{failed:#?}");
}

#[test]
fn every_target_has_seeds_that_keep_its_promises() {
    for (name, _) in TARGETS {
        assert!(!files("seeds", name).is_empty(), "{name}");
    }
    run("seeds");
}

#[test]
fn what_was_found_stays_mended() {
    run("findings");
}
