//! State machines of a server under test, and what is asked about them and their executions.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use bongsu_client::{Client, Connection};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::rest;

/// Connections that start many executions.
const STARTERS: u64 = 16;
const ROLE: &str = "arn:aws:iam::000000000000:role/bench";
/// The most that one page of a list or a history holds.
pub const PAGE_MAX: usize = 1000;

/// What kind of executions a machine has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Every step is durable, and there is a history.
    Standard,
    /// Run in memory.
    Express,
}

/// A state machine of a server under test.
#[derive(Clone)]
pub struct Machine {
    client: Client,
    arn: String,
}

impl Machine {
    /// Creates one.
    pub async fn create(client: &Client, name: &str, kind: Kind, definition: &Value) -> Result<Self> {
        let kind = if kind == Kind::Express { "EXPRESS" } else { "STANDARD" };
        let input = json!({ "name": name, "type": kind, "definition": definition.to_string(), "roleArn": ROLE });
        let created: Created = ask(&mut client.connect().await?, client, "CreateStateMachine", &input).await?;
        Ok(Self { client: client.clone(), arn: created.state_machine_arn })
    }

    /// The same machine, of the same server after another start.
    pub fn of(&self, client: &Client) -> Self {
        Self { client: client.clone(), arn: self.arn.clone() }
    }

    /// The bytes of a request that starts an execution with this input, by `operation`.
    pub fn start(&self, operation: &str, name: Option<&str>, input: &str) -> Vec<u8> {
        let mut asked = json!({ "stateMachineArn": self.arn, "input": input });
        if let Some(name) = name {
            asked["name"] = json!(name);
        }
        request(&self.client, operation, &asked)
    }

    /// Starts so many executions over several connections; each has the name and the input that `of` says.
    pub async fn start_all(&self, executions: u64, of: impl Fn(u64) -> (String, String)) -> Result<()> {
        let mut starting = JoinSet::new();
        for starter in 0..STARTERS {
            let of = (starter..executions).step_by(STARTERS as usize).map(&of);
            let requests: Vec<_> = of.map(|(name, input)| self.start("StartExecution", Some(&name), &input)).collect();
            let mut connection = self.client.connect().await?;
            starting.spawn(async move {
                for request in requests {
                    connection.call(&request).await?;
                }
                anyhow::Ok(())
            });
        }
        while let Some(starter) = starting.join_next().await {
            starter??;
        }
        Ok(())
    }

    /// All its executions of one status.
    pub async fn executions(&self, status: &str) -> Result<Vec<Listed>> {
        let (mut connection, mut all) = (self.client.connect().await?, Vec::new());
        let mut asked = json!({ "stateMachineArn": self.arn, "statusFilter": status, "maxResults": PAGE_MAX });
        loop {
            let page: List = ask(&mut connection, &self.client, "ListExecutions", &asked).await?;
            all.extend(page.executions);
            match page.next_token {
                Some(token) => asked["nextToken"] = json!(token),
                None => return Ok(all),
            }
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Created {
    state_machine_arn: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct List {
    executions: Vec<Listed>,
    next_token: Option<String>,
}

/// An execution as lists tell of it. Times are seconds since 1970.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Listed {
    /// Its own name.
    pub name: String,
    /// Its ARN.
    pub execution_arn: String,
    start_date: f64,
    stop_date: Option<f64>,
}

impl Listed {
    /// How long it ran, or nothing if it runs; both times are told to the millisecond.
    pub fn lasted(&self) -> Option<Duration> {
        let millis = ((self.stop_date? - self.start_date) * 1e3).round();
        Some(Duration::from_millis(millis as u64))
    }
}

/// The bytes of a request to Step Functions.
pub fn request(client: &Client, operation: &str, input: &Value) -> Vec<u8> {
    let target = format!("AWSStepFunctions.{operation}");
    let headers = [("content-type", "application/x-amz-json-1.0"), ("x-amz-target", &*target)];
    rest::request(client, "POST", "/", &headers, input.to_string().as_bytes())
}

/// Asks Step Functions once.
pub async fn ask<O: DeserializeOwned>(
    connection: &mut Connection,
    client: &Client,
    operation: &str,
    input: &Value,
) -> Result<O> {
    connection.call(&request(client, operation, input)).await?;
    let body = connection.body();
    serde_json::from_slice(body).with_context(|| format!("{operation} answered {:?}", String::from_utf8_lossy(body)))
}

/// Puts the server's test clock forward; returns when what is due by then is done.
pub async fn advance(connection: &mut Connection, client: &Client, seconds: u64) -> Result<()> {
    let body = json!({ "seconds": seconds }).to_string();
    let request = rest::request(client, "POST", "/_bongsu/clock/advance", &[], body.as_bytes());
    connection.call(&request).await?;
    ensure!(connection.body().starts_with(b"{\"now\""), "the clock was not put forward");
    Ok(())
}

/// The bytes of the journal that hold what is alive.
pub async fn alive_bytes(client: &Client) -> Result<u64> {
    const METRIC: &str = "bongsu_journal_alive_bytes ";
    let metrics = rest::ask(client, &rest::request(client, "GET", "/metrics", &[], &[])).await?;
    let metrics = String::from_utf8(metrics)?;
    let value = metrics.lines().find_map(|line| line.strip_prefix(METRIC)).context("no metric of living bytes")?;
    Ok(value.trim().parse::<f64>()? as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_long_an_execution_ran_is_known_to_the_millisecond() {
        let listed = r#"{"name":"n","executionArn":"a","startDate":1795424278.917,"stopDate":1795427878.918}"#;
        let listed: Listed = serde_json::from_str(listed).unwrap();
        assert_eq!(listed.lasted(), Some(Duration::from_millis(3_600_001)));
    }
}
