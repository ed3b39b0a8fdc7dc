//! How many messages at most in how much time, and whose turn it is.

use std::str::FromStr;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// Messages a second.
const RATE_MAX: u32 = 10_000;
/// Turns that nobody took are made up for, as far as they were due in this time.
const MADE_UP_MAX: Duration = Duration::from_millis(100);

/// So many messages in so much time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rate {
    messages: u32,
    per: Duration,
}

impl Rate {
    /// Messages a second, if that is how it was said.
    pub(crate) fn a_second(self) -> Option<u32> {
        (self.per == Duration::from_secs(1)).then_some(self.messages)
    }
}

impl FromStr for Rate {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (messages, unit) = text.split_once('/').unwrap_or((text, "s"));
        let per = match unit {
            "s" => Some(Duration::from_secs(1)),
            "m" => Some(Duration::from_secs(60)),
            _ => None,
        };
        let messages = messages.parse().ok().filter(|messages| (1..=RATE_MAX).contains(messages));
        match (messages, per) {
            (Some(messages), Some(per)) => Ok(Self { messages, per }),
            _ => Err(format!("a rate is N, N/s or N/m with an N of 1 to {RATE_MAX}")),
        }
    }
}

/// Hands out turns, one a message.
pub(crate) struct Turns {
    /// None without a rate: it is always somebody's turn.
    interval: Option<Duration>,
    next: Instant,
}

impl Turns {
    pub(crate) fn new(rate: Option<Rate>) -> Self {
        Self { interval: rate.map(|rate| rate.per / rate.messages), next: Instant::now() }
    }

    /// Waits for the next turn, then takes those that are due: 1 to `max`.
    pub(crate) async fn take(&mut self, max: usize) -> usize {
        let Some(interval) = self.interval else { return max };
        sleep_until(self.next).await;
        let now = Instant::now();
        if let Some(earliest) = now.checked_sub(MADE_UP_MAX) {
            self.next = self.next.max(earliest);
        }
        let mut taken = 0;
        while taken < max && (taken == 0 || self.next <= now) {
            self.next += interval;
            taken += 1;
        }
        taken
    }

    /// Turns that were taken and then not needed.
    pub(crate) fn give_back(&mut self, turns: usize) {
        let turns = u32::try_from(turns).expect("turns are taken ten at a time");
        let interval = self.interval.unwrap_or_default();
        self.next = self.next.checked_sub(interval * turns).unwrap_or(self.next);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate(text: &str) -> Rate {
        text.parse().unwrap()
    }

    #[test]
    fn a_rate_is_a_second_or_a_minute() {
        assert_eq!((rate("50"), rate("50/s").a_second()), (rate("50/s"), Some(50)));
        assert_eq!((rate("30/m").per, rate("30/m").a_second()), (Duration::from_secs(60), None));
        for wrong in ["", "0", "10001", "-1", "1.5", "5/h", "5/", "/s"] {
            assert!(wrong.parse::<Rate>().is_err(), "{wrong}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn turns_come_at_the_rate() {
        let (begun, mut turns) = (Instant::now(), Turns::new(Some(rate("50"))));
        for turn in 0..4 {
            assert_eq!(turns.take(10).await, 1);
            assert_eq!(begun.elapsed(), Duration::from_millis(20) * turn);
        }
        turns.give_back(1);
        assert_eq!((turns.take(10).await, begun.elapsed()), (1, Duration::from_millis(60)));
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_not_taken_for_a_while_is_made_up_for_a_little() {
        let mut turns = Turns::new(Some(rate("50")));
        tokio::time::sleep(Duration::from_secs(60)).await;
        assert_eq!(turns.take(4).await, 4);
        assert_eq!(turns.take(10).await, 2);
        let waited = Instant::now();
        assert_eq!((turns.take(10).await, waited.elapsed()), (1, Duration::from_millis(20)));
    }

    #[tokio::test(start_paused = true)]
    async fn without_a_rate_it_is_always_ones_turn() {
        let mut turns = Turns::new(None);
        assert_eq!((turns.take(10).await, turns.take(3).await), (10, 3));
    }
}
