//! How fast executions go from state to state: machines that count, beside the states language alone, without server and
//! journal.

use std::hint::black_box;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use bongsu_client::Client;
use bongsu_load::{BATCH, Queue, Receiver, Shape};
use bongsu_states_language::{self as states, Definition, Execution, Input, Status, Surroundings, Timestamp};
use serde_json::{Value, json};

use super::super::Findings;
use super::super::drain::rate;
use super::{Query, counting_to};
use crate::checks::Check;
use crate::home::{Homes, client};
use crate::process;
use crate::rest;
use crate::workflow::{Kind, Machine};

/// A Pass and a Choice each; what a history has room for is 6,249.
const ROUNDS: u64 = 5000;
const TRANSITIONS_A_ROUND: u64 = 2;
/// Executions that run at once.
const AT_ONCE: u64 = 100;
/// An execution that has not ended by then is lost.
const WAIT_SECONDS: u32 = 20;

/// Of what the states language alone does.
const STANDARD_SHARE_MIN: f64 = 0.6;
const EXPRESS_SHARE_MIN: f64 = 0.8;

/// Lets executions count, in each language.
pub async fn measure(homes: &Homes, duration: Duration) -> Result<Findings> {
    let mut found = Findings::default();
    for query in Query::ALL {
        let named = |what: &str| format!("{}: {what}", query.name());
        let alone = alone(query, duration)?;
        found.tell(named("the states language alone"), alone, "transitions/s");
        let home = homes.fresh()?;
        let server = home.start(false).await?;
        let counters = Counters::create(&client(&server, false)?, query).await?;
        counters.run(1).await?;
        let one = rate(transitions(1), counters.run(1).await?);
        found.tell(named("one standard execution"), one, "transitions/s");
        let cpu = process::cpu_time(server.id())?;
        let many = rate(transitions(AT_ONCE), counters.run(AT_ONCE).await?);
        let cpu = process::cpu_time(server.id())?.saturating_sub(cpu);
        found.tell(named("100 standard executions at once"), many, "transitions/s");
        let micros = cpu.as_secs_f64() * 1e6 / transitions(AT_ONCE) as f64;
        found.tell(named("server CPU of a transition"), micros, "µs");
        let express = rate(transitions(1), counters.run_express().await?);
        found.tell(named("one express execution"), express, "transitions/s");
        let mut check = |what: &str, part, goal| {
            found.checks.push(Check::share(&format!("{}, of the language alone", named(what)), part, alone, goal));
        };
        check("100 standard executions", many, STANDARD_SHARE_MIN);
        check("an express execution", express, EXPRESS_SHARE_MIN);
    }
    Ok(found)
}

fn transitions(executions: u64) -> u64 {
    executions * ROUNDS * TRANSITIONS_A_ROUND
}

/// Machines that count; the standard one sends a message when it is done.
struct Counters {
    client: Client,
    standard: Machine,
    express: Machine,
    done: Queue,
}

impl Counters {
    async fn create(client: &Client, query: Query) -> Result<Self> {
        let done = Queue::create(client, Shape::STANDARD).await?;
        let arguments = if query == Query::Jsonata { "Arguments" } else { "Parameters" };
        let tell = json!({
            "Type": "Task",
            "Resource": "arn:aws:states:::sqs:sendMessage",
            arguments: { "QueueUrl": done.url(), "MessageBody": "done" },
            "End": true,
        });
        let standard = Machine::create(client, "standard", Kind::Standard, &query.counting(&tell)).await?;
        let express = Machine::create(client, "express", Kind::Express, &query.counting(&last())).await?;
        Ok(Self { client: client.clone(), standard, express, done })
    }

    /// How long so many take.
    async fn run(&self, executions: u64) -> Result<Duration> {
        let begun = Instant::now();
        tokio::try_join!(self.start(executions), self.receive(executions))?;
        Ok(begun.elapsed())
    }

    async fn start(&self, executions: u64) -> Result<()> {
        let start = self.standard.start("StartExecution", None, &counting_to(ROUNDS));
        let mut connection = self.client.connect().await?;
        for _ in 0..executions {
            connection.call(&start).await?;
        }
        Ok(())
    }

    async fn receive(&self, executions: u64) -> Result<()> {
        let mut receiver = Receiver::new(&self.client, &self.done, BATCH).await?;
        let mut ended = 0;
        while ended < executions {
            let received = receiver.receive(WAIT_SECONDS).await? as u64;
            ensure!(received > 0, "of {executions} executions {ended} have ended");
            ended += received;
        }
        Ok(())
    }

    async fn run_express(&self) -> Result<Duration> {
        let start = self.express.start("StartSyncExecution", None, &counting_to(ROUNDS));
        let begun = Instant::now();
        let ended: Value = serde_json::from_slice(&rest::ask(&self.client, &start).await?)?;
        ensure!(ended["status"] == "SUCCEEDED", "it ended otherwise: {ended}");
        Ok(begun.elapsed())
    }
}

fn last() -> Value {
    json!({ "Type": "Succeed" })
}

/// Transitions a second of the states language alone: the quickest of as many executions as `duration` allows, for the
/// others are those of a machine that did something else meanwhile.
fn alone(query: Query, duration: Duration) -> Result<f64> {
    let definition = query.counting(&last()).to_string();
    let definition = Definition::parse(&definition, states::Kind::Standard).ok().context("no definition")?;
    let (begun, mut quickest) = (Instant::now(), Duration::MAX);
    while quickest == Duration::MAX || begun.elapsed() < duration {
        let begun = Instant::now();
        let execution = run_alone(&definition)?;
        quickest = quickest.min(begun.elapsed());
        ensure!(black_box(execution).status() == Status::Succeeded, "it ended otherwise");
    }
    Ok(rate(transitions(1), quickest))
}

fn run_alone(definition: &Definition) -> Result<Execution> {
    let surroundings = Surroundings {
        execution_arn: "arn:aws:states:us-east-1:000000000000:execution:bench:one",
        execution_name: "one",
        role_arn: "",
        machine_arn: "arn:aws:states:us-east-1:000000000000:stateMachine:bench",
        machine_name: "bench",
        region: "us-east-1",
        redriven_at: None,
        token: &|_, _| String::new(),
    };
    let (mut execution, input) = (Execution::default(), counting_to(ROUNDS));
    let mut next = Input::Start { input: &input };
    loop {
        let now = Timestamp(1_767_225_600_000);
        let decided = states::decide(definition, &execution, next, &surroundings, now, &mut || 7);
        let step = decided.ok().context("a step was refused")?.step;
        execution.apply(black_box(&step));
        if execution.status() != Status::Running {
            return Ok(execution);
        }
        next = Input::Proceed;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_counts_in_both_languages() {
        for query in Query::ALL {
            assert!(alone(query, Duration::ZERO).unwrap() > 0.0);
        }
    }
}
