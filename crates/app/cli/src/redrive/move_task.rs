//! A dead-letter queue is redriven by the server: this starts its message move task, watches it, cancels it.

use std::io::{IsTerminal as _, Write as _, stderr, stdout};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow};
use bongsu_client::sqs::{MoveTask, QueueRef};
use bongsu_client::{CallError, Client};
use bongsu_load::table::grouped;
use indicatif::{ProgressBar, ProgressFinish, ProgressStyle};
use tokio::signal::ctrl_c;
use tokio::time::sleep;

use crate::ask::{EXIT_INTERRUPTED, client, printable, say};

/// SQS tells how far a task is only to those who ask.
const LOOK_EVERY: Duration = Duration::from_millis(250);
const TASKS_SHOWN: u32 = 10;
const EXIT_CANCELLED: u8 = 3;

/// What is asked for.
pub(crate) enum Ask {
    /// To one queue or else to where each message came from, so many messages a second.
    Start(Option<String>, Option<u32>),
    Watch,
    Status,
    Cancel,
}

/// Carries it out for the dead-letter queue of this name, URL or ARN.
pub(crate) async fn run(queue: String, endpoint_url: Option<&str>, ask: Ask) -> Result<ExitCode> {
    let source = QueueRef::from(queue.as_str());
    let client = client(endpoint_url, source.as_url())?;
    let arn = source.arn(&client).await.with_context(|| queue.clone())?;
    let redrive = Redrive { client, source, arn, name: queue };
    match ask {
        Ask::Start(to, rate) => {
            redrive.start(to.as_deref(), rate).await?;
            redrive.watch().await
        }
        Ask::Watch => redrive.watch().await,
        Ask::Status => redrive.show_status().await,
        Ask::Cancel => redrive.cancel().await,
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
                anyhow!("{0} is no dead-letter queue: no queue's RedrivePolicy names it (see --from {0})", self.name)
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
