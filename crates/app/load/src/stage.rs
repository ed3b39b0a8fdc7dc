//! What the workers of a run share, and how the run passes: a warm-up, a measured time, an end.

use std::collections::BTreeMap;
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bongsu_client::{CallError, Refusal};
use hdrhistogram::Histogram;
use tokio::sync::watch;
use tokio::task::{JoinError, JoinSet};
use tokio::time::{Instant, sleep, timeout};

use crate::{Measurement, Snapshot};

const WARMING_UP: u8 = 0;
const MEASURING: u8 = 1;
const OVER: u8 = 2;

const WARM_UP_MAX: Duration = Duration::from_millis(500);
const LATENCY_NANOS_MAX: u64 = 60_000_000_000;
/// A worker whose request failed waits before the next: a server that is gone must not be hammered.
const PAUSE_AFTER_ERROR: Duration = Duration::from_millis(100);
/// Requests under way at the end that take longer than this are given up.
const FINISH_WITHIN: Duration = Duration::from_secs(5);

/// What the workers of one run share: whether to count, what they counted, and when to stop. Clones are the same stage.
#[derive(Clone)]
pub struct Stage {
    shared: Arc<Shared>,
}

struct Shared {
    duration: Duration,
    epoch: Instant,
    phase: AtomicU8,
    over: watch::Sender<bool>,
    requests: AtomicU64,
    messages: AtomicU64,
    /// Nanoseconds from the epoch to the last work that was finished.
    last: AtomicU64,
    latency: Mutex<Histogram<u64>>,
    errors: Mutex<Errors>,
}

#[derive(Default)]
struct Errors {
    by_code: BTreeMap<String, u64>,
    first: Option<String>,
}

impl Stage {
    /// A stage that measures for `duration`, after a warm-up of a quarter of that or half a second.
    pub fn new(duration: Duration) -> Self {
        let latency = Histogram::new_with_bounds(1, LATENCY_NANOS_MAX, 3).expect("the bounds are in order");
        Self {
            shared: Arc::new(Shared {
                duration,
                epoch: Instant::now(),
                phase: AtomicU8::new(WARMING_UP),
                over: watch::Sender::new(false),
                requests: AtomicU64::new(0),
                messages: AtomicU64::new(0),
                last: AtomicU64::new(0),
                latency: Mutex::new(latency),
                errors: Mutex::new(Errors::default()),
            }),
        }
    }

    /// How long workers may run altogether.
    pub fn whole(&self) -> Duration {
        self.warm_up() + self.shared.duration
    }

    /// True when the workers must stop.
    pub fn is_over(&self) -> bool {
        self.shared.phase.load(Relaxed) == OVER
    }

    /// Ends the stage now; what was measured so far counts.
    pub fn stop(&self) {
        self.shared.phase.store(OVER, Relaxed);
        self.shared.over.send_replace(true);
    }

    /// Resolves when the workers must stop.
    pub async fn until_over(&self) {
        // Fails only without a sender, and this stage holds it.
        self.shared.over.subscribe().wait_for(|over| *over).await.map(drop).unwrap_or_default();
    }

    /// Counts finished work, unless the stage is not measuring.
    pub fn count(&self, requests: u64, messages: u64) {
        self.shared.last.store(self.since_epoch(Instant::now()), Relaxed);
        if self.is_measuring() {
            self.shared.requests.fetch_add(requests, Relaxed);
            self.shared.messages.fetch_add(messages, Relaxed);
        }
    }

    /// Adds one latency to the percentiles, unless the stage is not measuring.
    pub fn time(&self, latency: Duration) {
        if self.is_measuring() {
            let nanos = u64::try_from(latency.as_nanos()).unwrap_or(u64::MAX);
            self.shared.latency.lock().expect("recording does not panic").saturating_record(nanos);
        }
    }

    /// Counts a failed request, then lets a moment pass.
    pub async fn failed(&self, error: &CallError) {
        self.record(error.code(), error.to_string());
        self.pause().await;
    }

    /// Counts the failed entries of a batch, then lets a moment pass, if there are any.
    pub async fn entries_failed(&self, entries: &[Refusal]) {
        for entry in entries {
            self.record(&entry.code, entry.to_string());
        }
        if !entries.is_empty() {
            self.pause().await;
        }
    }

    /// True if no worker finished anything after this moment.
    pub fn is_idle_since(&self, moment: Instant) -> bool {
        self.shared.last.load(Relaxed) < self.since_epoch(moment)
    }

    /// What was done so far.
    pub fn so_far(&self) -> Snapshot {
        let latency = self.shared.latency.lock().expect("recording does not panic");
        Snapshot {
            elapsed: self.shared.epoch.elapsed(),
            messages: self.shared.messages.load(Relaxed),
            errors: self.shared.errors.lock().expect("counting does not panic").by_code.values().sum(),
            p99_micros: latency.value_at_quantile(0.99) as f64 / 1e3,
        }
    }

    /// The time before anything is counted.
    pub fn warm_up(&self) -> Duration {
        (self.shared.duration / 4).min(WARM_UP_MAX)
    }

    fn is_measuring(&self) -> bool {
        self.shared.phase.load(Relaxed) == MEASURING
    }

    fn since_epoch(&self, moment: Instant) -> u64 {
        let nanos = moment.saturating_duration_since(self.shared.epoch).as_nanos();
        u64::try_from(nanos).expect("a run does not last for centuries")
    }

    fn record(&self, code: &str, text: String) {
        let mut errors = self.shared.errors.lock().expect("counting does not panic");
        errors.first.get_or_insert(text);
        *errors.by_code.entry(code.to_owned()).or_default() += 1;
    }

    async fn pause(&self) {
        tokio::select! {
            () = sleep(PAUSE_AFTER_ERROR) => {}
            () = self.until_over() => {}
        }
    }

    fn measurement(&self, measured: Duration) -> Measurement {
        let shared = &self.shared;
        let latency = shared.latency.lock().expect("recording does not panic");
        let errors = shared.errors.lock().expect("counting does not panic");
        let quantile = |quantile| latency.value_at_quantile(quantile) as f64 / 1e3;
        Measurement {
            seconds: measured.as_secs_f64(),
            requests: shared.requests.load(Relaxed),
            messages: shared.messages.load(Relaxed),
            errors: errors.by_code.clone(),
            first_error: errors.first.clone(),
            p50_micros: quantile(0.5),
            p90_micros: quantile(0.9),
            p99_micros: quantile(0.99),
            p999_micros: quantile(0.999),
            max_micros: latency.max() as f64 / 1e3,
        }
    }
}

/// A stage with its workers: `warm_up`, then `measure`, then `finish`.
pub struct Load {
    stage: Stage,
    workers: JoinSet<()>,
    measured: Duration,
}

impl Load {
    /// A load without workers.
    pub fn new(stage: Stage) -> Self {
        Self { stage, workers: JoinSet::new(), measured: Duration::ZERO }
    }

    /// Adds a worker. It must end soon after the stage is over, and may end before, when nothing is left to do.
    pub fn spawn(&mut self, worker: impl Future<Output = ()> + Send + 'static) {
        self.workers.spawn(worker);
    }

    /// What the workers share.
    pub fn stage(&self) -> &Stage {
        &self.stage
    }

    /// Lets the workers run without counting. The stage is over if one of them has nothing left to do already.
    pub async fn warm_up(&mut self) {
        if self.pass(self.stage.warm_up()).await {
            self.stage.stop();
        }
    }

    /// Counts what the workers do, until the time is up, the stage is stopped, or a worker has nothing left to do. What
    /// was used meanwhile can be looked at when this returns: the workers stop now.
    pub async fn measure(&mut self) {
        if self.stage.is_over() {
            return;
        }
        let begun = Instant::now();
        self.stage.shared.phase.store(MEASURING, Relaxed);
        let ran_dry = self.pass(self.stage.shared.duration).await;
        self.stage.stop();
        self.measured = begun.elapsed();
        if ran_dry {
            // Nobody could tell at once that the last message was the last.
            let last = Duration::from_nanos(self.stage.shared.last.load(Relaxed));
            self.measured = last.saturating_sub(begun - self.stage.shared.epoch);
        }
    }

    /// Waits for the requests under way, which are not counted any more.
    pub async fn finish(mut self) -> Measurement {
        let workers = &mut self.workers;
        let ended = timeout(FINISH_WITHIN, async {
            while let Some(worker) = workers.join_next().await {
                expect_no_panic(worker);
            }
        });
        if ended.await.is_err() {
            for _ in 0..self.workers.len() {
                self.stage.record("Unanswered", "requests under way at the end were not answered".to_owned());
            }
            self.workers.abort_all();
        }
        self.stage.measurement(self.measured)
    }

    /// Lets time pass; less if the stage is stopped, or if a worker ends, which it tells.
    async fn pass(&mut self, time: Duration) -> bool {
        tokio::select! {
            () = sleep(time) => false,
            () = self.stage.until_over() => false,
            Some(worker) = self.workers.join_next() => {
                expect_no_panic(worker);
                true
            }
        }
    }
}

fn expect_no_panic(worker: Result<(), JoinError>) {
    if let Err(error) = worker
        && error.is_panic()
    {
        resume_unwind(error.into_panic());
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    const STEP: Duration = Duration::from_millis(300);

    async fn run(mut load: Load) -> Measurement {
        load.warm_up().await;
        load.measure().await;
        load.finish().await
    }

    #[tokio::test(start_paused = true)]
    async fn work_is_counted_after_the_warm_up_only() {
        let stage = Stage::new(Duration::from_secs(2));
        let mut load = Load::new(stage.clone());
        load.spawn(async move {
            while !stage.is_over() {
                sleep(STEP).await;
                stage.count(1, 10);
                stage.time(Duration::from_micros(250));
            }
        });
        let measurement = run(load).await;
        assert_eq!((measurement.requests, measurement.messages), (7, 70));
        assert!((measurement.p50_micros - 250.0).abs() < 1.0, "{measurement:?}");
        assert!((measurement.message_rate() - 35.0).abs() < 0.1, "{measurement:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_run_that_runs_dry_is_measured_to_its_last_message() {
        let stage = Stage::new(Duration::from_secs(60));
        let mut load = Load::new(stage.clone());
        load.spawn(async move {
            for _ in 0..5 {
                sleep(STEP).await;
                stage.count(1, 1);
            }
            sleep(Duration::from_secs(1)).await;
        });
        let measurement = run(load).await;
        assert_eq!((measurement.messages, measurement.seconds), (4, 1.0));
    }

    #[tokio::test(start_paused = true)]
    async fn a_stopped_run_keeps_what_it_has() {
        let stage = Stage::new(Duration::from_secs(60));
        let mut load = Load::new(stage.clone());
        let shared = stage.clone();
        load.spawn(async move {
            while !shared.is_over() {
                sleep(STEP).await;
                shared.count(1, 1);
            }
        });
        let stop = async {
            sleep(Duration::from_millis(1450)).await;
            stage.stop();
        };
        let (measurement, ()) = tokio::join!(run(load), stop);
        assert_eq!(measurement.messages, 3);
        assert!((measurement.seconds - 0.95).abs() < 0.01, "{measurement:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn errors_are_counted_by_code_and_slow_a_worker_down() {
        let stage = Stage::new(Duration::from_secs(2));
        let mut load = Load::new(stage.clone());
        load.spawn(async move {
            while !stage.is_over() {
                stage.failed(&io::Error::other("cut off").into()).await;
            }
        });
        let measurement = run(load).await;
        assert_eq!((measurement.messages, measurement.first_error.as_deref()), (0, Some("no answer: cut off")));
        let count = measurement.errors["Unanswered"];
        assert!((24..=26).contains(&count), "{count}");
    }

    #[tokio::test(start_paused = true)]
    async fn who_does_not_end_is_given_up_and_counted() {
        let mut load = Load::new(Stage::new(Duration::from_secs(2)));
        load.spawn(std::future::pending());
        assert_eq!(run(load).await.errors["Unanswered"], 1);
    }
}
