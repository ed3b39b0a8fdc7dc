//! One object that many writers change, each by reading it and putting it back on the condition that nobody else did.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use bongsu_client::{CallError, Client, Connection};
use bongsu_load::{Load, Stage};

use super::Findings;
use super::objects::{BUCKET, etag, put};
use crate::cell;
use crate::checks::Check;
use crate::home::{Homes, client};
use crate::{group_commit, rest};

const WRITERS: usize = 16;
/// Of what one writer alone can make durable, one after the other.
const SHARE_MIN: f64 = 0.25;

/// Has the writers count in the object; at the end it holds as many as succeeded.
pub async fn measure(homes: &Homes, duration: Duration) -> Result<Findings> {
    let mut found = Findings::default();
    let home = homes.fresh()?;
    let alone = group_commit::measure(home.path(), 1, 1, duration).await?;
    found.tell_load("appends of one writer, each synced", 1, None, &alone);
    let server = home.start(false).await?;
    let client = client(&server, false)?;
    rest::ask(&client, &rest::request(&client, "PUT", BUCKET, &[], &[])).await?;
    let path = format!("{BUCKET}/counter");
    put(&client, &mut client.connect().await?, &path, None, b"0").await?;

    let (tries, successes) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let mut load = Load::new(Stage::new(duration));
    for _ in 0..WRITERS {
        let mut writer = Writer {
            connection: client.connect().await?,
            client: client.clone(),
            path: path.clone(),
            tries: tries.clone(),
        };
        let (stage, successes) = (load.stage().clone(), successes.clone());
        load.spawn(async move {
            while !stage.is_over() {
                let begun = Instant::now();
                match writer.add_one().await {
                    Ok(()) => {
                        successes.fetch_add(1, Relaxed);
                        stage.count(1, 1);
                        stage.time(begun.elapsed());
                    }
                    Err(error) => stage.failed(&error).await,
                }
            }
        });
    }
    let measured = cell::measure(load, Some(server.id())).await?;
    found.tell_load("changes of one object", WRITERS, None, &measured);
    let (tries, successes) = (tries.load(Relaxed), successes.load(Relaxed));
    let counted = rest::ask(&client, &rest::request(&client, "GET", &path, &[], &[])).await?;
    let counted: u64 = String::from_utf8(counted)?.parse()?;
    ensure!(counted == successes, "{successes} changes succeeded, and the object has {counted}");
    found.tell("puts for each change", tries as f64 / successes as f64, "");
    let (part, whole) = (measured.load.message_rate(), alone.load.message_rate());
    found.checks.push(Check::share("changes of one object, of one writer's syncs", part, whole, SHARE_MIN));
    Ok(found)
}

struct Writer {
    connection: Connection,
    client: Client,
    path: String,
    tries: Arc<AtomicU64>,
}

impl Writer {
    /// Reads and writes until nobody came between.
    async fn add_one(&mut self) -> Result<(), CallError> {
        loop {
            self.connection.call(&rest::request(&self.client, "GET", &self.path, &[], &[])).await?;
            let seen = etag(&self.connection)?;
            let number = String::from_utf8_lossy(self.connection.body()).parse::<u64>();
            let number = number.map_err(|error| CallError::NotUnderstood(error.to_string()))?;
            self.tries.fetch_add(1, Relaxed);
            let content = (number + 1).to_string();
            match put(&self.client, &mut self.connection, &self.path, Some(&seen), content.as_bytes()).await {
                Err(error) if error.is_refusal("PreconditionFailed") => {}
                outcome => return outcome.map(drop),
            }
        }
    }
}
