//! Whole lives of a broker on a simulated disk: a seed decides what clients do, when the power goes, and what is torn.
//!
//! `BONGSU_SIMULATION_SEEDS=1000` plays more lives than usual, `BONGSU_SIMULATION_SEED=17` one of them alone.

#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test says so by failing")]

mod content;
mod ledger;
mod life;
mod pipelines;
mod server;
mod setting;
mod settled;
mod versions;
mod workers;
mod workflows;
mod works;

use std::env;
use std::ops::Range;

/// Lives that are played when nobody says how many.
const SEEDS: u64 = 40;
/// The same, of pipelines, which are longer.
const SEEDS_OF_PIPELINES: u64 = 15;

/// The same, of workflows.
const SEEDS_OF_WORKFLOWS: u64 = 15;

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

fn play_pipelines(seed: u64) -> pipelines::Told {
    let _named = Named(seed);
    pipelines::play(seed)
}

fn play_workflows(seed: u64) -> workflows::Told {
    let _named = Named(seed);
    workflows::play(seed)
}

/// The seeds that are asked for, or else so many.
fn seeds(usual: u64) -> Range<u64> {
    match number("BONGSU_SIMULATION_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("BONGSU_SIMULATION_SEEDS").unwrap_or(usual),
    }
}

fn number(variable: &str) -> Option<u64> {
    env::var(variable).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{variable}={text} is not a number")))
}

#[test]
fn every_life_keeps_every_promise() {
    let seeds = seeds(SEEDS);
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
fn every_life_of_pipelines_keeps_every_promise() {
    let seeds = seeds(SEEDS_OF_PIPELINES);
    let (count, mut crashes, mut trims, mut works) = (seeds.end - seeds.start, 0, 0, 0);
    for seed in seeds {
        let told = play_pipelines(seed);
        crashes += told.crashes;
        trims += u64::from(told.trimmed);
        works += told.works;
    }
    eprintln!("{count} lives: {works} works, {crashes} crashes, {trims} trimmed logs");
    assert!(count < SEEDS_OF_PIPELINES || (crashes > count && trims > count / 2), "{crashes} crashes, {trims} trimmed");
}

#[test]
fn every_life_of_workflows_keeps_every_promise() {
    let seeds = seeds(SEEDS_OF_WORKFLOWS);
    let (count, mut crashes, mut trims, mut executions, mut redrives) = (seeds.end - seeds.start, 0, 0, 0, 0);
    for seed in seeds {
        let told = play_workflows(seed);
        crashes += told.crashes;
        trims += u64::from(told.trimmed);
        executions += told.executions;
        redrives += told.redrives;
    }
    eprintln!("{count} lives: {executions} executions, {redrives} redrives, {crashes} crashes, {trims} trimmed logs");
    let is_lively = crashes > count && trims > count / 2 && redrives as u64 > count;
    assert!(count < SEEDS_OF_WORKFLOWS || is_lively, "{crashes} crashes, {trims} trimmed, {redrives} redrives");
}

#[test]
fn a_seed_repeats_its_life() {
    // A life of pipelines also has threads that wait for the disk of large contents: its choices repeat, their order not
    // always.
    for seed in 0..3 {
        assert_eq!(play(seed), play(seed));
    }
}
