//! Which messages a run works on, and which it leaves: those that failed, and those that were sent after it began.

use std::collections::{HashMap, HashSet, VecDeque};

use bongsu_client::sqs::Received;
use tokio::time::Instant;

/// Messages that are remembered as left; at so many a run begins no more.
pub(crate) const LEFT_MAX: usize = 10_000;

/// What came by in one run.
pub(crate) struct Seen {
    is_fifo: bool,
    begun: Instant,
    /// When the run began by the queue's clock, in milliseconds since 1970: ours may be wrong, or the queue's a test's.
    /// Known as soon as the queue hands out a message for the first time.
    begun_ms: Option<u64>,
    /// Ids and handles.
    left: HashMap<String, String>,
    /// Groups of a FIFO queue whose order does not allow to go on.
    stuck_groups: HashSet<String>,
}

impl Seen {
    pub(crate) fn new(is_fifo: bool, begun: Instant) -> Self {
        Self { is_fifo, begun, begun_ms: None, left: HashMap::new(), stuck_groups: HashSet::new() }
    }

    /// The messages to work on, of those that were asked for at this moment: a lane is worked off in order, one message
    /// after the other.
    pub(crate) fn lanes(&mut self, received: Vec<Received>, asked_at: Instant) -> Vec<VecDeque<Received>> {
        self.begun_ms = self.begun_ms.or_else(|| {
            let now = received.iter().find_map(first_received_ms)?;
            Some(now.saturating_sub((asked_at - self.begun).as_millis() as u64))
        });
        let mut lanes: Vec<VecDeque<Received>> = Vec::new();
        for message in received {
            if self.is_left(&message) {
                self.leave(&message);
                continue;
            }
            let group = self.group(&message);
            match lanes.iter_mut().find(|lane| group.is_some() && self.group(&lane[0]) == group) {
                Some(lane) => lane.push_back(message),
                None => lanes.push(VecDeque::from([message])),
            }
        }
        lanes
    }

    /// The first message of a lane failed: it stays in the queue, and so does what must not overtake it.
    pub(crate) fn failed(&mut self, lane: &VecDeque<Received>) {
        self.stuck_groups.extend(lane.front().and_then(|message| self.group(message)).map(str::to_owned));
        for message in lane {
            self.leave(message);
        }
    }

    /// How many are left so far.
    pub(crate) fn left_len(&self) -> usize {
        self.left.len()
    }

    /// The handles of those that are left.
    pub(crate) fn into_handles(self) -> Vec<String> {
        self.left.into_values().collect()
    }

    fn is_left(&self, message: &Received) -> bool {
        let sent = message.attribute("SentTimestamp").and_then(|millis| millis.parse::<u64>().ok());
        self.left.contains_key(&message.message_id)
            || self.group(message).is_some_and(|group| self.stuck_groups.contains(group))
            // Nothing that was sent later can come before the queue's clock is known: it would tell it.
            || sent.zip(self.begun_ms).is_some_and(|(sent, begun)| sent > begun)
    }

    fn leave(&mut self, message: &Received) {
        self.left.insert(message.message_id.clone(), message.receipt_handle.clone());
    }

    /// Standard queues have groups too, but no order in them.
    fn group<'a>(&self, message: &'a Received) -> Option<&'a str> {
        message.attribute("MessageGroupId").filter(|_| self.is_fifo)
    }
}

/// The time by the queue's clock, if the message was never received before.
fn first_received_ms(message: &Received) -> Option<u64> {
    let is_first = message.attribute("ApproximateReceiveCount") == Some("1");
    message.attribute("ApproximateFirstReceiveTimestamp").filter(|_| is_first)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn message(id: &str, attributes: &[(&str, &str)]) -> Received {
        Received {
            message_id: id.to_owned(),
            receipt_handle: format!("handle of {id}"),
            attributes: attributes.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            ..Received::default()
        }
    }

    fn in_group(id: &str, group: &str) -> Received {
        message(id, &[("MessageGroupId", group)])
    }

    fn ids(lanes: &[VecDeque<Received>]) -> Vec<String> {
        let lane = |lane: &VecDeque<Received>| lane.iter().map(|message| message.message_id.as_str()).collect();
        lanes.iter().map(lane).collect()
    }

    #[test]
    fn a_group_of_a_fifo_queue_is_worked_off_in_order() {
        let received = || vec![in_group("a", "g"), in_group("b", "h"), in_group("c", "g")];
        let now = Instant::now();
        assert_eq!(ids(&Seen::new(true, now).lanes(received(), now)), ["ac", "b"]);
        assert_eq!(ids(&Seen::new(false, now).lanes(received(), now)), ["a", "b", "c"]);
    }

    #[test]
    fn nothing_overtakes_a_failed_message_of_its_group() {
        let now = Instant::now();
        let mut seen = Seen::new(true, now);
        let lanes = seen.lanes(vec![in_group("a", "g"), in_group("b", "g")], now);
        seen.failed(&lanes[0]);
        let lanes = seen.lanes(vec![in_group("c", "g"), in_group("d", "h")], now);
        assert_eq!((ids(&lanes), seen.left_len()), (vec!["d".to_owned()], 3));
    }

    #[test]
    fn a_failed_message_is_left_when_it_comes_again() {
        let now = Instant::now();
        let mut seen = Seen::new(false, now);
        let lanes = seen.lanes(vec![message("a", &[]), message("b", &[])], now);
        seen.failed(&lanes[0]);
        let again = Received { receipt_handle: "newer".to_owned(), ..message("a", &[]) };
        assert_eq!(ids(&seen.lanes(vec![again], now)), [""; 0]);
        assert_eq!(seen.into_handles(), ["newer"]);
    }

    #[test]
    fn what_was_sent_after_the_beginning_is_left_by_the_queues_clock() {
        let sent = |id: &str, millis: &str| {
            let first = [("ApproximateReceiveCount", "1"), ("ApproximateFirstReceiveTimestamp", "9000")];
            message(id, &[first[0], first[1], ("SentTimestamp", millis)])
        };
        let begun = Instant::now();
        // Asked for two seconds after the beginning, which was therefore at 7000.
        let lanes =
            Seen::new(false, begun).lanes(vec![sent("a", "6999"), sent("b", "7001")], begun + Duration::from_secs(2));
        assert_eq!(ids(&lanes), ["a"]);
        // A message that came before tells no time, and is worked on.
        let received_before = message("c", &[("ApproximateReceiveCount", "2"), ("SentTimestamp", "99000")]);
        assert_eq!(ids(&Seen::new(false, begun).lanes(vec![received_before], begun)), ["c"]);
    }
}
