//! Configuration files as they are in use: what is made of them, and what is refused.
#![allow(clippy::unwrap_used, reason = "a test says so by failing")]

use bongsu_broker::Account;
use bongsu_elasticmq::{QueueSpec, Settings, Weight};
use proptest::prelude::*;

const WHOLE: &str = r#"
include classpath("application.conf")

node-address {
  protocol = https
  host = sqs.example.com
  port = 9324
  context-path = "/sqs/"
}
rest-sqs { enabled = true, bind-port = 9324, bind-hostname = "0.0.0.0", sqs-limits = relaxed }
rest-stats { enabled = true, bind-port = 9325, bind-hostname = "0.0.0.0" }
generate-node-address = false
aws { region = us-west-2, accountId = 000000000042 }
auto-create-queues.enabled = false
messages-storage { enabled = false }
common { receiveMessageWait = 20 seconds }
queues {
  orders = ${common} {
    defaultVisibilityTimeout = 10 seconds
    delay = 500 millis
    deadLettersQueue { name = "orders-dead", maxReceiveCount = 3 }
    fifo = true
    contentBasedDeduplication = true
    tags { team = shop, "cost.center" = 7 }
  }
  "orders-dead" { fifo = true }
  plain { contentBasedDeduplication = false }
}
"#;

fn read(text: &str) -> Settings {
    bongsu_elasticmq::read(text, "e.conf", &|_| None).unwrap_or_else(|errors| panic!("{errors}"))
}

fn refused(text: &str) -> String {
    bongsu_elasticmq::read(text, "e.conf", &|_| None).expect_err("it is wrong").to_string()
}

fn attributes(queue: &QueueSpec) -> String {
    queue.attributes.iter().map(|(name, value)| format!("{name}={value} ")).collect()
}

fn names(settings: &Settings) -> Vec<&str> {
    settings.queues.iter().map(|queue| queue.name.as_str()).collect()
}

#[test]
fn a_whole_file_becomes_settings() {
    let settings = read(WHOLE);
    assert_eq!(settings.region.as_deref(), Some("us-west-2"));
    assert_eq!(settings.account, Some(Account(42)));
    assert_eq!(settings.rest_sqs, Some("0.0.0.0:9324".parse().unwrap()));
    let node_address = settings.node_address.clone().unwrap();
    assert_eq!((node_address.line, node_address.url.as_str()), (4, "https://sqs.example.com:9324/sqs"));
    assert_eq!(names(&settings), ["orders-dead.fifo", "orders.fifo", "plain"]);
    let [dead, orders, plain] = settings.queues.as_slice() else { panic!("{settings:?}") };
    assert_eq!(attributes(dead), "FifoQueue=true ");
    assert_eq!(
        attributes(orders),
        "ContentBasedDeduplication=true DelaySeconds=1 FifoQueue=true ReceiveMessageWaitTimeSeconds=20 \
         VisibilityTimeout=10 "
    );
    assert_eq!(attributes(plain), "");
    assert_eq!(orders.tags.iter().map(|(k, v)| format!("{k}={v} ")).collect::<String>(), "cost.center=7 team=shop ");
    let policy = orders.dead_letters.as_ref().unwrap().policy(Account(42), "us-west-2");
    let arn = "arn:aws:sqs:us-west-2:000000000042:orders-dead.fifo";
    assert_eq!(policy, format!(r#"{{"deadLetterTargetArn":"{arn}","maxReceiveCount":3}}"#));
}

#[test]
fn what_has_no_effect_is_said() {
    let said: Vec<(u32, Weight)> = read(WHOLE).notices.iter().map(|notice| (notice.line, notice.weight)).collect();
    let expected = [(2, Weight::Info), (10, Weight::Warning), (11, Weight::Warning), (15, Weight::Warning)];
    assert_eq!(said, [expected.as_slice(), &[(20, Weight::Info)]].concat());
}

#[test]
fn a_file_without_sections_asks_for_nothing() {
    assert_eq!(read(""), Settings::default());
    assert_eq!(read("queues {}"), Settings::default());
    assert_eq!(read("queues = null"), Settings::default());
}

#[test]
fn rest_sqs_listens_on_loopback_unless_told() {
    let rest_sqs = |text: &str| read(text).rest_sqs.map(|address| address.to_string());
    assert_eq!(rest_sqs("rest-sqs {}").as_deref(), Some("127.0.0.1:9324"));
    assert_eq!(rest_sqs("rest-sqs.bind-hostname = localhost").as_deref(), Some("127.0.0.1:9324"));
    assert_eq!(rest_sqs("rest-sqs { bind-port = 0, bind-hostname = \"::1\" }").as_deref(), Some("[::1]:0"));
    assert_eq!(rest_sqs("rest-sqs.enabled = false"), None);
}

#[test]
fn queue_urls_follow_the_client_if_the_file_says_so() {
    let url = |text: &str| read(text).node_address.map(|address| address.url);
    assert_eq!(url("node-address {}").as_deref(), Some("http://localhost:9324"));
    assert_eq!(url("node-address.host = \"*\""), None);
    assert_eq!(url("node-address {}, generate-node-address = true"), None);
}

#[test]
fn dead_letter_queues_come_first_wherever_that_is_possible() {
    let queue = |name: &str, target: &str| {
        format!("{name} {{ deadLettersQueue {{ name = {target}, maxReceiveCount = 1 }} }}\n")
    };
    let order = |queues: &[String]| {
        let settings = read(&format!("queues {{\n{}}}", queues.concat()));
        names(&settings).join(" ")
    };
    assert_eq!(order(&[queue("a", "b"), queue("b", "c"), "c {}\n".to_owned()]), "c b a");
    assert_eq!(order(&["c {}\n".to_owned(), queue("b", "c"), queue("a", "b")]), "c b a");
    assert_eq!(order(&[queue("a", "elsewhere")]), "a");
    assert_eq!(order(&[queue("a", "b"), queue("b", "a")]), "b a");
    assert_eq!(order(&[queue("a", "a")]), "a");
}

#[test]
fn what_is_not_understood_is_refused_with_its_line() {
    for (text, expected) in [
        ("queue {}", "1: queue is not a known setting"),
        ("rest-sqs {\n ssl = true }", "2: rest-sqs.ssl is not a known setting"),
        ("queues = 1", "1: queues must be an object: queues { … }"),
        ("queues { a { x = 1 } }", "1: queues.a.x is not a known setting"),
        ("queues { a.b { } }", "1: queues.a.b is not a known setting"),
        (
            "queues { a { delay = soon } }",
            "1: queues.a.delay is \"soon\"; it must be a duration of at most 900 seconds, such as 10 seconds or 500 millis",
        ),
        (
            "queues { a { delay = 16 minutes } }",
            "1: queues.a.delay is \"16 minutes\"; it must be a duration of at most 900 seconds, such as 10 seconds or 500 millis",
        ),
        ("queues { a { delay = [1] } }", "1: queues.a.delay must be a text or a number"),
        ("queues { a { fifo = maybe } }", "1: queues.a.fifo is \"maybe\"; it must be true or false"),
        ("queues {\n a {\n copyTo = b } }", "3: queues.a: copyTo is not supported"),
        ("queues { a { moveTo = b } }", "1: queues.a: moveTo is not supported"),
        (
            "queues { a { contentBasedDeduplication = true } }",
            "1: queues.a: contentBasedDeduplication needs fifo = true",
        ),
        ("queues { \"a.fifo\" {} }", "1: queues.\"a.fifo\": a name that ends in .fifo needs fifo = true"),
        (
            "queues { \"a b\" {} }",
            "1: queues.\"a b\": a queue's name is 1 to 80 letters, digits, hyphens or underscores, .fifo included",
        ),
        ("queues { a { fifo = true }\n \"a.fifo\" { fifo = true } }", "2: the queue a.fifo stands on line 1 already"),
        ("queues { a { deadLettersQueue { name = b } } }", "1: queues.a.deadLettersQueue: maxReceiveCount is missing"),
        (
            "queues { a { deadLettersQueue { name = b, maxReceiveCount = 0 } } }",
            "1: queues.a.deadLettersQueue.maxReceiveCount is \"0\"; it must be a whole number from 1 to 1000",
        ),
        (
            "queues { a { deadLettersQueue { name = b.fifo, maxReceiveCount = 1 } } }",
            "1: queues.a.deadLettersQueue: a dead-letter queue must be of the same kind: FIFO or standard",
        ),
        (
            "queues { a { tags { b.c = d } } }",
            "1: queues.a.tags: the value of b must be a text; quote a key that has dots",
        ),
        ("aws.accountId = 42", "1: aws.accountId is \"42\"; it must be twelve digits"),
        (
            "aws.region = \"US West\"",
            "1: aws.region is \"US West\"; it must be of lower-case letters, digits and hyphens",
        ),
        ("rest-sqs.bind-port = 99999", "1: rest-sqs.bind-port is \"99999\"; it must be a port from 0 to 65535"),
        (
            "rest-sqs.bind-hostname = example.com",
            "1: rest-sqs.bind-hostname is \"example.com\"; it must be an IP address, or localhost",
        ),
        (
            "auto-create-queues { enabled = true, template {} }",
            "1: auto-create-queues: queues are not made on their first use: name them under queues { }",
        ),
        ("a = \"\\u001b[2J\"\n${x} = 1", "2: a key is expected here, but '$' follows"),
    ] {
        assert_eq!(refused(text), format!("e.conf:{expected}"), "{text}");
    }
    assert_eq!(refused("a = 1\nb = 2").lines().count(), 2, "all faults are told at once");
}

#[test]
fn the_environment_fills_in_what_the_file_leaves_open() {
    let environment = |name: &str| (name == "SQS_PORT").then(|| "1234".to_owned());
    let text = "rest-sqs { bind-port = 9324, bind-port = ${?SQS_PORT} }";
    let settings = bongsu_elasticmq::read(text, "e.conf", &environment).unwrap();
    assert_eq!(settings.rest_sqs.unwrap().port(), 1234);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_damage_to_a_file_brings_the_reader_down(at in 0..WHOLE.len(), length in 0_usize..40, put in "[{}\\[\\]\"$.=,\n a-z]{0,6}") {
        let end = (at + length).min(WHOLE.len());
        let text = [&WHOLE[..at], put.as_str(), &WHOLE[end..]].concat();
        let read = bongsu_elasticmq::read(&text, "e.conf", &|_| None);
        prop_assert!(read.map_or_else(|errors| !errors.faults().is_empty(), |_| true));
    }
}
