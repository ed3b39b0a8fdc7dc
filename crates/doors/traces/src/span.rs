//! Something that was done, from when to when, and for whom.

use std::time::{Duration, SystemTime};

use crate::TraceContext;

/// What was done for somebody, finished.
#[derive(Clone, Debug)]
pub struct Span {
    /// Such as `SendMessage`.
    pub name: String,
    /// Which side this is.
    pub kind: SpanKind,
    /// The trace it belongs to; without one it begins its own.
    pub context: Option<TraceContext>,
    /// When it ended.
    pub ended_at: SystemTime,
    /// How long it took.
    pub took: Duration,
    /// What is to be known of it, under OpenTelemetry's names where they have one.
    pub attributes: Vec<(&'static str, String)>,
    /// Whether it failed through no fault of the caller, or at all if there is none.
    pub failed: bool,
}

/// Which side of an exchange a span is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpanKind {
    /// Answers a request.
    Server,
    /// Works off messages.
    Consumer,
}
