//! `bongsu peek`: shows a queue's messages without receiving them.

use std::io::{Write as _, stdout};
use std::process::ExitCode;
use std::time::{Duration, SystemTime};

use anyhow::{Context as _, Result, bail};
use bongsu_client::sqs::{PeekPage, Peeked, QueueRef};
use bongsu_client::{CallError, Client};
use clap::Args;

use crate::ask::{client, printable, say};

#[derive(Args)]
pub(crate) struct PeekArguments {
    /// The queue: its name, URL or ARN.
    queue: String,
    /// Messages to show at most.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..))]
    max: u32,
    /// Where the requests go.
    #[arg(long, value_name = "URL")]
    endpoint_url: Option<String>,
    /// Print each message as JSON, one a line.
    #[arg(long)]
    json: bool,
}

pub(crate) async fn run(arguments: PeekArguments) -> Result<ExitCode> {
    let queue = QueueRef::from(arguments.queue.as_str());
    let client = client(arguments.endpoint_url.as_deref(), queue.as_url())?;
    let url = queue.url(&client).await.with_context(|| arguments.queue.clone())?;
    let (mut left, mut token) = (arguments.max as usize, None);
    let mut shown = 0;
    loop {
        let page = page(&client, &url, token.as_deref()).await.with_context(|| arguments.queue.clone())?;
        for message in page.messages.iter().take(left) {
            if arguments.json {
                writeln!(stdout(), "{}", serde_json::to_string(message)?)?;
            } else {
                write!(stdout(), "{}", text(message, SystemTime::now()))?;
            }
        }
        shown += page.messages.len().min(left);
        left = left.saturating_sub(page.messages.len());
        // A token that leads nowhere further must not be followed for ever.
        if left == 0 || page.next_token.is_none() || page.messages.is_empty() {
            break;
        }
        token = page.next_token;
    }
    if shown == 0 {
        say("No messages.");
    }
    Ok(ExitCode::SUCCESS)
}

async fn page(client: &Client, url: &str, token: Option<&str>) -> Result<PeekPage> {
    match client.peek(url, token).await {
        // An answer that is not AWS's: there is no such page.
        Err(CallError::Refused(refusal)) if refusal.code.starts_with("HTTP ") => {
            bail!("{} cannot show messages without receiving them ({})", client.endpoint(), refusal.code)
        }
        other => Ok(other?),
    }
}

/// One line about the message, then its body, indented.
fn text(message: &Peeked, now: SystemTime) -> String {
    let attribute = |name: &str| message.attributes.get(name).map(String::as_str);
    let state = if message.state.is_empty() { "message" } else { &message.state };
    let mut line = format!("{state}  {}", message.message_id);
    if let Some(sent) = attribute("SentTimestamp").and_then(|millis| millis.parse().ok()) {
        let age = now.duration_since(SystemTime::UNIX_EPOCH + Duration::from_millis(sent)).unwrap_or_default();
        line += &format!("  sent {} ago", rough(age));
    }
    match attribute("ApproximateReceiveCount") {
        None | Some("0") => {}
        Some("1") => line += "  received once",
        Some(count) => line += &format!("  received {count} times"),
    }
    if let Some(group) = attribute("MessageGroupId") {
        line += &format!("  group {group}");
    }
    let mut text = printable(&line.replace('\n', " ")) + "\n";
    for line in printable(&message.body).lines() {
        text += &format!("    {line}\n");
    }
    text
}

fn rough(age: Duration) -> String {
    match age.as_secs() {
        seconds @ ..120 => format!("{seconds} s"),
        seconds @ ..7200 => format!("{} min", seconds / 60),
        seconds @ ..172_800 => format!("{} h", seconds / 3600),
        seconds => format!("{} days", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(attributes: &[(&str, &str)]) -> Peeked {
        let attributes = attributes.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Peeked { message_id: "m-1".to_owned(), body: "two\nlines\x07".to_owned(), attributes, ..Peeked::default() }
    }

    #[test]
    fn a_message_is_told_in_a_line_and_shown_below() {
        let mut message =
            message(&[("SentTimestamp", "1000"), ("ApproximateReceiveCount", "3"), ("MessageGroupId", "g")]);
        message.state = "inflight".to_owned();
        let shown = text(&message, SystemTime::UNIX_EPOCH + Duration::from_secs(91));
        assert_eq!(shown, "inflight  m-1  sent 90 s ago  received 3 times  group g\n    two\n    lines\\u{7}\n");
    }

    #[test]
    fn what_is_not_known_is_left_out() {
        assert_eq!(text(&message(&[]), SystemTime::now()), "message  m-1\n    two\n    lines\\u{7}\n");
    }

    #[test]
    fn ages_are_rough() {
        for (seconds, text) in [(0, "0 s"), (119, "119 s"), (150, "2 min"), (7200, "2 h"), (200_000, "2 days")] {
            assert_eq!(rough(Duration::from_secs(seconds)), text);
        }
    }
}
