//! The page at `/metrics`: every number that the server tells, under the names that CloudWatch or Prometheus give them.

use std::fmt;
use std::time::SystemTime;

use bongsu_aws_api::observation::RequestMetrics;
use bongsu_broker::{FaultKind, GroupStatistics, Mapping};
use bongsu_function_log::LogCounts;
use bongsu_gateway::RouteMetrics;
use bongsu_histogram::Histogram;
use bongsu_runtime::{Metrics, QueueMetrics};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{DescriptorEncoder, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::Registry;

use crate::function_counters::Counted;
use crate::{call_metrics, function_metrics, ingress, object_metrics, topic_metrics};

/// What a page of [`Page::text`] is.
pub(crate) const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

const MICROS_A_SECOND: f64 = 1e6;

/// A number of a queue as it is now; none if it means nothing for this kind of queue.
type QueueGauge = fn(&QueueMetrics) -> Option<f64>;
/// How often something happened at a queue.
type QueueCounter = fn(&QueueMetrics) -> u64;
/// A number of the whole server.
type ServerGauge = fn(&Page) -> f64;

/// One row a gauge of a queue: its name, what it tells, its value.
const QUEUE_GAUGES: &[(&str, &str, QueueGauge)] = &[
    ("bongsu_sqs_approximate_number_of_messages_visible", "Messages that can be received.", |queue| {
        Some(queue.statistics.visible as f64)
    }),
    ("bongsu_sqs_approximate_number_of_messages_not_visible", "Messages in flight.", |queue| {
        Some(queue.statistics.in_flight as f64)
    }),
    ("bongsu_sqs_approximate_number_of_messages_delayed", "Messages that were never visible yet.", |queue| {
        Some(queue.statistics.delayed as f64)
    }),
    ("bongsu_sqs_approximate_age_of_oldest_message_seconds", "Since the oldest message was sent.", |queue| {
        Some(queue.statistics.oldest_age.unwrap_or_default().as_secs_f64())
    }),
    (
        "bongsu_sqs_approximate_number_of_groups_with_inflight_messages",
        "FIFO: message groups with messages in flight.",
        |queue| match queue.statistics.groups {
            GroupStatistics::Fifo { in_flight } => Some(in_flight as f64),
            GroupStatistics::Fair { .. } => None,
        },
    ),
    (
        "bongsu_sqs_approximate_number_of_noisy_groups",
        "Standard: message groups that come after all others.",
        |queue| fair(queue, |groups| groups.noisy),
    ),
    (
        "bongsu_sqs_approximate_number_of_messages_visible_in_quiet_groups",
        "Standard: visible messages, without those of noisy groups.",
        |queue| fair(queue, |groups| groups.visible),
    ),
    (
        "bongsu_sqs_approximate_number_of_messages_not_visible_in_quiet_groups",
        "Standard: messages in flight, without those of noisy groups.",
        |queue| fair(queue, |groups| groups.in_flight),
    ),
    (
        "bongsu_sqs_approximate_number_of_messages_delayed_in_quiet_groups",
        "Standard: delayed messages, without those of noisy groups.",
        |queue| fair(queue, |groups| groups.delayed),
    ),
    (
        "bongsu_sqs_approximate_age_of_oldest_message_in_quiet_groups_seconds",
        "Standard: since the next message to be received was sent, without those of noisy groups.",
        |queue| match queue.statistics.groups {
            GroupStatistics::Fair { quiet_oldest_age, .. } => Some(quiet_oldest_age.unwrap_or_default().as_secs_f64()),
            GroupStatistics::Fifo { .. } => None,
        },
    ),
];

/// One row a counter of a queue, whose name is served with `_total` behind it.
const QUEUE_COUNTERS: &[(&str, &str, QueueCounter)] = &[
    ("bongsu_sqs_number_of_messages_sent", "Messages accepted, without duplicates and moves.", |queue| {
        queue.counters.sent_bytes.count()
    }),
    ("bongsu_sqs_number_of_messages_received", "Messages handed out, each time.", |queue| queue.counters.received),
    ("bongsu_sqs_number_of_messages_deleted", "Successful deletes, repeated ones too.", |queue| queue.counters.deleted),
    ("bongsu_sqs_number_of_empty_receives", "Receives answered with nothing.", |queue| queue.counters.empty_receives),
    ("bongsu_sqs_number_of_deduplicated_sent_messages", "Sends that the queue had already.", |queue| {
        queue.counters.deduplicated
    }),
];

const SENT_BYTES: (&str, &str) = ("bongsu_sqs_sent_message_size_bytes", "Sizes of messages, attributes included.");

const FAULTS: (&str, &str) = ("bongsu_sqs_faults_injected", "Messages with which something went wrong on purpose.");

/// One row a gauge of the server.
const SERVER_GAUGES: &[(&str, &str, ServerGauge)] = &[
    ("bongsu_waiting_receives", "Long polls that wait now.", |page| page.shard.waiting_receives as f64),
    ("bongsu_journal_disk_bytes", "What the journal takes of the disk, or of memory.", |page| {
        page.shard.disk_bytes as f64
    }),
    ("bongsu_journal_alive_bytes", "Records of the journal that hold live messages and objects.", |page| {
        page.shard.alive_bytes as f64
    }),
    ("process_resident_memory_bytes", "Memory of the process.", |page| page.process.resident_bytes as f64),
    ("process_start_time_seconds", "When the process began to serve, since 1970.", |page| {
        page.process.started_at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs_f64()
    }),
];

const SYNC_SECONDS: (&str, &str) = ("bongsu_journal_sync_seconds", "Writing batches through to the disk.");
const BATCH_BYTES: (&str, &str) = ("bongsu_journal_batch_bytes", "Sizes of batches handed to the journal.");
const BATCH_FACTS: (&str, &str) = ("bongsu_journal_batch_facts", "Facts in batches handed to the journal.");
const REQUESTS: (&str, &str) = ("bongsu_requests", "Answered requests.");
const REQUEST_SECONDS: (&str, &str) =
    ("bongsu_request_seconds", "Time until the answer, without waiting for messages.");
const LOG_LINES_LEFT_OUT: (&str, &str) =
    ("bongsu_log_lines_left_out", "Refused or slow requests that were not logged, because there were too many.");

const FUNCTION_LOG_LINES_WRITTEN: (&str, &str) =
    ("bongsu_function_log_lines_written", "Lines of functions that went into the log that can be searched.");
const FUNCTION_LOG_LINES_LEFT_OUT: (&str, &str) = (
    "bongsu_function_log_lines_left_out",
    "Lines of functions that did not, because there were too many or the disk did not take them.",
);
const SPANS_DROPPED: (&str, &str) =
    ("bongsu_spans_dropped", "Spans that did not reach the collector, because it was slow or away.");

/// The process in numbers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Process {
    pub(crate) resident_bytes: u64,
    pub(crate) started_at: SystemTime,
}

/// Everything that is told at one moment.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) shard: Metrics,
    /// What functions and mappings have done.
    pub(crate) counted: Counted,
    pub(crate) mappings: Vec<Mapping>,
    pub(crate) requests: Vec<RequestMetrics>,
    pub(crate) log_lines_left_out: u64,
    pub(crate) function_log: LogCounts,
    pub(crate) spans_dropped: u64,
    pub(crate) routes: Vec<RouteMetrics>,
    pub(crate) process: Process,
}

impl Page {
    /// Takes tens of milliseconds for ten thousand queues: not to be called where requests are answered.
    pub(crate) fn text(self) -> String {
        let mut registry = Registry::default();
        registry.register_collector(Box::new(self));
        let mut text = String::new();
        encode(&mut text, &registry).expect("a string takes everything");
        text
    }
}

impl Collector for Page {
    fn encode(&self, mut to: DescriptorEncoder<'_>) -> fmt::Result {
        let account = |queue: &QueueMetrics| queue.name.account.to_string();
        let queues: Vec<_> = self.shard.queues.iter().map(|queue| (queue, account(queue))).collect();
        for (name, help, value) in QUEUE_GAUGES {
            let mut metric = to.encode_descriptor(name, help, None, MetricType::Gauge)?;
            for (queue, account) in &queues {
                if let Some(value) = value(queue) {
                    metric.encode_family(&labels(queue, account))?.encode_gauge(&value)?;
                }
            }
        }
        for (name, help, value) in QUEUE_COUNTERS {
            let mut metric = to.encode_descriptor(name, help, None, MetricType::Counter)?;
            for (queue, account) in &queues {
                counter(metric.encode_family(&labels(queue, account))?, value(queue))?;
            }
        }
        let mut metric = distribution(&mut to, SENT_BYTES)?;
        for (queue, account) in &queues {
            histogram(metric.encode_family(&labels(queue, account))?, &queue.counters.sent_bytes, 1.0)?;
        }
        let mut metric = to.encode_descriptor(FAULTS.0, FAULTS.1, None, MetricType::Counter)?;
        for (queue, account) in &queues {
            for (kind, count) in faults(&queue.counters.faults) {
                let [name, account] = labels(queue, account);
                counter(metric.encode_family(&[name, account, ("fault", kind.name())])?, count)?;
            }
        }
        topic_metrics::encode(&self.shard.topics, &mut to)?;
        function_metrics::encode(&self.shard.functions, &self.counted, &self.mappings, &mut to)?;
        call_metrics::encode(&self.shard.calls, &mut to)?;
        ingress::encode(&self.routes, &mut to)?;
        object_metrics::encode(&self.shard.objects, &mut to)?;
        for (name, help, value) in SERVER_GAUGES {
            to.encode_descriptor(name, help, None, MetricType::Gauge)?.encode_gauge(&value(self))?;
        }
        let Metrics { sync_micros, batch_bytes, batch_facts, .. } = &self.shard;
        histogram(distribution(&mut to, SYNC_SECONDS)?, sync_micros, MICROS_A_SECOND)?;
        histogram(distribution(&mut to, BATCH_BYTES)?, batch_bytes, 1.0)?;
        histogram(distribution(&mut to, BATCH_FACTS)?, batch_facts, 1.0)?;
        let mut metric = to.encode_descriptor(REQUESTS.0, REQUESTS.1, None, MetricType::Counter)?;
        for requests in &self.requests {
            counter(metric.encode_family(&request_labels(requests))?, requests.micros.count())?;
        }
        let mut metric = distribution(&mut to, REQUEST_SECONDS)?;
        for requests in &self.requests {
            histogram(metric.encode_family(&request_labels(requests))?, &requests.micros, MICROS_A_SECOND)?;
        }
        for ((name, help), count) in [
            (LOG_LINES_LEFT_OUT, self.log_lines_left_out),
            (FUNCTION_LOG_LINES_WRITTEN, self.function_log.written),
            (FUNCTION_LOG_LINES_LEFT_OUT, self.function_log.left_out),
            (SPANS_DROPPED, self.spans_dropped),
        ] {
            counter(to.encode_descriptor(name, help, None, MetricType::Counter)?, count)?;
        }
        Ok(())
    }
}

/// Those that happened: a page without any says nothing of faults.
pub(crate) fn faults(counts: &[u64; FaultKind::ALL.len()]) -> impl Iterator<Item = (FaultKind, u64)> {
    FaultKind::ALL.into_iter().zip(*counts).filter(|(_, count)| *count > 0)
}

pub(crate) fn distribution<'a>(
    to: &'a mut DescriptorEncoder<'_>,
    (name, help): (&'static str, &'static str),
) -> Result<MetricEncoder<'a>, fmt::Error> {
    to.encode_descriptor(name, help, None, MetricType::Histogram)
}

fn labels<'a>(queue: &'a QueueMetrics, account: &'a str) -> [(&'static str, &'a str); 2] {
    [("queue", &*queue.name.name), ("account", account)]
}

fn request_labels(requests: &RequestMetrics) -> [(&'static str, &'static str); 2] {
    [("operation", requests.operation), ("code", requests.code)]
}

pub(crate) fn counter(mut to: MetricEncoder<'_>, count: u64) -> fmt::Result {
    to.encode_counter::<NoLabelSet, _, u64>(&count, None)
}

/// Writes a histogram in a unit of which one is so many of those counted.
pub(crate) fn histogram<const N: usize>(
    mut to: MetricEncoder<'_>,
    histogram: &Histogram<N>,
    a_unit: f64,
) -> fmt::Result {
    let within = histogram.buckets().map(|(bound, count)| (bound as f64 / a_unit, count));
    let buckets: Vec<_> = within.chain([(f64::INFINITY, histogram.beyond())]).collect();
    to.encode_histogram::<NoLabelSet>(histogram.sum() as f64 / a_unit, histogram.count(), &buckets, None)
}

/// The numbers of a standard queue's groups.
struct Fair {
    noisy: usize,
    visible: usize,
    in_flight: usize,
    delayed: usize,
}

fn fair(queue: &QueueMetrics, value: fn(Fair) -> usize) -> Option<f64> {
    match queue.statistics.groups {
        GroupStatistics::Fair { noisy, quiet_visible, quiet_in_flight, quiet_delayed, .. } => {
            let (visible, in_flight, delayed) = (quiet_visible, quiet_in_flight, quiet_delayed);
            Some(value(Fair { noisy, visible, in_flight, delayed }) as f64)
        }
        GroupStatistics::Fifo { .. } => None,
    }
}

impl Process {
    /// As it is now. Where the system does not tell how much memory it takes, that is zero.
    pub(crate) fn measure(started_at: SystemTime) -> Process {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        Process { resident_bytes: resident_bytes(&status).unwrap_or_default(), started_at }
    }
}

/// Linux counts it in kB, by which it means 1,024 bytes.
fn resident_bytes(status: &str) -> Option<u64> {
    let kibibytes = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    Some(kibibytes.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_resident_memory_is_read_in_bytes() {
        assert_eq!(resident_bytes("VmPeak:\t  9 kB\nVmRSS:\t    1234 kB\n"), Some(1_263_616));
        assert_eq!(resident_bytes("VmPeak:\t  9 kB\n"), None);
    }
}
