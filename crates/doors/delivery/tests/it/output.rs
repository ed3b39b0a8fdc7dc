//! What functions print, and whose log it lands in.

use std::sync::Arc;

use bongsu_delivery::{INVOCATION_LOG_BYTES_MAX, LOG_LINE_BYTES_MAX, LogStream};
use tokio::task::JoinSet;

use crate::support::Fixture;

#[tokio::test]
async fn an_invocation_is_framed_by_start_end_and_report() {
    let function = Fixture::python("def handler(event, context):\n    print('working')\n");
    function.returned("{}").await;
    function.returned("{}").await;
    let lines: Vec<(String, LogStream, String)> = function
        .lines()
        .into_iter()
        .map(|line| (line.request_id.unwrap().to_string(), line.stream, line.text))
        .collect();
    let line = |id: &str, stream, text: &str| (id.to_owned(), stream, text.to_owned());
    assert_eq!(lines.len(), 8, "{lines:?}");
    for (id, lines) in [("id-1", &lines[..4]), ("id-2", &lines[4..])] {
        assert_eq!(lines[0], line(id, LogStream::Platform, &format!("START RequestId: {id} Version: $LATEST")));
        assert_eq!(lines[1], line(id, LogStream::Stdout, "working"));
        assert_eq!(lines[2], line(id, LogStream::Platform, &format!("END RequestId: {id}")));
        let report: Vec<&str> = lines[3].2.split_terminator('\t').collect();
        assert_eq!(report[0], format!("REPORT RequestId: {id}"));
        assert!(report[1].starts_with("Duration: ") && report[1].ends_with(" ms"));
        assert!(report[2].starts_with("Billed Duration: "));
        assert_eq!(report[3], "Memory Size: 128 MB");
        assert!(report[4].starts_with("Max Memory Used: "));
        assert_eq!(report.get(5).is_some_and(|part| part.starts_with("Init Duration: ")), id == "id-1");
    }
}

#[tokio::test]
async fn both_streams_and_the_log_of_the_module_belong_to_the_invocation() {
    let function = Fixture::python(
        "import logging, sys
print('loading')
logging.getLogger().setLevel('INFO')
def handler(event, context):
    sys.stderr.write('to stderr\\n')
    logging.info('to the log')
",
    );
    function.returned("{}").await;
    let lines = function.lines();
    let stderr: Vec<_> = lines.iter().filter(|line| line.stream == LogStream::Stderr).collect();
    assert_eq!(stderr.len(), 1);
    assert_eq!((stderr[0].text.as_str(), stderr[0].request_id.as_deref()), ("to stderr", Some("id-1")));
    let stdout: Vec<_> = lines.iter().filter(|line| line.stream == LogStream::Stdout).collect();
    assert_eq!(stdout[0].text, "loading");
    let record: Vec<&str> = stdout[1].text.split('\t').collect();
    assert_eq!((record[0], record[2], record[3]), ("[INFO]", "id-1", "to the log"));
}

#[tokio::test]
async fn an_unfinished_line_ends_with_its_invocation() {
    let function = Fixture::python("def handler(event, context):\n    print(event, end='')\n");
    function.returned("\"one\"").await;
    function.returned("\"두울\"").await;
    assert_eq!(function.printed("id-1"), ["one"]);
    assert_eq!(function.printed("id-2"), ["두울"]);
}

#[tokio::test]
async fn a_megabyte_without_a_newline_is_split_into_lines() {
    let function = Fixture::python("def handler(event, context):\n    print('x' * 1_000_000, end='')\n");
    function.returned("{}").await;
    let printed = function.printed("id-1");
    assert!(printed.iter().all(|line| line.len() <= LOG_LINE_BYTES_MAX));
    assert!(printed.concat() == "x".repeat(1_000_000));
}

#[tokio::test]
async fn endless_output_is_cut_with_a_note_and_the_next_invocation_starts_afresh() {
    let function = Fixture::python(
        "def handler(event, context):\n    for _ in range(event): print('y' * 99_999)\n    return 'done'\n",
    );
    assert_eq!(function.returned("100").await, "\"done\"");
    let kept: usize = function.printed("id-1").iter().map(|line| line.len() + 1).sum();
    assert!((INVOCATION_LOG_BYTES_MAX - 100..=INVOCATION_LOG_BYTES_MAX + 100).contains(&kept), "{kept}");
    let notes = function.lines().iter().filter(|line| line.text.starts_with("Output beyond 4194304 bytes")).count();
    assert_eq!(notes, 1);
    function.returned("1").await;
    assert_eq!(function.printed("id-2").concat().len(), 99_999);
}

#[tokio::test]
async fn the_last_words_of_a_dying_process_are_kept() {
    let function =
        Fixture::python("import os\ndef handler(event, context):\n    print('last words', end='')\n    os._exit(3)\n");
    function.failed("{}").await;
    assert_eq!(function.printed("id-1"), ["last words"]);
    let why = function.lines().into_iter().find(|line| line.text.starts_with("the process ended")).unwrap();
    assert!(why.text.contains("exit status 3"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_line_lands_in_another_invocation() {
    let function = Arc::new(Fixture::python(
        "import sys
def handler(event, context):
    print(context.aws_request_id)
    sys.stderr.write(context.aws_request_id)
    return context.aws_request_id
",
    ));
    let mut callers = JoinSet::new();
    for _ in 0..4 {
        let function = function.clone();
        callers.spawn(async move {
            for _ in 0..50 {
                let id = function.returned("{}").await.replace('"', "");
                assert_eq!(function.printed(&id), [id.as_str(), id.as_str()]);
            }
        });
    }
    callers.join_all().await;
    let all = function.lines().iter().filter(|line| line.stream != LogStream::Platform).count();
    assert_eq!(all, 400);
}
