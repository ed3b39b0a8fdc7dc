//! The runtime clients that AWS publishes, unmodified, where the environment of the SDK tests has them.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use bongsu_delivery::{FailureKind, LogFormat};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::Fixture;

/// The packages that `cargo xtask test` has installed, if `awslambdaric` is among them.
fn packages() -> Option<PathBuf> {
    let libraries = Path::new(env!("CARGO_TARGET_TMPDIR")).parent()?.join("venv/lib");
    let versions = fs::read_dir(libraries).ok()?.flatten();
    versions.map(|version| version.path().join("site-packages")).find(|path| path.join("awslambdaric").is_dir())
}

/// A function that runs with the published client, which it gets from a layer.
fn python(source: &str) -> Option<(Fixture, TempDir)> {
    let layer = TempDir::new().unwrap();
    symlink(packages()?, layer.path().join("python")).unwrap();
    let function = Fixture::python(source).change(|spec| spec.layers = vec![layer.path().to_owned()]);
    Some((function, layer))
}

#[tokio::test]
async fn awslambdaric_returns_fails_and_logs() {
    let source = "import logging, sys
def handler(event, context):
    logging.getLogger().setLevel('INFO')
    logging.info('at work')
    if event == 'raise': raise ValueError('no such order')
    if event == 'exit': sys.exit(3)
    return {'text': '봉수', 'left': context.get_remaining_time_in_millis(), 'arn': context.invoked_function_arn,
            'client': 'awslambdaric' in sys.modules}
";
    let Some((function, _layer)) = python(source) else {
        println!("Skipped: awslambdaric is not installed.");
        return;
    };
    for _ in 0..2 {
        let found: Value = serde_json::from_str(&function.returned("{}").await).unwrap();
        assert_eq!((&found["text"], &found["client"]), (&json!("봉수"), &json!(true)));
        assert!((15_000..=20_000).contains(&found["left"].as_u64().unwrap()), "{found}");
    }
    assert!(function.printed("id-1").concat().contains("id-1\tat work"), "{:?}", function.printed("id-1"));
    let (kind, error) = function.failed_json("\"raise\"").await;
    assert_eq!(kind, FailureKind::Handler);
    assert_eq!((&error["errorType"], &error["errorMessage"]), (&json!("ValueError"), &json!("no such order")));
    assert_eq!(function.failed("\"exit\"").await.0, FailureKind::Exited);
    assert!(function.returned("{}").await.contains("left"));
    assert_eq!(function.functions.counts()["orders"].cold_starts, 2);
}

#[tokio::test]
async fn awslambdaric_says_why_it_cannot_load_a_handler() {
    let Some((function, _layer)) = python("import nope") else {
        println!("Skipped: awslambdaric is not installed.");
        return;
    };
    let (kind, error) = function.failed_json("{}").await;
    assert_eq!((kind, &error["errorType"]), (FailureKind::Init, &json!("Runtime.ImportModuleError")));
    assert_eq!(error["requestId"], "");
}

#[tokio::test]
async fn awslambdaric_writes_its_log_in_json_when_told() {
    let source = "import logging\ndef handler(event, context):\n    logging.info('at work')\n";
    let Some((function, _layer)) = python(source) else {
        println!("Skipped: awslambdaric is not installed.");
        return;
    };
    let function = function.change(|spec| spec.log_format = LogFormat::Json { level: "INFO".to_owned() });
    function.returned("{}").await;
    let line: Value = serde_json::from_str(&function.printed("id-1")[0]).unwrap();
    assert_eq!((&line["message"], &line["requestId"]), (&json!("at work"), &json!("id-1")));
}

#[tokio::test]
async fn awslambdaric_works_on_several_invocations_at_a_time() {
    let source = "import multiprocessing, os, time
def handler(event, context):
    return [os.getppid(), context.aws_request_id]
";
    let Some((function, _layer)) = python(source) else {
        println!("Skipped: awslambdaric is not installed.");
        return;
    };
    let function = function.change(|spec| spec.concurrency_per_process = 3);
    let (one, two, three) = tokio::join!(function.returned("1"), function.returned("2"), function.returned("3"));
    let found = [one, two, three].map(|text| serde_json::from_str::<Value>(&text).unwrap());
    assert!(found.iter().all(|each| each[0] == found[0][0]), "{found:?}");
    assert_eq!(function.functions.counts()["orders"].cold_starts, 1);
}
