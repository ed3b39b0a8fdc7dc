//! Whole lives of a broker on a simulated disk: a seed decides what clients do, when the power goes, and what is torn.
//!
//! `BONGSU_SIMULATION_SEEDS=1000` plays more lives than usual, `BONGSU_SIMULATION_SEED=17` one of them alone.

#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test says so by failing")]

mod ledger;
mod life;
mod settled;

use std::env;

/// Lives that are played when nobody says how many.
const SEEDS: u64 = 40;

/// Names the seed when a life ends in a panic.
struct Named(u64);

impl Drop for Named {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("Play it again alone with BONGSU_SIMULATION_SEED={}", self.0);
        }
    }
}

fn play(seed: u64) -> life::Told {
    let _named = Named(seed);
    life::play(seed)
}

fn number(variable: &str) -> Option<u64> {
    env::var(variable).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{variable}={text} is not a number")))
}

#[test]
fn every_life_keeps_every_promise() {
    let seeds = match number("BONGSU_SIMULATION_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("BONGSU_SIMULATION_SEEDS").unwrap_or(SEEDS),
    };
    let (count, mut crashes, mut trims) = (seeds.end - seeds.start, 0, 0);
    for seed in seeds {
        let told = play(seed);
        crashes += told.crashes;
        trims += u64::from(told.trimmed);
    }
    // Otherwise the lives are too quiet to prove anything.
    assert!(count < SEEDS || (crashes > count && trims > count / 2), "{crashes} crashes, {trims} trimmed logs");
}

#[test]
fn a_seed_repeats_its_life() {
    for seed in 0..3 {
        assert_eq!(play(seed), play(seed));
    }
}
