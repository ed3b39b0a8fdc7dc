//! `/metrics` after a scripted life of messages, and what the log says of requests.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::harness::{Server, exchange, get};

/// The page that says what each metric means.
const PAGE: &str = include_str!("../../../../../docs/metrics.md");

/// The samples of a page, by name and labels.
fn samples(page: &str) -> BTreeMap<String, f64> {
    let samples = page.lines().filter(|line| !line.starts_with('#'));
    samples
        .map(|line| {
            let (name, value) = line.rsplit_once(' ').expect("a name and a value");
            (name.to_owned(), value.parse().expect("a number"))
        })
        .collect()
}

fn scrape(server: &Server) -> BTreeMap<String, f64> {
    let answer = get(server.api, "/metrics");
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert!(answer.head.contains("content-type: application/openmetrics-text; version=1.0.0; charset=utf-8"));
    assert!(answer.body.ends_with("# EOF\n"));
    samples(&answer.body)
}

fn of(queue: &str) -> impl Fn(&str) -> String {
    move |name| format!("bongsu_sqs_{name}{{queue=\"{queue}\",account=\"000000000000\"}}")
}

fn create(server: &Server, name: &str, attributes: Value) -> String {
    let output = server.sqs("CreateQueue", json!({ "QueueName": name, "Attributes": attributes }));
    output["QueueUrl"].as_str().expect("a URL").to_owned()
}

fn receive(server: &Server, queue: &str) -> Vec<Value> {
    let input = json!({ "QueueUrl": queue, "MaxNumberOfMessages": 10, "VisibilityTimeout": 600 });
    server.sqs("ReceiveMessage", input)["Messages"].as_array().cloned().unwrap_or_default()
}

#[test]
fn every_counter_tells_what_happened() {
    let directory = tempfile::tempdir().expect("a directory");
    let data = directory.path().to_str().expect("UTF-8");
    let server = Server::start(&["serve", "--data", data]);
    let queue = create(&server, "orders", json!({}));
    let fifo = create(&server, "orders.fifo", json!({ "FifoQueue": "true" }));
    for (body, delay) in [("one", 0), ("two", 0), ("three", 0), ("later", 900)] {
        server.sqs("SendMessage", json!({ "QueueUrl": queue, "MessageBody": body, "DelaySeconds": delay }));
    }
    for _ in 0..3 {
        server.sqs(
            "SendMessage",
            json!({ "QueueUrl": fifo, "MessageBody": "x".repeat(2000), "MessageGroupId": "g", "MessageDeduplicationId": "a" }),
        );
    }
    let mut handles = Vec::new();
    while handles.len() < 3 {
        handles.extend(receive(&server, &queue).iter().map(|message| message["ReceiptHandle"].clone()));
    }
    assert!(receive(&server, &queue).is_empty());
    for handle in [&handles[0], &handles[0], &handles[1]] {
        server.sqs("DeleteMessage", json!({ "QueueUrl": queue, "ReceiptHandle": handle }));
    }
    assert_eq!(receive(&server, &fifo).len(), 1);
    assert_eq!(server.try_sqs("SendMessage", &json!({ "QueueUrl": queue })).status, 400);

    let told = scrape(&server);
    let (orders, ordered) = (of("orders"), of("orders.fifo"));
    for (name, value) in [
        (orders("approximate_number_of_messages_visible"), 0.0),
        (orders("approximate_number_of_messages_not_visible"), 1.0),
        (orders("approximate_number_of_messages_delayed"), 1.0),
        (orders("number_of_messages_sent_total"), 4.0),
        (orders("number_of_messages_received_total"), 3.0),
        (orders("number_of_messages_deleted_total"), 3.0),
        (orders("number_of_empty_receives_total"), 1.0),
        (orders("number_of_deduplicated_sent_messages_total"), 0.0),
        (orders("approximate_number_of_noisy_groups"), 0.0),
        (orders("approximate_number_of_messages_visible_in_quiet_groups"), 0.0),
        (orders("approximate_number_of_messages_not_visible_in_quiet_groups"), 1.0),
        (orders("approximate_number_of_messages_delayed_in_quiet_groups"), 1.0),
        (orders("sent_message_size_bytes_sum"), 16.0),
        (orders("sent_message_size_bytes_count"), 4.0),
        (ordered("number_of_messages_sent_total"), 1.0),
        (ordered("number_of_messages_received_total"), 1.0),
        (ordered("number_of_deduplicated_sent_messages_total"), 2.0),
        (ordered("approximate_number_of_groups_with_inflight_messages"), 1.0),
        (ordered("sent_message_size_bytes_sum"), 2000.0),
        ("bongsu_s3_number_of_objects".to_owned(), 0.0),
        ("bongsu_s3_notifications_failed_total".to_owned(), 0.0),
        ("bongsu_waiting_receives".to_owned(), 0.0),
        ("bongsu_requests_total{operation=\"CreateQueue\",code=\"OK\"}".to_owned(), 2.0),
        ("bongsu_requests_total{operation=\"SendMessage\",code=\"OK\"}".to_owned(), 7.0),
        ("bongsu_requests_total{operation=\"SendMessage\",code=\"MissingParameter\"}".to_owned(), 1.0),
        ("bongsu_request_seconds_count{operation=\"DeleteMessage\",code=\"OK\"}".to_owned(), 3.0),
        ("bongsu_log_lines_left_out_total".to_owned(), 0.0),
    ] {
        assert_eq!(told.get(&name), Some(&value), "{name}");
    }
    let bucket = |name: &str, bound: &str| {
        told[&format!(
            "bongsu_sqs_sent_message_size_bytes_bucket{{le=\"{bound}\",queue=\"{name}\",account=\"000000000000\"}}"
        )]
    };
    assert_eq!(
        (bucket("orders", "256.0"), bucket("orders.fifo", "1024.0"), bucket("orders.fifo", "4096.0")),
        (4.0, 0.0, 1.0)
    );
    for positive in [
        orders("approximate_age_of_oldest_message_seconds"),
        orders("approximate_age_of_oldest_message_in_quiet_groups_seconds"),
    ] {
        assert!(told[&positive] >= 0.0 && told[&positive] < 60.0, "{positive}");
    }
    assert!(!told.contains_key(&orders("approximate_number_of_groups_with_inflight_messages")));
    assert!(!told.contains_key(&ordered("approximate_number_of_noisy_groups")));
    // Each change that was answered is durable, by one sync for one batch here.
    assert!(told["bongsu_journal_sync_seconds_count"] >= 10.0 && told["bongsu_journal_sync_seconds_sum"] > 0.0);
    assert_eq!(told["bongsu_journal_batch_bytes_count"], told["bongsu_journal_batch_facts_count"]);
    assert!(told["bongsu_journal_batch_facts_sum"] >= 10.0);
    assert!(told["bongsu_journal_disk_bytes"] > told["bongsu_journal_alive_bytes"]);
    assert!(told["bongsu_journal_alive_bytes"] > 2000.0);
    assert!(told["process_resident_memory_bytes"] > 1e6 && told["process_start_time_seconds"] > 1.7e9);

    server.sqs("DeleteQueue", json!({ "QueueUrl": queue }));
    assert!(scrape(&server).keys().all(|name| !name.contains("\"orders\"")), "a deleted queue is told of no more");
}

#[test]
fn the_page_names_what_is_served_and_nothing_else() {
    let served = get(Server::ephemeral().api, "/metrics").body;
    let served: Vec<_> = served
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE "))
        .map(|line| match line.split_once(' ').expect("a name and a type") {
            (name, "counter") => format!("{name}_total"),
            (name, _) => name.to_owned(),
        })
        .collect();
    let rows = PAGE.lines().filter_map(|line| Some(line.strip_prefix("| `")?.split_once('`')?.0));
    let documented: Vec<_> = rows.filter(|name| name.starts_with("bongsu_") || name.starts_with("process_")).collect();
    assert_eq!(served, documented);
}

#[test]
fn a_refused_request_is_told_in_a_line_without_its_secrets() {
    let server = Server::ephemeral();
    let queue = create(&server, "orders", json!({}));
    let credential = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260101/us-east-1/sqs/aws4_request, \
                      SignedHeaders=host, Signature=5ec2e7";
    let headers = [
        ("content-type", "application/x-amz-json-1.0"),
        ("x-amz-target", "AmazonSQS.SendMessage"),
        ("authorization", credential),
    ];
    let input = json!({ "QueueUrl": queue, "MessageBody": "hush\u{1}" }).to_string();
    assert_eq!(exchange(server.api, "POST", "/", &headers, input.as_bytes()).status, 400);
    let log = server.stop();
    let line = log.lines().find(|line| line.contains("request refused")).expect("a line");
    for field in [
        "INFO",
        "operation=\"SendMessage\"",
        "queue=000000000000/orders",
        "code=\"InvalidMessageContents\"",
        "caller=\"arn:aws:iam::000000000000:root\"",
        "request_id=",
        "duration_ms=",
    ] {
        assert!(line.contains(field), "{field} in {line}");
    }
    assert!(!log.contains("hush") && !log.contains("5ec2e7"), "{log}");
}

#[test]
fn a_slow_request_is_told_but_not_for_the_time_it_waited() {
    let server = Server::start(&["serve", "--ephemeral", "--slow-request-ms", "0"]);
    create(&server, "orders", json!({}));
    let log = server.stop();
    let line = log.lines().find(|line| line.contains("request slow")).expect("a line");
    assert!(
        line.contains("WARN") && line.contains("operation=\"CreateQueue\"") && line.contains("code=\"OK\""),
        "{line}"
    );

    let server = Server::start(&["serve", "--ephemeral", "--slow-request-ms", "900"]);
    let queue = create(&server, "orders", json!({}));
    server.sqs("ReceiveMessage", json!({ "QueueUrl": queue, "WaitTimeSeconds": 1 }));
    assert!(!server.stop().contains("request slow"));
}

#[test]
fn a_client_that_goes_wrong_does_not_fill_the_log() {
    let server = Server::ephemeral();
    for _ in 0..200 {
        assert_eq!(server.try_sqs("SendMessage", &json!({})).status, 400);
    }
    let left_out = scrape(&server)["bongsu_log_lines_left_out_total"];
    let told = server.stop().lines().filter(|line| line.contains("request refused")).count();
    assert_eq!(told as f64 + left_out, 200.0);
}
