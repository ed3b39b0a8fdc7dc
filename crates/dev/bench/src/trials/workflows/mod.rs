//! Workflows: how many executions begin and end, how fast they run, what they cost while they wait, and what it takes to
//! read what they did.

pub mod express;
pub mod history;
pub mod standard;
pub mod transitions;
pub mod waiting;

use std::time::Duration;

use anyhow::Result;
use bongsu_client::Client;
use bongsu_load::{Plan, Queue, Shape, Workload};
use serde_json::{Value, json};

use crate::cell::{self, Measured};

/// The limit that starts are compared to: sends of as many bytes to a queue of the same server.
async fn sends(client: &Client, server: u32, connections: usize, duration: Duration) -> Result<Measured> {
    let queue = Queue::create(client, Shape::STANDARD).await?;
    let plan = Plan { client, queue: &queue, connections, batch: 1, rate: None, duration };
    cell::measure(plan.start(Workload::Send).await?, Some(server)).await
}

/// In which language a machine is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Query {
    JsonPath,
    Jsonata,
}

impl Query {
    const ALL: [Self; 2] = [Self::JsonPath, Self::Jsonata];

    fn name(self) -> &'static str {
        match self {
            Self::JsonPath => "JSONPath",
            Self::Jsonata => "JSONata",
        }
    }

    /// A machine that counts its `n` up to its `rounds`: a Pass and a Choice each time, and what is given in the end.
    fn counting(self, last: &Value) -> Value {
        let (count, more) = match self {
            Self::JsonPath => (
                json!({ "Parameters": { "n.$": "States.MathAdd($.n, 1)", "rounds.$": "$.rounds" } }),
                json!({ "Variable": "$.n", "NumericLessThanPath": "$.rounds" }),
            ),
            Self::Jsonata => (
                json!({ "Output": { "n": "{% $states.input.n + 1 %}", "rounds": "{% $states.input.rounds %}" } }),
                json!({ "Condition": "{% $states.input.n < $states.input.rounds %}" }),
            ),
        };
        let with = |mut of: Value, more: &[(&str, Value)]| {
            more.iter().for_each(|(key, value)| of[*key] = value.clone());
            of
        };
        json!({
            "QueryLanguage": self.name(),
            "StartAt": "Count",
            "States": {
                "Count": with(count, &[("Type", json!("Pass")), ("Next", json!("More"))]),
                "More": { "Type": "Choice", "Choices": [with(more, &[("Next", json!("Count"))])], "Default": "Last" },
                "Last": last,
            },
        })
    }
}

/// What such a machine is given.
fn counting_to(rounds: u64) -> String {
    json!({ "n": 0, "rounds": rounds }).to_string()
}
