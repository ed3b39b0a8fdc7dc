//! Layers, memory, and several invocations in one process.

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use bongsu_delivery::{FailureKind, InvocationEnd, LogFormat, Runtime};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{Fixture, invocation, is_alive, write_executable};

fn file(folder: &TempDir, name: &str, text: &str) {
    let path = folder.path().join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

#[tokio::test]
async fn layers_bring_modules_programs_and_libraries_and_the_last_wins() {
    let layers = [TempDir::new().unwrap(), TempDir::new().unwrap()];
    for (layer, word) in layers.iter().zip(["first", "second"]) {
        file(layer, "python/both.py", &format!("word = '{word}'"));
        file(layer, &format!("python/{word}.py"), "");
        fs::create_dir_all(layer.path().join("bin")).unwrap();
        fs::create_dir_all(layer.path().join("lib")).unwrap();
        write_executable(&layer.path().join("bin/both"), &format!("#!/bin/sh\necho {word}\n"));
    }
    let function = Fixture::python(
        "import os, subprocess, first, second, both
def handler(event, context):
    program = subprocess.run(['both'], capture_output=True, text=True).stdout.strip()
    return [both.word, program, os.environ['LD_LIBRARY_PATH'].split(':')[:2]]
",
    )
    .change(|spec| spec.layers = layers.iter().map(|layer| layer.path().to_owned()).collect());
    let found: Value = serde_json::from_str(&function.returned("{}").await).unwrap();
    let libraries = [1, 0].map(|layer: usize| layers[layer].path().canonicalize().unwrap().join("lib"));
    assert_eq!(found, json!(["second", "second", libraries]));
}

#[tokio::test]
async fn a_layer_has_packages_for_a_version_of_python_and_of_node() {
    let layer = TempDir::new().unwrap();
    for minor in 8..20 {
        let module = format!("python/lib/python3.{minor}/site-packages/built.py");
        file(&layer, &module, &format!("version = {minor}"));
    }
    file(&layer, "nodejs/node_modules/tool/index.js", "exports.word = 'tool';");
    let source = "import built, sys\ndef handler(event, context):\n    return built.version == sys.version_info[1]\n";
    let layers = vec![layer.path().to_owned()];
    let function = Fixture::python(source).change(|spec| spec.layers = layers.clone());
    assert_eq!(function.returned("{}").await, "true");
    if std::process::Command::new("node").arg("--version").output().is_err() {
        println!("Skipped: node is not installed.");
        return;
    }
    let function =
        Fixture::new(Runtime::Node { version: "22.x".to_owned() }).change(|spec| spec.layers = layers.clone());
    fs::write(function.path("app.js"), "exports.handler = async () => require('tool').word;").unwrap();
    assert_eq!(function.returned("{}").await, "\"tool\"");
}

#[tokio::test]
async fn a_layer_that_is_missing_cannot_start_and_one_may_hold_the_bootstrap() {
    let function = Fixture::python("").change(|spec| spec.layers = vec!["/nowhere".into()]);
    let (kind, error) = function.failed("{}").await;
    assert_eq!(kind, FailureKind::CannotStart);
    assert!(error.contains("Couldn't open the layer /nowhere"), "{error}");

    let layer = TempDir::new().unwrap();
    write_executable(&layer.path().join("bootstrap"), "#!/bin/sh\nexit 9\n");
    let function = Fixture::new(Runtime::Provided).change(|spec| spec.layers = vec![layer.path().to_owned()]);
    assert!(function.failed("{}").await.1.contains("exit status 9"));
}

#[tokio::test]
async fn a_version_has_its_name_and_processes_of_its_own() {
    let function = Fixture::python(
        "import os\ndef handler(event, context):\n    return [os.getpid(), context.function_version, context.log_stream_name]\n",
    );
    let latest: Value = serde_json::from_str(&function.returned("{}").await).unwrap();
    let mut published = (*function.spec).clone();
    published.version_name = "7".to_owned();
    let InvocationEnd::Returned(found) =
        function.functions.invoke(&Arc::new(published), invocation("of-7", "{}")).await
    else {
        panic!("version 7 can be invoked");
    };
    let found: Value = serde_json::from_slice(&found).unwrap();
    assert_eq!((&latest[1], &found[1]), (&json!("$LATEST"), &json!("7")));
    assert!(found[2].as_str().unwrap().contains("/[7]"));
    let again: Value = serde_json::from_str(&function.returned("{}").await).unwrap();
    assert_eq!(again[0], latest[0], "the one retires nothing of the other");
    let start = function.lines().into_iter().find(|line| line.text.starts_with("START RequestId: of-7")).unwrap();
    assert!(start.text.ends_with("Version: 7"));
}

#[tokio::test]
async fn a_process_that_holds_too_much_memory_is_killed() {
    let function = Fixture::python(
        "import os, subprocess, sys, time
held = []
def handler(event, context):
    if event == 'pid': return os.getpid()
    if event == 'child':
        subprocess.run([sys.executable, '-c', 'import time; held = b\"x\" * (300 << 20); time.sleep(60)'])
    while True:
        held.append(b'x' * (10 << 20))
        time.sleep(0.001)
",
    );
    for (number, event) in ["\"child\"", "\"self\""].into_iter().enumerate() {
        let before = function.returned("\"pid\"").await;
        let (kind, error) = function.failed(event).await;
        assert_eq!(kind, FailureKind::OutOfMemory);
        let id = 2 * number + 2;
        assert_eq!(
            error,
            format!(
                r#"{{"errorType":"Runtime.OutOfMemory","errorMessage":"RequestId: id-{id} Error: Runtime exited with error: signal: killed"}}"#
            )
        );
        assert!(!is_alive(&before));
    }
    let counts = function.functions.counts()["orders"];
    assert_eq!((counts.memory_kills, counts.deaths, counts.cold_starts), (2, 0, 2));
}

#[tokio::test]
async fn python_works_on_several_invocations_in_threads() {
    let function = Arc::new(
        Fixture::python(
            "import os, threading
together = threading.Barrier(4)
def handler(event, context):
    together.wait(10)
    return [os.getpid(), context.aws_request_id]
",
        )
        .change(|spec| spec.concurrency_per_process = 4),
    );
    let mut callers = tokio::task::JoinSet::new();
    for _ in 0..4 {
        let function = function.clone();
        callers.spawn(async move { serde_json::from_str::<Value>(&function.returned("{}").await).unwrap() });
    }
    let found = callers.join_all().await;
    assert!(found.iter().all(|each| each[0] == found[0][0]), "{found:?}");
}

/// A runtime that asks for two events at once, without having been told that it may.
const POLLS_TWICE: &str = "#!/usr/bin/env python3
import http.client, os, threading, time
base = '/2018-06-01/runtime/invocation/'
def ask(connection, *what):
    connection.request(*what)
    reply = connection.getresponse()
    return reply.headers['Lambda-Runtime-Aws-Request-Id'], reply.read()
def serve():
    connection = http.client.HTTPConnection(os.environ['AWS_LAMBDA_RUNTIME_API'])
    while True:
        id, event = ask(connection, 'GET', base + 'next')
        if event == b'hang': time.sleep(600)
        ask(connection, 'POST', base + id + '/response', str(os.getpid()))
threading.Thread(target=serve).start()
serve()
";

#[tokio::test]
async fn a_timeout_in_a_shared_process_fails_one_invocation_and_the_others_end_first() {
    let function = Arc::new(Fixture::provided(POLLS_TWICE).change(|spec| {
        spec.concurrency_per_process = 2;
        spec.timeout = Duration::from_secs(2);
    }));
    let process = function.returned("warm").await;
    let hanging = tokio::spawn({
        let function = function.clone();
        async move { function.failed("hang").await.0 }
    });
    tokio::task::yield_now().await;
    while !hanging.is_finished() {
        let other = function.returned("quick").await;
        assert!(hanging.is_finished() || other == process);
    }
    assert_eq!(hanging.await.unwrap(), FailureKind::TimedOut);
    while is_alive(&process) {
        tokio::task::yield_now().await;
    }
    assert_ne!(function.returned("anew").await, process);
    assert_eq!(function.functions.counts()["orders"].timeouts, 1);
}

#[tokio::test]
async fn a_runtime_that_polls_twice_gets_two_events_without_being_told() {
    let function = Fixture::provided(POLLS_TWICE);
    // Both have a place before either ends: in one process as soon as it was seen to ask for two.
    loop {
        let (one, other) = tokio::join!(function.returned("one"), function.returned("other"));
        if one == other {
            break;
        }
    }
    assert!(function.functions.counts()["orders"].cold_starts <= 2);
}

#[tokio::test]
async fn a_json_log_of_python_has_an_object_a_line() {
    let function = Fixture::python(
        "import logging
def handler(event, context):
    logging.info('kept %s', 1)
    logging.debug('left out')
    raise ValueError('no')
",
    )
    .change(|spec| spec.log_format = LogFormat::Json { level: "INFO".to_owned() });
    function.failed("{}").await;
    let lines: Vec<Value> = function.printed("id-1").iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((lines.len(), &lines[0]["message"], &lines[0]["level"]), (2, &json!("kept 1"), &json!("INFO")));
    assert_eq!((&lines[0]["requestId"], &lines[1]["errorType"]), (&json!("id-1"), &json!("ValueError")));
}

#[tokio::test]
async fn a_process_has_an_empty_directory_of_its_own_which_goes_with_it() {
    let function = Fixture::python(
        "import os, tempfile
def handler(event, context):
    folder = tempfile.gettempdir()
    found = os.listdir(folder)
    open(os.path.join(folder, 'left'), 'w').close()
    return [folder, found]
",
    );
    let first: (String, Vec<String>) = serde_json::from_str(&function.returned("{}").await).unwrap();
    assert_eq!(first.1, Vec::<String>::new());
    let second: (String, Vec<String>) = serde_json::from_str(&function.returned("{}").await).unwrap();
    assert_eq!(second, (first.0.clone(), vec!["left".to_owned()]));
    function.functions.stop().await;
    assert!(!std::path::Path::new(&first.0).exists());
}

#[tokio::test]
async fn a_client_context_and_a_qualified_arn_reach_the_handler() {
    let function = Fixture::python(
        "def handler(event, context):
    return [context.client_context.custom, context.client_context.client.app_title, context.invoked_function_arn]
",
    );
    let mut asked = invocation("id", "{}");
    asked.client_context = Some(r#"{"custom":{"x":"봉수"},"client":{"app_title":"t"}}"#.to_owned());
    asked.invoked_arn = Some("arn:aws:lambda:eu-north-1:123456789012:function:orders:live".to_owned());
    let InvocationEnd::Returned(found) = function.functions.invoke(&function.spec, asked).await else {
        panic!("{:#?}", function.lines())
    };
    let found: Value = serde_json::from_slice(&found).unwrap();
    assert_eq!(found, json!([{"x": "봉수"}, "t", "arn:aws:lambda:eu-north-1:123456789012:function:orders:live"]));
}
