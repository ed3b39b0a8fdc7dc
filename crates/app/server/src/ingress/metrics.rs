//! The part of the page at `/metrics` that is about routes.

use std::fmt;

use bongsu_gateway::{Counts, LatencyMicros, RouteMetrics};
use prometheus_client::encoding::DescriptorEncoder;
use prometheus_client::metrics::MetricType;

use crate::metrics::{counter, distribution, histogram};

const MICROS_A_SECOND: f64 = 1e6;

/// How often something happened at a route.
type RouteCounter = fn(&Counts) -> u64;
/// How long something took.
type RouteDistribution = fn(&Counts) -> &LatencyMicros;

/// One row a counter of a route, whose name is served with `_total` behind it.
const COUNTERS: [(&str, &str, RouteCounter); 3] = [
    ("bongsu_gateway_count", "Requests.", |counts| counts.latency.count()),
    ("bongsu_gateway_4xx", "Answers that blame the client.", |counts| counts.client_errors),
    ("bongsu_gateway_5xx", "Answers that blame this side.", |counts| counts.server_errors),
];

/// One row a distribution.
const DISTRIBUTIONS: [((&str, &str), RouteDistribution); 2] = [
    (("bongsu_gateway_latency_seconds", "From a request's head to its answer."), |counts| &counts.latency),
    (("bongsu_gateway_integration_latency_seconds", "Of which the integration took so long."), |counts| {
        &counts.integration_latency
    }),
];

/// Writes the numbers of all routes.
pub(crate) fn encode(routes: &[RouteMetrics], to: &mut DescriptorEncoder<'_>) -> fmt::Result {
    for (name, help, value) in COUNTERS {
        let mut metric = to.encode_descriptor(name, help, None, MetricType::Counter)?;
        for route in routes {
            counter(metric.encode_family(&labels(route))?, value(&route.counts))?;
        }
    }
    for (descriptor, value) in DISTRIBUTIONS {
        let mut metric = distribution(to, descriptor)?;
        for route in routes {
            histogram(metric.encode_family(&labels(route))?, value(&route.counts), MICROS_A_SECOND)?;
        }
    }
    Ok(())
}

fn labels(route: &RouteMetrics) -> [(&'static str, &str); 3] {
    [("api", route.api.as_str()), ("stage", route.stage.as_str()), ("route", route.route.as_str())]
}
