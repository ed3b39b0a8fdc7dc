//! A FIFO queue of very many groups that feeds a function: how many groups are worked on at once, and how much longer
//! than the longest group all of them take.

use std::time::{Duration, Instant};

use anyhow::Result;
use bongsu_load::{BATCH, Queue, Sender, Shape};
use serde_json::Value;

use super::Findings;
use super::mapping::{Mapping, WITHIN};
use crate::checks::Check;
use crate::function::{AT_ONCE, Language, MILLIS, TALLY, Template};
use crate::home::{Homes, client};
use crate::process;
use crate::tally::{Tally, most_at_once};

const FUNCTION: &str = "worker";
const MESSAGES_A_GROUP: u64 = 10;
/// What the function does with a message.
const WORK: Duration = Duration::from_millis(20);
/// As many messages as one process takes at once: a thousand processes would be measured, and not the server.
const EVENTS_A_PROCESS: u64 = 32;
/// Of what the messages of one group take one after the other.
const TIMES_MAX: f64 = 5.0;

/// Works off ten messages of each of `groups` groups, twice: at first processes have to be started.
pub async fn measure(homes: &Homes, groups: u64) -> Result<Findings> {
    let mut found = Findings::default();
    let home = homes.fresh()?;
    let mut tally = Tally::listen().await?;
    let variables = [
        (TALLY, tally.address().to_string()),
        (MILLIS, WORK.as_millis().to_string()),
        (AT_ONCE, EVENTS_A_PROCESS.to_string()),
    ];
    let mut template = Template::default();
    template.function(FUNCTION, Language::Rust, &variables, &Value::Null);
    let server = home.start_with(&template).await?;
    let client = client(&server, false)?;
    let queue = Queue::create(&client, Shape::fifo(groups)).await?;
    let mut sender = Sender::new(&client, &queue, BATCH).await?;
    let mapping = Mapping::create(&client, &queue, FUNCTION, 1).await?;
    let messages = groups * MESSAGES_A_GROUP;
    let ideal = WORK * u32::try_from(MESSAGES_A_GROUP)?;
    found.tell("groups, of ten messages each", groups as f64, "");
    found.tell("the messages of one group, one after the other", ideal.as_secs_f64(), "s");
    for what in ["cold", "warm"] {
        mapping.enable(false).await?;
        for _ in 0..messages / BATCH as u64 {
            sender.send(0).await?;
        }
        let (begun, cpu) = (Instant::now(), process::cpu_time(server.id())?);
        mapping.enable(true).await?;
        let records = tally.messages(messages, WITHIN).await?;
        let took = begun.elapsed();
        let cpu = process::cpu_time(server.id())?.saturating_sub(cpu);
        let most = most_at_once(&records);
        found.tell(format!("{what}: groups at once, the most"), most as f64, "");
        found.tell(format!("{what}: all messages"), took.as_secs_f64(), "s");
        found.tell(format!("{what}: server CPU a message"), cpu.as_secs_f64() * 1e6 / messages as f64, "µs");
        if what == "warm" {
            found.checks.push(Check::all("groups that a function works on at once", most, groups));
            let times = took.as_secs_f64() / ideal.as_secs_f64();
            found.checks.push(Check::at_most("all groups, of one group alone", times, TIMES_MAX, "times"));
        }
    }
    Ok(found)
}
