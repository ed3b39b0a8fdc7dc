//! The broker's clock: the machine's, the machine's put forward, or one that only a test moves.

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
    /// The machine's wall clock, put forward.
    Shifted(ShiftedClock),
    /// A clock that stands still until it is moved.
    Manual(ManualClock),
}

/// The machine's wall clock, ahead by what somebody put it forward. Clones are the same clock.
#[derive(Clone, Debug)]
pub struct ShiftedClock {
    /// By how many milliseconds.
    ahead: watch::Sender<u64>,
}

impl ShiftedClock {
    /// A clock that is ahead by so much, in whole milliseconds.
    pub fn ahead_by(ahead: Duration) -> ShiftedClock {
        ShiftedClock { ahead: watch::Sender::new(milliseconds(ahead)) }
    }

    /// Puts the clock forward. What is due by then happens soon; [`Handle::catch_up`](crate::Handle::catch_up) waits
    /// for it.
    pub fn advance(&self, by: Duration) {
        self.ahead.send_modify(|ahead| *ahead = ahead.saturating_add(milliseconds(by)));
    }

    /// How far it is ahead of the machine's clock.
    pub fn ahead(&self) -> Duration {
        Duration::from_millis(*self.ahead.borrow())
    }

    /// What the clock shows.
    pub fn now(&self) -> Timestamp {
        Timestamp(wall().0.saturating_add(*self.ahead.borrow()))
    }

    /// Puts the clock forward to a time that was seen before, so that time goes on from there.
    pub(crate) fn go_on_from(&self, seen: Timestamp) {
        self.advance(Duration::from_millis(seen.0.saturating_sub(self.now().0)));
    }
}

fn wall() -> Timestamp {
    Timestamp(milliseconds(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()))
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
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
            Clock::System => wall(),
            Clock::Shifted(clock) => clock.now(),
            Clock::Manual(clock) => clock.now(),
        }
    }

    pub(crate) fn alarm(&self) -> Alarm {
        match self {
            Clock::System => Alarm::wall(None),
            Clock::Shifted(clock) => Alarm::wall(Some(clock.ahead.subscribe())),
            Clock::Manual(clock) => Alarm::Manual { set_for: None, now: clock.0.subscribe() },
        }
    }
}

/// Rings once at the earliest time it was set for since it last rang, and whenever the clock is put forward.
pub(crate) enum Alarm {
    /// With what tells that the clock was put forward, if it can be.
    Wall {
        set_for: Option<Timestamp>,
        sleep: Pin<Box<Sleep>>,
        shifts: Option<watch::Receiver<u64>>,
    },
    Manual {
        set_for: Option<Timestamp>,
        now: watch::Receiver<Timestamp>,
    },
}

/// How far ahead a timer is set at most: an hour's early ring costs nothing, a wall clock that jumped is noticed.
const AHEAD_MAX: Duration = Duration::from_secs(3600);

impl Alarm {
    fn wall(shifts: Option<watch::Receiver<u64>>) -> Alarm {
        Alarm::Wall { set_for: None, sleep: Box::pin(sleep(Duration::ZERO)), shifts }
    }

    /// Rings at `at` if it is not set to ring before; `now` is the clock's time.
    pub(crate) fn set(&mut self, at: Timestamp, now: Timestamp) {
        match self {
            Alarm::Wall { set_for, sleep, .. } => {
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
            Alarm::Wall { set_for, sleep, shifts } => {
                tokio::select! {
                    () = sleep.as_mut(), if set_for.is_some() => {}
                    // How long the sleep has to be is another question now.
                    () = shifted(shifts) => {}
                }
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

/// Waits until the clock was put forward since the last time; for ever if nobody can.
async fn shifted(shifts: &mut Option<watch::Receiver<u64>>) {
    let is_shifted = match shifts {
        Some(shifts) => shifts.changed().await.is_ok(),
        None => false,
    };
    if !is_shifted {
        std::future::pending().await
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    fn is_ringing(alarm: &mut Alarm) -> bool {
        pin!(alarm.ring()).poll(&mut Context::from_waker(Waker::noop())) == Poll::Ready(())
    }

    #[test]
    fn a_shifted_clock_runs_with_the_wall_clock_and_ahead_of_it() {
        let clock = ShiftedClock::ahead_by(HOUR);
        let before = wall();
        assert!(clock.now() >= before + Seconds(3600));
        clock.clone().advance(Duration::from_millis(1500));
        assert_eq!(clock.ahead(), HOUR + Duration::from_millis(1500));
        assert!(clock.now().0 >= before.0 + 3_601_500);
        assert!(clock.now().0 <= wall().0 + 3_601_500, "it runs on with the wall clock");
        clock.advance(Duration::MAX);
        assert_eq!(clock.now(), Timestamp(u64::MAX), "and does not begin again");
    }

    #[test]
    fn a_shifted_clock_goes_on_from_the_latest_time_that_was_seen() {
        let clock = ShiftedClock::ahead_by(Duration::ZERO);
        let seen = wall() + Seconds(7200);
        clock.go_on_from(seen);
        assert!(clock.now() >= seen && clock.now() < seen + Seconds(3600));
        let ahead = clock.ahead();
        clock.go_on_from(Timestamp(0));
        assert_eq!(clock.ahead(), ahead, "never back");
    }

    #[tokio::test]
    async fn an_alarm_rings_when_the_clock_is_put_forward_and_may_be_set_again() {
        let clock = ShiftedClock::ahead_by(Duration::ZERO);
        let mut alarm = Clock::Shifted(clock.clone()).alarm();
        assert!(!is_ringing(&mut alarm), "nothing was set and nothing happened");
        let at = clock.now() + Seconds(3600);
        alarm.set(at, clock.now());
        assert!(!is_ringing(&mut alarm));
        clock.advance(HOUR - Duration::from_millis(20));
        assert!(is_ringing(&mut alarm), "the wait has become shorter");
        assert!(!is_ringing(&mut alarm), "once");
        alarm.set(at, clock.now());
        alarm.ring().await;
        assert!(clock.now() >= at);
    }

    #[tokio::test]
    async fn a_shift_between_two_looks_is_not_missed() {
        let clock = ShiftedClock::ahead_by(Duration::ZERO);
        let mut alarm = Clock::Shifted(clock.clone()).alarm();
        clock.advance(HOUR);
        alarm.set(clock.now() + Seconds(3600), clock.now());
        assert!(is_ringing(&mut alarm));
    }
}
