//! The ends of logs, of those invocations whose callers want to see them.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};

use bongsu_aws_api::lambda::LOG_TAIL_BYTES_MAX;

/// One end of a log for each invocation whose caller waits for it.
#[derive(Default)]
pub(crate) struct LogTails(Mutex<BTreeMap<Box<str>, VecDeque<u8>>>);

impl LogTails {
    /// Keeps the end of this invocation's log from now on.
    pub(crate) fn keep(self: &Arc<Self>, request_id: &str) -> LogTail {
        self.tails().insert(request_id.into(), VecDeque::new());
        LogTail { tails: self.clone(), request_id: request_id.into() }
    }

    /// Takes a line of an invocation's log; most are of invocations whose caller does not ask.
    pub(crate) fn line(&self, request_id: &str, text: &str) {
        let mut tails = self.tails();
        let Some(tail) = tails.get_mut(request_id) else { return };
        tail.extend(text.bytes().chain([b'\n']));
        let too_many = tail.len().saturating_sub(LOG_TAIL_BYTES_MAX);
        tail.drain(..too_many);
    }

    fn tails(&self) -> MutexGuard<'_, BTreeMap<Box<str>, VecDeque<u8>>> {
        self.0.lock().expect("nothing panics while it holds this lock")
    }
}

/// The end of one log, kept as long as this lives.
pub(crate) struct LogTail {
    tails: Arc<LogTails>,
    request_id: Box<str>,
}

impl LogTail {
    /// What there is of it now.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.tails.tails().get(&self.request_id).map(|tail| tail.iter().copied().collect()).unwrap_or_default()
    }
}

impl Drop for LogTail {
    fn drop(&mut self) {
        self.tails.tails().remove(&self.request_id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_log_is_kept_while_somebody_waits_for_it() {
        let tails = Arc::new(LogTails::default());
        tails.line("one", "before anybody asked");
        let tail = tails.keep("one");
        tails.line("one", "START");
        tails.line("other", "somebody else's");
        assert_eq!(tail.bytes(), b"START\n");
        tails.line("one", &"x".repeat(LOG_TAIL_BYTES_MAX));
        assert_eq!(tail.bytes(), [&b"x".repeat(LOG_TAIL_BYTES_MAX - 1)[..], b"\n"].concat());
        drop(tail);
        assert!(tails.tails().is_empty());
    }
}
