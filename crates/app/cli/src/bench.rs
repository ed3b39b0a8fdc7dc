//! `bongsu bench`: puts any SQS endpoint under load, and shows rates, latencies and errors.

use std::io::{Write as _, stdout};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use bongsu_client::Client;
use bongsu_load::table::{Table, grouped};
use bongsu_load::{BATCH, Load, Measurement, Plan, Queue, Shape, Workload, show_progress};
use clap::{Args, ValueEnum};
use serde::Serialize;
use tokio::sync::watch;

use crate::ask::{EXIT_INTERRUPTED, client, say};
use crate::run::stop_signal;

const GROUPS_DEFAULT: u64 = 1000;
const SECONDS_MAX: f64 = 86_400.0;
/// What SQS takes in one request.
const REQUEST_BYTES_MAX: usize = 1024 * 1024;

#[derive(Args)]
pub(crate) struct BenchArguments {
    /// Where the requests go.
    #[arg(long, value_name = "URL")]
    endpoint_url: Option<String>,
    /// The queue to use; without it one is made, and deleted at the end. What receive and pipeline take out of it is
    /// deleted.
    #[arg(long, value_name = "URL")]
    queue_url: Option<String>,
    /// What the connections do: send; receive and delete, after filling a queue of its own; or both at once.
    #[arg(long, value_enum, default_value = "send")]
    workload: WorkloadArgument,
    /// Connections at once.
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u16).range(1..=10_000))]
    connections: u16,
    /// Messages a request.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=10))]
    batch: u8,
    /// Use a FIFO queue.
    #[arg(long)]
    fifo: bool,
    /// Message groups of the FIFO queue [default: 1000].
    #[arg(long, requires = "fifo", value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    groups: Option<u64>,
    /// Bytes of a message's body.
    #[arg(long, default_value_t = 1024, value_parser = clap::value_parser!(u32).range(28..=1_048_576))]
    size: u32,
    /// How long to measure, after a short warm-up.
    #[arg(long, default_value_t = 10.0, value_parser = seconds)]
    seconds: f64,
    /// Messages a second, all connections together [default: as many as possible]. Latency then counts from when a
    /// request was due.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    rate: Option<u32>,
    /// Print the result as JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum WorkloadArgument {
    Send,
    Receive,
    Pipeline,
}

impl From<WorkloadArgument> for Workload {
    fn from(argument: WorkloadArgument) -> Self {
        match argument {
            WorkloadArgument::Send => Self::Send,
            WorkloadArgument::Receive => Self::Receive,
            WorkloadArgument::Pipeline => Self::Pipeline,
        }
    }
}

fn seconds(text: &str) -> Result<f64, String> {
    let seconds = text.parse().ok().filter(|seconds| *seconds > 0.0 && *seconds <= SECONDS_MAX);
    seconds.ok_or_else(|| format!("above 0, at most {SECONDS_MAX}"))
}

/// What was run and what came out.
#[derive(Serialize)]
struct Report<'a> {
    endpoint: String,
    queue_url: &'a str,
    workload: Workload,
    connections: u16,
    batch: u8,
    groups: Option<u64>,
    body_bytes: u32,
    rate: Option<u32>,
    messages_per_second: f64,
    requests_per_second: f64,
    megabytes_per_second: f64,
    #[serde(flatten)]
    measured: Measurement,
}

/// Measures, and deletes the queue that it has made, however the run ends.
pub(crate) async fn run(arguments: BenchArguments) -> Result<ExitCode> {
    let client = client(arguments.endpoint_url.as_deref(), arguments.queue_url.as_deref())?;
    let shape = arguments.shape()?;
    let stop = listen();
    let queue = match &arguments.queue_url {
        Some(url) => Queue::named(url, shape),
        None => Queue::create(&client, shape).await.context("cannot make a queue")?,
    };
    let measured = measure(&arguments, &client, &queue, stop).await;
    if arguments.queue_url.is_none()
        && let Err(error) = queue.delete(&client).await
    {
        say(&format!("bongsu: the queue {} is left behind: {error}", queue.url()));
    }
    let measured = measured?;
    ensure!(measured.messages > 0, "nothing was measured: {}", measured.first_error.as_deref().unwrap_or(RAN_DRY));
    let report = arguments.report(&client, &queue, measured);
    if arguments.json {
        writeln!(stdout(), "{}", serde_json::to_string_pretty(&report)?)?;
    } else {
        write!(stdout(), "{}", report.text())?;
    }
    Ok(ExitCode::SUCCESS)
}

const RAN_DRY: &str = "the queue was empty, or the run too short";

async fn measure(
    arguments: &BenchArguments,
    client: &Client,
    queue: &Queue,
    stop: watch::Receiver<bool>,
) -> Result<Measurement> {
    let plan = Plan {
        client,
        queue,
        connections: arguments.connections.into(),
        batch: arguments.batch.into(),
        rate: arguments.rate,
        duration: Duration::from_secs_f64(arguments.seconds),
    };
    if arguments.workload == WorkloadArgument::Receive && arguments.queue_url.is_none() {
        say("Filling the queue for as long as it will be measured.");
        let batch = BATCH.min(REQUEST_BYTES_MAX / arguments.size as usize);
        let filled = drive(Plan { batch, rate: None, ..plan }.start(Workload::Send).await?, stop.clone()).await;
        if let Some(error) = filled.first_error {
            bail!("the queue could not be filled: {error}");
        }
    }
    if *stop.borrow() {
        bail!("interrupted before anything was measured");
    }
    say(&format!("Measuring {} for {} s.", queue.url(), arguments.seconds));
    Ok(drive(plan.start(arguments.workload.into()).await?, stop).await)
}

/// Runs a load to its end, or until somebody has seen enough.
async fn drive(mut load: Load, mut stop: watch::Receiver<bool>) -> Measurement {
    let stage = load.stage().clone();
    let running = async {
        load.warm_up().await;
        load.measure().await;
        load.finish().await
    };
    let watching = async {
        tokio::select! {
            () = show_progress(&stage) => {}
            _ = stop.wait_for(|stop| *stop) => stage.stop(),
        }
    };
    tokio::join!(running, watching).0
}

/// Turns true at the first signal. The second ends the process, whatever it leaves behind.
fn listen() -> watch::Receiver<bool> {
    let (sender, stop) = watch::channel(false);
    let first = stop_signal();
    tokio::spawn(async move {
        first.await;
        sender.send_replace(true);
        stop_signal().await;
        std::process::exit(EXIT_INTERRUPTED.into());
    });
    stop
}

impl BenchArguments {
    fn shape(&self) -> Result<Shape> {
        let body_bytes = self.size as usize;
        ensure!(
            body_bytes * usize::from(self.batch) <= REQUEST_BYTES_MAX,
            "a batch of {} messages of {} bytes is more than the {REQUEST_BYTES_MAX} that SQS takes",
            self.batch,
            self.size
        );
        let is_fifo = self.queue_url.as_ref().map_or(self.fifo, |url| url.ends_with(".fifo"));
        ensure!(is_fifo || !self.fifo, "--fifo, but the queue is none: its name does not end in .fifo");
        Ok(Shape { groups: is_fifo.then(|| self.groups.unwrap_or(GROUPS_DEFAULT)), body_bytes })
    }

    fn report<'a>(&self, client: &Client, queue: &'a Queue, measured: Measurement) -> Report<'a> {
        Report {
            endpoint: client.endpoint().to_string(),
            queue_url: queue.url(),
            workload: self.workload.into(),
            connections: self.connections,
            batch: self.batch,
            groups: queue.shape().groups,
            body_bytes: self.size,
            rate: self.rate,
            messages_per_second: measured.message_rate(),
            requests_per_second: measured.request_rate(),
            megabytes_per_second: measured.message_rate() * f64::from(self.size) / 1e6,
            measured,
        }
    }
}

impl Report<'_> {
    fn text(&self) -> String {
        let mut table = Table::new(&[
            "",
            "messages/s",
            "requests/s",
            "MB/s",
            "p50 ms",
            "p90 ms",
            "p99 ms",
            "p99.9 ms",
            "max ms",
            "errors",
        ]);
        let measured = &self.measured;
        let millis = |micros: f64| format!("{:.2}", micros / 1e3);
        table.push(vec![
            format!("{:?}", self.workload).to_lowercase(),
            grouped(self.messages_per_second),
            grouped(self.requests_per_second),
            format!("{:.1}", self.megabytes_per_second),
            millis(measured.p50_micros),
            millis(measured.p90_micros),
            millis(measured.p99_micros),
            millis(measured.p999_micros),
            millis(measured.max_micros),
            grouped(measured.error_count() as f64),
        ]);
        let (connections, batch, bytes) = (self.connections, self.batch, grouped(self.body_bytes.into()));
        let groups = self.groups.map_or_else(String::new, |groups| format!(", {} groups", grouped(groups as f64)));
        let (messages, seconds) = (grouped(measured.messages as f64), measured.seconds);
        let mut text = format!(
            "{messages} messages of {bytes} bytes in {seconds:.2} s: {connections} connections, {batch} message(s) a \
             request{groups}.\n\n{}",
            table.text()
        );
        if let Some(first) = &measured.first_error {
            text += &format!("\nThe first error: {}\n", crate::ask::printable(first));
            for (code, count) in &measured.errors {
                text += &format!("{:>12}  {code}\n", grouped(*count as f64));
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_told_by_code() {
        let mut measured =
            Measurement { seconds: 2.0, requests: 20, messages: 200, p999_micros: 1500.0, ..Measurement::default() };
        measured.errors.insert("InternalFailure".to_owned(), 1200);
        measured.first_error = Some("InternalFailure: out of \x1b order".to_owned());
        let report = Report {
            endpoint: String::new(),
            queue_url: "",
            workload: Workload::Send,
            connections: 4,
            batch: 10,
            groups: Some(1000),
            body_bytes: 1024,
            rate: None,
            messages_per_second: 100.0,
            requests_per_second: 10.0,
            megabytes_per_second: 0.1,
            measured,
        };
        let text = report.text();
        assert!(
            text.starts_with(
                "200 messages of 1,024 bytes in 2.00 s: 4 connections, 10 message(s) a request, 1,000 groups.\n"
            ),
            "{text}"
        );
        assert!(text.contains("       1,200  InternalFailure\n"), "{text}");
        assert!(text.contains("first error: InternalFailure: out of \\u{1b} order\n"), "{text}");
    }
}
