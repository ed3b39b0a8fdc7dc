//! Very many executions that wait: what they cost while they do, and whether each goes on when its time has come.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use bongsu_client::Client;
use serde_json::json;

use super::super::Findings;
use super::super::drain::rate;
use crate::checks::Check;
use crate::home::{Home, Homes, client};
use crate::process;
use crate::workflow::{Kind, Listed, Machine, advance, alive_bytes};

/// How long those wait that all wait for the same time.
const TOGETHER_SECONDS: u64 = 7200;
/// Those that do not begin to go on after so many seconds, when all have been started, …
const SPREAD_FROM: u64 = 600;
/// … and have done so after so many more.
const SPREAD_SECONDS: u64 = 3600;

/// What is recent in the journal is kept for readers.
const BYTES_MAX: f64 = 1280.0;
const BYTES_RESTARTED_MAX: f64 = 1024.0;
const JOURNAL_BYTES_MAX: f64 = 256.0;
const READY_SECONDS_MAX: f64 = 2.0;
const ENDED_SECONDS_MAX: f64 = 5.0;
/// Seconds that pass after the last wait is over: the clock runs on by itself, so that fewer might do.
const AFTER_SECONDS: u64 = 2;
/// The clock is put forward by a second at a time, and runs on by itself while what is due is done.
const LATE_SECONDS_MAX: f64 = 1.1;

/// Has `executions` executions wait for the same time, with a kill of the server meanwhile, and then as many for times
/// that are spread over an hour.
pub async fn measure(homes: &Homes, executions: u64) -> Result<Findings> {
    let mut found = Findings::default();
    together(&homes.fresh()?, executions, &mut found).await?;
    spread(&homes.fresh()?, executions, &mut found).await?;
    Ok(found)
}

async fn together(home: &Home, executions: u64, found: &mut Findings) -> Result<()> {
    let server = home.start_with_test_clock().await?;
    let waiting = client(&server, false)?;
    let machine = machine(&waiting).await?;
    let (before, alive_before) = (process::resident_bytes(server.id())?, alive_bytes(&waiting).await?);
    let begun = Instant::now();
    machine.start_all(executions, |number| (number.to_string(), seconds(TOGETHER_SECONDS))).await?;
    let started = rate(executions, begun.elapsed());
    let full = process::resident_bytes(server.id())?;
    let journal_bytes = (alive_bytes(&waiting).await? - alive_before) as f64 / executions as f64;
    drop(server); // With SIGKILL.
    let server = home.start_with_test_clock().await?;
    let restarted = process::resident_bytes(server.id())?;
    let client = client(&server, false)?;
    let (machine, mut connection) = (machine.of(&client), client.connect().await?);

    advance(&mut connection, &client, TOGETHER_SECONDS / 2).await?;
    let still = machine.executions("RUNNING").await?.len() as u64;
    let cpu = process::cpu_time(server.id())?;
    let begun = Instant::now();
    advance(&mut connection, &client, TOGETHER_SECONDS / 2).await?;
    let taken = begun.elapsed();
    let cpu = process::cpu_time(server.id())?.saturating_sub(cpu);
    let ended = process::resident_bytes(server.id())?;
    let late = Lateness::of(&machine.executions("SUCCEEDED").await?, |_| Some(TOGETHER_SECONDS))?;

    let a_piece = |bytes: u64| bytes.saturating_sub(before) as f64 / executions as f64;
    found.tell("executions", executions as f64, "");
    found.tell("started", started, "a second");
    found.tell_bytes("resident memory before", before);
    found.tell_bytes("resident memory with all of them", full);
    found.tell("resident memory an execution", a_piece(full), "bytes");
    found.tell("of the journal, an execution", journal_bytes, "bytes");
    found.tell("ready again after", server.ready_after.as_secs_f64(), "s");
    found.tell_bytes("resident memory, restarted", restarted);
    found.tell("resident memory an execution", a_piece(restarted), "bytes");
    found.tell("all due at once: all ended after", taken.as_secs_f64(), "s");
    found.tell("all due at once: ended", rate(executions, taken), "a second");
    found.tell("server CPU of an end", cpu.as_secs_f64() * 1e6 / executions as f64, "µs");
    found.tell_bytes("resident memory, all ended", ended);
    let mut check = |what: &str, value, goal, unit| found.checks.push(Check::at_most(what, value, goal, unit));
    check("memory a waiting execution", a_piece(full), BYTES_MAX, "bytes");
    check("memory a waiting execution, restarted", a_piece(restarted), BYTES_RESTARTED_MAX, "bytes");
    check("journal of a waiting execution", journal_bytes, JOURNAL_BYTES_MAX, "bytes");
    check("start with waiting executions", server.ready_after.as_secs_f64(), READY_SECONDS_MAX, "s");
    check("waiting executions, from due to ended", taken.as_secs_f64(), ENDED_SECONDS_MAX, "s");
    found.checks.push(Check::all("executions that still wait after half of the time", still, executions));
    found.checks.push(Check::all("executions that ended, none of them early", late.ended, executions));
    Ok(())
}

async fn spread(home: &Home, executions: u64, found: &mut Findings) -> Result<()> {
    let server = home.start_with_test_clock().await?;
    let client = client(&server, false)?;
    let machine = machine(&client).await?;
    let waits = |number| SPREAD_FROM + number % SPREAD_SECONDS;
    let begun = Instant::now();
    machine.start_all(executions, |number| (format!("{}-{number}", waits(number)), seconds(waits(number)))).await?;
    let seconds = SPREAD_FROM.saturating_sub(begun.elapsed().as_secs());
    let mut connection = client.connect().await?;
    advance(&mut connection, &client, seconds.saturating_sub(1)).await?;
    let (cpu, begun) = (process::cpu_time(server.id())?, Instant::now());
    for _ in 0..SPREAD_SECONDS + AFTER_SECONDS {
        advance(&mut connection, &client, 1).await?;
    }
    let taken = begun.elapsed();
    let cpu = process::cpu_time(server.id())?.saturating_sub(cpu);
    let asked = |execution: &Listed| execution.name.split('-').next()?.parse().ok();
    let late = Lateness::of(&machine.executions("SUCCEEDED").await?, asked)?;

    found.tell("spread over an hour: all ended after", taken.as_secs_f64(), "s");
    found.tell("server CPU of an end", cpu.as_secs_f64() * 1e6 / executions as f64, "µs");
    found.tell("after its time, p50", late.quantile(0.5), "s");
    found.tell("after its time, the last", late.quantile(1.0), "s");
    found.checks.push(Check::all("executions of an hour that ended, none of them early", late.ended, executions));
    let what = "executions of an hour, the last after its time";
    found.checks.push(Check::at_most(what, late.quantile(1.0), LATE_SECONDS_MAX, "s"));
    Ok(())
}

/// One that waits for as long as it is told.
async fn machine(client: &Client) -> Result<Machine> {
    let wait = json!({ "Type": "Wait", "SecondsPath": "$.seconds", "End": true });
    Machine::create(client, "waiting", Kind::Standard, &json!({ "StartAt": "Wait", "States": { "Wait": wait } })).await
}

fn seconds(seconds: u64) -> String {
    json!({ "seconds": seconds }).to_string()
}

/// How long after their time executions ended, in order.
struct Lateness {
    /// How many ended, and not before their time.
    ended: u64,
    late: Vec<Duration>,
}

impl Lateness {
    fn of(ended: &[Listed], asked: impl Fn(&Listed) -> Option<u64>) -> Result<Self> {
        let mut late = Vec::with_capacity(ended.len());
        for execution in ended {
            let asked = Duration::from_secs(asked(execution).context("an execution that nobody started")?);
            let lasted = execution.lasted().context("an execution that ended at no time")?;
            late.extend(lasted.checked_sub(asked));
        }
        ensure!(!late.is_empty(), "no execution has ended at its time");
        late.sort_unstable();
        Ok(Self { ended: late.len() as u64, late })
    }

    /// In seconds.
    fn quantile(&self, quantile: f64) -> f64 {
        let place = ((self.late.len() - 1) as f64 * quantile).round() as usize;
        self.late[place].as_secs_f64()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lasted(seconds: f64) -> Listed {
        serde_json::from_value(json!({
            "name": "60-1", "executionArn": "", "startDate": 1000.0, "stopDate": 1000.0 + seconds
        }))
        .unwrap()
    }

    #[test]
    fn who_ends_early_is_not_counted() {
        let late = Lateness::of(&[lasted(60.25), lasted(59.999), lasted(60.0)], |_| Some(60)).unwrap();
        assert_eq!((late.ended, late.quantile(0.0), late.quantile(1.0)), (2, 0.0, 0.25));
    }
}
