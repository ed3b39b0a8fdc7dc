//! Carries traces along, and exports spans over OTLP.
//!
//! A [`TraceContext`] is read from what requests and messages bring with them. An [`Exporter`] takes finished [`Span`]s
//! without ever waiting, and sends them to an OpenTelemetry collector in batches.

mod context;
mod endpoint;
mod exporter;
mod otlp;
mod span;

pub use context::TraceContext;
pub use endpoint::{Endpoint, EndpointFault};
pub use exporter::{BATCH_SPANS_MAX, Exporter, Exporting, SPANS_WAITING_MAX, start};
pub use span::{Span, SpanKind};
