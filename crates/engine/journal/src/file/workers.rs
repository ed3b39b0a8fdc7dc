//! A few threads that do blocking work in the order it was handed in.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

type Job = Box<dyn FnOnce() + Send>;

/// Threads that work until they are told to end.
#[derive(Debug)]
pub(super) struct Workers {
    queue: Arc<Queue>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

#[derive(Default)]
struct Queue {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    jobs: VecDeque<Job>,
    ended: bool,
}

impl Workers {
    /// Starts `count` threads.
    pub(super) fn start(name: &str, count: usize) -> std::io::Result<Workers> {
        let workers = Workers { queue: Arc::default(), threads: Mutex::default() };
        for _ in 0..count {
            let queue = Arc::clone(&workers.queue);
            let thread = thread::Builder::new().name(name.to_owned());
            let thread = thread.spawn(move || {
                while let Some(job) = queue.next() {
                    job();
                }
            })?;
            workers.threads().push(thread);
        }
        Ok(workers)
    }

    /// Hands in work; after the end it is dropped undone. Somebody waits for each job, so that there are never more of
    /// them than callers.
    pub(super) fn hand_in(&self, job: impl FnOnce() + Send + 'static) {
        let mut state = self.queue.state();
        if state.ended {
            return;
        }
        state.jobs.push_back(Box::new(job));
        drop(state);
        self.queue.changed.notify_one();
    }

    /// Takes no more work; the threads end when everything handed in is done.
    pub(super) fn end(&self) {
        self.queue.state().ended = true;
        self.queue.changed.notify_all();
    }

    /// Ends, and waits until everything handed in is done.
    pub(super) fn finish(&self) {
        self.end();
        for thread in self.threads().drain(..) {
            // A job that panicked has shown so already, and whoever waits for it notices.
            drop(thread.join());
        }
    }

    fn threads(&self) -> MutexGuard<'_, Vec<JoinHandle<()>>> {
        self.threads.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        self.end();
    }
}

impl Queue {
    fn next(&self) -> Option<Job> {
        let mut state = self.state();
        loop {
            if let Some(job) = state.jobs.pop_front() {
                return Some(job);
            }
            if state.ended {
                return None;
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Queue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Queue").finish_non_exhaustive()
    }
}
