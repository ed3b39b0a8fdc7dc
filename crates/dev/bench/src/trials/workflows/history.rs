//! A history of 25,000 events, read page by page, beside an object of as many bytes as a page.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use bongsu_client::{CallError, Client, Connection};
use bongsu_load::{Load, Stage};
use serde::Deserialize;
use serde_json::json;
use serde_json::value::RawValue;
use tokio::time::sleep;

use super::super::Findings;
use super::super::objects::{BUCKET, content};
use super::{Query, counting_to};
use crate::cell::{self, Measured};
use crate::checks::Check;
use crate::home::{Homes, client};
use crate::workflow::{Kind, Machine, PAGE_MAX, request};
use crate::{process, rest};

/// All that a history has room for.
const EVENTS: usize = 25_000;
/// Rounds of a Pass and a Choice with two events each; the last state has two, and the execution itself.
const ROUNDS: u64 = (EVENTS as u64 - 4) / 4;
/// How many events a page has if nothing is said, and the most.
const PAGES: [usize; 2] = [100, PAGE_MAX];
/// How soon it is looked again whether the execution has ended, and for how long.
const LOOK_EVERY: Duration = Duration::from_millis(10);
const ENDED_WITHIN: Duration = Duration::from_secs(120);

const EVENTS_A_SECOND_MIN: f64 = 250_000.0;
/// Of the bytes a second of the object.
const SHARE_MIN: f64 = 0.1;
/// What reading adds to the server's memory.
const MEMORY_MAX: f64 = 16.0;

/// Has an execution fill its history, then reads it again and again for `duration`.
pub async fn measure(homes: &Homes, duration: Duration) -> Result<Findings> {
    let mut found = Findings::default();
    let home = homes.fresh()?;
    let server = home.start(false).await?;
    let client = client(&server, false)?;
    let arn = fill(&client).await?;
    let before = process::resident_bytes(server.id())?;
    for page in PAGES {
        let (events, bytes) = read(&client, &arn, page).await?;
        ensure!(events == EVENTS, "the history has {events} events");
        let measured = read_for(&client, server.id(), &arn, page, duration).await?;
        let what = format!("events, {page} a page");
        found.tell_load(&what, 1, Some(bytes / events), &measured);
        let seconds = EVENTS as f64 / measured.load.message_rate();
        found.tell(format!("the whole history, {page} events a page"), seconds * 1e3, "ms");
        if page == PAGE_MAX {
            let object = object(&client, server.id(), bytes / (EVENTS / PAGE_MAX), duration).await?;
            found.tell_load("an object as large as such a page", 1, Some(bytes / (EVENTS / PAGE_MAX)), &object);
            let rate = measured.load.message_rate();
            found.checks.push(Check::at_least("events of a history", rate, EVENTS_A_SECOND_MIN, "a second"));
            let (part, whole) = (rate / PAGE_MAX as f64, object.load.message_rate());
            found.checks.push(Check::share("pages of a history, of an object", part, whole, SHARE_MIN));
        }
    }
    let after = process::resident_bytes(server.id())?;
    found.tell_bytes("resident memory before", before);
    found.tell_bytes("resident memory after", after);
    let grown = after.saturating_sub(before) as f64 / f64::from(1 << 20);
    found.checks.push(Check::at_most("memory that reading a history adds", grown, MEMORY_MAX, "MiB"));
    Ok(found)
}

/// An execution with all the events that there may be; its ARN.
async fn fill(client: &Client) -> Result<String> {
    let last = json!({ "Type": "Pass", "End": true });
    let machine = Machine::create(client, "history", Kind::Standard, &Query::JsonPath.counting(&last)).await?;
    rest::ask(client, &machine.start("StartExecution", None, &counting_to(ROUNDS))).await?;
    let begun = Instant::now();
    loop {
        if let Some(ended) = machine.executions("SUCCEEDED").await?.pop() {
            return Ok(ended.execution_arn);
        }
        ensure!(begun.elapsed() < ENDED_WITHIN, "the execution does not end");
        sleep(LOOK_EVERY).await;
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    events: Vec<Box<RawValue>>,
    next_token: Option<String>,
}

/// Events and bytes of the whole history.
async fn read(client: &Client, arn: &str, page: usize) -> Result<(usize, usize)> {
    let (mut connection, mut events, mut bytes, mut token) = (client.connect().await?, 0, 0, None);
    loop {
        let (read, next) = read_page(&mut connection, client, arn, page, token).await?;
        (events, bytes) = (events + read, bytes + connection.body().len());
        if next.is_none() {
            return Ok((events, bytes));
        }
        token = next;
    }
}

/// How many events a page has, and the token of the next one.
async fn read_page(
    connection: &mut Connection,
    client: &Client,
    arn: &str,
    page: usize,
    token: Option<String>,
) -> Result<(usize, Option<String>), CallError> {
    let mut asked = json!({ "executionArn": arn, "maxResults": page });
    if let Some(token) = token {
        asked["nextToken"] = json!(token);
    }
    connection.call(&request(client, "GetExecutionHistory", &asked)).await?;
    let not_understood = |error: serde_json::Error| CallError::NotUnderstood(error.to_string());
    let page: Page = serde_json::from_slice(connection.body()).map_err(not_understood)?;
    Ok((page.events.len(), page.next_token))
}

/// Reads the history again and again, page by page, over one connection.
async fn read_for(client: &Client, server: u32, arn: &str, page: usize, duration: Duration) -> Result<Measured> {
    let mut load = Load::new(Stage::new(duration));
    let (stage, client, arn) = (load.stage().clone(), client.clone(), arn.to_owned());
    let mut connection = client.connect().await?;
    load.spawn(async move {
        let mut token = None;
        while !stage.is_over() {
            let begun = Instant::now();
            match read_page(&mut connection, &client, &arn, page, token.take()).await {
                Ok((events, next)) => {
                    stage.count(1, events as u64);
                    stage.time(begun.elapsed());
                    token = next;
                }
                Err(error) => stage.failed(&error).await,
            }
        }
    });
    cell::measure(load, Some(server)).await
}

/// Gets an object of so many bytes again and again, over one connection.
async fn object(client: &Client, server: u32, bytes: usize, duration: Duration) -> Result<Measured> {
    let path = format!("{BUCKET}/page");
    rest::ask(client, &rest::request(client, "PUT", BUCKET, &[], &[])).await?;
    rest::ask(client, &rest::request(client, "PUT", &path, &[], &content(bytes))).await?;
    let get = rest::request(client, "GET", &path, &[], &[]);
    rest::measure(client, server, vec![vec![get]], duration).await
}
