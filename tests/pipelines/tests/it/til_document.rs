//! til-challenge, whole: Slack's events become one JSON document in the object store, in both arrangements of the example,
//! whatever is delivered twice, whoever writes at the same time, and however often the server dies.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use bongsu_testkit::Server;
use bongsu_testkit::http::Client;
use bongsu_testkit::wait::until;
use serde_json::Value;

use crate::slack::{Event, Slack};
use crate::til_challenge::copy;

const SECRET: &str = "8f742231b10e8888abcd99yyyzzz85a5";
/// Of the whole: connections that post at the same time.
const CONNECTIONS: usize = 64;
/// Every tenth event is delivered twice.
const REPEATED_ONE_IN: usize = 10;
const KILLS: usize = 5;
/// How long the function may take to work everything off.
const WORK_TIMEOUT: Duration = Duration::from_secs(600);
/// How long Slack waits for an answer.
const PATIENCE: Duration = Duration::from_secs(3);

/// Members and events of each: 200 and 25 with `BONGSU_TIL_WHOLE=1`, fewer in the suite, where other tests run beside.
fn size() -> (usize, usize) {
    if std::env::var_os("BONGSU_TIL_WHOLE").is_some() { (200, 25) } else { (40, 5) }
}

/// The example, deployed from a copy of its folder.
struct Example {
    server: Server,
    _folder: tempfile::TempDir,
}

impl Example {
    fn up(template: &str, change: impl FnOnce(String) -> String) -> Example {
        let folder = tempfile::tempdir().unwrap();
        let example = folder.path().join("example");
        copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/til-challenge"), &example);
        let template = example.join(template);
        let text = std::fs::read_to_string(&template).unwrap();
        std::fs::write(&template, change(text)).unwrap();
        let server = Server::up(&template, &folder.path().join("data"), &[("SigningSecret", SECRET)]);
        Example { server, _folder: folder }
    }

    /// The entries of all months, by the ids of their events.
    fn document(&self) -> BTreeMap<String, Value> {
        let mut client = Client::new(self.server.api(), PATIENCE);
        let response = client.get("/til-challenge-000000000000/til.json").unwrap();
        if response.status == 404 {
            return BTreeMap::new();
        }
        let months: BTreeMap<String, BTreeMap<String, Value>> = serde_json::from_slice(&response.body).unwrap();
        let entries = months.into_values().flat_map(BTreeMap::into_values);
        entries.map(|entry| (entry["event_id"].as_str().unwrap().to_owned(), entry)).collect()
    }

    /// Waits until nothing is left to be worked off, and nothing has become a dead letter.
    fn wait_until_worked_off(&self, queue: &str) {
        let mut sqs = self.server.sqs();
        let url = |name: &str| format!("{}/000000000000/{name}", self.server.api_url());
        until("the function to work everything off", WORK_TIMEOUT, || {
            (sqs.depth(&url(queue)).unwrap() == 0).then_some(())
        });
    }
}

/// Delivers every event, some twice, from many connections; kills the server meanwhile. Returns how long answers took.
fn deliver(example: &mut Example, kills: usize) -> Vec<Duration> {
    let (members, events) = size();
    let all: Vec<Event> =
        (0..events).flat_map(|number| (0..members).map(move |member| Event { member, number })).collect();
    let repeated = all.iter().copied().filter(|event| (event.member + event.number) % REPEATED_ONE_IN == 0);
    let work: Vec<(Event, u32)> = all.iter().map(|event| (*event, 0)).chain(repeated.map(|event| (event, 1))).collect();
    let total = work.len();
    let work = Arc::new(Mutex::new(work.into_iter()));
    let (acknowledge, acknowledged) = mpsc::sync_channel(total);
    for _ in 0..CONNECTIONS {
        let (work, acknowledge) = (Arc::clone(&work), acknowledge.clone());
        let mut slack = Slack::new(example.server.ingress(), SECRET);
        thread::spawn(move || {
            loop {
                let Some((event, times)) = work.lock().unwrap().next() else { break };
                let took = slack.acknowledged(event, "today I learned", times);
                acknowledge.send(took).unwrap();
            }
        });
    }
    drop(acknowledge);
    let (mut took, mut killed) = (Vec::with_capacity(total), 0);
    for answer in acknowledged {
        took.push(answer);
        if killed < kills && took.len() > (killed + 1) * total / (kills + 1) {
            example.server.kill_nine();
            example.server.restart().unwrap();
            killed += 1;
        }
    }
    assert_eq!((took.len(), killed), (total, kills));
    took.sort();
    took
}

fn check_document(example: &Example) {
    let (members, events) = size();
    let document = example.document();
    let expected = (0..members).flat_map(|member| (0..events).map(move |number| Event { member, number }.id()));
    let missing: Vec<String> = expected.filter(|id| !document.contains_key(id)).collect();
    assert!(missing.is_empty(), "{} events are not in the document: {missing:?}", missing.len());
    assert_eq!(document.len(), members * events);
}

fn report(name: &str, took: &[Duration], since: Instant) {
    let p99 = took[took.len() * 99 / 100];
    println!(
        "{name}: {} answers, p50 {:?}, p99 {p99:?}, slowest {:?}; everything in the document after {:?}",
        took.len(),
        took[took.len() / 2],
        took[took.len() - 1],
        since.elapsed()
    );
    assert!(p99 < PATIENCE, "Slack would not have waited: {p99:?}");
}

#[test]
fn every_event_is_in_the_document_once_although_the_server_is_killed() {
    let mut example = Example::up("template.yaml", |text| text);
    let begun = Instant::now();
    let took = deliver(&mut example, KILLS);
    example.wait_until_worked_off("til-challenge.fifo");
    check_document(&example);
    report("challenge at the front door", &took, begun);
}

#[test]
fn a_function_in_front_answers_the_challenge_and_forwards_everything_else() {
    let mut example = Example::up("with-front.yaml", |text| text);
    let mut slack = Slack::new(example.server.ingress(), SECRET);
    let response = slack.post(br#"{"type":"url_verification","token":"t","challenge":"3eZbrw1a"}"#, &[]).unwrap();
    assert_eq!((response.status, &*response.text()), (200, "3eZbrw1a"));
    let mut stranger = Slack::new(example.server.ingress(), "another secret");
    assert_eq!(stranger.post(br#"{"type":"url_verification","challenge":"x"}"#, &[]).unwrap().status, 401);
    let begun = Instant::now();
    let took = deliver(&mut example, KILLS);
    example.wait_until_worked_off("til-challenge.fifo");
    check_document(&example);
    report("function in front", &took, begun);
}

/// What went wrong in the pipeline that this one follows: no order of a member's posts, no condition on the write.
#[test]
fn without_order_and_conditions_updates_are_lost() {
    let mut example = Example::up("template.yaml", |text| {
        let text = text.replace(".fifo", "").replace("FifoQueue: true", "DelaySeconds: 0");
        let is_of_fifo = |line: &&str| !line.contains("MessageGroupId") && !line.contains("MessageDeduplicationId");
        let text: String = text.lines().filter(is_of_fifo).map(|line| format!("{line}\n")).collect();
        text.replace("TIL_BUCKET: !Ref Bucket", "TIL_BUCKET: !Ref Bucket\n          TIL_CONDITIONAL: \"false\"")
    });
    deliver(&mut example, 0);
    example.wait_until_worked_off("til-challenge");
    let (members, events) = size();
    let kept = example.document().len();
    assert!(kept < members * events, "all {kept} updates were kept, by luck");
    println!("without order and conditions {kept} of {} events are in the document", members * events);
}
