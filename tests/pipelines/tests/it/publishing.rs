//! Publishes numbered messages from several connections, at a rate.

use std::ops::Range;
use std::thread;
use std::time::{Duration, Instant};

use bongsu_testkit::Server;
use bongsu_testkit::sns::Entry;

/// Connections that publish, ten messages a request.
const PUBLISHERS: u32 = 4;
const BATCH: u32 = 10;

/// Publishes whole batches of these messages, each connection its share, so many a second or as fast as it goes; returns
/// how many a second it came to.
pub(crate) fn publish(
    server: &Server,
    topic: &str,
    numbers: Range<u32>,
    rate: Option<u32>,
    body: impl Fn(u32) -> String + Sync,
) -> f64 {
    assert_eq!(numbers.len() as u32 % BATCH, 0, "a batch is {BATCH} messages");
    let batches = numbers.len() as u32 / BATCH;
    let started = Instant::now();
    let publish_share = |share: u32| {
        let mut sns = server.sns();
        for batch in (share..batches).step_by(PUBLISHERS as usize) {
            let due = rate.map_or(started, |rate| started + Duration::from_secs(1) * (batch * BATCH) / rate);
            thread::sleep(due.saturating_duration_since(Instant::now())); // The pace is what is asked for.
            let first = numbers.start + batch * BATCH;
            let bodies: Vec<String> = (first..first + BATCH).map(&body).collect();
            let entry = |message| Entry { message, ..Entry::default() };
            let entries: Vec<Entry<'_>> = bodies.iter().map(|body| entry(body.as_str())).collect();
            sns.publish_batch(topic, &entries).unwrap();
        }
    };
    thread::scope(|scope| {
        for share in 0..PUBLISHERS {
            let publish_share = &publish_share;
            scope.spawn(move || publish_share(share));
        }
    });
    let reached = f64::from(numbers.len() as u32) / started.elapsed().as_secs_f64();
    println!("{} messages published, {reached:.0} a second", numbers.len());
    reached
}
