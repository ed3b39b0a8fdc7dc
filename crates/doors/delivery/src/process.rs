//! One process group: started, watched, killed as a whole.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};
use tokio::process::{Child, Command};
use tokio::sync::{OwnedSemaphorePermit, oneshot, watch};
use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep_until};

use crate::memory::{descendants_mb, own_mb};
use crate::scratch::Scratch;

/// How often the memory of a busy process is looked at. A process can touch some hundred megabytes meanwhile.
const MEMORY_LOOK_EVERY: Duration = Duration::from_millis(100);
/// At every how many of these looks its descendants are looked for, which costs more.
const DESCENDANTS_LOOK_EVERY: u32 = 10;

/// Longer than what the system tells of a process. The line that is looked for stands in the first third.
const STATUS_BYTES_MAX: usize = 4096;

/// A process and everything it started. Dropping it kills the whole group.
pub(crate) struct Process {
    leader: Pid,
    kill: Mutex<Option<oneshot::Sender<()>>>,
    exit: watch::Receiver<Option<ExitStatus>>,
    /// Held by the one that looks at the memory, of however many invocations go on.
    looks: tokio::sync::Mutex<Looks>,
    held_too_much: AtomicBool,
}

/// Looks at a busy process's memory: those that were, and the next.
struct Looks {
    count: u32,
    next: Instant,
    /// What descendants had when they were last looked at, in MB.
    descendants: u64,
}

impl Process {
    /// Starts a group that lives until its leader ends, [`kill`](Process::kill) is called or `stopping` becomes true.
    /// The scratch is removed when the leader has been waited for, and then the permit is given back.
    pub(crate) fn start(
        command: &mut Command,
        scratch: Scratch,
        permit: OwnedSemaphorePermit,
        stopping: watch::Receiver<bool>,
    ) -> io::Result<Process> {
        let child = command.process_group(0).kill_on_drop(true).spawn()?;
        let id = child.id().expect("a child that was not waited for has an id");
        let leader = Pid::from_raw(id.cast_signed()).expect("no process has the id zero");
        let group = Group { child, leader, ended: false };
        let (kill, killed) = oneshot::channel();
        let (ended, exit) = watch::channel(None);
        tokio::spawn(watch_over(group, killed, stopping, ended, (scratch, permit)));
        let looks = Looks { count: 0, next: Instant::now() + MEMORY_LOOK_EVERY, descendants: 0 };
        let (kill, looks) = (Mutex::new(Some(kill)), tokio::sync::Mutex::new(looks));
        Ok(Process { leader, kill, exit, looks, held_too_much: AtomicBool::new(false) })
    }

    /// Ends the group with `SIGKILL`; [`exited`](Process::exited) tells when it is gone.
    pub(crate) fn kill(&self) {
        drop(self.kill.lock().expect("nothing panics while it holds this lock").take());
    }

    /// Looks at the memory of the process and its children for as long as this is awaited, and kills them when they hold
    /// more. Of any number that do so at the same time one looks; when that ends, another goes on.
    pub(crate) async fn keep_within(&self, memory_mb: u32) {
        let mut looks = self.looks.lock().await;
        if looks.next < Instant::now() {
            // It has idled meanwhile.
            looks.next = Instant::now() + MEMORY_LOOK_EVERY;
        }
        loop {
            sleep_until(looks.next).await;
            looks.count = looks.count.wrapping_add(1);
            looks.next = Instant::now() + MEMORY_LOOK_EVERY;
            if looks.count.is_multiple_of(DESCENDANTS_LOOK_EVERY) {
                looks.descendants = descendants_mb(self.leader);
            }
            if own_mb(self.leader) + looks.descendants > memory_mb.into() {
                self.held_too_much.store(true, Ordering::Relaxed);
                self.kill();
                std::future::pending().await
            }
        }
    }

    /// Whether it was killed for what it held.
    pub(crate) fn has_held_too_much(&self) -> bool {
        self.held_too_much.load(Ordering::Relaxed)
    }

    /// Whether the leader has ended, known at once and not only when the watcher has come round to it.
    pub(crate) fn has_exited(&self) -> bool {
        let looks = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        self.exit.borrow().is_some() || !matches!(waitid(WaitId::Pid(self.leader), looks), Ok(None))
    }

    pub(crate) async fn exited(&self) -> ExitStatus {
        match self.exit.clone().wait_for(Option::is_some).await {
            Ok(status) => status.unwrap_or_else(killed),
            // Only the end of the whole async runtime takes the watcher away, and that kills the process.
            Err(_) => killed(),
        }
    }

    /// The most memory the process ever held, in MB, where the system tells.
    pub(crate) fn memory_used_max_mb(&self) -> Option<u64> {
        let mut status = [0; STATUS_BYTES_MAX];
        // Every invocation asks: in one piece, because to the system each piece is the whole work.
        let read = File::open(format!("/proc/{}/status", self.leader.as_raw_pid())).ok()?.read(&mut status).ok()?;
        let mut lines = status[..read].split(|byte| *byte == b'\n');
        let value = lines.find_map(|line| line.strip_prefix(b"VmHWM:"))?.trim_ascii().strip_suffix(b"kB")?;
        let kilobytes: u64 = str::from_utf8(value).ok()?.trim().parse().ok()?;
        Some(kilobytes.div_ceil(1024))
    }
}

fn killed() -> ExitStatus {
    ExitStatus::from_raw(Signal::KILL.as_raw())
}

async fn watch_over(
    mut group: Group,
    killed: oneshot::Receiver<()>,
    mut stopping: watch::Receiver<bool>,
    ended: watch::Sender<Option<ExitStatus>>,
    (scratch, permit): (Scratch, OwnedSemaphorePermit),
) {
    let ordered = async {
        tokio::select! {
            _ = killed => {}
            // An error means that the pool was dropped, which stops everything too.
            _ = stopping.wait_for(|stopping| *stopping) => {}
        }
    };
    let ended_by_itself = tokio::select! {
        status = group.wait() => Some(status),
        () = ordered => None,
    };
    let status = match ended_by_itself {
        Some(status) => status,
        None => group.kill_and_wait().await,
    };
    ended.send_replace(Some(status));
    // Where nothing blocks any more the whole async runtime ends, and the next server removes the scratch.
    spawn_blocking(move || drop(scratch)).await.ok();
    drop(permit);
}

struct Group {
    child: Child,
    leader: Pid,
    ended: bool,
}

impl Group {
    /// Waits for the leader, then kills what it left behind.
    async fn wait(&mut self) -> ExitStatus {
        let status = self.child.wait().await.unwrap_or_else(|_| killed());
        // The leader's id cannot have been given away: members of the group keep it, and without members there has
        // been no time for the system to come round to it again.
        self.kill();
        self.ended = true;
        status
    }

    async fn kill_and_wait(&mut self) -> ExitStatus {
        self.kill();
        self.wait().await
    }

    fn kill(&self) {
        // An error means that nobody is left to kill.
        kill_process_group(self.leader, Signal::KILL).ok();
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if !self.ended {
            self.kill();
        }
    }
}
