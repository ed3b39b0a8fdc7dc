//! Spans as OTLP spells them in JSON. <https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding>

use std::time::{Duration, SystemTime};

use serde::Serialize;

use crate::{Span, SpanKind};

const SERVICE: &str = "bongsu";
const STATUS_ERROR: u8 = 2;

/// A span with the ids it is known by.
pub(crate) struct Identified {
    pub(crate) span: Span,
    pub(crate) trace_id: u128,
    pub(crate) span_id: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Export<'a> {
    resource_spans: [ResourceSpans<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ResourceSpans<'a> {
    resource: Resource<'a>,
    scope_spans: [ScopeSpans<'a>; 1],
}

#[derive(Serialize)]
struct Resource<'a> {
    attributes: [Attribute<'a>; 2],
}

#[derive(Serialize)]
struct ScopeSpans<'a> {
    scope: Scope,
    spans: Vec<SpanJson<'a>>,
}

#[derive(Serialize)]
struct Scope {
    name: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SpanJson<'a> {
    trace_id: String,
    span_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    parent_span_id: Option<String>,
    name: &'a str,
    kind: u8,
    /// 64-bit numbers are text in JSON.
    start_time_unix_nano: String,
    end_time_unix_nano: String,
    attributes: Vec<Attribute<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<Status>,
}

#[derive(Serialize)]
struct Attribute<'a> {
    key: &'a str,
    value: Value<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Value<'a> {
    string_value: &'a str,
}

#[derive(Serialize)]
struct Status {
    code: u8,
}

/// The body of one export.
pub(crate) fn encode(spans: &[Identified]) -> Vec<u8> {
    let attributes = [attribute("service.name", SERVICE), attribute("service.version", env!("CARGO_PKG_VERSION"))];
    let scope_spans = ScopeSpans { scope: Scope { name: SERVICE }, spans: spans.iter().map(json).collect() };
    let export =
        Export { resource_spans: [ResourceSpans { resource: Resource { attributes }, scope_spans: [scope_spans] }] };
    serde_json::to_vec(&export).expect("structures and texts are always JSON")
}

fn json(identified: &Identified) -> SpanJson<'_> {
    let Identified { span, trace_id, span_id } = identified;
    let ended = span.ended_at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let nanos = |at: Duration| at.as_nanos().to_string();
    SpanJson {
        trace_id: format!("{trace_id:032x}"),
        span_id: format!("{span_id:016x}"),
        parent_span_id: span.context.and_then(|context| context.parent).map(|parent| format!("{parent:016x}")),
        name: &span.name,
        kind: match span.kind {
            SpanKind::Server => 2,
            SpanKind::Consumer => 5,
        },
        start_time_unix_nano: nanos(ended.saturating_sub(span.took)),
        end_time_unix_nano: nanos(ended),
        attributes: span.attributes.iter().map(|(key, value)| attribute(key, value)).collect(),
        status: span.failed.then_some(Status { code: STATUS_ERROR }),
    }
}

fn attribute<'a>(key: &'a str, value: &'a str) -> Attribute<'a> {
    Attribute { key, value: Value { string_value: value } }
}
