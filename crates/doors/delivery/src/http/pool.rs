//! Keeps connections that have nothing to do, for the next request to the same host.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::HttpSettings;
use super::endpoint::Origin;
use super::line::Line;

/// Hosts are spread over so many locks, each held for a look or a change and never while waiting.
const SHELVES: usize = 32;

pub(crate) struct Pool {
    shelves: [Mutex<Shelf>; SHELVES],
    spread: RandomState,
    idle: AtomicUsize,
    /// Whether somebody is there to close what has been idle for too long.
    is_swept: AtomicBool,
    per_host_max: usize,
    idle_max: usize,
    idle_time: Duration,
}

/// The idle connections of some hosts, each host's in the order in which they became idle; no host without any.
type Shelf = HashMap<Origin, Vec<Idle>>;

struct Idle {
    line: Line,
    until: Instant,
}

impl Pool {
    pub(crate) fn new(settings: &HttpSettings) -> Self {
        Self {
            shelves: Default::default(),
            spread: RandomState::new(),
            idle: AtomicUsize::new(0),
            is_swept: AtomicBool::new(false),
            per_host_max: settings.idle_per_host_max,
            idle_max: settings.idle_max,
            idle_time: settings.idle_time,
        }
    }

    /// The connection that became idle last and is still there, if there is one.
    pub(crate) fn take(&self, origin: &Origin) -> Option<Line> {
        let mut shelf = self.shelf(origin);
        let lines = shelf.get_mut(origin)?;
        let now = Instant::now();
        let before = lines.len();
        let found = std::iter::from_fn(|| lines.pop()).find_map(|mut idle| idle.is_kept(now).then_some(idle.line));
        self.idle.fetch_sub(before - lines.len(), Ordering::SeqCst);
        if lines.is_empty() {
            shelf.remove(origin);
        }
        found
    }

    /// Keeps a connection that can be used again, or closes it if there are too many.
    pub(crate) fn put(self: &Arc<Self>, origin: Origin, line: Line) {
        if !self.reserve() {
            return;
        }
        let until = Instant::now() + self.idle_time;
        let mut shelf = self.shelf(&origin);
        if shelf.get(&origin).map_or(0, Vec::len) < self.per_host_max {
            shelf.entry(origin).or_default().push(Idle { line, until });
            drop(shelf);
            self.sweep_later();
        } else {
            self.idle.fetch_sub(1, Ordering::SeqCst);
        }
    }

    fn shelf(&self, origin: &Origin) -> MutexGuard<'_, Shelf> {
        let place = self.spread.hash_one(origin) as usize % SHELVES;
        self.shelves[place].lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn reserve(&self) -> bool {
        let one_more = |idle| (idle < self.idle_max).then_some(idle + 1);
        self.idle.fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_more).is_ok()
    }

    /// Sees to it that what stays idle is closed one day, also if there is never another request.
    fn sweep_later(self: &Arc<Self>) {
        if !self.is_swept.swap(true, Ordering::SeqCst) {
            tokio::spawn(sweep(Arc::downgrade(self), self.idle_time));
        }
    }

    /// Closes what has been idle for too long. True if nothing is left, and nobody will sweep any more.
    fn sweep(&self) -> bool {
        let now = Instant::now();
        for shelf in &self.shelves {
            shelf.lock().unwrap_or_else(PoisonError::into_inner).retain(|_, lines| {
                let before = lines.len();
                lines.retain_mut(|idle| idle.is_kept(now));
                self.idle.fetch_sub(before - lines.len(), Ordering::SeqCst);
                !lines.is_empty()
            });
        }
        if self.idle.load(Ordering::SeqCst) > 0 {
            return false;
        }
        self.is_swept.store(false, Ordering::SeqCst);
        // Whoever came after the look above found a sweeper that is about to leave: one of the two stays.
        self.idle.load(Ordering::SeqCst) == 0 || self.is_swept.swap(true, Ordering::SeqCst)
    }
}

impl Idle {
    fn is_kept(&mut self, now: Instant) -> bool {
        now < self.until && self.line.is_quiet()
    }
}

async fn sweep(pool: Weak<Pool>, idle_time: Duration) {
    loop {
        sleep(idle_time).await;
        if pool.upgrade().is_none_or(|pool| pool.sweep()) {
            return;
        }
    }
}
