//! `bongsu logs`: shows what functions printed.

use std::io::{self, ErrorKind, Write as _, stdout};
use std::process::ExitCode;
use std::time::{Duration, SystemTime};

use anyhow::{Context as _, Result, anyhow};
use bongsu_broker::Timestamp;
use bongsu_client::Client;
use bongsu_function_log::{FilterPattern, LINES_A_PAGE_MAX, Line, parse_moment};
use clap::Args;
use serde::Deserialize;

use crate::ask::{client, printable, say};

/// Where the server answers.
const PATH: &str = "/_bongsu/logs";
/// As grep has them.
const EXIT_NOTHING_FOUND: u8 = 1;
const EXIT_FAILED: u8 = 2;
/// How long a request of --follow waits for lines, and how much longer its answer may take: a search reads files.
const FOLLOW_SECONDS: &str = "20";
const ANSWER_WITHIN: Duration = Duration::from_secs(60);
/// How much of an invocation's id is shown, unless it has no hyphens: its last part, in which ids differ. --request takes
/// it so.
const ID_SHOWN_BYTES: usize = 12;

#[derive(Args)]
pub(crate) struct LogsArguments {
    /// The function; otherwise all.
    function: Option<String>,
    /// Only lines that match this filter pattern.
    #[arg(long, value_name = "PATTERN", value_parser = pattern, allow_hyphen_values = true)]
    filter: Option<String>,
    /// Only lines since then: so long ago, such as 90s, 10m, 2h or 3d, or a time such as 2026-11-23T09:30:00Z.
    #[arg(long, value_name = "TIME", value_parser = moment)]
    since: Option<u64>,
    /// Only lines before then, likewise.
    #[arg(long, value_name = "TIME", value_parser = moment, conflicts_with = "follow")]
    until: Option<u64>,
    /// Only lines of this invocation: its request id, or its beginning or end.
    #[arg(long, value_name = "ID")]
    request: Option<String>,
    /// Go on with new lines as they come.
    #[arg(long, short)]
    follow: bool,
    /// End after so many lines.
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..))]
    limit: Option<u64>,
    /// Print each line as JSON.
    #[arg(long)]
    json: bool,
    /// Where the requests go.
    #[arg(long, value_name = "URL")]
    endpoint_url: Option<String>,
}

/// A line of an answer.
#[derive(Deserialize)]
#[serde(untagged)]
enum Answered {
    Found(Line),
    Next { next: String, is_end: bool },
}

/// The lines of an answer, and where to go on.
struct Page {
    lines: Vec<Line>,
    next: String,
    is_end: bool,
}

/// Whatever fails, the end is another one than that of a search which finds nothing.
pub(crate) async fn run(arguments: LogsArguments) -> Result<ExitCode> {
    Ok(show(&arguments).await.unwrap_or_else(|error| {
        say(&format!("bongsu: {error:#}"));
        ExitCode::from(EXIT_FAILED)
    }))
}

async fn show(arguments: &LogsArguments) -> Result<ExitCode> {
    let client = client(arguments.endpoint_url.as_deref(), None)?.keeping_connections();
    let (mut left, mut shown) = (arguments.limit.unwrap_or(u64::MAX), 0);
    let (mut after, mut is_end) = (None, false);
    while left > 0 && (arguments.follow || !is_end) {
        let page = page(&client, arguments, left, after.as_deref(), is_end).await?;
        let printed = print(&page.lines, arguments.json);
        // Whoever reads has seen enough.
        if printed.as_ref().is_err_and(|error| error.kind() == ErrorKind::BrokenPipe) {
            return Ok(ExitCode::SUCCESS);
        }
        printed?;
        shown += page.lines.len();
        left = left.saturating_sub(page.lines.len() as u64);
        (after, is_end) = (Some(page.next), page.is_end);
    }
    if shown == 0 {
        say("No lines.");
        return Ok(ExitCode::from(EXIT_NOTHING_FOUND));
    }
    Ok(ExitCode::SUCCESS)
}

/// Asks for lines behind a place; waits for them if that is the end.
async fn page(client: &Client, arguments: &LogsArguments, left: u64, after: Option<&str>, waits: bool) -> Result<Page> {
    let limit = left.min(LINES_A_PAGE_MAX as u64).to_string();
    let [since, until] = [arguments.since, arguments.until].map(|time| time.map(|time| time.to_string()));
    // In the order of their names, as they are signed.
    let query = [
        ("after", after),
        ("filter", arguments.filter.as_deref()),
        ("function", arguments.function.as_deref()),
        ("limit", Some(limit.as_str())),
        ("request", arguments.request.as_deref()),
        ("since", since.as_deref()),
        ("until", until.as_deref()),
        ("wait", waits.then_some(FOLLOW_SECONDS)),
    ];
    let query: Vec<_> = query.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
    let body = client.get_bytes(PATH, &query, ANSWER_WITHIN).await?;
    read(&body).with_context(|| format!("the answer of {} is not understood", client.endpoint()))
}

fn read(body: &[u8]) -> Result<Page> {
    let (mut lines, mut end) = (Vec::new(), None);
    for line in serde_json::Deserializer::from_slice(body).into_iter() {
        match line? {
            Answered::Found(line) => lines.push(line),
            Answered::Next { next, is_end } => end = Some((next, is_end)),
        }
    }
    let (next, is_end) = end.ok_or_else(|| anyhow!("it has no end"))?;
    Ok(Page { lines, next, is_end })
}

fn print(lines: &[Line], json: bool) -> io::Result<()> {
    let mut out = stdout().lock();
    for line in lines {
        if json {
            writeln!(out, "{}", serde_json::to_string(line)?)?;
        } else {
            write!(out, "{}", text(line))?;
        }
    }
    out.flush()
}

/// Time, function, invocation and text. The lines of a stack trace, which runtimes join, stand below each other.
fn text(line: &Line) -> String {
    let id = line.request_id.as_deref().unwrap_or("-");
    let id = id.rsplit('-').next().filter(|end| !end.is_empty()).unwrap_or(id);
    let time = Timestamp(line.time_ms).iso_8601();
    let said = printable(&line.text.trim_end().replace(['\r', '\n'], "\n    "));
    let whose = printable(&format!("{} {id:ID_SHOWN_BYTES$}", line.function).replace('\n', " "));
    format!("{time} {whose} {said}\n")
}

fn pattern(text: &str) -> Result<String, String> {
    FilterPattern::parse(text).map(|_| text.to_owned()).map_err(|error| error.to_string())
}

fn moment(text: &str) -> Result<u64, &'static str> {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    parse_moment(text, u64::try_from(now.as_millis()).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = r#"{"time":1795392000042,"function":"til","version":"$LATEST","request_id":"0000-1f0c2d3e4b5a","stream":"stderr","text":"[ERROR] no\rTraceback\u001b[2J\t"}"#;

    #[test]
    fn an_answer_is_lines_and_where_to_go_on() {
        let page = read(format!("{LINE}\n{LINE}\n{{\"next\":\"1-99\",\"is_end\":true}}\n").as_bytes()).unwrap();
        assert_eq!((page.lines.len(), page.next.as_str(), page.is_end), (2, "1-99", true));
        assert!(read(LINE.as_bytes()).is_err(), "it broke off");
    }

    #[test]
    fn a_line_says_when_who_and_what_and_cannot_steer_the_terminal() {
        let line = serde_json::from_str(LINE).unwrap();
        assert_eq!(text(&line), "2026-11-23T00:00:00.042Z til 1f0c2d3e4b5a [ERROR] no\n    Traceback\\u{1b}[2J\n");
        let line = Line { request_id: None, text: "fine".to_owned(), ..line };
        assert_eq!(text(&line), "2026-11-23T00:00:00.042Z til -            fine\n");
    }
}
