//! Very many deliveries to web servers at once: what each costs while its endpoint takes its time, and whether others
//! wait for it.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use bongsu_load::Shape;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, sleep};

use super::Findings;
use super::drain::rate;
use crate::checks::Check;
use crate::endpoint::{self, ADDRESSES, Counts, QUICK, SLOW, SLOW_FOR};
use crate::home::{Homes, client};
use crate::process::{self, Server};
use crate::topic::{Publisher, Topic};

/// Of the slow topic, one endpoint each.
const SUBSCRIPTIONS: u64 = 100;
/// How often something is published to the quick endpoint.
const QUICK_EVERY: Duration = Duration::from_millis(10);
/// How often memory and endpoints are looked at.
const LOOK_EVERY: Duration = Duration::from_millis(100);
const CONFIRMED_WITHIN: Duration = Duration::from_secs(30);
/// Deliveries that are not over by then are lost.
const OVER_WITHIN: Duration = Duration::from_secs(120);
/// Messages that the quick endpoint gets as fast as they go, for each slow delivery.
const BURST: u64 = 2;
const BATCH: usize = bongsu_load::BATCH;
const BURST_CONNECTIONS: u64 = 16;

/// For a delivery that waits for its answer.
const BYTES_MAX: f64 = 16.0 * 1024.0;
/// Beside ten thousand slow ones.
const QUICK_P50_MILLIS_MAX: f64 = 10.0;

/// Has `count` deliveries go on at once, for `duration` nothing but quick ones before.
pub async fn measure(homes: &Homes, count: u64, duration: Duration) -> Result<Findings> {
    let mut found = Findings::default();
    let home = homes.fresh()?;
    let server = home.start(false).await?;
    let endpoints = home.start_endpoints().await?;
    let bench = Bench::prepare(&server, &endpoints).await?;
    found.tell("deliveries at once", count as f64, "");
    bench.quick_alone(duration, &mut found).await?;
    bench.slow(count, &mut found).await?;
    bench.burst(count * BURST, &mut found).await?;
    Ok(found)
}

struct Bench {
    server: u32,
    endpoints: SocketAddr,
    slow: Topic,
    quick: Topic,
}

impl Bench {
    /// Topics whose subscribers have said yes.
    async fn prepare(server: &Server, endpoints: &Server) -> Result<Bench> {
        let client = client(server, false)?;
        let port = endpoints.address.port();
        let (slow, quick) = (Topic::create(&client, "slow", &[]).await?, Topic::create(&client, "quick", &[]).await?);
        let [for_quick, for_slow @ ..] = ADDRESSES;
        for (number, address) in (0..SUBSCRIPTIONS).zip(for_slow.iter().cycle()) {
            slow.subscribe("http", &format!("http://{address}:{port}{SLOW}?{number}"), &[]).await?;
        }
        let raw = [("RawMessageDelivery", "true")];
        quick.subscribe("http", &format!("http://{for_quick}:{port}{QUICK}"), &raw).await?;
        wait_until_confirmed(&slow, SUBSCRIPTIONS).await?;
        wait_until_confirmed(&quick, 1).await?;
        Ok(Bench { server: server.id(), endpoints: endpoints.address, slow, quick })
    }

    async fn quick_alone(&self, duration: Duration, found: &mut Findings) -> Result<()> {
        let publishing = tokio::spawn(publish_quick(self.quick.publisher().await?));
        sleep(duration).await;
        publishing.abort();
        tell_quick("a quick endpoint alone", &endpoint::take_counts(self.endpoints).await?, found);
        Ok(())
    }

    async fn slow(&self, count: u64, found: &mut Findings) -> Result<()> {
        let mut publisher = self.slow.publisher().await?;
        let publishing = tokio::spawn(publish_quick(self.quick.publisher().await?));
        let before = process::resident_bytes(self.server)?;
        let (begun, cpu) = (Instant::now(), process::cpu_time(self.server)?);
        let message = "x".repeat(Shape::STANDARD.body_bytes);
        let request = publisher.request(&[&message]);
        for _ in 0..count.div_ceil(SUBSCRIPTIONS) {
            publisher.publish(&request, 1).await?;
        }
        found.tell("published within", begun.elapsed().as_secs_f64(), "s");
        let (mut peak, mut going_on, mut beside) = (before, None, None);
        let counts = loop {
            sleep(LOOK_EVERY).await;
            peak = peak.max(process::resident_bytes(self.server)?);
            let counts = endpoint::counts(self.endpoints).await?;
            if counts.slow_peak >= count && going_on.is_none() {
                going_on = Some((begun.elapsed(), endpoint::take_counts(self.endpoints).await?));
            }
            if counts.slow_done > 0 && beside.is_none() {
                beside = Some(endpoint::take_counts(self.endpoints).await?);
            }
            if counts.slow_done >= count {
                break counts;
            }
            ensure!(begun.elapsed() < OVER_WITHIN, "{} of {count} deliveries were answered", counts.slow_done);
        };
        let elapsed = begun.elapsed();
        publishing.abort();
        let cpu = process::cpu_time(self.server)?.saturating_sub(cpu);
        found.checks.push(Check::all("deliveries that went on at once", counts.slow_peak, count));
        if let Some((after, quick)) = going_on {
            found.tell("all going on after", after.as_secs_f64(), "s");
            tell_quick("a quick endpoint while they begin", &quick, found);
        }
        if let Some(quick) = beside {
            tell_quick("a quick endpoint while all of them go on", &quick, found);
            let what = "a quick delivery beside slow ones, p50";
            found.checks.push(Check::at_most(what, quick.quick_p50_millis, QUICK_P50_MILLIS_MAX, "ms"));
        }
        found.tell("all answered after", elapsed.as_secs_f64(), "s");
        found.tell("each takes", SLOW_FOR.as_secs_f64(), "s");
        found.tell("deliveries", rate(count, elapsed), "a second");
        found.tell("server CPU a delivery, the quick ones included", micros(cpu, counts.slow_done), "µs");
        found.tell_bytes("resident memory before", before);
        found.tell_bytes("resident memory, the most", peak);
        let bytes = peak.saturating_sub(before) as f64 / count as f64;
        found.tell("resident memory a delivery that goes on", bytes, "bytes");
        found.checks.push(Check::at_most("memory a delivery that goes on", bytes, BYTES_MAX, "bytes"));
        Ok(())
    }

    /// As many as go to one quick endpoint.
    async fn burst(&self, count: u64, found: &mut Findings) -> Result<()> {
        let before = endpoint::counts(self.endpoints).await?.quick_done;
        let (begun, cpu) = (Instant::now(), process::cpu_time(self.server)?);
        let mut publishing = JoinSet::new();
        for _ in 0..BURST_CONNECTIONS {
            let mut publisher = self.quick.publisher().await?;
            let request = publisher.request(&["-"; BATCH]);
            publishing.spawn(async move {
                for _ in 0..count.div_ceil(BURST_CONNECTIONS * BATCH as u64) {
                    publisher.publish(&request, BATCH).await?;
                }
                anyhow::Ok(())
            });
        }
        while let Some(publisher) = publishing.join_next().await {
            publisher??;
        }
        while endpoint::counts(self.endpoints).await?.quick_done - before < count {
            ensure!(begun.elapsed() < OVER_WITHIN, "not all of {count} deliveries to the quick endpoint were made");
            sleep(LOOK_EVERY / 10).await;
        }
        let done = endpoint::counts(self.endpoints).await?.quick_done - before;
        let cpu = process::cpu_time(self.server)?.saturating_sub(cpu);
        found.tell("as fast as it goes to a quick endpoint", rate(done, begun.elapsed()), "deliveries/s");
        found.tell("server CPU a delivery, with its publish", micros(cpu, done), "µs");
        Ok(())
    }
}

fn tell_quick(what: &str, counts: &Counts, found: &mut Findings) {
    found.tell(format!("{what}, from publish to arrival: p50"), counts.quick_p50_millis, "ms");
    found.tell(format!("{what}, p99"), counts.quick_p99_millis, "ms");
    found.tell(format!("{what}, the last"), counts.quick_max_millis, "ms");
}

fn micros(cpu: Duration, count: u64) -> f64 {
    cpu.as_secs_f64() * 1e6 / count as f64
}

async fn publish_quick(mut publisher: Publisher) -> Result<()> {
    let mut turns = interval(QUICK_EVERY);
    turns.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        turns.tick().await;
        let request = publisher.request(&[&endpoint::stamp().to_string()]);
        publisher.publish(&request, 1).await?;
    }
}

async fn wait_until_confirmed(topic: &Topic, subscriptions: u64) -> Result<()> {
    let begun = Instant::now();
    loop {
        let confirmed = topic.confirmed().await?;
        if confirmed == subscriptions {
            return Ok(());
        }
        ensure!(begun.elapsed() < CONFIRMED_WITHIN, "{confirmed} of {subscriptions} subscriptions were confirmed");
        sleep(LOOK_EVERY).await;
    }
}
