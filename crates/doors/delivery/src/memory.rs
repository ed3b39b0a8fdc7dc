//! What a process and its children hold of memory of their own.
//!
//! A limit on mapped memory would stop runtimes that map much and use little, so the pages in use are counted. What is
//! read from files is not: the system takes that back when it needs it, and does so before a container is killed too.

use std::fs;

use rustix::param::page_size;
use rustix::process::Pid;

/// How many processes of a function are looked at; the others' memory does not count.
const PROCESSES_MAX: usize = 256;
const MEGABYTE: u64 = 1024 * 1024;

/// The private memory of a process in MB, rounded down; of one that has ended, nothing.
pub(crate) fn own_mb(process: Pid) -> u64 {
    megabytes(private_pages(process.as_raw_pid()).unwrap_or_default())
}

/// The private memory of the descendants of a process in MB, rounded down. That takes some times as long.
pub(crate) fn descendants_mb(process: Pid) -> u64 {
    let mut pages = 0;
    let mut processes = children(process.as_raw_pid());
    let mut looked = 0;
    while let Some(process) = processes.pop()
        && looked < PROCESSES_MAX
    {
        looked += 1;
        pages += private_pages(process).unwrap_or_default();
        processes.extend(children(process));
    }
    megabytes(pages)
}

fn megabytes(pages: u64) -> u64 {
    pages * page_size() as u64 / MEGABYTE
}

/// <https://www.kernel.org/doc/html/latest/filesystems/proc.html>: of the resident pages those that are not shared.
fn private_pages(process: i32) -> Option<u64> {
    let counts = fs::read_to_string(format!("/proc/{process}/statm")).ok()?;
    let mut counts = counts.split(' ').skip(1).map_while(|count| count.parse::<u64>().ok());
    let (resident, shared) = (counts.next()?, counts.next()?);
    Some(resident.saturating_sub(shared))
}

/// Those that any of its threads has started.
fn children(process: i32) -> Vec<i32> {
    let Ok(threads) = fs::read_dir(format!("/proc/{process}/task")) else { return Vec::new() };
    let lists = threads.flatten().filter_map(|thread| fs::read_to_string(thread.path().join("children")).ok());
    lists.flat_map(|list| list.split_whitespace().filter_map(|id| id.parse().ok()).collect::<Vec<i32>>()).collect()
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader};
    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn a_process_and_its_descendants_are_counted_apart() {
        let source = "import os, subprocess, sys
held = b'x' * (40 << 20)
child = subprocess.Popen([sys.executable, '-c', 'import sys; held = b\"x\" * (60 << 20); print(1, flush=True); sys.stdin.read()'],
                         stdin=subprocess.PIPE)
sys.stdin.read()";
        let mut command = Command::new("python3");
        let mut process = command.args(["-c", source]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let leader = Pid::from_child(&process);
        let (own, descendants) = (own_mb(leader), descendants_mb(leader));
        assert!((40..60).contains(&own) && (60..100).contains(&descendants), "{own} {descendants}");
        drop(process.stdin.take());
        process.wait().unwrap();
        let gone = Pid::from_raw(i32::MAX).unwrap();
        assert_eq!((own_mb(gone), descendants_mb(gone)), (0, 0));
    }
}
