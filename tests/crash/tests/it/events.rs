//! `kill -9` under asynchronous invocations: each that was acknowledged ends, and is told of once.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use bongsu_testkit::Server;
use bongsu_testkit::http::{Client, Error};
use bongsu_testkit::wait::until;
use serde_json::{Value, json};

use crate::kills::{Plan, restart};
use crate::random::Random;

/// Here are fewer kills than under the queues' clients: one where there are so many.
const CYCLES_ONE_IN: u64 = 20;
const CALLERS: u64 = 3;
/// Acknowledged invocations from one kill to the next.
const SUCCESSES: std::ops::Range<u64> = 10..150;
/// How long callers may take for their successes, and the function for all that was acknowledged.
const TIMEOUT: Duration = Duration::from_secs(120);
const INVOKE: &str = "/2015-03-31/functions/counter/invocations";
/// Of the numbers that are its multiples the function fails.
const FAILING: u64 = 7;

/// What callers know, and what the queue told.
#[derive(Default)]
struct Events {
    next: AtomicU64,
    acknowledged: Mutex<BTreeSet<u64>>,
    unknown: Mutex<BTreeSet<u64>>,
}

impl Events {
    /// Invokes until the server is gone.
    fn invoke(&self, mut client: Client) {
        loop {
            let number = self.next.fetch_add(1, Ordering::SeqCst) + 1;
            let event = json!({ "number": number }).to_string();
            match client.post(INVOKE, &[("x-amz-invocation-type", "Event")], event.as_bytes()) {
                Ok(answer) => {
                    assert_eq!(answer.status, 202, "{}", answer.text());
                    self.acknowledged.lock().unwrap().insert(number);
                }
                Err(Error::Unknown(_)) => {
                    self.unknown.lock().unwrap().insert(number);
                    return;
                }
                Err(Error::NotSent(_)) => return,
            }
        }
    }

    fn count(&self) -> u64 {
        self.acknowledged.lock().unwrap().len() as u64
    }

    /// Whether a record tells of an event that was asked for, as it was.
    fn check(&self, number: u64, record: &Value) {
        let is_known =
            self.acknowledged.lock().unwrap().contains(&number) || self.unknown.lock().unwrap().contains(&number);
        assert!(is_known, "nobody asked for {record}");
        let expected = if number.is_multiple_of(FAILING) { "RetriesExhausted" } else { "Success" };
        assert_eq!(record["requestContext"]["condition"], expected, "{record}");
    }
}

/// Takes what the queue has: each record is of another event.
fn drain(server: &Server, queue: &str, told: &mut BTreeMap<u64, Value>) {
    let mut sqs = server.sqs();
    loop {
        let messages = sqs.receive(queue, 0).unwrap();
        for message in &messages {
            let record: Value = serde_json::from_str(&message.body).unwrap();
            let number = record["requestPayload"]["number"].as_u64().unwrap();
            sqs.delete(queue, &message.receipt_handle).unwrap();
            let before = told.insert(number, record);
            assert_eq!(before, None, "{number} was told of twice");
        }
        if messages.is_empty() {
            return;
        }
    }
}

#[test]
fn every_event_that_was_acknowledged_ends_once_whatever_is_killed() {
    let Plan { cycles, seed } = Plan::of_environment();
    let mut random = Random::new(seed);
    let data = tempfile::tempdir().unwrap();
    let template = Path::new(env!("CARGO_MANIFEST_DIR")).join("events/template.yaml");
    let mut server = Server::up(&template, data.path(), &[]);
    let queue = format!("{}/000000000000/ended", server.api_url());
    let (events, mut told) = (Events::default(), BTreeMap::new());
    for _ in 0..cycles.div_ceil(CYCLES_ONE_IN) {
        let goal = events.count() + random.within(SUCCESSES);
        thread::scope(|scope| {
            for _ in 0..CALLERS {
                let client = Client::new(server.api(), TIMEOUT);
                scope.spawn(|| events.invoke(client));
            }
            until("so many invocations", TIMEOUT, || (events.count() >= goal).then_some(()));
            server.kill_nine();
        });
        restart(&mut server, &mut random);
        drain(&server, &queue, &mut told);
    }
    until("everything ends", TIMEOUT, || {
        drain(&server, &queue, &mut told);
        events.acknowledged.lock().unwrap().iter().all(|number| told.contains_key(number)).then_some(())
    });
    told.iter().for_each(|(number, record)| events.check(*number, record));
    println!("{} events were acknowledged, {} ended", events.count(), told.len());
    assert!(server.stop().success(), "{}", server.output());
}
