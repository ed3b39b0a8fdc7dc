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
use tokio::time::sleep;

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
    held_too_much: AtomicBool,
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
        Ok(Process { leader, kill: Mutex::new(Some(kill)), exit, held_too_much: AtomicBool::new(false) })
    }

    /// Ends the group with `SIGKILL`; [`exited`](Process::exited) tells when it is gone.
    pub(crate) fn kill(&self) {
        drop(self.kill.lock().expect("nothing panics while it holds this lock").take());
    }

    /// Looks at the memory of the process and its children for as long as this is awaited, and kills them when they hold
    /// more.
    pub(crate) async fn keep_within(&self, memory_mb: u32) {
        let mut descendants = 0;
        for look in 1_u32.. {
            sleep(MEMORY_LOOK_EVERY).await;
            if look % DESCENDANTS_LOOK_EVERY == 0 {
                descendants = descendants_mb(self.leader);
            }
            if own_mb(self.leader) + descendants > memory_mb.into() {
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
