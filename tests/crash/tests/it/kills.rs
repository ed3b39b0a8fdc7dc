//! `kill -9`, hundreds of times over one data directory, under load.

use std::env;
use std::time::Duration;

use bongsu_testkit::Server;

use crate::load::{End, Load};
use crate::random::Random;

/// Kills unless `BONGSU_CRASH_CYCLES` says otherwise.
const CYCLES: u64 = 200;
/// Acknowledged sends and deletes from one kill to the next.
const SUCCESSES: std::ops::Range<u64> = 20..600;
/// In one cycle of so many, the server is killed once more while it starts.
const KILLED_TWICE_ONE_IN: u64 = 5;
/// When, after it was started, in microseconds.
const START_MICROS: std::ops::Range<u64> = 0..40_000;

/// How often to kill, and what makes the random choices.
pub(crate) struct Plan {
    pub(crate) cycles: u64,
    pub(crate) seed: u64,
}

impl Plan {
    pub(crate) fn of_environment() -> Plan {
        let number = |name: &str| env::var(name).ok().map(|text| text.parse::<u64>().expect("a number"));
        let cycles = number("BONGSU_CRASH_CYCLES").unwrap_or(CYCLES);
        let seed = number("BONGSU_CRASH_SEED").unwrap_or_else(|| u64::from(std::process::id()));
        println!("{cycles} cycles; BONGSU_CRASH_SEED={seed} repeats the clients' and killer's choices");
        Plan { cycles, seed }
    }
}

/// Has a killed server serve again, after it was sometimes killed once more while it started.
pub(crate) fn restart(server: &mut Server, random: &mut Random) {
    if random.one_in(KILLED_TWICE_ONE_IN) {
        server.restart_and_kill_nine(Duration::from_micros(random.within(START_MICROS))).unwrap();
    }
    server.restart().unwrap();
}

#[test]
fn what_was_acknowledged_survives_hundreds_of_kills() {
    let Plan { cycles, seed } = Plan::of_environment();
    let mut random = Random::new(seed);
    let data = tempfile::tempdir().unwrap();
    let mut server = Server::serve(data.path());
    let load = Load::start(&server, End::Sudden, &mut random);
    for _ in 0..cycles {
        load.run(random.within(SUCCESSES));
        load.pause();
        server.kill_nine();
        restart(&mut server, &mut random);
        load.resume();
    }
    let counts = load.finish(&server);
    println!("{counts:?}");
    assert!(server.stop().success(), "{}", server.output());
}
