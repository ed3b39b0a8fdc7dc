//! Endpoints and policies that are no good: the server stays small, the good ones get theirs, and nothing is lost.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use bongsu_testkit::endpoint::Answer;
use bongsu_testkit::sns::Entry;
use bongsu_testkit::sqs::Failure;
use bongsu_testkit::wait::until;
use bongsu_testkit::{Endpoint, Server, Sns};
use serde_json::{Value, json};

/// Messages, each of which goes to every endpoint.
const MESSAGES: u64 = 200;
/// What an endpoint answers that answers too much.
const LARGE_BYTES: u64 = 100 << 20;
/// What the server may take for all of that together.
const MEMORY_BYTES_MAX: u64 = 100 << 20;
/// A byte so often never makes an answer.
const SLOW: Duration = Duration::from_secs(1);
/// Where a cloud keeps its credentials.
const METADATA: &str = "http://169.254.169.254/latest/meta-data/";
/// The endpoints' policy: one retry, after this.
const RETRY: Duration = Duration::from_secs(20);
const ONE_RETRY: &str = r#"{"healthyRetryPolicy": {"numRetries": 1, "minDelayTarget": 20, "maxDelayTarget": 20}}"#;
const NO_RETRY: &str = r#"{"healthyRetryPolicy": {"numRetries": 0}}"#;
/// How long a good endpoint waits at most: far less than the 15 s that a bad one is given.
const SOON: Duration = Duration::from_secs(10);
const TIMEOUT: Duration = Duration::from_secs(60);
/// Fewer than there are deliveries.
const FEW_FILES: u32 = 128;
const UNDERWAY: &str = "bongsu_sns_approximate_number_of_attempts";

/// An endpoint that counts what comes, with the queue of what could not be delivered to it.
struct Subscriber {
    endpoint: Endpoint,
    arrived: Arc<AtomicU64>,
    dead_letters: String,
}

impl Subscriber {
    fn subscribe(server: &Server, topic: &str, name: &str, policy: &str, answer: Answer) -> Subscriber {
        let dead_letters = server.sqs().create_queue(name, &[]).unwrap();
        let arrived = Arc::new(AtomicU64::new(0));
        let count = Arc::clone(&arrived);
        let endpoint = Endpoint::start(move |_| {
            count.fetch_add(1, Ordering::SeqCst);
            answer.clone()
        });
        let redrive = json!({ "deadLetterTargetArn": format!("arn:aws:sqs:us-east-1:000000000000:{name}") });
        let redrive = redrive.to_string();
        let raw = ("RawMessageDelivery", "true");
        let attributes = [raw, ("DeliveryPolicy", policy), ("RedrivePolicy", redrive.as_str())];
        server.sns().subscribe(topic, "http", &endpoint.url("/"), &attributes).unwrap();
        server.sns().visit(endpoint.question()["SubscribeURL"].as_str().unwrap()).unwrap();
        Subscriber { endpoint, arrived, dead_letters }
    }

    fn arrived(&self) -> u64 {
        self.arrived.load(Ordering::SeqCst)
    }

    fn dead(&self, server: &Server) -> u64 {
        server.sqs().depth(&self.dead_letters).unwrap()
    }
}

fn publish_all(server: &Server, topic: &str) {
    let mut sns = server.sns();
    for _ in 0..MESSAGES / 10 {
        let entry = Entry { message: "do it", ..Entry::default() };
        sns.publish_batch(topic, &vec![entry; 10]).unwrap();
    }
}

#[test]
fn endpoints_that_are_no_good_hold_up_nobody_and_lose_nothing() {
    let server = Server::ephemeral(&["--test-clock"]);
    let topic = server.sns().create_topic("jobs", &[]).unwrap();
    let subscribe =
        |name: &str, policy: &str, answer: Answer| Subscriber::subscribe(&server, &topic, name, policy, answer);
    let slow = subscribe("slow", NO_RETRY, Answer::Slow(SLOW));
    let never = subscribe("never", NO_RETRY, Answer::Never);
    let large = subscribe("large", ONE_RETRY, Answer::Large(LARGE_BYTES));
    let trap = Endpoint::start(|_| panic!("a redirect was followed"));
    let elsewhere = subscribe("elsewhere", ONE_RETRY, Answer::Redirect(trap.url("/trap")));
    let metadata = subscribe("metadata", ONE_RETRY, Answer::Redirect(METADATA.to_owned()));
    let good = subscribe("good", ONE_RETRY, Answer::Status(200));
    let before = server.resident_bytes();

    let started = Instant::now();
    publish_all(&server, &topic);
    until("the good endpoint has everything", SOON, || (good.arrived() == MESSAGES).then_some(()));
    if started.elapsed() < SOON {
        assert!(server.metric(UNDERWAY) >= 2 * MESSAGES, "the slow ones are still waited for");
    }
    // What is large is not read to its end.
    until("the large answers", TIMEOUT, || (large.arrived() == MESSAGES).then_some(()));
    let most = server.resident_bytes();
    assert!(most < before + MEMORY_BYTES_MAX, "{} MiB more", (most - before) >> 20);

    until("the redirects", TIMEOUT, || {
        (elsewhere.arrived() == MESSAGES && metadata.arrived() == MESSAGES).then_some(())
    });
    until("the slow ones are given up", TIMEOUT, || (server.metric(UNDERWAY) == 0).then_some(()));
    assert_eq!([&slow, &never].map(|endpoint| endpoint.dead(&server)), [MESSAGES; 2]);
    assert_eq!([&elsewhere, &metadata].map(|endpoint| endpoint.dead(&server)), [0; 2]);
    server.advance(RETRY);
    until("the redirects are given up", TIMEOUT, || {
        ([&elsewhere, &metadata].map(|endpoint| endpoint.dead(&server)) == [MESSAGES; 2]).then_some(())
    });
    assert_eq!([&elsewhere, &metadata].map(Subscriber::arrived), [2 * MESSAGES; 2]);
    assert_eq!([&slow, &never, &large, &good].map(Subscriber::arrived), [MESSAGES; 4]);
    assert_eq!([&large, &good].map(|endpoint| endpoint.dead(&server)), [0; 2]);
    let most = server.resident_bytes();
    assert!(most < before + MEMORY_BYTES_MAX, "{} MiB more", (most - before) >> 20);
    drop((slow.endpoint, never.endpoint));
}

#[test]
fn an_endpoint_that_never_answers_leaves_connections_for_others() {
    let server = Server::with_few_files(FEW_FILES);
    let topic = server.sns().create_topic("jobs", &[]).unwrap();
    let _never = Subscriber::subscribe(&server, &topic, "never", NO_RETRY, Answer::Never);
    let good = Subscriber::subscribe(&server, &topic, "good", NO_RETRY, Answer::Status(200));
    publish_all(&server, &topic);
    // A client that comes now is let in, and nothing was given up for want of a connection.
    until("the good endpoint has everything", SOON, || (good.arrived() == MESSAGES).then_some(()));
    assert!(!server.output().contains("Too many open files"), "{}", server.output());
}

#[test]
fn a_certificate_that_nobody_signed_is_not_trusted_and_a_metadata_address_not_asked() {
    let server = Server::ephemeral(&[]);
    let mut sns = server.sns();
    let topic = sns.create_topic("jobs", &[]).unwrap();
    let endpoint = Endpoint::self_signed(|_| panic!("a notification for who has not confirmed"));
    for (protocol, url, reason) in [
        ("https", endpoint.url("/"), "cannot connect securely"),
        ("http", METADATA.to_owned(), "169.254.169.254 is not allowed: it is a cloud's metadata"),
    ] {
        sns.subscribe(&topic, protocol, &url, &[]).unwrap();
        until(reason, TIMEOUT, || server.output().contains(reason).then_some(()));
    }
    sns.publish(&topic, "for nobody").unwrap();
    let listed = sns.call("ListSubscriptionsByTopic", &[("TopicArn", &topic)]).unwrap();
    assert_eq!(listed.matches("<SubscriptionArn>PendingConfirmation<").count(), 2, "{listed}");
}

/// So much JSON around another.
fn nested(depth: usize, core: &str) -> String {
    [&r#"{"a":"#.repeat(depth), core, &"}".repeat(depth)].concat()
}

#[track_caller]
fn assert_refused(result: Result<impl std::fmt::Debug, Failure>, expected_code: &str, reason: &str) {
    match result.expect_err(reason) {
        Failure::Refused { status: 400..500, code, message } if code == expected_code => {
            assert!(message.contains(reason), "{message}");
            assert!(message.len() < 4096, "a text of {} bytes", message.len());
        }
        other => panic!("no clear answer: {other}"),
    }
}

#[test]
fn policies_and_attributes_that_explode_are_refused_at_once() {
    let server = Server::ephemeral(&[]);
    let mut sns = server.sns();
    let topic = sns.create_topic("jobs", &[]).unwrap();
    let mut sqs = server.sqs();
    let queue = sqs.create_queue("jobs", &[]).unwrap();
    let before = server.resident_bytes();
    let started = Instant::now();
    let many = |count: usize| (0..count).map(|number| format!("v{number}")).collect::<Vec<_>>();
    let or = json!([{ "x": ["1"] }, { "y": ["2"] }]);
    let ors = (0..200).fold(json!({ "z": ["3"] }), |inner, _| json!({ "$or": [inner, { "y": ["2"] }] }));
    let wide: Value = (0..64).map(|number| (format!("k{number}"), json!({ "$or": or }))).collect();
    for (policy, reason) in [
        (json!({ "a": many(151) }).to_string(), "Filter policy is too complex"),
        (json!({ "a": many(12), "b": many(13) }).to_string(), "Filter policy is too complex"),
        (wide.to_string(), "Filter policy"),
        (ors.to_string(), "Filter policy"),
        (nested(20_000, "[1]"), "Filter"),
        (nested(151, "[1]"), "Filter policy is too complex"),
        ("[".repeat(100_000), "FilterPolicy"),
        (json!({ "a": ["x".repeat(300 << 10)] }).to_string(), "Filter"),
    ] {
        let attributes = [("FilterPolicyScope", "MessageBody"), ("FilterPolicy", policy.as_str())];
        let arn = "arn:aws:sqs:us-east-1:000000000000:jobs";
        assert_refused(sns.subscribe(&topic, "sqs", arn, &attributes), "InvalidParameter", reason);
    }
    let long = "x".repeat(300 << 10);
    let attributes = [("long", long.as_str())];
    let entry = Entry { message: "m", attributes: &attributes };
    assert_refused(sns.publish_batch(&topic, &[entry]), "BatchRequestTooLong", "more than the limit");
    let numbered = |part: &str| format!("MessageAttributes.entry.1.{part}");
    let names = ["Name", "Value.DataType", "Value.StringValue"].map(numbered);
    let mut publish = vec![("TopicArn", topic.as_str()), ("Message", "m")];
    publish.extend(names.iter().map(String::as_str).zip(["long", "String", &long]));
    assert_refused(sns.call("Publish", &publish), "InvalidParameter", "Message too long");

    // A body that is as hard to match as can be.
    let policy = json!({ "a": { "a": { "a": [{ "prefix": "x" }, { "anything-but": ["y"] }] } } }).to_string();
    let attributes = [("FilterPolicyScope", "MessageBody"), ("FilterPolicy", policy.as_str())];
    sns.subscribe(&topic, "sqs", "arn:aws:sqs:us-east-1:000000000000:jobs", &attributes).unwrap();
    let hard = (0..3).fold(json!(vec!["y"; 10]), |inner, _| json!({ "a": vec![inner; 14] }));
    for body in [hard.to_string(), nested(20_000, "1"), "[".repeat(200_000), "\u{0}".to_owned()] {
        publish_whole(&mut sns, &topic, &body);
    }
    assert_eq!(sqs.depth(&queue).unwrap(), 0);
    assert!(started.elapsed() < TIMEOUT, "{:?}", started.elapsed());
    let most = server.resident_bytes();
    assert!(most < before + MEMORY_BYTES_MAX, "{} MiB more", (most - before) >> 20);
}

/// Publishes, whatever the body; it may be refused for its characters.
fn publish_whole(sns: &mut Sns, topic: &str, body: &str) {
    match sns.publish(topic, body) {
        Ok(_) | Err(Failure::Refused { status: 400, .. }) => {}
        Err(failure) => panic!("no clear answer: {failure}"),
    }
}
