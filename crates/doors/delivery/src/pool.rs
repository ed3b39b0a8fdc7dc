//! All processes of all functions: started when needed, kept warm, ended when idle, outdated or stopped.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, Weak};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep_until, timeout};

use crate::environment::{Ended, Environment, Run, Seat};
use crate::interpreter::Interpreters;
use crate::launch::launch;
use crate::runtime_api::RuntimeApi;
use crate::scratch::Scratches;
use crate::{
    FailureKind, FunctionCounts, FunctionFailure, FunctionSpec, Invocation, InvocationEnd, Launcher, LogLine, LogSink,
    LogStream,
};

mod warm;

#[cfg(test)]
mod tests;

use warm::{Place, Ticket, Warm};

/// The most processes at a time that [`Launcher::processes_max`] may allow. When all are in use the longest idle one
/// makes room; when none is idle, an invocation that needs another one waits for its turn.
pub const PROCESSES_MAX: usize = 4_000;
/// How many invocations may wait for a process. Another one fails as [`FailureKind::CannotStart`].
pub const WAITERS_MAX: usize = 100_000;
/// How long an invocation may wait for a process. Then it fails as [`FailureKind::CannotStart`].
pub const WAIT_MAX: Duration = Duration::from_secs(15 * 60);
/// How long a process may idle.
pub const IDLE_MAX: Duration = Duration::from_secs(10 * 60);
/// How long a process may take to start before the function's own time begins to run.
pub const INIT_MAX: Duration = Duration::from_secs(10);

/// How many processes start at the same time for each processor: more would only take longer each, and a process that
/// has started meanwhile may have become free.
const STARTS_PER_PROCESSOR: usize = 4;
/// How long a process that starts counts among those. What takes longer is mostly waiting itself.
const START_COUNTS_FOR: Duration = Duration::from_secs(1);

const STOPPING: &str = "Functions are being stopped";

/// What all functions have in common.
#[derive(Clone)]
pub struct FunctionsConfig {
    /// The AWS region told to functions.
    pub region: String,
    /// The AWS account in the functions' ARNs.
    pub account: String,
    /// Where the SDKs inside functions send their calls.
    pub endpoint_url: String,
    /// What the SDKs inside functions sign their calls with.
    pub credentials: FunctionCredentials,
    /// How processes are started.
    pub launcher: Launcher,
    /// Receives every log line.
    pub logs: Arc<dyn LogSink>,
}

/// An access key for functions.
#[derive(Clone)]
pub struct FunctionCredentials {
    /// `AWS_ACCESS_KEY_ID`.
    pub access_key_id: String,
    /// `AWS_SECRET_ACCESS_KEY`.
    pub secret_access_key: String,
    /// `AWS_SESSION_TOKEN`.
    pub session_token: String,
}

/// The processes of all functions. Clones share them; dropping the last one kills them.
#[derive(Clone)]
pub struct Functions {
    pool: Arc<Pool>,
}

struct Pool {
    config: FunctionsConfig,
    limits: Limits,
    /// One permit for every process that has not been waited for.
    permits: Arc<Semaphore>,
    /// One permit for every process that begins to start.
    starts: Arc<Semaphore>,
    stopping: watch::Sender<bool>,
    interpreters: Interpreters,
    scratches: Scratches,
    has_told_of_root: AtomicBool,
    warm: Mutex<Warm>,
}

#[derive(Clone, Copy)]
struct Limits {
    processes_max: usize,
    waiters_max: usize,
    idle_max: Duration,
    init_max: Duration,
}

impl Functions {
    /// A pool without processes.
    pub fn new(config: FunctionsConfig) -> Functions {
        let processes_max = config.launcher.processes_max.clamp(1, PROCESSES_MAX);
        let limits = Limits { processes_max, waiters_max: WAITERS_MAX, idle_max: IDLE_MAX, init_max: INIT_MAX };
        Functions::with_limits(config, limits)
    }

    fn with_limits(config: FunctionsConfig, limits: Limits) -> Functions {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        let pool = Pool {
            config,
            limits,
            permits: Arc::new(Semaphore::new(limits.processes_max)),
            starts: Arc::new(Semaphore::new(STARTS_PER_PROCESSOR * processors)),
            stopping: watch::Sender::new(false),
            interpreters: Interpreters::default(),
            scratches: Scratches::default(),
            has_told_of_root: AtomicBool::new(false),
            warm: Mutex::default(),
        };
        Functions { pool: Arc::new(pool) }
    }

    /// Runs one invocation in a warm process or a new one. It ends at the latest when [`WAIT_MAX`], [`INIT_MAX`] and the
    /// function's timeout have passed. It is never tried twice: an event that a process has taken is gone with that
    /// process.
    ///
    /// All log lines of the invocation have been given to the sink when this returns. Dropping the future kills the
    /// process, once its other invocations have ended.
    pub async fn invoke(&self, function: &Arc<FunctionSpec>, invocation: Invocation) -> InvocationEnd {
        let request_id: Arc<str> = invocation.request_id.as_str().into();
        if !is_path_safe(&request_id) {
            let reason = "The request id must consist of letters, digits and hyphens";
            return InvocationEnd::Failed(FunctionFailure::cannot_start(&request_id, reason));
        }
        let log = |text| self.pool.log(function, Some(&request_id), text);
        log(format!("START RequestId: {request_id} Version: {}", function.version_name));
        let ended = self.pool.run(function, &invocation, &request_id).await;
        if let InvocationEnd::Failed(failure) = &ended.end {
            self.pool.warm().count_failure(function, failure.kind);
            if !matches!(failure.kind, FailureKind::Handler | FailureKind::Init) {
                log(failure.to_string());
            }
        }
        log(format!("END RequestId: {request_id}"));
        log(report(function, &request_id, &ended));
        ended.end
    }

    /// Ends the idle processes of a function in all its versions; one that is busy finishes its invocations and ends
    /// then. Invocations that wait get new ones.
    pub fn retire(&self, name: &str) {
        let retired = self.pool.warm().retire(name);
        drop(retired);
    }

    /// What each function's processes do, and what became of earlier ones.
    pub fn counts(&self) -> BTreeMap<String, FunctionCounts> {
        self.pool.warm().counts()
    }

    /// Kills every process and waits until all are gone. Running invocations fail, and so does every later one.
    pub async fn stop(&self) {
        self.pool.stopping.send_replace(true);
        let all = self.pool.warm().retire_all();
        drop(all);
        let all = u32::try_from(self.pool.limits.processes_max).expect("the limit is a small number");
        let gone = self.pool.permits.acquire_many(all).await;
        // Closed while all permits are held here, so that nobody who waits for one starts a process now. An error
        // above means that it was closed before, when all processes were gone too.
        self.pool.permits.close();
        drop(gone);
    }
}

impl Pool {
    async fn run(
        self: &Arc<Self>,
        function: &Arc<FunctionSpec>,
        invocation: &Invocation,
        request_id: &Arc<str>,
    ) -> Ended {
        loop {
            let (generation, seat) = match self.seat(function).await {
                Ok(found) => found,
                Err(reason) => return not_started(request_id, &reason),
            };
            let environment = seat.environment().clone();
            // Each round that comes to nothing uses up a warm process, and a new one never comes to nothing.
            if let Run::Ended(ended) = seat.run(invocation, request_id).await {
                self.release(function, generation, environment);
                return ended;
            }
        }
    }

    /// A seat in a warm process or a new one, and the generation to which that belongs.
    async fn seat(self: &Arc<Self>, function: &Arc<FunctionSpec>) -> Result<(u64, Seat), String> {
        if *self.stopping.borrow() {
            return Err(STOPPING.to_owned());
        }
        let place = self.warm().place(function, self.limits.waiters_max);
        match place {
            Place::Seat(generation, seat) => Ok((generation, seat)),
            Place::Outdated => Ok((0, self.start(function, 0, self.permits(None).await?).await?)),
            Place::Waiting(generation, ticket) => match (Wait { pool: self, function, ticket }).end().await? {
                Turn::Seat(seat) => Ok((generation, seat)),
                Turn::Permits(permits) => Ok((generation, self.start(function, generation, permits).await?)),
            },
            Place::TooMany => Err(format!("{} invocations wait already", self.limits.waiters_max)),
        }
    }

    /// What a process needs to start, and to exist.
    async fn permits(&self, turn: Option<&Arc<Semaphore>>) -> Result<Permits, String> {
        let acquire =
            async |permits: &Arc<Semaphore>| permits.clone().acquire_owned().await.map_err(|_| STOPPING.to_owned());
        let turn = match turn {
            Some(turn) => Some(acquire(turn).await?),
            None => None,
        };
        if self.permits.available_permits() == 0 {
            let ended = self.warm().end_longest_idle();
            drop(ended);
        }
        let process = acquire(&self.permits).await?;
        let start = acquire(&self.starts).await?;
        Ok(Permits { process, start, _turn: turn })
    }

    async fn start(
        self: &Arc<Self>,
        function: &Arc<FunctionSpec>,
        generation: u64,
        permits: Permits,
    ) -> Result<Seat, String> {
        let interpreter = self.interpreters.find(&function.runtime).await?;
        if *self.stopping.borrow() {
            return Err(STOPPING.to_owned());
        }
        let api = RuntimeApi::listen(function.concurrency_per_process.max(1) as usize).await;
        let api = api.map_err(|error| format!("Couldn't listen on loopback: {error}"))?;
        // Directories are looked at and made, which the disk may take its time for.
        let (this, spec, address) = (self.clone(), function.clone(), api.address());
        let launched =
            spawn_blocking(move || launch(&spec, &this.config, interpreter.as_deref(), &this.scratches, address));
        let launch = launched.await.map_err(|_| STOPPING.to_owned())??;
        if let Some(path) = &launch.unreachable {
            self.tell_of_root(function, path);
        }
        let stopping = self.stopping.subscribe();
        let environment =
            Environment::start(function, &self.config, self.limits.init_max, api, launch, permits.process, stopping);
        let environment = Arc::new(environment.map_err(|error| format!("Couldn't start the process: {error}"))?);
        tokio::spawn(count_start(environment.started(), permits.start));
        let seat = environment.sit().expect("a new process is free");
        self.warm().began(function, generation, &environment);
        Ok(seat)
    }

    /// Passes on what an invocation has left free.
    fn release(self: &Arc<Self>, function: &FunctionSpec, generation: u64, environment: Arc<Environment>) {
        let all_taken = self.permits.available_permits() == 0;
        let mut warm = self.warm();
        let unused = warm.release(function, generation, environment, all_taken);
        if warm.has_to_be_swept() {
            tokio::spawn(sweep(Arc::downgrade(self), self.limits.idle_max));
        }
        drop(warm);
        drop(unused);
    }

    fn tell_of_root(&self, function: &FunctionSpec, path: &Path) {
        if !self.has_told_of_root.swap(true, Ordering::Relaxed) {
            let text = format!(
                "functions run as root, without its privileges: nobody else could use {} (see --function-user)",
                path.display()
            );
            self.log(function, None, text);
        }
    }

    fn log(&self, function: &FunctionSpec, request_id: Option<&Arc<str>>, text: String) {
        self.config.logs.line(LogLine {
            function: function.name.as_str().into(),
            version: function.version_name.as_str().into(),
            request_id: request_id.cloned(),
            stream: LogStream::Platform,
            text,
        });
    }

    fn warm(&self) -> MutexGuard<'_, Warm> {
        self.warm.lock().expect("nothing panics while it holds the pool")
    }
}

/// The right to start a process.
struct Permits {
    /// Lasts as long as the process.
    process: OwnedSemaphorePermit,
    /// Lasts until it has started.
    start: OwnedSemaphorePermit,
    /// Lasts until others can see it.
    _turn: Option<OwnedSemaphorePermit>,
}

/// An invocation that waits, for whatever comes first. Dropping it gives its ticket back.
struct Wait<'a> {
    pool: &'a Pool,
    function: &'a FunctionSpec,
    ticket: Ticket,
}

/// What an invocation has waited for.
enum Turn {
    /// A seat that another one has left.
    Seat(Seat),
    /// The right to start a process.
    Permits(Permits),
}

impl Wait<'_> {
    async fn end(mut self) -> Result<Turn, String> {
        let first = async {
            tokio::select! {
                biased;
                // An error means that the function was retired: only a new process will do.
                Ok(seat) = &mut self.ticket.seat => Ok(Turn::Seat(seat)),
                permits = self.pool.permits(self.ticket.turn.as_ref()) => permits.map(Turn::Permits),
            }
        };
        let turn = timeout(WAIT_MAX, first).await;
        self.ticket.seat.close();
        match (turn, self.ticket.seat.try_recv()) {
            // Handed over just when something else had come.
            (_, Ok(seat)) => Ok(Turn::Seat(seat)),
            (Ok(turn), Err(_)) => turn,
            (Err(_), Err(_)) => Err(format!("No process became free within {} seconds", WAIT_MAX.as_secs())),
        }
    }
}

impl Drop for Wait<'_> {
    fn drop(&mut self) {
        self.pool.warm().leave(self.function, self.ticket.number);
    }
}

/// Gives back the permit to start when the process has, or has taken its time.
async fn count_start(started: impl Future<Output = ()>, start: OwnedSemaphorePermit) {
    // An error means that it has taken its time.
    timeout(START_COUNTS_FOR, started).await.ok();
    drop(start);
}

/// Ends idle processes as they become overdue, until none is left.
async fn sweep(pool: Weak<Pool>, idle_max: Duration) {
    let mut next = Instant::now() + idle_max;
    loop {
        sleep_until(next).await;
        let Some(pool) = pool.upgrade() else { return };
        let (overdue, at) = pool.warm().take_overdue(Instant::now(), idle_max);
        drop(overdue);
        match at {
            Some(at) => next = at,
            None => return,
        }
    }
}

fn is_path_safe(request_id: &str) -> bool {
    !request_id.is_empty() && request_id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

fn not_started(request_id: &str, reason: &str) -> Ended {
    Ended {
        end: InvocationEnd::Failed(FunctionFailure::cannot_start(request_id, reason)),
        took: Duration::ZERO,
        init: None,
        memory_used_max_mb: None,
    }
}

/// The `REPORT` line, with a tab after each part as AWS has it.
fn report(function: &FunctionSpec, request_id: &str, ended: &Ended) -> String {
    let milliseconds = |took: Duration| took.as_secs_f64() * 1000.0;
    let took = milliseconds(ended.took);
    let mut line = format!("REPORT RequestId: {request_id}\tDuration: {took:.2} ms\t");
    line += &format!("Billed Duration: {} ms\tMemory Size: {} MB\t", took.ceil(), function.memory_mb);
    if let Some(memory) = ended.memory_used_max_mb {
        line += &format!("Max Memory Used: {memory} MB\t");
    }
    if let Some(init) = ended.init {
        line += &format!("Init Duration: {:.2} ms\t", milliseconds(init));
    }
    line
}
