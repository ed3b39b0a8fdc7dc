//! til-challenge: Slack posts become messages in each member's order, once each, whatever dies in between.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use bongsu_testkit::Server;
use bongsu_testkit::http::Client;
use bongsu_testkit::wait::until;
use tempfile::TempDir;

use crate::slack::{Event, Slack};

const SECRET: &str = "8f742231b10e8888abcd99yyyzzz85a5";
/// Members, each of whom posts one event after the other.
const MEMBERS: usize = 50;
const EVENTS: usize = 20;
/// Connections that deliver events again; with the members' own they are 64.
const REPEATERS: usize = 14;
/// Every tenth event is delivered twice.
const REPEATED_ONE_IN: usize = 10;
/// How often the server is killed while it takes the events.
const KILLS: usize = 5;
/// How long the function may take to work everything off.
const WORK_TIMEOUT: Duration = Duration::from_secs(120);

/// A server with the pipeline deployed from a copy of the template.
struct Pipeline {
    server: Server,
    folder: TempDir,
}

impl Pipeline {
    fn up(parameters: &[(&str, &str)]) -> Pipeline {
        let folder = tempfile::tempdir().unwrap();
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("til_challenge");
        copy(&source, &folder.path().join("til_challenge"));
        let log = folder.path().join("log");
        fs::create_dir(&log).unwrap();
        let own = [("SigningSecret", SECRET), ("Log", log.to_str().unwrap())];
        let parameters: Vec<(&str, &str)> = own.iter().chain(parameters).copied().collect();
        let template = folder.path().join("til_challenge/template.yaml");
        let server = Server::up(&template, &folder.path().join("data"), &parameters);
        Pipeline { server, folder }
    }

    fn slack(&self) -> Slack {
        Slack::new(self.server.ingress(), SECRET)
    }

    fn queue_url(&self, name: &str) -> String {
        format!("{}/000000000000/{name}", self.server.api_url())
    }

    /// What the function wrote down about a member: event and message ids, in its order.
    fn log(&self, event: Event) -> Vec<(String, String)> {
        let log = fs::read_to_string(self.folder.path().join("log").join(event.user())).unwrap_or_default();
        let lines = log.lines().map(|line| line.split_once(' ').expect("an event's id and a message's"));
        lines.map(|(event, message)| (event.to_owned(), message.to_owned())).collect()
    }

    /// Waits until both queues are as deep as expected.
    fn wait_for_depths(&self, waiting: u64, dead: u64) {
        let mut sqs = self.server.sqs();
        until("the function to work everything off", WORK_TIMEOUT, || {
            let depths = ["til.fifo", "til-dead-letters.fifo"].map(|name| sqs.depth(&self.queue_url(name)).unwrap());
            (depths == [waiting, dead]).then_some(())
        });
    }
}

pub(crate) fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).unwrap();
        }
    }
}

#[test]
fn the_example_writes_every_post_into_its_document() {
    let folder = tempfile::tempdir().unwrap();
    let example = folder.path().join("example");
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/til-challenge"), &example);
    let parameters = [("SigningSecret", SECRET)];
    let server = Server::up(&example.join("template.yaml"), &folder.path().join("data"), &parameters);
    let mut slack = Slack::new(server.ingress(), SECRET);
    let events = [0, 1, 2].map(|member| Event { member, number: 0 });
    for event in events {
        slack.deliver(event, "today I learned");
    }
    let mut client = Client::new(server.api(), WORK_TIMEOUT);
    until("three posts in the document", WORK_TIMEOUT, || {
        let document = client.get("/til-challenge-000000000000/til.json").unwrap().text();
        events.iter().all(|event| document.contains(&event.id())).then_some(())
    });
}

#[test]
fn every_event_is_worked_off_once_and_in_order_although_the_server_is_killed() {
    let mut pipeline = Pipeline::up(&[]);
    let acknowledged = deliver_everything(&pipeline);
    let mut messages: BTreeMap<Event, String> = BTreeMap::new();
    let mut kills = 0;
    for (event, message_id) in acknowledged {
        let first = messages.entry(event).or_insert_with(|| message_id.clone());
        assert_eq!(*first, message_id, "{event:?} became two messages");
        if kills < KILLS && messages.len() > (kills + 1) * MEMBERS * EVENTS / (KILLS + 1) {
            pipeline.server.kill_nine();
            pipeline.server.restart().unwrap();
            kills += 1;
        }
    }
    assert_eq!((messages.len(), kills), (MEMBERS * EVENTS, KILLS));
    pipeline.wait_for_depths(0, 0);

    for member in 0..MEMBERS {
        let log = pipeline.log(Event { member, number: 0 });
        let mut firsts: Vec<String> = Vec::new();
        for (event, message) in &log {
            if !firsts.contains(event) {
                firsts.push(event.clone());
            }
            let of_event = messages.iter().find(|(known, _)| known.id() == *event);
            assert_eq!(of_event.map(|(_, id)| id), Some(message), "{event} is another message than acknowledged");
        }
        let in_order: Vec<String> = (0..EVENTS).map(|number| Event { member, number }.id()).collect();
        assert_eq!(firsts, in_order, "member {member}: {log:?}");
    }
}

/// Lets all members post side by side, and returns each acknowledgement as it comes.
fn deliver_everything(pipeline: &Pipeline) -> Receiver<(Event, String)> {
    let (acknowledge, acknowledged) = mpsc::sync_channel(MEMBERS * EVENTS);
    let (repeat, repeats) = mpsc::sync_channel::<Event>(MEMBERS * EVENTS);
    let repeats = Arc::new(Mutex::new(repeats));
    for member in 0..MEMBERS {
        let (acknowledge, repeat, mut slack) = (acknowledge.clone(), repeat.clone(), pipeline.slack());
        thread::spawn(move || {
            for number in 0..EVENTS {
                let event = Event { member, number };
                let message_id = slack.deliver(event, "today I learned");
                acknowledge.send((event, message_id)).unwrap();
                if (member + number) % REPEATED_ONE_IN == 0 {
                    repeat.send(event).unwrap();
                }
            }
        });
    }
    for _ in 0..REPEATERS {
        let (acknowledge, repeats, mut slack) = (acknowledge.clone(), Arc::clone(&repeats), pipeline.slack());
        thread::spawn(move || {
            loop {
                let Ok(event) = repeats.lock().unwrap().recv() else { break };
                let message_id = slack.deliver_again(event, "today I learned", 1);
                acknowledge.send((event, message_id)).unwrap();
            }
        });
    }
    acknowledged
}

#[test]
fn the_challenge_is_answered_in_the_same_response() {
    let pipeline = Pipeline::up(&[]);
    let body = br#"{"token":"x","challenge":"3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P","type":"url_verification"}"#;
    let response = pipeline.slack().post(body, &[]).unwrap();
    assert_eq!(response.status, 200, "{}", response.text());
    assert!(response.text().contains("3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P"), "{}", response.text());
    pipeline.wait_for_depths(0, 0);
}

#[test]
fn a_wrong_signature_is_refused() {
    let pipeline = Pipeline::up(&[]);
    let stranger = &mut Slack::new(pipeline.server.ingress(), "another secret");
    for body in [&br#"{"type":"url_verification","challenge":"x"}"#[..], br#"{"type":"event_callback"}"#, b""] {
        assert_eq!(stranger.post(body, &[]).unwrap().status, 401);
    }
    pipeline.wait_for_depths(0, 0);
}

#[test]
fn a_failing_event_is_tried_again_before_the_next_of_its_member() {
    let pipeline = Pipeline::up(&[("BatchSize", "1"), ("Seconds", "1")]);
    let mut slack = pipeline.slack();
    let events = ["first", "fail twice", "last"].iter().enumerate();
    let ids: Vec<(String, String)> = events
        .map(|(number, text)| {
            let event = Event { member: 7, number };
            (event.id(), slack.deliver(event, text))
        })
        .collect();
    pipeline.wait_for_depths(0, 0);
    assert_eq!(pipeline.log(Event { member: 7, number: 0 }), ids);
}

#[test]
fn an_event_that_always_fails_becomes_a_dead_letter_and_the_next_goes_on() {
    let pipeline = Pipeline::up(&[("BatchSize", "1"), ("Seconds", "1"), ("MaxReceiveCount", "2")]);
    let mut slack = pipeline.slack();
    let dead = slack.deliver(Event { member: 7, number: 0 }, "fail always");
    let next = Event { member: 7, number: 1 };
    let alive = slack.deliver(next, "today I learned");
    pipeline.wait_for_depths(0, 1);
    assert_eq!(pipeline.log(next), [(next.id(), alive)]);
    let messages = pipeline.server.sqs().receive(&pipeline.queue_url("til-dead-letters.fifo"), 0).unwrap();
    assert_eq!(messages.iter().map(|message| &message.message_id).collect::<Vec<_>>(), [&dead]);
}
