//! `bongsu bench` against a server of its own kind.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::fake::{Endpoint, ask, asking, refusal, said};
use crate::harness::{Server, folder, path};

const SHORT: &str = "bench --connections 2 --seconds 0.2";

fn url(server: &Server) -> String {
    format!("http://{}", server.api)
}

fn words<'a>(line: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    line.split(' ').chain(more.iter().copied()).collect()
}

#[test]
fn each_workload_is_measured_and_leaves_no_queue() {
    let server = Server::ephemeral();
    for more in [
        "--workload send --batch 10",
        "--workload receive --batch 10",
        "--workload pipeline",
        "--workload receive --fifo --groups 3",
    ] {
        let (code, stdout, stderr) = ask(&url(&server), &words(SHORT, &[&words(more, &[])[..], &["--json"]].concat()));
        assert_eq!(code, 0, "{more}: {stderr}");
        let report: Value = serde_json::from_str(&stdout).expect("JSON");
        assert!(report["messages_per_second"].as_f64().unwrap() > 0.0, "{report}");
        assert!(report["p999_micros"].as_f64().unwrap() >= report["p50_micros"].as_f64().unwrap(), "{report}");
        assert_eq!(report["errors"], json!({}), "{report}");
    }
    assert_eq!(server.sqs("ListQueues", json!({})), json!({}));
    server.stop();
}

#[test]
fn a_person_gets_a_table() {
    let server = Server::ephemeral();
    let (code, stdout, stderr) = ask(&url(&server), &words(SHORT, &["--rate", "100"]));
    assert_eq!(code, 0, "{stderr}");
    assert!(stdout.contains("p99.9 ms") && stdout.contains("\nsend "), "{stdout}");
    assert!(stderr.starts_with(&format!("Measuring {}/000000000000/bongsu-bench-", url(&server))), "{stderr}");
    server.stop();
}

#[test]
fn a_queue_that_is_named_stays() {
    let server = Server::ephemeral();
    let queue = server.sqs("CreateQueue", json!({ "QueueName": "orders" }))["QueueUrl"].as_str().unwrap().to_owned();
    let (code, _, stderr) = ask(&url(&server), &words(SHORT, &["--queue-url", &queue]));
    assert_eq!(code, 0, "{stderr}");
    let asked = json!({ "QueueUrl": queue, "AttributeNames": ["ApproximateNumberOfMessages"] });
    let length = server.sqs("GetQueueAttributes", asked)["Attributes"]["ApproximateNumberOfMessages"].clone();
    assert!(length.as_str().unwrap().parse::<u64>().unwrap() > 0);
    server.stop();
}

#[test]
fn a_server_that_verifies_signatures_takes_those_of_the_bench() {
    let keys = "[default]\naws_access_key_id = A\naws_secret_access_key = s\n";
    let (directory, _) = folder(&[("keys", keys)]);
    let keys = directory.path().join("keys");
    let server = Server::start(&["serve", "--ephemeral", "--credentials", path(&keys)]);
    let mut command = asking(&url(&server), &words(SHORT, &[]));
    let (code, _, stderr) = said(&command.env("AWS_SHARED_CREDENTIALS_FILE", &keys).output().unwrap());
    assert_eq!(code, 0, "{stderr}");
    let (code, _, stderr) = ask(&url(&server), &words(SHORT, &[]));
    assert_eq!(code, 1);
    assert!(stderr.starts_with("bongsu: cannot make a queue: "), "{stderr}");
    server.stop();
}

#[test]
fn a_run_in_which_everything_fails_says_what_came_first() {
    let server = Server::ephemeral();
    let gone = format!("{}/000000000000/gone", url(&server));
    let (code, stdout, stderr) = ask(&url(&server), &words(SHORT, &["--queue-url", &gone]));
    assert_eq!((code, stdout.as_str()), (1, ""));
    let last = stderr.lines().last().unwrap();
    assert!(last.starts_with("bongsu: nothing was measured: QueueDoesNotExist: "), "{stderr}");
    server.stop();
}

#[test]
fn an_endpoint_that_is_not_there_is_named() {
    let endpoint = Endpoint::serve(|_, _| refusal("com.amazonaws.sqs#OverLimit", "no more"));
    let (code, _, stderr) = ask(&endpoint.url, &["bench"]);
    assert_eq!((code, stderr.as_str()), (1, "bongsu: cannot make a queue: OverLimit: no more\n"));
    let (code, _, stderr) = ask("http://127.0.0.1:1", &["bench"]);
    let refused =
        "bongsu: cannot make a queue: cannot connect to http://127.0.0.1:1: Connection refused (os error 111)\n";
    assert_eq!((code, stderr.as_str()), (1, refused));
    let (code, _, stderr) = ask("nonsense", &["bench"]);
    assert_eq!(code, 1);
    assert!(stderr.starts_with("bongsu: \"nonsense\" is not an endpoint: write http://HOST:PORT"), "{stderr}");
}

#[test]
fn an_interrupted_run_shows_what_it_has_and_deletes_its_queue() {
    let server = Server::ephemeral();
    let mut command = asking(&url(&server), &["bench", "--connections", "2", "--seconds", "3600"]);
    let mut run = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(run.stderr.take().unwrap()).lines().map(Result::unwrap);
    // The first line of progress: the warm-up is over by then.
    let seen = lines.by_ref().find(|line| line.contains("messages/s"));
    assert!(seen.is_some());
    let pid = run.id().to_string();
    assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    let output = run.wait_with_output().unwrap();
    let (code, stdout, _) = said(&output);
    assert_eq!(code, 0);
    assert!(stdout.contains("p99.9 ms"), "{stdout}");
    assert_eq!(server.sqs("ListQueues", json!({})), json!({}));
    server.stop();
}
