//! The one thread that writes the log.

use std::fs::File;
use std::io::{self, Write as _};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TryRecvError};
use std::thread;
use std::time::{Duration, Instant};

use tracing::{error, warn};

use crate::files::Files;
use crate::store::Shared;
use crate::{LogCounts, NewLine};

/// How long a line waits for others before they are written together.
pub(crate) const WRITTEN_WITHIN: Duration = Duration::from_millis(100);
/// How long the thread lets lines gather after each that it had to wait for: to wake it for every line would cost those
/// who hand them in more than all else that they do.
const GATHERED_FOR: Duration = Duration::from_millis(5);
/// What is written at once, unless time is up before.
const CHUNK_BYTES: usize = 64 << 10;
/// How often it is told that lines are left out.
const TOLD_EVERY: Duration = Duration::from_secs(10);

/// What the thread is asked to do.
pub(crate) enum Job {
    Keep(NewLine),
    /// Write what there is, and say so.
    Flush(SyncSender<()>),
}

/// The end of the log.
pub(crate) struct Writer {
    files: Files,
    shared: Arc<Shared>,
    number: u64,
    file: File,
    bytes: u64,
    /// Whether the file may end in the middle of a line.
    is_torn: bool,
    pending: Vec<u8>,
    pending_lines: u64,
    told: Option<Instant>,
    told_left_out: u64,
}

impl Writer {
    /// Goes on where the last process ended.
    pub(crate) fn open(files: Files, shared: Arc<Shared>) -> io::Result<Writer> {
        let last = files.numbers()?.last().copied();
        let number = last.unwrap_or(1);
        let is_torn = last.map_or(Ok(false), |last| files.is_torn(last))?;
        let (file, bytes) = files.append(number)?;
        let (pending, pending_lines) = (Vec::with_capacity(2 * CHUNK_BYTES), 0);
        Ok(Writer { files, shared, number, file, bytes, is_torn, pending, pending_lines, told: None, told_left_out: 0 })
    }

    /// Writes until nobody is left to hand in lines.
    pub(crate) fn run(mut self, jobs: &Receiver<Job>) {
        let mut due: Option<Instant> = None;
        loop {
            let job = match (due, jobs.try_recv()) {
                (_, Ok(job)) => Ok(job),
                (_, Err(TryRecvError::Disconnected)) => Err(RecvTimeoutError::Disconnected),
                (None, Err(TryRecvError::Empty)) => jobs.recv().map_err(|_| RecvTimeoutError::Disconnected),
                (Some(due), Err(TryRecvError::Empty)) if Instant::now() < due => {
                    thread::sleep(GATHERED_FOR);
                    continue;
                }
                (Some(_), Err(TryRecvError::Empty)) => Err(RecvTimeoutError::Timeout),
            };
            match job {
                Ok(Job::Keep(line)) => {
                    self.keep(&line);
                    // Under load the queue is never empty, and time must not be forgotten.
                    due = due.or_else(|| Some(Instant::now() + WRITTEN_WITHIN));
                    if self.pending.len() < CHUNK_BYTES && due.is_some_and(|due| Instant::now() < due) {
                        continue;
                    }
                    self.write();
                }
                Ok(Job::Flush(done)) => {
                    self.write();
                    // Whoever asked may have gone.
                    done.send(()).unwrap_or_default();
                }
                Err(RecvTimeoutError::Timeout) => self.write(),
                Err(RecvTimeoutError::Disconnected) => {
                    self.write();
                    return;
                }
            }
            due = None;
        }
    }

    fn keep(&mut self, line: &NewLine) {
        self.shared.taken_in(line);
        line.store(&mut self.pending);
        self.pending_lines += 1;
    }

    /// Writes what is pending. What cannot be written is left out: functions go on.
    fn write(&mut self) {
        let lines = std::mem::take(&mut self.pending_lines);
        if lines > 0 {
            match self.try_write() {
                Ok(()) => self.shared.written(lines),
                Err(error) => {
                    self.is_torn = true;
                    self.shared.left_out(lines);
                    if self.may_tell() {
                        error!(%error, lines, "the log of functions cannot be written");
                    }
                }
            }
            self.pending.clear();
        }
        let LogCounts { left_out, .. } = self.shared.counts();
        if left_out > self.told_left_out && self.may_tell() {
            warn!(lines = left_out - self.told_left_out, "lines of functions' logs were left out");
            self.told_left_out = left_out;
        }
    }

    fn try_write(&mut self) -> io::Result<()> {
        if self.bytes >= self.files.file_bytes_max() {
            self.files.make_room()?;
            let (file, bytes) = self.files.append(self.number + 1)?;
            (self.file, self.bytes) = (file, bytes);
            self.number += 1;
            self.is_torn = false;
        }
        if self.is_torn {
            // What was torn becomes a line of its own, which readers pass over.
            self.file.write_all(b"\n")?;
            self.is_torn = false;
        }
        self.file.write_all(&self.pending)?;
        self.bytes = self.file.metadata()?.len();
        Ok(())
    }

    fn may_tell(&mut self) -> bool {
        let may = self.told.is_none_or(|told| told.elapsed() >= TOLD_EVERY);
        if may {
            self.told = Some(Instant::now());
        }
        may
    }
}
