//! Warm functions through `Invoke`, in each language, beside what the machine would allow: a bare HTTP server that is
//! sent the same requests, and a Python process that echoes lines over pipes.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use bongsu_client::Client;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::Findings;
use crate::cell::Measured;
use crate::checks::Check;
use crate::function::{Language, Template};
use crate::home::{Homes, client};
use crate::rest;

const CALLERS: [usize; 2] = [1, 16];
const CALLERS_MAX: usize = 16;
/// Before a measurement each caller asks so often, so that there are processes for all of them.
const ROUNDS_BEFORE: usize = 5;
pub(super) const EVENT_BYTES: usize = 1024;

const PIPE_TRIPS: usize = 2000;
const PIPE_TRIPS_BEFORE: usize = 100;
const PIPE_ECHO: &str =
    "import sys\nfor line in sys.stdin.buffer:\n sys.stdout.buffer.write(line)\n sys.stdout.flush()";

/// Of a bare HTTP exchange and a hop through a pipe together.
const PYTHON_TIMES_MAX: f64 = 2.0;
/// Of a bare HTTP exchange: there are two, and the way from one to the other.
const RUST_TIMES_MAX: f64 = 3.0;
/// Of the rate of the bare HTTP server.
const RUST_SHARE_MIN: f64 = 0.25;
const SERVER_MICROS_MAX: f64 = 100.0;

/// Measures each language with one caller and with several.
pub async fn measure(homes: &Homes, duration: Duration) -> Result<Findings> {
    let mut found = Findings::default();
    let pipe = pipe_hop()?;
    let home = homes.fresh()?;
    let mut template = Template::default();
    for language in Language::ALL {
        template.function(language.name(), language, &[], &Value::Null);
    }
    let (server, echo) = (home.start_with(&template).await?, homes.fresh()?.start_echo().await?);
    let (functions, bare) = (client(&server, false)?, client(&echo, false)?);
    for callers in CALLERS {
        let echo = measure_one(&bare, echo.id(), "echo", callers, duration).await?;
        found.tell_load("bare HTTP server", callers, None, &echo);
        for language in Language::ALL {
            warm_up(&functions, language.name(), callers).await?;
            let measured = measure_one(&functions, server.id(), language.name(), callers, duration).await?;
            found.tell_load(language.name(), callers, None, &measured);
            check(language, callers, &measured, &echo, pipe, &mut found);
        }
    }
    found.tell("a line through a Python process and back, p50", pipe.as_secs_f64() * 1e3, "ms");
    Ok(found)
}

fn check(
    language: Language,
    callers: usize,
    measured: &Measured,
    echo: &Measured,
    pipe: Duration,
    found: &mut Findings,
) {
    let p50 = measured.load.p50_micros;
    let times = |of: f64| p50 / of;
    match (language, callers) {
        (Language::Python, 1) => {
            let of = echo.load.p50_micros + pipe.as_secs_f64() * 1e6;
            let what = "warm Python, p50, of a bare exchange and a pipe";
            found.checks.push(Check::at_most(what, times(of), PYTHON_TIMES_MAX, "times"));
        }
        (Language::Rust, 1) => {
            let what = "warm Rust, p50, of a bare exchange";
            found.checks.push(Check::at_most(what, times(echo.load.p50_micros), RUST_TIMES_MAX, "times"));
        }
        (Language::Rust, CALLERS_MAX) => {
            let (part, whole) = (measured.load.message_rate(), echo.load.message_rate());
            found.checks.push(Check::share("warm Rust, 16 callers, of echo", part, whole, RUST_SHARE_MIN));
            let micros = measured.server_micros_per_message.unwrap_or(f64::INFINITY);
            found.checks.push(Check::at_most("warm Rust, server CPU", micros, SERVER_MICROS_MAX, "µs"));
        }
        _ => {}
    }
}

/// Calls a function until there are processes for so many callers.
pub(super) async fn warm_up(client: &Client, function: &str, callers: usize) -> Result<()> {
    let mut calling = JoinSet::new();
    for _ in 0..callers {
        let (client, request) = (client.clone(), invoke(client, function));
        calling.spawn(async move {
            for _ in 0..ROUNDS_BEFORE {
                let answer = rest::ask(&client, &request).await?;
                ensure!(!answer.is_empty(), "a function answered nothing");
            }
            Ok(())
        });
    }
    while let Some(caller) = calling.join_next().await {
        caller??;
    }
    Ok(())
}

/// Has so many callers invoke a function for `duration`.
pub(super) async fn measure_one(
    client: &Client,
    server: u32,
    function: &str,
    callers: usize,
    duration: Duration,
) -> Result<Measured> {
    rest::measure(client, server, vec![vec![invoke(client, function)]; callers], duration).await
}

fn invoke(client: &Client, function: &str) -> Vec<u8> {
    rest::request(client, "POST", &path(function), &[], &event())
}

pub(super) fn path(function: &str) -> String {
    format!("/2015-03-31/functions/{function}/invocations")
}

pub(super) fn event() -> Vec<u8> {
    let without_text = json!({ "text": "" }).to_string().len();
    json!({ "text": "x".repeat(EVENT_BYTES - without_text) }).to_string().into_bytes()
}

/// The median time that an event takes to a Python process and back.
fn pipe_hop() -> Result<Duration> {
    let mut command = Command::new(Language::Python.program()?);
    let mut python = command.args(["-c", PIPE_ECHO]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let mut to = python.stdin.take().context("standard input is piped")?;
    let mut from = BufReader::new(python.stdout.take().context("standard output is piped")?);
    let mut line = event();
    line.push(b'\n');
    let (mut back, mut times) = (Vec::new(), Vec::new());
    for _ in 0..PIPE_TRIPS_BEFORE + PIPE_TRIPS {
        let begun = Instant::now();
        to.write_all(&line)?;
        back.clear();
        from.read_until(b'\n', &mut back)?;
        times.push(begun.elapsed());
        ensure!(back == line, "a line came back as another one");
    }
    drop(to);
    python.wait()?;
    let times = &mut times[PIPE_TRIPS_BEFORE..];
    times.sort_unstable();
    Ok(times[times.len() / 2])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_has_the_size_it_claims() {
        assert_eq!(event().len(), EVENT_BYTES);
    }
}
