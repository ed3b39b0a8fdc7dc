//! Express executions of three states, at a rate that is given and as many as go, beside a bare HTTP server that is sent
//! the same requests and messages that are as durable.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use bongsu_client::Client;
use bongsu_load::{Load, Pace, Stage};
use serde_json::{Value, json};
use tokio::time::sleep;

use super::super::Findings;
use super::super::invokes::event;
use super::sends;
use crate::cell::{self, Measured};
use crate::checks::Check;
use crate::home::{Homes, client};
use crate::workflow::{Kind, Machine, alive_bytes};
use crate::{process, rest};

const CONNECTIONS: usize = 64;
/// Executions a second that are asked for, whether or not the answers come.
const OFFERED: u32 = 1000;
/// Of what is offered.
const OFFERED_SHARE_MIN: f64 = 0.99;
const SYNC_P99_MAX: f64 = 5.0;
const QUEUED_P99_MAX: f64 = 10.0;
/// Of the rate of the bare HTTP server: nothing is written.
const SYNC_SHARE_MIN: f64 = 0.25;
/// Of the rate of sends: there are two records, and the execution between them.
const QUEUED_SHARE_MIN: f64 = 0.4;

/// How soon it is looked again whether all queued executions have ended, and for how long.
const LOOK_EVERY: Duration = Duration::from_millis(10);
const ENDED_WITHIN: Duration = Duration::from_secs(120);

/// Runs express executions for `duration` in each way.
pub async fn measure(homes: &Homes, duration: Duration) -> Result<Findings> {
    let mut found = Findings::default();
    let (home, event) = (homes.fresh()?, String::from_utf8(event())?);
    let (server, echo) = (home.start(false).await?, homes.fresh()?.start_echo().await?);
    let (client, bare) = (client(&server, false)?, client(&echo, false)?);
    let machine = Machine::create(&client, "express", Kind::Express, &three_states()).await?;
    let (sync, queued) =
        (machine.start("StartSyncExecution", None, &event), machine.start("StartExecution", None, &event));
    for connections in [1, CONNECTIONS] {
        let echo = closed(&bare, echo.id(), &sync, connections, duration).await?;
        found.tell_load("bare HTTP server", connections, None, &echo);
        let measured = closed(&client, server.id(), &sync, connections, duration).await?;
        found.tell_load("StartSyncExecution", connections, None, &measured);
        if connections == CONNECTIONS {
            let (part, whole) = (measured.load.message_rate(), echo.load.message_rate());
            found.checks.push(Check::share("StartSyncExecution, of echo", part, whole, SYNC_SHARE_MIN));
        }
    }
    let measured = offered(&client, server.id(), &sync, duration).await?;
    found.tell_load("StartSyncExecution, 1,000/s offered", CONNECTIONS, None, &measured);
    check_offered("StartSyncExecution", &measured, SYNC_P99_MAX, &mut found);

    let before = alive_bytes(&client).await?;
    let measured = offered(&client, server.id(), &queued, duration).await?;
    found.tell_load("StartExecution, 1,000/s offered", CONNECTIONS, None, &measured);
    check_offered("StartExecution", &measured, QUEUED_P99_MAX, &mut found);
    found.tell("1,000/s offered: the last has ended after", ended_after(&client, before).await?, "s");

    let measured = closed(&client, server.id(), &queued, CONNECTIONS, duration).await?;
    let resident = process::resident_bytes(server.id())?;
    found.tell("as many as go: the last has ended after", ended_after(&client, before).await?, "s");
    found.tell_load("StartExecution", CONNECTIONS, None, &measured);
    found.tell_bytes("as many as go: resident memory", resident);
    let send = sends(&client, server.id(), CONNECTIONS, duration).await?;
    found.tell_load("SendMessage", CONNECTIONS, None, &send);
    let (part, whole) = (measured.load.message_rate(), send.load.message_rate());
    found.checks.push(Check::share("express StartExecution, of SendMessage", part, whole, QUEUED_SHARE_MIN));
    Ok(found)
}

/// Looks at what it is given, decides, and answers.
fn three_states() -> Value {
    json!({
        "StartAt": "Shape",
        "States": {
            "Shape": { "Type": "Pass", "Parameters": { "text.$": "$.text", "known": true }, "Next": "Decide" },
            "Decide": {
                "Type": "Choice",
                "Choices": [{ "Variable": "$.known", "BooleanEquals": true, "Next": "Answer" }],
                "Default": "Answer",
            },
            "Answer": { "Type": "Pass", "Result": { "ok": true }, "End": true },
        },
    })
}

/// Sends the request as often as answers come.
async fn closed(
    client: &Client,
    server: u32,
    request: &[u8],
    connections: usize,
    duration: Duration,
) -> Result<Measured> {
    rest::measure(client, server, vec![vec![request.to_vec()]; connections], duration).await
}

/// Sends the request a thousand times a second over many connections. Latency counts from when a request was due.
async fn offered(client: &Client, server: u32, request: &[u8], duration: Duration) -> Result<Measured> {
    let mut load = Load::new(Stage::new(duration));
    let pace = Pace::new(Some(OFFERED), 1);
    for _ in 0..CONNECTIONS {
        let (stage, pace, request) = (load.stage().clone(), pace.clone(), request.to_vec());
        let mut connection = client.connect().await?;
        load.spawn(async move {
            while let Some(due) = pace.turn(&stage).await {
                match connection.call(&request).await {
                    Ok(()) => {
                        stage.count(1, 1);
                        stage.time(due.elapsed());
                    }
                    Err(error) => stage.failed(&error).await,
                }
            }
        });
    }
    cell::measure(load, Some(server)).await
}

fn check_offered(what: &str, measured: &Measured, p99_max: f64, found: &mut Findings) {
    let what = format!("express {what}, 1,000/s offered");
    let (rate, p99) = (measured.load.message_rate(), measured.load.p99_micros / 1e3);
    found.checks.push(Check::share(&format!("{what}, done"), rate, f64::from(OFFERED), OFFERED_SHARE_MIN));
    found.checks.push(Check::at_most(&format!("{what}, p99"), p99, p99_max, "ms"));
}

/// Seconds until nothing is left of queued executions in what the journal keeps.
async fn ended_after(client: &Client, before: u64) -> Result<f64> {
    let begun = Instant::now();
    while alive_bytes(client).await? > before {
        ensure!(begun.elapsed() < ENDED_WITHIN, "queued executions do not end");
        sleep(LOOK_EVERY).await;
    }
    Ok(begun.elapsed().as_secs_f64())
}
