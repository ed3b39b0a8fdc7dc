//! The pool's limits, made small.

use std::collections::BTreeMap;
use std::fs;

use tempfile::TempDir;

use super::*;
use crate::{LATEST, LogFormat, Runtime};

struct Silence;

impl LogSink for Silence {
    fn line(&self, _: LogLine) {}
}

const PID: &str = "import os\ndef handler(event, context):\n    return os.getpid()\n";

fn functions(limits: Limits) -> Functions {
    let config = FunctionsConfig {
        region: "us-east-1".to_owned(),
        account: "000000000000".to_owned(),
        endpoint_url: "http://127.0.0.1:4566".to_owned(),
        credentials: crate::FunctionCredentials {
            access_key_id: "AKID".to_owned(),
            secret_access_key: "secret".to_owned(),
            session_token: "token".to_owned(),
        },
        launcher: Launcher::default(),
        logs: Arc::new(Silence),
    };
    Functions::with_limits(config, limits)
}

fn limits() -> Limits {
    Limits { processes_max: 2, waiters_max: 2, idle_max: IDLE_MAX, init_max: INIT_MAX }
}

fn python(folder: &TempDir, source: &str, timeout: Duration) -> Arc<FunctionSpec> {
    fs::write(folder.path().join("app.py"), source).unwrap();
    Arc::new(FunctionSpec {
        name: folder.path().file_name().unwrap().to_str().unwrap().to_owned(),
        version_name: LATEST.to_owned(),
        version: 1,
        runtime: Runtime::Python { version: "3".to_owned() },
        handler: "app.handler".to_owned(),
        code: folder.path().to_owned(),
        layers: Vec::new(),
        timeout,
        memory_mb: 128,
        ephemeral_storage_mb: 512,
        concurrency_per_process: 1,
        log_format: LogFormat::Text,
        environment: BTreeMap::new(),
    })
}

async fn invoke(functions: &Functions, spec: &Arc<FunctionSpec>) -> Result<String, FailureKind> {
    let invocation = Invocation::new("id", "{}");
    match functions.invoke(spec, invocation).await {
        InvocationEnd::Returned(bytes) => Ok(String::from_utf8(bytes.to_vec()).unwrap()),
        InvocationEnd::Failed(failure) => Err(failure.kind),
    }
}

#[tokio::test]
async fn a_process_that_idles_too_long_is_ended() {
    let functions = functions(Limits { idle_max: Duration::from_millis(20), ..limits() });
    let folder = TempDir::new().unwrap();
    let spec = python(&folder, PID, Duration::from_secs(20));
    let first = invoke(&functions, &spec).await.unwrap();
    // All permits are free again only when the process is gone.
    drop(functions.pool.permits.acquire_many(2).await.unwrap());
    assert_ne!(invoke(&functions, &spec).await.unwrap(), first);
    drop(functions.pool.permits.acquire_many(2).await.unwrap());
}

#[tokio::test]
async fn a_start_that_takes_too_long_goes_on_in_the_functions_time() {
    let functions = functions(Limits { init_max: Duration::from_millis(1), ..limits() });
    let folder = TempDir::new().unwrap();
    let spec = python(&folder, PID, Duration::from_secs(20));
    assert!(invoke(&functions, &spec).await.is_ok());

    let folder = TempDir::new().unwrap();
    let spec = python(&folder, "import time\ntime.sleep(600)\n", Duration::from_secs(1));
    assert_eq!(invoke(&functions, &spec).await, Err(FailureKind::TimedOut));
}

#[tokio::test]
async fn the_longest_idle_process_makes_room_for_a_new_one() {
    let functions = functions(limits());
    let folders = [TempDir::new().unwrap(), TempDir::new().unwrap(), TempDir::new().unwrap()];
    let specs = folders.each_ref().map(|folder| python(folder, PID, Duration::from_secs(20)));
    let first = invoke(&functions, &specs[0]).await.unwrap();
    let second = invoke(&functions, &specs[1]).await.unwrap();
    invoke(&functions, &specs[2]).await.unwrap();
    assert_eq!(invoke(&functions, &specs[1]).await.unwrap(), second);
    assert_ne!(invoke(&functions, &specs[0]).await.unwrap(), first);
}

#[tokio::test]
async fn an_invocation_beyond_the_limit_waits_for_a_process_to_end() {
    let functions = functions(limits());
    let folder = TempDir::new().unwrap();
    let spec = python(&folder, PID, Duration::from_secs(20));
    let busy = functions.pool.permits.clone().acquire_many_owned(2).await.unwrap();
    let mut waiting = Box::pin(invoke(&functions, &spec));
    assert!(poll_once(&mut waiting).await.is_none());
    assert_eq!(functions.counts()[&spec.name].waiting, 1);
    drop(busy);
    assert!(waiting.await.is_ok());
    let counts = functions.counts()[&spec.name];
    assert_eq!((counts.waiting, counts.idle, counts.cold_starts), (0, 1, 1));
}

#[tokio::test]
async fn a_process_that_becomes_idle_makes_room_for_another_function_that_waits() {
    let functions = functions(Limits { processes_max: 1, ..limits() });
    let folders = [TempDir::new().unwrap(), TempDir::new().unwrap()];
    let one = python(&folders[0], PID, Duration::from_secs(20));
    let other = python(&folders[1], PID, Duration::from_secs(20));
    let (first, second) = tokio::join!(invoke(&functions, &one), invoke(&functions, &other));
    assert!(first.is_ok() && second.is_ok());
    assert_eq!((functions.counts()[&one.name].idle, functions.counts()[&other.name].idle), (0, 1));
}

#[tokio::test]
async fn those_who_wait_share_the_processes_there_are() {
    let functions = functions(Limits { waiters_max: 100, ..limits() });
    let folder = TempDir::new().unwrap();
    let spec = python(&folder, PID, Duration::from_secs(20));
    let mut callers = tokio::task::JoinSet::new();
    for _ in 0..50 {
        let (functions, spec) = (functions.clone(), spec.clone());
        callers.spawn(async move { invoke(&functions, &spec).await.unwrap() });
    }
    let processes: std::collections::BTreeSet<String> = callers.join_all().await.into_iter().collect();
    assert!(processes.len() <= 2, "{processes:?}");
}

#[tokio::test]
async fn more_than_may_wait_are_refused_and_one_that_gives_up_leaves_its_place() {
    let functions = functions(limits());
    let folder = TempDir::new().unwrap();
    let spec = python(&folder, PID, Duration::from_secs(20));
    let _busy = functions.pool.permits.clone().acquire_many_owned(2).await.unwrap();
    let mut first = Box::pin(invoke(&functions, &spec));
    let mut second = Box::pin(invoke(&functions, &spec));
    assert!(poll_once(&mut first).await.is_none() && poll_once(&mut second).await.is_none());
    assert_eq!(invoke(&functions, &spec).await, Err(FailureKind::CannotStart));
    drop(first);
    assert!(poll_once(&mut Box::pin(invoke(&functions, &spec))).await.is_none());
}

#[tokio::test]
async fn ten_thousand_that_wait_are_ten_thousand_small_futures() {
    const WAITING_BYTES_MAX: usize = 4 * 1024;
    let functions = functions(Limits { waiters_max: 10_000, ..limits() });
    let folder = TempDir::new().unwrap();
    let spec = python(&folder, PID, Duration::from_secs(20));
    let busy = functions.pool.permits.clone().acquire_many_owned(2).await.unwrap();
    let one = functions.invoke(&spec, Invocation::new("id", "{}"));
    assert!(size_of_val(&one) <= WAITING_BYTES_MAX, "{}", size_of_val(&one));
    drop(one);
    let mut waiting: Vec<_> = (0..10_000).map(|_| Box::pin(invoke(&functions, &spec))).collect();
    for each in &mut waiting {
        assert!(poll_once(each).await.is_none());
    }
    assert_eq!(functions.counts()[&spec.name].waiting, 10_000);
    assert_eq!(functions.counts()[&spec.name].cold_starts, 0);
    waiting.truncate(100);
    assert_eq!(functions.counts()[&spec.name].waiting, 100);
    drop(busy);
    for each in waiting {
        assert!(each.await.is_ok());
    }
}

/// What a future has at once, if it has something.
async fn poll_once<F: Future + Unpin>(future: &mut F) -> Option<F::Output> {
    tokio::select! {
        biased;
        output = future => Some(output),
        () = std::future::ready(()) => None,
    }
}
