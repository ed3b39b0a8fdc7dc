//! `kill -9` under publishers to a topic: what it fans out to has each message everywhere or nowhere.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use bongsu_testkit::endpoint::Answer;
use bongsu_testkit::sns::Entry;
use bongsu_testkit::sqs::Failure;
use bongsu_testkit::wait::until;
use bongsu_testkit::{Endpoint, Server, Sns};
use serde_json::{Value, json};

use crate::kills::{Plan, restart};
use crate::random::Random;

/// Here are fewer kills than under the queues' clients: one where there are so many.
const CYCLES_ONE_IN: u64 = 5;
const PUBLISHERS: u64 = 3;
/// Acknowledged publishes from one kill to the next.
const SUCCESSES: std::ops::Range<u64> = 20..300;
/// One attempt in so many fails, and is repeated at once.
const FAILED_ONE_IN: u64 = 20;
/// What marks the odd ones.
const ODD: &[(&str, &str)] = &[("parity", "odd")];
const POLICY: &str = r#"{"healthyRetryPolicy": {"numRetries": 50, "numNoDelayRetries": 50}}"#;
/// How long publishers may take for their successes, and the endpoint to get all of it.
const TIMEOUT: Duration = Duration::from_secs(60);

/// The number of a message; the odd ones are marked.
type Number = u64;

/// What publishers know of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Acknowledged,
    Unknown,
}

struct Topic {
    arn: String,
    /// Subscribed without a filter, and with one for odd numbers.
    queues: [String; 2],
    _endpoint: Endpoint,
    /// What the endpoint took, since the beginning.
    arrived: Arc<Mutex<BTreeSet<Number>>>,
    fates: Mutex<BTreeMap<Number, Fate>>,
    next: AtomicU64,
    acknowledged: AtomicU64,
}

impl Topic {
    fn create(server: &Server, seed: u64) -> Topic {
        let (mut sns, mut sqs) = (server.sns(), server.sqs());
        let arn = sns.create_topic("numbers", &[]).unwrap();
        let queues = ["all", "odd"].map(|name| sqs.create_queue(name, &[]).unwrap());
        let raw = ("RawMessageDelivery", "true");
        let filter = ("FilterPolicy", r#"{"parity": ["odd"]}"#);
        for (name, attributes) in [("all", &[raw][..]), ("odd", &[raw, filter])] {
            let queue = format!("arn:aws:sqs:us-east-1:000000000000:{name}");
            sns.subscribe(&arn, "sqs", &queue, attributes).unwrap();
        }
        let arrived: Arc<Mutex<BTreeSet<Number>>> = Arc::default();
        let (taken, random) = (Arc::clone(&arrived), Mutex::new(Random::new(seed)));
        let endpoint = Endpoint::start(move |arrival| {
            if random.lock().unwrap().one_in(FAILED_ONE_IN) {
                return Answer::Status(503);
            }
            taken.lock().unwrap().insert(arrival.text().parse().unwrap());
            Answer::Status(200)
        });
        sns.subscribe(&arn, "http", &endpoint.url("/"), &[raw, ("DeliveryPolicy", POLICY)]).unwrap();
        sns.visit(endpoint.question()["SubscribeURL"].as_str().unwrap()).unwrap();
        let (fates, next, acknowledged) = Default::default();
        Topic { arn, queues, _endpoint: endpoint, arrived, fates, next, acknowledged }
    }

    /// Publishes batches of one to ten messages until the server is gone.
    fn publish(&self, mut sns: Sns, mut random: Random) {
        loop {
            let count = random.within(1..11);
            let first = self.next.fetch_add(count, Ordering::SeqCst);
            let bodies: Vec<String> = (first..first + count).map(|number| number.to_string()).collect();
            let mark = |number| if number % 2 == 1 { ODD } else { &[] };
            let entry = |(number, message): (Number, _)| Entry { message, attributes: mark(number) };
            let entries: Vec<Entry<'_>> = (first..).zip(bodies.iter().map(String::as_str)).map(entry).collect();
            let fate = match sns.publish_batch(&self.arn, &entries) {
                Ok(()) => Some(Fate::Acknowledged),
                Err(Failure::Unknown(_)) => Some(Fate::Unknown),
                Err(Failure::NotSent(_)) => None,
                Err(refused) => panic!("a publish was refused: {refused}"),
            };
            let Some(fate) = fate else { return };
            self.fates.lock().unwrap().extend((first..first + count).map(|number| (number, fate)));
            if fate == Fate::Unknown {
                return;
            }
            self.acknowledged.fetch_add(count, Ordering::SeqCst);
        }
    }

    /// Looks at what was published since the last look, now that nobody publishes.
    fn check(&self, server: &Server) {
        let fates = std::mem::take(&mut *self.fates.lock().unwrap());
        let [all, odd] = self.queues.each_ref().map(|queue| drain(server, queue));
        let strangers = all.union(&odd).find(|number| !fates.contains_key(number));
        assert_eq!(strangers, None, "was published before the last kill, or never");
        for (number, fate) in &fates {
            let is_there = all.contains(number);
            assert!(is_there || *fate == Fate::Unknown, "{number} was acknowledged and is lost");
            let wanted = is_there && number % 2 == 1;
            assert_eq!(odd.contains(number), wanted, "{number} ({fate:?}) is in one queue and not in the other");
        }
        until("the endpoint has it all", TIMEOUT, || all.is_subset(&self.arrived.lock().unwrap()).then_some(()));
        let since = fates.keys().next().copied().unwrap_or_default();
        let arrived: BTreeSet<Number> = self.arrived.lock().unwrap().range(since..).copied().collect();
        assert!(arrived.is_subset(&all), "the endpoint has what queues have not: {:?}", arrived.difference(&all));
    }
}

/// Receives and deletes all messages of a queue, each of which it has once.
fn drain(server: &Server, queue: &str) -> BTreeSet<Number> {
    let mut sqs = server.sqs();
    let mut drained = BTreeSet::new();
    loop {
        let messages = sqs.receive(queue, 0).unwrap();
        if messages.is_empty() {
            return drained;
        }
        let entry = |(id, handle): (usize, &String)| json!({ "Id": id.to_string(), "ReceiptHandle": handle });
        let handles = messages.iter().map(|message| &message.receipt_handle);
        let entries: Vec<Value> = handles.enumerate().map(entry).collect();
        sqs.call("DeleteMessageBatch", &json!({ "QueueUrl": queue, "Entries": entries })).unwrap();
        for message in messages {
            let number = message.body.parse().unwrap();
            assert!(drained.insert(number), "{number} is twice in {queue}");
        }
    }
}

#[test]
fn what_was_published_is_everywhere_or_nowhere_after_every_kill() {
    let Plan { cycles, seed } = Plan::of_environment();
    let mut random = Random::new(seed);
    let data = tempfile::tempdir().unwrap();
    let mut server = Server::serve(data.path());
    let topic = Topic::create(&server, seed);
    let mut goal = 0;
    for _ in 0..cycles.div_ceil(CYCLES_ONE_IN) {
        goal += random.within(SUCCESSES);
        thread::scope(|scope| {
            for _ in 0..PUBLISHERS {
                let (sns, random) = (server.sns(), Random::new(random.within(0..u64::MAX)));
                scope.spawn(|| topic.publish(sns, random));
            }
            until("so many publishes", TIMEOUT, || (topic.acknowledged.load(Ordering::SeqCst) >= goal).then_some(()));
            server.kill_nine();
        });
        restart(&mut server, &mut random);
        topic.check(&server);
        goal = topic.acknowledged.load(Ordering::SeqCst);
    }
    println!("{goal} messages were published");
    assert!(server.stop().success(), "{}", server.output());
}
