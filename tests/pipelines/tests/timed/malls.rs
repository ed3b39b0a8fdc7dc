//! Malls that send webhooks as Cafe24 does: with a key, a trace id, and again until they are answered.

use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use bongsu_testkit::http::Client;
use bongsu_testkit::wait::until;
use serde_json::json;

/// What the example's template has.
const KEY: &str = "shop-webhooks-key";
const PATIENCE: Duration = Duration::from_secs(3);
/// How long a webhook is sent again.
const RETRIES: Duration = Duration::from_secs(60);
/// From one webhook of a mall to the next: more than twice what its API allows.
const INTERVAL: Duration = Duration::from_millis(80);
/// Every fifth webhook has the body of the one before.
const EQUAL_ONE_IN: usize = 5;
/// Every tenth is sent again although it was answered.
const AGAIN_ONE_IN: usize = 10;

/// Something that changed in a mall.
#[derive(Debug, Clone)]
pub(crate) struct Change {
    pub(crate) mall: String,
    pub(crate) number: usize,
}

/// A webhook that was answered.
#[derive(Debug)]
pub(crate) struct Accepted {
    pub(crate) change: Change,
    pub(crate) message_id: String,
    /// Seconds since 1970.
    pub(crate) at: f64,
}

impl Change {
    /// The product that is not any more as it was.
    pub(crate) fn product(&self) -> usize {
        let is_equal = self.number % EQUAL_ONE_IN == EQUAL_ONE_IN - 1;
        1000 + self.number - usize::from(is_equal)
    }

    fn body(&self) -> String {
        let resource = json!({ "mall_id": self.mall, "event_shop_no": "1", "product_no": self.product().to_string() });
        json!({ "event_no": 90001, "resource": resource }).to_string()
    }

    fn trace(&self) -> String {
        format!("{}-{:04}", self.mall, self.number)
    }
}

/// A mall that tells of its changes one after the other.
pub(crate) struct Mall {
    http: Client,
    name: String,
}

impl Mall {
    pub(crate) fn new(ingress: SocketAddr, name: &str) -> Mall {
        Mall { http: Client::new(ingress, PATIENCE), name: name.to_owned() }
    }

    /// Sends a webhook until it is answered.
    pub(crate) fn tell(&mut self, number: usize) -> Accepted {
        let change = Change { mall: self.name.clone(), number };
        let (body, trace) = (change.body(), change.trace());
        let headers = [("content-type", "application/json"), ("x-api-key", KEY), ("x-trace-id", trace.as_str())];
        let answer = until("a 2xx from the front door", RETRIES, || {
            self.http.post("/cafe24", &headers, body.as_bytes()).ok().filter(|answer| answer.status < 500)
        });
        assert_eq!(answer.status, 200, "{}", answer.text());
        let answer = answer.json();
        let message_id = answer["SendMessageResponse"]["SendMessageResult"]["MessageId"].as_str();
        let message_id = message_id.unwrap_or_else(|| panic!("no MessageId in {answer}")).to_owned();
        Accepted { change, message_id, at: now() }
    }

    /// Sends so many webhooks at the mall's pace, some of them twice. What comes again is the same message.
    pub(crate) fn tell_all(&mut self, changes: usize) -> Vec<Accepted> {
        let begun = Instant::now();
        let mut accepted: Vec<Accepted> = Vec::new();
        for number in 0..changes {
            let due = begun + INTERVAL * u32::try_from(number).unwrap();
            thread::sleep(due.saturating_duration_since(Instant::now())); // The pace is what is asked for.
            accepted.push(self.tell(number));
            if number % AGAIN_ONE_IN == AGAIN_ONE_IN - 1 {
                self.tell_again(&accepted[number]);
            }
        }
        self.tell_again(&accepted[0]);
        accepted
    }

    fn tell_again(&mut self, first: &Accepted) {
        let again = self.tell(first.change.number);
        assert_eq!(again.message_id, first.message_id, "{:?} became two messages", first.change);
    }
}

/// Seconds since 1970.
pub(crate) fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs_f64()
}
