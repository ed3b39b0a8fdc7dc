//! An execution environment: one process, its Runtime API and its output, for as many invocations at a time as the
//! process takes.

use std::io;
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use hyper::HeaderMap;
use hyper::header::HeaderValue;
use tokio::sync::{OwnedSemaphorePermit, oneshot, watch};
use tokio::time::{Instant, sleep_until, timeout};

use crate::launch::Launch;
use crate::output::Output;
use crate::process::Process;
use crate::runtime_api::{Answer, Event, Init, RuntimeApi};
use crate::{
    CONCURRENCY_PER_PROCESS_MAX, FailureKind, FunctionFailure, FunctionSpec, FunctionsConfig, Invocation, InvocationEnd,
};

/// How long an invocation waits for its killed process; the process is waited for in any case, but not by the caller.
const KILL_WAIT_MAX: Duration = Duration::from_secs(2);
const LINE_ENDS: [char; 2] = ['\r', '\n'];

/// A process that serves a function. Dropping it kills everything the process started.
pub(crate) struct Environment {
    function: Arc<FunctionSpec>,
    arn: String,
    started_at: Instant,
    init_max: Duration,
    api: RuntimeApi,
    process: Process,
    output: Output,
    seats: Mutex<Seats>,
}

#[derive(Default)]
struct Seats {
    taken: usize,
    /// Whether the process takes no more invocations, and ends with the last one that it has.
    is_closed: bool,
}

/// The right to give an environment one invocation. Dropping it unused, or in the middle, closes the environment.
pub(crate) struct Seat {
    environment: Arc<Environment>,
    is_left: bool,
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
}

impl Environment {
    /// Starts a process.
    pub(crate) fn start(
        function: &Arc<FunctionSpec>,
        config: &FunctionsConfig,
        init_max: Duration,
        api: RuntimeApi,
        launch: Launch,
        permit: OwnedSemaphorePermit,
        stopping: watch::Receiver<bool>,
    ) -> io::Result<Environment> {
        let Launch { mut command, scratch, .. } = launch;
        let (stdout, write_stdout) = io::pipe()?;
        let (stderr, write_stderr) = io::pipe()?;
        command.stdin(Stdio::null()).stdout(write_stdout).stderr(write_stderr);
        let output = Output::read(
            function.name.as_str().into(),
            function.version_name.as_str().into(),
            config.logs.clone(),
            stdout,
            stderr,
        )?;
        let process = Process::start(&mut command, scratch, permit, stopping)?;
        Ok(Environment {
            function: function.clone(),
            arn: format!("arn:aws:lambda:{}:{}:function:{}", config.region, config.account, function.name),
            started_at: Instant::now(),
            init_max,
            api,
            process,
            output,
            seats: Mutex::default(),
        })
    }

    pub(crate) fn has_exited(&self) -> bool {
        self.process.has_exited()
    }

    /// Whether the process has asked for its first event.
    pub(crate) fn is_initialized(&self) -> bool {
        *self.api.init().borrow() == Init::Ready
    }

    pub(crate) fn is_idle(&self) -> bool {
        self.seats().taken == 0
    }

    /// Takes a seat, if one is free.
    pub(crate) fn sit(self: &Arc<Environment>) -> Option<Seat> {
        let mut seats = self.seats();
        if !self.has_room(&seats) {
            return None;
        }
        seats.taken += 1;
        drop(seats);
        Some(Seat { environment: self.clone(), is_left: false })
    }

    /// Whether the process may have several invocations at a time.
    pub(crate) fn is_shared(&self) -> bool {
        self.api.wanted_max() > 1
    }

    /// Resolves when the process has started, or failed to.
    pub(crate) fn started(&self) -> impl Future<Output = ()> + use<> {
        let mut init = self.api.init();
        // An error means that the environment is gone.
        async move { init.wait_for(|init| *init != Init::Pending).await.map(drop).unwrap_or_default() }
    }

    /// Whether there is a free seat.
    pub(crate) fn is_free(&self) -> bool {
        self.has_room(&self.seats())
    }

    fn has_room(&self, seats: &Seats) -> bool {
        let max = self.api.wanted_max().min(CONCURRENCY_PER_PROCESS_MAX as usize);
        !seats.is_closed && seats.taken < max
    }

    fn seats(&self) -> MutexGuard<'_, Seats> {
        self.seats.lock().expect("nothing panics while it holds the seats")
    }

    async fn attempt(&self, invocation: &Invocation, request_id: &Arc<str>) -> Run {
        let mut init = self.api.init();
        let was_warm = *init.borrow_and_update() == Init::Ready;
        let mut is_starting = !was_warm;
        let mut init_took = None;
        // While the process starts nothing is assigned, so that the handler gets all of its time.
        let mut assigned = was_warm.then(|| self.assign(invocation, request_id));
        let mut deadline =
            if was_warm { Instant::now() + self.function.timeout } else { self.started_at + self.init_max };
        let within_memory = self.process.keep_within(self.function.memory_mb);
        tokio::pin!(within_memory);
        let end = loop {
            // What the process said counts before how it ended.
            tokio::select! {
                biased;
                answer = answered(&mut assigned) => break match answer {
                    Answer::Returned(response) => InvocationEnd::Returned(response),
                    Answer::Failed(payload) => failed(FailureKind::Handler, payload),
                    Answer::TooLarge => InvocationEnd::Failed(FunctionFailure::too_large()),
                },
                _ = init.changed(), if is_starting => {
                    is_starting = false;
                    if let Init::Failed(payload) = init.borrow().clone() {
                        break failed(FailureKind::Init, payload);
                    }
                    init_took = Some(self.started_at.elapsed());
                    if assigned.is_none() {
                        assigned = Some(self.assign(invocation, request_id));
                        deadline = Instant::now() + self.function.timeout;
                    }
                }
                status = self.process.exited() => {
                    if was_warm && !self.api.withdraw(request_id) {
                        return Run::NotTaken;
                    }
                    break InvocationEnd::Failed(self.death(request_id, status));
                }
                () = sleep_until(deadline) => {
                    if assigned.is_some() {
                        break InvocationEnd::Failed(FunctionFailure::timed_out(request_id, self.function.timeout));
                    }
                    // AWS repeats a start that takes too long on the function's time; here it goes on instead.
                    assigned = Some(self.assign(invocation, request_id));
                    deadline = Instant::now() + self.function.timeout;
                }
                () = &mut within_memory => {}
            }
        };
        self.api.withdraw(request_id);
        Run::Ended(Ended {
            end,
            took: assigned.map_or(self.started_at, |(at, _)| at).elapsed(),
            init: init_took,
            memory_used_max_mb: self.process.memory_used_max_mb(),
        })
    }

    fn death(&self, request_id: &str, status: ExitStatus) -> FunctionFailure {
        if self.process.has_held_too_much() {
            FunctionFailure::out_of_memory(request_id)
        } else {
            FunctionFailure::exited(request_id, status)
        }
    }

    /// Opens the invocation, whose time begins.
    fn assign(&self, invocation: &Invocation, request_id: &Arc<str>) -> (Instant, oneshot::Receiver<Answer>) {
        let answer = self.api.assign(Event {
            request_id: request_id.clone(),
            headers: self.headers(invocation),
            payload: invocation.payload.clone(),
        });
        (Instant::now(), answer)
    }

    fn headers(&self, invocation: &Invocation) -> HeaderMap {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
        let deadline_ms = (since_epoch + self.function.timeout).as_millis().to_string();
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("lambda-runtime-aws-request-id", Some(&invocation.request_id)),
            ("lambda-runtime-deadline-ms", Some(&deadline_ms)),
            ("lambda-runtime-invoked-function-arn", Some(invocation.invoked_arn.as_ref().unwrap_or(&self.arn))),
            ("lambda-runtime-trace-id", invocation.trace_id.as_ref()),
            // Between the parts of JSON a space says as much as the end of a line.
            (
                "lambda-runtime-client-context",
                invocation.client_context.as_ref().map(|json| json.replace(LINE_ENDS, " ")).as_ref(),
            ),
        ] {
            // What cannot stand in a header is left out: no runtime depends on it.
            if let Some(Ok(value)) = value.map(|value| HeaderValue::from_bytes(value.as_bytes())) {
                headers.insert(name, value);
            }
        }
        headers
    }
}

impl Seat {
    /// Gives the process an event and waits for its end, at most for the time to start and the function's timeout.
    pub(crate) async fn run(mut self, invocation: &Invocation, request_id: &Arc<str>) -> Run {
        let environment = self.environment.clone();
        environment.output.begin(request_id).await;
        let run = environment.attempt(invocation, request_id).await;
        let is_reusable = matches!(&run, Run::Ended(ended) if is_reusable_after(&ended.end));
        if self.leave(is_reusable) {
            // The watcher goes on waiting for a process that even SIGKILL does not end at once.
            timeout(KILL_WAIT_MAX, environment.process.exited()).await.ok();
        }
        environment.output.end(request_id).await;
        run
    }

    /// The environment whose seat this is.
    pub(crate) fn environment(&self) -> &Arc<Environment> {
        &self.environment
    }

    /// Frees a seat that was not needed.
    pub(crate) fn give_back(mut self) {
        self.leave(true);
    }

    /// Frees the seat, and says whether the process has been killed because nobody can use it any more.
    fn leave(&mut self, is_reusable: bool) -> bool {
        self.is_left = true;
        let mut seats = self.environment.seats();
        seats.taken -= 1;
        seats.is_closed |= !is_reusable;
        let is_over = seats.is_closed && seats.taken == 0;
        if is_over {
            self.environment.process.kill();
        }
        is_over
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        if !self.is_left {
            self.leave(false);
        }
    }
}

/// The answer, once there is something that can be answered. A runtime that drops an event has ended.
async fn answered(assigned: &mut Option<(Instant, oneshot::Receiver<Answer>)>) -> Answer {
    if let Some((_, answer)) = assigned
        && let Ok(answer) = answer.await
    {
        return answer;
    }
    std::future::pending().await
}

fn failed(kind: FailureKind, payload: Bytes) -> InvocationEnd {
    InvocationEnd::Failed(FunctionFailure { kind, payload })
}

/// Whether the runtime will ask for another event after this end.
fn is_reusable_after(end: &InvocationEnd) -> bool {
    match end {
        InvocationEnd::Returned(_) => true,
        InvocationEnd::Failed(failure) => matches!(failure.kind, FailureKind::Handler | FailureKind::TooLarge),
    }
}
