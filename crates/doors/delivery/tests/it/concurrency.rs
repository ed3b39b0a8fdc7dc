//! Several invocations in one process: coroutines in one loop, other handlers in threads, and whose their lines are.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use bongsu_delivery::{FailureKind, InvocationEnd, Runtime};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::support::Fixture;

/// Enough that threads would show.
const MANY: u32 = 1_000;

/// What so many invocations returned that went on at the same time.
async fn returned(function: &Arc<Fixture>, count: u32) -> Vec<Value> {
    let mut callers = JoinSet::new();
    for number in 0..count {
        let function = function.clone();
        callers.spawn(async move { serde_json::from_str(&function.returned(&number.to_string()).await).unwrap() });
    }
    callers.join_all().await
}

/// Waits until all are there: an invocation alone would wait for ever.
const TOGETHER: &str = "import asyncio, os, threading
count, all_there = 0, None
async def handler(event, context):
    global count, all_there
    all_there = all_there or asyncio.Event()
    count += 1
    if count == int(os.environ['TOGETHER']): all_there.set()
    await all_there.wait()
    return [os.getpid(), event, threading.active_count()]
";

#[tokio::test]
async fn a_thousand_coroutines_wait_in_one_process_without_threads() {
    let function = Fixture::python(TOGETHER).change(|spec| {
        spec.concurrency_per_process = MANY;
        spec.environment.insert("TOGETHER".to_owned(), MANY.to_string());
    });
    let function = Arc::new(function);
    let found = returned(&function, MANY).await;
    assert!(found.iter().all(|each| each[0] == found[0][0] && each[2] == 1), "{}", found[0]);
    let events: BTreeSet<u64> = found.iter().filter_map(|each| each[1].as_u64()).collect();
    assert_eq!(events.len(), MANY as usize);
    assert_eq!(function.functions.counts()["orders"].cold_starts, 1);
}

#[tokio::test]
async fn a_process_gets_no_more_than_it_was_told() {
    let function = Fixture::python(TOGETHER).change(|spec| {
        spec.concurrency_per_process = 2;
        spec.environment.insert("TOGETHER".to_owned(), "2".to_owned());
    });
    let found = returned(&Arc::new(function), 4).await;
    let processes: BTreeSet<u64> = found.iter().filter_map(|each| each[0].as_u64()).collect();
    assert_eq!(processes.len(), 2, "{found:?}");
}

#[tokio::test]
async fn a_coroutine_works_one_at_a_time_too_in_a_loop_that_stays() {
    let function = Fixture::python(
        "import asyncio
loops = []
async def handler(event, context):
    await asyncio.sleep(0)
    loops.append(asyncio.get_running_loop())
    if event == 'raise': raise ValueError('no such order')
    if event == 'cancel': asyncio.current_task().cancel(); await asyncio.sleep(1)
    return all(loop is loops[0] for loop in loops)
",
    );
    assert_eq!(function.returned("{}").await, "true");
    let (kind, error) = function.failed_json("\"raise\"").await;
    assert_eq!((kind, &error["errorType"]), (FailureKind::Handler, &json!("ValueError")));
    let trace = error["stackTrace"].as_array().unwrap();
    assert!(trace.len() == 1 && trace[0].as_str().unwrap().contains("line 6, in handler"), "{trace:?}");
    let (_, error) = function.failed_json("\"cancel\"").await;
    assert_eq!(error["errorType"], "CancelledError");
    assert_eq!(function.returned("{}").await, "true");
    assert_eq!(function.functions.counts()["orders"].cold_starts, 1);
}

#[tokio::test]
async fn errors_of_many_are_described_like_those_of_one() {
    for (source, line) in [
        ("async def handler(event, context):\n    raise ValueError('no such order')\n", 2),
        ("def handler(event, context):\n    raise ValueError('no such order')\n", 2),
        (
            "async def work():\n    raise ValueError('no such order')\ndef handler(event, context):\n    return work()\n",
            2,
        ),
    ] {
        let function = Fixture::python(source).change(|spec| spec.concurrency_per_process = 2);
        let (kind, error) = function.failed_json("{}").await;
        let place = format!("line {line}, in ");
        let trace = error["stackTrace"].as_array().unwrap();
        assert_eq!((kind, &error["errorMessage"]), (FailureKind::Handler, &json!("no such order")));
        assert!(trace.len() == 1 && trace[0].as_str().unwrap().contains(&place), "{trace:?}");
        assert!(function.printed("id-1")[0].starts_with("[ERROR] id-1 ValueError: no such order\r"));
        let (_, error) = function.failed_json("{").await;
        assert_eq!(error["errorType"], "Runtime.UnmarshalError");
    }
}

#[tokio::test]
async fn each_of_many_says_whose_its_lines_are() {
    let function = Fixture::python(
        "import asyncio, logging
logging.getLogger().setLevel('INFO')
async def handler(event, context):
    await asyncio.sleep(0.01)
    logging.info('at work on %s', event)
",
    );
    let function = Arc::new(function.change(|spec| spec.concurrency_per_process = 50));
    returned(&function, 50).await;
    let ids = (1..=50).map(|number| format!("id-{number}"));
    let printed: BTreeSet<String> = ids
        .flat_map(|id| {
            let lines = function.printed(&id);
            assert!(lines.len() == 1 && lines[0].contains(&format!("\t{id}\t")), "{id}: {lines:?}");
            lines.into_iter().map(|line| line.rsplit(' ').next().unwrap().to_owned())
        })
        .collect();
    assert_eq!(printed.len(), 50);
}

#[tokio::test]
async fn a_handler_that_exits_takes_all_of_its_process_with_it() {
    let source = "import asyncio, sys
async def handler(event, context):
    if event == 1: sys.exit(7)
    await asyncio.sleep(600)
";
    let function = Arc::new(Fixture::python(source).change(|spec| spec.concurrency_per_process = 2));
    let (one, other) = tokio::join!(function.failed("0"), function.failed("1"));
    for (kind, error) in [one, other] {
        assert_eq!(kind, FailureKind::Exited);
        assert!(error.contains("exit status 7"), "{error}");
    }
}

#[tokio::test]
async fn memory_is_watched_while_invocations_take_turns() {
    let source = "import asyncio
held = []
async def handler(event, context):
    held.append(bytearray(8 << 20))
    await asyncio.sleep(0.03)
";
    let function = Fixture::python(source).change(|spec| spec.concurrency_per_process = 8);
    let mut end = InvocationEnd::Returned("null".into());
    for _ in 0..200 {
        end = tokio::join!(function.invoke("1"), function.invoke("2")).0;
        if matches!(end, InvocationEnd::Failed(_)) {
            break;
        }
    }
    let InvocationEnd::Failed(failure) = end else { panic!("it held 3 GB") };
    assert_eq!(failure.kind, FailureKind::OutOfMemory, "{failure}");
}

#[tokio::test]
async fn node_asks_over_one_connection_however_many_go_on() {
    let function = Fixture::new(Runtime::Node { version: "22.x".to_owned() });
    let source = "import fs from 'node:fs';
let count = 0, open;
const allThere = new Promise((resolve) => { open = resolve; });
const isSocket = (file) => { try { return fs.readlinkSync(`/proc/self/fd/${file}`).startsWith('socket'); } catch { return false; } };
export async function handler(event) {
  if (++count === 500) open(fs.readdirSync('/proc/self/fd').filter(isSocket).length);
  return [process.pid, event, await allThere];
}
";
    std::fs::write(function.path("app.mjs"), source).unwrap();
    let function = Arc::new(function.change(|spec| {
        spec.concurrency_per_process = 500;
        spec.timeout = Duration::from_secs(60);
    }));
    let found = returned(&function, 500).await;
    assert!(found.iter().all(|each| each[0] == found[0][0]), "{found:?}");
    assert!(found[0][2].as_u64().unwrap() <= 4, "{}", found[0]);
}
