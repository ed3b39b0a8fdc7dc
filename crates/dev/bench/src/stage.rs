//! One cell of the table: workers that run in a closed loop, measured after a warm-up.

use std::{
    fmt,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU8, AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use hdrhistogram::Histogram;
use serde::Serialize;
use tokio::{task::JoinSet, time::sleep};

use crate::process;

const WARMING_UP: u8 = 0;
const MEASURING: u8 = 1;
const OVER: u8 = 2;

const WARM_UP_MAX: Duration = Duration::from_millis(500);
const LATENCY_NANOS_MAX: u64 = 60_000_000_000;

/// What the workers of one cell share: whether to count, what they counted, and when to stop.
#[derive(Clone)]
pub struct Stage {
    shared: Arc<Shared>,
    duration: Duration,
}

struct Shared {
    phase: AtomicU8,
    requests: AtomicU64,
    messages: AtomicU64,
    latency: Mutex<Histogram<u64>>,
}

impl Stage {
    /// A stage that measures for `duration`, after a warm-up of a quarter of that or half a second.
    pub fn new(duration: Duration) -> Self {
        let latency = Histogram::new_with_bounds(1, LATENCY_NANOS_MAX, 3).expect("the bounds are in order");
        let shared = Shared {
            phase: AtomicU8::new(WARMING_UP),
            requests: AtomicU64::new(0),
            messages: AtomicU64::new(0),
            latency: Mutex::new(latency),
        };
        Self { shared: Arc::new(shared), duration }
    }

    /// How long workers may run altogether.
    pub fn whole(&self) -> Duration {
        self.warm_up() + self.duration
    }

    /// True when the workers must stop.
    pub fn is_over(&self) -> bool {
        self.shared.phase.load(Relaxed) == OVER
    }

    /// Counts finished work, unless the stage is not measuring.
    pub fn count(&self, requests: u64, messages: u64) {
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

    /// Runs the workers; ends early when one of them finds nothing more to do. The first error fails the whole cell.
    pub async fn measure(&self, mut workers: JoinSet<Result<()>>, server: Option<u32>) -> Result<Measurement> {
        self.pass(self.warm_up(), &mut workers).await?;
        let before = Usage::now(server)?;
        self.shared.phase.store(MEASURING, Relaxed);
        self.pass(self.duration, &mut workers).await?;
        self.shared.phase.store(OVER, Relaxed);
        let used = Usage::now(server)?.since(&before);
        while let Some(worker) = workers.join_next().await {
            worker.context("a worker died")??;
        }
        let server_resident_bytes = server.map(process::resident_bytes).transpose()?;
        let measurement = Measurement::new(&self.shared, &used, server_resident_bytes);
        ensure!(measurement.messages > 0, "nothing was left to measure after the warm-up");
        Ok(measurement)
    }

    fn is_measuring(&self) -> bool {
        self.shared.phase.load(Relaxed) == MEASURING
    }

    fn warm_up(&self) -> Duration {
        (self.duration / 4).min(WARM_UP_MAX)
    }

    /// Lets time pass, or less if a worker ends.
    async fn pass(&self, time: Duration, workers: &mut JoinSet<Result<()>>) -> Result<()> {
        tokio::select! {
            () = sleep(time) => Ok(()),
            Some(worker) = workers.join_next() => worker.context("a worker died")?,
        }
    }
}

/// CPU time used so far by the client, the server and the whole machine; or between two moments.
struct Usage {
    at: Instant,
    elapsed: Duration,
    client: Duration,
    server: Option<Duration>,
    machine: Duration,
}

impl Usage {
    fn now(server: Option<u32>) -> Result<Self> {
        Ok(Self {
            at: Instant::now(),
            elapsed: Duration::ZERO,
            client: process::cpu_time(std::process::id())?,
            server: server.map(process::cpu_time).transpose()?,
            machine: process::machine_cpu_time()?,
        })
    }

    fn since(&self, before: &Self) -> Self {
        Self {
            at: self.at,
            elapsed: self.at - before.at,
            client: self.client.saturating_sub(before.client),
            server: self.server.zip(before.server).map(|(now, before)| now.saturating_sub(before)),
            machine: self.machine.saturating_sub(before.machine),
        }
    }

    /// Cores that neither client nor server kept busy.
    fn others(&self) -> f64 {
        let ours = self.client + self.server.unwrap_or_default();
        self.machine.saturating_sub(ours).as_secs_f64() / self.elapsed.as_secs_f64()
    }
}

/// What one cell measured.
#[derive(Clone, Debug, Serialize)]
pub struct Measurement {
    /// How long it was measured.
    pub seconds: f64,
    /// Requests answered.
    pub requests: u64,
    /// Messages that those requests moved.
    pub messages: u64,
    /// Median latency.
    pub p50_micros: f64,
    /// Latency that one in a hundred exceeded.
    pub p99_micros: f64,
    /// The worst latency.
    pub max_micros: f64,
    /// The client's CPU for each request, signing included.
    pub client_micros_per_request: f64,
    /// The server's CPU for each message, all threads; `None` where there is no server.
    pub server_micros_per_message: Option<f64>,
    /// The server's resident memory at the end; `None` where there is no server.
    pub server_resident_bytes: Option<u64>,
    /// Cores that everything else on the machine kept busy meanwhile, the kernel's own threads included.
    pub other_cores: f64,
}

impl Measurement {
    fn new(total: &Shared, used: &Usage, server_resident_bytes: Option<u64>) -> Self {
        let micros = |time: Duration, count: u64| time.as_secs_f64() * 1e6 / count as f64;
        let (requests, messages) = (total.requests.load(Relaxed), total.messages.load(Relaxed));
        let latency = total.latency.lock().expect("recording does not panic");
        let quantile = |q| latency.value_at_quantile(q) as f64 / 1e3;
        Self {
            seconds: used.elapsed.as_secs_f64(),
            requests,
            messages,
            p50_micros: quantile(0.5),
            p99_micros: quantile(0.99),
            max_micros: latency.max() as f64 / 1e3,
            client_micros_per_request: micros(used.client, requests),
            server_micros_per_message: used.server.map(|server| micros(server, messages)),
            server_resident_bytes,
            other_cores: used.others(),
        }
    }

    /// Messages a second.
    pub fn message_rate(&self) -> f64 {
        self.messages as f64 / self.seconds
    }

    /// Requests a second.
    pub fn request_rate(&self) -> f64 {
        self.requests as f64 / self.seconds
    }
}

impl fmt::Display for Measurement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.0} messages/s, p50 {:.0} µs, p99 {:.0} µs", self.message_rate(), self.p50_micros, self.p99_micros)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn measured(worker: impl Future<Output = Result<()>> + Send + 'static, stage: &Stage) -> Result<Measurement> {
        let mut workers = JoinSet::new();
        workers.spawn(worker);
        stage.measure(workers, None).await
    }

    #[tokio::test(start_paused = true)]
    async fn work_is_counted_after_the_warm_up_only() {
        let stage = Stage::new(Duration::from_secs(2));
        let shared = stage.clone();
        let worker = async move {
            while !shared.is_over() {
                sleep(Duration::from_millis(300)).await;
                shared.count(1, 10);
                shared.time(Duration::from_micros(250));
            }
            Ok(())
        };
        let measurement = measured(worker, &stage).await.unwrap();
        assert_eq!((measurement.requests, measurement.messages), (7, 70));
        assert!((measurement.p50_micros - 250.0).abs() < 1.0, "{measurement:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn one_failing_worker_fails_the_cell() {
        let stage = Stage::new(Duration::from_secs(2));
        let error = measured(async { anyhow::bail!("status 500") }, &stage).await.unwrap_err();
        assert_eq!(error.to_string(), "status 500");
    }

    #[tokio::test(start_paused = true)]
    async fn a_cell_that_measured_nothing_is_an_error() {
        let stage = Stage::new(Duration::from_secs(2));
        assert!(measured(async { Ok(()) }, &stage).await.is_err());
    }
}
