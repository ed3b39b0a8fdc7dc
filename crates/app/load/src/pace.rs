//! When a worker may send its next request: at once, or as a rate for all of them allows.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use crate::Stage;

/// Hands out turns; clones share a rate.
#[derive(Clone)]
pub struct Pace {
    schedule: Option<Arc<Schedule>>,
}

struct Schedule {
    begun: Instant,
    interval: Duration,
    turns: AtomicU64,
}

impl Pace {
    /// `rate` is in messages a second, of which a turn takes `batch`.
    pub fn new(rate: Option<u32>, batch: usize) -> Self {
        let schedule = rate.map(|rate| {
            let interval = Duration::from_secs_f64(batch as f64 / f64::from(rate));
            Arc::new(Schedule { begun: Instant::now(), interval, turns: AtomicU64::new(0) })
        });
        Self { schedule }
    }

    /// Waits for the next turn; `None` when the stage is over. Latency counts from what this returns: from when the
    /// request was due, if no worker was free then. Else a server that stalls would only be asked less often.
    pub async fn turn(&self, stage: &Stage) -> Option<Instant> {
        let now = Instant::now();
        let from = match &self.schedule {
            None => now,
            Some(schedule) => {
                let due = schedule.begun + schedule.interval.mul_f64(schedule.turns.fetch_add(1, Relaxed) as f64);
                if due > now {
                    tokio::select! {
                        () = sleep_until(due) => {}
                        () = stage.until_over() => {}
                    }
                    Instant::now()
                } else {
                    due
                }
            }
        };
        (!stage.is_over()).then_some(from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stage() -> Stage {
        Stage::new(Duration::from_secs(10))
    }

    #[tokio::test(start_paused = true)]
    async fn turns_come_at_the_rate_of_messages() {
        let (begun, stage, pace) = (Instant::now(), stage(), Pace::new(Some(50), 10));
        for turn in 0..4 {
            assert_eq!(pace.turn(&stage).await.unwrap() - begun, Duration::from_millis(200) * turn);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_late_request_counts_from_when_it_was_due() {
        let (begun, stage, pace) = (Instant::now(), stage(), Pace::new(Some(10), 1));
        pace.turn(&stage).await.unwrap();
        tokio::time::sleep(Duration::from_millis(350)).await;
        let late: Vec<_> =
            [pace.turn(&stage).await, pace.turn(&stage).await, pace.turn(&stage).await, pace.turn(&stage).await]
                .map(|turn| (turn.unwrap() - begun).as_millis())
                .to_vec();
        assert_eq!(late, [100, 200, 300, 400]);
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_waits_beyond_the_end() {
        let (stage, pace) = (stage(), Pace::new(Some(1), 1000));
        pace.turn(&stage).await.unwrap();
        let stop = async { stage.stop() };
        assert_eq!(tokio::join!(pace.turn(&stage), stop), (None, ()));
    }
}
