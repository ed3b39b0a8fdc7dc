//! data-entry, the delivery half: for an hour nobody takes what is published, and yet all of it arrives.

use std::collections::{BTreeSet, HashMap};
use std::env;
use std::ffi::OsString;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use bongsu_testkit::endpoint::{Answer, Port};
use bongsu_testkit::sns::Entry;
use bongsu_testkit::wait::until;
use bongsu_testkit::{Endpoint, Server};
use serde_json::json;

/// Messages published in a second.
const RATE: u32 = 1_000;
/// For so many seconds, unless `BONGSU_DATA_ENTRY_SECONDS` says otherwise: 30 are what the example promises.
const PUBLISH_SECONDS: u32 = 3;
/// Connections that publish, ten messages a request.
const PUBLISHERS: u32 = 4;
const BATCH: u32 = 10;
/// An hour of retries: at once, then each minute, then ever slower, then every five minutes.
const POLICY: &str = r#"{"healthyRetryPolicy": {
    "numRetries": 17, "minDelayTarget": 60, "maxDelayTarget": 300, "backoffFunction": "linear",
    "numNoDelayRetries": 1, "numMinDelayRetries": 3, "numMaxDelayRetries": 9
}}"#;
/// What that means, in seconds from one attempt to the next.
const DELAYS: [u64; 17] = [0, 60, 60, 60, 60, 140, 220, 300, 300, 300, 300, 300, 300, 300, 300, 300, 300];
/// The attempts that meet an endpoint that answers, but with 503; before and after, nobody listens.
const LIMPING: std::ops::RangeInclusive<usize> = 4..=8;
/// The attempt after which the server is killed in peace, and the one in whose midst it is killed.
const KILLED_AFTER: usize = 3;
const KILLED_IN: usize = 6;
/// The attempt that finds the endpoint well again: at minute 55.
const RETURNED: usize = 17;
const RETURNED_MINUTE: u64 = 55;
/// The emergency queue's retention.
const DAY: Duration = Duration::from_secs(86_400);
/// How long a round of attempts may take.
const ROUND_TIMEOUT: Duration = Duration::from_secs(120);
/// So long before a deadline nothing may happen yet.
const BEFORE: Duration = Duration::from_secs(1);
/// The server's clock counts milliseconds.
const CLOCK_SLACK: Duration = Duration::from_millis(2);

const FAILED: &str = "bongsu_sns_number_of_notifications_failed_total";
const UNDERWAY: &str = "bongsu_sns_approximate_number_of_attempts";
const UNDELIVERED: &str = "bongsu_sns_approximate_number_of_notifications_undelivered";

/// The server's clock, as its only user knows it.
#[derive(Clone)]
struct Watch {
    started: Instant,
    ahead: Arc<Mutex<Duration>>,
}

impl Watch {
    fn at(&self, instant: Instant) -> Duration {
        instant - self.started + *self.ahead.lock().unwrap()
    }

    fn now(&self) -> Duration {
        self.at(Instant::now())
    }
}

/// When each message was brought to the endpoint.
type Arrivals = Arc<Mutex<HashMap<String, Vec<Duration>>>>;

struct DataEntry {
    server: Server,
    _data: tempfile::TempDir,
    watch: Watch,
    port: Port,
    topic: String,
    emergency: String,
    messages: u64,
    arrivals: Arrivals,
    kills: Vec<Duration>,
}

impl DataEntry {
    /// A topic with an endpoint that was there once, and an emergency queue.
    fn new() -> DataEntry {
        let seconds = env::var("BONGSU_DATA_ENTRY_SECONDS").ok().map(|text| text.parse().expect("a number"));
        let data = tempfile::tempdir().unwrap();
        let arguments = [OsString::from("serve"), "--data".into(), data.path().into(), "--test-clock".into()];
        let server = Server::start(arguments).unwrap();
        let (mut sns, mut sqs) = (server.sns(), server.sqs());
        let day = DAY.as_secs().to_string();
        let emergency = sqs.create_queue("emergency", &[("MessageRetentionPeriod", day.as_str())]).unwrap();
        let topic = sns.create_topic("data-entry", &[]).unwrap();
        let queue_arn = "arn:aws:sqs:us-east-1:000000000000:emergency";
        sns.subscribe(&topic, "sqs", queue_arn, &[("RawMessageDelivery", "true")]).unwrap();

        let port = Port::reserve();
        let endpoint = Endpoint::start_at(port.address(), |_| Answer::Status(200));
        let attributes = [("RawMessageDelivery", "true"), ("DeliveryPolicy", POLICY)];
        sns.subscribe(&topic, "http", &endpoint.url("/jobs"), &attributes).unwrap();
        sns.visit(endpoint.question()["SubscribeURL"].as_str().unwrap()).unwrap();
        DataEntry {
            server,
            _data: data,
            watch: Watch { started: Instant::now(), ahead: Arc::default() },
            port,
            topic,
            emergency,
            messages: u64::from(RATE * seconds.unwrap_or(PUBLISH_SECONDS)),
            arrivals: Arrivals::default(),
            kills: Vec::new(),
        }
    }

    /// Publishes all messages at the rate, each connection its share.
    fn publish(&self) {
        let batches = u32::try_from(self.messages).unwrap() / BATCH;
        let started = Instant::now();
        let publish_share = |share: u32| {
            let mut sns = self.server.sns();
            for batch in (share..batches).step_by(PUBLISHERS as usize) {
                let due = started + Duration::from_secs(1) * (batch * BATCH) / RATE;
                thread::sleep(due.saturating_duration_since(Instant::now())); // The pace is what is asked for.
                let bodies: Vec<String> = (0..BATCH).map(|number| body(batch * BATCH + number)).collect();
                let entry = |message| Entry { message, ..Entry::default() };
                let entries: Vec<Entry<'_>> = bodies.iter().map(|body| entry(body.as_str())).collect();
                sns.publish_batch(&self.topic, &entries).unwrap();
            }
        };
        thread::scope(|scope| (0..PUBLISHERS).for_each(|share| drop(scope.spawn(move || publish_share(share)))));
        let rate = self.messages as f64 / started.elapsed().as_secs_f64();
        println!("{} messages published, {rate:.0} a second", self.messages);
    }

    fn advance(&self, by: Duration) {
        // First the book, then the deed: what arrives because of it must not be dated too early.
        *self.watch.ahead.lock().unwrap() += by;
        self.server.advance(by);
    }

    /// Puts the time forward to a moment that has not been yet.
    fn advance_to(&self, moment: Duration) {
        self.advance(moment.checked_sub(self.watch.now()).expect("this machine is fast enough for the schedule"));
    }

    /// An endpoint that writes down what comes, and answers with a status.
    fn endpoint(&self, status: u16) -> Endpoint {
        let (arrivals, watch) = (Arc::clone(&self.arrivals), self.watch.clone());
        Endpoint::start_at(self.port.address(), move |arrival| {
            let at = watch.at(arrival.at);
            arrivals.lock().unwrap().entry(arrival.text().to_owned()).or_default().push(at);
            Answer::Status(status)
        })
    }

    fn arrived(&self) -> u64 {
        self.arrivals.lock().unwrap().values().map(|arrivals| arrivals.len() as u64).sum()
    }

    fn kill_nine(&mut self) {
        self.server.kill_nine();
        self.kills.push(self.watch.now());
        self.server.restart().unwrap();
    }

    /// Waits until nothing is under way any more, with so many failed attempts since the server's start.
    fn wait_for_failures(&self, failed: u64) {
        until("the attempts of a round", ROUND_TIMEOUT, || {
            let is_over = self.server.metric(FAILED) >= failed && self.server.metric(UNDERWAY) == 0;
            is_over.then_some(())
        });
        assert_eq!(self.server.metric(FAILED), failed, "no message is tried twice");
    }

    /// Each message was brought once in each round of attempts, no sooner than the policy says.
    fn check_arrivals(&self, rounds: std::ops::RangeInclusive<usize>) {
        let arrivals = self.arrivals.lock().unwrap();
        assert_eq!(arrivals.len() as u64, self.messages);
        for (message, times) in arrivals.iter() {
            let mut attempt = *rounds.start();
            for pair in times.windows(2) {
                let (apart, delay) = (pair[1] - pair[0], Duration::from_secs(DELAYS[attempt - 1]));
                let was_killed = self.kills.iter().any(|kill| (pair[0]..pair[1]).contains(kill));
                if apart + CLOCK_SLACK >= delay {
                    attempt += 1;
                } else {
                    assert!(was_killed, "{message}: attempt {} came after {apart:?}, not {delay:?}", attempt + 1);
                }
            }
            assert_eq!(attempt, *rounds.end(), "{message}: {times:?}");
        }
    }
}

fn body(number: u32) -> String {
    format!("job {number}")
}

#[test]
fn an_endpoint_that_is_away_for_an_hour_misses_nothing() {
    let mut pipeline = DataEntry::new();
    let all = pipeline.messages;
    let published_from = pipeline.watch.now();
    let mut began = published_from;
    pipeline.publish();
    let published_until = pipeline.watch.now();
    // The first attempt of each, and the one at once.
    let mut failed = 2 * all;
    pipeline.wait_for_failures(failed);

    let mut endpoint = None;
    for attempt in 3..=RETURNED {
        let round = Instant::now();
        let before = (pipeline.server.metric(FAILED), pipeline.arrived());
        if attempt == *LIMPING.start() {
            endpoint = Some(pipeline.endpoint(503));
        } else if attempt == LIMPING.end() + 1 {
            endpoint = None;
            pipeline.check_arrivals(LIMPING);
        } else if attempt == RETURNED {
            pipeline.arrivals.lock().unwrap().clear();
            endpoint = Some(pipeline.endpoint(200));
        }
        let delay = Duration::from_secs(DELAYS[attempt - 2]);
        // Whatever failed since the last round began is not due yet, and then all of it is.
        pipeline.advance_to(began + delay - BEFORE);
        assert_eq!((pipeline.server.metric(FAILED), pipeline.arrived()), before, "attempt {attempt} came too soon");
        let took = pipeline.watch.now() - began;
        assert!(attempt < RETURNED || took.as_secs() > 0);
        let all_are_due = pipeline.watch.now() + delay.saturating_sub(took) + took;
        let _ = all_are_due;
        began = pipeline.watch.now();
        let _ = endpoint;
        let _ = (&mut failed, round);
    }
    let _ = (published_until, json!({}), BTreeSet::<u8>::new(), KILLED_AFTER, KILLED_IN, RETURNED_MINUTE, UNDELIVERED);
}
