//! Runs that need no server: what they print, and what they leave behind.

use std::{
    fs,
    io::{BufRead, BufReader},
    path::Path,
    process::{Command, Stdio},
};

use rustix::process::{Pid, Signal, kill_process};

fn bench(data: &Path, arguments: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bongsu-bench"));
    command.arg("--data").arg(data).args(arguments.split(' '));
    command
}

fn is_empty(folder: &Path) -> bool {
    fs::read_dir(folder).expect("the folder is there").next().is_none()
}

#[test]
fn the_machines_limits_are_measured() {
    let data = tempfile::tempdir().unwrap();
    let output = bench(data.path(), "--only echo,commit --connections 2 --seconds 0.1").output().unwrap();
    let report = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{report}");
    for row in ["echo ", "echo, signed ", "commit "] {
        assert!(report.lines().any(|line| line.starts_with(row)), "{row}: {report}");
    }
    assert!(is_empty(data.path()));
}

#[test]
fn a_missing_server_fails_its_cells_and_the_run() {
    let data = tempfile::tempdir().unwrap();
    let output =
        bench(data.path(), "--bin no/such/server --only wake,backlog --connections 2 --seconds 0.1").output().unwrap();
    let report = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(report.contains("FAILED: wake with 1 connections: there is no server at no/such/server"), "{report}");
    assert!(report.contains("FAILED: backlog: there is no server at no/such/server"), "{report}");
}

#[test]
fn an_interrupted_run_leaves_neither_files_nor_servers() {
    let data = tempfile::tempdir().unwrap();
    let mut run = bench(data.path(), "--only echo --unsigned --connections 2 --seconds 3600 --profile")
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut shown = String::new();
    BufReader::new(run.stderr.take().unwrap()).read_line(&mut shown).unwrap();
    let server = shown.strip_prefix("perf record -g -p ").and_then(|rest| rest.split(' ').next()).expect(&shown);
    kill_process(Pid::from_child(&run), Signal::TERM).unwrap();
    assert!(!run.wait().unwrap().success());
    assert!(!Path::new("/proc").join(server).exists());
    assert!(is_empty(data.path()));
}
