//! Slack, as a front door sees it: signed posts, sent again until they are answered.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use bongsu_testkit::http::{Client, Error, Response};
use bongsu_testkit::slack::signature_headers;
use bongsu_testkit::wait::until;
use serde_json::json;

/// How long Slack waits for an answer.
const PATIENCE: Duration = Duration::from_secs(3);
/// How long an event is sent again; Slack itself gives up after an hour.
const RETRIES: Duration = Duration::from_secs(60);
/// Where the template serves the events.
const PATH: &str = "/slack/events";

/// One post of one member.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Event {
    pub(crate) member: usize,
    pub(crate) number: usize,
}

impl Event {
    /// What identifies it, in each delivery the same.
    pub(crate) fn id(self) -> String {
        format!("Ev{:03}x{:03}", self.member, self.number)
    }

    /// The member as Slack names users.
    pub(crate) fn user(self) -> String {
        format!("U{:03}", self.member)
    }

    fn envelope(self, text: &str) -> Vec<u8> {
        let ts = format!("17000{:05}.{:06}", self.member, self.number);
        let event = json!({ "type": "message", "channel": "C1", "user": self.user(), "text": text, "ts": ts });
        let envelope = json!({
            "token": "deprecated",
            "team_id": "T1",
            "api_app_id": "A1",
            "type": "event_callback",
            "event_id": self.id(),
            "event_time": 1_700_000_000,
            "event": event,
        });
        envelope.to_string().into_bytes()
    }
}

/// A connection from Slack.
pub(crate) struct Slack {
    http: Client,
    secret: &'static str,
}

impl Slack {
    pub(crate) fn new(ingress: SocketAddr, secret: &'static str) -> Slack {
        Slack { http: Client::new(ingress, PATIENCE), secret }
    }

    /// Posts any body once.
    pub(crate) fn post(&mut self, body: &[u8], headers: &[(&str, &str)]) -> Result<Response, Error> {
        let signed = signature_headers(self.secret, body);
        let signed = signed.iter().map(|(name, value)| (*name, value.as_str()));
        let json = ("content-type", "application/json");
        let headers: Vec<(&str, &str)> = headers.iter().copied().chain(signed).chain([json]).collect();
        self.http.post(PATH, &headers, body)
    }

    /// Delivers an event until it is acknowledged, and returns the id of the message that it became.
    pub(crate) fn deliver(&mut self, event: Event, text: &str) -> String {
        self.deliver_again(event, text, 0)
    }

    /// The same for an event that was delivered `times` before.
    pub(crate) fn deliver_again(&mut self, event: Event, text: &str, times: u32) -> String {
        message_id(&self.deliver_until(event, text, times).0)
    }

    /// How long the acknowledging answer took, whatever it says.
    pub(crate) fn acknowledged(&mut self, event: Event, text: &str, times: u32) -> Duration {
        self.deliver_until(event, text, times).1
    }

    fn deliver_until(&mut self, event: Event, text: &str, times: u32) -> (Response, Duration) {
        let body = event.envelope(text);
        let mut retry = times;
        until("a 2xx from the front door", RETRIES, || {
            let number = retry.to_string();
            let headers = [("x-slack-retry-num", number.as_str()), ("x-slack-retry-reason", "connection_failed")];
            let headers: &[(&str, &str)] = if retry == 0 { &[] } else { &headers };
            retry += 1;
            let posted = Instant::now();
            let response = self.post(&body, headers).ok()?;
            let took = posted.elapsed();
            assert!(took < PATIENCE, "answered after {took:?}");
            // A function that the end of its server has killed is no answer that Slack takes for one.
            (response.status < 500).then_some(())?;
            assert_eq!(response.status, 200, "{}", response.text());
            Some((response, took))
        })
    }
}

/// The id in an answer that looks like API Gateway's for its SQS integration.
#[track_caller]
fn message_id(response: &Response) -> String {
    let answer = response.json();
    let id = answer["SendMessageResponse"]["SendMessageResult"]["MessageId"].as_str();
    id.unwrap_or_else(|| panic!("no MessageId in {answer}")).to_owned()
}
