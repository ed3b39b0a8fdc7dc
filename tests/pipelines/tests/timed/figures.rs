//! What a run of webhooks took, and what the limit would have allowed at best.

use std::collections::BTreeMap;

use crate::shop::{CAPACITY, Call, LEAK_PER_SECOND};
use crate::states::Execution;

/// Finer than this a time since 1970 cannot be told.
const PLACE_EXACTNESS: f64 = 1e-4;

/// A run in numbers, for the table.
#[derive(Debug)]
pub(crate) struct Figures {
    pub(crate) webhooks: usize,
    pub(crate) calls: usize,
    pub(crate) refused: usize,
    /// The most executions that ran at the same time, of one mall and of all.
    pub(crate) of_a_mall: usize,
    pub(crate) of_all: usize,
    /// Executions that began their call before one of their mall that was to come first.
    pub(crate) overtaking: usize,
    pub(crate) function_seconds: f64,
    /// What as many undisturbed calls take.
    pub(crate) needed_seconds: f64,
    pub(crate) took_seconds: f64,
    /// What the limit allows.
    pub(crate) allowed_seconds: f64,
}

/// Prints runs side by side.
pub(crate) fn print_table(columns: &[(&str, &Figures)]) {
    let line = |label: &str, cell: &dyn Fn(&Figures) -> String| {
        let cells: Vec<String> = columns.iter().map(|(_, figures)| cell(figures)).collect();
        println!("| {label} | {} |", cells.join(" | "));
    };
    let names: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
    println!("| | {} |\n| --- |{}", names.join(" | "), " ---: |".repeat(names.len()));
    line("webhooks", &|run| run.webhooks.to_string());
    line("calls of the API", &|run| run.calls.to_string());
    line("of these refused (429)", &|run| run.refused.to_string());
    line("executions at once, of one mall", &|run| run.of_a_mall.to_string());
    line("executions at once, of all malls", &|run| run.of_all.to_string());
    line("changes that were overtaken", &|run| run.overtaking.to_string());
    line("function seconds", &|run| format!("{:.1}", run.function_seconds));
    line("function seconds needed", &|run| format!("{:.1}", run.needed_seconds));
    line("done after seconds", &|run| format!("{:.2}", run.took_seconds));
    line("seconds that the limit allows", &|run| format!("{:.2}", run.allowed_seconds));
}

/// The most executions that run at the same time; one that begins when another ends does not run with it.
pub(crate) fn most_at_once<'a>(executions: impl IntoIterator<Item = &'a Execution>) -> usize {
    let mut steps: Vec<(f64, isize)> = Vec::new();
    for execution in executions {
        steps.extend([(execution.started, 1), (execution.stopped, -1)]);
    }
    steps.sort_by(|one, other| one.0.total_cmp(&other.0).then(one.1.cmp(&other.1)));
    let mut running: isize = 0;
    steps
        .iter()
        .map(|(_, step)| {
            running += step;
            running
        })
        .max()
        .unwrap_or(0)
        .unsigned_abs()
}

/// How many of these come after one that is higher.
pub(crate) fn overtaken(numbers: &[usize]) -> usize {
    let mut highest = 0;
    let behind = numbers.iter().filter(|number| {
        highest = highest.max(**number);
        **number < highest
    });
    behind.count()
}

/// Calls by the mall that they are for.
pub(crate) fn by_mall(calls: &[Call]) -> BTreeMap<&str, Vec<&Call>> {
    let mut malls: BTreeMap<&str, Vec<&Call>> = BTreeMap::new();
    for call in calls {
        malls.entry(&call.mall).or_default().push(call);
    }
    malls
}

/// When the calls of one mall would be done by somebody who knows the bucket exactly: in order, one after the other, each
/// as soon as it is `known`, the one before has `passed`, the server is up, and the bucket has a place.
pub(crate) fn ideal_end(known: &[f64], pass: f64, outages: &[(f64, f64)]) -> f64 {
    let (mut level, mut seen, mut free) = (0.0_f64, f64::NEG_INFINITY, f64::NEG_INFINITY);
    for known_at in known {
        let mut at = known_at.max(free);
        loop {
            let level_then = (level - (at - seen) * LEAK_PER_SECOND).max(0.0);
            let excess = level_then + 1.0 - f64::from(CAPACITY);
            if excess > PLACE_EXACTNESS {
                at += excess / LEAK_PER_SECOND;
            } else if let Some((_, up)) = outages.iter().find(|(down, up)| *down < at + pass && at < *up) {
                at = *up;
            } else {
                level = level_then + 1.0;
                break;
            }
        }
        (seen, free) = (at, at + pass);
    }
    free
}

pub(crate) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}

#[test]
fn the_ideal_uses_the_bucket_to_the_full() {
    let begun = 1e9;
    let seconds = |outages: &[(f64, f64)]| {
        let outages: Vec<_> = outages.iter().map(|(down, up)| (begun + down, begun + up)).collect();
        let end = ideal_end(&[begun; 50], 0.1, &outages) - begun;
        (end * 1000.0).round() / 1000.0
    };
    assert_eq!(seconds(&[]), 8.1);
    // While the server is down the bucket leaks, and is poured full again afterwards.
    assert_eq!(seconds(&[(4.0, 5.0)]), 8.1);
    // What would leak out of an empty bucket is lost.
    assert_eq!(seconds(&[(0.0, 1.0)]), 9.1);
}
