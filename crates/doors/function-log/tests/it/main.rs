//! The log on a disk: what is kept, for how long, and how it is found.
#![allow(clippy::unwrap_used, reason = "a test says so by failing")]

mod hundred_thousand;
mod keeping;
mod searching;

use std::sync::Arc;

use bongsu_function_log::{NewLine, Page, Source};

/// 2026-11-23T00:00:00Z.
pub(crate) const MIDNIGHT_MS: u64 = 1_795_392_000_000;

/// A line of function `til` at so many milliseconds after midnight.
pub(crate) fn line(at_ms: u64, text: &str) -> NewLine {
    NewLine {
        time_ms: MIDNIGHT_MS + at_ms,
        function: "til".into(),
        version: "$LATEST".into(),
        request_id: Some(Arc::from(format!("r-{at_ms}"))),
        source: Source::Stdout,
        text: text.to_owned(),
    }
}

pub(crate) fn texts(page: &Page) -> Vec<&str> {
    page.lines.iter().map(|line| line.text.as_str()).collect()
}
