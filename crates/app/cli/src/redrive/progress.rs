//! Tells a person how far it is: a bar on a terminal, a line now and then elsewhere.

use std::io::{IsTerminal as _, stderr};
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use bongsu_load::table::grouped;
use indicatif::{ProgressBar, ProgressStyle};
use tokio::time::Instant;

use crate::ask::{printable, say};

/// How often a line is written where there is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(5);
/// Failures that are told one by one.
const FAILURES_TOLD_MAX: u64 = 20;

/// How far a run is.
pub(crate) struct Progress {
    bar: Option<ProgressBar>,
    counts: Mutex<Counts>,
}

struct Counts {
    moved: u64,
    failed: u64,
    /// There were so many at the beginning, roughly.
    expected: u64,
    told_at: Instant,
}

impl Progress {
    pub(crate) fn new(expected: u64) -> Self {
        let counts = Counts { moved: 0, failed: 0, expected, told_at: Instant::now() };
        Self { bar: stderr().is_terminal().then(|| bar(expected)), counts: Mutex::new(counts) }
    }

    /// One message was handed on and deleted.
    pub(crate) fn moved(&self) {
        let mut counts = self.counts();
        counts.moved += 1;
        self.show(&mut counts);
    }

    /// One message stays.
    pub(crate) fn failed(&self, message_id: &str, reason: &str) {
        let mut counts = self.counts();
        counts.failed += 1;
        if counts.failed <= FAILURES_TOLD_MAX {
            self.say(&format!("{message_id}: {reason}"));
        }
        if counts.failed == FAILURES_TOLD_MAX {
            self.say("More failures are counted, not told.");
        }
        self.show(&mut counts);
    }

    /// A line beside the bar.
    pub(crate) fn say(&self, line: &str) {
        let line = printable(line);
        match &self.bar {
            Some(bar) => bar.suspend(|| say(&line)),
            None => say(&line),
        }
    }

    /// Takes the bar away: moved and failed.
    pub(crate) fn finish(&self) -> (u64, u64) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
        let counts = self.counts();
        (counts.moved, counts.failed)
    }

    fn show(&self, counts: &mut Counts) {
        let done = counts.moved + counts.failed;
        let length = counts.expected.max(done);
        if let Some(bar) = &self.bar {
            bar.set_length(length);
            bar.set_position(done);
            if counts.failed > 0 {
                bar.set_message(format!("{} failed", grouped(counts.failed as f64)));
            }
        } else if counts.told_at.elapsed() >= LINE_EVERY {
            counts.told_at = Instant::now();
            let [moved, failed, all] = [counts.moved, counts.failed, length].map(|count| grouped(count as f64));
            say(&format!("{moved} of {all} messages moved, {failed} failed"));
        }
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().expect("nothing panics while it holds this lock")
    }
}

fn bar(length: u64) -> ProgressBar {
    let template = "{wide_bar} {human_pos} of {human_len} messages  {msg}  {per_sec}  {eta} left";
    let style = ProgressStyle::with_template(template);
    ProgressBar::new(length).with_style(style.expect("the template is right"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bar_has_a_style() {
        bar(1).tick();
    }
}
