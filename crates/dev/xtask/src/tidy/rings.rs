//! The order of the rings: a crate depends on its own ring or on rings further in, never outwards.

use std::path::Path;

use anyhow::{Context, Result};
use serde_json::Value;

use super::File;
use crate::workspace::Workspace;

/// From the inside out. `dev` and `tests` are never shipped.
const RINGS: &[&str] = &["core", "engine", "doors", "app", "dev", "tests"];
/// What the core may use of the outside world: pure computation only.
const CORE_DEPENDENCIES: &[&str] = &[
    "base64",
    "bytes",
    "hex",
    "jiff",
    "md-5",
    "rand_chacha",
    "regex",
    "serde",
    "serde_json",
    "sha1",
    "sha2",
    "stacker",
    "subtle",
    "thiserror",
];
/// What keeps the core pure.
const CORE_LINTS: &str = "crates/core/clippy.toml";

/// One package of the workspace.
pub(super) struct Package {
    name: String,
    ring: usize,
    dependencies: Vec<Dependency>,
}

struct Dependency {
    name: String,
    /// Used by the package's own tests only.
    for_tests: bool,
}

/// The workspace's packages, each in the ring that its folder names.
pub(super) fn packages(workspace: &Workspace) -> Result<Vec<Package>> {
    let packages = workspace.metadata["packages"].as_array().context("cargo metadata names no packages")?;
    packages.iter().map(|package| read_package(&workspace.root, package)).collect()
}

fn read_package(root: &Path, package: &Value) -> Result<Package> {
    let name = package["name"].as_str().context("a package without a name")?;
    let manifest = Path::new(package["manifest_path"].as_str().context("a package without a manifest")?);
    let folder = manifest.strip_prefix(root).with_context(|| format!("{name} is outside the repository"))?;
    let folder = folder.strip_prefix("crates").unwrap_or(folder);
    let ring =
        RINGS.iter().position(|ring| folder.starts_with(ring)).with_context(|| format!("{name} is in no ring"))?;
    let dependencies = package["dependencies"].as_array().into_iter().flatten();
    let dependencies = dependencies.map(|dependency| Dependency {
        name: dependency["name"].as_str().unwrap_or_default().to_owned(),
        for_tests: dependency["kind"] == "dev",
    });
    Ok(Package { name: name.to_owned(), ring, dependencies: dependencies.collect() })
}

/// Every dependency that points outwards, and every stranger in the core.
pub(super) fn check(packages: &[Package]) -> Vec<String> {
    let ring_of = |name: &str| packages.iter().find(|package| package.name == name).map(|package| package.ring);
    let pairs = packages.iter().flat_map(|package| package.dependencies.iter().map(move |to| (package, to)));
    pairs.filter_map(|(package, to)| check_dependency(package, to, ring_of(&to.name))).collect()
}

/// `ring` is that of the dependency, or `None` when it comes from outside.
fn check_dependency(package: &Package, to: &Dependency, ring: Option<usize>) -> Option<String> {
    let named = CORE_DEPENDENCIES.contains(&to.name.as_str());
    match ring {
        // A test may borrow from the testkit; what is shipped may not.
        Some(ring) if to.for_tests && ring == ring_named("dev") => None,
        Some(ring) if ring > package.ring => {
            let (from, outer) = (RINGS[package.ring], RINGS[ring]);
            Some(format!("{} ({from}) depends on {} ({outer}): outwards", package.name, to.name))
        }
        None if package.ring == ring_named("core") && !to.for_tests && !named => {
            Some(format!("{} (core) depends on {}: not in the core's list", package.name, to.name))
        }
        _ => None,
    }
}

fn ring_named(name: &str) -> usize {
    RINGS.iter().position(|ring| *ring == name).expect("it is one of the rings")
}

/// The core's lints are there, and no crate of the core puts its own before them.
pub(super) fn check_lints(files: &[File]) -> Vec<String> {
    let lints: Vec<&str> = files.iter().map(|file| file.path.as_str()).filter(|path| is_core_lints(path)).collect();
    let missing = (!lints.contains(&CORE_LINTS)).then(|| format!("{CORE_LINTS}: missing"));
    let others = lints.into_iter().filter(|path| *path != CORE_LINTS);
    missing.into_iter().chain(others.map(|path| format!("{path}: hides {CORE_LINTS}"))).collect()
}

fn is_core_lints(path: &str) -> bool {
    path.starts_with("crates/core/") && matches!(path.rsplit('/').next(), Some("clippy.toml" | ".clippy.toml"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(ring: &str, name: &str, dependencies: &[(&str, bool)]) -> Package {
        let dependencies =
            dependencies.iter().map(|(name, for_tests)| Dependency { name: (*name).to_owned(), for_tests: *for_tests });
        Package { name: name.to_owned(), ring: ring_named(ring), dependencies: dependencies.collect() }
    }

    const SHIPPED: bool = false;
    const FOR_TESTS: bool = true;

    #[track_caller]
    fn assert_faults(from: (&str, &str), dependency: (&str, bool), expected: &[&str]) {
        let others = [
            package("core", "broker", &[]),
            package("engine", "journal", &[]),
            package("doors", "gateway", &[]),
            package("app", "server", &[]),
            package("dev", "testkit", &[]),
        ];
        let under_test = package(from.0, from.1, &[dependency]);
        let packages: Vec<Package> = others.into_iter().chain([under_test]).collect();
        assert_eq!(check(&packages), expected);
    }

    #[test]
    fn a_crate_depends_on_its_own_ring_and_inwards() {
        for name in ["broker", "journal", "gateway"] {
            assert_faults(("doors", "template"), (name, SHIPPED), &[]);
        }
        assert_faults(("tests", "crash"), ("server", SHIPPED), &[]);
    }

    #[test]
    fn a_crate_never_depends_outwards() {
        let fault = "states (core) depends on journal (engine): outwards";
        assert_faults(("core", "states"), ("journal", SHIPPED), &[fault]);
        assert_faults(("core", "states"), ("journal", FOR_TESTS), &[fault]);
        assert_faults(
            ("engine", "runtime"),
            ("server", SHIPPED),
            &["runtime (engine) depends on server (app): outwards"],
        );
    }

    #[test]
    fn only_tests_borrow_from_the_testkit() {
        assert_faults(("app", "cli"), ("testkit", FOR_TESTS), &[]);
        assert_faults(("app", "cli"), ("testkit", SHIPPED), &["cli (app) depends on testkit (dev): outwards"]);
    }

    #[test]
    fn the_core_uses_what_its_list_names() {
        assert_faults(("core", "states"), ("bytes", SHIPPED), &[]);
        assert_faults(("core", "states"), ("proptest", FOR_TESTS), &[]);
        assert_faults(
            ("core", "states"),
            ("tokio", SHIPPED),
            &["states (core) depends on tokio: not in the core's list"],
        );
        assert_faults(("engine", "runtime"), ("tokio", SHIPPED), &[]);
    }

    #[test]
    fn the_lints_of_the_core_are_there_and_not_hidden() {
        let file = |path: &str| File { path: path.to_owned(), text: String::new() };
        let own = "crates/core/broker/clippy.toml";
        assert!(check_lints(&[file(CORE_LINTS), file("crates/core/broker/src/lib.rs")]).is_empty());
        assert_eq!(check_lints(&[]), [format!("{CORE_LINTS}: missing")]);
        assert_eq!(check_lints(&[file(CORE_LINTS), file(own)]), [format!("{own}: hides {CORE_LINTS}")]);
    }
}
