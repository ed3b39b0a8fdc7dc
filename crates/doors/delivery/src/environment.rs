//! An execution environment: one process, its Runtime API and its output, for one invocation at a time.

use std::future::Future;
use std::io;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use hyper::HeaderMap;
use hyper::header::HeaderValue;
use tokio::sync::{OwnedSemaphorePermit, watch};
use tokio::time::{Instant, sleep_until, timeout};

use crate::output::Output;
use crate::process::Process;
use crate::runtime_api::{Event, Report, RuntimeApi};
use crate::{FailureKind, FunctionFailure, FunctionSpec, FunctionsConfig, Invocation, InvocationEnd, launch};

/// How long an invocation waits for its killed process; the process is waited for in any case, but not by the caller.
const KILL_WAIT_MAX: Duration = Duration::from_secs(2);

/// A process that serves a function. Dropping it kills everything the process started.
pub(crate) struct Environment {
    function: Arc<FunctionSpec>,
    arn: String,
    started_at: Instant,
    init_max: Duration,
    is_initialized: bool,
    api: RuntimeApi,
    process: Process,
    output: Output,
}

/// What became of an invocation that was given to an environment.
pub(crate) enum Run {
    Ended(Ended),
    /// The process had died before it took the event; another may have it.
    NotTaken,
}

/// An invocation's end and what there is to report of it.
pub(crate) struct Ended {
    pub(crate) end: InvocationEnd,
    pub(crate) took: Duration,
    /// How long the process took to ask for its first event, if this invocation waited for that.
    pub(crate) init: Option<Duration>,
    pub(crate) memory_used_max_mb: Option<u64>,
    /// Whether the environment can take another invocation.
    pub(crate) is_reusable: bool,
}

impl Environment {
    /// Starts a process, or says why there is none.
    pub(crate) async fn start(
        function: &Arc<FunctionSpec>,
        config: &FunctionsConfig,
        init_max: Duration,
        permit: OwnedSemaphorePermit,
        stopping: watch::Receiver<bool>,
    ) -> Result<Environment, String> {
        let api = RuntimeApi::listen().await.map_err(|error| format!("Couldn't listen on loopback: {error}"))?;
        let mut command = launch::command(function, config, api.address())?;
        let start = || -> io::Result<(Process, Output)> {
            let (stdout, write_stdout) = io::pipe()?;
            let (stderr, write_stderr) = io::pipe()?;
            command.stdin(Stdio::null()).stdout(write_stdout).stderr(write_stderr);
            let output = Output::read(function.name.as_str().into(), config.logs.clone(), stdout, stderr)?;
            let process = Process::start(&mut command, permit, stopping)?;
            Ok((process, output))
        };
        let (process, output) = start().map_err(|error| format!("Couldn't start the process: {error}"))?;
        Ok(Environment {
            function: function.clone(),
            arn: format!("arn:aws:lambda:{}:{}:function:{}", config.region, config.account, function.name),
            started_at: Instant::now(),
            init_max,
            is_initialized: false,
            api,
            process,
            output,
        })
    }

    pub(crate) fn has_exited(&self) -> bool {
        self.process.has_exited()
    }

    /// Gives the process an event and waits for its end, at most for the time to start and the function's timeout.
    pub(crate) async fn run(&mut self, invocation: &Invocation, request_id: &Arc<str>) -> Run {
        self.output.begin(request_id).await;
        let run = self.attempt(invocation, request_id).await;
        if !matches!(&run, Run::Ended(ended) if ended.is_reusable) {
            self.process.kill();
            // The watcher goes on waiting for a process that even SIGKILL does not end at once.
            timeout(KILL_WAIT_MAX, self.process.exited()).await.ok();
        }
        self.output.finish().await;
        run
    }

    async fn attempt(&mut self, invocation: &Invocation, request_id: &Arc<str>) -> Run {
        let was_warm = self.is_initialized;
        // While the process starts nothing is assigned, so that the handler gets all of its time.
        let mut assigned_at = None;
        let mut deadline = self.started_at + self.init_max;
        if was_warm {
            (assigned_at, deadline) = self.assign(invocation, request_id);
        }
        let mut init = None;
        let end = loop {
            match first(self.api.report(), self.process.exited(), deadline).await {
                First::Reported(Report::Ready) => {
                    self.is_initialized = true;
                    init = Some(self.started_at.elapsed());
                    if assigned_at.is_none() {
                        (assigned_at, deadline) = self.assign(invocation, request_id);
                    }
                }
                First::Reported(Report::Returned(response)) => break InvocationEnd::Returned(response),
                First::Reported(Report::Failed(payload)) => break failed(FailureKind::Handler, payload),
                First::Reported(Report::InitFailed(payload)) => break failed(FailureKind::Init, payload),
                First::Reported(Report::TooLarge) => break InvocationEnd::Failed(FunctionFailure::too_large()),
                First::Exited(_) if was_warm && !self.api.is_taken() => return Run::NotTaken,
                First::Exited(status) => {
                    break InvocationEnd::Failed(FunctionFailure::exited(request_id, status));
                }
                First::Overrun if assigned_at.is_none() => {
                    // AWS repeats a start that takes too long on the function's time; here it goes on instead.
                    (assigned_at, deadline) = self.assign(invocation, request_id);
                }
                First::Overrun => {
                    break InvocationEnd::Failed(FunctionFailure::timed_out(request_id, self.function.timeout));
                }
            }
        };
        Run::Ended(Ended {
            is_reusable: is_reusable_after(&end),
            end,
            took: assigned_at.unwrap_or(self.started_at).elapsed(),
            init,
            memory_used_max_mb: self.process.memory_used_max_mb(),
        })
    }

    /// Opens the invocation and starts its clock.
    fn assign(&self, invocation: &Invocation, request_id: &Arc<str>) -> (Option<Instant>, Instant) {
        let now = Instant::now();
        self.api.assign(Event {
            request_id: request_id.clone(),
            headers: self.headers(invocation),
            payload: invocation.payload.clone(),
        });
        (Some(now), now + self.function.timeout)
    }

    fn headers(&self, invocation: &Invocation) -> HeaderMap {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
        let deadline_ms = (since_epoch + self.function.timeout).as_millis().to_string();
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("lambda-runtime-aws-request-id", Some(&invocation.request_id)),
            ("lambda-runtime-deadline-ms", Some(&deadline_ms)),
            ("lambda-runtime-invoked-function-arn", Some(&self.arn)),
            ("lambda-runtime-trace-id", invocation.trace_id.as_ref()),
        ] {
            // A trace id or an ARN that cannot stand in a header is left out: no runtime depends on them.
            if let Some(Ok(value)) = value.map(|value| HeaderValue::from_str(value)) {
                headers.insert(name, value);
            }
        }
        headers
    }
}

enum First {
    Reported(Report),
    Exited(ExitStatus),
    Overrun,
}

/// What happens first. What the process said counts before how it ended.
async fn first(
    report: impl Future<Output = Report>,
    exited: impl Future<Output = ExitStatus>,
    deadline: Instant,
) -> First {
    tokio::select! {
        biased;
        report = report => First::Reported(report),
        status = exited => First::Exited(status),
        () = sleep_until(deadline) => First::Overrun,
    }
}

fn failed(kind: FailureKind, payload: bytes::Bytes) -> InvocationEnd {
    InvocationEnd::Failed(FunctionFailure { kind, payload })
}

/// Whether the runtime will ask for another event after this end.
fn is_reusable_after(end: &InvocationEnd) -> bool {
    match end {
        InvocationEnd::Returned(_) => true,
        InvocationEnd::Failed(failure) => matches!(failure.kind, FailureKind::Handler | FailureKind::TooLarge),
    }
}
