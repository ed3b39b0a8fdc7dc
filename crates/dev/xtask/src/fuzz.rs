//! `fuzz`: each fuzz target under libFuzzer for a while, on the pinned stable Rust.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use crate::run::{self, describe, read, step};
use crate::workspace::Workspace;

/// The package with a binary for each target; it is built apart from the workspace.
const PACKAGE: &str = "fuzz";
/// Longer inputs take time and reach nothing more.
const INPUT_BYTES_MAX: usize = 4096;
/// An input that takes longer is a finding.
const INPUT_SECONDS_MAX: u32 = 5;
/// An input that takes more memory is a finding.
const MEMORY_MIB_MAX: u32 = 2048;
/// How much of what the fuzzer said is shown when it found something.
const LINES_SHOWN: usize = 30;
/// What `cargo fuzz` sets as well: LLVM's coverage counters, which need no nightly compiler as the sanitizers do.
const RUSTFLAGS: &[&str] = &[
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
];

/// Builds the targets (all, if none is named) and runs each for so many seconds; fails if anything was found.
pub(crate) fn run(workspace: &Workspace, seconds: u32, targets: &[String]) -> Result<()> {
    let all = Fuzzer::targets(workspace)?;
    if let Some(unknown) = targets.iter().find(|target| !all.contains(target)) {
        bail!("there is no fuzz target {unknown}; there are {}", all.join(", "));
    }
    check_compiler()?;
    step("Building the fuzz targets");
    let fuzzer = Fuzzer::build(workspace)?;
    let mut found = Vec::new();
    for target in if targets.is_empty() { &all } else { targets } {
        step(&format!("Fuzzing {target} for {seconds} s"));
        if !fuzzer.run(target, seconds)? {
            found.push(target.as_str());
        }
    }
    ensure!(found.is_empty(), "there are findings: {}", found.join(", "));
    Ok(())
}

/// libFuzzer itself is C++.
fn check_compiler() -> Result<()> {
    let compiler = std::env::var_os("CXX").unwrap_or_else(|| "c++".into());
    if read(Command::new(&compiler).arg("--version")).is_err() {
        bail!(
            "the C++ compiler {} is missing: libFuzzer is built with it (Debian, Ubuntu: apt-get install g++)",
            compiler.display()
        );
    }
    Ok(())
}

/// The built targets and where things are.
struct Fuzzer {
    /// The repository's root.
    root: PathBuf,
    /// Where the binaries are.
    binaries: PathBuf,
    /// Where corpora, findings and logs go.
    home: PathBuf,
}

impl Fuzzer {
    /// The names of all targets: each has its folder of seeds.
    fn targets(workspace: &Workspace) -> Result<Vec<String>> {
        let seeds = workspace.root.join(PACKAGE).join("seeds");
        let entries = fs::read_dir(&seeds).with_context(|| format!("cannot read {}", seeds.display()))?;
        let mut names: Vec<String> =
            entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect::<Result<_>>()?;
        names.sort_unstable();
        Ok(names)
    }

    fn build(workspace: &Workspace) -> Result<Fuzzer> {
        let host = host()?;
        let home = workspace.target.join(PACKAGE);
        let manifest = Path::new(PACKAGE).join("Cargo.toml");
        let mut cargo = workspace.cargo();
        cargo.args(["build", "--release", "--manifest-path"]).arg(manifest);
        // Naming the target keeps the flags away from build scripts and macros, which run without the fuzzer.
        cargo.args(["--target", &host, "--target-dir"]).arg(&home);
        run::run(cargo.env("CARGO_ENCODED_RUSTFLAGS", RUSTFLAGS.join("\u{1f}")))?;
        Ok(Fuzzer { root: workspace.root.clone(), binaries: home.join(host).join("release"), home })
    }

    /// Runs one target and says what came of it; `false` if something was found.
    fn run(&self, target: &str, seconds: u32) -> Result<bool> {
        let corpus = self.folder("corpus", target)?;
        let findings = self.folder("findings", target)?;
        let mut fuzzer = self.fuzzer(target);
        // New inputs go to the first folder; the others are only read.
        fuzzer.arg(&corpus).args(self.known_inputs(target));
        fuzzer.arg(format!("-max_total_time={seconds}"));
        fuzzer.arg(format!("-max_len={INPUT_BYTES_MAX}"));
        fuzzer.arg(format!("-artifact_prefix={}/", findings.display()));
        let dictionary = self.root.join(PACKAGE).join("dictionaries").join(target);
        if dictionary.exists() {
            fuzzer.arg(format!("-dict={}", dictionary.display()));
        }
        let log = self.home.join(format!("{target}.log"));
        let file = File::create(&log).with_context(|| format!("cannot write {}", log.display()))?;
        fuzzer.stdout(file.try_clone()?).stderr(file);
        let status = fuzzer.status().with_context(|| format!("cannot start {}", describe(&fuzzer)))?;
        let said = String::from_utf8_lossy(&fs::read(&log)?).into_owned();
        println!("{target}: {}", Progress::read(&said));
        if !status.success() {
            self.explain(target, &said);
        }
        Ok(status.success())
    }

    fn fuzzer(&self, target: &str) -> Command {
        let mut fuzzer = Command::new(self.binaries.join(target));
        fuzzer.arg(format!("-timeout={INPUT_SECONDS_MAX}")).arg(format!("-rss_limit_mb={MEMORY_MIB_MAX}"));
        fuzzer
    }

    fn known_inputs(&self, target: &str) -> impl Iterator<Item = PathBuf> {
        let folders = ["seeds", "findings"].map(|kind| self.root.join(PACKAGE).join(kind).join(target));
        folders.into_iter().filter(|folder| folder.exists())
    }

    fn folder(&self, kind: &str, target: &str) -> Result<PathBuf> {
        let folder = self.home.join(kind).join(target);
        fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
        Ok(folder)
    }

    fn explain(&self, target: &str, said: &str) {
        let lines: Vec<&str> = said.lines().filter(|line| !Progress::is_in(line)).collect();
        println!("{}", lines[lines.len().saturating_sub(LINES_SHOWN)..].join("\n"));
        match finding(said) {
            Some(finding) => {
                println!("Again: {} {finding}", describe(&self.fuzzer(target)));
                println!("Keep it: copy it into {PACKAGE}/findings/{target}/ under a name that says what it is.");
                println!("`cargo test --package bongsu-fuzz-targets` then runs it without the fuzzer.");
            }
            None => println!("{target} ended without a finding, but not well."),
        }
    }
}

/// The machine that we run on, as cargo names it.
fn host() -> Result<String> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let version = read(Command::new(rustc).arg("-vV"))?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.context("rustc does not say what machine it is for")?.to_owned())
}

/// The file that the fuzzer says it has written.
fn finding(said: &str) -> Option<&str> {
    said.lines().rev().find_map(|line| line.split_once("Test unit written to ")).map(|(_, path)| path.trim())
}

/// How far the fuzzer has come, as its last status line says.
#[derive(Debug, Default, PartialEq, Eq)]
struct Progress<'a> {
    executions: &'a str,
    /// Edges of the control flow that were taken.
    coverage: &'a str,
    /// Executions in a second.
    speed: &'a str,
}

impl<'a> Progress<'a> {
    /// Status lines look like `#8192 pulse  cov: 1521 ft: 3041 corp: 96/12Kb lim: 80 exec/s: 2730 rss: 60Mb`.
    fn read(said: &'a str) -> Progress<'a> {
        let Some(line) = said.lines().rev().find(|line| Progress::is_in(line)) else { return Progress::default() };
        let words: Vec<&str> = line.split_whitespace().collect();
        let behind = |name: &str| words.windows(2).find(|pair| pair[0] == name).map_or("?", |pair| pair[1]);
        Progress { executions: words[0].trim_start_matches('#'), coverage: behind("cov:"), speed: behind("exec/s:") }
    }

    fn is_in(line: &str) -> bool {
        line.starts_with('#') && line.contains(" cov: ")
    }
}

impl std::fmt::Display for Progress<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Progress { executions, coverage, speed } = self;
        write!(f, "{executions} executions ({speed} a second), {coverage} edges covered")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_is_read_from_the_last_status_line() {
        let said = "#2\tINITED cov: 10 ft: 20 corp: 1/1b exec/s: 0 rss: 30Mb\n\
                    #8192\tpulse  cov: 1521 ft: 3041 corp: 96/12Kb lim: 80 exec/s: 2730 rss: 60Mb\n\
                    thread panicked\n";
        let expected = Progress { executions: "8192", coverage: "1521", speed: "2730" };
        assert_eq!(Progress::read(said), expected);
        assert_eq!(Progress::read("nothing"), Progress::default());
    }

    #[test]
    fn a_finding_is_where_the_fuzzer_says() {
        let said = "artifact_prefix='target/'; Test unit written to target/crash-1\nBase64: AA==\n";
        assert_eq!(finding(said), Some("target/crash-1"));
        assert_eq!(finding("Done 100 runs in 3 second(s)"), None);
    }
}
