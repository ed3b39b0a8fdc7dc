//! `bongsu redrive`: moves the messages of a dead-letter queue back to where they came from, or elsewhere.

use std::io::{IsTerminal as _, Write as _, stderr, stdout};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow};
use bongsu_client::sqs::{MoveTask, QueueRef};
use bongsu_client::{CallError, Client};
use bongsu_load::table::grouped;
use clap::Args;
use indicatif::{ProgressBar, ProgressFinish, ProgressStyle};
use tokio::signal::ctrl_c;
use tokio::time::sleep;

use crate::ask::{EXIT_INTERRUPTED, client, printable, say};

/// SQS tells how far a task is only to those who ask.
const LOOK_EVERY: Duration = Duration::from_millis(250);
const TASKS_SHOWN: u32 = 10;
const EXIT_CANCELLED: u8 = 3;

#[derive(Args)]
pub(crate) struct RedriveArguments {
    /// The dead-letter queue: its name, URL or ARN.
    #[arg(value_name = "DLQ")]
    queue: String,
    /// Where the messages go [default: each to the queue that it came from].
    #[arg(long, value_name = "QUEUE")]
    to: Option<String>,
    /// Messages a second.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=500))]
    rate: Option<u32>,
    /// Cancel the task under way; what was moved stays moved.
    #[arg(long, conflicts_with_all = ["to", "rate", "status", "watch"])]
    cancel: bool,
    /// Show the last tasks.
    #[arg(long, conflicts_with_all = ["to", "rate", "watch"])]
    status: bool,
    /// Show how far the newest task is, without starting one.
    #[arg(long, conflicts_with_all = ["to", "rate"])]
    watch: bool,
    /// Where the requests go.
    #[arg(long, value_name = "URL")]
    endpoint_url: Option<String>,
}

pub(crate) async fn run(arguments: RedriveArguments) -> Result<ExitCode> {
    let source = QueueRef::from(arguments.queue.as_str());
    let client = client(arguments.endpoint_url.as_deref(), source.as_url())?;
    let arn = source.arn(&client).await.with_context(|| arguments.queue.clone())?;
    let redrive = Redrive { client, source, arn, name: arguments.queue };
    if arguments.status {
        redrive.show_status().await
    } else if arguments.cancel {
        redrive.cancel().await
    } else if arguments.watch {
        redrive.watch().await
    } else {
        redrive.start(arguments.to.as_deref(), arguments.rate).await?;
        redrive.watch().await
    }
}

/// One dead-letter queue and whom to ask about it.
struct Redrive {
    client: Client,
    source: QueueRef,
    arn: String,
    /// As the person has named it.
    name: String,
}

impl Redrive {
    async fn start(&self, to: Option<&str>, rate: Option<u32>) -> Result<()> {
        let destination = match to {
            Some(to) => Some(QueueRef::from(to).arn(&self.client).await.with_context(|| to.to_owned())?),
            None => None,
        };
        match self.client.start_move(&self.arn, destination.as_deref(), rate).await {
            Ok(_) => Ok(()),
            Err(error @ CallError::Refused(_)) => Err(self.explain(error).await),
            Err(error) => Err(anyhow!(error).context(self.name.clone())),
        }
    }

    /// The same code stands for several faults, so that the state of the queue has to tell which one it is.
    async fn explain(&self, error: CallError) -> anyhow::Error {
        if let Ok(Some(task)) = self.newest().await
            && task.is_under_way()
        {
            return anyhow!("{}: its messages are being moved already: see --watch and --cancel", self.name);
        }
        let sources = async { self.client.dead_letter_sources(&self.source.url(&self.client).await?).await };
        match sources.await {
            Ok(sources) if sources.is_empty() => {
                anyhow!("{} is no dead-letter queue: no queue's RedrivePolicy names it", self.name)
            }
            _ => anyhow!(error).context(self.name.clone()),
        }
    }

    async fn cancel(&self) -> Result<ExitCode> {
        let handle = self.newest().await?.filter(MoveTask::is_under_way).and_then(|task| task.task_handle);
        let handle = handle.ok_or_else(|| anyhow!("{}: nothing is being moved", self.name))?;
        let moved = self.client.cancel_move(&handle).await.with_context(|| self.name.clone())?;
        writeln!(stdout(), "Cancelled. {} messages were moved before.", grouped(moved as f64))?;
        Ok(ExitCode::SUCCESS)
    }

    async fn show_status(&self) -> Result<ExitCode> {
        let tasks = self.client.move_tasks(&self.arn, TASKS_SHOWN).await.with_context(|| self.name.clone())?;
        if tasks.is_empty() {
            say("No task was ever started, or it is long over.");
        }
        for task in tasks {
            writeln!(stdout(), "{}", line(&task))?;
        }
        Ok(ExitCode::SUCCESS)
    }

    /// Shows how far the newest task is until it has ended.
    async fn watch(&self) -> Result<ExitCode> {
        let nothing = || anyhow!("{}: no task was ever started, or it is long over", self.name);
        let bar = stderr().is_terminal().then(bar);
        let mut moved = None;
        loop {
            let task = self.newest().await?.ok_or_else(nothing)?;
            match &bar {
                Some(bar) => {
                    bar.set_length(task.approximate_number_of_messages_to_move.unwrap_or_default());
                    bar.set_position(task.approximate_number_of_messages_moved);
                }
                None if task.is_under_way() && moved != Some(task.approximate_number_of_messages_moved) => {
                    say(&line(&task))
                }
                None => {}
            }
            moved = Some(task.approximate_number_of_messages_moved);
            if !task.is_under_way() {
                drop(bar);
                writeln!(stdout(), "{}", line(&task))?;
                return Ok(exit_code(&task));
            }
            tokio::select! {
                () = sleep(LOOK_EVERY) => {}
                _ = ctrl_c() => {
                    drop(bar);
                    say("The task goes on: see --watch and --cancel.");
                    return Ok(ExitCode::from(EXIT_INTERRUPTED));
                }
            }
        }
    }

    async fn newest(&self) -> Result<Option<MoveTask>> {
        let tasks = self.client.move_tasks(&self.arn, 1).await.with_context(|| self.name.clone())?;
        Ok(tasks.into_iter().next())
    }
}

fn exit_code(task: &MoveTask) -> ExitCode {
    match task.status.as_str() {
        "COMPLETED" => ExitCode::SUCCESS,
        "CANCELLED" => ExitCode::from(EXIT_CANCELLED),
        _ => ExitCode::FAILURE,
    }
}

/// Gone from the terminal once it is dropped.
fn bar() -> ProgressBar {
    let style = ProgressStyle::with_template("{wide_bar} {human_pos} of {human_len} messages  {per_sec}  {eta} left");
    ProgressBar::new(0).with_style(style.expect("the template is right")).with_finish(ProgressFinish::AndClear)
}

fn line(task: &MoveTask) -> String {
    let mut line = format!("{}  {}", task.status, grouped(task.approximate_number_of_messages_moved as f64));
    if let Some(all) = task.approximate_number_of_messages_to_move {
        line += &format!(" of {}", grouped(all as f64));
    }
    line += " messages moved";
    if let Some(destination) = &task.destination_arn {
        line += &format!(" to {destination}");
    }
    if let Some(rate) = task.max_number_of_messages_per_second {
        line += &format!(", at most {rate} a second");
    }
    if let Some(reason) = &task.failure_reason {
        line += &format!(": {reason}");
    }
    printable(&line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_is_told_in_a_line() {
        let mut task = MoveTask {
            status: "RUNNING".to_owned(),
            task_handle: None,
            source_arn: "arn:aws:sqs:us-east-1:000000000000:dlq".to_owned(),
            destination_arn: None,
            max_number_of_messages_per_second: None,
            approximate_number_of_messages_moved: 1200,
            approximate_number_of_messages_to_move: None,
            failure_reason: None,
            started_timestamp: 0,
        };
        assert_eq!(line(&task), "RUNNING  1,200 messages moved");
        task.approximate_number_of_messages_to_move = Some(5000);
        task.destination_arn = Some("arn:q".to_owned());
        task.max_number_of_messages_per_second = Some(50);
        task.failure_reason = Some("gone".to_owned());
        assert_eq!(line(&task), "RUNNING  1,200 of 5,000 messages moved to arn:q, at most 50 a second: gone");
    }

    #[test]
    fn the_bar_has_a_style() {
        bar().tick();
    }
}
