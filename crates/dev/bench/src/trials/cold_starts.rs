//! The first invocations of new functions, beside what it takes to start such a program at all.

use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use serde_json::Value;

use super::Findings;
use super::invokes::{event, path};
use crate::checks::Check;
use crate::function::{Language, Template};
use crate::home::{Homes, client};
use crate::rest;

/// So many new functions of each language.
const FUNCTIONS: usize = 10;
/// Of a bare start of the interpreter, which has the runtime and the handler to load besides.
const TIMES_MAX: f64 = 2.0;
/// A small executable starts faster than anything can be compared to.
const RUST_MILLIS_MAX: f64 = 20.0;

/// Invokes functions for the first time, one after the other.
pub async fn measure(homes: &Homes) -> Result<Findings> {
    let mut found = Findings::default();
    let home = homes.fresh()?;
    let name = |language: Language, number| format!("{}{number}", language.name());
    let mut template = Template::default();
    for language in Language::ALL {
        for number in 0..FUNCTIONS {
            template.function(&name(language, number), language, &[], &Value::Null);
        }
    }
    let server = home.start_with(&template).await?;
    let client = client(&server, false)?;
    for language in Language::ALL {
        let (mut bare, mut cold) = (Vec::new(), Vec::new());
        for number in 0..FUNCTIONS {
            bare.push(bare_start(language)?);
            let request = rest::request(&client, "POST", &path(&name(language, number)), &[], &event());
            let begun = Instant::now();
            let answer = rest::ask(&client, &request).await?;
            cold.push(begun.elapsed());
            ensure!(answer.len() >= event().len(), "a function answers {:?}", String::from_utf8_lossy(&answer));
        }
        let (bare, cold) = (median_millis(&mut bare), median_millis(&mut cold));
        found.tell(format!("{}, first invocation, p50", language.name()), cold, "ms");
        found.tell(format!("{}, a bare start, p50", language.name()), bare, "ms");
        let what = format!("cold start of {}", language.name());
        found.checks.push(match language {
            Language::Rust => Check::at_most(&what, cold, RUST_MILLIS_MAX, "ms"),
            _ => Check::at_most(&format!("{what}, of a bare start"), cold / bare, TIMES_MAX, "times"),
        });
    }
    Ok(found)
}

/// From the start of a program that does nothing to its end.
fn bare_start(language: Language) -> Result<Duration> {
    let mut command = language.bare_start()?;
    command.stdin(Stdio::null()).stdout(Stdio::null());
    let begun = Instant::now();
    let status = command.status()?;
    ensure!(status.success(), "a bare start of {} failed", language.name());
    Ok(begun.elapsed())
}

fn median_millis(times: &mut [Duration]) -> f64 {
    times.sort_unstable();
    times[times.len() / 2].as_secs_f64() * 1e3
}
