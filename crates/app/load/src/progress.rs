//! Tells a person how a run is going: a bar on a terminal, a line a second elsewhere.

use std::io::{IsTerminal as _, Write as _, stderr};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use tokio::time::{Instant, interval_at};

use crate::table::grouped;
use crate::{Snapshot, Stage};

const BAR_EVERY: Duration = Duration::from_millis(100);
const LINE_EVERY: Duration = Duration::from_secs(1);

/// Shows on standard error what the workers of a stage do, until it is over.
pub async fn show_progress(stage: &Stage) {
    tokio::select! {
        () = stage.until_over() => {}
        () = show(stage) => {}
    }
}

async fn show(stage: &Stage) {
    let bar = stderr().is_terminal().then(|| bar(stage.whole()));
    let every = if bar.is_some() { BAR_EVERY } else { LINE_EVERY };
    let mut ticks = interval_at(Instant::now() + every, every);
    let mut before = stage.so_far();
    loop {
        ticks.tick().await;
        let now = stage.so_far();
        match &bar {
            Some(bar) => {
                bar.set_position(u64::try_from(now.elapsed.as_millis()).unwrap_or(u64::MAX));
                bar.set_message(line(&now, now.elapsed.saturating_sub(stage.warm_up()), 0));
            }
            None => {
                let text = line(&now, now.elapsed.saturating_sub(before.elapsed), before.messages);
                // Not worth failing for.
                writeln!(stderr(), "{:>4} s  {text}", now.elapsed.as_secs()).unwrap_or_default();
                before = now;
            }
        }
    }
}

/// Gone from the terminal once it is dropped, so that what follows is the result alone.
fn bar(whole: Duration) -> ProgressBar {
    let bar = ProgressBar::new(u64::try_from(whole.as_millis()).unwrap_or(u64::MAX));
    let style = ProgressStyle::with_template("{wide_bar} {elapsed_precise}  {msg}").expect("the template is right");
    bar.with_style(style).with_finish(indicatif::ProgressFinish::AndClear)
}

fn line(now: &Snapshot, time: Duration, before: u64) -> String {
    let rate = (now.messages - before) as f64 / time.as_secs_f64().max(0.001);
    let (rate, p99, errors) = (grouped(rate), now.p99_micros / 1e3, grouped(now.errors as f64));
    format!("{rate} messages/s  p99 {p99:.2} ms  {errors} errors")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_tells_the_rate_of_its_own_time() {
        let now = Snapshot { elapsed: Duration::from_secs(3), messages: 25_000, errors: 2, p99_micros: 1250.0 };
        assert_eq!(line(&now, Duration::from_secs(1), 15_000), "10,000 messages/s  p99 1.25 ms  2 errors");
    }

    #[test]
    fn the_bar_has_a_style() {
        bar(Duration::from_secs(1)).tick();
    }
}
