//! Calls that keep to limits, on the page at `/metrics`: by kind, of which there are few, whatever has limits.

use std::fmt;

use bongsu_runtime::CallMetrics;
use prometheus_client::encoding::DescriptorEncoder;
use prometheus_client::metrics::MetricType;

use crate::metrics::counter;

/// A number as it is now.
type Gauge = fn(&CallMetrics) -> u32;
/// How often something happened.
type Counter = fn(&CallMetrics) -> u64;

const GAUGES: &[(&str, &str, Gauge)] = &[
    ("bongsu_calls_waiting", "Calls that wait for their limits.", |calls| calls.now.waiting),
    ("bongsu_calls_running", "Calls within limits that go on.", |calls| calls.now.running),
];

/// Served with `_total` behind their names.
const COUNTERS: &[(&str, &str, Counter)] = &[
    ("bongsu_calls_begun", "Calls that their limits let begin.", |calls| calls.begun),
    ("bongsu_calls_refused", "Calls that came too early for their targets.", |calls| calls.refused),
];

pub(crate) fn encode(calls: &[CallMetrics], to: &mut DescriptorEncoder<'_>) -> fmt::Result {
    for (name, help, value) in GAUGES {
        let mut metric = to.encode_descriptor(name, help, None, MetricType::Gauge)?;
        for calls in calls {
            metric.encode_family(&[("kind", &*calls.kind)])?.encode_gauge(&f64::from(value(calls)))?;
        }
    }
    for (name, help, value) in COUNTERS {
        let mut metric = to.encode_descriptor(name, help, None, MetricType::Counter)?;
        for calls in calls {
            counter(metric.encode_family(&[("kind", &*calls.kind)])?, value(calls))?;
        }
    }
    Ok(())
}
