//! Which processes can take an invocation, and which invocations wait for one.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::sync::{Semaphore, oneshot};
use tokio::time::Instant;

use crate::environment::{Environment, Seat};
use crate::{FailureKind, FunctionCounts, FunctionSpec};

/// How long an invocation of one function waits before a process of another one, which is wanted there too, makes room:
/// handing processes to and fro would cost a start each time.
const PATIENCE: Duration = Duration::from_secs(1);

/// All functions that were ever invoked.
#[derive(Default)]
pub(super) struct Warm {
    functions: HashMap<String, Known>,
    generations: u64,
    tickets: u64,
    waiting: usize,
    is_swept: bool,
}

#[derive(Default)]
struct Known {
    /// By the version's name.
    versions: HashMap<String, Generation>,
    /// All processes that live, and some that do not.
    all: Vec<Weak<Environment>>,
    /// What has happened; what is, is counted when somebody asks.
    counts: FunctionCounts,
}

/// The processes of a function that may be used again: started from one version, and not retired since.
struct Generation {
    number: u64,
    version: u64,
    /// With free seats. The one used last comes last.
    free: Vec<Free>,
    /// By their tickets, the oldest first.
    waiters: VecDeque<Waiter>,
    /// One permit to start a process, where one process has room for several of those that wait.
    turn: Option<Arc<Semaphore>>,
}

struct Free {
    since: Instant,
    environment: Arc<Environment>,
}

struct Waiter {
    ticket: u64,
    since: Instant,
    seat: oneshot::Sender<Seat>,
}

/// Where an invocation can go.
pub(super) enum Place {
    /// Into a process of this generation.
    Seat(u64, Seat),
    /// Into a new process of this generation, unless another one becomes free before.
    Waiting(u64, Ticket),
    /// Into a new process that is not kept: the caller has not heard of the new version yet.
    Outdated,
    /// Nowhere: so many wait already.
    TooMany,
}

/// A place among those that wait.
pub(super) struct Ticket {
    /// By this it is given back.
    pub(super) number: u64,
    /// A seat may come through here.
    pub(super) seat: oneshot::Receiver<Seat>,
    /// Who wants to start a process has to wait for this permit too, if there is one.
    pub(super) turn: Option<Arc<Semaphore>>,
}

impl Warm {
    pub(super) fn place(&mut self, function: &FunctionSpec, waiters_max: usize) -> Place {
        let versions = &mut self.functions.entry(function.name.clone()).or_default().versions;
        if versions.get(&function.version_name).is_none_or(|known| known.version < function.version) {
            self.generations += 1;
            let (number, version) = (self.generations, function.version);
            let turn = (function.concurrency_per_process > 1).then(|| Arc::new(Semaphore::new(1)));
            let generation = Generation { number, version, free: Vec::new(), waiters: VecDeque::new(), turn };
            versions.insert(function.version_name.clone(), generation);
        }
        let generation = versions.get_mut(&function.version_name).expect("it was just inserted");
        if generation.version > function.version {
            return Place::Outdated;
        }
        if let Some(seat) = generation.take() {
            return Place::Seat(generation.number, seat);
        }
        if self.waiting >= waiters_max {
            return Place::TooMany;
        }
        self.waiting += 1;
        self.tickets += 1;
        let (seat, comes) = oneshot::channel();
        generation.waiters.push_back(Waiter { ticket: self.tickets, since: Instant::now(), seat });
        let ticket = Ticket { number: self.tickets, seat: comes, turn: generation.turn.clone() };
        Place::Waiting(generation.number, ticket)
    }

    /// Takes a ticket back.
    pub(super) fn leave(&mut self, function: &FunctionSpec, ticket: u64) {
        self.waiting -= 1;
        let generation =
            self.functions.get_mut(&function.name).and_then(|known| known.versions.get_mut(&function.version_name));
        if let Some(Generation { waiters, .. }) = generation
            && let Ok(place) = waiters.binary_search_by_key(&ticket, |waiter| waiter.ticket)
        {
            waiters.remove(place);
        }
    }

    /// Counts a new process, and lets others into it if they fit.
    pub(super) fn began(&mut self, function: &FunctionSpec, generation: u64, environment: &Arc<Environment>) {
        let known = self.functions.entry(function.name.clone()).or_default();
        known.counts.cold_starts += 1;
        if known.all.len() == known.all.capacity() {
            known.all.retain(|environment| environment.strong_count() > 0);
        }
        known.all.push(Arc::downgrade(environment));
        if let Some(generation) = known.current(function, generation) {
            generation.offer(environment.clone());
        }
    }

    /// Passes on a process that an invocation has left. What is returned is to be dropped.
    pub(super) fn release(
        &mut self,
        function: &FunctionSpec,
        generation: u64,
        environment: Arc<Environment>,
        all_taken: bool,
    ) -> Option<Arc<Environment>> {
        let elsewhere = if all_taken && environment.is_idle() { self.longest_wait(generation) } else { None };
        let known = self.functions.get_mut(&function.name);
        let Some(generation) = known.and_then(|known| known.current(function, generation)) else {
            return Some(environment);
        };
        if environment.is_shared() {
            generation.free.retain(|free| !Arc::ptr_eq(&free.environment, &environment));
        }
        let is_wanted_here = !generation.waiters.is_empty();
        if elsewhere.is_some_and(|wait| !is_wanted_here || wait >= PATIENCE) {
            return Some(environment);
        }
        generation.offer(environment);
        None
    }

    /// How long somebody outside of this generation has waited.
    fn longest_wait(&self, but: u64) -> Option<Duration> {
        if self.waiting == 0 {
            return None;
        }
        let generations = self.functions.values().flat_map(|known| known.versions.values());
        let others = generations.filter(|generation| generation.number != but);
        others.filter_map(|generation| generation.waiters.front()).map(|waiter| waiter.since.elapsed()).max()
    }

    /// Forgets a function's processes. What is returned is to be dropped.
    pub(super) fn retire(&mut self, name: &str) -> impl Sized + use<> {
        self.functions.get_mut(name).map(|known| std::mem::take(&mut known.versions))
    }

    /// Forgets all processes. What is returned is to be dropped.
    pub(super) fn retire_all(&mut self) -> impl Sized + use<> {
        let all = self.functions.values_mut().map(|known| std::mem::take(&mut known.versions));
        all.collect::<Vec<_>>()
    }

    /// Takes out the process that has idled longest, if one does. It is to be dropped.
    pub(super) fn end_longest_idle(&mut self) -> Option<Arc<Environment>> {
        let idle = self.generations_mut().filter_map(|generation| {
            let place = generation.free.iter().position(|free| free.environment.is_idle())?;
            Some((generation.free[place].since, generation, place))
        });
        let (_, generation, place) = idle.min_by_key(|(since, ..)| *since)?;
        Some(generation.free.remove(place).environment)
    }

    /// Takes out what has idled too long, which is to be dropped, and says when the next one will have.
    pub(super) fn take_overdue(&mut self, now: Instant, idle_max: Duration) -> (impl Sized + use<>, Option<Instant>) {
        let (mut overdue, mut next) = (Vec::new(), None);
        for generation in self.generations_mut() {
            overdue.extend(generation.free.extract_if(.., |free| {
                let is_overdue = free.environment.is_idle() && free.since + idle_max <= now;
                let at = if free.environment.is_idle() { free.since } else { now } + idle_max;
                if !is_overdue {
                    next = Some(next.map_or(at, |next: Instant| next.min(at)));
                }
                is_overdue
            }));
        }
        self.is_swept = next.is_some();
        (overdue, next)
    }

    /// Whether there are processes that somebody has to end one day, and nobody does yet. Said once.
    pub(super) fn has_to_be_swept(&mut self) -> bool {
        let has_to = !self.is_swept && self.generations_mut().any(|generation| !generation.free.is_empty());
        self.is_swept |= has_to;
        has_to
    }

    pub(super) fn count_failure(&mut self, function: &FunctionSpec, kind: FailureKind) {
        let counts = &mut self.functions.entry(function.name.clone()).or_default().counts;
        match kind {
            FailureKind::TimedOut => counts.timeouts += 1,
            FailureKind::Exited | FailureKind::Init => counts.deaths += 1,
            FailureKind::OutOfMemory => counts.memory_kills += 1,
            FailureKind::Handler | FailureKind::TooLarge | FailureKind::CannotStart => {}
        }
    }

    pub(super) fn counts(&self) -> BTreeMap<String, FunctionCounts> {
        self.functions.iter().map(|(name, known)| (name.clone(), known.count())).collect()
    }

    fn generations_mut(&mut self) -> impl Iterator<Item = &mut Generation> {
        self.functions.values_mut().flat_map(|known| known.versions.values_mut())
    }
}

impl Known {
    /// The generation of this number, if it is the function's still.
    fn current(&mut self, function: &FunctionSpec, number: u64) -> Option<&mut Generation> {
        self.versions.get_mut(&function.version_name).filter(|generation| generation.number == number)
    }

    fn count(&self) -> FunctionCounts {
        let mut counts = self.counts;
        for environment in self.all.iter().filter_map(Weak::upgrade).filter(|environment| !environment.has_exited()) {
            match (environment.is_initialized(), environment.is_idle()) {
                (false, _) => counts.starting += 1,
                (true, false) => counts.busy += 1,
                (true, true) => counts.idle += 1,
            }
        }
        let waiting: usize = self.versions.values().map(|generation| generation.waiters.len()).sum();
        counts.waiting = u32::try_from(waiting).unwrap_or(u32::MAX);
        counts
    }
}

impl Generation {
    /// A seat in the process used last.
    fn take(&mut self) -> Option<Seat> {
        while let Some(Free { environment, .. }) = self.free.last() {
            let seat = if environment.has_exited() { None } else { environment.sit() };
            if seat.is_none() || !environment.is_free() {
                self.free.pop();
            }
            if seat.is_some() {
                return seat;
            }
        }
        None
    }

    /// Lets those in who wait, and keeps what is left.
    fn offer(&mut self, environment: Arc<Environment>) {
        while !self.waiters.is_empty()
            && let Some(seat) = environment.sit()
        {
            let waiter = self.waiters.pop_front().expect("there are some");
            if let Err(seat) = waiter.seat.send(seat) {
                seat.give_back();
            }
        }
        if environment.is_free() {
            self.free.push(Free { since: Instant::now(), environment });
        }
    }
}
