//! Rules that one file keeps or breaks by itself.

use super::File;

/// A longer source file tells more than one story.
const LINES_MAX: usize = 600;
/// Written by cargo, in cargo's words.
const GENERATED: &[&str] = &["Cargo.lock"];

/// What a finished source file does not contain; written in halves, or this file would.
const LEFTOVERS: &[&str] = &[
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
    concat!("dbg", "!("),
    concat!("todo", "!("),
    concat!("unimplemented", "!("),
    concat!("#[ig", "nore"),
];
/// Folders of somebody's machine.
const MACHINE_PATHS: &[&str] = &[concat!("/wo", "rk/"), concat!("/ro", "ot/"), concat!("/ho", "me/")];
/// Where packages come from is the business of whoever builds.
const REGISTRIES: &[&str] = &[
    concat!("crates", ".io"),
    concat!("pypi", ".org"),
    concat!("python", "hosted.org"),
    concat!("npm", "js.org"),
    concat!("proxy.go", "lang.org"),
    concat!("deb", ".debian.org"),
];

/// The faults of one file.
pub(super) fn check(file: &File) -> Vec<String> {
    if file.path.rsplit('/').next().is_some_and(|name| GENERATED.contains(&name)) {
        return Vec::new();
    }
    let mut faults = Vec::new();
    for (number, line) in (1..).zip(file.text.lines()) {
        let mut fault = |what: String| faults.push(format!("{}:{number}: {what}", file.path));
        for leftover in LEFTOVERS.iter().filter(|leftover| line.contains(*leftover)) {
            fault(format!("unfinished: {leftover}"));
        }
        for path in MACHINE_PATHS.iter().filter(|path| contains_path(line, path)) {
            fault(format!("a path of one machine: {path}"));
        }
        for registry in REGISTRIES.iter().filter(|registry| line.contains(*registry)) {
            fault(format!("a registry's name: {registry}"));
        }
    }
    if file.path.ends_with(".rs") {
        faults.extend(check_rust(file));
    }
    faults
}

fn check_rust(file: &File) -> Option<String> {
    let lines = file.text.lines().count();
    if !file.text.starts_with("//! ") {
        Some(format!("{}:1: does not open with `//!` and its job", file.path))
    } else if lines > LINES_MAX {
        Some(format!("{}: {lines} lines, more than {LINES_MAX}: find the second story in it", file.path))
    } else {
        None
    }
}

/// Whether `path` stands in the line as the beginning of a path, not as a part of one.
fn contains_path(line: &str, path: &str) -> bool {
    let continues = |before: char| before.is_alphanumeric() || "._-/}*".contains(before);
    line.match_indices(path).any(|(at, _)| !line[..at].chars().next_back().is_some_and(continues))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn assert_faults(path: &str, text: &str, expected: &[&str]) {
        let faults = check(&File { path: path.to_owned(), text: text.to_owned() });
        assert_eq!(faults.len(), expected.len(), "{faults:?}");
        for (fault, expected) in faults.iter().zip(expected) {
            assert!(fault.starts_with(expected), "{fault} is not {expected}");
        }
    }

    #[test]
    fn a_source_file_opens_with_its_job() {
        assert_faults("a.rs", "//! Does one thing.\n\nfn main() {}\n", &[]);
        assert_faults("a.rs", "fn main() {}\n", &["a.rs:1: does not open"]);
        assert_faults("a.rs", "", &["a.rs:1: does not open"]);
        assert_faults("a.py", "import sys\n", &[]);
    }

    #[test]
    fn leftovers_are_found_in_any_text() {
        for leftover in LEFTOVERS {
            assert_faults("a.rs", &format!("//! A.\n\n    {leftover}\n"), &["a.rs:3: unfinished"]);
            assert_faults("a.md", &format!("{leftover}\n"), &["a.md:1: unfinished"]);
        }
    }

    #[test]
    fn paths_of_a_machine_are_told_from_parts_of_other_paths() {
        for path in MACHINE_PATHS {
            assert_faults("a.md", &format!("see {path}x"), &["a.md:1: a path of one machine"]);
            assert_faults("a.md", &format!("\"{path}x\""), &["a.md:1: a path of one machine"]);
            assert_faults("a.md", &format!("target{path}x and http://host{path}x"), &[]);
        }
    }

    #[test]
    fn registries_are_named_nowhere_but_in_the_lock_file() {
        for registry in REGISTRIES {
            assert_faults("a.toml", &format!("# from {registry}\n"), &["a.toml:1: a registry's name"]);
            assert_faults("Cargo.lock", registry, &[]);
            assert_faults("fuzz/Cargo.lock", registry, &[]);
        }
    }

    #[test]
    fn a_long_source_file_is_a_fault() {
        let text = |lines: usize| format!("//! A.\n{}", "\n".repeat(lines - 1));
        assert_faults("a.rs", &text(LINES_MAX), &[]);
        assert_faults("a.rs", &text(LINES_MAX + 1), &["a.rs: 601 lines"]);
        assert_faults("a.md", &text(LINES_MAX + 1), &[]);
    }
}
