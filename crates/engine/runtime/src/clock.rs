//! The broker's clock: the system's, or one that a test moves by hand.

use std::pin::Pin;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bongsu_broker::{Seconds, Timestamp};
use tokio::sync::watch;
use tokio::time::{Instant, Sleep, sleep};

/// Where the time comes from.
#[derive(Clone, Debug)]
pub enum Clock {
    /// The machine's wall clock.
    System,
    /// A clock that stands still until it is moved.
    Manual(ManualClock),
}

/// A clock that stands still until it is moved.
#[derive(Clone, Debug)]
pub struct ManualClock(watch::Sender<Timestamp>);

impl ManualClock {
    /// A clock that shows `start`.
    pub fn starting_at(start: Timestamp) -> ManualClock {
        ManualClock(watch::Sender::new(start))
    }

    /// Moves the clock; everything that is due by then happens.
    pub fn advance(&self, by: Seconds) {
        self.0.send_modify(|now| *now = *now + by);
    }

    /// What the clock shows.
    pub fn now(&self) -> Timestamp {
        *self.0.borrow()
    }
}

impl Clock {
    /// The time now. The wall clock may step back; whoever needs time that only rises keeps the latest.
    pub fn now(&self) -> Timestamp {
        match self {
            Clock::System => {
                let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
                Timestamp(since_epoch.as_millis() as u64)
            }
            Clock::Manual(clock) => clock.now(),
        }
    }

    pub(crate) fn alarm(&self) -> Alarm {
        match self {
            Clock::System => Alarm::System { set_for: None, sleep: Box::pin(sleep(Duration::ZERO)) },
            Clock::Manual(clock) => Alarm::Manual { set_for: None, now: clock.0.subscribe() },
        }
    }
}

/// Rings once at the earliest time it was set for since it last rang.
pub(crate) enum Alarm {
    System { set_for: Option<Timestamp>, sleep: Pin<Box<Sleep>> },
    Manual { set_for: Option<Timestamp>, now: watch::Receiver<Timestamp> },
}

/// How far ahead a timer is set at most: an hour's early ring costs nothing, a wall clock that jumped is noticed.
const AHEAD_MAX: Duration = Duration::from_secs(3600);

impl Alarm {
    /// Rings at `at` if it is not set to ring before; `now` is the clock's time.
    pub(crate) fn set(&mut self, at: Timestamp, now: Timestamp) {
        match self {
            Alarm::System { set_for, sleep } => {
                if set_for.is_none_or(|set_for| at < set_for) {
                    // One millisecond more, because the clock shows whole ones only.
                    let ahead = Duration::from_millis(at.0.saturating_sub(now.0).saturating_add(1)).min(AHEAD_MAX);
                    sleep.as_mut().reset(Instant::now() + ahead);
                    *set_for = Some(at);
                }
            }
            Alarm::Manual { set_for, .. } => *set_for = Some(set_for.map_or(at, |set_for| set_for.min(at))),
        }
    }

    /// Waits until it rings; for ever if it is not set. May be dropped and called again.
    pub(crate) async fn ring(&mut self) {
        match self {
            Alarm::System { set_for: None, .. } => std::future::pending().await,
            Alarm::System { set_for, sleep } => {
                sleep.as_mut().await;
                *set_for = None;
            }
            Alarm::Manual { set_for, now } => {
                let due = |now: &Timestamp| set_for.is_some_and(|at| at <= *now);
                if now.wait_for(due).await.is_err() {
                    // Nobody can move the clock any more.
                    std::future::pending().await
                }
                *set_for = None;
            }
        }
    }
}
