//! data-entry, the delivery half: for an hour nobody takes what is published, and yet all of it arrives.

use std::collections::{BTreeSet, HashMap};
use std::env;
use std::ffi::OsString;
use std::ops::RangeInclusive;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bongsu_testkit::endpoint::{Answer, Port};
use bongsu_testkit::wait::until;
use bongsu_testkit::{Endpoint, Server};

use crate::publishing::publish;

/// Messages published in a second.
const RATE: u32 = 1_000;
/// For so many seconds, unless `BONGSU_DATA_ENTRY_SECONDS` says otherwise: 30 are what the example promises.
const PUBLISH_SECONDS: u32 = 3;
/// An hour of retries: at once, then soon, then ever slower, then every five minutes.
const POLICY: &str = r#"{"healthyRetryPolicy": {
    "numRetries": 16, "minDelayTarget": 100, "maxDelayTarget": 300, "backoffFunction": "linear",
    "numNoDelayRetries": 1, "numMinDelayRetries": 3, "numMaxDelayRetries": 9
}}"#;
/// What that means, in seconds from one attempt to the next.
const DELAYS: [u64; 16] = [0, 100, 100, 100, 100, 200, 300, 300, 300, 300, 300, 300, 300, 300, 300, 300];
/// The attempts that meet an endpoint that answers, but with 503; before and after, nobody listens.
const LIMPING: RangeInclusive<usize> = 4..=8;
/// The attempt after which the server is killed in peace, and the one in whose midst it is killed.
const KILLED_AFTER: usize = 3;
const KILLED_IN: usize = 6;
/// The attempt that finds the endpoint well again: at minute 55.
const RETURNED: usize = 16;
const RETURNED_MINUTE: u64 = 55;
/// The emergency queue's retention.
const DAY: Duration = Duration::from_secs(86_400);
/// Longer than it takes to look at all of it.
const HIDDEN: (&str, &str) = ("VisibilityTimeout", "3600");
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

/// The attempts of all messages that come after the same delay.
struct Round {
    attempt: usize,
    /// Before that none was due.
    began: Duration,
    /// By when all had failed.
    ended: Duration,
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
    kills: usize,
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
        let emergency = sqs.create_queue("emergency", &[("MessageRetentionPeriod", day.as_str()), HIDDEN]).unwrap();
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
            kills: 0,
        }
    }

    /// Publishes all messages at the rate.
    fn publish(&self) {
        publish(&self.server, &self.topic, 0..u32::try_from(self.messages).unwrap(), Some(RATE), body);
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
        self.kills += 1;
        self.server.restart().unwrap();
    }

    /// Waits until nothing is under way any more, with so many failed attempts since the server's start.
    fn wait_for_failures(&self, failed: u64) {
        self.wait_until("the attempts of a round", || {
            self.server.metric(FAILED) >= failed && self.server.metric(UNDERWAY) == 0
        });
        assert_eq!(self.server.metric(FAILED), failed, "no message is tried twice");
    }

    /// Lets the time of the next attempts come, and sees to it that nothing is tried before.
    fn next_round(&mut self, last: &Round) -> Round {
        let (attempt, delay) = (last.attempt + 1, Duration::from_secs(DELAYS[last.attempt - 1]));
        let tried = |pipeline: &DataEntry| (pipeline.server.metric(FAILED), pipeline.arrived());
        let before = tried(self);
        let (began, all_due) = (last.began + delay, last.ended + delay);
        self.advance_to(began - BEFORE);
        assert_eq!(tried(self), before, "attempt {attempt} came too soon");
        self.advance(all_due.saturating_sub(self.watch.now()));
        match attempt {
            KILLED_IN => self.kill_in_the_midst(before.1),
            RETURNED => self.wait_until("everything is delivered", || self.server.metric(UNDELIVERED) == 0),
            _ => self.wait_for_failures(before.0 + self.messages),
        }
        Round { attempt, began, ended: self.watch.now() }
    }

    /// Kills the server when half of the round's attempts are made, and waits for the others.
    fn kill_in_the_midst(&mut self, arrived_before: u64) {
        let half = arrived_before + self.messages / 2;
        self.wait_until("half of the attempts", || self.arrived() >= half);
        self.kill_nine();
        let times = KILLED_IN - LIMPING.start() + 1;
        let is_complete = || self.arrivals.lock().unwrap().values().all(|arrivals| arrivals.len() >= times);
        self.wait_until("the other attempts", || is_complete() && self.server.metric(UNDERWAY) == 0);
    }

    fn wait_until(&self, what: &str, is_so: impl Fn() -> bool) {
        until(what, ROUND_TIMEOUT, || is_so().then_some(()));
    }

    /// How many messages the emergency queue holds.
    fn emergencies(&self) -> u64 {
        self.server.sqs().depth(&self.emergency).unwrap()
    }

    /// The emergency queue has every message, once.
    fn check_emergency_queue(&self) {
        let mut sqs = self.server.sqs();
        let mut bodies = BTreeSet::new();
        let mut received = 0;
        loop {
            let messages = sqs.receive(&self.emergency, 0).unwrap();
            if messages.is_empty() {
                break;
            }
            received += messages.len() as u64;
            bodies.extend(messages.into_iter().map(|message| message.body));
        }
        assert_eq!((received, bodies.len() as u64), (self.messages, self.messages));
        assert!((0..u32::try_from(self.messages).unwrap()).all(|number| bodies.contains(&body(number))));
    }

    /// Each message was brought once in each round of attempts, no sooner than the policy says.
    fn check_arrivals(&self, rounds: RangeInclusive<usize>) {
        let arrivals = self.arrivals.lock().unwrap();
        assert_eq!(arrivals.len() as u64, self.messages);
        for (message, times) in arrivals.iter() {
            let mut attempt = *rounds.start();
            for pair in times.windows(2) {
                let (apart, delay) = (pair[1] - pair[0], Duration::from_secs(DELAYS[attempt - 1]));
                if apart + CLOCK_SLACK >= delay {
                    attempt += 1;
                } else {
                    // Made once more, as the server did not live to know how it ended.
                    assert_eq!(attempt, KILLED_IN, "{message} came again after {apart:?}, not {delay:?}");
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
    let published_from = pipeline.watch.now();
    pipeline.publish();
    let published_until = pipeline.watch.now();
    // The first attempt of each, and the one at once.
    pipeline.wait_for_failures(2 * pipeline.messages);

    let mut round = Round { attempt: 2, began: published_from, ended: pipeline.watch.now() };
    let mut endpoint = None;
    while round.attempt < RETURNED {
        if round.attempt == KILLED_AFTER {
            pipeline.kill_nine();
        }
        if round.attempt + 1 == *LIMPING.start() {
            endpoint = Some(pipeline.endpoint(503));
        } else if round.attempt == *LIMPING.end() {
            pipeline.check_arrivals(LIMPING);
            pipeline.arrivals.lock().unwrap().clear();
            endpoint = None;
        } else if round.attempt + 1 == RETURNED {
            endpoint = Some(pipeline.endpoint(200));
        }
        round = pipeline.next_round(&round);
    }
    drop(endpoint);
    assert_eq!(round.began.as_secs() / 60, RETURNED_MINUTE);
    pipeline.check_arrivals(RETURNED..=RETURNED);
    assert_eq!(pipeline.arrived(), pipeline.messages, "what is delivered is not delivered again");
    assert_eq!(pipeline.kills, 2);

    pipeline.check_emergency_queue();
    pipeline.advance_to(published_from + DAY - BEFORE);
    assert_eq!(pipeline.emergencies(), pipeline.messages);
    pipeline.advance_to(published_until + DAY + BEFORE);
    assert_eq!(pipeline.emergencies(), 0);
}
