//! All processes of all functions: started when needed, kept warm, ended when idle, outdated or stopped.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, Weak};
use std::time::Duration;

use tokio::sync::{Semaphore, watch};
use tokio::time::{Instant, sleep_until};

use crate::environment::{Ended, Environment, Run};
use crate::{FailureKind, FunctionFailure, FunctionSpec, Invocation, InvocationEnd, LogLine, LogSink, LogStream};

#[cfg(test)]
mod tests;

/// The most processes at a time. When it is reached the longest idle one makes room; when none is idle, an invocation
/// that needs another one fails as [`FailureKind::CannotStart`].
pub const ENVIRONMENTS_MAX: usize = 4_000;
/// How long a process may idle.
pub const IDLE_MAX: Duration = Duration::from_secs(10 * 60);
/// How long a process may take to start before the function's own time begins to run.
pub const INIT_MAX: Duration = Duration::from_secs(10);

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
    /// Words put before every function's command line; may be empty.
    pub launcher: Vec<String>,
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
    stopping: watch::Sender<bool>,
    warm: Mutex<Warm>,
}

#[derive(Clone, Copy)]
struct Limits {
    environments_max: usize,
    idle_max: Duration,
    init_max: Duration,
}

#[derive(Default)]
struct Warm {
    functions: HashMap<String, Generation>,
    generations: u64,
    is_swept: bool,
}

/// The processes of a function that may be used again: started from one version, and not retired since.
struct Generation {
    number: u64,
    version: u64,
    /// The one used last comes last.
    idle: Vec<Idle>,
}

struct Idle {
    since: Instant,
    environment: Environment,
}

impl Functions {
    /// A pool without processes.
    pub fn new(config: FunctionsConfig) -> Functions {
        let limits = Limits { environments_max: ENVIRONMENTS_MAX, idle_max: IDLE_MAX, init_max: INIT_MAX };
        Functions::with_limits(config, limits)
    }

    fn with_limits(config: FunctionsConfig, limits: Limits) -> Functions {
        let pool = Pool {
            config,
            limits,
            permits: Arc::new(Semaphore::new(limits.environments_max)),
            stopping: watch::Sender::new(false),
            warm: Mutex::default(),
        };
        Functions { pool: Arc::new(pool) }
    }

    /// Runs one invocation in a warm process or a new one. It ends at the latest when [`INIT_MAX`] and the function's
    /// timeout have passed. It is never tried twice: an event that a process has taken is gone with that process.
    ///
    /// All log lines of the invocation have been given to the sink when this returns. Dropping the future kills the
    /// process.
    pub async fn invoke(&self, function: &Arc<FunctionSpec>, invocation: Invocation) -> InvocationEnd {
        let request_id: Arc<str> = invocation.request_id.as_str().into();
        if !is_path_safe(&request_id) {
            let reason = "The request id must consist of letters, digits and hyphens";
            return InvocationEnd::Failed(FunctionFailure::cannot_start(&request_id, reason));
        }
        let log = |text| self.pool.log(function, &request_id, text);
        log(format!("START RequestId: {request_id} Version: $LATEST"));
        let ended = self.pool.run(function, &invocation, &request_id).await;
        if let InvocationEnd::Failed(failure) = &ended.end
            && !matches!(failure.kind, FailureKind::Handler | FailureKind::Init)
        {
            log(failure.to_string());
        }
        log(format!("END RequestId: {request_id}"));
        log(report(function, &request_id, &ended));
        ended.end
    }

    /// Ends the idle processes of a function; one that is busy finishes its invocation and ends then.
    pub fn retire(&self, name: &str) {
        drop(self.pool.warm().functions.remove(name));
    }

    /// Kills every process and waits until all are gone. Running invocations fail, and so does every later one.
    pub async fn stop(&self) {
        self.pool.stopping.send_replace(true);
        drop(std::mem::take(&mut self.pool.warm().functions));
        let all = u32::try_from(self.pool.limits.environments_max).expect("the limit is a small number");
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
            let (generation, warm) = self.take(function);
            let environment = match warm {
                Some(environment) => Ok(environment),
                None => self.start(function).await,
            };
            let mut environment = match environment {
                Ok(environment) => environment,
                Err(reason) => return not_started(request_id, &reason),
            };
            // Each round that comes to nothing uses up a warm process, and a new one never comes to nothing.
            if let Run::Ended(ended) = environment.run(invocation, request_id).await {
                if ended.is_reusable {
                    self.put_back(function, generation, environment);
                }
                return ended;
            }
        }
    }

    /// The process used last, and the generation to which it or its replacement belongs.
    fn take(&self, function: &FunctionSpec) -> (u64, Option<Environment>) {
        let mut warm = self.warm();
        let Warm { functions, generations, .. } = &mut *warm;
        if functions.get(&function.name).is_none_or(|generation| generation.version < function.version) {
            *generations += 1;
            let generation = Generation { number: *generations, version: function.version, idle: Vec::new() };
            functions.insert(function.name.clone(), generation);
        }
        let generation = functions.get_mut(&function.name).expect("it was just inserted");
        if generation.version > function.version {
            // The caller has not heard of the new version yet: its process serves once and is not kept.
            return (0, None);
        }
        let idle = std::iter::from_fn(|| generation.idle.pop()).find(|idle| !idle.environment.has_exited());
        (generation.number, idle.map(|idle| idle.environment))
    }

    async fn start(&self, function: &Arc<FunctionSpec>) -> Result<Environment, String> {
        if *self.stopping.borrow() {
            return Err(STOPPING.to_owned());
        }
        let permit = match self.permits.clone().try_acquire_owned() {
            Ok(permit) => permit,
            Err(_) if self.end_longest_idle() => {
                self.permits.clone().acquire_owned().await.map_err(|_| STOPPING.to_owned())?
            }
            Err(_) => return Err(format!("There are {} processes already", self.limits.environments_max)),
        };
        Environment::start(function, &self.config, self.limits.init_max, permit, self.stopping.subscribe()).await
    }

    fn end_longest_idle(&self) -> bool {
        let mut warm = self.warm();
        let idle = warm.functions.values_mut().filter(|generation| !generation.idle.is_empty());
        match idle.min_by_key(|generation| generation.idle[0].since) {
            Some(generation) => {
                generation.idle.remove(0);
                true
            }
            None => false,
        }
    }

    fn put_back(self: &Arc<Self>, function: &FunctionSpec, generation: u64, environment: Environment) {
        let mut warm = self.warm();
        if let Some(current) = warm.functions.get_mut(&function.name)
            && current.number == generation
        {
            current.idle.push(Idle { since: Instant::now(), environment });
            if !warm.is_swept {
                warm.is_swept = true;
                tokio::spawn(sweep(Arc::downgrade(self), self.limits.idle_max));
            }
        }
    }

    /// Ends what has idled too long, and says when the next one will have.
    fn end_overdue(&self, now: Instant) -> Option<Instant> {
        let mut warm = self.warm();
        let idle_max = self.limits.idle_max;
        for generation in warm.functions.values_mut() {
            generation.idle.retain(|idle| idle.since + idle_max > now);
        }
        let oldest = warm.functions.values().filter_map(|generation| generation.idle.first()).map(|idle| idle.since);
        let next = oldest.min().map(|since| since + idle_max);
        warm.is_swept = next.is_some();
        next
    }

    fn log(&self, function: &FunctionSpec, request_id: &Arc<str>, text: String) {
        self.config.logs.line(LogLine {
            function: function.name.as_str().into(),
            request_id: Some(request_id.clone()),
            stream: LogStream::Platform,
            text,
        });
    }

    fn warm(&self) -> MutexGuard<'_, Warm> {
        self.warm.lock().expect("nothing panics while it holds the pool")
    }
}

/// Ends idle processes as they become overdue, until none is left.
async fn sweep(pool: Weak<Pool>, idle_max: Duration) {
    let mut next = Instant::now() + idle_max;
    loop {
        sleep_until(next).await;
        match pool.upgrade().and_then(|pool| pool.end_overdue(Instant::now())) {
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
        is_reusable: false,
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
