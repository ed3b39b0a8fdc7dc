//! `bongsu redrive`: gives messages another try, from a dead-letter queue or any other.

mod destination;
mod event;
mod feed;
mod move_task;
mod notification;
mod patience;
mod progress;
mod rate;
mod seen;
mod target;

use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::Args;

use destination::Destination;
use feed::Feed;
use move_task::Ask;
use rate::Rate;

/// What SQS allows a message move task.
const MOVE_TASK_RATE_MAX: u32 = 500;
/// Messages that can be worked on at once.
const CONCURRENCY_MAX: i64 = 1_000;

/// The two ways to use it.
const USAGE: &str = "bongsu redrive DLQ [--to QUEUE] [--rate N/s]
       bongsu redrive DLQ --watch | --status | --cancel
       bongsu redrive --from QUEUE --to FUNCTION|QUEUE|TOPIC [--rate N/s] [--concurrency N]";

#[derive(Args)]
#[command(override_usage = USAGE)]
pub(crate) struct RedriveArguments {
    /// The dead-letter queue: its name, URL or ARN.
    #[arg(value_name = "DLQ", required_unless_present = "from")]
    queue: Option<String>,
    /// Instead of a dead-letter queue: any queue, such as an emergency queue, by name, URL or ARN. This command takes its
    /// messages and hands them on to --to itself.
    #[arg(long, value_name = "QUEUE", conflicts_with = "queue", requires = "to")]
    from: Option<String>,
    /// Where the messages go: a queue by name, URL or ARN; with --from also function/NAME, topic/NAME or their ARNs
    /// [default of a dead-letter queue: each to the queue that it came from].
    #[arg(long, value_name = "FUNCTION|QUEUE|TOPIC")]
    to: Option<Destination>,
    /// Messages at most: N or N/s a second, N/m a minute.
    #[arg(long, value_name = "N/s")]
    rate: Option<Rate>,
    /// With --from: messages that are worked on at once.
    #[arg(long, value_name = "N", default_value_t = 10, requires = "from")]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=CONCURRENCY_MAX))]
    concurrency: u32,
    /// Cancel the task under way; what was moved stays moved.
    #[arg(long, conflicts_with_all = ["from", "to", "rate", "status", "watch"])]
    cancel: bool,
    /// Show the last tasks.
    #[arg(long, conflicts_with_all = ["from", "to", "rate", "watch"])]
    status: bool,
    /// Show how far the newest task is, without starting one.
    #[arg(long, conflicts_with_all = ["from", "to", "rate"])]
    watch: bool,
    /// Where the requests go.
    #[arg(long, value_name = "URL")]
    endpoint_url: Option<String>,
}

pub(crate) async fn run(arguments: RedriveArguments) -> Result<ExitCode> {
    let endpoint_url = arguments.endpoint_url.as_deref();
    match (arguments.queue, arguments.from, arguments.to) {
        (None, Some(from), Some(to)) => {
            let feed = Feed::prepare(endpoint_url, from, to, arguments.rate, arguments.concurrency).await?;
            feed.run().await
        }
        (Some(queue), None, to) => {
            let ask = if arguments.status {
                Ask::Status
            } else if arguments.cancel {
                Ask::Cancel
            } else if arguments.watch {
                Ask::Watch
            } else {
                Ask::Start(move_task_queue(to)?, move_task_rate(arguments.rate)?)
            };
            move_task::run(queue, endpoint_url, ask).await
        }
        _ => unreachable!("there is a dead-letter queue, or else --from and --to"),
    }
}

fn move_task_queue(to: Option<Destination>) -> Result<Option<String>> {
    match to {
        None => Ok(None),
        Some(Destination::Queue(queue)) => Ok(Some(queue)),
        Some(Destination::Function(_) | Destination::Topic(_) | Destination::TopicArn(_)) => {
            bail!(
                "a dead-letter queue's messages are moved to queues: name it with --from to feed a function or a topic"
            )
        }
    }
}

fn move_task_rate(rate: Option<Rate>) -> Result<Option<u32>> {
    let Some(rate) = rate else { return Ok(None) };
    match rate.a_second().filter(|messages| *messages <= MOVE_TASK_RATE_MAX) {
        Some(messages) => Ok(Some(messages)),
        None => bail!("a dead-letter queue's messages are moved at 1 to {MOVE_TASK_RATE_MAX} a second"),
    }
}
