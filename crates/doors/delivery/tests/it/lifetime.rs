//! How long processes live: kept warm, retired, killed.

use std::fs;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use bongsu_delivery::{FailureKind, InvocationEnd};

use crate::support::{Fixture, invocation, is_alive};

const PID: &str = "import os\ndef handler(event, context):\n    return os.getpid()\n";

/// Reports its id through a pipe that a test waits at, then hangs.
const HANG: &str = "import os, time
def handler(event, context):
    if event == 'pid': return os.getpid()
    with open('started', 'w') as started: started.write(str(os.getpid()))
    time.sleep(600)
";

fn make_pipe(function: &Fixture, name: &str) {
    assert!(Command::new("mkfifo").arg(function.path(name)).status().unwrap().success());
}

/// Waits until a process has written its id to the pipe.
async fn started(function: &Fixture) -> String {
    let path = function.path("started");
    tokio::task::spawn_blocking(move || fs::read_to_string(path).unwrap()).await.unwrap()
}

/// Waits until the process is gone.
async fn gone(id: String) {
    while is_alive(&id) {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_warm_process_keeps_the_state_of_its_module() {
    let function = Fixture::python(
        "count = 0\ndef handler(event, context):\n    global count\n    count += 1\n    return count\n",
    );
    for expected in ["1", "2", "3"] {
        assert_eq!(function.returned("{}").await, expected);
    }
}

#[tokio::test]
async fn invocations_at_the_same_time_have_processes_of_their_own() {
    // Opening a pipe waits for whoever opens its other end.
    let function = Fixture::python(
        "import os
def handler(event, context):
    open('meeting', event).close()
    return os.getpid()
",
    );
    make_pipe(&function, "meeting");
    let (one, other) = tokio::join!(function.returned("\"r\""), function.returned("\"w\""));
    assert_ne!(one, other);
}

#[tokio::test]
async fn a_process_that_died_while_idle_is_replaced() {
    let function = Fixture::python(PID);
    let first = function.returned("{}").await;
    let killed = Command::new("kill").args(["-KILL", &first]).status().unwrap();
    assert!(killed.success());
    // Not through `gone`, which would let the pool notice.
    while is_alive(&first) {}
    assert_ne!(function.returned("{}").await, first);
}

#[tokio::test]
async fn a_new_version_retires_the_processes_of_the_old_one() {
    let function = Fixture::python(PID);
    let old = function.returned("{}").await;
    let old_spec = function.spec.clone();
    let function = function.change(|spec| spec.version = 2);
    let new = function.returned("{}").await;
    assert_ne!(new, old);
    gone(old.clone()).await;
    // A caller that still has the old version is served, but not by a process that stays.
    let InvocationEnd::Returned(late) = function.functions.invoke(&old_spec, invocation("late", "{}")).await else {
        panic!("the old version can still be invoked");
    };
    gone(String::from_utf8(late.to_vec()).unwrap()).await;
    assert_eq!(function.returned("{}").await, new);
}

#[tokio::test]
async fn a_retired_function_starts_anew() {
    let function = Fixture::python(PID);
    let before = function.returned("{}").await;
    function.functions.retire("orders");
    gone(before.clone()).await;
    assert_ne!(function.returned("{}").await, before);
}

#[tokio::test]
async fn a_busy_process_that_was_retired_is_not_used_again() {
    let function = Arc::new(Fixture::python(
        "import os
def handler(event, context):
    if event == 'wait':
        open('started', 'w').close()
        open('go').close()
    return os.getpid()
",
    ));
    make_pipe(&function, "started");
    make_pipe(&function, "go");
    let busy = tokio::spawn({
        let function = function.clone();
        async move { function.returned("\"wait\"").await }
    });
    started(&function).await;
    function.functions.retire("orders");
    let after = function.returned("{}").await;
    let go = function.path("go");
    tokio::task::spawn_blocking(move || fs::write(go, "")).await.unwrap().unwrap();
    let busy = busy.await.unwrap();
    gone(busy.clone()).await;
    assert_eq!(function.returned("{}").await, after);
}

#[tokio::test]
async fn stop_leaves_no_process_behind() {
    let function = Arc::new(Fixture::python(HANG));
    make_pipe(&function, "started");
    let running = tokio::spawn({
        let function = function.clone();
        async move { function.failed("\"hang\"").await }
    });
    let busy = started(&function).await;
    let idle = function.returned("\"pid\"").await;
    function.functions.stop().await;
    assert!(!is_alive(&busy) && !is_alive(&idle));
    let (kind, error) = running.await.unwrap();
    assert_eq!(kind, FailureKind::Exited);
    assert!(error.contains("signal: killed"), "{error}");
    assert_eq!(function.failed("\"pid\"").await.0, FailureKind::CannotStart);
}

#[tokio::test]
async fn a_timeout_kills_the_children_of_the_process_too() {
    let function = Fixture::python(
        "import subprocess
def handler(event, context):
    child = subprocess.Popen(['sleep', '600'])
    print(child.pid)
    child.wait()
",
    )
    .change(|spec| spec.timeout = Duration::from_secs(1));
    assert_eq!(function.failed("{}").await.0, FailureKind::TimedOut);
    gone(function.printed("id-1").concat()).await;
}

#[tokio::test]
async fn a_process_that_ends_takes_its_children_along() {
    let function = Fixture::python(
        "import os, subprocess
def handler(event, context):
    print(subprocess.Popen(['sleep', '600']).pid)
    os._exit(1)
",
    );
    assert_eq!(function.failed("{}").await.0, FailureKind::Exited);
    gone(function.printed("id-1").concat()).await;
}

#[tokio::test]
async fn dropping_an_invocation_kills_its_process() {
    let function = Arc::new(Fixture::python(HANG));
    make_pipe(&function, "started");
    let running = tokio::spawn({
        let function = function.clone();
        async move { function.failed("\"hang\"").await }
    });
    let busy = started(&function).await;
    running.abort();
    gone(busy).await;
}

#[tokio::test]
async fn dropping_the_pool_kills_what_is_idle() {
    let function = Fixture::python(PID);
    let idle = function.returned("{}").await;
    drop(function);
    gone(idle).await;
}
