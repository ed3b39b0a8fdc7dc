//! Standard executions of one state, begun and ended in one durable step, beside messages of as many bytes.

use std::time::Duration;

use anyhow::Result;
use serde_json::json;

use super::super::Findings;
use super::super::invokes::event;
use super::sends;
use crate::checks::Check;
use crate::home::{Homes, client};
use crate::rest;
use crate::workflow::{Kind, Machine};

const CONNECTIONS: [usize; 2] = [1, CONNECTIONS_MAX];
const CONNECTIONS_MAX: usize = 64;
/// Of the rate of sends: an execution has four events, and is remembered by its name and by its time.
const SHARE_MIN: f64 = 0.5;

/// Starts executions with one connection and with many.
pub async fn measure(homes: &Homes, duration: Duration) -> Result<Findings> {
    let mut found = Findings::default();
    for connections in CONNECTIONS {
        let home = homes.fresh()?;
        let server = home.start(false).await?;
        let client = client(&server, false)?;
        let send = sends(&client, server.id(), connections, duration).await?;
        found.tell_load("SendMessage", connections, None, &send);
        let definition = json!({ "StartAt": "Only", "States": { "Only": { "Type": "Pass", "End": true } } });
        let machine = Machine::create(&client, "standard", Kind::Standard, &definition).await?;
        let start = machine.start("StartExecution", None, &String::from_utf8(event())?);
        let started = rest::measure(&client, server.id(), vec![vec![start]; connections], duration).await?;
        found.tell_load("StartExecution", connections, None, &started);
        if connections == CONNECTIONS_MAX {
            let (part, whole) = (started.load.message_rate(), send.load.message_rate());
            found.checks.push(Check::share("StartExecution, of SendMessage", part, whole, SHARE_MIN));
        }
    }
    Ok(found)
}
