//! The part of the page at `/metrics` that is about functions and the mappings that feed them.

use std::fmt;

use bongsu_aws_api::lambda::mapping_uuid;
use bongsu_broker::Mapping;
use bongsu_runtime::FunctionMetrics;
use prometheus_client::encoding::DescriptorEncoder;
use prometheus_client::metrics::MetricType;

use crate::function_counters::{Counted, FunctionCounters, MappingCounters, Milliseconds};
use crate::metrics::{counter, distribution, histogram};

const MILLIS_A_SECOND: f64 = 1e3;

/// A number of a function as it is now.
type FunctionGauge = fn(&FunctionMetrics) -> f64;
/// How often something happened to a function.
type FunctionCounter = fn(&FunctionMetrics, &FunctionCounters) -> u64;
/// How many messages of a mapping something happened to.
type MappingCounter = fn(&MappingCounters) -> u64;
/// Times of a function.
type FunctionTimes = fn(&FunctionCounters) -> &Milliseconds;

/// One row a gauge of a function: its name, what it tells, its value.
const GAUGES: &[(&str, &str, FunctionGauge)] = &[
    ("bongsu_lambda_concurrent_executions", "Invocations that go on.", |function| {
        f64::from(function.statistics.running)
    }),
    ("bongsu_lambda_async_events_waiting", "Events that the function has not had.", |function| {
        function.statistics.queued as f64
    }),
    (
        "bongsu_lambda_async_oldest_event_age_seconds",
        "Since the oldest event that the function has not had was taken.",
        |function| function.statistics.oldest_age.unwrap_or_default().as_secs_f64(),
    ),
];

/// One row a counter of a function, whose name is served with `_total` behind it.
const COUNTERS: &[(&str, &str, FunctionCounter)] = &[
    ("bongsu_lambda_invocations", "Invocations that ended, however they did.", |_, counters| counters.duration.count()),
    ("bongsu_lambda_errors", "Invocations that ended with an error.", |_, counters| counters.errors),
    ("bongsu_lambda_throttles", "Invocations that were refused for the limit's sake.", |_, counters| {
        counters.throttles
    }),
    ("bongsu_lambda_async_events_received", "Events that were taken.", |function, _| function.events.received),
    ("bongsu_lambda_async_events_dropped", "Events that were given up.", |function, _| function.events.dropped),
    (
        "bongsu_lambda_destination_delivery_failures",
        "Records and dead letters that nobody could take.",
        |function, _| function.events.undelivered,
    ),
];

/// One row a histogram of a function.
const TIMES: &[(&str, &str, FunctionTimes)] = &[
    ("bongsu_lambda_duration_seconds", "How long invocations took.", |counters| &counters.duration),
    ("bongsu_lambda_async_event_age_seconds", "How old events were at each attempt.", |counters| &counters.event_age),
];

/// One row a counter of a mapping.
const MAPPING_COUNTERS: &[(&str, &str, MappingCounter)] = &[
    ("bongsu_lambda_polled_event_count", "Messages received for the function.", |counters| counters.polled),
    ("bongsu_lambda_filtered_out_event_count", "Messages that no filter let through.", |counters| {
        counters.filtered_out
    }),
    ("bongsu_lambda_invoked_event_count", "Messages that the function was given.", |counters| counters.invoked),
    ("bongsu_lambda_failed_invoke_event_count", "Messages that it did not work off.", |counters| counters.failed),
    ("bongsu_lambda_deleted_event_count", "Messages worked off or filtered out.", |counters| counters.deleted),
];

/// Writes the numbers of all functions and mappings.
pub(crate) fn encode(
    functions: &[FunctionMetrics],
    counted: &Counted,
    mappings: &[Mapping],
    to: &mut DescriptorEncoder<'_>,
) -> fmt::Result {
    let idle = FunctionCounters::default();
    let counters = |function: &FunctionMetrics| counted.functions.get(&function.name).unwrap_or(&idle);
    for (name, help, value) in GAUGES {
        let mut metric = to.encode_descriptor(name, help, None, MetricType::Gauge)?;
        for function in functions {
            metric.encode_family(&[("function", &*function.name)])?.encode_gauge(&value(function))?;
        }
    }
    for (name, help, value) in COUNTERS {
        let mut metric = to.encode_descriptor(name, help, None, MetricType::Counter)?;
        for function in functions {
            counter(metric.encode_family(&[("function", &*function.name)])?, value(function, counters(function)))?;
        }
    }
    for (name, help, times) in TIMES {
        let mut metric = distribution(to, (name, help))?;
        for function in functions {
            let labels = [("function", &*function.name)];
            histogram(metric.encode_family(&labels)?, times(counters(function)), MILLIS_A_SECOND)?;
        }
    }
    let labelled: Vec<_> = mappings.iter().map(|mapping| (mapping, mapping_uuid(mapping.id))).collect();
    for (name, help, value) in MAPPING_COUNTERS {
        let mut metric = to.encode_descriptor(name, help, None, MetricType::Counter)?;
        for (mapping, uuid) in &labelled {
            let counters = counted.mappings.get(&mapping.id).copied().unwrap_or_default();
            let labels = [
                ("mapping", uuid.as_str()),
                ("queue", &*mapping.definition.queue.name),
                ("function", &*mapping.definition.function.name),
            ];
            counter(metric.encode_family(&labels)?, value(&counters))?;
        }
    }
    Ok(())
}
